//! The views of a year, beside the same figures counted in the plainest way from the events that still stand.

mod histories;
mod two_axes;

use std::collections::{BTreeMap, BTreeSet};

use domain::delivery::{Delivered, Event as Delivery};
use domain::engagement::Event as Engagement;
use domain::person::Event as Person;
use domain::{Effective, Event};
use serde_json::Value;
use tests::year::recorded;
use uuid::Uuid;
use views::{Rows, VIEWS, answer, view};
use wire::RecordedEvent;
use wire::{Interpreted, decode};

/// What still stands of a year: the last form of every event that was not voided.
fn standing(events: &[RecordedEvent]) -> BTreeMap<Uuid, (Event, Option<Effective>)> {
    let mut standing = BTreeMap::new();
    for event in events {
        let now = match &event.fact.event {
            Event::Delivery(Delivery::DeliveryCorrected(c)) => Some(Event::Delivery(c.now.clone())),
            Event::Delivery(Delivery::DeliveryVoided(_)) => None,
            other => Some(other.clone()),
        };
        if let Some(corrects) = event.fact.corrects {
            assert!(standing.remove(&corrects).is_some(), "a correction of what stands");
        }
        if let Some(now) = now {
            standing.insert(event.envelope.id, (now, event.fact.effective));
        }
    }
    standing
}

fn deliveries(events: &[RecordedEvent]) -> Vec<(Delivered, String)> {
    let of = |(event, effective): (Event, Option<Effective>)| match event {
        Event::Delivery(Delivery::ServiceDelivered(delivered)) => {
            Some((delivered, effective.unwrap().from().strftime("%Y-%m").to_string()))
        }
        _ => None,
    };
    standing(events).into_values().filter_map(of).collect()
}

/// Who was merged into whom, and not separated since.
fn merged(events: &[RecordedEvent]) -> BTreeMap<Uuid, Uuid> {
    let mut merged = BTreeMap::new();
    for (subject, event) in events.iter().map(|event| (event.fact.subject.id, &event.fact.event)) {
        match event {
            Event::Person(Person::PersonsMerged(now)) => {
                let _ = merged.insert(subject, now.into.0);
            }
            Event::Person(Person::PersonsSeparated(_)) => {
                let _ = merged.remove(&subject);
            }
            Event::Person(Person::PersonVoided(void))
                if matches!(void.was.event, Person::PersonsMerged(_)) =>
            {
                let _ = merged.remove(&subject);
            }
            _ => {}
        }
    }
    merged
}

/// The rows of a view after these events.
fn rows(name: &str, events: &[RecordedEvent]) -> Rows {
    let mut rows = Rows::in_memory();
    for event in events {
        view(name).unwrap().apply(&mut rows, event);
    }
    rows
}

fn ask(name: &str, rows: &Rows, filters: &[(&str, &str)]) -> Vec<Value> {
    let filters = filters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    answer(view(name).unwrap(), rows, &filters, None).unwrap()
}

