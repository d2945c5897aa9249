//! Engagement summary: families that attended, led and co-designed.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::*;
use crate::table::table;

fn held(number: u128, day: &str) -> Value {
    let details =
        json!({ "site": id(SITE), "kind": "workshop", "minutes": 90, "interpreter": true, "headcount": 31 });
    act(number, day, details)
}

/// A family at the workshop of that number, in a role and a language.
fn family(world: &mut World, number: u128, day: &str, household: u128, [role, language]: [&str; 2]) -> Uuid {
    let details = json!({ "household": id(household), "role": role, "language": language });
    world.accepted("record-family", act(number, day, details))
}

#[test]
fn occasions_are_counted_beside_the_languages_of_families() {
    let mut world = World::working();
    world.accepted("record-engagement", held(20, "2026-03-02"));
    family(&mut world, 20, "2026-03-02", 301, ["attended", "es"]);
    family(&mut world, 20, "2026-03-02", 302, ["led", "es"]);
    family(&mut world, 20, "2026-03-02", 303, ["co-designed", "hy"]);
    let columns = "language held minutes headcount interpreted families attended led co_designed";
    assert_eq!(
        table(&world, "engagement-summary", &[], columns),
        ["all 1 90 31 1 0 0 0 0", "es 0 0 0 0 2 1 1 0", "hy 0 0 0 0 1 0 0 1"]
    );
    assert_eq!(table(&world, "engagement-summary", &[("language", "es")], "families"), ["2"]);
}

#[test]
fn a_family_that_came_twice_is_one_family_in_every_group() {
    let mut world = World::working();
    for (number, day) in [(20, "2026-02-02"), (21, "2026-03-02")] {
        world.accepted("record-engagement", held(number, day));
        family(&mut world, number, day, 301, ["attended", "es"]);
    }
    family(&mut world, 21, "2026-03-02", 302, ["led", "en"]);
    let by = |column| table(&world, "engagement-summary", &[("by", column)], "held families attended led");
    assert_eq!(by("kind"), ["2 2 2 1"]);
    assert_eq!(by("month"), ["1 1 1 0", "1 2 1 1"]);
}

#[test]
fn plans_and_cancellations_are_counted_where_they_belong() {
    let mut world = World::working();
    let plan = act(20, "2026-04-01", json!({ "site": id(SITE), "kind": "celebration" }));
    world.accepted("plan-engagement", plan);
    let cancel = act(20, "2026-03-02", json!({ "reason": "staffing" }));
    let cancelled = world.accepted("cancel-engagement", cancel);
    let columns = "month kind planned cancelled held";
    let rows = |world: &World| table(world, "engagement-summary", &[], columns);
    assert_eq!(rows(&world), ["2026-03 celebration 0 1 0", "2026-04 celebration 1 0 0"]);
    world.accepted("void-engagement", void(cancelled));
    assert_eq!(rows(&world), ["2026-03 celebration 0 0 0", "2026-04 celebration 1 0 0"]);
}

#[test]
fn corrections_and_voids_take_back_exactly() {
    let mut world = World::working();
    let event = world.accepted("record-engagement", held(20, "2026-03-02"));
    let seen = family(&mut world, 20, "2026-03-02", 301, ["attended", "es"]);
    let now = json!({
        "household": id(301), "role": "led", "language": "hy", "site": id(SITE), "kind": "workshop",
    });
    let seen = world.accepted("correct-engagement", correct(seen, "family-engaged", now));
    let columns = "language families attended led";
    assert_eq!(table(&world, "engagement-summary", &[], columns), ["all 0 0 0", "es 0 0 0", "hy 1 0 1"]);
    world.accepted("void-engagement", void(seen));
    world.accepted("void-engagement", void(event));
    let columns = "held minutes headcount interpreted families led";
    assert_eq!(table(&world, "engagement-summary", &[("by", "site")], columns), ["0 0 0 0 0 0"]);
}

#[test]
fn a_school_year_begins_in_july() {
    let mut world = World::working();
    world.accepted("record-engagement", held(20, "2026-03-02"));
    family(&mut world, 20, "2026-03-02", 301, ["attended", "es"]);
    let year = [("by", "school_year")];
    assert_eq!(table(&world, "engagement-summary", &year, "school_year held families"), ["2025-26 1 1"]);
    assert!(table(&world, "engagement-summary", &[("school_year", "2024-25")], "families").is_empty());
}
