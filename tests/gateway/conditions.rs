//! Conditions of a change: the thing is as its sender saw it, or new.

use serde_json::{Value, json};

use crate::kit::{Answer, Gateway, LEDGER, code, key_of, nameless_site, site, site_id};

const JSON: &str = "Content-Type: application/json\r\n";

fn address(number: u32) -> String {
    format!("/v1/{LEDGER}/sites/{}", site_id(number))
}

fn tag(gateway: &Gateway, number: u32) -> String {
    let head = gateway.read("head");
    let query = format!("{}?min_position={}:{}", address(number), head["epoch"], head["position"]);
    gateway.get(&query).header("etag").unwrap().to_owned()
}

/// Assigns somebody to a site, with these headers; accepted as often as it has another key.
fn assign(gateway: &Gateway, key: u32, number: u32, headers: &str) -> Answer {
    let details = json!({ "staff": format!("staff-{key}"), "fte_hundredths": 10 });
    let body = json!({ "effective": "2025-08-01", "details": details }).to_string();
    let headers = format!("{JSON}Idempotency-Key: {}\r\n{headers}", key_of(key));
    gateway.post(&format!("{}/assign-coordinator", address(number)), &headers, &body)
}

fn if_match(tag: &str) -> String {
    format!("If-Match: {tag}\r\n")
}

#[test]
fn a_change_of_what_has_changed_is_refused_with_the_present_tag() {
    let gateway = Gateway::start();
    gateway.site(1);
    let seen = tag(&gateway, 1);
    assert_eq!(assign(&gateway, 20, 1, &if_match(&seen)).status, 200);
    let stale = assign(&gateway, 21, 1, &if_match(&seen));
    assert_eq!((stale.status, code(&stale)), (412, "stale".to_owned()));
    let now = tag(&gateway, 1);
    assert_eq!((stale.header("etag"), &stale.json()["etag"]), (Some(now.as_str()), &json!(now)));
    assert_eq!(assign(&gateway, 22, 1, &if_match(&now)).status, 200);
    assert_eq!(gateway.read("head")["position"], 4);
}

#[test]
fn what_other_things_events_change_is_not_in_the_way() {
    let gateway = Gateway::start();
    gateway.site(1);
    let seen = tag(&gateway, 1);
    gateway.site(2);
    assert_ne!(tag(&gateway, 1), seen, "its answer says another head");
    assert_eq!(assign(&gateway, 20, 1, &if_match(&seen)).status, 200);
}

#[test]
fn tags_are_taken_bare_in_lists_and_as_a_star_and_never_from_another_thing() {
    let gateway = Gateway::start();
    gateway.site(1);
    gateway.site(2);
    let (one, two) = (tag(&gateway, 1), tag(&gateway, 2));
    assert_eq!(assign(&gateway, 20, 1, &if_match(one.trim_matches('"'))).status, 200);
    let list = format!("{one}, {}", tag(&gateway, 1));
    assert_eq!(assign(&gateway, 21, 1, &if_match(&list)).status, 200);
    assert_eq!(assign(&gateway, 22, 1, &if_match("*")).status, 200);
    for other in [two.as_str(), "\"7\"", &format!("W/{}", tag(&gateway, 1)), "\"1-99-00000000-x\""] {
        let stale = assign(&gateway, 23, 1, &if_match(other));
        assert_eq!((stale.status, code(&stale)), (412, "stale".to_owned()), "{other}");
    }
}

#[test]
fn who_repeats_gets_the_first_receipt_whatever_the_condition_says_now() {
    let gateway = Gateway::start();
    gateway.site(1);
    let seen = if_match(&tag(&gateway, 1));
    let first = assign(&gateway, 20, 1, &seen);
    assign(&gateway, 21, 1, "");
    let again = assign(&gateway, 20, 1, &seen);
    assert_eq!((again.status, again.header("idempotent-replayed")), (200, Some("true")));
    assert_eq!(again.json(), first.json());
}

#[test]
fn a_restart_forgets_nothing_that_a_condition_is_about() {
    let gateway = Gateway::start();
    gateway.site(1);
    gateway.site(2);
    let (one, two) = (tag(&gateway, 1), tag(&gateway, 2));
    assign(&gateway, 20, 2, "");
    let gateway = Gateway::start_again(gateway.stop());
    let stale = assign(&gateway, 21, 2, &if_match(&two));
    assert_eq!((stale.status, code(&stale)), (412, "stale".to_owned()));
    assert_eq!(stale.header("etag"), Some(tag(&gateway, 2).as_str()));
    assert_eq!(assign(&gateway, 22, 1, &if_match(&one)).status, 200);
}

