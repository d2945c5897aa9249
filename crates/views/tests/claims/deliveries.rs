//! Service ledger and reach: counts, minutes, unduplicated people; corrections and voids take back exactly.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::*;
use crate::table::table;

/// A delivery to these persons.
fn to(day: &str, persons: &[u128]) -> Value {
    let persons: Vec<Uuid> = persons.iter().map(|n| id(*n)).collect();
    with(delivery(day), &[("details/participants", json!(persons))])
}

/// A delivery of mental-health care in a case.
fn care(day: &str, case: u128) -> Value {
    let changes = [
        ("details/kind", json!("mental-health-counseling")),
        ("details/tier", json!(3)),
        ("details/participants", Value::Null),
        ("details/case", json!(id(case))),
    ];
    with(free_delivery(day), &changes)
}

fn head(day: &str, people: u32) -> Value {
    let changes = [("details/participants", Value::Null), ("details/headcount", json!(people))];
    with(delivery(day), &changes)
}

/// Three sittings of two students in two months, a case and a headcount.
fn busy() -> World {
    let mut world = World::working().under("law:wic-5600");
    world.accepted("record-delivery", to("2026-02-02", &[101, 102]));
    world.accepted("record-delivery", to("2026-02-09", &[102, 103]));
    world.accepted("record-delivery", to("2026-03-02", &[101, 102]));
    world.accepted("record-delivery", care("2026-03-02", 201));
    world.accepted("record-delivery", head("2026-03-09", 30));
    world
}

#[test]
fn deliveries_are_counted_in_the_cell_of_their_month_and_kind() {
    let columns = "month kind tier deliveries minutes attendances headcount";
    assert_eq!(
        table(&busy(), "service-ledger", &[], columns),
        [
            "2026-02 tutoring 2 2 90 4 0",
            "2026-03 mental-health-counseling 3 1 45 1 0",
            "2026-03 tutoring 2 2 90 2 30"
        ]
    );
}

#[test]
fn cells_are_filtered_and_grouped() {
    let world = busy();
    let one = table(&world, "service-ledger", &[("tier", "3")], "kind deliveries");
    assert_eq!(one, ["mental-health-counseling 1"]);
    let by = table(&world, "service-ledger", &[("by", "kind")], "kind deliveries minutes");
    assert_eq!(by, ["mental-health-counseling 1 45", "tutoring 4 180"]);
    let both = [("by", "month,tier"), ("kind", "tutoring")];
    assert_eq!(
        table(&world, "service-ledger", &both, "month tier deliveries"),
        ["2026-02 2 2", "2026-03 2 2"]
    );
    let year = table(&world, "service-ledger", &[("by", "school_year")], "school_year deliveries");
    assert_eq!(year, ["2025-26 5"]);
    assert!(table(&world, "service-ledger", &[("month", "2026-04")], "month").is_empty());
}

#[test]
fn people_are_counted_once_however_they_are_cut() {
    let world = busy();
    let reach = |filters: &[(&str, &str)], columns| table(&world, "reach", filters, columns);
    // Three sittings of two, three people.
    assert_eq!(reach(&[], "persons cases"), ["3 1"]);
    assert_eq!(reach(&[("by", "month")], "month persons cases"), ["2026-02 3 0", "2026-03 2 1"]);
    assert_eq!(reach(&[("by", "tier")], "tier persons cases"), ["2 3 0", "3 0 1"]);
    assert_eq!(reach(&[("month", "2026-03"), ("kind", "tutoring")], "persons cases"), ["2 0"]);
    for column in ["site", "partner", "school_year", "pillar"] {
        assert_eq!(reach(&[("by", column)], "persons cases"), ["3 1"], "{column}");
    }
}

#[test]
fn people_at_two_sites_are_one_in_the_union() {
    let mut world = busy();
    world.accepted("amend-agreement", act(AGREEMENT, "2026-03-02/2026-06-30", terms(&[SITE, OTHER_SITE])));
    let there =
        [("details/site", json!(id(OTHER_SITE))), ("details/participants", json!([id(101), id(104)]))];
    world.accepted("record-delivery", with(free_delivery("2026-03-10"), &there));
    assert_eq!(table(&world, "reach", &[("by", "site")], "persons"), ["3", "2"]);
    assert_eq!(table(&world, "reach", &[], "persons"), ["4"]);
    assert_eq!(table(&world, "reach", &[("site", &id(OTHER_SITE).to_string())], "persons"), ["2"]);
}

#[test]
fn a_correction_moves_a_delivery_from_its_cell_to_another() {
    let mut world = World::working();
    let event = world.accepted("record-delivery", free_delivery("2026-02-02"));
    let now = json!({
        "agreement": id(AGREEMENT), "partner": id(PARTNER), "site": id(SITE), "kind": "tutoring",
        "pillar": "student-supports", "tier": 1, "mode": "remote", "minutes": 60, "participants": [id(103)],
    });
    let body = with(correct(event, "service-delivered", now), &[("effective", json!("2026-03-02"))]);
    let event = world.accepted("correct-delivery", body);
    let columns = "month tier deliveries minutes attendances corrected voided";
    assert_eq!(
        table(&world, "service-ledger", &[], columns),
        ["2026-02 2 0 0 0 1 0", "2026-03 1 1 60 1 0 0"]
    );
    assert_eq!(table(&world, "reach", &[("by", "month")], "month persons"), ["2026-02 0", "2026-03 1"]);
    world.accepted("void-delivery", void(event));
    assert_eq!(table(&world, "service-ledger", &[], columns), ["2026-02 2 0 0 0 1 0", "2026-03 1 0 0 0 0 1"]);
    assert_eq!(table(&world, "reach", &[], "persons cases"), ["0 0"]);
}

#[test]
fn a_void_takes_one_sitting_back_and_not_the_person() {
    let mut world = World::working();
    let first = world.accepted("record-delivery", to("2026-03-02", &[101]));
    let second = world.accepted("record-delivery", to("2026-03-03", &[101, 102]));
    world.accepted("void-delivery", void(first));
    assert_eq!(table(&world, "reach", &[], "persons"), ["2"]);
    world.accepted("void-delivery", void(second));
    assert_eq!(table(&world, "reach", &[], "persons"), ["0"]);
}

#[test]
fn a_headcount_names_nobody_and_has_no_place_in_reach() {
    let mut world = World::working();
    let event = world.accepted("record-delivery", head("2026-03-02", 30));
    world.accepted("void-delivery", void(event));
    assert!(table(&world, "reach", &[("by", "site")], "site persons").is_empty());
}

#[test]
fn mental_health_and_funding_are_columns_of_services_and_of_reach() {
    let mut world = World::working().under("law:wic-5600");
    world.accepted(
        "record-delivery",
        with(free_delivery("2026-03-02"), &[("details/funding", json!("ccspp"))]),
    );
    let counselling = [
        ("details/kind", json!("mental-health-counseling")),
        ("details/tier", json!(3)),
        ("details/participants", Value::Null),
        ("details/case", json!(id(201))),
    ];
    world.accepted("record-delivery", with(free_delivery("2026-03-02"), &counselling));
    let by = [("by", "mental_health,funding")];
    let columns = "mental_health funding";
    assert_eq!(
        table(&world, "service-ledger", &by, &format!("{columns} deliveries")),
        ["false ccspp 1", "true  1"]
    );
    assert_eq!(
        table(&world, "reach", &by, &format!("{columns} persons cases")),
        ["false ccspp 2 0", "true  0 1"]
    );
    assert_eq!(table(&world, "reach", &[("mental_health", "true")], "persons cases"), ["0 1"]);
}
