//! `serve all`: the local socket, a killed server, a second one.

use serde_json::json;
use tests::binary::{self, Serving};

use crate::kit::{Place, act, open};

#[test]
fn a_verb_on_a_served_directory_goes_through_the_server() {
    let place = Place::opened();
    let server = Serving::start(&place.config(""));
    let ran = place.record(&[act(1)]).ended(0);
    assert!(ran.err.contains("asking the server"), "{}", ran.err);
    let verified = place.run(&["verify"]).ended(0).json();
    assert_eq!((&verified["verdict"], &verified["events"]), (&json!("verified"), &json!(2)));
    assert_eq!(server.stop(), 0);
    let ran = place.record(&[act(1)]).ended(0);
    assert!(ran.err.contains("directly"), "{}", ran.err);
    assert_eq!(ran.lines()[0]["repeated"], true);
}

#[test]
fn a_second_server_on_the_same_directory_is_refused() {
    let place = Place::opened();
    let config = place.config("");
    let _server = Serving::start(&config);
    let ran = binary::run(&["serve", "all", "--config", config.to_str().unwrap()]).ended(5);
    assert!(ran.err.contains("a server runs on"), "{}", ran.err);
}

#[test]
fn what_a_killed_server_has_acknowledged_is_there_after_a_restart() {
    let place = Place::empty();
    let config = place.config("");
    let server = Serving::start(&config);
    let _ = place.record(&[open()]).ended(0);
    let receipts = place.record(&(1..=50).map(act).collect::<Vec<_>>()).ended(0).lines();
    server.kill();

    let _server = Serving::start(&config);
    let verified = place.run(&["verify"]).ended(0).json();
    assert_eq!(verified["events"], 51);
    assert_eq!(verified["root"], receipts[49]["receipt"]["root"]);
    let again = place.record(&(1..=50).map(act).collect::<Vec<_>>()).ended(0).lines();
    for (first, again) in receipts.iter().zip(&again) {
        assert_eq!(first["receipt"], again["receipt"]);
        assert_eq!(again["repeated"], true);
    }
}
