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
    for command in [
        "void-site",
        "void-partner",
        "void-agreement",
        "void-offering",
        "void-engagement",
        "void-grant",
        "void-assistance",
    ] {
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

#[test]
fn a_late_correction_is_welcome_and_a_late_report_is_not() {
    let mut world = World::working();
    // The oldest day that the policy takes, and then a stricter policy.
    let event = world.accepted("record-delivery", free_delivery("2025-08-28"));
    world.accepted("change-policy", json!({ "policy": { "suppress_under": 11, "late_days_max": 30 } }));
    let event = world.accepted("correct-delivery", correct(event, "service-delivered", delivered(60)));
    let moved =
        |day: &str| with(correct(event, "service-delivered", delivered(60)), &[("effective", json!(day))]);
    world.refused("correct-delivery", moved("2025-08-29"), "date-too-old");
    world.accepted("correct-delivery", moved("2026-02-14"));
}

#[test]
fn a_corrected_delivery_names_an_offering_of_its_agreement_and_site() {
    let mut world = World::working();
    let event = world.accepted("record-delivery", delivery("2026-03-02"));
    world.accepted("sign-agreement", agreement(9, "2025-07-01/2026-06-30"));
    let mut refused = |changes: &[(&str, Value)], code| {
        let now = with(with(delivered(60), &[("offering", json!(id(OFFERING)))]), changes);
        world.refused("correct-delivery", correct(event, "service-delivered", now), code)
    };
    refused(&[("offering", json!(id(77)))], "not-found");
    let refusal = refused(&[("agreement", json!(id(9)))], "out-of-range");
    assert_eq!(refusal.field(), Some("now/data/offering"));
}

#[test]
fn a_corrected_agreement_still_ends_after_it_starts() {
    let mut world = World::working();
    let signed = world.accepted("sign-agreement", agreement(9, "2025-07-01/2026-06-30"));
    let paused = json!({ "reason": "staffing" });
    let suspended = world.accepted("suspend-agreement", act(9, "2026-03-02", paused.clone()));
    let details = agreement(9, "2025-07-01/2026-06-30")["details"].clone();
    let on = |event, name, data: &Value, day: &str| {
        with(correct(event, name, data.clone()), &[("effective", json!(day))])
    };
    for day in ["2025-07-01", "2025-07-01/2025-07-01"] {
        world.refused("correct-agreement", on(signed, "agreement-signed", &details, day), "span-needed");
    }
    let span = on(suspended, "agreement-suspended", &paused, "2026-03-02/2026-03-03");
    world.refused("correct-agreement", span, "one-day-needed");
    let before = on(suspended, "agreement-suspended", &paused, "2025-06-30");
    world.refused("correct-agreement", before, "out-of-range");
    let after = on(signed, "agreement-signed", &details, "2026-03-03/2026-06-30");
    world.refused("correct-agreement", after, "out-of-range");
    world.accepted("correct-agreement", on(suspended, "agreement-suspended", &paused, "2025-07-01"));
}

#[test]
fn an_agreement_is_not_corrected_to_a_suspended_partner() {
    let mut world = World::working();
    let signed = world.accepted("sign-agreement", agreement(9, "2025-07-01/2026-06-30"));
    world.accepted("onboard-partner", partner(8));
    world.accepted("suspend-partner", act(8, "2026-03-02", json!({ "reason": "safety" })));
    let details = agreement(9, "2025-07-01/2026-06-30")["details"].clone();
    let other = with(details, &[("partner", json!(id(8)))]);
    world.refused("correct-agreement", correct(signed, "agreement-signed", other), "partner-suspended");
}

#[test]
fn a_corrected_event_of_a_site_or_partner_meets_the_rules_of_a_new_one() {
    let mut world = World::working();
    let staff = |fte: u32| json!({ "staff": "staff-12", "fte_hundredths": fte });
    let assigned = world.accepted("assign-coordinator", act(SITE, "2026-03-02", staff(80)));
    let on =
        |day: &str| with(correct(assigned, "coordinator-assigned", staff(80)), &[("effective", json!(day))]);
    world.refused("correct-site", correct(assigned, "coordinator-assigned", staff(101)), "out-of-range");
    world.refused("correct-site", on("2026-03-17"), "date-in-future");
    world.refused("correct-site", on("2026-03-02/2026-03-03"), "one-day-needed");
    world.refused("correct-site", on("1999-08-31"), "site-not-open");
    world.makes("correct-site", on("1999-09-01"), "site-corrected");
    let details = |until: &str| vetting(PARTNER, "2026-03-02", until)["details"].clone();
    let vetted = world.accepted("vet-partner", vetting(PARTNER, "2026-03-02", "2026-12-31"));
    let backwards = correct(vetted, "partner-vetted", details("2026-03-01"));
    world.refused("correct-partner", backwards, "out-of-range");
    let future =
        with(correct(vetted, "partner-vetted", details("2026-12-31")), &[("effective", json!("2026-03-17"))]);
    world.refused("correct-partner", future, "date-in-future");
    world.makes(
        "correct-partner",
        correct(vetted, "partner-vetted", details("2026-12-30")),
        "partner-corrected",
    );
}

#[test]
fn a_corrected_offering_stays_where_it_was_delivered() {
    let mut world = World::working();
    let event = world.accepted("offer-service", offering(9));
    world.accepted("amend-agreement", act(AGREEMENT, "2025-07-01/2026-06-30", terms(&[SITE, OTHER_SITE])));
    let moved = correct(event, "service-offered", with(offered(), &[("site", json!(id(OTHER_SITE)))]));
    world.clone().makes("correct-offering", moved.clone(), "offering-corrected");
    let under = with(delivery("2026-03-02"), &[("details/offering", json!(id(9)))]);
    world.accepted("record-delivery", under);
    world.refused("correct-offering", moved, "out-of-range");
}
