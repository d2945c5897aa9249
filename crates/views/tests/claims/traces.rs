//! Every row can be followed to the events that made it.

use serde_json::{Value, json};
use views::{Explanation, Rows, VIEWS, View, answer};

use crate::kit::*;
use crate::table::events;

/// The rows of a view, told apart by what tells them apart.
fn rows(view: &dyn View, all: &Rows) -> Vec<Value> {
    let by = [("by".to_owned(), view.identity().join(","))].into();
    answer(view, all, &by, None).unwrap()
}

fn world() -> World {
    let mut world = World::working();
    let award = json!({ "program": "ccspp", "funder": "State of Sample", "award": "CS-25-7", "cents": 900 });
    world.accepted("award-grant", act(30, "2025-08-01/2026-06-30", award));
    world.accepted(
        "allocate-grant",
        act(30, "2025-08-15", json!({ "allocation": id(31), "site": id(SITE), "cents": 90 })),
    );
    let paid = [
        ("details/funding", json!("ccspp")),
        ("details/headcount", json!(9)),
        ("details/participants", Value::Null),
    ];
    let asked = json!({ "topic": "data", "strategy": "shared-commitment" });
    world.accepted("request-assistance", act(40, "2026-03-02", asked));
    world.accepted("record-delivery", with(free_delivery("2026-02-02"), &paid));
    let event = world.accepted("record-delivery", delivery("2026-03-02"));
    let tutored = with(free_delivery("2026-03-03")["details"].clone(), &[("partner", json!(id(PARTNER)))]);
    let moved = with(correct(event, "service-delivered", tutored), &[("effective", json!("2026-03-03"))]);
    world.accepted("correct-delivery", moved);
    let details = json!({
        "site": id(SITE), "kind": "workshop", "minutes": 90, "interpreter": true, "headcount": 31,
    });
    world.accepted("record-engagement", json!({ "effective": "2026-03-04", "details": details }));
    let mut world = world.under("law:wic-5600");
    let opened = json!({ "case": id(201), "site": id(SITE), "need": "food", "urgency": "soon" });
    world.accepted("open-referral", act(501, "2026-03-04", opened));
    let shown = json!({
        "case": id(201), "recipient": { "organisation": "county-dmh" }, "purpose": "legal-duty",
        "fields": ["services"],
    });
    world.accepted("record-disclosure", json!({ "effective": "2026-03-04", "details": shown }));
    let disputed = json!({ "event": event, "grounds": "privacy" });
    world.accepted("request-amendment", act(601, "2026-03-04", disputed));
    world.accepted("grant-access", crate::accesses::granted(71, "svc:azul-sis"));
    world.accepted("withdraw-service", act(OFFERING, "2026-03-09", json!({ "reason": "funding" })));
    world
}

#[test]
fn no_row_is_without_an_event_that_made_it() {
    let world = assessed();
    for view in VIEWS {
        let mut all = Rows::in_memory();
        let events = events(&world);
        events.iter().for_each(|event| view.apply(&mut all, event));
        for row in rows(*view, &all) {
            let explanation = Explanation::new(*view, std::slice::from_ref(&row));
            let made = events.iter().filter(|event| explanation.names(&all, event)).count();
            assert!(made > 0, "nothing made {row} of {}", view.name());
        }
    }
}

/// Positions of the events that made the rows of this site and month.
fn made(view: &'static str, filters: &[(&str, &str)]) -> Vec<u64> {
    let (view, events) = (views::view(view).unwrap(), events(&world()));
    let mut all = Rows::in_memory();
    let mut filters: std::collections::BTreeMap<_, _> =
        filters.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect();
    filters.insert("by".to_owned(), view.identity().join(","));
    events.iter().for_each(|event| view.apply(&mut all, event));
    let explanation = Explanation::new(view, &answer(view, &all, &filters, None).unwrap());
    let named = events.iter().filter(|event| explanation.names(&all, event));
    named.map(|event| event.envelope.position).collect()
}

/// The same with an assessment of every sort of row, of which some were corrected.
pub(crate) fn assessed() -> World {
    let mut world = world();
    let [_, food] = crate::needs::assess(&mut world);
    crate::needs::prioritise(&mut world);
    let now = json!({
        "need": id(32), "barrier": "housing", "evidence": ["voices"], "tier": 2, "site": id(SITE), "year": "2025-26",
    });
    world.accepted("correct-assessment", correct(food, "need-identified", now));
    world.accepted("change-phase", act(SITE, "2026-03-02", json!({ "phase": "engaging" })));
    world
}

