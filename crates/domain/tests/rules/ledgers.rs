//! Opening, policy, schemas, operators, source records.

use serde_json::{Value, json};

use crate::kit::*;

#[test]
fn nothing_precedes_the_opening() {
    let mut world = World::default();
    world.refused("register-site", site(SITE), "ledger-not-open");
    world.refused(
        "record-operator-act",
        json!({ "operator": "usr:1", "act": "a", "reason": "b" }),
        "ledger-not-open",
    );
    world.makes("open-ledger", open(), "ledger-opened");
}

#[test]
fn a_ledger_opens_once() {
    World::opened().refused("open-ledger", open(), "ledger-already-open");
}

#[test]
fn a_ledger_starts_today_at_the_latest() {
    let starts = |day: &str| with(open(), &[("starts", json!(day))]);
    World::default().refused("open-ledger", starts("2026-03-17"), "date-in-future");
    World::default().accepted("open-ledger", starts("2026-03-16"));
}

#[test]
fn the_owner_has_a_name() {
    for owner in ["", " Azul", "Azul\u{7}", &"A".repeat(201)] {
        let refusal = World::default().refused(
            "open-ledger",
            with(open(), &[("owner", json!(owner))]),
            "text-not-allowed",
        );
        assert_eq!(refusal.field(), Some("owner"));
    }
}

#[test]
fn a_policy_suppresses_something_and_changes_something() {
    let policy =
        |under: u32, late: u32| json!({ "policy": { "suppress_under": under, "late_days_max": late } });
    let mut world = World::opened();
    world.refused("change-policy", policy(1, 200), "out-of-range");
    world.refused("change-policy", policy(11, 0), "out-of-range");
    world.refused("change-policy", policy(11, 200), "no-change");
    world.makes("change-policy", policy(2, 1), "policy-changed");
    assert_eq!(world.state.policy_position(), 2);
}

#[test]
fn a_schema_is_of_a_known_event_and_registered_once() {
    let schema = |event: &str, version: u16| json!({ "event": event, "version": version });
    let mut world = World::opened();
    world.refused("register-schema", schema("service-imagined", 2), "out-of-range");
    world.refused("register-schema", schema("service-delivered", 1), "out-of-range");
    world.refused("register-schema", schema("policy-changed", 3), "out-of-range");
    world.makes("register-schema", schema("policy-changed", 2), "schema-registered");
    world.refused("register-schema", schema("policy-changed", 2), "no-change");
}

/// A policy under which only enrolled persons may be named.
fn enrolled() -> Value {
    json!({ "policy": { "suppress_under": 11, "late_days_max": LATE_DAYS, "persons": "enrolled" } })
}

#[test]
fn a_policy_that_older_readers_can_not_read_waits_for_its_schema() {
    let mut world = World::opened();
    let refusal = world.refused("change-policy", enrolled(), "schema-not-registered");
    assert!(refusal.hint().is_some_and(|hint| hint.contains("register-schema")));
    world.accepted("register-schema", json!({ "event": "ledger-opened", "version": 2 }));
    world.refused("change-policy", enrolled(), "schema-not-registered");
    world.accepted("register-schema", json!({ "event": "policy-changed", "version": 2 }));
    assert_eq!(world.makes("change-policy", enrolled(), "policy-changed").event.version(), 2);
    assert!(world.state.opened().unwrap().persons_must_be_enrolled());
}

#[test]
fn a_policy_that_older_readers_can_read_is_written_for_them() {
    let any = with(enrolled(), &[("policy/persons", json!("any")), ("policy/suppress_under", json!(20))]);
    let mut world = World::opened();
    assert_eq!(world.makes("change-policy", any.clone(), "policy-changed").event.version(), 1);
    world.accepted("register-schema", json!({ "event": "policy-changed", "version": 2 }));
    world.accepted("change-policy", enrolled());
    assert_eq!(world.makes("change-policy", any, "policy-changed").event.version(), 1);
    assert!(!world.state.opened().unwrap().persons_must_be_enrolled());
}

#[test]
fn a_ledger_opens_in_the_version_that_its_policy_needs() {
    let opened = with(open(), &[("policy/persons", json!("enrolled"))]);
    let mut world = World::default();
    assert_eq!(world.makes("open-ledger", opened, "ledger-opened").event.version(), 2);
    assert!(world.state.opened().unwrap().persons_must_be_enrolled());
    assert_eq!(World::default().makes("open-ledger", open(), "ledger-opened").event.version(), 1);
}

#[test]
fn an_operator_s_act_is_told_in_codes() {
    let act = json!({ "operator": "usr:ops-3", "act": "view-rebuilt", "reason": "drill" });
    let mut world = World::opened();
    for member in ["operator", "act", "reason"] {
        let told = with(act.clone(), &[(member, json!("because I wanted to"))]);
        assert_eq!(world.refused("record-operator-act", told, "code-not-allowed").field(), Some(member));
    }
    world.makes("record-operator-act", act, "operator-acted");
}

#[test]
fn a_source_record_is_accepted_once() {
    let mut world = World::working();
    world.source_taken = Some(7);
    let refusal = world.refused("record-delivery", delivery("2026-03-02"), "source-key-taken");
    assert_eq!(refusal.position(), Some(7));
    assert!(refusal.hint().is_some_and(|hint| hint.contains("correction")));
}

/// An annual progress report of two ledgers.
fn report() -> Value {
    let head = |ledger: &str| json!({ "ledger": ledger, "epoch": 1, "position": 9, "root": "A".repeat(43) });
    json!({
        "name": "annual-progress", "school_year": "2025-26", "parameters": { "site": "all", "service-ledger": "2" },
        "heads": [head("azul-usd"), head("verde-usd")], "hash": "0f".repeat(32), "cells_published": 40,
        "cells_suppressed": 2, "policy": 1,
    })
}

#[test]
fn a_published_report_says_in_full_what_it_was_made_of() {
    let mut world = World::opened();
    world.makes("publish-report", report(), "report-published");
    let many: serde_json::Map<String, Value> = (0..21).map(|n| (format!("p{n}"), json!("a"))).collect();
    for (path, value, refusal) in [
        ("name", json!("The annual report"), "code-not-allowed"),
        ("parameters/site", json!("Azul Elementary"), "code-not-allowed"),
        ("parameters", json!(many), "list-not-allowed"),
        ("school_year", json!("2025"), "out-of-range"),
        ("heads", json!([]), "list-not-allowed"),
        ("heads", json!([report()["heads"][0], report()["heads"][0]]), "list-not-allowed"),
        ("hash", json!("0F".repeat(32)), "out-of-range"),
        ("hash", json!("0f"), "out-of-range"),
    ] {
        let field = path.split('/').next();
        assert_eq!(world.refused("publish-report", with(report(), &[(path, value)]), refusal).field(), field);
    }
    for (member, value) in [("position", json!(0)), ("epoch", json!(0)), ("root", json!("A"))] {
        let mut wrong = report();
        wrong["heads"][1][member] = value;
        assert_eq!(world.refused("publish-report", wrong, "out-of-range").field(), Some("heads"));
    }
}

#[test]
fn a_report_suppresses_by_a_policy_that_there_is() {
    let mut world = World::opened();
    for policy in [0, 2] {
        let report = with(report(), &[("policy", json!(policy))]);
        assert_eq!(world.refused("publish-report", report, "out-of-range").field(), Some("policy"));
    }
}
