//! The state as a value: what is written down and read again decides the same.

use domain::State;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::kit::*;

/// A command of some kind on a day of the year; many are refused.
fn some_command() -> impl Strategy<Value = (&'static str, Value)> {
    let day = (1_u8..=12, 1_u8..=28)
        .prop_map(|(month, day)| format!("{}-{month:02}-{day:02}", if month >= 7 { 2025 } else { 2026 }));
    (0..20_u8, day, any::<bool>()).prop_map(|(kind, day, flag)| {
        let reason = json!({ "reason": "other" });
        match kind {
            0 => ("record-delivery", delivery(&day)),
            1 => ("record-delivery", free_delivery(&day)),
            2 if flag => ("suspend-partner", act(PARTNER, &day, reason)),
            2 => ("reinstate-partner", act(PARTNER, &day, reason)),
            3 if flag => ("suspend-agreement", act(AGREEMENT, &day, reason)),
            3 => ("resume-agreement", act(AGREEMENT, &day, reason)),
            4 => ("vet-partner", vetting(PARTNER, &day, "2026-12-31")),
            5 => {
                ("amend-agreement", act(AGREEMENT, &format!("{day}/2026-12-31"), terms(&[SITE, OTHER_SITE])))
            }
            6 => ("close-site", act(OTHER_SITE, &day, reason)),
            8 if flag => ("enrol-person", act(101, &day, json!({ "household": id(301) }))),
            8 => ("enrol-person", act(102, &day, json!({}))),
            9 if flag => ("merge-persons", act(101, &day, json!({ "into": id(102) }))),
            9 => ("separate-persons", act(101, &day, json!({ "from": id(102) }))),
            10 if flag => ("join-household", act(102, &day, json!({ "household": id(301) }))),
            10 => ("leave-household", act(101, &day, json!({ "household": id(301) }))),
            11 | 12 | 17 | 18 => in_a_case(kind, &day, flag),
            7 => ("withdraw-service", act(OFFERING, &day, reason)),
            13 => {
                let details = json!({ "program": "ccspp", "funder": "State of Sample", "award": "CS-25-7", "cents": 900 });
                ("award-grant", act(30, "2025-07-01/2026-06-30", details))
            }
            14 => {
                let details = json!({ "allocation": id(31 + u128::from(flag)), "site": id(SITE), "cents": 500 });
                ("allocate-grant", act(30, &day, details))
            }
            15 => {
                let details = json!({ "allocation": id(31), "category": "travel", "cents": 200 });
                ("record-expenditure", act(30, &day, details))
            }
            16 if flag => ("schedule-assistance", act(40, &day, json!({ "provider": "rtac-east" }))),
            16 => {
                let details = json!({ "topic": "data", "strategy": "shared-commitment" });
                ("request-assistance", act(40, &day, details))
            }
            _ => ("end-agreement", act(AGREEMENT, &day, reason)),
        }
    })
}

/// A command about one case.
fn in_a_case(kind: u8, day: &str, flag: bool) -> (&'static str, Value) {
    match kind {
        11 if flag => {
            let details = json!({ "case": id(201), "kinds": ["food"], "basis": "court-order" });
            ("record-consent", act(401, &format!("{day}/2026-12-31"), details))
        }
        11 => ("withdraw-consent", act(401, day, json!({ "reason": "other" }))),
        12 if flag => {
            let details = json!({ "case": id(201), "site": id(SITE), "need": "food", "urgency": "soon" });
            ("open-referral", act(501, day, details))
        }
        12 => ("accept-referral", act(501, day, json!({ "partner": id(PARTNER) }))),
        17 if flag => ("open-case", act(201, day, json!({ "programme": "counseling", "site": id(SITE) }))),
        17 => ("close-case", act(201, day, json!({ "reason": "moved" }))),
        _ => {
            let details = json!({
                "case": id(201), "recipient": { "partner": id(PARTNER) }, "purpose": "family-request",
                "fields": ["attendance"],
            });
            ("record-disclosure", json!({ "effective": day, "details": details }))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_state_that_was_written_down_decides_as_before(
        before in prop::collection::vec(some_command(), 0..20),
        after in prop::collection::vec(some_command(), 0..20),
    ) {
        let mut world = World::working().under("law:wic-5600");
        for (name, body) in before {
            // A refusal is as good: it leaves the state as it was.
            let _ = world.when(name, body);
        }
        let mut copy = world.clone();
        copy.state = serde_json::from_value(serde_json::to_value(&world.state).unwrap()).unwrap();
        prop_assert_eq!(&copy.state, &world.state);
        for (name, body) in after {
            prop_assert_eq!(copy.when(name, body.clone()), world.when(name, body));
        }
        prop_assert_eq!(&copy.state, &world.state);
    }

    #[test]
    fn voiding_every_delivery_leaves_a_state_without_any(
        days in prop::collection::vec(1_u8..=28, 1..30),
    ) {
        let mut world = World::working();
        let untouched: State = world.state.clone();
        let events: Vec<_> =
            days.iter().map(|day| world.accepted("record-delivery", delivery(&format!("2026-02-{day:02}")))).collect();
        for event in events {
            world.accepted("void-delivery", void(event));
        }
        prop_assert_eq!(&world.state, &untouched);
    }
}