#[test]
fn a_need_and_a_page_are_made_by_what_was_said_of_them_and_by_offerings() {
    let (view, all) = (views::view("needs-and-assets").unwrap(), events(&assessed()));
    let mut rows = Rows::in_memory();
    all.iter().for_each(|event| view.apply(&mut rows, event));
    let made = |what: &str, id: String| {
        let asked = [("what".to_owned(), what.to_owned()), ("id".to_owned(), id)].into();
        let explanation = Explanation::new(view, &answer(view, &rows, &asked, None).unwrap());
        let named = all.iter().filter(|event| explanation.names(&rows, event));
        named.map(|event| event.fact.event.name()).collect::<Vec<_>>()
    };
    let offered = ["service-offered", "service-withdrawn", "assessment-opened"];
    let of = |more: &[&'static str]| [&offered[..], more].concat();
    assert_eq!(made("need", id(31).to_string()), of(&["need-identified"]));
    assert_eq!(
        made("need", id(32).to_string()),
        of(&["need-identified", "priority-set", "assessment-corrected"])
    );
    let goal = made("goal", id(33).to_string());
    let about = ["assessment-opened", "need-identified", "goal-set", "progress-observed"];
    assert_eq!(goal, about);
}

#[test]
fn a_correction_is_traced_to_what_it_corrects() {
    let (view, all) = (views::view("timeline").unwrap(), events(&assessed()));
    let mut rows = Rows::in_memory();
    all.iter().for_each(|event| view.apply(&mut rows, event));
    let corrected = all.iter().find(|event| event.fact.event.name() == "assessment-corrected").unwrap();
    let asked = [("subject".to_owned(), corrected.fact.subject.to_string())].into();
    let told = answer(view, &rows, &asked, None).unwrap();
    let of_it = told.iter().find(|row| row["standing"] == "corrected").unwrap();
    let traces = view.traces(&rows, corrected);
    assert_eq!(traces, [json!({ "subject": of_it["subject"], "position": of_it["position"] })]);
}

#[test]
fn a_figure_is_made_by_what_entered_and_what_left() {
    let last = events(&world()).len() as u64;
    let [delivered, corrected, held, withdrawn] = [last - 7, last - 6, last - 5, last];
    assert_eq!(made("service-ledger", &[("month", "2026-03")]), [delivered, corrected]);
    assert_eq!(made("service-ledger", &[("kind", "food")]), [0; 0]);
    assert_eq!(made("engagement-summary", &[]), [held]);
    let site = id(SITE).to_string();
    let page = made("site-profile", &[("site", &site)]);
    assert!(
        [delivered, corrected, held, withdrawn].iter().all(|position| page.contains(position)),
        "{page:?}"
    );
    let other = id(OTHER_SITE).to_string();
    assert_eq!(made("site-profile", &[("site", &other)]).len(), 1);
}

#[test]
fn a_merge_is_among_what_made_the_reach_of_those_who_were_merged() {
    let mut world = World::working();
    world.accepted("record-delivery", delivery("2026-03-02"));
    for number in [101, 102, 103] {
        world.accepted("enrol-person", act(number, "2025-08-11", json!({})));
    }
    world.accepted("merge-persons", act(103, "2026-03-02", json!({ "into": id(101) })));
    let merged = world.accepted("merge-persons", act(101, "2026-03-02", json!({ "into": id(102) })));
    let (view, events) = (views::view("reach").unwrap(), events(&world));
    let mut all = Rows::in_memory();
    events.iter().for_each(|event| view.apply(&mut all, event));
    let explanation = Explanation::new(view, &rows(view, &all));
    let named: Vec<_> = events.iter().filter(|event| explanation.names(&all, event)).collect();
    // Not the merge of a person that nothing was delivered to, nor the enrolments.
    assert_eq!(named.len(), 2);
    assert_eq!(named[1].envelope.id, merged);
}

#[test]
fn money_is_made_by_what_was_given_and_spent_and_hours_by_deliveries() {
    let events = events(&world());
    let names: Vec<_> = events.iter().map(|event| event.fact.event.name()).collect();
    let of = |positions: Vec<u64>| -> Vec<&str> {
        positions.iter().map(|position| names[usize::try_from(*position).unwrap() - 1]).collect()
    };
    let site = id(SITE).to_string();
    assert_eq!(of(made("funding", &[("site", &site), ("award", "CS-25-7")])), ["grant-allocated"]);
    assert_eq!(of(made("funding", &[("site", "")])), ["grant-awarded", "grant-allocated"]);
    assert_eq!(of(made("funding", &[("grant", "")])), ["service-delivered"]);
    assert_eq!(of(made("assistance-log", &[])), ["assistance-requested"]);
    assert_eq!(of(made("access", &[])), ["access-granted"]);
    let partner = id(PARTNER).to_string();
    assert!(of(made("partner-directory", &[("partner", &partner)])).contains(&"agreement-signed"));
}
