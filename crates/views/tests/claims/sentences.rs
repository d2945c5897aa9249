//! Activity feed: the last events as sentences, in which nobody is named.

use serde_json::json;

use crate::kit::*;
use crate::table::{ask, table};

#[test]
fn the_newest_event_comes_first_as_a_sentence() {
    let mut world = World::working();
    let event = world.accepted("record-delivery", delivery("2026-03-02"));
    world.accepted("void-delivery", void(event));
    assert_eq!(
        table(&world, "activity-feed", &[], "said"),
        [
            "A delivery was voided.",
            "45 minutes of tutoring were delivered (tier 2).",
            "Homework club is on offer (tutoring).",
            "MOU-4 was signed for 1 sites.",
            "A partner was vetted until 2026-12-31.",
            "Puente Norte became a partner.",
            "Azul Elementary in Azul joined the ledger.",
            "Azul Elementary in Azul joined the ledger.",
            "Azul Unified opened its ledger.",
        ]
    );
    let voids = table(&world, "activity-feed", &[("event", "delivery-voided")], "position effective");
    assert_eq!(voids, ["9 2026-03-02"]);
}

#[test]
fn money_and_assistance_are_said_without_numbers_of_people() {
    let mut world = World::working();
    let award =
        json!({ "program": "ccspp", "funder": "State of Sample", "award": "CS-25-7", "cents": 100_005 });
    world.accepted("award-grant", act(30, "2025-08-01/2026-06-30", award));
    let part = json!({ "allocation": id(31), "site": id(SITE), "cents": 60_000 });
    world.accepted("allocate-grant", act(30, "2025-08-15", part));
    let spent = json!({ "allocation": id(31), "category": "supplies", "cents": 1_250 });
    let spent = world.accepted("record-expenditure", act(30, "2026-03-02", spent));
    world.accepted("record-match", act(30, "2026-03-02", json!({ "kind": "in-kind", "cents": 9 })));
    world.accepted("close-grant", act(30, "2026-03-02", json!({ "reason": "completed" })));
    world.accepted("void-grant", void(spent));
    let asked = json!({ "topic": "data", "strategy": "shared-commitment" });
    world.accepted("request-assistance", act(40, "2026-03-02", asked));
    world.accepted("schedule-assistance", act(40, "2026-03-02", json!({ "provider": "rtac-east" })));
    let session = json!({ "provider": "rtac-east", "minutes": 45, "mode": "remote", "participants": 3 });
    world.accepted("provide-assistance", act(40, "2026-03-02", session));
    world.accepted("evaluate-assistance", act(40, "2026-03-02", json!({ "score": 1, "n": 2 })));
    assert_eq!(
        table(&world, "activity-feed", &[], "said")[..10],
        [
            "Assistance was evaluated.",
            "Assistance was provided for 45 minutes.",
            "Assistance was scheduled.",
            "Assistance was requested (data).",
            "expenditure-recorded was voided.",
            "A grant was closed.",
            "A grant was matched by $0.09 (in-kind).",
            "$12.50 of a grant were spent on supplies.",
            "$600.00 of a grant were allocated to a site (ccspp).",
            "State of Sample awarded $1000.05 (ccspp).",
        ]
    );
}

#[test]
fn the_feed_keeps_the_last_two_hundred() {
    let mut world = World::working();
    for _ in 0..210 {
        world.accepted("record-delivery", delivery("2026-03-02"));
    }
    let positions = table(&world, "activity-feed", &[], "position");
    assert_eq!((positions.len(), &*positions[0], &*positions[199]), (200, "217", "18"));
}

#[test]
fn no_person_household_or_case_stands_in_the_feed() {
    let mut world = World::working();
    world.accepted("record-delivery", delivery("2026-03-02"));
    let details =
        json!({ "site": id(SITE), "kind": "home-visit", "minutes": 9, "interpreter": false, "headcount": 3 });
    world.accepted("record-engagement", act(20, "2026-03-02", details));
    world.accepted("record-family", act(20, "2026-03-02", json!({ "household": id(301), "role": "led" })));
    world.accepted("enrol-person", act(101, "2026-03-02", json!({ "household": id(301) })));
    world.accepted("enrol-person", act(102, "2026-03-02", json!({})));
    world.accepted("merge-persons", act(101, "2026-03-02", json!({ "into": id(102) })));
    let consented = json!({ "case": id(201), "kinds": ["dental-care"], "basis": "parent-consent" });
    world.accepted("record-consent", act(401, "2026-03-02/2026-06-11", consented));
    let mut world = world.under("law:wic-5600");
    let opened = json!({ "case": id(201), "site": id(SITE), "need": "dental", "urgency": "soon" });
    world.accepted("open-referral", act(501, "2026-03-02", opened));
    let case = json!({ "programme": "counseling", "site": id(SITE) });
    world.accepted("open-case", act(202, "2026-03-02", case));
    let closing = world.accepted("close-case", act(202, "2026-03-02", json!({ "reason": "moved" })));
    world.accepted("void-case", void(closing));
    for (about, whom) in [("person", json!(id(103))), ("case", json!(id(201))), ("subjects", json!(3_333))] {
        let shown = json!({
            about: whom, "recipient": { "partner": id(PARTNER) }, "purpose": "research", "fields": ["grades"],
        });
        world.accepted("record-disclosure", json!({ "effective": "2026-03-02", "details": shown }));
    }
    assert_eq!(
        table(&world, "activity-feed", &[], "said")[..6],
        [
            "Records of people were shown to a partner (research).",
            "A record was shown to a partner (research).",
            "A record was shown to a partner (research).",
            "case-closed was voided.",
            "A case was closed.",
            "A case was opened.",
        ]
    );
    let text = serde_json::to_string(&ask(&world, "activity-feed", &[]).unwrap()).unwrap();
    assert!(!text.contains("3333") && !text.contains("grades") && !text.contains("counseling"), "{text}");
    for number in [101, 102, 103, 201, 202, 301] {
        assert!(!text.contains(&id(number).to_string()), "{number}");
    }
}
