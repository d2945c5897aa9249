//! Timeline: everything about one thing, corrections folded.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::*;
use crate::table::{ask, events, fold, table};

const COLUMNS: &str = "effective position event standing";

fn subject(kind: &str, number: u128) -> String {
    format!("{kind}/{}", id(number))
}

fn staffed(day: &str, fte: u32) -> Value {
    act(SITE, day, json!({ "staff": "staff-12", "fte_hundredths": fte }))
}

#[test]
fn what_is_true_earlier_comes_first_however_late_it_was_recorded() {
    let mut world = World::working();
    world.accepted("assign-coordinator", staffed("2026-03-02", 80));
    world.accepted("change-phase", act(SITE, "2026-02-02", json!({ "phase": "engaging" })));
    world.accepted(
        "assign-coordinator",
        with(staffed("2026-02-02", 50), &[("details/staff", json!("staff-3"))]),
    );
    let rows = table(&world, "timeline", &[("subject", &subject("site", SITE))], COLUMNS);
    assert_eq!(
        rows,
        [
            "1999-09-01 2 site-registered recorded",
            "2026-02-02 9 phase-changed recorded",
            "2026-02-02 10 coordinator-assigned recorded",
            "2026-03-02 8 coordinator-assigned recorded",
        ]
    );
}

#[test]
fn a_correction_of_a_correction_is_told_once_in_its_latest_form() {
    let mut world = World::working();
    let changed = world.accepted("change-phase", act(SITE, "2026-02-02", json!({ "phase": "engaging" })));
    let to = |phase: &str| json!({ "phase": phase });
    let changed = world.accepted("correct-site", correct(changed, "phase-changed", to("visioning")));
    let moved =
        with(correct(changed, "phase-changed", to("transforming")), &[("effective", json!("2026-03-02"))]);
    world.accepted("correct-site", moved);
    let here = subject("site", SITE);
    let asked = [("subject", &*here), ("event", "phase-changed")];
    let columns = "effective position chain standing corrected_by voided_by said";
    assert_eq!(
        table(&world, "timeline", &asked, columns),
        ["2026-03-02 8 [8,9,10] corrected 10 null A site is now transforming."]
    );
}

#[test]
fn a_void_is_told_with_what_did_not_happen() {
    let mut world = World::working();
    let event = world.accepted("assign-coordinator", staffed("2026-03-02", 80));
    let details = staffed("2026-03-02", 90)["details"].clone();
    let event = world.accepted("correct-site", correct(event, "coordinator-assigned", details));
    world.accepted("void-site", void(event));
    let here = subject("site", SITE);
    let asked = [("subject", &*here), ("standing", "voided")];
    let columns = "effective chain corrected_by voided_by said";
    assert_eq!(
        table(&world, "timeline", &asked, columns),
        ["2026-03-02 [8,9,10] 9 10 A coordinator was assigned to a site."]
    );
}

#[test]
fn one_thing_has_one_timeline() {
    let mut world = World::working();
    let event = world.accepted("suspend-partner", act(PARTNER, "2026-03-02", json!({ "reason": "safety" })));
    world.accepted("void-partner", void(event));
    let of = |subject: String| table(&world, "timeline", &[("subject", &subject)], "event");
    assert_eq!(of(subject("partner", PARTNER)), ["partner-onboarded", "partner-vetted", "partner-suspended"]);
    assert_eq!(of(subject("agreement", AGREEMENT)), ["agreement-signed"]);
    // The same id under another kind, an unknown one, and no subject at all.
    for other in [subject("site", PARTNER), subject("site", 77), "site".to_owned(), "sight/7".to_owned()] {
        assert!(of(other).is_empty());
    }
}

#[test]
fn without_a_subject_the_ledger_tells_of_itself() {
    let mut world = World::working();
    world.accepted("change-policy", json!({ "policy": { "suppress_under": 20, "late_days_max": 30 } }));
    assert_eq!(
        table(&world, "timeline", &[], "position event said"),
        [
            "1 ledger-opened Azul Unified opened its ledger.",
            "8 policy-changed The policy changed: counts under 20 are suppressed.",
        ]
    );
    let itself = format!("ledger/{}", Uuid::nil());
    assert_eq!(ask(&world, "timeline", &[("subject", &itself)]), ask(&world, "timeline", &[]));
}

#[test]
fn a_cause_is_linked_and_placed_where_it_is_about_the_same_thing() {
    let mut world = World::working();
    world.accepted("change-phase", act(SITE, "2026-02-02", json!({ "phase": "engaging" })));
    let view = views::view("timeline").unwrap();
    let mut events = events(&world);
    let [registered, signed] = [1, 5].map(|at: usize| events[at].envelope.id);
    let caused = |events: &[wire::RecordedEvent]| {
        let here = [("subject".to_owned(), subject("site", SITE))].into();
        let rows = views::answer(view, &fold(view, events), &here, None).unwrap();
        [rows[1]["caused_by"].clone(), rows[1]["caused_at"].clone()]
    };
    assert_eq!(caused(&events), [Value::Null, Value::Null]);
    events[7].envelope.causation_id = Some(registered);
    assert_eq!(caused(&events), [json!(registered), json!(2)]);
    events[7].envelope.causation_id = Some(signed);
    assert_eq!(caused(&events), [json!(signed), Value::Null]);
}

#[test]
fn deliveries_have_no_timeline() {
    let mut world = World::working();
    let rows = |world: &World| fold(views::view("timeline").unwrap(), &events(world)).size();
    let before = rows(&world);
    let event = world.accepted("record-delivery", delivery("2026-03-02"));
    world.accepted("void-delivery", void(event));
    assert_eq!(rows(&world), before);
}
