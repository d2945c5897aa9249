//! Disclosures: who was shown what about whom, found by whatever is asked.

use domain::valid::ValidOn;
use jiff::civil::date;
use serde_json::{Value, json};
use views::{Explanation, Rows, answer, view};
use wire::RecordedEvent;

use crate::kit::*;
use crate::table::{events, table};

const CASE: u128 = 201;

fn shown(day: &str, changes: &[(&str, Value)]) -> Value {
    let details = json!({
        "person": id(101), "recipient": { "ledger": "verde-usd" }, "purpose": "school-transfer",
        "fields": ["attendance", "grades"],
    });
    with(json!({ "effective": day, "details": details }), changes)
}

/// Something about two persons, a case and thirty people, the latest day first.
fn world() -> World {
    let mut world = World::working().under("law:ferpa-99.31");
    for number in [101, 102] {
        world.accepted("enrol-person", act(number, "2025-08-11", json!({})));
    }
    world.accepted("record-disclosure", shown("2026-03-04", &[]));
    world.accepted("record-disclosure", shown("2026-03-03", &[("details/person", json!(id(102)))]));
    let case = [
        ("details/person", Value::Null),
        ("details/case", json!(id(CASE))),
        ("details/recipient", json!({ "partner": id(PARTNER) })),
        ("details/purpose", json!("health-or-safety")),
    ];
    world.accepted("record-disclosure", shown("2026-03-02", &case));
    let people = [
        ("details/person", Value::Null),
        ("details/subjects", json!(30)),
        ("details/recipient", json!({ "organisation": "county-office" })),
        ("details/purpose", json!("research")),
        ("details/fields", json!(["totals"])),
    ];
    world.accepted("record-disclosure", shown("2026-03-01", &people));
    world
}

fn days(world: &World, filters: &[(&str, &str)]) -> Vec<String> {
    table(world, "disclosures", filters, "day")
}

#[test]
fn a_row_says_who_was_shown_what_about_whom_when_and_what_for() {
    let columns = "day person case subjects recipient purpose fields sharing";
    let (ana, ben, case, partner) = (id(101), id(102), id(CASE), id(PARTNER));
    let fields = r#"["attendance","grades"]"#;
    assert_eq!(
        table(&world(), "disclosures", &[], columns),
        [
            r#"2026-03-01 null null 30 county-office research ["totals"] null"#.to_owned(),
            format!("2026-03-02 null {case} null {partner} health-or-safety {fields} null"),
            format!("2026-03-03 {ben} null null verde-usd school-transfer {fields} null"),
            format!("2026-03-04 {ana} null null verde-usd school-transfer {fields} null"),
        ]
    );
}

#[test]
fn disclosures_are_found_by_whom_to_whom_what_for_what_and_when() {
    let world = world();
    let (ana, case, partner) = (id(101).to_string(), id(CASE).to_string(), id(PARTNER).to_string());
    for (filters, found) in [
        (vec![("person", ana.as_str())], vec!["2026-03-04"]),
        (vec![("case", case.as_str())], vec!["2026-03-02"]),
        (vec![("recipient", partner.as_str())], vec!["2026-03-02"]),
        (vec![("recipient", "verde-usd"), ("day", "2026-03-03")], vec!["2026-03-03"]),
        (vec![("purpose", "research")], vec!["2026-03-01"]),
        (vec![("fields", "totals")], vec!["2026-03-01"]),
        (vec![("fields", "grades"), ("day<", "2026-03-03")], vec!["2026-03-02", "2026-03-03"]),
        (vec![("subjects>", "30")], vec!["2026-03-01"]),
        (vec![("person", "")], vec!["2026-03-01", "2026-03-02"]),
    ] {
        assert_eq!(days(&world, &filters), found, "{filters:?}");
    }
}

