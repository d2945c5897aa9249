//! `demo`: the region is recorded, kept, and follows from its log.

use serde_json::{Value, json};
use tests::binary::{self, Ran};

use crate::kit::Place;

fn demo(place: &Place, events: u64) -> Ran {
    let (data, events) = (place.data(), events.to_string());
    let arguments = ["demo", "--once", "--json", "--data", data.to_str().unwrap(), "--events", &events];
    binary::run(&arguments)
}

fn on(place: &Place, verb: &[&str], ledger: &str) -> Ran {
    let data = place.data();
    binary::run(&[verb, &["--json", "--ledger", ledger, "--data", data.to_str().unwrap()]].concat())
}

#[test]
fn every_view_of_the_region_follows_from_its_log() {
    let place = Place::empty();
    let told = demo(&place, 3_000).ended(0).json();
    assert_eq!(told["events"], 3_000);
    let ledgers = told["ledgers"].as_array().unwrap();
    assert_eq!(ledgers.len(), 3);
    assert_eq!(ledgers.iter().map(|head| head["position"].as_u64().unwrap()).sum::<u64>(), 3_000);
    for head in ledgers {
        let ledger = head["ledger"].as_str().unwrap();
        let verified = on(&place, &["verify"], ledger).ended(0).json();
        assert_eq!((&verified["verdict"], &verified["root"]), (&json!("verified"), &head["root"]));
        let replayed = on(&place, &["replay"], ledger).ended(0).json();
        assert_eq!(replayed["equal"], true);
        assert_eq!(replayed["head"], *head);
        let digests: Vec<&Value> =
            told["views"].as_array().unwrap().iter().filter(|view| view["ledger"] == ledger).collect();
        for (told, folded) in digests.iter().zip(replayed["views"].as_array().unwrap()) {
            assert_eq!((&told["view"], &told["digest"]), (&folded["view"], &folded["digest"]));
        }
    }
}

#[test]
fn a_second_run_adds_only_what_is_missing() {
    let place = Place::empty();
    let first = demo(&place, 600).ended(0).json();
    let again = demo(&place, 600).ended(0).json();
    assert_eq!((&again["recorded"], &again["repeated"]), (&json!(0), &json!(600)));
    assert_eq!(again["ledgers"], first["ledgers"]);
    assert_eq!(again["views"], first["views"]);
}

#[test]
fn a_report_adds_up_and_an_old_one_can_be_asked_again() {
    let place = Place::empty();
    let _ = demo(&place, 2_000).ended(0);
    let ledger = "madrona-usd";
    let rows = |filters: &[&str]| {
        let answer = on(&place, &[&["query", "service-ledger"], filters].concat(), ledger).ended(0).json();
        answer["rows"].as_array().unwrap().clone()
    };
    let sum = |rows: &[Value]| rows.iter().map(|row| row["deliveries"].as_u64().unwrap()).sum::<u64>();
    let all = sum(&rows(&[]));
    assert!(all > 100, "{all}");
    assert_eq!(sum(&rows(&["--where", "by=kind,tier"])), all);
    let kind = rows(&["--where", "by=kind"])[0].clone();
    let only = rows(&["--where", &format!("kind={}", kind["kind"].as_str().unwrap())]);
    assert_eq!(sum(&only), kind["deliveries"]);

    let half = rows(&["--as-of", "300"]);
    assert!(sum(&half) < all);
    let text = on(&place, &["replay", "--to", "300"], ledger).ended(0).json();
    assert!(text.get("equal").is_none());
    let refused = on(&place, &["query", "service-ledger", "--as-of", "9999"], ledger).ended(4);
    assert!(refused.err.contains("has no position 9999"), "{}", refused.err);
}

#[test]
fn a_view_or_column_that_is_none_is_named_with_those_there_are() {
    let place = Place::empty();
    let _ = demo(&place, 3).ended(0);
    let ran = on(&place, &["query", "service-leger"], "madrona-usd").ended(4);
    assert!(ran.err.contains("service-ledger"), "{}", ran.err);
    let ran = on(&place, &["query", "service-ledger", "--where", "colour=red"], "madrona-usd").ended(4);
    assert!(ran.err.contains("school_year"), "{}", ran.err);
    let ran = on(&place, &["query", "service-ledger"], "madrona").ended(4);
    assert!(ran.err.contains("madrona-usd"), "{}", ran.err);
}

#[test]
fn a_region_of_many_ledgers_has_a_few_large_and_many_small_ones() {
    let place = Place::empty();
    let data = place.data();
    let many = |events: &str| {
        let data = data.to_str().unwrap();
        binary::run(&["demo", "--once", "--data", data, "--events", events, "--ledgers", "12"])
    };
    let refused = many("11").ended(2);
    assert!(refused.err.contains("12 events at least"), "{}", refused.err);
    let told = many("1200").ended(0);
    assert!(told.out.contains("and 2 smaller ledgers"), "{}", told.out);
    assert!(told.out.contains("port-ellery-usd"), "{}", told.out);
}

#[test]
fn what_was_decided_needed_and_paid_is_told() {
    let place = Place::empty();
    let data = place.data();
    let told =
        binary::run(&["demo", "--once", "--data", data.to_str().unwrap(), "--events", "9000"]).ended(0);
    let heading = "What was decided, needed and paid";
    let mut lines = told.out.lines().skip_while(|line| !line.contains(heading)).skip(1);
    let header = lines.next().unwrap();
    assert!(header.contains("ADOPTED") && header.contains("GAPS") && header.contains("SPENT $"), "{header}");
    let largest = lines.find(|line| line.contains("port-ellery-usd")).unwrap();
    let figures: Vec<u64> = largest.split_whitespace().skip(1).map(|n| n.parse().unwrap()).collect();
    assert!(figures.len() == 8 && figures.iter().all(|figure| *figure > 0), "{largest}");
}
