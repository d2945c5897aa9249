//! Referrals of the coordination of services team: a plain machine of states.

use domain::Event;
use domain::referral::Event as Referral;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::*;

const REFERRAL: u128 = 501;
const OTHER_PARTNER: u128 = 8;
const CASE: u128 = 201;

fn opened() -> Value {
    json!({ "case": id(CASE), "site": id(SITE), "need": "dental", "urgency": "soon" })
}

fn opening(day: &str) -> Value {
    act(REFERRAL, day, opened())
}

fn by(partner: u128, day: &str) -> Value {
    act(REFERRAL, day, json!({ "partner": id(partner) }))
}

fn declined(partner: u128, day: &str) -> Value {
    act(REFERRAL, day, json!({ "partner": id(partner), "reason": "no-capacity" }))
}

fn completed(day: &str) -> Value {
    act(REFERRAL, day, json!({}))
}

fn unmet(day: &str) -> Value {
    act(REFERRAL, day, json!({ "reason": "no-service" }))
}

/// What every later event of the referral carries.
fn about() -> Value {
    json!({ "site": id(SITE), "need": "dental", "urgency": "soon", "opened": "2026-03-02" })
}

/// With two partners and a referral that was opened on 2 March.
fn open() -> (World, Uuid) {
    let mut world = World::working().under("law:wic-5600");
    world.accepted("onboard-partner", partner(OTHER_PARTNER));
    let event = world.accepted("open-referral", opening("2026-03-02"));
    (world, event)
}

#[test]
fn a_referral_is_opened_accepted_and_completed() {
    let (mut world, _) = open();
    world.refused("open-referral", opening("2026-03-02"), "taken");
    world.refused("complete-referral", completed("2026-03-02"), "referral-not-accepted");
    let fact = world.makes("accept-referral", by(PARTNER, "2026-03-03"), "referral-accepted");
    let Event::Referral(Referral::ReferralAccepted(accepted)) = fact.event else { panic!("no acceptance") };
    assert_eq!(serde_json::to_value(accepted.about).unwrap(), about());
    world.refused("accept-referral", by(OTHER_PARTNER, "2026-03-03"), "referral-already-accepted");
    world.refused("decline-referral", declined(PARTNER, "2026-03-03"), "referral-already-accepted");
    world.refused("redirect-referral", by(OTHER_PARTNER, "2026-03-03"), "referral-already-accepted");
    world.makes("complete-referral", completed("2026-03-09"), "referral-completed");
}

#[test]
fn a_closed_referral_accepts_only_corrections() {
    for (name, body) in
        [("complete-referral", completed("2026-03-09")), ("close-referral-unmet", unmet("2026-03-09"))]
    {
        let (mut world, _) = open();
        world.accepted("accept-referral", by(PARTNER, "2026-03-03"));
        world.accepted(name, body);
        world.refused("accept-referral", by(PARTNER, "2026-03-10"), "closed");
        world.refused("decline-referral", declined(PARTNER, "2026-03-10"), "closed");
        world.refused("redirect-referral", by(PARTNER, "2026-03-10"), "closed");
        world.refused("complete-referral", completed("2026-03-10"), "closed");
        world.refused("close-referral-unmet", unmet("2026-03-10"), "closed");
    }
}

#[test]
fn a_referral_is_declined_redirected_and_then_with_one_partner() {
    let (mut world, _) = open();
    world.makes("decline-referral", declined(PARTNER, "2026-03-03"), "referral-declined");
    world.makes("redirect-referral", by(OTHER_PARTNER, "2026-03-04"), "referral-redirected");
    world.refused("redirect-referral", by(OTHER_PARTNER, "2026-03-04"), "no-change");
    let refusal = world.refused("accept-referral", by(PARTNER, "2026-03-05"), "referral-with-another");
    assert!(refusal.to_string().contains(&id(OTHER_PARTNER).to_string()), "{refusal}");
    world.refused("decline-referral", declined(PARTNER, "2026-03-05"), "referral-with-another");
    world.accepted("decline-referral", declined(OTHER_PARTNER, "2026-03-05"));
    // Nobody is asked any more, so anybody may take it.
    world.accepted("accept-referral", by(PARTNER, "2026-03-06"));
}

#[test]
fn a_need_that_nobody_meets_is_closed_as_unmet() {
    let (mut world, _) = open();
    world.makes("close-referral-unmet", unmet("2026-03-09"), "referral-closed-unmet");
}

#[test]
fn a_referral_needs_a_basis() {
    let mut world = World::working();
    let refusal = world.refused("open-referral", opening("2026-03-02"), "basis-needed");
    assert!(refusal.hint().is_some());
    let details = json!({ "case": id(CASE), "kinds": ["dental-care"], "basis": "parent-consent" });
    world.accepted("record-consent", act(401, "2026-03-01/2026-06-11", details));
    let mut world = world.under(&format!("consent:{}", id(401)));
    let other = with(opening("2026-03-02"), &[("details/case", json!(id(202)))]);
    world.refused("open-referral", other, "consent-not-for-case");
    world.refused("open-referral", opening("2026-02-28"), "consent-not-live");
    let event = world.accepted("open-referral", opening("2026-03-02"));
    world.accepted("accept-referral", by(PARTNER, "2026-03-03"));
    let mut world = world.under("law:wic-5600");
    let event = world.accepted("correct-referral", correct(event, "referral-opened", opened()));
    world.basis = domain::Basis::default();
    world.refused("correct-referral", correct(event, "referral-opened", opened()), "basis-needed");
}

