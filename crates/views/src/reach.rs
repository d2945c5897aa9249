//! Unduplicated reach: distinct persons and cases by any of site, partner, pillar, kind, tier and month, and unions
//! of them, within one ledger.
//!
//! Cells keep every person's own number. Who was merged into whom stands apart and is applied when people are counted,
//! so that a merge changes one row, and a separation takes it back exactly.

use std::collections::BTreeMap;

use domain::delivery::Delivered;
use domain::id::PersonId;
use domain::person::Event;
use domain::{Effective, Event as AnyEvent};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use wire::RecordedEvent;

use crate::cells::{Place, changes, places};
use crate::{Digits, Rows, View};

/// The view.
pub(crate) struct Reach;

#[derive(Default, Serialize, Deserialize)]
struct Cell {
    persons: Digits,
    cases: Digits,
}

/// The number of the person that another was merged into; none if it counts for itself.
#[derive(Default, Serialize, Deserialize)]
struct Merge {
    into: Option<u32>,
}

/// The columns of a group, and the persons and cases in it.
type Group = (Map<String, Value>, [RoaringBitmap; 2]);

/// Numbers of the persons and of the case of a delivery.
fn numbers(rows: &mut Rows, delivered: &Delivered) -> [RoaringBitmap; 2] {
    let persons = delivered.persons().map(|person| rows.rank(b'p', &person.0)).collect();
    let cases = delivered.case.iter().map(|case| rows.rank(b'q', &case.0)).collect();
    [persons, cases]
}

/// Takes a delivery into its cell or out of it; one that names nobody has no cell.
fn change(
    rows: &mut Rows,
    delivered: &Delivered,
    effective: Option<Effective>,
    how: fn(&mut Digits, &RoaringBitmap),
) {
    let [persons, cases] = numbers(rows, delivered);
    if persons.is_empty() && cases.is_empty() {
        return;
    }
    if let Some(place) = Place::of(delivered, effective) {
        rows.update(&place.key(b'c'), |cell: &mut Cell| {
            how(&mut cell.persons, &persons);
            how(&mut cell.cases, &cases);
        });
    }
}

/// What an event says of whom the person that it is about counts as: another, or itself again; nothing for most.
fn counts_as(event: &Event) -> Option<Option<PersonId>> {
    match event {
        Event::PersonsMerged(merged) => Some(Some(merged.into)),
        Event::PersonsSeparated(_) => Some(None),
        Event::PersonCorrected(c) => match (&c.was.event, &c.now) {
            // Only a merge that holds is corrected to another person.
            (Event::PersonsMerged(was), Event::PersonsMerged(now)) if was != now => Some(Some(now.into)),
            _ => None,
        },
        Event::PersonVoided(v) => match &v.was.event {
            Event::PersonsMerged(_) => Some(None),
            Event::PersonsSeparated(separated) => Some(Some(separated.from)),
            _ => None,
        },
        Event::PersonEnrolled(_) | Event::HouseholdJoined(_) | Event::HouseholdLeft(_) => None,
    }
}

/// For every person that was merged away, by number, the one that both are now.
fn merged(rows: &Rows) -> BTreeMap<u32, u32> {
    let mut merges = BTreeMap::new();
    rows.each(b"m", |key, merge: &Merge| {
        let number = key.split_first().and_then(|(_, number)| number.try_into().ok().map(u32::from_be_bytes));
        merges.extend(number.zip(merge.into));
    });
    let last = |number: &u32| {
        let mut number = *number;
        // No merge leads back; a chain is no longer than there are merges.
        for _ in 0..merges.len() {
            let Some(into) = merges.get(&number) else { break };
            number = *into;
        }
        number
    };
    merges.keys().map(|number| (*number, last(number))).collect()
}

/// Persons of a group with those that were merged as one.
fn united(mut persons: RoaringBitmap, merges: &BTreeMap<u32, u32>) -> RoaringBitmap {
    for (number, into) in merges {
        if persons.remove(*number) {
            persons.insert(*into);
        }
    }
    persons
}

impl View for Reach {
    fn name(&self) -> &'static str {
        "reach"
    }
    fn revision(&self) -> u32 {
        4
    }
    fn about(&self) -> &'static str {
        "distinct persons (tiers 1 and 2) and cases (tier 3, mental health), unduplicated within the ledger"
    }
    fn columns(&self) -> &'static [&'static str] {
        &["site", "partner", "pillar", "kind", "tier", "month", "school_year"]
    }
    fn identity(&self) -> &'static [&'static str] {
        &["month", "site", "partner", "pillar", "kind", "tier"]
    }
    fn traces(&self, _: &Rows, event: &RecordedEvent) -> Vec<Value> {
        places(event)
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
        if let AnyEvent::Person(change) = &event.fact.event
            && let Some(other) = counts_as(change)
        {
            let number = rows.rank(b'p', &event.fact.subject.id);
            let into = other.map(|other| rows.rank(b'p', &other.0));
            let key = [b"m".as_slice(), &number.to_be_bytes()].concat();
            rows.update(&key, |merge: &mut Merge| merge.into = into);
        }
        let [was, now] = changes(event);
        if let Some((was, effective)) = was {
            change(rows, was, effective, Digits::remove);
        }
        if let Some((now, effective)) = now {
            change(rows, now, effective, Digits::add);
        }
    }

    /// One row for each group of `by`; without `by` one row for everything that is wanted.
    fn list(&self, rows: &Rows, by: &[&str], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
        let mut groups: BTreeMap<Vec<String>, Group> = BTreeMap::new();
        rows.each(b"c", |key, cell: &Cell| {
            let place = Value::Object(Place::read(key).map(|place| place.columns()).unwrap_or_default());
            if !wanted(&place) {
                return;
            }
            let value = |column: &&str| place.get(*column).cloned().unwrap_or_default();
            let key = by.iter().map(|column| value(column).to_string()).collect();
            let (_, [persons, cases]) = groups.entry(key).or_insert_with(|| {
                (by.iter().map(|column| ((*column).to_owned(), value(column))).collect(), Default::default())
            });
            *persons |= cell.persons.distinct();
            *cases |= cell.cases.distinct();
        });
        let merges = merged(rows);
        let counted = |(mut row, [persons, cases]): Group| {
            row.insert("persons".into(), united(persons, &merges).len().into());
            row.insert("cases".into(), cases.len().into());
            Value::Object(row)
        };
        groups.into_values().map(counted).collect()
    }
}
