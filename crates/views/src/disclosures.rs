//! Disclosures: who outside was shown what about a person, a case or a number of people, when, what for and on what
//! basis.
//!
//! A row tells whom the person counts as today, so that after a merge all that was shown of somebody is found under one
//! id; the id that was recorded stays beside it. Merges stand apart, so that a separation takes one back exactly.

use std::collections::BTreeMap;

use domain::disclosure::{Disclosed, Event};
use domain::person::Identity;
use domain::{Event as AnyEvent, Kind, Subject};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::RecordedEvent;

use crate::cells::code;
use crate::marks::{about, id_in, mark};
use crate::merges::{chain, counted_as};
use crate::reach::identifies;
use crate::{Clues, Rows, View};

/// The view.
pub(crate) struct Disclosures;

/// One disclosure; its day and position are the key.
#[derive(Default, Serialize, Deserialize)]
struct Item {
    disclosure: Uuid,
    // None before there is a row.
    disclosed: Option<Disclosed>,
    day: Date,
    basis: Vec<String>,
}

/// A person that was ever merged away: its merges and separations.
#[derive(Default, Serialize, Deserialize)]
struct Merge {
    identity: Identity,
}

/// family 1 · year 2 · month 1 · day 1 · position 8, so that rows lie in the order of their days.
fn key(day: Date, position: u64) -> Vec<u8> {
    let date = [&day.year().to_be_bytes()[..], &day.month().to_be_bytes(), &day.day().to_be_bytes()].concat();
    [b"d".as_slice(), &date, &position.to_be_bytes()].concat()
}

/// For every person that is merged away, the one that it was merged into.
fn merges(rows: &Rows) -> BTreeMap<Uuid, Uuid> {
    let mut merges = BTreeMap::new();
    rows.each(b"m", |key, merge: &Merge| {
        let person = key.get(1..).and_then(|id| Uuid::from_slice(id).ok());
        merges.extend(person.zip(merge.identity.merged_into().map(|into| into.0)));
    });
    merges
}

impl View for Disclosures {
    fn name(&self) -> &'static str {
        "disclosures"
    }
    fn revision(&self) -> u32 {
        1
    }
    fn about(&self) -> &'static str {
        "who outside was shown what about a person, a case or so many people, when, what for and on what basis"
    }
    fn columns(&self) -> &'static [&'static str] {
        &[
            "disclosure",
            "day",
            "person",
            "recorded_as",
            "case",
            "subjects",
            "recipient",
            "purpose",
            "fields",
            "basis",
            "sharing",
        ]
    }
    fn identity(&self) -> &'static [&'static str] {
        &["disclosure"]
    }
    fn traces(&self, rows: &Rows, event: &RecordedEvent) -> Vec<Value> {
        let subject = event.fact.subject.id;
        let named = |disclosure: Uuid| json!({ "disclosure": disclosure.to_string() });
        let mut traces = Vec::new();
        match &event.fact.event {
            AnyEvent::Disclosure(_) => traces.push(named(subject)),
            AnyEvent::Person(change) if identifies(change) => {
                let merges = merges(rows);
                rows.each(b"d", |_, item: &Item| {
                    let person = item.disclosed.as_ref().and_then(|disclosed| disclosed.person);
                    if person.is_some_and(|person| chain(&merges, person.0).contains(&subject)) {
                        traces.push(named(item.disclosure));
                    }
                });
            }
            _ => {}
        }
        traces
    }

    fn clues(&self, _: &Rows, row: &Value) -> Clues {
        let recorded = id_in(row, "disclosure").map(|id| about(Subject { kind: Kind::Disclosure, id }));
        // Whether a merge is about the person of a disclosure depends on those before it.
        Clues::made(recorded).knowing([mark("merge", &[])])
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
        let subject = event.fact.subject.id;
        match &event.fact.event {
            AnyEvent::Disclosure(Event::DisclosureRecorded(disclosed)) => {
                let day = event.fact.effective.map_or(Date::MIN, |effective| effective.from());
                let grounds = event.envelope.basis.iter().flat_map(|basis| basis.split(' '));
                let basis = grounds.map(str::to_owned).collect();
                let disclosed = Some(disclosed.clone());
                rows.update(&key(day, event.envelope.position), |item: &mut Item| {
                    *item = Item { disclosure: subject, disclosed, day, basis };
                });
            }
            AnyEvent::Person(change) if Identity::concerns(change) => {
                let key = [b"m".as_slice(), subject.as_bytes()].concat();
                rows.update(&key, |merge: &mut Merge| merge.identity.record(&event.recorded(), change));
            }
            _ => {}
        }
    }

    fn list(&self, rows: &Rows, _: &[&str], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
        let merges = merges(rows);
        let mut list = Vec::new();
        rows.each(b"d", |_, item: &Item| {
            let row = item.disclosed.as_ref().map(|disclosed| describe(item, disclosed, &merges));
            list.extend(row.filter(|row| wanted(row)));
        });
        list
    }
}

fn describe(item: &Item, disclosed: &Disclosed, merges: &BTreeMap<Uuid, Uuid>) -> Value {
    let recorded = disclosed.person.map(|person| person.0);
    json!({
        "disclosure": item.disclosure.to_string(),
        "day": item.day.to_string(),
        "person": recorded.map(|person| counted_as(merges, person)).map(|person| person.to_string()),
        "recorded_as": recorded.map(|person| person.to_string()),
        "case": disclosed.case.map(|case| case.to_string()),
        "subjects": disclosed.subjects,
        "recipient": disclosed.recipient.to_string(),
        "purpose": code(&disclosed.purpose),
        "fields": disclosed.fields,
        "basis": item.basis,
        "sharing": disclosed.sharing.map(|sharing| sharing.to_string()),
    })
}
