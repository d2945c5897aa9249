//! Deliveries: rules 1, 2 and 4 at their edges.

use domain::Event;
use domain::delivery::Event as Delivery;
use serde_json::{Value, json};

use crate::kit::*;

fn changed(changes: &[(&str, Value)]) -> Value {
    with(free_delivery("2026-03-02"), changes)
}

#[test]
fn a_delivery_carries_everything_that_was_resolved() {
    let fact = World::working().makes("record-delivery", delivery("2026-03-02"), "service-delivered");
    let Event::Delivery(Delivery::ServiceDelivered(delivered)) = fact.event else { panic!("no delivery") };
    assert_eq!(
        (delivered.agreement.0, delivered.partner.0, delivered.site.0),
        (id(AGREEMENT), id(PARTNER), id(SITE))
    );
    let free = World::working().makes("record-delivery", free_delivery("2026-03-02"), "service-delivered");
    let Event::Delivery(Delivery::ServiceDelivered(free)) = free.event else { panic!("no delivery") };
    assert_eq!(free, domain::delivery::Delivered { offering: None, ..delivered });
}

#[test]
fn a_service_is_delivered_only_while_the_agreement_is_active() {
    let mut world = World::opened();
    world.accepted("register-site", site(SITE));
    world.accepted("onboard-partner", partner(PARTNER));
    world.accepted("vet-partner", vetting(PARTNER, "2025-07-01", "2026-12-31"));
    world.accepted("sign-agreement", agreement(AGREEMENT, "2025-12-01/2026-02-27"));
    world.refused("record-delivery", free_delivery("2025-11-30"), "agreement-not-active");
    world.accepted("record-delivery", free_delivery("2025-12-01"));
    world.accepted("record-delivery", free_delivery("2026-02-27"));
    world.refused("record-delivery", free_delivery("2026-02-28"), "agreement-not-active");
    world.accepted("renew-agreement", act(AGREEMENT, "2026-03-02/2026-06-30", json!({})));
    world.refused("record-delivery", free_delivery("2026-03-01"), "agreement-not-active");
    world.accepted("record-delivery", free_delivery("2026-03-02"));
}

#[test]
fn a_closed_agreement_refuses_deliveries_after_its_last_day() {
    let mut world = World::working();
    world.accepted("end-agreement", act(AGREEMENT, "2026-03-02", json!({ "reason": "completed" })));
    world.accepted("record-delivery", free_delivery("2026-03-02"));
    world.refused("record-delivery", free_delivery("2026-03-03"), "agreement-not-active");
}

#[test]
fn a_suspended_agreement_refuses_deliveries_until_it_is_resumed() {
    let mut world = World::working();
    world.accepted("suspend-agreement", act(AGREEMENT, "2026-03-03", json!({ "reason": "staffing" })));
    world.accepted("record-delivery", free_delivery("2026-03-02"));
    world.refused("record-delivery", free_delivery("2026-03-03"), "agreement-not-active");
    world.accepted("resume-agreement", act(AGREEMENT, "2026-03-05", json!({ "reason": "resolved" })));
    world.refused("record-delivery", free_delivery("2026-03-04"), "agreement-not-active");
    world.accepted("record-delivery", free_delivery("2026-03-05"));
}

#[test]
fn the_terms_of_that_day_decide_what_is_covered() {
    let mut world = World::working();
    world.refused("record-delivery", changed(&[("details/site", json!(id(OTHER_SITE)))]), "site-not-covered");
    world.refused(
        "record-delivery",
        changed(&[("details/pillar", json!("extended-learning"))]),
        "pillar-not-covered",
    );
    world.refused("record-delivery", changed(&[("details/kind", json!("food"))]), "kind-not-covered");
    world.accepted("amend-agreement", act(AGREEMENT, "2026-03-02/2026-06-30", terms(&[SITE, OTHER_SITE])));
    let there = |day: &str| with(free_delivery(day), &[("details/site", json!(id(OTHER_SITE)))]);
    world.refused("record-delivery", there("2026-03-01"), "site-not-covered");
    world.accepted("record-delivery", there("2026-03-02"));
}

#[test]
fn a_suspended_partner_delivers_nothing() {
    let mut world = World::working();
    let pause = |day: &str| act(PARTNER, day, json!({ "reason": "safety" }));
    world.accepted("suspend-partner", pause("2026-03-03"));
    world.accepted("reinstate-partner", pause("2026-03-05"));
    world.accepted("record-delivery", delivery("2026-03-02"));
    world.refused("record-delivery", delivery("2026-03-03"), "partner-suspended");
    world.refused("record-delivery", delivery("2026-03-04"), "partner-suspended");
    world.accepted("record-delivery", delivery("2026-03-05"));
}

