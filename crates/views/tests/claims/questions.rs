//! Questions: columns, filters, groups and limits, the same for every view.

use std::collections::BTreeMap;

use serde_json::json;
use views::{QueryError, VIEWS, answer, view};

use crate::council_kit::charter;
use crate::kit::*;
use crate::table::{ask, events, fold};

#[test]
fn every_view_has_a_name_a_sentence_and_columns() {
    for known in VIEWS {
        assert_eq!(view(known.name()).unwrap().about(), known.about());
        assert!(!known.about().is_empty() && !known.columns().is_empty() && known.revision() > 0);
    }
    assert!(view("no-such-view").is_none());
}

#[test]
fn an_unknown_column_is_answered_with_those_there_are() {
    let world = World::working();
    for view in VIEWS {
        for question in [("colour", "red"), ("by", "colour"), ("by", "")] {
            let error = ask(&world, view.name(), &[question]).unwrap_err();
            let QueryError::NoSuchColumn { known, .. } = &error else { panic!("{error}") };
            assert_eq!(*known, view.columns().join(", "));
            let text = error.to_string();
            assert!(text.contains(view.name()) && text.contains(view.columns()[0]), "{text}");
        }
    }
}

#[test]
fn every_row_has_every_column() {
    let mut world = World::working();
    let event = world.accepted("record-delivery", delivery("2026-03-02"));
    let disputed = json!({ "event": event, "grounds": "privacy" });
    world.accepted("request-amendment", act(601, "2026-03-02", disputed));
    let mut world = world.under("law:wic-5600");
    let opened = json!({ "case": id(201), "site": id(SITE), "need": "food", "urgency": "soon" });
    world.accepted("open-referral", act(501, "2026-03-02", opened));
    world.accepted("record-delivery", delivery("2026-03-02"));
    let shown = json!({
        "case": id(201), "recipient": { "ledger": "verde-usd" }, "purpose": "research", "fields": ["services"],
    });
    world.accepted("record-disclosure", json!({ "effective": "2026-03-02", "details": shown }));
    crate::needs::assess(&mut world);
    world.accepted("charter-council", charter("consent"));
    let asked = json!({ "topic": "data", "strategy": "shared-commitment" });
    world.accepted("request-assistance", act(20, "2026-03-02", asked));
    world.accepted("grant-access", crate::accesses::granted(71, "svc:azul-sis"));
    // These are always grouped.
    let grouped = ["reach", "engagement-summary", "funding"];
    for view in VIEWS.iter().filter(|view| !grouped.contains(&view.name())) {
        let rows = ask(&world, view.name(), &[]).unwrap();
        assert!(!rows.is_empty(), "{}", view.name());
        for (row, column) in rows.iter().flat_map(|row| view.columns().iter().map(move |c| (row, c))) {
            assert!(row.get(*column).is_some(), "{column} in {row}");
        }
    }
}

#[test]
fn a_limit_cuts_the_answer() {
    let view = view("activity-feed").unwrap();
    let rows = fold(view, &events(&World::working()));
    let limited = |limit| answer(view, &rows, &BTreeMap::new(), limit).unwrap().len();
    assert_eq!([None, Some(3), Some(0), Some(1000)].map(limited), [7, 3, 0, 7]);
}

#[test]
fn agreements_are_found_that_are_in_force_on_a_day_or_end_by_one() {
    let found =
        |filters: &[(&str, &str)]| ask(&World::working(), "agreement-register", filters).unwrap().len();
    let in_force = |day| found(&[("starts<", day), ("ends>", day), ("status", "signed")]);
    assert_eq!(["2025-06-30", "2025-07-01", "2026-06-30", "2026-07-01"].map(in_force), [0, 1, 1, 0]);
    assert_eq!((found(&[("ends<", "2026-06-30")]), found(&[("ends<", "2026-06-29")])), (1, 0));
}