#[test]
fn a_disclosure_is_found_by_each_of_its_grounds_and_by_its_sharing() {
    let mut world = World::working();
    let proposed = json!({
        "to": { "ledger": "verde-usd" }, "what": ["service-records"], "purpose": "service-coordination",
    });
    world.accepted("propose-sharing", act(50, "2026-01-12", proposed));
    let decision = decided_on(&mut world, "2026-02-02");
    let approval = act(50, "2026-02-02/2026-06-30", json!({ "decision": decision }));
    world.accepted("approve-sharing", approval);
    let sharing = id(50).to_string();
    let basis = format!("law:ferpa-99.31 sharing:{sharing}");
    let mut world = world.under(&basis);
    world.accepted(
        "record-disclosure",
        shown("2026-03-02", &[("details/purpose", json!("service-coordination"))]),
    );
    let mut events = events(&world);
    events.last_mut().unwrap().envelope.basis = Some(basis.clone());
    let view = view("disclosures").unwrap();
    let mut rows = Rows::in_memory();
    events.iter().for_each(|event| view.apply(&mut rows, event));
    let found = |column: &str, value: &str| {
        answer(view, &rows, &[(column.to_owned(), value.to_owned())].into(), None).unwrap()
    };
    for ground in basis.split(' ') {
        assert_eq!(found("basis", ground)[0]["basis"], json!(basis.split(' ').collect::<Vec<_>>()));
    }
    assert!(found("basis", "law:wic-5600").is_empty());
    assert_eq!(found("sharing", &sharing).len(), 1);
}

#[test]
fn what_was_shown_of_a_person_goes_with_a_merge_and_comes_back_with_a_separation() {
    let mut world = world();
    let (ana, ben) = (id(101).to_string(), id(102).to_string());
    let both = ["2026-03-03", "2026-03-04"];
    world.accepted("merge-persons", act(102, "2026-03-09", json!({ "into": id(101) })));
    assert_eq!(days(&world, &[("person", &ana)]), both);
    assert_eq!(days(&world, &[("person", &ben)]), [""; 0]);
    assert_eq!(days(&world, &[("recorded_as", &ben)]), ["2026-03-03"]);
    world.accepted("enrol-person", act(103, "2025-08-11", json!({})));
    world.accepted("merge-persons", act(101, "2026-03-10", json!({ "into": id(103) })));
    assert_eq!(days(&world, &[("person", &id(103).to_string())]), both);
    let separated = world.accepted("separate-persons", act(102, "2026-03-11", json!({ "from": id(101) })));
    assert_eq!(days(&world, &[("person", &ben)]), ["2026-03-03"]);
    world.accepted("void-person", void(separated));
    assert_eq!(days(&world, &[("person", &id(103).to_string())]), both);
}

#[test]
fn a_row_is_made_by_its_disclosure_and_by_merges_of_its_person() {
    let mut world = world();
    for number in [103, 104] {
        world.accepted("enrol-person", act(number, "2025-08-11", json!({})));
    }
    world.accepted("merge-persons", act(103, "2026-03-09", json!({ "into": id(104) })));
    world.accepted("merge-persons", act(102, "2026-03-09", json!({ "into": id(101) })));
    let (view, events) = (view("disclosures").unwrap(), events(&world));
    let mut rows = Rows::in_memory();
    events.iter().for_each(|event| view.apply(&mut rows, event));
    let names = |filters: &[(&str, &str)]| {
        let filters =
            filters.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect();
        let explanation = Explanation::new(view, &answer(view, &rows, &filters, None).unwrap());
        let named = events.iter().filter(|event: &&RecordedEvent| explanation.names(&rows, event));
        named.map(|event| event.fact.event.name()).collect::<Vec<_>>()
    };
    assert_eq!(names(&[("day", "2026-03-04")]), ["disclosure-recorded"]);
    assert_eq!(names(&[("day", "2026-03-03")]), ["disclosure-recorded", "persons-merged"]);
    assert_eq!(names(&[("case", &id(CASE).to_string())]), ["disclosure-recorded"]);
}

#[test]
fn on_a_day_nothing_is_told_that_was_shown_later() {
    let (view, mut valid) = (view("disclosures").unwrap(), ValidOn::new(date(2026, 3, 2)));
    let mut rows = Rows::in_memory();
    for event in events(&world()) {
        if let Some((_, fact)) = valid.see(&event.recorded()) {
            let fact = fact.into_owned();
            view.apply(&mut rows, &RecordedEvent { fact, ..event.clone() });
        }
    }
    let told = answer(view, &rows, &[].into(), None).unwrap();
    let days: Vec<&Value> = told.iter().map(|row| &row["day"]).collect();
    assert_eq!(days, ["2026-03-01", "2026-03-02"]);
}