#[test]
fn tiers_two_and_three_need_a_vetting_of_that_day() {
    let mut world = World::opened();
    world.accepted("register-site", site(SITE));
    world.accepted("onboard-partner", partner(PARTNER));
    world.accepted("sign-agreement", agreement(AGREEMENT, "2025-07-01/2026-06-30"));
    let refusal = world.refused("record-delivery", free_delivery("2026-03-02"), "partner-not-vetted");
    assert!(refusal.hint().is_some());
    world.accepted("record-delivery", changed(&[("details/tier", json!(1))]));
    world.accepted("vet-partner", vetting(PARTNER, "2026-03-02", "2026-03-06"));
    world.refused("record-delivery", free_delivery("2026-03-01"), "partner-not-vetted");
    world.accepted("record-delivery", free_delivery("2026-03-02"));
    world.accepted("record-delivery", free_delivery("2026-03-06"));
    world.refused("record-delivery", free_delivery("2026-03-07"), "partner-not-vetted");
    let case =
        [("details/participants", Value::Null), ("details/case", json!(id(5))), ("details/tier", json!(3))];
    world.refused("record-delivery", with(free_delivery("2026-03-07"), &case), "partner-not-vetted");
}

#[test]
fn a_site_that_is_not_open_takes_no_deliveries() {
    let mut world = World::working();
    world.accepted("close-site", act(SITE, "2026-03-02", json!({ "reason": "closure" })));
    world.accepted("record-delivery", delivery("2026-03-02"));
    world.refused("record-delivery", delivery("2026-03-03"), "site-not-open");
}

#[test]
fn a_delivery_lies_inside_the_ledger_s_life_and_not_in_the_future() {
    let mut world = World::working();
    world.accepted("change-policy", json!({ "policy": { "suppress_under": 11, "late_days_max": 400 } }));
    world.refused("record-delivery", delivery("2026-03-17"), "date-in-future");
    world.accepted("record-delivery", delivery("2026-03-16"));
    world.refused("record-delivery", free_delivery("2025-06-30"), "date-before-ledger");
    world.accepted("record-delivery", free_delivery("2025-07-01"));
    world.refused("record-delivery", delivery("2026-03-02/2026-03-03"), "one-day-needed");
}

#[test]
fn late_reports_are_welcome_as_long_as_the_policy_says() {
    let mut world = World::working();
    // 200 days before today.
    world.accepted("record-delivery", free_delivery("2025-08-28"));
    let refusal = world.refused("record-delivery", free_delivery("2025-08-27"), "date-too-old");
    assert_eq!(refusal.field(), Some("effective"));
    assert!(refusal.to_string().contains("2025-08-28"), "{refusal}");
}

#[test]
fn minutes_and_headcounts_have_their_ranges() {
    let mut world = World::working();
    for (minutes, accepted) in [(0, false), (1, true), (1440, true), (1441, false)] {
        let body = changed(&[("details/minutes", json!(minutes))]);
        match accepted {
            true => drop(world.accepted("record-delivery", body)),
            false => drop(world.refused("record-delivery", body, "minutes-out-of-range")),
        }
    }
    for (people, accepted) in [(0, false), (1, true), (10_000, true), (10_001, false)] {
        let body = changed(&[("details/participants", Value::Null), ("details/headcount", json!(people))]);
        match accepted {
            true => drop(world.accepted("record-delivery", body)),
            false => drop(world.refused("record-delivery", body, "headcount-out-of-range")),
        }
    }
}

#[test]
fn who_received_it_is_said_in_exactly_one_way() {
    let mut world = World::working();
    let nobody = changed(&[("details/participants", Value::Null)]);
    world.refused("record-delivery", nobody, "recipients-unclear");
    world.refused("record-delivery", changed(&[("details/headcount", json!(2))]), "recipients-unclear");
    world.refused("record-delivery", changed(&[("details/case", json!(id(5)))]), "recipients-unclear");
    world.refused("record-delivery", changed(&[("details/participants", json!([]))]), "list-not-allowed");
    let many = |n: u128| json!((0..n).map(|n| id(1000 + n)).collect::<Vec<_>>());
    world.refused("record-delivery", changed(&[("details/participants", many(501))]), "list-not-allowed");
    world.accepted("record-delivery", changed(&[("details/participants", many(500))]));
}