#[test]
fn of_many_who_saw_the_same_one_changes_it() {
    let gateway = Gateway::start();
    gateway.site(1);
    let seen = if_match(&tag(&gateway, 1));
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let (gateway, seen) = (&gateway, &seen);
        let all: Vec<_> =
            (20..36).map(|key| scope.spawn(move || assign(gateway, key, 1, seen).status)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 15);
}

#[test]
fn what_must_be_new_is_refused_when_it_exists_and_repeated_when_it_is_ones_own() {
    let gateway = Gateway::start();
    let make = |key: u32, site: &Value, headers: &str| {
        let headers = format!("{JSON}Idempotency-Key: {}\r\n{headers}", key_of(key));
        gateway.post(&format!("/v1/{LEDGER}/sites"), &headers, &site.to_string())
    };
    let new = "If-None-Match: *\r\n";
    assert_eq!(make(20, &site(1), new).status, 201);
    assert_eq!(make(20, &site(1), new).status, 200);
    let exists = make(21, &site(1), new);
    assert_eq!((exists.status, code(&exists)), (412, "exists".to_owned()));
    assert_eq!(code(&make(22, &site(1), "")), "taken");
    // Another rule than the one about its id.
    assert_eq!(code(&make(23, &nameless_site(1), new)), "taken");
}

#[test]
fn a_condition_that_can_not_be_held_is_not_passed_over() {
    let gateway = Gateway::start();
    gateway.site(1);
    let make = |path: &str, headers: &str| {
        let headers = format!("{JSON}Idempotency-Key: {}\r\n{headers}", key_of(20));
        gateway.post(&format!("/v1/{LEDGER}/{path}"), &headers, &site(2).to_string())
    };
    for (path, headers) in [
        ("sites", "If-Match: \"1-2-00000000-x\"\r\n"),
        ("sites/correct-site", "If-Match: \"1-2-00000000-x\"\r\n"),
        ("sites", "If-None-Match: \"x\"\r\n"),
        ("sites/correct-site", "If-None-Match: *\r\n"),
    ] {
        assert_eq!(code(&make(path, headers)), "malformed-request", "{path} {headers}");
    }
    assert_eq!(gateway.read("head")["position"], 2);
}

#[test]
fn a_record_of_another_system_is_recorded_once_and_found_by_its_key() {
    let gateway = Gateway::start();
    let path = format!("/v1/{LEDGER}/sites/by-key/azusa-sis/school-7");
    let made = gateway.put(&path, "", &nameless_site(1));
    assert_eq!(made.status, 201, "{made:?}");
    let address = made.header("location").unwrap().to_owned();
    assert_eq!(gateway.get(&format!("{address}?min_position=1:2")).json()["rows"][0]["name"], "Slauson");

    let again = gateway.put(&path, "", &nameless_site(1));
    assert_eq!((again.status, again.header("idempotent-replayed")), (200, Some("true")));
    assert_eq!((again.json(), again.header("location")), (made.json(), Some(address.as_str())));
    let keyed = gateway.put(&path, &format!("Idempotency-Key: {}\r\n", key_of(70)), &nameless_site(1));
    assert_eq!((keyed.status, keyed.json()), (200, made.json()));

    let other = gateway.put(&path, "", &nameless_site(2));
    assert_eq!((other.status, code(&other)), (409, "source-key-taken".to_owned()));
    assert_eq!(other.json()["position"], 2);
    assert!(other.json()["hint"].as_str().unwrap().contains(&address), "{other:?}");
    let new = gateway.put(&path, "If-None-Match: *\r\n", &nameless_site(1));
    assert_eq!((new.status, code(&new)), (412, "exists".to_owned()));
    for (member, value) in [("id", json!(site_id(1))), ("source", json!({ "system": "a", "key": "b" }))] {
        let mut body = nameless_site(3);
        body[member] = value;
        assert_eq!(code(&gateway.put(&path, "", &body)), "malformed-command", "{member}");
    }
    let there = gateway.get(&path);
    assert_eq!((there.status, there.header("content-location")), (200, Some(address.as_str())), "{there:?}");
    assert_eq!(there.json(), gateway.get(&address).json());
    let none = gateway.get(&path.replace("/sites/", "/partners/"));
    assert_eq!((none.status, code(&none)), (404, "not-found".to_owned()));
    let elsewhere = format!("/v1/{LEDGER}/sites/by-key/azusa-sis/school-8");
    assert_eq!(gateway.get(&elsewhere).status, 404);
    assert_eq!(gateway.put(&elsewhere, "If-None-Match: *\r\n", &nameless_site(2)).status, 201);
    assert_eq!(gateway.read("head")["position"], 3);
    let events = gateway.get(&format!("/v1/{LEDGER}/events")).body;
    assert!(!events.contains("school-7"), "the key itself stays at the door");
}
