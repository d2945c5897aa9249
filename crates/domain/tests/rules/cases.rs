//! Cases: opened at a site in a programme, closed on a last day, after which nothing new happens in them.

use domain::Event;
use domain::case::Event as Case;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::*;

const CASE: u128 = 201;
const NEW_SITE: u128 = 9;

fn opened(site: u128) -> Value {
    json!({ "programme": "counseling", "site": id(site) })
}

fn opening(day: &str) -> Value {
    act(CASE, day, opened(SITE))
}

fn closing(day: &str) -> Value {
    act(CASE, day, json!({ "reason": "goals-met" }))
}

/// What the closing carries.
fn about() -> Value {
    json!({ "programme": "counseling", "site": id(SITE), "opened": "2026-03-02" })
}

fn closed(reason: &str) -> Value {
    json!({ "reason": reason, "about": about() })
}

/// With a case that was opened on 2 March, and a law for what is done in it.
fn open() -> (World, Uuid) {
    let mut world = World::working().under("law:wic-5600");
    let event = world.makes("open-case", opening("2026-03-02"), "case-opened");
    assert_eq!(event.subject.id, id(CASE));
    let event = world.log.last().unwrap().0;
    (world, event)
}

/// The same, closed after 6 March.
fn over() -> (World, Uuid, Uuid) {
    let (mut world, event) = open();
    let closing = world.accepted("close-case", closing("2026-03-06"));
    (world, event, closing)
}

/// Counselling in a case.
fn care(case: u128, day: &str) -> Value {
    let changes = [
        ("details/kind", json!("mental-health-counseling")),
        ("details/tier", json!(3)),
        ("details/participants", Value::Null),
        ("details/case", json!(id(case))),
    ];
    with(free_delivery(day), &changes)
}

/// The same as the ledger has it.
fn cared(case: u128) -> Value {
    json!({
        "agreement": id(AGREEMENT), "partner": id(PARTNER), "site": id(SITE), "kind": "mental-health-counseling",
        "pillar": "student-supports", "tier": 3, "mode": "in-person", "minutes": 60, "case": id(case),
    })
}

fn referred(case: u128) -> Value {
    json!({ "case": id(case), "site": id(SITE), "need": "dental", "urgency": "soon" })
}

fn on(body: Value, day: &str) -> Value {
    with(body, &[("effective", json!(day))])
}

#[test]
fn a_case_is_opened_and_closed_and_carries_what_it_is_about() {
    let (mut world, _) = open();
    world.refused("open-case", opening("2026-03-02"), "taken");
    let fact = world.makes("close-case", closing("2026-03-06"), "case-closed");
    let Event::Case(Case::CaseClosed(closed)) = fact.event else { panic!("no closing") };
    assert_eq!(serde_json::to_value(closed.about).unwrap(), about());
    world.refused("close-case", closing("2026-03-09"), "closed");
    world.refused("close-case", act(202, "2026-03-09", json!({ "reason": "moved" })), "not-found");
}

#[test]
fn a_case_is_opened_in_a_programme_at_a_site_that_is_open() {
    let mut world = World::working();
    let changed = |path, value| with(opening("2026-03-02"), &[(path, value)]);
    world.refused("open-case", changed("details/programme", json!("a b")), "code-not-allowed");
    world.refused("open-case", changed("details/site", json!(id(77))), "not-found");
    world.refused("open-case", opening("2026-03-17"), "date-in-future");
    world.refused("open-case", opening("2025-06-30"), "date-before-ledger");
    world.accepted("close-site", act(SITE, "2026-03-01", json!({ "reason": "closure" })));
    world.refused("open-case", opening("2026-03-02"), "site-not-open");
    world.accepted("open-case", opening("2026-03-01"));
}

#[test]
fn a_case_is_closed_no_earlier_than_it_was_opened() {
    let (mut world, _) = open();
    world.refused("close-case", closing("2026-03-01"), "out-of-range");
    world.refused("close-case", closing("2026-03-17"), "date-in-future");
    world.accepted("close-case", closing("2026-03-02"));
}