#[test]
fn a_person_is_never_named_where_that_would_reveal_a_need() {
    let mut world = World::working().under("law:wic-5600");
    let case = [("details/participants", Value::Null), ("details/case", json!(id(5)))];
    for need in [("details/tier", json!(3)), ("details/kind", json!("mental-health-counseling"))] {
        world.refused("record-delivery", changed(std::slice::from_ref(&need)), "case-needed");
        world.accepted("record-delivery", with(changed(&[need]), &case));
    }
    world.refused("record-delivery", changed(&case), "case-not-allowed");
}

#[test]
fn a_delivery_names_its_service_in_one_way() {
    let mut world = World::working();
    for member in ["agreement", "site", "kind", "pillar", "tier"] {
        let missing = changed(&[(&format!("details/{member}"), Value::Null)]);
        world.refused("record-delivery", missing, "service-unclear");
        let both = changed(&[("details/offering", json!(id(OFFERING)))]);
        world.refused("record-delivery", both, "service-unclear");
    }
    world.refused("record-delivery", changed(&[("details/agreement", json!(id(77)))]), "not-found");
    world.refused(
        "record-delivery",
        changed(&[("details/funding", json!("own pocket"))]),
        "code-not-allowed",
    );
}

#[test]
fn only_a_placed_offering_that_was_not_withdrawn_is_delivered() {
    let mut world = World::working();
    let listed = [("details/agreement", Value::Null), ("details/site", Value::Null)];
    world.accepted("offer-service", with(offering(9), &listed));
    let under = with(delivery("2026-03-02"), &[("details/offering", json!(id(9)))]);
    world.refused("record-delivery", under, "offering-not-placed");
    world.accepted("withdraw-service", act(OFFERING, "2026-03-02", json!({ "reason": "low-demand" })));
    world.accepted("record-delivery", delivery("2026-03-02"));
    world.refused("record-delivery", delivery("2026-03-03"), "closed");
}

#[test]
fn a_partner_that_left_delivers_nothing_afterwards() {
    let mut world = World::working();
    world.accepted("offboard-partner", act(PARTNER, "2026-03-02", json!({ "reason": "completed" })));
    world.accepted("record-delivery", delivery("2026-03-02"));
    world.refused("record-delivery", delivery("2026-03-03"), "closed");
    world.refused("offer-service", with(offering(9), &[("effective", json!("2026-03-03"))]), "closed");
}

#[test]
fn an_offering_is_delivered_from_its_first_day() {
    let mut world = World::working();
    world.accepted("change-policy", json!({ "policy": { "suppress_under": 11, "late_days_max": 400 } }));
    assert_eq!(
        world.refused("record-delivery", delivery("2025-07-31"), "out-of-range").field(),
        Some("effective")
    );
    world.accepted("record-delivery", delivery("2025-08-01"));
}

#[test]
fn an_expired_agreement_takes_late_reports_of_its_own_days() {
    let mut world = World::opened();
    world.accepted("register-site", site(SITE));
    world.accepted("onboard-partner", partner(PARTNER));
    // Vetted then; the vetting, like the agreement, ran out long ago.
    world.accepted("vet-partner", vetting(PARTNER, "2025-09-01", "2025-10-31"));
    world.accepted("sign-agreement", agreement(AGREEMENT, "2025-09-01/2025-10-31"));
    world.accepted("record-delivery", free_delivery("2025-10-31"));
    world.refused("record-delivery", free_delivery("2025-11-01"), "agreement-not-active");
}

#[test]
fn agreements_whose_terms_overlap_cover_each_their_own() {
    let mut world = World::working();
    world.accepted("sign-agreement", agreement(9, "2026-03-02/2026-12-31"));
    let under = |day: &str| with(free_delivery(day), &[("details/agreement", json!(id(9)))]);
    world.refused("record-delivery", under("2026-03-01"), "agreement-not-active");
    world.accepted("record-delivery", under("2026-03-02"));
    world.accepted("record-delivery", free_delivery("2026-03-02"));
}

#[test]
fn a_refusal_points_at_the_member_that_is_wrong() {
    let mut world = World::working();
    for (member, wrong, code) in [
        ("details/minutes", json!(0), "minutes-out-of-range"),
        ("details/participants", json!([]), "list-not-allowed"),
        ("details/funding", json!("own pocket"), "code-not-allowed"),
        ("effective", json!("2026-03-17"), "date-in-future"),
    ] {
        let refusal = world.refused("record-delivery", changed(&[(member, wrong)]), code);
        assert_eq!(refusal.field(), Some(member));
    }
}
