//! Agreements: rule 7, and what may not be stranded.

use serde_json::{Value, json};

use crate::kit::*;

fn because(effective: &str) -> Value {
    act(AGREEMENT, effective, json!({ "reason": "funding" }))
}

#[test]
fn an_agreement_is_signed_amended_renewed_paused_and_ended() {
    let mut world = World::working();
    world.makes(
        "amend-agreement",
        act(AGREEMENT, "2026-01-01/2026-08-31", terms(&[SITE, OTHER_SITE])),
        "agreement-amended",
    );
    world.makes("renew-agreement", act(AGREEMENT, "2026-09-01/2027-06-30", json!({})), "agreement-renewed");
    world.makes("suspend-agreement", because("2026-03-02"), "agreement-suspended");
    world.refused("suspend-agreement", because("2026-03-03"), "no-change");
    world.makes("resume-agreement", because("2026-03-04"), "agreement-resumed");
    world.refused("resume-agreement", because("2026-03-05"), "no-change");
    world.makes("end-agreement", because("2026-12-31"), "agreement-ended");
    world.refused("end-agreement", because("2027-01-31"), "closed");
    world.refused("renew-agreement", act(AGREEMENT, "2027-09-01/2028-06-30", json!({})), "closed");
}

#[test]
fn an_agreement_ends_after_it_starts() {
    let mut world = World::working();
    for effective in ["2025-07-01", "2025-07-01/2025-07-01"] {
        world.refused("sign-agreement", agreement(9, effective), "span-needed");
        world.refused("amend-agreement", act(AGREEMENT, effective, terms(&[SITE])), "span-needed");
        world.refused("renew-agreement", act(AGREEMENT, effective, json!({})), "span-needed");
    }
    world.accepted("sign-agreement", agreement(9, "2025-07-01/2025-07-02"));
    world.refused("end-agreement", because("2026-03-02/2026-03-03"), "one-day-needed");
    world.refused("end-agreement", because("2025-06-30"), "out-of-range");
}

#[test]
fn an_agreement_says_what_it_covers_and_who_signed() {
    let mut world = World::working();
    for (path, max) in [
        ("details/terms/sites", 500),
        ("details/terms/pillars", 4),
        ("details/terms/kinds", 28),
        ("details/signatories", 5),
    ] {
        let body = with(agreement(9, "2025-07-01/2026-06-30"), &[(path, json!([]))]);
        let refusal = world.refused("sign-agreement", body, "list-not-allowed");
        assert!(refusal.to_string().contains(&max.to_string()), "{refusal}");
    }
    let funded =
        with(agreement(9, "2025-07-01/2026-06-30"), &[("details/terms/funding", json!(["out of pocket"]))]);
    world.refused("sign-agreement", funded, "code-not-allowed");
}

#[test]
fn an_agreement_has_an_id_and_a_reference_of_its_own() {
    let mut world = World::working();
    world.refused("sign-agreement", agreement(AGREEMENT, "2025-07-01/2026-06-30"), "taken");
    let body = with(agreement(9, "2025-07-01/2026-06-30"), &[("details/reference", json!("MOU-4"))]);
    assert_eq!(world.refused("sign-agreement", body, "taken").field(), Some("details/reference"));
}

#[test]
fn an_agreement_is_between_things_that_are_there() {
    let mut world = World::working();
    let stranger = with(agreement(9, "2025-07-01/2026-06-30"), &[("details/partner", json!(id(77)))]);
    world.refused("sign-agreement", stranger, "not-found");
    let nowhere = with(agreement(9, "2025-07-01/2026-06-30"), &[("details/terms", terms(&[77]))]);
    world.refused("sign-agreement", nowhere, "not-found");
}

#[test]
fn a_suspended_partner_does_not_sign() {
    let mut world = World::working();
    let pause = |day: &str| act(PARTNER, day, json!({ "reason": "safety" }));
    world.accepted("suspend-partner", pause("2026-02-02"));
    // Suspended today, whatever the first day is.
    world.refused("sign-agreement", agreement(9, "2025-09-01/2026-06-30"), "partner-suspended");
    world.accepted("reinstate-partner", pause("2026-03-02"));
    world.refused("sign-agreement", agreement(9, "2026-02-15/2026-06-30"), "partner-suspended");
    world.accepted("sign-agreement", agreement(9, "2026-03-02/2026-06-30"));
    world.accepted("offboard-partner", pause("2026-03-03"));
    world.refused("sign-agreement", agreement(10, "2026-03-02/2026-06-30"), "closed");
}

