//! `record`: receipts, refusals, repeats, dry runs.

use serde_json::json;
use tests::binary;

use crate::kit::{LEDGER, Place, act, open, unsigned_policy};

#[test]
fn each_command_gets_a_receipt_or_a_refusal_in_order() {
    let place = Place::opened();
    let ran = place.record(&[act(1), unsigned_policy(), act(2)]).ended(3);
    let lines = ran.lines();
    assert_eq!(lines[0]["receipt"]["positions"], json!([2]));
    assert_eq!(lines[0]["receipt"]["ledger"], LEDGER);
    assert!(lines[1]["refusal"]["code"].is_string(), "{lines:?}");
    assert!(lines[1]["refusal"]["message"].is_string());
    assert_eq!(lines[2]["receipt"]["positions"], json!([3]));
    assert_eq!(lines[2]["receipt"]["event_ids"].as_array().unwrap().len(), 1);
}

#[test]
fn the_same_command_again_gets_the_first_receipt_and_changes_nothing() {
    let place = Place::opened();
    let first = place.record(&[act(1)]).ended(0).lines();
    let again = place.record(&[act(1), act(1)]).ended(0).lines();
    assert_eq!(again[0]["receipt"], first[0]["receipt"]);
    assert_eq!(again[1]["repeated"], true);
    assert_eq!(place.run(&["verify"]).ended(0).json()["events"], 2);
}

#[test]
fn what_is_no_json_is_refused_and_the_rest_is_recorded() {
    let place = Place::opened();
    let data = place.data();
    let arguments = ["record", "--ledger", LEDGER, "--json", "--data", data.to_str().unwrap(), "-"];
    let ran = binary::run_with(&arguments, &format!("{{\"command\":\nnonsense\n{}\n", act(1))).ended(3);
    let lines = ran.lines();
    assert_eq!(lines[0]["refusal"]["code"], "malformed-command");
    assert_eq!(lines.last().unwrap()["receipt"]["positions"], json!([2]));
}

#[test]
fn a_dry_run_appends_nothing() {
    let place = Place::opened();
    let data = place.data();
    let arguments =
        ["record", "--ledger", LEDGER, "--json", "--dry-run", "--data", data.to_str().unwrap(), "-"];
    let ran = binary::run_with(&arguments, &act(1).to_string()).ended(0);
    assert_eq!(ran.json(), json!({ "would-accept": { "events": 1 } }));
    assert_eq!(place.run(&["verify"]).ended(0).json()["events"], 1);
}

#[test]
fn a_command_without_an_id_is_recorded_under_one_that_it_is_told() {
    let place = Place::opened();
    let mut command = act(1);
    command.as_object_mut().unwrap().remove("id");
    let ran = place.record(&[command]).ended(0);
    assert!(ran.err.contains("no id"), "{}", ran.err);
}

#[test]
fn a_ledger_that_is_not_open_refuses_and_leaves_nothing_behind() {
    let place = Place::empty();
    let ran = place.record(&[act(1)]).ended(3);
    assert_eq!(ran.lines()[0]["refusal"]["code"], "ledger-not-open");
    assert!(!place.log().exists());
    let _ = place.record(&[open()]).ended(0);
}

#[test]
fn a_data_directory_that_is_none_says_what_to_do() {
    let place = Place::empty();
    let ran = place.run(&["verify"]).ended(6);
    let error: serde_json::Value = serde_json::from_str(&ran.err).unwrap();
    assert!(error["error"]["hint"].as_str().unwrap().contains("--data"));
}

#[test]
fn events_are_printed_as_they_are_stored() {
    let place = Place::opened();
    let _ = place.record(&[act(1), act(2)]).ended(0);
    let ran = place.run(&["events"]).ended(0);
    let stored = std::fs::read(place.log()).unwrap();
    for line in ran.out.lines() {
        assert!(stored.windows(line.len()).any(|bytes| bytes == line.as_bytes()), "{line}");
    }
    assert_eq!(ran.out.lines().count(), 3);
}
