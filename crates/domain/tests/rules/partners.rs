//! Partners.

use serde_json::{Value, json};

use crate::kit::*;

fn pause(day: &str) -> Value {
    act(PARTNER, day, json!({ "reason": "safety" }))
}

#[test]
fn a_partner_joins_is_vetted_paused_and_leaves() {
    let mut world = World::opened();
    world.makes("onboard-partner", partner(PARTNER), "partner-onboarded");
    let changed = json!({ "name": "Puente", "kind": "faith" });
    world.makes(
        "change-partner-details",
        act(PARTNER, "2026-03-02", changed.clone()),
        "partner-details-changed",
    );
    world.refused("change-partner-details", act(PARTNER, "2026-03-02", changed), "no-change");
    world.makes("vet-partner", vetting(PARTNER, "2025-07-01", "2026-12-31"), "partner-vetted");
    world.makes("suspend-partner", pause("2026-03-02"), "partner-suspended");
    world.makes("reinstate-partner", pause("2026-03-09"), "partner-reinstated");
    world.makes("offboard-partner", pause("2026-03-10"), "partner-offboarded");
    let refusal = world.refused("suspend-partner", pause("2026-03-09"), "closed");
    assert!(refusal.to_string().contains("2026-03-10"), "{refusal}");
}

#[test]
fn a_number_that_is_no_ein_is_never_accepted() {
    for number in ["123-45-6789", "123456789", "12-345678", "12-34567890", "ab-cdefghi"] {
        let body = with(partner(PARTNER), &[("details/ein", json!(number))]);
        World::opened().refused("onboard-partner", body, "ein-not-allowed");
    }
    World::opened()
        .accepted("onboard-partner", with(partner(PARTNER), &[("details/ein", json!("12-3456789"))]));
}

#[test]
fn a_partner_is_known_once_by_its_numbers() {
    let mut world = World::opened();
    world.accepted("onboard-partner", with(partner(PARTNER), &[("details/ein", json!("12-3456789"))]));
    world.refused("onboard-partner", partner(PARTNER), "taken");
    let same_hsds = with(partner(PARTNER), &[("id", json!(id(9)))]);
    assert_eq!(world.refused("onboard-partner", same_hsds, "taken").field(), Some("details/hsds"));
    let same_ein = with(partner(9), &[("details/ein", json!("12-3456789"))]);
    assert_eq!(world.refused("onboard-partner", same_ein, "taken").field(), Some("details/ein"));
    // It may keep its own.
    let kept = json!({ "name": "Puente", "kind": "faith", "ein": "12-3456789", "hsds": "sample:3" });
    world.accepted("change-partner-details", act(PARTNER, "2026-03-02", kept));
}

#[test]
fn a_vetting_lasts_at_least_its_own_day() {
    let mut world = World::opened();
    world.accepted("onboard-partner", partner(PARTNER));
    world.refused("vet-partner", vetting(PARTNER, "2026-03-02", "2026-03-01"), "out-of-range");
    world.accepted("vet-partner", vetting(PARTNER, "2026-03-02", "2026-03-02"));
    let checked =
        with(vetting(PARTNER, "2026-03-02", "2026-12-31"), &[("details/checked_by", json!("a clerk"))]);
    world.refused("vet-partner", checked, "code-not-allowed");
}

#[test]
fn a_partner_is_suspended_once_at_a_time() {
    let mut world = World::working();
    world.refused("reinstate-partner", pause("2026-03-02"), "no-change");
    world.accepted("suspend-partner", pause("2026-03-02"));
    world.refused("suspend-partner", pause("2026-03-03"), "no-change");
    world.refused("suspend-partner", pause("2026-03-17"), "no-change");
    world.accepted("reinstate-partner", pause("2026-03-03"));
    world.refused("suspend-partner", pause("2026-03-17"), "date-in-future");
}

#[test]
fn a_partner_with_agreements_is_not_voided() {
    let mut world = World::opened();
    let joined = world.accepted("onboard-partner", partner(PARTNER));
    let mut vetted = world.clone();
    vetted.accepted("vet-partner", vetting(PARTNER, "2025-07-01", "2026-12-31"));
    vetted.refused("void-partner", void(joined), "in-use");
    let data = json!({ "name": "Puente Sur", "kind": "health", "hsds": "sample:3" });
    let corrected = world.accepted("correct-partner", correct(joined, "partner-onboarded", data));
    world.makes("void-partner", void(corrected), "partner-voided");
    world.refused("suspend-partner", pause("2026-03-02"), "not-found");
}
