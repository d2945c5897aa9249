//! Disclosures: what somebody outside was shown, about whom, what for and on what basis.

use domain::Event;
use domain::disclosure::{Disclosed, Event as Disclosure};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::*;

const CASE: u128 = 201;
const CONSENT: u128 = 401;
const SHARING: u128 = 50;
const PERSON: u128 = 101;

/// A person's attendance and grades, to another district.
fn disclosure(day: &str) -> Value {
    let details = json!({
        "person": id(PERSON), "recipient": { "ledger": "verde-usd" }, "purpose": "school-transfer",
        "fields": ["attendance", "grades"],
    });
    json!({ "effective": day, "details": details })
}

/// The same about others.
fn about(change: (&str, Value)) -> Value {
    with(disclosure("2026-03-02"), &[("details/person", Value::Null), change])
}

/// Totals of so many people, to the county's office.
fn totals(day: &str) -> Value {
    let details = json!({
        "subjects": 120, "recipient": { "organisation": "county-office" }, "purpose": "grant-reporting",
        "fields": ["service-totals"],
    });
    json!({ "effective": day, "details": details })
}

fn lawful() -> World {
    World::working().under("law:ferpa-99.31")
}

/// With totals shared with the county's office for reports to a funder, from 2 February to 1 March.
fn sharing() -> World {
    let mut world = World::working();
    let proposed = json!({
        "to": { "organisation": "county-office" }, "what": ["service-totals"], "purpose": "grant-reporting",
    });
    world.accepted("propose-sharing", act(SHARING, "2026-01-12", proposed));
    let decision: Uuid = decided_on(&mut world, "2026-02-02");
    let approval = act(SHARING, "2026-02-02/2026-03-01", json!({ "decision": decision }));
    world.accepted("approve-sharing", approval);
    world
}

fn disclosed(world: &mut World, body: Value) -> Disclosed {
    let fact = world.makes("record-disclosure", body, "disclosure-recorded");
    let Event::Disclosure(Disclosure::DisclosureRecorded(disclosed)) = fact.event else { panic!("none") };
    disclosed
}

#[test]
fn a_disclosure_says_in_one_way_whom_it_is_about() {
    let mut world = lawful();
    world.accepted("record-disclosure", disclosure("2026-03-02"));
    world.accepted("record-disclosure", about(("details/case", json!(id(CASE)))));
    world.accepted("record-disclosure", about(("details/subjects", json!(1))));
    world.accepted("record-disclosure", about(("details/subjects", json!(10_000))));
    for count in [0, 10_001] {
        world.refused("record-disclosure", about(("details/subjects", json!(count))), "out-of-range");
    }
    world.refused("record-disclosure", about(("details/person", Value::Null)), "subjects-unclear");
    for more in [("details/case", json!(id(CASE))), ("details/subjects", json!(2))] {
        world.refused("record-disclosure", with(disclosure("2026-03-02"), &[more]), "subjects-unclear");
    }
}

#[test]
fn a_person_who_may_not_be_named_is_not_disclosed() {
    let mut world = lawful();
    for number in [PERSON, 102] {
        world.accepted("enrol-person", act(number, "2025-08-11", json!({})));
    }
    world.accepted("merge-persons", act(PERSON, "2026-03-02", json!({ "into": id(102) })));
    world.refused("record-disclosure", disclosure("2026-03-02"), "person-merged-away");
    let policy = json!({ "suppress_under": 11, "late_days_max": LATE_DAYS, "persons": "enrolled" });
    world.accepted("register-schema", json!({ "event": "policy-changed", "version": 2 }));
    world.accepted("change-policy", json!({ "policy": policy }));
    let person = |number| about(("details/person", json!(id(number))));
    world.refused("record-disclosure", person(103), "person-unknown");
    world.accepted("record-disclosure", person(102));
}

#[test]
fn a_disclosure_needs_a_basis() {
    let mut world = World::working();
    let refusal = world.refused("record-disclosure", disclosure("2026-03-02"), "disclosure-basis-needed");
    assert!(refusal.hint().is_some());
    // A decision of a council is none.
    let mut world = world.under(&format!("decision:{}", id(7)));
    world.refused("record-disclosure", disclosure("2026-03-02"), "disclosure-basis-needed");
    let mut world = world.under("law:ferpa-99.31");
    world.accepted("record-disclosure", disclosure("2026-03-02"));
}

#[test]
fn a_disclosure_rests_on_a_consent_of_its_own_case_alone() {
    let mut world = World::working();
    let details =
        json!({ "case": id(CASE), "kinds": ["mental-health-counseling"], "basis": "parent-consent" });
    world.accepted("record-consent", act(CONSENT, "2025-09-01/2026-03-02", details));
    let mut world = world.under(&format!("consent:{}", id(CONSENT)));
    let case = |number| about(("details/case", json!(id(number))));
    world.accepted("record-disclosure", case(CASE));
    world.refused("record-disclosure", case(202), "consent-not-for-case");
    let late = with(case(CASE), &[("effective", json!("2026-03-03"))]);
    world.refused("record-disclosure", late, "consent-not-live");
    // Whose case that is nobody knows here, so it may be somebody else's.
    world.refused("record-disclosure", disclosure("2026-03-02"), "consent-not-for-subject");
    world.refused("record-disclosure", about(("details/subjects", json!(2))), "consent-not-for-subject");
    // Nor beside a law.
    let mut world = world.under(&format!("law:ferpa-99.31 consent:{}", id(CONSENT)));
    world.refused("record-disclosure", disclosure("2026-03-02"), "consent-not-for-subject");
    world.accepted("withdraw-consent", act(CONSENT, "2026-03-02", json!({ "reason": "family-choice" })));
    world.refused("record-disclosure", case(CASE), "consent-withdrawn");
}

