//! Engagements with families.

use serde_json::{Value, json};

use crate::kit::*;

const MEETING: u128 = 20;

fn plan(day: &str) -> Value {
    let details = json!({ "site": id(SITE), "kind": "workshop", "languages": ["es"] });
    json!({ "id": id(MEETING), "effective": day, "details": details })
}

fn held(day: &str) -> Value {
    let details = json!({
        "site": id(SITE), "kind": "workshop", "minutes": 90, "languages": ["en", "es"], "interpreter": true,
        "headcount": 31,
    });
    json!({ "id": id(MEETING), "effective": day, "details": details })
}

fn family(day: &str) -> Value {
    act(MEETING, day, json!({ "household": id(301), "role": "led", "language": "es" }))
}

fn cancelled(day: &str) -> Value {
    act(MEETING, day, json!({ "reason": "staffing" }))
}

#[test]
fn an_engagement_is_planned_held_and_attended() {
    let mut world = World::working();
    world.makes("plan-engagement", plan("2026-03-02"), "engagement-planned");
    world.refused("plan-engagement", plan("2026-03-02"), "taken");
    world.refused("record-family", family("2026-03-02"), "engagement-not-held");
    world.makes("record-engagement", held("2026-03-02"), "engagement-held");
    world.refused("record-engagement", held("2026-03-02"), "engagement-already-held");
    world.refused("cancel-engagement", cancelled("2026-03-02"), "engagement-already-held");
    world.makes("record-family", family("2026-03-02"), "family-engaged");
    world.refused("record-family", family("2026-03-03"), "engagement-not-held");
}

#[test]
fn a_plan_may_lie_in_the_future_but_what_was_held_may_not() {
    let mut world = World::working();
    world.accepted("plan-engagement", plan("2026-05-04"));
    world.refused("record-engagement", held("2026-03-17"), "date-in-future");
    world.refused("cancel-engagement", cancelled("2026-03-17"), "date-in-future");
    world.accepted("record-engagement", held("2026-03-16"));
}

#[test]
fn a_cancelled_engagement_is_closed() {
    let mut world = World::working();
    world.accepted("plan-engagement", plan("2026-03-09"));
    world.makes("cancel-engagement", cancelled("2026-03-02"), "engagement-cancelled");
    world.refused("cancel-engagement", cancelled("2026-03-02"), "closed");
    world.refused("record-engagement", held("2026-03-09"), "closed");
    world.refused("record-family", family("2026-03-09"), "engagement-not-held");
}

#[test]
fn what_is_told_of_an_engagement_is_sound() {
    let mut world = World::working();
    let changed = |path, value| with(held("2026-03-02"), &[(path, value)]);
    world.refused("record-engagement", changed("details/minutes", json!(0)), "minutes-out-of-range");
    world.refused("record-engagement", changed("details/headcount", json!(10_001)), "headcount-out-of-range");
    world.refused("record-engagement", changed("details/site", json!(id(77))), "not-found");
    world.refused(
        "record-engagement",
        changed("details/languages", json!(["el español"])),
        "code-not-allowed",
    );
    world.accepted("close-site", act(OTHER_SITE, "2026-03-01", json!({ "reason": "closure" })));
    world.refused("record-engagement", changed("details/site", json!(id(OTHER_SITE))), "site-not-open");
}

#[test]
fn an_engagement_that_families_are_recorded_for_stays_where_it_was() {
    let mut world = World::working();
    let event = world.accepted("record-engagement", held("2026-03-02"));
    let seen = world.accepted("record-family", family("2026-03-02"));
    world.refused("void-engagement", void(event), "in-use");
    let data = held("2026-03-02")["details"].clone();
    let moved = with(correct(event, "engagement-held", data.clone()), &[("effective", json!("2026-03-03"))]);
    world.refused("correct-engagement", moved, "in-use");
    let counted = with(data, &[("headcount", json!(33))]);
    let event = world.accepted("correct-engagement", correct(event, "engagement-held", counted));
    let elsewhere =
        json!({ "household": id(301), "role": "led", "site": id(OTHER_SITE), "kind": "workshop" });
    world.refused("correct-engagement", correct(seen, "family-engaged", elsewhere), "out-of-range");
    let attended = json!({ "household": id(301), "role": "attended", "site": id(SITE), "kind": "workshop" });
    let seen = world.accepted("correct-engagement", correct(seen, "family-engaged", attended));
    world.makes("void-engagement", void(seen), "engagement-voided");
    world.accepted("void-engagement", void(event));
    world.refused("record-family", family("2026-03-02"), "not-found");
}

#[test]
fn nothing_is_planned_at_a_site_after_its_last_day() {
    let mut world = World::working();
    world.accepted("close-site", act(SITE, "2026-03-02", json!({ "reason": "closure" })));
    world.refused("plan-engagement", plan("2026-03-03"), "site-not-open");
    world.accepted("plan-engagement", plan("2026-03-02"));
}

#[test]
fn a_corrected_engagement_meets_the_rules_of_a_new_one() {
    let mut world = World::working();
    let event = world.accepted("record-engagement", held("2026-03-02"));
    let data = |path, value| with(held("2026-03-02")["details"].clone(), &[(path, value)]);
    let mut refused = |data, code| {
        world.refused("correct-engagement", correct(event, "engagement-held", data), code);
    };
    refused(data("minutes", json!(1441)), "minutes-out-of-range");
    refused(data("headcount", json!(0)), "headcount-out-of-range");
    refused(data("site", json!(id(77))), "not-found");
    let future = with(
        correct(event, "engagement-held", data("minutes", json!(60))),
        &[("effective", json!("2026-03-17"))],
    );
    world.refused("correct-engagement", future, "date-in-future");
    // Nobody relies on it yet, so it may turn out to have been elsewhere.
    let moved = correct(event, "engagement-held", data("site", json!(id(OTHER_SITE))));
    world.makes("correct-engagement", moved, "engagement-corrected");
}
