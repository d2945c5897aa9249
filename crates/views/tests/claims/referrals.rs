//! Referrals: opened, accepted, completed, unmet and open now; days to acceptance.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::*;
use crate::table::{ask, table};

fn opened(need: &str) -> Value {
    json!({ "case": id(201), "site": id(SITE), "need": need, "urgency": "soon" })
}

fn open(world: &mut World, number: u128, day: &str, need: &str) -> Uuid {
    world.accepted("open-referral", act(number, day, opened(need)))
}

fn by(number: u128, day: &str) -> Value {
    act(number, day, json!({ "partner": id(PARTNER) }))
}

/// Two of February, of which one was accepted and completed, and three of March: accepted, unmet, waiting.
fn busy() -> World {
    let mut world = World::working().under("law:wic-5600");
    open(&mut world, 501, "2026-02-20", "dental");
    open(&mut world, 502, "2026-02-23", "dental");
    world.accepted("accept-referral", by(501, "2026-03-02"));
    world.accepted("complete-referral", act(501, "2026-03-09", json!({})));
    for number in [503, 504, 505] {
        open(&mut world, number, "2026-03-02", "food");
    }
    world.accepted("accept-referral", by(503, "2026-03-05"));
    world.accepted("close-referral-unmet", act(504, "2026-03-06", json!({ "reason": "no-service" })));
    let declined = json!({ "partner": id(PARTNER), "reason": "language" });
    world.accepted("decline-referral", act(505, "2026-03-06", declined));
    world.accepted("redirect-referral", by(505, "2026-03-06"));
    world
}

#[test]
fn everything_about_a_referral_is_counted_in_the_month_of_its_opening() {
    let columns = "month need urgency opened accepted completed closed_unmet open_now days_to_acceptance";
    assert_eq!(
        table(&busy(), "referrals", &[], columns),
        ["2026-02 dental soon 2 1 1 0 1 10", "2026-03 food soon 3 1 0 1 2 3"]
    );
    assert_eq!(table(&busy(), "referrals", &[("need", "food")], "declined redirected"), ["1 1"]);
}

#[test]
fn referrals_are_grouped_and_filtered() {
    let world = busy();
    let by = |column: &str| table(&world, "referrals", &[("by", column)], "opened open_now");
    assert_eq!(by("need"), ["2 1", "3 2"]);
    for column in ["site", "urgency", "school_year"] {
        assert_eq!(by(column), ["5 3"], "{column}");
    }
    assert_eq!(table(&world, "referrals", &[("month", "2026-02")], "opened"), ["2"]);
    assert!(table(&world, "referrals", &[("urgency", "urgent")], "opened").is_empty());
}

#[test]
fn corrections_and_voids_of_a_referral_take_back_exactly() {
    let mut world = World::working().under("law:wic-5600");
    let event = open(&mut world, 501, "2026-02-20", "dental");
    let moved =
        with(correct(event, "referral-opened", opened("vision")), &[("effective", json!("2026-03-02"))]);
    let event = world.accepted("correct-referral", moved);
    let accepted = world.accepted("accept-referral", by(501, "2026-03-05"));
    let columns = "month need opened accepted completed open_now days_to_acceptance";
    let rows = |world: &World| table(world, "referrals", &[], columns);
    assert_eq!(rows(&world), ["2026-02 dental 0 0 0 0 0", "2026-03 vision 1 1 0 1 3"]);
    let about = json!({ "site": id(SITE), "need": "vision", "urgency": "soon", "opened": "2026-03-02" });
    let later = correct(accepted, "referral-accepted", json!({ "partner": id(PARTNER), "about": about }));
    let accepted = world.accepted("correct-referral", with(later, &[("effective", json!("2026-03-09"))]));
    assert_eq!(rows(&world)[1], "2026-03 vision 1 1 0 1 7");
    let done = world.accepted("complete-referral", act(501, "2026-03-09", json!({})));
    assert_eq!(rows(&world)[1], "2026-03 vision 1 1 1 0 7");
    for event in [done, accepted, event] {
        world.accepted("void-referral", void(event));
    }
    assert_eq!(rows(&world)[1], "2026-03 vision 0 0 0 0 0");
}

#[test]
fn no_case_stands_in_an_answer() {
    let text = serde_json::to_string(&ask(&busy(), "referrals", &[]).unwrap()).unwrap();
    assert!(!text.contains(&id(201).to_string()));
}