#[test]
fn no_change_strands_what_was_delivered() {
    let mut world = World::working();
    world.accepted("record-delivery", delivery("2026-03-02"));
    let refusal = world.refused("end-agreement", because("2026-03-01"), "strands-deliveries");
    assert!(refusal.hint().is_some());
    world.refused("suspend-agreement", because("2026-03-02"), "strands-deliveries");
    world.refused(
        "amend-agreement",
        act(AGREEMENT, "2026-03-02/2026-06-30", terms(&[OTHER_SITE])),
        "strands-deliveries",
    );
    world.refused(
        "amend-agreement",
        act(AGREEMENT, "2026-01-01/2026-03-01", terms(&[SITE])),
        "strands-deliveries",
    );
    let fewer = with(terms(&[SITE]), &[("kinds", json!(["mental-health-counseling"]))]);
    world.refused(
        "amend-agreement",
        act(AGREEMENT, "2026-02-01/2026-06-30", fewer.clone()),
        "strands-deliveries",
    );
    // From the day after it may.
    world.accepted("amend-agreement", act(AGREEMENT, "2026-03-03/2026-06-30", fewer));
    world.accepted("end-agreement", because("2026-03-02"));
    // What is voided binds nobody.
    let mut freed = World::working();
    let event = freed.accepted("record-delivery", delivery("2026-03-02"));
    freed.accepted("void-delivery", void(event));
    freed.accepted("end-agreement", because("2026-03-01"));
}

#[test]
fn a_correction_of_an_agreement_strands_nothing_either() {
    let mut world = World::working();
    let signed = world.accepted("sign-agreement", agreement(9, "2025-07-01/2026-06-30"));
    let under = with(free_delivery("2026-03-02"), &[("details/agreement", json!(id(9)))]);
    world.accepted("record-delivery", under);
    let data =
        |changes: &[(&str, Value)]| with(agreement(9, "2025-07-01/2026-06-30")["details"].clone(), changes);
    let shorter = with(
        correct(signed, "agreement-signed", data(&[])),
        &[("effective", json!("2025-07-01/2026-03-01"))],
    );
    world.refused("correct-agreement", shorter, "strands-deliveries");
    world.accepted("onboard-partner", partner(8));
    let other = correct(signed, "agreement-signed", data(&[("partner", json!(id(8)))]));
    world.refused("correct-agreement", other, "in-use");
    let renamed = correct(signed, "agreement-signed", data(&[("reference", json!("MOU-9b"))]));
    let corrected = world.accepted("correct-agreement", renamed);
    world.refused("void-agreement", void(corrected), "strands-deliveries");
}

#[test]
fn an_agreement_with_offerings_is_not_voided() {
    let mut world = World::working();
    let signed = world.accepted("sign-agreement", agreement(9, "2025-07-01/2026-06-30"));
    let mut bare = world.clone();
    bare.makes("void-agreement", void(signed), "agreement-voided");
    bare.accepted("sign-agreement", agreement(9, "2025-07-01/2026-06-30"));
    let offered = with(offering(10), &[("details/agreement", json!(id(9)))]);
    world.accepted("offer-service", offered);
    world.refused("void-agreement", void(signed), "in-use");
}

#[test]
fn a_suspended_partner_does_not_renew() {
    let mut world = World::working();
    world.accepted("suspend-partner", act(PARTNER, "2026-03-02", json!({ "reason": "safety" })));
    let renewal = act(AGREEMENT, "2026-07-01/2027-06-30", json!({}));
    world.refused("renew-agreement", renewal.clone(), "partner-suspended");
    // The pause may be narrowed to nothing while it lasts, so amendments stay open.
    world.accepted("amend-agreement", act(AGREEMENT, "2026-03-02/2026-03-31", terms(&[SITE])));
    world.accepted("reinstate-partner", act(PARTNER, "2026-03-16", json!({ "reason": "resolved" })));
    world.accepted("renew-agreement", renewal);
}