#[test]
fn what_is_shown_under_a_sharing_goes_to_whom_it_is_with_for_its_purpose_while_it_is_live() {
    let mut world = sharing().under(&format!("sharing:{}", id(SHARING)));
    let shown = disclosed(&mut world, totals("2026-03-01"));
    // The ledger fills it in.
    assert_eq!(shown.sharing.map(|sharing| sharing.0), Some(id(SHARING)));
    world.refused("record-disclosure", totals("2026-03-02"), "sharing-not-live");
    world.refused("record-disclosure", totals("2026-02-01"), "sharing-not-live");
    let changed = |path, value| with(totals("2026-03-01"), &[(path, value)]);
    for recipient in [
        json!({ "organisation": "county-dmh" }),
        json!({ "partner": id(PARTNER) }),
        json!({ "ledger": "county-office" }),
    ] {
        let refusal = world.refused(
            "record-disclosure",
            changed("details/recipient", recipient),
            "sharing-with-another",
        );
        assert!(refusal.to_string().contains("county-office"), "{refusal}");
    }
    for purpose in ["research", "program-evaluation"] {
        let body = changed("details/purpose", json!(purpose));
        world.refused("record-disclosure", body, "sharing-for-another-purpose");
    }
    world.accepted("revoke-sharing", act(SHARING, "2026-02-16", json!({ "reason": "other" })));
    world.refused("record-disclosure", totals("2026-02-16"), "sharing-not-live");
    world.accepted("record-disclosure", totals("2026-02-15"));
}

#[test]
fn the_sharing_that_is_named_is_the_one_that_the_basis_names() {
    let named = with(totals("2026-03-01"), &[("details/sharing", json!(id(SHARING)))]);
    let mut world = sharing();
    world.refused("record-disclosure", named.clone(), "disclosure-basis-needed");
    // Beside a law it must hold all the same.
    let mut world = world.under("law:ferpa-99.31");
    world.accepted("record-disclosure", named.clone());
    let other = with(named.clone(), &[("details/sharing", json!(id(51)))]);
    world.refused("record-disclosure", other.clone(), "not-found");
    let mut world = world.under(&format!("sharing:{}", id(SHARING)));
    world.accepted("record-disclosure", named.clone());
    world.refused("record-disclosure", other, "out-of-range");
    let mut world = world.under(&format!("sharing:{} sharing:{}", id(SHARING), id(51)));
    world.refused("record-disclosure", named, "out-of-range");
}

#[test]
fn a_sharing_has_no_purpose_that_a_disclosure_has_not() {
    for purpose in [
        "service-coordination",
        "unduplicated-count",
        "program-evaluation",
        "grant-reporting",
        "technical-assistance",
        "legal-duty",
    ] {
        let shared: domain::sharing::code::SharingPurpose = serde_json::from_value(json!(purpose)).unwrap();
        let shown = domain::disclosure::DisclosurePurpose::from(shared);
        assert_eq!(serde_json::to_value(shown).unwrap(), json!(purpose));
    }
}

#[test]
fn a_disclosure_has_a_recipient_kinds_of_data_and_a_day() {
    let mut world = lawful();
    let changed = |path, value| with(disclosure("2026-03-02"), &[(path, value)]);
    world.refused(
        "record-disclosure",
        changed("details/recipient", json!({ "partner": id(77) })),
        "not-found",
    );
    let nobody = changed("details/recipient", json!({ "organisation": "a b" }));
    world.refused("record-disclosure", nobody, "code-not-allowed");
    let fields = |count: u32| {
        let fields: Vec<String> = (0..count).map(|number| format!("field-{number}")).collect();
        changed("details/fields", json!(fields))
    };
    world.refused("record-disclosure", fields(0), "list-not-allowed");
    world.refused("record-disclosure", fields(51), "list-not-allowed");
    world.accepted("record-disclosure", fields(50));
    world.refused("record-disclosure", changed("details/fields", json!(["a b"])), "code-not-allowed");
    world.refused("record-disclosure", disclosure("2026-03-17"), "date-in-future");
    world.refused("record-disclosure", disclosure("2026-03-01/2026-03-02"), "one-day-needed");
}

#[test]
fn a_partner_who_was_shown_something_is_not_voided() {
    let mut world = lawful();
    let partner = world.accepted("onboard-partner", partner(8));
    let shown = with(disclosure("2026-03-02"), &[("details/recipient", json!({ "partner": id(8) }))]);
    world.accepted("record-disclosure", shown);
    world.refused("void-partner", void(partner), "in-use");
}

#[test]
fn a_disclosure_is_never_corrected() {
    let mut world = lawful();
    let event = world.accepted("record-disclosure", disclosure("2026-03-02"));
    world.refused("void-delivery", void(event), "event-of-another-kind");
    let names: Vec<&str> = domain::thing::NAMES
        .iter()
        .filter(|names| names.kind == domain::Kind::Disclosure)
        .flat_map(|names| names.commands.iter().chain(names.events))
        .copied()
        .collect();
    assert_eq!(names, ["record-disclosure", "disclosure-recorded"]);
}
