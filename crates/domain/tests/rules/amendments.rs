//! The right to amend: a request is decided once, and a statement stands after a denial.

use domain::Event;
use domain::amendment::Event as Amendment;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::*;

const AMENDMENT: u128 = 601;

fn request(event: Uuid) -> Value {
    act(AMENDMENT, "2026-03-04", json!({ "event": event, "grounds": "inaccurate" }))
}

fn decision(outcome: &str, day: &str) -> Value {
    act(AMENDMENT, day, json!({ "outcome": outcome }))
}

fn statement(day: &str) -> Value {
    act(AMENDMENT, day, json!({}))
}

/// With a delivery, and a request to amend its record.
fn requested() -> (World, Uuid, Uuid) {
    let mut world = World::working();
    let disputed = world.accepted("record-delivery", free_delivery("2026-03-02"));
    let event = world.accepted("request-amendment", request(disputed));
    (world, disputed, event)
}

#[test]
fn what_is_disputed_is_an_event_of_this_ledger() {
    let mut world = World::working();
    world.refused("request-amendment", request(id(77)), "event-not-found");
    let opening = world.log[0].0;
    world.refused("request-amendment", request(opening), "event-of-another-kind");
    let disputed = world.accepted("record-delivery", free_delivery("2026-03-02"));
    let future = with(request(disputed), &[("effective", json!("2026-03-17"))]);
    world.refused("request-amendment", future, "date-in-future");
    world.makes("request-amendment", request(disputed), "amendment-requested");
    world.refused("request-amendment", request(disputed), "taken");
    world.refused(
        "decide-amendment",
        with(decision("granted", "2026-03-05"), &[("id", json!(id(602)))]),
        "not-found",
    );
    world.refused("place-statement", with(statement("2026-03-05"), &[("id", json!(id(602)))]), "not-found");
}

#[test]
fn a_request_is_decided_once() {
    let (mut world, disputed, _) = requested();
    world.refused("decide-amendment", decision("granted", "2026-03-03"), "out-of-range");
    world.refused("decide-amendment", decision("granted", "2026-03-17"), "date-in-future");
    let fact = world.makes("decide-amendment", decision("granted", "2026-03-04"), "amendment-decided");
    let Event::Amendment(Amendment::AmendmentDecided(decided)) = fact.event else { panic!("no decision") };
    assert_eq!(decided.event, Some(disputed));
    assert_eq!(decided.requested.unwrap().to_string(), "2026-03-04");
    world.refused("decide-amendment", decision("denied", "2026-03-05"), "amendment-already-decided");
}

#[test]
fn a_statement_is_placed_once_and_only_after_a_denial() {
    let (mut world, disputed, _) = requested();
    world.refused("place-statement", statement("2026-03-05"), "statement-needs-denial");
    let mut granted = world.clone();
    granted.accepted("decide-amendment", decision("granted", "2026-03-05"));
    granted.refused("place-statement", statement("2026-03-05"), "statement-needs-denial");
    world.accepted("decide-amendment", decision("denied", "2026-03-05"));
    world.refused("place-statement", statement("2026-03-04"), "out-of-range");
    let fact = world.makes("place-statement", statement("2026-03-05"), "statement-placed");
    let Event::Amendment(Amendment::StatementPlaced(placed)) = fact.event else { panic!("no statement") };
    assert_eq!(placed.event, Some(disputed));
    world.refused("place-statement", statement("2026-03-05"), "no-change");
}

#[test]
fn a_granted_request_names_the_correction() {
    let (mut world, disputed, _) = requested();
    let other = world.accepted("record-delivery", free_delivery("2026-03-03"));
    let voided = world.accepted("void-delivery", void(disputed));
    let naming = |outcome: &str, event: Uuid| {
        with(decision(outcome, "2026-03-05"), &[("details/correction", json!(event))])
    };
    world.refused("decide-amendment", naming("granted", id(77)), "event-not-found");
    world.refused("decide-amendment", naming("granted", other), "out-of-range");
    world.refused("decide-amendment", naming("denied", voided), "out-of-range");
    world.accepted("decide-amendment", naming("granted", voided));
}

#[test]
fn the_record_of_a_request_is_corrected_like_others() {
    let (mut world, disputed, event) = requested();
    let other = world.accepted("record-delivery", free_delivery("2026-03-03"));
    let disputes = |event: Uuid, disputed: Uuid, day: &str| {
        let now = json!({ "event": disputed, "grounds": "privacy" });
        with(correct(event, "amendment-requested", now), &[("effective", json!(day))])
    };
    world.refused("correct-amendment", disputes(event, id(77), "2026-03-04"), "event-not-found");
    world.refused("correct-amendment", disputes(event, other, "2026-03-17"), "date-in-future");
    let event = world.accepted("correct-amendment", disputes(event, other, "2026-03-05"));
    let event = world.accepted("correct-amendment", disputes(event, disputed, "2026-03-04"));
    let decided = world.accepted("decide-amendment", decision("denied", "2026-03-05"));
    // The decision carries the event and the day.
    world.refused("correct-amendment", disputes(event, other, "2026-03-04"), "in-use");
    world.refused("correct-amendment", disputes(event, disputed, "2026-03-03"), "in-use");
    world.makes("correct-amendment", disputes(event, disputed, "2026-03-04"), "amendment-corrected");
    let now = |outcome: &str, carried: Uuid| {
        let now = json!({ "outcome": outcome, "event": carried, "requested": "2026-03-04" });
        correct(decided, "amendment-decided", now)
    };
    world.refused("correct-amendment", now("granted", other), "out-of-range");
    let placed = world.accepted("place-statement", statement("2026-03-06"));
    world.refused("correct-amendment", now("granted", disputed), "statement-needs-denial");
    let elsewhere = correct(placed, "statement-placed", json!({ "event": other }));
    world.refused("correct-amendment", elsewhere, "out-of-range");
    world.accepted("void-amendment", void(placed));
    world.accepted("correct-amendment", now("granted", disputed));
}

#[test]
fn a_void_leaves_what_is_possible() {
    let (mut world, _, event) = requested();
    let decided = world.accepted("decide-amendment", decision("denied", "2026-03-05"));
    let placed = world.accepted("place-statement", statement("2026-03-06"));
    world.refused("void-amendment", void(event), "in-use");
    world.refused("void-amendment", void(decided), "statement-needs-denial");
    world.makes("void-amendment", void(placed), "amendment-voided");
    world.accepted("void-amendment", void(decided));
    world.accepted("decide-amendment", decision("granted", "2026-03-04"));
}
