//! Unduplicated reach: distinct persons and cases by any of site, partner, pillar, kind, tier and month, and unions
//! of them, within one ledger.

use std::collections::BTreeMap;

use domain::Effective;
use domain::delivery::Delivered;
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
        &["site", "partner", "pillar", "kind", "mental_health", "tier", "funding", "month", "school_year"]
    }
    fn identity(&self) -> &'static [&'static str] {
        &["month", "site", "partner", "pillar", "kind", "tier", "funding"]
    }
    fn traces(&self, _: &Rows, event: &RecordedEvent) -> Vec<Value> {
        places(event)
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
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
        let counted = |(mut row, [persons, cases]): Group| {
            row.insert("persons".into(), persons.len().into());
            row.insert("cases".into(), cases.len().into());
            Value::Object(row)
        };
        groups.into_values().map(counted).collect()
    }
}
