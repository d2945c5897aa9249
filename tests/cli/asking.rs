//! Questions to views: from both axes of time, and followed to the events behind a figure.

use serde_json::Value;
use tests::binary::{self, Ran};

use crate::kit::Place;

const LEDGER: &str = "madrona-usd";

/// A school year of a made-up district.
fn year() -> Place {
    let place = Place::empty();
    let data = place.data();
    let words = ["demo", "--once", "--events", "3000", "--json", "--data", data.to_str().unwrap()];
    let _ = binary::run(&words).ended(0);
    place
}

fn ask(place: &Place, words: &[&str]) -> Ran {
    let data = place.data();
    binary::run(&[words, &["--ledger", LEDGER, "--json", "--data", data.to_str().unwrap()]].concat())
}

fn deliveries(place: &Place, words: &[&str]) -> u64 {
    let answer = ask(place, &[&["query", "service-ledger"], words].concat()).ended(0).json();
    answer["rows"].as_array().unwrap().iter().map(|row| row["deliveries"].as_u64().unwrap()).sum()
}

#[test]
fn a_figure_is_followed_to_the_events_that_made_it() {
    let place = year();
    let kinds = ask(&place, &["query", "service-ledger", "--where", "by=kind"]).ended(0).json();
    for row in kinds["rows"].as_array().unwrap() {
        let kind = format!("kind={}", row["kind"].as_str().unwrap());
        let told = ask(&place, &["explain", "service-ledger", "--where", &kind]).ended(0).json();
        let events = told["events"].as_array().unwrap();
        let count = |name: &str| events.iter().filter(|event| event["event"] == name).count() as u64;
        assert_eq!(count("service-delivered") - count("delivery-voided"), row["deliveries"], "{row}");
        assert_eq!(told["head"], kinds["head"]);
    }
    let listed = ask(&place, &["query", "--list"]).ended(0).json();
    for view in listed["views"].as_array().unwrap() {
        let view = view["view"].as_str().unwrap();
        let told = ask(&place, &["explain", view, "--limit", "3"]).ended(0).json();
        let made = told["events"].as_array().unwrap().len();
        assert_eq!(made == 0, told["rows"] == 0, "{view}: {told}");
    }
}

#[test]
fn an_answer_is_asked_as_known_then_and_as_true_on_a_day() {
    let place = year();
    let all = deliveries(&place, &[]);
    let by_month = ask(&place, &["query", "service-ledger", "--where", "by=month"]).ended(0).json();
    let until = |month: &str| -> u64 {
        let rows = by_month["rows"].as_array().unwrap().iter();
        rows.filter(|row| row["month"].as_str().unwrap() <= month)
            .map(|row| row["deliveries"].as_u64().unwrap())
            .sum()
    };
    // A month's end cuts between the months of the live view.
    assert_eq!(deliveries(&place, &["--valid-on", "2025-12-31"]), until("2025-12"));
    assert!(until("2025-12") < all);
    assert_eq!(deliveries(&place, &["--valid-on", "2026-06-30"]), all);
    assert_eq!(deliveries(&place, &["--as-of", "2025-01-01"]), 0);
    let events: Vec<Value> = ask(&place, &["events"]).ended(0).lines();
    let (tenth, last) = (&events[events.len() - 10], events.last().unwrap());
    let known = |as_of: &str| {
        ask(&place, &["query", "activity-feed", "--as-of", as_of]).ended(0).json()["rows"][0]["position"]
            .as_u64()
            .unwrap()
    };
    assert_eq!(known(last["time"].as_str().unwrap()), events.len() as u64);
    assert!(known(tenth["time"].as_str().unwrap()) >= events.len() as u64 - 9);
    let refused = ask(&place, &["query", "service-ledger", "--as-of", "yesterday"]).ended(2);
    assert!(refused.err.contains("position"), "{}", refused.err);
}
