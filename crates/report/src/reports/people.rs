//! Where people were passed on, heard and met: referrals, voices of assessments, engagements.

use std::collections::BTreeSet;

use serde_json::Value;

use super::parts::section;
use crate::book::{Book, text};
use crate::names::plain;
use crate::suppression::Key;
use crate::year::voices;
use crate::{Cell, Column, Measure, Scope, Section, Unit, Year};

/// Referrals by need, and in all; of a site in all alone, because there are few of each.
pub(crate) fn referrals(year: &Year, within: &Key) -> Section {
    let needs = year.values(Measure::Referrals, within, "need");
    let mut rows: Vec<(String, Key)> =
        needs.iter().map(|need| (plain(need), within.with("need", need))).collect();
    rows.sort();
    if !year.is_zero(Measure::Referrals, within) {
        rows.push(("All needs".to_owned(), within.clone()));
    }
    let row = |(label, key): (String, Key)| {
        let mut row = vec![Cell::Text(label), year.figure(Measure::Referrals, &key)];
        row.extend(["completed", "unmet", "open"].map(|outcome| {
            let key = key.with("outcome", outcome);
            year.figure(Measure::Referrals, &key)
        }));
        row
    };
    let mut columns = vec![Column::new("Need", Unit::Text)];
    columns.extend(["Opened", "Completed", "Unmet", "Open"].map(|name| Column::new(name, Unit::People)));
    let about = "Referrals opened in the school year, and what became of them since. Each is of one case, so small numbers \
                 of them are suppressed as those of people are.";
    section("Referrals", about, columns, rows.into_iter().map(row).collect())
}

/// Whose voices assessments heard, and how.
pub(crate) fn heard(book: &Book, scope: &Scope, year: &Year, within: &Key) -> Section {
    let row = |constituency: &String| {
        let site = within.value("site");
        let rows = book.rows(&voices(scope)).iter().filter(|row| text(row, "constituency") == constituency);
        let here = rows.filter(|row| site.is_none_or(|site| text(row, "site") == site));
        let methods: BTreeSet<String> = here
            .filter_map(|row| row.get("methods").and_then(Value::as_array))
            .flatten()
            .filter_map(Value::as_str)
            .map(plain)
            .collect();
        vec![
            Cell::Text(plain(constituency)),
            year.figure(Measure::Voices, &within.with("constituency", constituency)),
            Cell::Text(methods.into_iter().collect::<Vec<_>>().join(", ")),
        ]
    };
    let rows = year.values(Measure::Voices, within, "constituency").iter().map(row).collect();
    let columns = vec![
        Column::new("Voices", Unit::Text),
        Column::new("People", Unit::People),
        Column::new("How they were heard", Unit::Text),
    ];
    let about = "Who was heard by the assessments of the school year; whoever was heard twice counts twice.";
    Section { bars: Some(1), ..section("Voices heard", about, columns, rows) }
}

/// Engagements as they were planned and held: the occasions and not the people.
pub(crate) fn engagements(year: &Year, within: &Key) -> Section {
    const TOLD: [(Measure, Column); 5] = [
        (Measure::Planned, Column::new("Planned", Unit::Count)),
        (Measure::Occasions, Column::new("Held", Unit::Count)),
        (Measure::Cancelled, Column::new("Cancelled", Unit::Count)),
        (Measure::OccasionMinutes, Column::new("Time", Unit::Minutes)),
        (Measure::Interpreted, Column::new("With interpreter", Unit::Count)),
    ];
    let kinds: BTreeSet<String> =
        TOLD.iter().flat_map(|(measure, _)| year.values(*measure, within, "kind")).collect();
    let row = |kind: &String| {
        let key = within.with("kind", kind);
        let figures = TOLD.iter().map(|(measure, _)| year.figure(*measure, &key));
        [Cell::Text(plain(kind))].into_iter().chain(figures).collect()
    };
    let columns =
        [Column::new("Occasion", Unit::Text)].into_iter().chain(TOLD.map(|(_, column)| column)).collect();
    let about = "Not every engagement that was held was planned in the ledger before.";
    section("Engagements", about, columns, kinds.iter().map(row).collect())
}
