//! What changed of a kind, single deliveries, and lists of what no view lists.

use serde_json::{Value, json};

use crate::kit::{Answer, Gateway, LEDGER, code, key_of, site_id};

fn changes(gateway: &Gateway, query: &str) -> Value {
    gateway.read(&format!("sites/changes?{query}"))
}

/// Which changed, and where.
fn told(page: &Value) -> Vec<(String, u64, bool)> {
    let change = |change: &Value| {
        let (id, position) = (change["id"].as_str().unwrap(), change["position"].as_u64().unwrap());
        assert_eq!(change["deleted"].as_bool().unwrap(), change["rows"].as_array().unwrap().is_empty());
        (id.to_owned(), position, change["deleted"].as_bool().unwrap())
    };
    page["changes"].as_array().unwrap().iter().map(change).collect()
}

fn assign(gateway: &Gateway, key: u32, number: u32) -> Answer {
    let details = json!({ "staff": format!("staff-{key}"), "fte_hundredths": 10 });
    let body = json!({ "effective": "2025-08-01", "details": details });
    gateway.record(&format!("/v1/{LEDGER}/sites/{}/assign-coordinator", site_id(number)), key, &body)
}

fn void(gateway: &Gateway, key: u32, kind: &str, event: &str) -> Answer {
    let body = json!({ "corrects": event, "reason": "duplicate" });
    gateway.record(&format!("/v1/{LEDGER}/{kind}s/void-{kind}"), key, &body)
}

#[test]
fn a_thing_comes_once_at_its_last_event_and_again_when_it_changes_again() {
    let gateway = Gateway::start();
    (1..=3).for_each(|number| assert_eq!(gateway.site(number).status, 201));
    assert_eq!(assign(&gateway, 20, 1).status, 200);
    let first = changes(&gateway, "");
    assert_eq!(told(&first), [(site_id(2), 3, false), (site_id(3), 4, false), (site_id(1), 5, false)]);
    assert_eq!((&first["next"], &first["at_head"]), (&json!("1:5"), &json!(true)));
    assert_eq!(first["changes"][0]["rows"][0]["name"], "Slauson");
    assign(&gateway, 21, 2);
    let next = changes(&gateway, "since=1:5");
    assert_eq!((told(&next), &next["next"]), (vec![(site_id(2), 6, false)], &json!("1:6")));
    assert!(told(&changes(&gateway, "since=1:6")).is_empty());
}

#[test]
fn pages_follow_each_other_and_leave_nothing_out() {
    let gateway = Gateway::start();
    (1..=5).for_each(|number| assert_eq!(gateway.site(number).status, 201));
    assign(&gateway, 20, 1);
    let (mut since, mut seen) = ("1:0".to_owned(), Vec::new());
    loop {
        let page = changes(&gateway, &format!("page_size=2&since={since}"));
        seen.extend(told(&page).into_iter().map(|(id, ..)| id));
        since = page["next"].as_str().unwrap().to_owned();
        if page["at_head"] == true {
            break;
        }
    }
    let expected: Vec<String> = [1, 2, 3, 4, 5, 1].map(site_id).into();
    assert_eq!((seen, since), (expected, "1:7".to_owned()));
}

#[test]
fn what_is_voided_is_told_as_deleted() {
    let gateway = Gateway::start();
    gateway.site(1);
    let receipt = gateway.site(2).json();
    let voided = void(&gateway, 20, "site", receipt["event_ids"][0].as_str().unwrap());
    assert_eq!(voided.status, 200, "{voided:?}");
    assert_eq!(told(&changes(&gateway, "")), [(site_id(1), 2, false), (site_id(2), 4, true)]);
}

#[test]
fn a_cursor_past_the_head_or_of_another_epoch_is_gone_and_says_how_to_go_on() {
    let gateway = Gateway::start();
    for cursor in ["1:2", "2:1"] {
        let gone = gateway.get(&format!("/v1/{LEDGER}/sites/changes?since={cursor}"));
        assert_eq!((gone.status, code(&gone)), (410, "cursor-gone".to_owned()));
        assert!(gone.json()["hint"].as_str().unwrap().starts_with("begin again"), "{gone:?}");
    }
    let malformed = gateway.get(&format!("/v1/{LEDGER}/sites/changes?since=yesterday"));
    assert_eq!(code(&malformed), "malformed-request");
}

/// A person of this number.
fn enrol(gateway: &Gateway, number: u32) -> Answer {
    let body = json!({ "id": person(number), "effective": "2025-08-11", "details": { "household": key_of(900 + number) } });
    gateway.record(&format!("/v1/{LEDGER}/persons"), 300 + number, &body)
}

fn person(number: u32) -> String {
    format!("00000000-0000-4000-8002-{number:012}")
}

