//! Rule 6: a correction names the latest event of its chain, of the same kind, and says why.

use domain::Event;
use domain::delivery::Event as Delivery;
use serde_json::{Value, json};

use crate::kit::*;

fn delivered(minutes: u32) -> Value {
    json!({
        "agreement": id(AGREEMENT), "partner": id(PARTNER), "site": id(SITE), "kind": "tutoring",
        "pillar": "student-supports", "tier": 2, "mode": "in-person", "minutes": minutes,
        "participants": [id(101), id(102)],
    })
}

#[test]
fn a_correction_carries_what_it_replaces() {
    let mut world = World::working();
    let event = world.accepted("record-delivery", free_delivery("2026-03-02"));
    let body =
        with(correct(event, "service-delivered", delivered(60)), &[("effective", json!("2026-03-03"))]);
    let fact = world.makes("correct-delivery", body, "delivery-corrected");
    assert_eq!(fact.corrects, Some(event));
    assert_eq!(fact.effective.unwrap().to_string(), "2026-03-03");
    let Event::Delivery(Delivery::DeliveryCorrected(corrected)) = fact.event else { panic!("no correction") };
    assert_eq!(corrected.was.effective.unwrap().to_string(), "2026-03-02");
    let (Delivery::ServiceDelivered(was), Delivery::ServiceDelivered(now)) =
        (corrected.was.event, corrected.now)
    else {
        panic!("no deliveries")
    };
    assert_eq!((was.minutes, now.minutes), (45, 60));
}

#[test]
fn corrections_form_a_chain_each_on_the_latest() {
    let mut world = World::working();
    let first = world.accepted("record-delivery", free_delivery("2026-03-02"));
    let second = world.accepted("correct-delivery", correct(first, "service-delivered", delivered(60)));
    let refusal = world.refused(
        "correct-delivery",
        correct(first, "service-delivered", delivered(70)),
        "already-corrected",
    );
    // Its place in the log, so that the sender can find it.
    assert_eq!(refusal.position(), Some(9));
    world.refused("void-delivery", void(first), "already-corrected");
    let third = world.accepted("correct-delivery", correct(second, "service-delivered", delivered(70)));
    world.makes("void-delivery", void(third), "delivery-voided");
}

#[test]
fn what_is_voided_can_be_neither_corrected_nor_voided() {
    let mut world = World::working();
    let event = world.accepted("record-delivery", free_delivery("2026-03-02"));
    let voided = world.accepted("void-delivery", void(event));
    let refusal = world.refused("void-delivery", void(event), "already-voided");
    assert_eq!(refusal.position(), Some(9));
    world.refused("correct-delivery", correct(event, "service-delivered", delivered(60)), "already-voided");
    world.refused("void-delivery", void(voided), "already-voided");
    world.refused("correct-delivery", correct(voided, "service-delivered", delivered(60)), "already-voided");
}

#[test]
fn a_correction_names_an_event_of_its_kind() {
    let mut world = World::working();
    let engaged = json!({
        "id": id(20), "effective": "2026-03-02",
        "details": { "site": id(SITE), "kind": "workshop", "minutes": 9, "interpreter": false, "headcount": 3 },
    });
    let held = world.accepted("record-engagement", engaged);
    let event = world.accepted("record-delivery", free_delivery("2026-03-02"));
    world.refused("void-delivery", void(id(77)), "event-not-found");
    world.refused("void-delivery", void(held), "event-of-another-kind");
    for command in ["void-site", "void-partner", "void-agreement", "void-offering", "void-engagement"] {
        world.refused(command, void(event), "event-of-another-kind");
    }
}

#[test]
fn a_correction_does_not_change_what_happened_into_something_else() {
    let mut world = World::opened();
    let registered = world.accepted("register-site", site(SITE));
    let closed = correct(registered, "site-closed", json!({ "reason": "closure" }));
    world.refused("correct-site", closed, "correction-changes-event");
}

#[test]
fn a_corrected_delivery_meets_the_rules_of_a_new_one() {
    let mut world = World::working();
    let event = world.accepted("record-delivery", free_delivery("2026-03-02"));
    let mut refused = |changes: &[(&str, Value)], code| {
        let now = correct(event, "service-delivered", with(delivered(60), changes));
        world.refused("correct-delivery", now, code);
    };
    refused(&[("minutes", json!(0))], "minutes-out-of-range");
    refused(&[("kind", json!("food"))], "kind-not-covered");
    refused(&[("site", json!(id(OTHER_SITE)))], "site-not-covered");
    refused(&[("partner", json!(id(77)))], "out-of-range");
    refused(&[("tier", json!(3))], "case-needed");
    let future =
        with(correct(event, "service-delivered", delivered(60)), &[("effective", json!("2026-03-17"))]);
    world.refused("correct-delivery", future, "date-in-future");
}
