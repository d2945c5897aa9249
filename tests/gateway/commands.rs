//! Recording over HTTP.

use serde_json::{Value, json};
use tests::commands::open;

use crate::kit::{Gateway, LEDGER, code, key_of, nameless_site, site, site_id};

const JSON: &str = "Content-Type: application/json\r\n";

#[test]
fn a_new_thing_has_an_address_and_its_receipt_a_place() {
    let gateway = Gateway::start();
    let made = gateway.record(&format!("/v1/{LEDGER}/sites"), 7, &nameless_site(1));
    assert_eq!((made.status, made.header("ledger-position")), (201, Some("1:2")));
    assert_eq!(made.json()["positions"], json!([2]));
    let address = made.header("location").unwrap().to_owned();
    let got = gateway.get_with(&address, "Ledger-Min-Position: 1:2\r\n");
    let (tag, told) = (got.header("etag").unwrap().to_owned(), got.json());
    assert_eq!((got.status, &told["version"]), (200, &json!("1:2")));
    assert!(address.ends_with(told["id"].as_str().unwrap()));
    assert_eq!((&told["kind"], &told["rows"][0]["name"]), (&json!("site"), &json!("Slauson")));
    let kept = |tag: &str| gateway.get_with(&address, &format!("If-None-Match: {tag}\r\n")).status;
    assert_eq!(kept(&tag), 304);
    // What it says may change without an event about it.
    gateway.site(2);
    assert_eq!(
        gateway.get_with(&address, &format!("If-None-Match: {tag}\r\nLedger-Min-Position: 1:3\r\n")).status,
        200
    );
}

#[test]
fn the_same_key_again_gives_the_first_receipt_and_changes_nothing() {
    let gateway = Gateway::start();
    let path = format!("/v1/{LEDGER}/sites");
    let first = gateway.record(&path, 7, &nameless_site(1));
    let again = gateway.record(&path, 7, &nameless_site(1));
    assert_eq!((again.status, again.header("idempotent-replayed")), (200, Some("true")));
    assert_eq!((again.json(), again.header("location")), (first.json(), first.header("location")));
    let other = gateway.record(&path, 7, &nameless_site(2));
    assert_eq!((other.status, code(&other)), (422, "command-id-taken".to_owned()));
    assert_eq!(gateway.read("head")["position"], 2);
}

#[test]
fn a_command_without_a_key_is_refused_before_it_is_read() {
    let gateway = Gateway::start();
    let path = format!("/v1/{LEDGER}/sites");
    for headers in [JSON.to_owned(), format!("{JSON}Idempotency-Key: 7\r\n")] {
        let answer = gateway.post(&path, &headers, "{");
        assert_eq!((answer.status, code(&answer)), (400, "idempotency-key-needed".to_owned()));
    }
}

#[test]
fn a_refusal_names_its_rule_and_the_member_it_is_about() {
    let gateway = Gateway::start();
    assert_eq!(gateway.site(1).status, 201);
    let mut twice = nameless_site(1);
    let taken = gateway.record(&format!("/v1/{LEDGER}/sites"), 8, &twice);
    assert_eq!((taken.status, code(&taken)), (409, "taken".to_owned()));
    assert_eq!(taken.json()["errors"][0]["pointer"], "/details/cds");
    twice["details"]["nmae"] = json!("Slauson");
    let slip = gateway.record(&format!("/v1/{LEDGER}/sites"), 9, &twice);
    assert_eq!((slip.status, code(&slip)), (400, "malformed-command".to_owned()));
    assert!(slip.json()["hint"].as_str().unwrap().starts_with("did you mean name?"), "{slip:?}");
    assert_eq!(slip.json()["errors"][0]["pointer"], "/details/nmae", "{slip:?}");
    let pointer = |change: fn(&mut Value)| {
        let mut site = nameless_site(2);
        change(&mut site);
        let malformed = gateway.record(&format!("/v1/{LEDGER}/sites"), 10, &site);
        assert_eq!(code(&malformed), "malformed-command");
        malformed.json()["errors"][0]["pointer"].as_str().unwrap().to_owned()
    };
    assert_eq!(pointer(|site| site["details"]["cds"] = json!("7")), "/details/cds");
    assert_eq!(pointer(|site| site["details"] = json!({ "name": "Slauson" })), "/details/cds");
    assert_eq!(pointer(|site| site["effective"] = json!(1.5)), "/effective");
    // What was refused has used no key up.
    let mended = gateway.record(&format!("/v1/{LEDGER}/sites"), 8, &nameless_site(2));
    assert_eq!(mended.status, 201, "{mended:?}");
    let page = gateway.get_with("/problems/taken", "Accept: application/json\r\n").json();
    assert!(!page["cause"].as_str().unwrap().is_empty() && !page["cure"].as_str().unwrap().is_empty());
}

