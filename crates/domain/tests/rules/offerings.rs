//! Offerings: listed, or placed at a site under an agreement.

use serde_json::{Value, json};

use crate::kit::*;

#[test]
fn a_service_is_offered_changed_and_withdrawn() {
    let mut world = World::working();
    world.makes("offer-service", offering(9), "service-offered");
    let more = with(offered(), &[("capacity", json!(30))]);
    world.makes("change-offering", act(9, "2026-03-02", more), "offering-changed");
    world.makes(
        "withdraw-service",
        act(9, "2026-03-02", json!({ "reason": "low-demand" })),
        "service-withdrawn",
    );
    world.refused("change-offering", act(9, "2026-03-03", offered()), "closed");
    world.refused("offer-service", offering(9), "taken");
}

#[test]
fn a_listed_service_needs_no_agreement_but_a_place_needs_both() {
    let mut world = World::working();
    let change = |changes: &[(&str, Value)]| with(offering(9), changes);
    world.refused("offer-service", change(&[("details/agreement", Value::Null)]), "service-unclear");
    world.refused("offer-service", change(&[("details/site", Value::Null)]), "service-unclear");
    let listed = change(&[("details/site", Value::Null), ("details/agreement", Value::Null)]);
    world.accepted("offer-service", listed);
}

#[test]
fn a_placed_service_is_covered_by_its_agreement() {
    let mut world = World::working();
    let change = |path, value| with(offering(9), &[(path, value)]);
    world.refused("offer-service", change("effective", json!("2026-07-01")), "agreement-not-active");
    world.refused("offer-service", change("details/site", json!(id(OTHER_SITE))), "site-not-covered");
    world.refused(
        "offer-service",
        change("details/pillar", json!("family-engagement")),
        "pillar-not-covered",
    );
    world.refused("offer-service", change("details/kind", json!("food")), "kind-not-covered");
    world.accepted("onboard-partner", partner(8));
    world.refused("offer-service", change("details/partner", json!(id(8))), "out-of-range");
    world.refused("offer-service", change("details/partner", json!(id(77))), "not-found");
    world.refused("offer-service", change("details/name", json!("")), "text-not-allowed");
    world.refused("offer-service", change("details/schedule", json!("mon and wed")), "code-not-allowed");
}

#[test]
fn an_offering_stays_where_it_is() {
    let mut world = World::working();
    world.accepted("amend-agreement", act(AGREEMENT, "2026-01-01/2026-06-30", terms(&[SITE, OTHER_SITE])));
    let moved = with(offered(), &[("site", json!(id(OTHER_SITE)))]);
    world.refused("change-offering", act(OFFERING, "2026-03-02", moved), "out-of-range");
}

#[test]
fn an_offering_with_deliveries_is_not_voided() {
    let mut world = World::working();
    let offered = world.accepted("offer-service", offering(9));
    let under = with(delivery("2026-03-02"), &[("details/offering", json!(id(9)))]);
    let delivered = world.accepted("record-delivery", under);
    world.refused("void-offering", void(offered), "in-use");
    world.accepted("void-delivery", void(delivered));
    let renamed = with(self::offered(), &[("name", json!("Homework hour"))]);
    let corrected = world.accepted("correct-offering", correct(offered, "service-offered", renamed));
    world.makes("void-offering", void(corrected), "offering-voided");
}
