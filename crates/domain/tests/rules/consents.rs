//! Consents, and the basis that tier 3 and mental-health services need: rule 3.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::*;

const CONSENT: u128 = 401;
const CASE: u128 = 201;

fn consent() -> Value {
    let details =
        json!({ "case": id(CASE), "kinds": ["mental-health-counseling"], "basis": "parent-consent" });
    act(CONSENT, "2025-09-01/2026-03-06", details)
}

fn withdrawal(day: &str) -> Value {
    act(CONSENT, day, json!({ "reason": "family-choice" }))
}

/// Counselling in the case.
fn care(day: &str) -> Value {
    let changes = [
        ("details/kind", json!("mental-health-counseling")),
        ("details/tier", json!(3)),
        ("details/participants", Value::Null),
        ("details/case", json!(id(CASE))),
    ];
    with(free_delivery(day), &changes)
}

/// The same as the ledger has it.
fn cared(minutes: u32) -> Value {
    json!({
        "agreement": id(AGREEMENT), "partner": id(PARTNER), "site": id(SITE), "kind": "mental-health-counseling",
        "pillar": "student-supports", "tier": 3, "mode": "in-person", "minutes": minutes, "case": id(CASE),
    })
}

fn named() -> String {
    format!("consent:{}", id(CONSENT))
}

/// With the consent recorded, and named by every command.
fn consented() -> (World, Uuid) {
    let mut world = World::working();
    let event = world.accepted("record-consent", consent());
    (world.under(&named()), event)
}

#[test]
fn tier_three_and_mental_health_services_need_a_basis() {
    let mut world = World::working();
    let kinds = [("details/tier", json!(2)), ("details/tier", json!(3))];
    for change in kinds {
        let refusal = world.refused("record-delivery", with(care("2026-03-02"), &[change]), "basis-needed");
        assert!(refusal.hint().is_some());
    }
    let intensive = with(care("2026-03-02"), &[("details/kind", json!("tutoring"))]);
    world.refused("record-delivery", intensive.clone(), "basis-needed");
    let counted =
        [("details/case", Value::Null), ("details/headcount", json!(20)), ("details/tier", json!(1))];
    world.refused("record-delivery", with(care("2026-03-02"), &counted), "basis-needed");
    world.accepted("record-delivery", delivery("2026-03-02"));
    // A decision of a council or a sharing is none.
    let other = format!("decision:{0} sharing:{0}", id(7));
    let mut world = world.under(&other);
    world.refused("record-delivery", intensive.clone(), "basis-needed");
    let mut world = world.under("law:wic-5600");
    world.accepted("record-delivery", intensive);
    world.accepted("record-delivery", with(care("2026-03-02"), &counted));
}

#[test]
fn a_consent_is_a_basis_in_its_case_for_its_kinds_on_its_days() {
    let (mut world, _) = consented();
    let changed = |change| with(care("2026-03-02"), &[change]);
    world.refused("record-delivery", changed(("details/case", json!(id(202)))), "consent-not-for-case");
    world.refused("record-delivery", changed(("details/kind", json!("tutoring"))), "consent-not-for-kind");
    world.refused("record-delivery", care("2025-08-31"), "consent-not-live");
    world.accepted("record-delivery", care("2025-09-01"));
    world.accepted("record-delivery", care("2026-03-06"));
    world.refused("record-delivery", care("2026-03-07"), "consent-not-live");
    let mut world = world.under(&format!("consent:{}", id(402)));
    world.refused("record-delivery", care("2026-03-02"), "not-found");
}

#[test]
fn nobody_cites_a_consent_that_does_not_hold_beside_a_law() {
    let (world, _) = consented();
    let mut world = world.under(&format!("law:wic-5600 {}", named()));
    world.accepted("record-delivery", care("2026-03-06"));
    world.refused("record-delivery", care("2026-03-07"), "consent-not-live");
}

#[test]
fn a_consent_that_was_withdrawn_is_no_basis_for_what_is_recorded_afterwards() {
    let (mut world, _) = consented();
    let before = world.accepted("record-delivery", care("2026-03-02"));
    let event = world.makes("withdraw-consent", withdrawal("2026-03-04"), "consent-withdrawn");
    assert!(event.corrects.is_none());
    // Not even for a day before: the family's word holds when it is recorded.
    let refusal = world.refused("record-delivery", care("2026-03-02"), "consent-withdrawn");
    assert!(refusal.to_string().contains("2026-03-04"), "{refusal}");
    // What was lawful stays, and its correction needs a basis of its own.
    let body = correct(before, "service-delivered", cared(60));
    world.refused("correct-delivery", body.clone(), "consent-withdrawn");
    let mut world = world.under("law:wic-5600");
    let after = world.accepted("correct-delivery", body);
    world.basis = domain::Basis::default();
    world.refused("correct-delivery", correct(after, "service-delivered", cared(70)), "basis-needed");
    world.accepted("void-delivery", void(after));
}