#[test]
fn what_a_referral_names_is_there_on_its_day() {
    let (mut world, _) = open();
    let changed = |change| with(with(opening("2026-03-02"), &[("id", json!(id(502)))]), &[change]);
    world.refused("open-referral", changed(("details/site", json!(id(77)))), "not-found");
    world.refused("open-referral", changed(("effective", json!("2026-03-17"))), "date-in-future");
    world.refused("open-referral", changed(("effective", json!("2025-08-27"))), "date-too-old");
    world.refused("open-referral", changed(("effective", json!("2026-03-02/2026-03-03"))), "one-day-needed");
    world.accepted("close-site", act(OTHER_SITE, "2026-03-01", json!({ "reason": "closure" })));
    world.refused("open-referral", changed(("details/site", json!(id(OTHER_SITE)))), "site-not-open");
    world.refused("accept-referral", by(77, "2026-03-03"), "not-found");
    world.refused("decline-referral", declined(77, "2026-03-03"), "not-found");
    world.refused("accept-referral", with(by(PARTNER, "2026-03-03"), &[("id", json!(id(502)))]), "not-found");
    world.accepted("suspend-partner", act(PARTNER, "2026-03-04", json!({ "reason": "safety" })));
    world.accepted("offboard-partner", act(OTHER_PARTNER, "2026-03-04", json!({ "reason": "completed" })));
    for name in ["accept-referral", "redirect-referral"] {
        world.refused(name, by(PARTNER, "2026-03-04"), "partner-suspended");
        world.refused(name, by(OTHER_PARTNER, "2026-03-05"), "closed");
    }
    world.accepted("redirect-referral", by(OTHER_PARTNER, "2026-03-04"));
}

#[test]
fn events_of_a_referral_lie_one_after_the_other() {
    let (mut world, _) = open();
    world.refused("accept-referral", by(PARTNER, "2026-03-01"), "out-of-range");
    world.refused("accept-referral", by(PARTNER, "2026-03-17"), "date-in-future");
    let accepted = world.accepted("accept-referral", by(PARTNER, "2026-03-02"));
    world.refused("complete-referral", completed("2026-03-01"), "out-of-range");
    world.accepted("complete-referral", completed("2026-03-09"));
    let data = json!({ "partner": id(PARTNER), "about": about() });
    let on =
        |day: &str| with(correct(accepted, "referral-accepted", data.clone()), &[("effective", json!(day))]);
    world.refused("correct-referral", on("2026-03-01"), "out-of-range");
    world.refused("correct-referral", on("2026-03-10"), "out-of-range");
    world.makes("correct-referral", on("2026-03-09"), "referral-corrected");
}

#[test]
fn a_correction_does_not_change_what_later_events_carry() {
    let (mut world, event) = open();
    let changed = |change: (&str, Value)| correct(event, "referral-opened", with(opened(), &[change]));
    world.clone().accepted("correct-referral", changed(("need", json!("vision"))));
    let accepted = world.accepted("accept-referral", by(PARTNER, "2026-03-03"));
    for change in [("need", json!("vision")), ("urgency", json!("urgent")), ("site", json!(id(OTHER_SITE)))] {
        world.refused("correct-referral", changed(change), "in-use");
    }
    let earlier = with(correct(event, "referral-opened", opened()), &[("effective", json!("2026-03-01"))]);
    world.refused("correct-referral", earlier, "in-use");
    // The wrong case was named.
    world.accepted("correct-referral", changed(("case", json!(id(202)))));
    let elsewhere = with(about(), &[("need", json!("vision"))]);
    let body = correct(accepted, "referral-accepted", json!({ "partner": id(PARTNER), "about": elsewhere }));
    world.refused("correct-referral", body, "out-of-range");
    let body = correct(accepted, "referral-accepted", json!({ "partner": id(PARTNER) }));
    world.refused("correct-referral", body, "out-of-range");
    let by = json!({ "partner": id(OTHER_PARTNER), "about": about() });
    let accepted = world.accepted("correct-referral", correct(accepted, "referral-accepted", by.clone()));
    let missing = with(by, &[("partner", json!(id(77)))]);
    world.refused("correct-referral", correct(accepted, "referral-accepted", missing), "not-found");
}

#[test]
fn a_void_leaves_what_is_possible() {
    let (mut world, event) = open();
    let accepted = world.accepted("accept-referral", by(PARTNER, "2026-03-03"));
    let done = world.accepted("complete-referral", completed("2026-03-09"));
    world.refused("void-referral", void(event), "in-use");
    world.refused("void-referral", void(accepted), "referral-not-accepted");
    world.makes("void-referral", void(done), "referral-voided");
    world.accepted("void-referral", void(accepted));
    world.accepted("void-referral", void(event));
    world.refused("accept-referral", by(PARTNER, "2026-03-03"), "not-found");
    world.accepted("open-referral", opening("2026-03-02"));
}

#[test]
fn a_site_or_partner_that_a_referral_names_is_not_voided() {
    let mut world = World::opened().under("law:wic-5600");
    let site = world.accepted("register-site", site(SITE));
    let partner = world.accepted("onboard-partner", partner(PARTNER));
    let event = world.accepted("open-referral", opening("2026-03-02"));
    let accepted = world.accepted("accept-referral", by(PARTNER, "2026-03-03"));
    world.refused("void-site", void(site), "in-use");
    world.refused("void-partner", void(partner), "in-use");
    world.accepted("void-referral", void(accepted));
    world.accepted("void-partner", void(partner));
    world.accepted("void-referral", void(event));
    world.accepted("void-site", void(site));
}
