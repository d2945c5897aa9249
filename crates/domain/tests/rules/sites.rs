//! Sites.

use serde_json::{Value, json};

use crate::kit::*;

fn assign(fte: u32) -> Value {
    act(SITE, "2026-03-02", json!({ "staff": "staff-12", "fte_hundredths": fte }))
}

fn closing(day: &str) -> Value {
    act(SITE, day, json!({ "reason": "closure" }))
}

#[test]
fn a_site_lives_from_its_registration_to_its_closing() {
    let mut world = World::opened();
    world.makes("register-site", site(SITE), "site-registered");
    let designated = json!({ "program": "ccspp", "cohort": 3, "phase": "visioning" });
    world.makes("designate-site", act(SITE, "2026-03-02", designated), "site-designated");
    world.makes("change-phase", act(SITE, "2026-03-02", json!({ "phase": "engaging" })), "phase-changed");
    world.makes("assign-coordinator", assign(80), "coordinator-assigned");
    let released = act(SITE, "2026-03-02", json!({ "staff": "staff-12" }));
    world.makes("release-coordinator", released, "coordinator-released");
    world.makes("close-site", closing("2026-03-02"), "site-closed");
}

#[test]
fn a_site_has_an_id_and_a_cds_code_of_its_own() {
    let mut world = World::opened();
    world.accepted("register-site", site(SITE));
    let same_id = with(site(SITE), &[("details/cds", json!("19999990000009"))]);
    assert_eq!(world.refused("register-site", same_id, "taken").field(), Some("id"));
    let same_cds = with(site(SITE), &[("id", json!(id(9)))]);
    assert_eq!(world.refused("register-site", same_cds, "taken").field(), Some("details/cds"));
}

#[test]
fn a_site_without_an_id_is_given_one() {
    let mut world = World::opened();
    let fact = world.makes("register-site", with(site(SITE), &[("id", Value::Null)]), "site-registered");
    assert_eq!(fact.subject.id.get_version_num(), 7);
}

#[test]
fn what_a_site_is_called_is_sound() {
    let mut world = World::opened();
    let changed = |path, value| with(site(SITE), &[(path, value)]);
    world.refused("register-site", changed("details/name", json!("")), "text-not-allowed");
    world.refused("register-site", changed("details/city", json!(" Azul ")), "text-not-allowed");
    world.refused(
        "register-site",
        changed("details/grades", json!("from five to nine and on")),
        "text-not-allowed",
    );
    world.refused("register-site", changed("details/nces", json!("06 001")), "code-not-allowed");
    world.refused("register-site", changed("effective", json!("2026-03-17")), "date-in-future");
    world.refused("register-site", changed("effective", json!("1999-09-01/2000-09-01")), "one-day-needed");
}

#[test]
fn nothing_happens_at_a_site_before_it_is_open() {
    let mut world = World::working();
    let phase = json!({ "phase": "engaging" });
    world.refused("change-phase", act(SITE, "1999-08-31", phase.clone()), "site-not-open");
    world.accepted("change-phase", act(SITE, "1999-09-01", phase));
}

#[test]
fn a_site_that_is_not_registered_is_not_found() {
    World::opened().refused(
        "change-phase",
        act(77, "2026-03-02", json!({ "phase": "engaging" })),
        "not-found",
    );
}

#[test]
fn a_coordinator_is_assigned_once_and_for_a_part_of_their_time() {
    let mut world = World::working();
    world.refused("assign-coordinator", assign(0), "out-of-range");
    world.refused("assign-coordinator", assign(101), "out-of-range");
    let released = act(SITE, "2026-03-02", json!({ "staff": "staff-12" }));
    world.refused("release-coordinator", released.clone(), "no-change");
    world.accepted("assign-coordinator", assign(100));
    world.refused("assign-coordinator", assign(50), "no-change");
    world.accepted("release-coordinator", released);
    world.accepted("assign-coordinator", assign(50));
}

#[test]
fn a_closed_site_accepts_only_corrections() {
    let mut world = World::working();
    let closed = world.accepted("close-site", closing("2026-02-27"));
    world.refused("change-phase", act(SITE, "2026-02-20", json!({ "phase": "engaging" })), "closed");
    world.refused("close-site", closing("2026-02-26"), "closed");
    let now = correct(closed, "site-closed", json!({ "reason": "merged" }));
    world.makes("correct-site", now, "site-corrected");
}

#[test]
fn a_site_that_others_rely_on_is_not_voided() {
    let mut world = World::opened();
    let registered = world.accepted("register-site", site(SITE));
    let mut used = world.clone();
    used.accepted("change-phase", act(SITE, "2026-03-02", json!({ "phase": "engaging" })));
    used.refused("void-site", void(registered), "in-use");
    let mut agreed = world.clone();
    agreed.accepted("onboard-partner", partner(PARTNER));
    agreed.accepted("sign-agreement", agreement(AGREEMENT, "2025-07-01/2026-06-30"));
    agreed.refused("void-site", void(registered), "in-use");
    world.makes("void-site", void(registered), "site-voided");
    // Its code is free again.
    world.accepted("register-site", site(SITE));
}
