//! `verify`: what it sees, and what it can't see without a memory.

use serde_json::json;

use crate::kit::{Place, act, write_json};

fn recorded() -> Place {
    let place = Place::opened();
    for number in 1..=3 {
        let _ = place.record(&[act(number)]).ended(0);
    }
    place
}

#[test]
fn a_flipped_byte_is_reported_with_its_position() {
    let place = recorded();
    let mut bytes = std::fs::read(place.log()).unwrap();
    let second = bytes.windows(7).position(|bytes| bytes == b"usr:ops").unwrap();
    bytes[second] ^= 1;
    std::fs::write(place.log(), bytes).unwrap();
    let report = place.run(&["verify"]).ended(10).json();
    assert_eq!(report["verdict"], "broken");
    assert_eq!(report["first_bad"], json!({ "commit": 2, "position": 2, "kind": "checksum-mismatch" }));
    assert_eq!(report["events"], 1);
}

#[test]
fn a_log_cut_below_what_the_register_knows_is_broken() {
    let place = recorded();
    let bytes = std::fs::read(place.log()).unwrap();
    let last = bytes.windows(4).rposition(|bytes| bytes == b"HLC1").unwrap();
    std::fs::write(place.log(), &bytes[..last]).unwrap();
    let report = place.run(&["verify"]).ended(10).json();
    assert_eq!(report["first_bad"], json!({ "commit": 4, "position": 4, "kind": "contradicts-known-head" }));
}

#[test]
fn without_a_memory_a_sound_log_is_incomplete_until_a_head_is_named() {
    let place = recorded();
    let receipt = place.record(&[act(4)]).ended(0).lines().remove(0);
    std::fs::remove_dir_all(place.data().join("register")).unwrap();
    let _ = std::fs::remove_dir_all(place.data().join("views"));
    let report = place.run(&["verify"]).ended(11).json();
    assert_eq!(report["verdict"], "incomplete");
    let head = write_json(&place.data(), "receipt.json", &receipt);
    assert_eq!(place.run(&["verify", "--head", &head]).ended(0).json()["verdict"], "verified");

    // A receipt of another history.
    let mut other = receipt;
    other["receipt"]["root"] = json!("A".repeat(43));
    let head = write_json(&place.data(), "other.json", &other);
    let report = place.run(&["verify", "--head", &head]).ended(10).json();
    assert_eq!(report["first_bad"]["kind"], "contradicts-known-head");
}
