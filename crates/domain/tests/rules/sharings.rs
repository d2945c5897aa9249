//! Sharings: what others may read, by whose decision, what for and until when.

use domain::id::SharingId;
use jiff::civil::Date;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::*;

const SHARING: u128 = 50;

fn proposal() -> Value {
    let details = json!({
        "to": { "ledger": "verde-usd" }, "what": ["directory", "service-totals"], "purpose": "grant-reporting",
    });
    json!({ "id": id(SHARING), "effective": "2026-01-12", "details": details })
}

fn approval(decision: Uuid, span: &str) -> Value {
    act(SHARING, span, json!({ "decision": decision }))
}

fn revocation(day: &str) -> Value {
    act(SHARING, day, json!({ "reason": "mutual-agreement" }))
}

/// With a proposal, and a decision adopted on 2 February.
fn proposed() -> (World, Uuid) {
    let mut world = World::working();
    world.makes("propose-sharing", proposal(), "sharing-proposed");
    let decision = decided_on(&mut world, "2026-02-02");
    (world, decision)
}

/// Whether it is live on these days.
fn live<const N: usize>(world: &World, days: [&str; N]) -> [bool; N] {
    let sharing = world.state.sharing(SharingId::new(id(SHARING))).unwrap();
    days.map(|day| sharing.is_live_on(day.parse::<Date>().unwrap()))
}

#[test]
fn a_sharing_is_live_from_its_first_day_to_its_expiry_and_no_longer() {
    let (mut world, decision) = proposed();
    assert_eq!(live(&world, ["2026-02-02"]), [false]);
    world.makes("approve-sharing", approval(decision, "2026-02-02/2027-02-01"), "sharing-approved");
    let days = ["2026-02-01", "2026-02-02", "2027-02-01", "2027-02-02"];
    assert_eq!(live(&world, days), [false, true, true, false]);
}

#[test]
fn a_revoked_sharing_is_not_live_from_that_day() {
    let (mut world, decision) = proposed();
    world.refused("revoke-sharing", revocation("2026-03-02"), "sharing-not-approved");
    world.accepted("approve-sharing", approval(decision, "2026-02-02/2027-02-01"));
    world.refused("revoke-sharing", revocation("2026-03-17"), "date-in-future");
    world.refused("revoke-sharing", revocation("2026-01-11"), "out-of-range");
    world.refused("revoke-sharing", revocation("2026-03-02/2026-03-03"), "one-day-needed");
    let revoked = world.makes("revoke-sharing", revocation("2026-03-02"), "sharing-revoked");
    assert_eq!(live(&world, ["2026-03-01", "2026-03-02", "2026-03-03"]), [true, false, false]);
    // It says by itself what is over.
    let Some(domain::sharing::Event::SharingRevoked(revoked)) = sharing_event(&revoked) else { panic!() };
    assert_eq!(json!(revoked.proposed), proposal()["details"]);
}

fn sharing_event(fact: &domain::Fact) -> Option<&domain::sharing::Event> {
    if let domain::Event::Sharing(event) = &fact.event { Some(event) } else { None }
}

#[test]
fn a_sharing_is_approved_once_and_revoked_once() {
    let (mut world, decision) = proposed();
    world.accepted("approve-sharing", approval(decision, "2026-02-02/2027-02-01"));
    world.refused("approve-sharing", approval(decision, "2026-02-02/2027-02-01"), "no-change");
    world.accepted("revoke-sharing", revocation("2026-03-02"));
    world.refused("revoke-sharing", revocation("2026-03-02"), "closed");
    world.refused("approve-sharing", approval(decision, "2026-02-02/2027-02-01"), "closed");
}

#[test]
fn a_sharing_expires_within_five_years() {
    let (mut world, decision) = proposed();
    for span in ["2026-02-02", "2026-02-02/2026-02-02"] {
        world.refused("approve-sharing", approval(decision, span), "span-needed");
    }
    let refusal =
        world.refused("approve-sharing", approval(decision, "2026-02-02/2031-02-02"), "sharing-too-long");
    assert_eq!(refusal.field(), Some("effective"));
    world.accepted("approve-sharing", approval(decision, "2026-02-02/2031-02-01"));
}

#[test]
fn a_sharing_says_with_whom_what_and_what_for() {
    let mut world = World::working();
    let changed = |path, value| with(proposal(), &[(path, value)]);
    world.refused("propose-sharing", changed("details/what", json!([])), "list-not-allowed");
    let nobody = changed("details/to", json!({ "organisation": "a b" }));
    world.refused("propose-sharing", nobody, "code-not-allowed");
    world.refused("propose-sharing", changed("effective", json!("2026-03-17")), "date-in-future");
    world.refused("approve-sharing", approval(id(77), "2026-02-02/2027-02-01"), "not-found");
    world.accepted("propose-sharing", changed("details/to", json!({ "organisation": "county-dmh" })));
    world.refused("propose-sharing", proposal(), "taken");
}

#[test]
fn a_sharing_begins_no_earlier_than_it_was_proposed() {
    let mut world = World::working();
    let decision = decided_on(&mut world, "2026-01-05");
    world.accepted("propose-sharing", proposal());
    world.refused("approve-sharing", approval(decision, "2026-01-11/2027-01-10"), "out-of-range");
    world.accepted("approve-sharing", approval(decision, "2026-01-12/2027-01-10"));
}