fn text<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value).unwrap() {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[tokio::test]
async fn the_service_ledger_counts_what_still_stands() {
    let events = recorded(3, 8_000).await.events().await;
    let mut expected: BTreeMap<[String; 4], [u64; 4]> = BTreeMap::new();
    for (delivered, month) in deliveries(&events) {
        let key = [text(&delivered.site), text(&delivered.kind), text(&delivered.tier), month];
        let sums = expected.entry(key).or_default();
        let people = delivered.persons().count() + usize::from(delivered.case.is_some());
        let more = [1, delivered.minutes.into(), people as u64, delivered.headcount.unwrap_or(0).into()];
        sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    }
    let rows = rows("service-ledger", &events);
    let found: BTreeMap<[String; 4], [u64; 4]> =
        ask("service-ledger", &rows, &[("by", "site,kind,tier,month")])
            .iter()
            .map(|row| {
                let key = ["site", "kind", "tier", "month"].map(|column| text(&row[column]));
                (
                    key,
                    ["deliveries", "minutes", "attendances", "headcount"]
                        .map(|column| row[column].as_u64().unwrap()),
                )
            })
            .filter(|(_, sums)| *sums != [0; 4])
            .collect();
    assert!(expected.len() > 200, "{}", expected.len());
    assert_eq!(found, expected);
}

#[tokio::test]
async fn reach_counts_each_person_once_however_it_is_cut() {
    let events = recorded(4, 8_000).await.events().await;
    let (deliveries, rows) = (deliveries(&events), rows("reach", &events));
    let columns = |d: &Delivered, month: &str| {
        BTreeMap::from([
            ("site", text(&d.site)),
            ("kind", text(&d.kind)),
            ("partner", text(&d.partner)),
            ("tier", text(&d.tier)),
            ("month", month.to_owned()),
        ])
    };
    let merged = merged(&events);
    let is = |person: Uuid| {
        std::iter::successors(Some(person), |person| merged.get(person).copied()).last().unwrap()
    };
    for by in [vec![], vec!["site"], vec!["kind"], vec!["partner", "tier"], vec!["site", "kind", "month"]] {
        let mut expected: BTreeMap<Vec<String>, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
        for (delivered, month) in &deliveries {
            let columns = columns(delivered, month);
            let (persons, cases) =
                expected.entry(by.iter().map(|column| columns[column].clone()).collect()).or_default();
            persons.extend(delivered.persons().map(|person| text(&is(person.0))));
            cases.extend(delivered.case.iter().map(text));
        }
        let joined = by.join(",");
        let filters = if by.is_empty() { vec![] } else { vec![("by", joined.as_str())] };
        let found: BTreeMap<Vec<String>, [u64; 2]> = ask("reach", &rows, &filters)
            .iter()
            .map(|row| {
                let key = by.iter().map(|column| text(&row[*column])).collect();
                (key, ["persons", "cases"].map(|column| row[column].as_u64().unwrap()))
            })
            .filter(|(_, counts)| *counts != [0, 0])
            .collect();
        let expected: BTreeMap<_, _> = expected
            .into_iter()
            .map(|(key, (persons, cases))| (key, [persons.len() as u64, cases.len() as u64]))
            .filter(|(_, counts)| *counts != [0, 0])
            .collect();
        assert_eq!(found, expected, "by {by:?}");
    }
    // A filter cuts before the union.
    let site = text(&deliveries[0].0.site);
    let here: BTreeSet<String> = deliveries
        .iter()
        .filter(|(d, _)| text(&d.site) == site)
        .flat_map(|(d, _)| d.persons().map(text))
        .collect();
    assert_eq!(ask("reach", &rows, &[("site", &site)])[0]["persons"], here.len());
}

#[tokio::test]
async fn a_family_that_comes_twice_is_one_family() {
    let events = recorded(5, 8_000).await.events().await;
    let (mut seen, mut held) = (BTreeMap::<String, BTreeSet<String>>::new(), BTreeMap::<String, u64>::new());
    for (event, _) in standing(&events).into_values() {
        match event {
            Event::Engagement(Engagement::FamilyEngaged(family)) => {
                seen.entry(text(&family.site)).or_default().insert(text(&family.household));
            }
            Event::Engagement(Engagement::EngagementHeld(engagement)) => {
                *held.entry(text(&engagement.site)).or_default() += 1;
            }
            _ => {}
        }
    }
    let rows = rows("engagement-summary", &events);
    let answer = ask("engagement-summary", &rows, &[("by", "site")]);
    for row in &answer {
        let site = text(&row["site"]);
        assert_eq!(row["families"], seen.get(&site).map_or(0, BTreeSet::len), "{site}");
        assert_eq!(row["held"], held.get(&site).copied().unwrap_or(0), "{site}");
    }
    assert!(answer.len() > 10 && seen.len() > 10);
}

#[tokio::test]
async fn registers_show_every_thing_once_with_what_was_delivered() {
    let events = recorded(6, 6_000).await.events().await;
    let deliveries = deliveries(&events);
    for (name, id, of) in [
        ("site-profile", "site", (|d: &Delivered| text(&d.site)) as fn(&Delivered) -> String),
        ("partner-directory", "partner", |d: &Delivered| text(&d.partner)),
        ("agreement-register", "agreement", |d: &Delivered| text(&d.agreement)),
    ] {
        let rows = ask(name, &rows(name, &events), &[]);
        let ids: BTreeSet<String> = rows.iter().map(|row| text(&row[id])).collect();
        assert_eq!(ids.len(), rows.len(), "{name}");
        for row in &rows {
            let minutes =
                deliveries.iter().filter(|(d, _)| of(d) == text(&row[id])).map(|(d, _)| u64::from(d.minutes));
            assert_eq!(row["delivered_minutes"], minutes.sum::<u64>(), "{name} {row}");
        }
    }
    let ended = ask("agreement-register", &rows("agreement-register", &events), &[("status", "ended")]);
    assert_eq!(ended.len(), 1, "{ended:?}");
}

#[tokio::test]
async fn the_feed_names_nobody() {
    let events = recorded(7, 3_000).await.events().await;
    let rows = rows("activity-feed", &events);
    let feed = ask("activity-feed", &rows, &[]);
    assert_eq!(feed.len(), 200);
    assert_eq!(feed[0]["position"], events.len());
    let said: String = feed.iter().map(|item| item["said"].to_string()).collect();
    for (delivered, _) in deliveries(&events) {
        for person in delivered.persons() {
            assert!(!said.contains(&person.to_string()));
        }
    }
}

#[tokio::test]
async fn every_view_says_what_it_answers_and_has_the_columns_that_it_names() {
    let mut events = recorded(8, 12_000).await.events().await;
    // A made-up year has no tokens; this is the frozen one.
    let frozen = include_str!("../../crates/wire/tests/golden/events/access.ndjson");
    let Interpreted::Event(granted) = decode::one(frozen.lines().next().unwrap()).unwrap() else { panic!() };
    events.push(*granted);
    for view in VIEWS {
        assert!(!view.about().is_empty());
        // These are always grouped.
        let grouped = ["reach", "funding"].contains(&view.name());
        let by = if grouped { view.columns().join(",") } else { String::new() };
        let filters = if by.is_empty() { vec![] } else { vec![("by", by.as_str())] };
        let found = ask(view.name(), &rows(view.name(), &events), &filters);
        let row = found.first().unwrap_or_else(|| panic!("{} is empty", view.name()));
        for column in view.columns() {
            assert!(row.get(column).is_some(), "{} has no {column}: {row}", view.name());
        }
        let refused = answer(
            *view,
            &rows(view.name(), &events),
            &[("colour".to_owned(), "red".to_owned())].into(),
            None,
        );
        assert!(refused.unwrap_err().to_string().contains(view.columns()[0]));
    }
}