#[test]
fn a_closed_case_refuses_what_happens_after_its_last_day() {
    let (mut world, ..) = over();
    let refusal = world.refused("record-delivery", care(CASE, "2026-03-07"), "closed");
    assert!(refusal.to_string().contains("2026-03-06"), "{refusal}");
    world.accepted("record-delivery", care(CASE, "2026-03-06"));
    world.refused("open-referral", act(501, "2026-03-07", referred(CASE)), "closed");
    world.accepted("open-referral", act(501, "2026-03-06", referred(CASE)));
    // What was begun goes on.
    world.accepted("accept-referral", act(501, "2026-03-09", json!({ "partner": id(PARTNER) })));
}

#[test]
fn a_case_that_nobody_opened_is_named_as_before() {
    let (mut world, ..) = over();
    world.accepted("record-delivery", care(202, "2026-03-09"));
    world.accepted("open-referral", act(501, "2026-03-09", referred(202)));
    // One that was opened is named for days before, too: a report may come first.
    let (mut world, _) = open();
    world.accepted("record-delivery", care(CASE, "2026-02-27"));
}

#[test]
fn what_is_corrected_does_not_move_into_a_closed_case() {
    let (mut world, _) = open();
    let after = world.accepted("record-delivery", care(CASE, "2026-03-09"));
    let other = world.accepted("record-delivery", care(202, "2026-03-09"));
    let referral = world.accepted("open-referral", act(501, "2026-03-09", referred(202)));
    world.accepted("close-case", closing("2026-03-06"));
    // What was recorded before it was closed stays, and is put right on its day.
    let after = world.accepted("correct-delivery", correct(after, "service-delivered", cared(CASE)));
    let moved = on(correct(after, "service-delivered", cared(CASE)), "2026-03-10");
    world.refused("correct-delivery", moved, "closed");
    world.accepted("correct-delivery", on(correct(after, "service-delivered", cared(CASE)), "2026-03-05"));
    world.refused("correct-delivery", correct(other, "service-delivered", cared(CASE)), "closed");
    world.refused("correct-referral", correct(referral, "referral-opened", referred(CASE)), "closed");
    world.accepted("correct-referral", correct(referral, "referral-opened", referred(203)));
}

#[test]
fn a_corrected_opening_meets_the_rules_of_a_new_one() {
    let (mut world, event) = open();
    world.accepted("register-site", site(NEW_SITE));
    let now = |site, day: &str| on(correct(event, "case-opened", opened(site)), day);
    world.refused("correct-case", now(77, "2026-03-02"), "not-found");
    world.refused("correct-case", now(SITE, "2026-03-17"), "date-in-future");
    world.makes("correct-case", now(NEW_SITE, "2026-03-03"), "case-corrected");
    let case = world.state.case(domain::id::CaseId::new(id(CASE))).unwrap();
    assert_eq!((case.about().site.0, case.about().opened.to_string()), (id(NEW_SITE), "2026-03-03".into()));
}

#[test]
fn a_closing_keeps_what_the_case_is_about() {
    let (mut world, event, closing) = over();
    let moved = on(correct(event, "case-opened", opened(SITE)), "2026-03-03");
    world.refused("correct-case", moved, "in-use");
    let event = world.accepted("correct-case", correct(event, "case-opened", opened(SITE)));
    world.refused("void-case", void(event), "in-use");
    let other = json!({ "reason": "moved" });
    world.refused("correct-case", correct(closing, "case-closed", other), "out-of-range");
    let early = on(correct(closing, "case-closed", closed("moved")), "2026-03-01");
    world.refused("correct-case", early, "out-of-range");
    let late = on(correct(closing, "case-closed", closed("moved")), "2026-03-09");
    let closing = world.accepted("correct-case", late);
    world.accepted("record-delivery", care(CASE, "2026-03-09"));
    world.refused("record-delivery", care(CASE, "2026-03-10"), "closed");
    // A closing that did not happen lets the case go on.
    world.makes("void-case", void(closing), "case-voided");
    world.accepted("record-delivery", care(CASE, "2026-03-10"));
    world.accepted("void-case", void(event));
    world.refused("close-case", self::closing("2026-03-12"), "not-found");
    world.accepted("open-case", opening("2026-03-12"));
}

#[test]
fn a_site_with_a_case_is_not_voided() {
    let mut world = World::working();
    let site = world.accepted("register-site", site(NEW_SITE));
    let event = world.accepted("open-case", act(CASE, "2026-03-02", opened(NEW_SITE)));
    world.refused("void-site", void(site), "in-use");
    world.accepted("void-case", void(event));
    world.accepted("void-site", void(site));
}
