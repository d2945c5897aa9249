//! Agreement register, partner directory and site profile.

use serde_json::{Value, json};

use crate::kit::*;
use crate::table::table;

fn because(number: u128, day: &str) -> Value {
    act(number, day, json!({ "reason": "staffing" }))
}

#[test]
fn an_agreement_shows_what_was_pledged_and_delivered() {
    let mut world = World::working();
    let pledged = with(
        agreement(9, "2026-01-01/2026-06-30"),
        &[("details/terms", with(terms(&[SITE]), &[("pledged_minutes", json!(600))]))],
    );
    world.accepted("sign-agreement", pledged);
    let under = with(free_delivery("2026-03-02"), &[("details/agreement", json!(id(9)))]);
    let event = world.accepted("record-delivery", under.clone());
    world.accepted("record-delivery", under);
    let columns = "starts ends pledged_minutes delivered_minutes deliveries";
    let row = |world: &World| table(world, "agreement-register", &[("reference", "MOU-9")], columns);
    assert_eq!(row(&world), ["2026-01-01 2026-06-30 600 90 2"]);
    world.accepted("void-delivery", void(event));
    assert_eq!(row(&world), ["2026-01-01 2026-06-30 600 45 1"]);
}

#[test]
fn an_agreement_shows_its_last_terms_and_last_day() {
    let mut world = World::working();
    let row = |world: &World| table(world, "agreement-register", &[], "status ends kinds").remove(0);
    assert_eq!(row(&world), r#"signed 2026-06-30 ["tutoring","mental-health-counseling"]"#);
    // A shorter end and fewer kinds, though the terms signed first ran longer.
    let fewer = with(terms(&[SITE]), &[("kinds", json!(["tutoring"]))]);
    world.accepted("amend-agreement", act(AGREEMENT, "2026-03-02/2026-04-30", fewer));
    assert_eq!(row(&world), r#"signed 2026-04-30 ["tutoring"]"#);
    world.accepted("suspend-agreement", because(AGREEMENT, "2026-03-09"));
    assert_eq!(row(&world), r#"suspended 2026-04-30 ["tutoring"]"#);
    world.accepted("resume-agreement", because(AGREEMENT, "2026-03-10"));
    world.accepted("renew-agreement", act(AGREEMENT, "2026-09-01/2027-06-30", json!({})));
    assert_eq!(row(&world), r#"signed 2027-06-30 ["tutoring"]"#);
    world.accepted("end-agreement", because(AGREEMENT, "2026-10-01"));
    assert_eq!(row(&world), r#"ended 2026-10-01 ["tutoring"]"#);
}

#[test]
fn a_voided_agreement_leaves_the_register() {
    let mut world = World::working();
    let signed = world.accepted("sign-agreement", agreement(9, "2026-01-01/2026-06-30"));
    let here = id(SITE).to_string();
    assert_eq!(table(&world, "agreement-register", &[("site", &here)], "reference"), ["MOU-4", "MOU-9"]);
    world.accepted("void-agreement", void(signed));
    assert_eq!(table(&world, "agreement-register", &[], "reference"), ["MOU-4"]);
}

#[test]
fn a_partner_shows_its_standing_and_what_it_delivered() {
    let mut world = World::working();
    world.accepted("record-delivery", delivery("2026-03-02"));
    let columns = "name status vetted_until deliveries delivered_minutes";
    let row = |world: &World| table(world, "partner-directory", &[], columns).remove(0);
    assert_eq!(row(&world), "Puente Norte active 2026-12-31 1 45");
    world.accepted("suspend-partner", because(PARTNER, "2026-03-03"));
    assert_eq!(row(&world), "Puente Norte suspended 2026-12-31 1 45");
    let details = json!({ "name": "Puente", "kind": "health", "hsds": "sample:3" });
    world.accepted("change-partner-details", act(PARTNER, "2026-03-04", details));
    world.accepted("offboard-partner", because(PARTNER, "2026-03-05"));
    assert_eq!(row(&world), "Puente offboarded 2026-12-31 1 45");
    let found = |filter| table(&world, "partner-directory", &[filter], "name").len();
    assert_eq!([("ein", ""), ("ein", "12-3456789"), ("kind", "health")].map(found), [1, 0, 1]);
}

#[test]
fn a_partner_shows_its_agreements_and_the_sites_where_it_delivered() {
    let mut world = World::working();
    let signed = world.accepted("sign-agreement", agreement(9, "2026-01-01/2026-06-30"));
    let event = world.accepted("record-delivery", delivery("2026-03-02"));
    let row = |world: &World| table(world, "partner-directory", &[], "agreements sites").remove(0);
    let [site, first, second] = [SITE, AGREEMENT, 9].map(id);
    assert_eq!(row(&world), format!(r#"["{first}","{second}"] ["{site}"]"#));
    let here = site.to_string();
    let found = |world: &World| table(world, "partner-directory", &[("sites", &*here)], "name").len();
    assert_eq!(found(&world), 1);
    world.accepted("void-delivery", void(event));
    world.accepted("void-agreement", void(signed));
    assert_eq!((row(&world), found(&world)), (format!(r#"["{first}"] []"#), 0));
    world.accepted("end-agreement", because(AGREEMENT, "2026-03-02"));
    assert_eq!(row(&world), "[] []");
}

#[test]
fn a_site_shows_the_hub_on_a_page() {
    let mut world = World::working();
    world.accepted("change-phase", act(SITE, "2026-02-02", json!({ "phase": "engaging" })));
    let staff = json!({ "staff": "staff-12", "fte_hundredths": 80 });
    world.accepted("assign-coordinator", act(SITE, "2026-02-02", staff));
    let event = world.accepted("record-delivery", delivery("2026-03-02"));
    let details =
        json!({ "site": id(SITE), "kind": "workshop", "minutes": 9, "interpreter": false, "headcount": 3 });
    let held = world.accepted("record-engagement", act(20, "2026-03-02", details));
    let columns = "phase coordinators deliveries delivered_minutes engagements offerings";
    let here = id(SITE).to_string();
    let row = |world: &World| table(world, "site-profile", &[("site", &*here)], columns).remove(0);
    assert_eq!(row(&world), r#"engaging 1 1 45 1 {"student-supports":{"2":1}}"#);
    let partner = id(PARTNER).to_string();
    let served = |world: &World| table(world, "site-profile", &[("partners", &*partner)], "site");
    assert_eq!(served(&world), [here.as_str()]);
    world.accepted("void-delivery", void(event));
    world.accepted("void-engagement", void(held));
    world.accepted("withdraw-service", because(OFFERING, "2026-03-02"));
    world.accepted("release-coordinator", act(SITE, "2026-03-02", json!({ "staff": "staff-12" })));
    assert_eq!(row(&world), "engaging 0 0 0 0 null");
    assert!(served(&world).is_empty());
}

#[test]
fn a_site_shows_its_councils_by_their_last_name() {
    let mut world = World::working();
    decided_on(&mut world, "2026-02-02");
    let here = id(SITE).to_string();
    let row =
        |world: &World| table(world, "site-profile", &[("site", &*here)], "councils council_names").remove(0);
    let council = id(DECIDING);
    assert_eq!(row(&world), format!(r#"["{council}"] ["Azul site council"]"#));
    let renamed = json!({
        "level": "site", "site": id(SITE), "name": "Consejo Azul", "seats": { "family": 1 },
        "quorum": { "total": 1, "constituencies": { "family": 1 } }, "rule": "majority",
    });
    world.accepted("amend-charter", act(DECIDING, "2026-03-02", renamed));
    let amended = world.log.last().unwrap().0;
    assert_eq!(row(&world), format!(r#"["{council}"] ["Consejo Azul"]"#));
    world.accepted("void-council", void(amended));
    assert_eq!(row(&world), format!(r#"["{council}"] ["Azul site council"]"#));
}
