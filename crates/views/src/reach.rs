//! Unduplicated reach: distinct persons and cases by any of site, partner, pillar, kind, tier and month, and unions
//! of them, within one ledger.
//!
//! Cells keep every person's own number. Who was merged into whom stands apart and is applied when people are counted,
//! so that a merge changes one row, and a separation takes it back exactly. Merges are kept as a history, because seen from
//! a day one of them may come back after what ended it.

use std::collections::{BTreeMap, BTreeSet};

use domain::delivery::Delivered;
use domain::person::{Event, Identity};
use domain::{Effective, Event as AnyEvent};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;
use wire::RecordedEvent;

use crate::answer::{QueryError, Wanted};
use crate::cells::{Place, changes, places};
use crate::marks::{Mark, mark};
use crate::merges::{chain, counted_as};
use crate::{Clues, Digits, Rows, View};

/// The view.
pub(crate) struct Reach;

#[derive(Default, Serialize, Deserialize)]
struct Cell {
    persons: Digits,
    cases: Digits,
}

/// A person that was ever merged away: its number, and that of whom it counts as; none if it counts for itself.
#[derive(Default, Serialize, Deserialize)]
struct Merge {
    number: u32,
    into: Option<u32>,
    identity: Identity,
}

fn merge_key(person: &Uuid) -> Vec<u8> {
    [b"m".as_slice(), person.as_bytes()].concat()
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

/// Whether an event says anew as whom the person that it is about is counted.
pub(crate) fn identifies(event: &Event) -> bool {
    match event {
        Event::PersonCorrected(c) => c.was.event != c.now && Identity::concerns(event),
        event => Identity::concerns(event),
    }
}

/// The mark of an event by which people may count as others, or no longer.
pub(crate) fn merge(event: &Event) -> Option<Mark> {
    identifies(event).then(|| mark("merge", &[]))
}

/// For every person that is merged away, by number, the one that it was merged into.
fn merges(rows: &Rows) -> BTreeMap<u32, u32> {
    let mut merges = BTreeMap::new();
    rows.each(b"m", |_, merge: &Merge| merges.extend(merge.into.map(|into| (merge.number, into))));
    merges
}

/// A person, and all that are merged into it, by number.
fn one(rows: &Rows, person: &Uuid) -> RoaringBitmap {
    let mut number = None;
    rows.each(&merge_key(person), |_, merge: &Merge| number = Some(merge.number));
    let merges = merges(rows);
    let same =
        merges.keys().filter(|other| number.is_some_and(|number| chain(&merges, **other).contains(&number)));
    same.copied().chain(number).collect()
}

/// Persons of a group with those that were merged as one.
fn united(mut persons: RoaringBitmap, merges: &BTreeMap<u32, u32>) -> RoaringBitmap {
    for number in merges.keys() {
        if persons.remove(*number) {
            persons.insert(counted_as(merges, *number));
        }
    }
    persons
}

impl View for Reach {
    fn name(&self) -> &'static str {
        "reach"
    }
    fn revision(&self) -> u32 {
        7
    }
    fn about(&self) -> &'static str {
        "distinct persons (tiers 1 and 2) and cases (tier 3, mental health), unduplicated within the ledger"
    }
    fn columns(&self) -> &'static [&'static str] {
        &["site", "partner", "pillar", "kind", "mental_health", "tier", "funding", "month", "school_year"]
    }
    fn identity(&self) -> &'static [&'static str] {
        &["month", "site", "partner", "pillar", "kind", "tier", "funding"]
    }
    fn traces(&self, rows: &Rows, event: &RecordedEvent) -> Vec<Value> {
        let AnyEvent::Person(change) = &event.fact.event else { return places(event) };
        let mut named = Vec::new();
        if identifies(change) {
            let one = one(rows, &event.fact.subject.id);
            rows.each(b"c", |key, cell: &Cell| {
                if !cell.persons.distinct().is_disjoint(&one) {
                    named.extend(Place::read(key).map(|place| Value::Object(place.columns())));
                }
            });
        }
        named
    }
    fn clues(&self, _: &Rows, row: &Value) -> Clues {
        // Whether a merge is among them depends on who was in the cell by then.
        let cell = Place::in_row(row).map(|place| place.mark());
        Clues::default().knowing(cell.into_iter().chain([mark("merge", &[])]))
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
        if let AnyEvent::Person(change) = &event.fact.event
            && Identity::concerns(change)
        {
            let number = rows.rank(b'p', &event.fact.subject.id);
            let key = merge_key(&event.fact.subject.id);
            let mut into = None;
            rows.update(&key, |merge: &mut Merge| {
                merge.number = number;
                merge.identity.record(&event.recorded(), change);
                into = merge.identity.merged_into();
            });
            let into = into.map(|into| rows.rank(b'p', &into.0));
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
        let merges = merges(rows);
        let counted = |(mut row, [persons, cases]): Group| {
            row.insert("persons".into(), united(persons, &merges).len().into());
            row.insert("cases".into(), cases.len().into());
            Value::Object(row)
        };
        groups(rows, by, wanted).into_values().map(counted).collect()
    }
}

/// Who is in each group of `by`, of those cells that are wanted.
fn groups(rows: &Rows, by: &[&str], wanted: &dyn Fn(&Value) -> bool) -> BTreeMap<Vec<String>, Group> {
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
    groups
}

/// Who is counted, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cohort {
    /// Persons; of those that were merged, the one as whom they count.
    pub persons: BTreeSet<Uuid>,
    /// Cases.
    pub cases: BTreeSet<Uuid>,
}

/// Who is counted in a row of `reach` that these filters make, from the view's rows.
///
/// # Errors
/// [`QueryError`] for a column that the view does not have.
pub fn cohort(rows: &Rows, filters: &BTreeMap<String, String>) -> Result<Cohort, QueryError> {
    let wanted = Wanted::read(&Reach, filters)?;
    let all = groups(rows, &[], &|row| wanted.meets(row)).into_values().next();
    let [persons, cases] = all.map(|(_, counted)| counted).unwrap_or_default();
    let persons = united(persons, &merges(rows));
    Ok(Cohort { persons: rows.ranked(b'p', &persons), cases: rows.ranked(b'q', &cases) })
}