#[test]
fn what_was_approved_is_what_was_proposed() {
    let mut world = World::working();
    let event = world.accepted("propose-sharing", proposal());
    let now = |purpose: &str| with(proposal()["details"].clone(), &[("purpose", json!(purpose))]);
    let changed = correct(event, "sharing-proposed", now("legal-duty"));
    let event = world.accepted("correct-sharing", changed);
    let decision = decided_on(&mut world, "2026-02-02");
    let approved = world.accepted("approve-sharing", approval(decision, "2026-02-02/2027-02-01"));
    let changed = correct(event, "sharing-proposed", now("grant-reporting"));
    world.refused("correct-sharing", changed, "in-use");
    world.refused("void-sharing", void(event), "in-use");
    let other = json!({ "decision": decision, "proposed": now("grant-reporting") });
    world.refused("correct-sharing", correct(approved, "sharing-approved", other), "out-of-range");
    let same = json!({ "decision": decision, "proposed": now("legal-duty") });
    let longer = with(
        correct(approved, "sharing-approved", same.clone()),
        &[("effective", json!("2026-02-02/2027-03-01"))],
    );
    let approved = world
        .makes("correct-sharing", longer, "sharing-corrected")
        .corrects
        .map(|_| world.log.last().unwrap().0);
    assert_eq!(live(&world, ["2027-03-01", "2027-03-02"]), [true, false]);
    let revoked = world.accepted("revoke-sharing", revocation("2026-03-02"));
    world.refused("void-sharing", void(approved.unwrap()), "in-use");
    let shorter = with(
        correct(approved.unwrap(), "sharing-approved", same.clone()),
        &[("effective", json!("2026-02-02/2026-03-01"))],
    );
    world.refused("correct-sharing", shorter, "in-use");
    let why = json!({ "reason": "safety", "proposed": now("legal-duty") });
    let moved =
        |day: &str| with(correct(revoked, "sharing-revoked", why.clone()), &[("effective", json!(day))]);
    world.refused("correct-sharing", moved("2026-03-17"), "date-in-future");
    world.accepted("correct-sharing", moved("2026-03-09"));
    assert_eq!(live(&world, ["2026-03-08", "2026-03-09"]), [true, false]);
    let revoked = world.log.last().unwrap().0;
    world.makes("void-sharing", void(revoked), "sharing-voided");
    world.accepted("void-sharing", void(approved.unwrap()));
    world.accepted("void-sharing", void(event));
    world.refused("approve-sharing", approval(decision, "2026-02-02/2027-02-01"), "not-found");
}

#[test]
fn a_sharing_is_revoked_by_its_expiry() {
    let (mut world, decision) = proposed();
    world.accepted("approve-sharing", approval(decision, "2026-02-02/2026-03-01"));
    world.refused("revoke-sharing", revocation("2026-03-02"), "out-of-range");
    world.accepted("revoke-sharing", revocation("2026-03-01"));
}

#[test]
fn a_sharing_rests_on_a_decision_that_was_adopted_by_its_first_day() {
    let mut world = World::working();
    world.accepted("propose-sharing", proposal());
    world.refused("approve-sharing", approval(id(77), "2026-02-02/2027-02-01"), "not-found");
    let decision = decided_on(&mut world, "2026-02-02");
    let adopted = world.log.last().unwrap().0;
    world.refused("approve-sharing", approval(decision, "2026-02-01/2027-01-31"), "decision-not-standing");
    let event = world.accepted("approve-sharing", approval(decision, "2026-02-02/2027-02-01"));
    world.refused("void-council", void(adopted), "in-use");
    let now = json!({ "decision": id(77), "proposed": proposal()["details"] });
    world.refused("correct-sharing", correct(event, "sharing-approved", now), "not-found");
    world.accepted("void-sharing", void(event));
    world.accepted("void-council", void(adopted));
}

#[test]
fn nothing_is_read_but_under_a_live_sharing_whose_decision_stands() {
    let (mut world, decision) = proposed();
    let refused = |world: &World, number, day: &str| {
        let shared = world.state.shares_on(SharingId::new(id(number)), day.parse().unwrap());
        shared.err().map(|refusal| refusal.code())
    };
    assert_eq!(refused(&world, 77, "2026-02-02"), Some("not-found"));
    assert_eq!(refused(&world, SHARING, "2026-02-02"), Some("sharing-not-live"));
    world.accepted("approve-sharing", approval(decision, "2026-02-02/2027-02-01"));
    assert_eq!(refused(&world, SHARING, "2026-02-02"), None);
    assert_eq!(refused(&world, SHARING, "2027-02-02"), Some("sharing-not-live"));
    let aside = setting_aside(&mut world, decision, "2026-03-02");
    world.accepted("revisit-decision", aside);
    assert_eq!(refused(&world, SHARING, "2026-03-01"), None);
    assert_eq!(refused(&world, SHARING, "2026-03-02"), Some("decision-not-standing"));
    // Its decision is gone; that it is revoked can be said all the same.
    world.accepted("revoke-sharing", revocation("2026-03-09"));
    assert_eq!(refused(&world, SHARING, "2026-03-09"), Some("sharing-not-live"));
}