#[test]
fn what_no_view_lists_is_listed_each_once_and_without_what_is_voided() {
    let gateway = Gateway::start();
    let made: Vec<Answer> = (1..=4).map(|number| enrol(&gateway, number)).collect();
    assert!(made.iter().all(|made| made.status == 201), "{made:?}");
    let event = made[3].json()["event_ids"][0].as_str().unwrap().to_owned();
    assert_eq!(void(&gateway, 20, "person", &event).status, 200);
    let leave = json!({ "effective": "2025-09-01", "details": { "household": key_of(901) } });
    let path = format!("/v1/{LEDGER}/persons/{}/leave-household", person(1));
    assert_eq!(gateway.record(&path, 21, &leave).status, 200);
    let (mut path, mut seen) = ("persons?page_size=2".to_owned(), Vec::new());
    loop {
        let answer = gateway.get(&format!("/v1/{LEDGER}/{path}"));
        let page = answer.json();
        for row in page["rows"].as_array().unwrap() {
            assert!(!row["rows"].as_array().unwrap().is_empty());
            seen.push(row["id"].as_str().unwrap().to_owned());
        }
        let Some(token) = page["next_page_token"].as_str() else { break };
        assert!(answer.header("link").unwrap().contains("rel=\"next\""));
        path = format!("persons?page_size=2&page_token={}", token.replace(':', "%3A"));
    }
    assert_eq!(seen, [person(2), person(3), person(1)]);
    let deleted = gateway.read("persons/changes");
    let of =
        |id: String| deleted["changes"].as_array().unwrap().iter().find(|c| c["id"] == json!(id)).cloned();
    assert_eq!(of(person(4)).unwrap()["deleted"], true);
    assert_eq!(of(person(1)).unwrap()["deleted"], false);
}

#[test]
fn a_delivery_has_an_address_with_its_history() {
    let (gateway, ledger) = Gateway::with_a_year(4_000);
    let read = |path: &str| {
        let answer = gateway.get(&format!("/v1/{ledger}/{path}"));
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    };
    let head = read("head");
    let head = format!("{}:{}", head["epoch"], head["position"]);
    let list = read("deliveries?page_size=100");
    let look = |row: &Value| read(&format!("deliveries/{}?min_position={head}", row["id"].as_str().unwrap()));
    // Of the first hundred some were corrected later, and come again.
    let mut rows = list["rows"].as_array().unwrap().iter();
    let first = rows.find(|row| look(row)["timeline"][0]["chain"] == json!([row["position"]])).unwrap();
    let (id, one) = (first["id"].as_str().unwrap(), look(first));
    assert_eq!((&one["kind"], one["timeline"].as_array().map(Vec::len)), (&json!("delivery"), Some(1)));
    assert_eq!(one["version"], json!(format!("1:{}", first["position"])));
    // What was delivered, and not to whom.
    let facts = first["rows"][0].clone();
    assert_eq!((&one["rows"], facts["minutes"].is_u64()), (&first["rows"], true), "{first}");
    assert!(["agreement", "site", "kind", "tier", "effective"].iter().all(|name| !facts[name].is_null()));
    let of_people =
        |row: &Value| ["participants", "case"].iter().any(|name| row["rows"][0].get(name).is_some());
    assert!(!list["rows"].as_array().unwrap().iter().any(of_people), "{list}");
    let events = read(&format!("deliveries/{id}/events"));
    let event = events["events"][0]["id"].as_str().unwrap();
    assert_eq!(events["events"][0]["subject"], json!(format!("delivery/{id}")));

    let body = json!({ "corrects": event, "reason": "duplicate" });
    let voided = gateway.record(&format!("/v1/{ledger}/deliveries/void-delivery"), 77_001, &body);
    assert_eq!(voided.status, 200, "{voided:?}");
    let position = voided.header("ledger-position").unwrap();
    let after = read(&format!("deliveries/{id}?min_position={position}"));
    assert_eq!((&after["timeline"][0]["standing"], &after["version"]), (&json!("voided"), &json!(position)));
    assert_eq!(after["rows"], json!([]));
    let then = read(&format!("deliveries/{id}?as_of={}", first["position"]));
    assert_eq!((&then["timeline"][0]["standing"], &then["rows"][0]), (&json!("recorded"), &facts));
    let changed = read(&format!("deliveries/changes?since={head}"));
    let expected =
        json!([{ "id": id, "position": voided.json()["positions"][0], "deleted": true, "rows": [] }]);
    assert_eq!(changed["changes"], expected);
    let none = gateway.get(&format!("/v1/{ledger}/deliveries/{}", key_of(1)));
    assert_eq!((none.status, code(&none)), (404, "not-found".to_owned()));
}