#[test]
fn a_voided_withdrawal_lets_the_consent_hold_again() {
    let (mut world, _) = consented();
    let event = world.accepted("withdraw-consent", withdrawal("2026-03-04"));
    world.refused("withdraw-consent", withdrawal("2026-03-05"), "closed");
    let later = with(
        correct(event, "consent-withdrawn", json!({ "reason": "student-choice" })),
        &[("effective", json!("2026-03-05"))],
    );
    let event = world.accepted("correct-consent", later.clone());
    let refusal = world.refused("record-delivery", care("2026-03-02"), "consent-withdrawn");
    assert!(refusal.to_string().contains("2026-03-05"), "{refusal}");
    world.makes("void-consent", void(event), "consent-voided");
    world.accepted("record-delivery", care("2026-03-02"));
    world.refused("correct-consent", later, "already-corrected");
}

#[test]
fn a_consent_covers_something_for_a_span() {
    let mut world = World::working();
    let changed = |path, value| with(consent(), &[(path, value)]);
    world.refused("record-consent", changed("details/kinds", json!([])), "list-not-allowed");
    for day in ["2025-09-01", "2025-09-01/2025-09-01"] {
        world.refused("record-consent", changed("effective", json!(day)), "span-needed");
    }
    // It may begin later.
    world.makes("record-consent", changed("effective", json!("2026-04-01/2026-06-11")), "consent-recorded");
    world.refused("record-consent", consent(), "taken");
    world.refused("withdraw-consent", withdrawal("2026-03-16"), "out-of-range");
}

#[test]
fn a_consent_is_withdrawn_on_a_day_not_before_it_begins_and_not_in_the_future() {
    let (mut world, _) = consented();
    world.refused("withdraw-consent", act(402, "2026-03-02", json!({ "reason": "other" })), "not-found");
    world.refused("withdraw-consent", withdrawal("2025-08-31"), "out-of-range");
    world.refused("withdraw-consent", withdrawal("2026-03-17"), "date-in-future");
    world.refused("withdraw-consent", withdrawal("2026-03-02/2026-03-03"), "one-day-needed");
    let event = world.accepted("withdraw-consent", withdrawal("2025-09-01"));
    let on = |day: &str| {
        with(correct(event, "consent-withdrawn", json!({ "reason": "other" })), &[("effective", json!(day))])
    };
    world.refused("correct-consent", on("2025-08-31"), "out-of-range");
    world.refused("correct-consent", on("2026-03-17"), "date-in-future");
    world.accepted("correct-consent", on("2026-03-16"));
}

#[test]
fn a_corrected_consent_meets_the_rules_of_a_new_one_and_voids_nothing() {
    let (mut world, event) = consented();
    let relied = world.accepted("record-delivery", care("2026-03-02"));
    let details = consent()["details"].clone();
    let mut now = |changes: &[(&str, Value)], effective: &str, code: Option<&str>| {
        let body = correct(event, "consent-recorded", with(details.clone(), changes));
        let body = with(body, &[("effective", json!(effective))]);
        match code {
            Some(code) => drop(world.refused("correct-consent", body, code)),
            None => drop(world.makes("correct-consent", body, "consent-corrected")),
        }
    };
    now(&[("kinds", json!([]))], "2025-09-01/2026-03-06", Some("list-not-allowed"));
    now(&[], "2025-09-01", Some("span-needed"));
    // The consent was in another case: that is so although a delivery relied on it.
    now(&[("case", json!(id(202)))], "2025-09-01/2026-03-01", None);
    world.refused("record-delivery", care("2026-03-02"), "consent-not-for-case");
    world.accepted("void-delivery", void(relied));
}

#[test]
fn a_consent_that_was_withdrawn_is_not_voided_before_its_withdrawal() {
    let (mut world, event) = consented();
    let withdrawn = world.accepted("withdraw-consent", withdrawal("2026-03-04"));
    world.refused("void-consent", void(event), "in-use");
    world.accepted("void-consent", void(withdrawn));
    world.accepted("void-consent", void(event));
    world.refused("record-delivery", care("2026-03-02"), "not-found");
    world.accepted("record-consent", consent());
}
