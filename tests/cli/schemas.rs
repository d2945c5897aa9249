//! `schema`: what may be written, in which versions.

use serde_json::{Value, json};
use tests::binary;

use crate::kit::{LEDGER, Place, act, command};

fn schema(arguments: &[&str]) -> Value {
    binary::run(&[&["schema", "--json"], arguments].concat()).ended(0).json()
}

#[test]
fn the_schema_of_an_event_is_of_its_newest_version_unless_an_older_one_is_asked_for() {
    assert_eq!(schema(&["event", "ledger-opened"])["$id"], "urn:hubledger:schema:ledger-opened:2");
    let first = schema(&["event", "ledger-opened", "--version", "1"]);
    assert_eq!(first["$id"], "urn:hubledger:schema:ledger-opened:1");
    assert!(first["$defs"]["Policy"]["properties"]["persons"].is_null());
    for unknown in
        [["event", "ledger-opened", "--version", "3"], ["command", "open-ledger", "--version", "2"]]
    {
        let ran = binary::run(&[&["schema"], unknown.as_slice()].concat());
        assert!(ran.code != 0 && ran.err.contains("of version"), "{ran:?}");
    }
}

#[test]
fn every_version_is_listed_and_written() {
    assert_eq!(schema(&["list"])["versions"], json!({ "ledger-opened": 2, "policy-changed": 2 }));
    let folder = tempfile::tempdir().unwrap();
    let _ = binary::run(&["schema", "--out", folder.path().to_str().unwrap()]).ended(0);
    for file in ["ledger-opened.1.json", "ledger-opened.2.json", "site-closed.1.json"] {
        assert!(folder.path().join("event").join(file).exists(), "{file}");
    }
    assert!(!folder.path().join("event/site-closed.2.json").exists());
}

#[test]
fn a_newer_event_is_recorded_once_it_is_registered_and_read_back_with_the_older_ones() {
    let place = Place::opened();
    let policy = json!({ "suppress_under": 11, "late_days_max": 400, "persons": "enrolled" });
    let enrolled = command("change-policy", 7, json!({ "policy": policy }));
    let refused = place.record(std::slice::from_ref(&enrolled)).ended(3).lines();
    assert_eq!(refused[0]["refusal"]["code"], "schema-not-registered");
    let schema = command("register-schema", 8, json!({ "event": "policy-changed", "version": 2 }));
    let _ = place.record(&[schema, enrolled, act(1)]).ended(0);
    let data = place.data();
    let events =
        binary::run(&["events", "--ledger", LEDGER, "--json", "--data", data.to_str().unwrap()]).ended(0);
    let types: Vec<Value> = events.lines().iter().map(|event| event["type"].clone()).collect();
    assert_eq!(
        types,
        [
            "hubledger.ledger-opened.v1",
            "hubledger.schema-registered.v1",
            "hubledger.policy-changed.v2",
            "hubledger.operator-acted.v1",
        ]
    );
    assert_eq!(place.run(&["verify"]).ended(0).json()["events"], 4);
}

#[test]
fn every_refusal_is_listed_once_by_its_code_with_its_sentence() {
    let listed = schema(&["refusals"]);
    let text = |rule: &Value, member: &str| rule[member].as_str().unwrap().to_owned();
    let codes: Vec<String> = listed.as_array().unwrap().iter().map(|rule| text(rule, "code")).collect();
    assert_eq!(codes, domain::refusal::catalogue().iter().map(|rule| rule.code).collect::<Vec<_>>());
    assert!(codes.is_sorted_by(|before, after| before < after), "{codes:?}");
    for rule in listed.as_array().unwrap() {
        assert!(text(rule, "about").ends_with('.') && !text(rule, "sentence").is_empty(), "{rule}");
    }
    let table = binary::run(&["schema", "refusals"]).ended(0).out;
    assert!(codes.iter().all(|code| table.contains(code.as_str())), "{table}");
}