#[test]
fn what_acts_on_a_thing_names_it_in_the_address_alone() {
    let gateway = Gateway::start();
    gateway.site(1);
    let close = format!("/v1/{LEDGER}/sites/{}/close-site", site_id(1));
    let body = json!({ "effective": "2025-12-01", "details": { "reason": "merged" } });
    let mut named = body.clone();
    named["id"] = json!(site_id(1));
    assert_eq!(code(&gateway.record(&close, 10, &named)), "malformed-command");
    assert_eq!(gateway.record(&close, 11, &body).status, 200);
    let unknown = format!("/v1/{LEDGER}/sites/{}/close-site", key_of(99));
    assert_eq!(code(&gateway.record(&unknown, 12, &body)), "not-found");
}

#[test]
fn a_dry_run_says_what_would_be_and_appends_nothing() {
    let gateway = Gateway::start();
    let path = format!("/v1/{LEDGER}/sites?dry_run=true");
    let would = gateway.record(&path, 7, &site(1));
    assert_eq!((would.status, would.json()), (200, json!({ "would_accept": { "events": 1 } })));
    assert_eq!(gateway.read("head")["position"], 1);
    assert_eq!(gateway.site(1).status, 201);
    assert_eq!(code(&gateway.record(&path, 7, &site(1))), "taken");
}

#[test]
fn many_commands_are_answered_line_by_line_in_their_order() {
    let gateway = Gateway::start();
    let line = |number: u32, body: Value| {
        json!({ "command": "register-site", "version": 1, "id": key_of(number), "body": body }).to_string()
    };
    let mut wrong = site(2);
    wrong["effective"] = json!("2999-01-01");
    let lines = [line(1, site(1)), line(2, wrong), line(3, site(3)), line(1, site(1))].join("\n");
    let headers = "Content-Type: application/x-ndjson\r\n";
    let answer = gateway.post(&format!("/v1/{LEDGER}/commands"), headers, &lines);
    assert_eq!(answer.status, 200, "{answer:?}");
    let told: Vec<Value> = answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // The first opened the ledger under another name of this key.
    assert_eq!(told[0]["problem"]["type"], "/problems/command-id-taken");
    assert_eq!(told[1]["problem"]["type"], "/problems/date-in-future");
    assert_eq!(told[2]["receipt"]["positions"], json!([2]));
    assert_eq!(told[3]["problem"]["type"], "/problems/command-id-taken");
}

#[test]
fn who_acts_is_not_for_the_sender_to_say() {
    let gateway = Gateway::start();
    let mut command = tests::commands::site(1);
    let answer = gateway.post(&format!("/v1/{LEDGER}/commands"), JSON, &command.to_string());
    assert_eq!((answer.status, code(&answer)), (400, "malformed-command".to_owned()));
    assert_eq!(answer.json()["errors"][0]["pointer"], "/actor");
    command.as_object_mut().unwrap().remove("actor");
    assert_eq!(gateway.post(&format!("/v1/{LEDGER}/commands"), JSON, &command.to_string()).status, 200);
}

#[test]
fn a_receipt_can_be_had_after_a_lost_answer() {
    let gateway = Gateway::start();
    let path = format!("/v1/{LEDGER}/commands/{}", key_of(1001));
    assert_eq!((gateway.get(&path).status, code(&gateway.get(&path))), (404, "not-found".to_owned()));
    let receipt = gateway.site(1).json();
    gateway.site(2);
    assert_eq!(gateway.get(&path).json(), receipt);
}

#[test]
fn what_is_too_large_too_deep_or_of_another_type_is_refused_by_name() {
    let gateway = Gateway::start();
    let (path, key) = (format!("/v1/{LEDGER}/sites"), format!("Idempotency-Key: {}\r\n", key_of(7)));
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(300_000));
    let answer = gateway.post(&path, &format!("{JSON}{key}"), &large);
    assert_eq!((answer.status, code(&answer)), (413, "too-large".to_owned()));
    let deep = format!("{{\"details\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let answer = gateway.post(&path, &format!("{JSON}{key}"), &deep);
    assert_eq!((answer.status, code(&answer)), (400, "malformed-command".to_owned()));
    let twice = "{\"effective\":\"2025-07-01\",\"effective\":\"2025-07-02\"}";
    assert_eq!(code(&gateway.post(&path, &format!("{JSON}{key}"), twice)), "malformed-command");
    let answer = gateway.post(&path, &format!("Content-Type: text/plain\r\n{key}"), "x");
    assert_eq!((answer.status, code(&answer)), (415, "unsupported-media-type".to_owned()));
}

#[test]
fn a_ledger_opens_once_over_http_too() {
    let gateway = Gateway::start();
    let path = format!("/v1/{LEDGER}/open-ledger");
    let again = gateway.record(&path, 2, &open()["body"]);
    assert_eq!((again.status, code(&again)), (409, "ledger-already-open".to_owned()));
    let elsewhere = gateway.record("/v1/nowhere-usd/sites", 3, &site(1));
    assert_eq!((elsewhere.status, code(&elsewhere)), (404, "no-such-ledger".to_owned()));
}
