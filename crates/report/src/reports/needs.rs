//! Needs, gaps, goals and assets of the assessments of the school year.
//!
//! A goal's value is a figure of its own that adds up with none, so it is left out by itself: where it is of fewer
//! people than the policy's number, or where it tells that fewer than those are, or are not, what it counts.

use std::collections::BTreeMap;

use serde_json::Value;

use super::parts::name;
use crate::book::{Book, Question, number, text};
use crate::names::{plain, tier};
use crate::{Cell, Column, Scope, Section, Table, Unit};

/// Names a column of words.
fn words<const N: usize>(names: [&'static str; N]) -> Vec<Column> {
    names.into_iter().map(|name| Column::new(name, Unit::Text)).collect()
}

fn question(scope: &Scope, what: &str) -> Question {
    Question::of("needs-and-assets", &[("school_year", &scope.school_year.to_string()), ("what", what)])
}

/// What is asked of assessments.
pub(crate) fn questions(scope: &Scope) -> Vec<Question> {
    ["need", "goal", "asset"].map(|what| question(scope, what)).into()
}

/// Rows by the name of their site, of one site or of all, each with that name.
fn rows<'a>(
    book: &'a Book,
    (scope, what): (&Scope, &str),
    sites: &BTreeMap<String, String>,
    only: Option<&str>,
) -> Vec<(String, &'a Value)> {
    let rows = book.rows(&question(scope, what)).iter();
    let mut rows: Vec<(String, &Value)> = rows
        .filter(|row| only.is_none_or(|only| text(row, "site") == only))
        .map(|row| (name(sites, text(row, "site")), row))
        .collect();
    // The view's own order within a site: priorities first.
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    rows
}

/// Needs and goals.
pub(crate) fn sections(
    book: &Book,
    scope: &Scope,
    sites: &BTreeMap<String, String>,
    only: Option<&str>,
) -> [Section; 2] {
    let need = |(site, row): (String, &Value)| {
        let offered = row.get("offerings").and_then(Value::as_array).map_or(0, Vec::len) as u64;
        let gap = if text(row, "status") == "gap" { "gap" } else { "" };
        vec![
            Cell::Text(site),
            Cell::Text(plain(text(row, "barrier"))),
            Cell::Text(tier(&number(row, "tier").to_string())),
            row.get("priority").and_then(Value::as_u64).map_or(Cell::None, Cell::Number),
            Cell::Number(offered),
            Cell::text(gap),
        ]
    };
    let mut columns = words(["Site", "Need", "Tier"]);
    columns.extend([Column::new("Priority", Unit::Count), Column::new("Offerings now", Unit::Count)]);
    columns.extend(words(["Gap"]));
    let needs = Section {
        heading: "Needs and gaps".to_owned(),
        about: "What assessments found, by the priority that a council gave it. A need that no offering at the site \
                meets now is a gap."
            .to_owned(),
        table: Table { columns, rows: rows(book, (scope, "need"), sites, only).into_iter().map(need).collect() },
        is_list: false, bars: None,
    };
    let under = book.suppress_under();
    let goal = |(site, row): (String, &Value)| goal(site, row, under);
    let goals = Section {
        heading: "Goals".to_owned(),
        about: "Where a site stood, wants to be, and was last seen. Values that would tell a small number of people are \
                suppressed."
            .to_owned(),
        table: Table {
            columns: words(["Site", "Indicator", "Baseline", "Target", "By", "Last seen", "On", "Progress"]),
            rows: rows(book, (scope, "goal"), sites, only).into_iter().map(goal).collect(),
        },
        is_list: false, bars: None,
    };
    [needs, goals]
}

/// What there is to build on.
pub(crate) fn assets(
    book: &Book,
    scope: &Scope,
    sites: &BTreeMap<String, String>,
    partners: &BTreeMap<String, String>,
    only: Option<&str>,
) -> Section {
    let asset = |(site, row): (String, &Value)| {
        let partner = match text(row, "partner") {
            "" => Cell::None,
            id => Cell::Text(name(partners, id)),
        };
        let label = Cell::text(text(row, "label"));
        vec![Cell::Text(site), label, Cell::Text(plain(text(row, "kind"))), partner]
    };
    Section {
        heading: "Assets".to_owned(),
        about: "What assessments found that there is to build on.".to_owned(),
        table: Table {
            columns: words(["Site", "Asset", "Kind", "Of partner"]),
            rows: rows(book, (scope, "asset"), sites, only).into_iter().map(asset).collect(),
        },
        is_list: false,
        bars: None,
    }
}

fn goal(site: String, row: &Value, under: u64) -> Vec<Cell> {
    let of = row.get("n").and_then(Value::as_u64);
    let value = |column: &str| match row.get(column).and_then(Value::as_i64) {
        None => Cell::None,
        Some(value) if tells_few(value, text(row, "unit"), of, under) => Cell::Suppressed,
        Some(value) => Cell::Text(said(value, text(row, "unit"))),
    };
    let target = row.get("target").and_then(Value::as_i64);
    let day = |column: &str| match text(row, column) {
        "" => Cell::None,
        day => Cell::text(day),
    };
    vec![
        Cell::Text(site),
        Cell::Text(plain(text(row, "indicator"))),
        value("baseline"),
        target.map_or(Cell::None, |target| Cell::Text(said(target, text(row, "unit")))),
        day("by"),
        value("value"),
        day("observed"),
        Cell::Text(plain(text(row, "status"))),
    ]
}

/// Whether a value is of few people, or tells of a few.
fn tells_few(value: i64, unit: &str, of: Option<u64>, under: u64) -> bool {
    let few = |people: u64| (1..under).contains(&people);
    let value = value.unsigned_abs();
    match (unit, of) {
        ("count", _) if few(value) => true,
        (_, Some(people)) if people < under => true,
        ("basis-points", Some(people)) => {
            let share = value.saturating_mul(people).saturating_add(5_000) / 10_000;
            few(share) || few(people.saturating_sub(share))
        }
        _ => false,
    }
}

/// A value in the goal's own unit.
fn said(value: i64, unit: &str) -> String {
    let sign = if value < 0 { "−" } else { "" };
    let value = value.unsigned_abs();
    match unit {
        "basis-points" => format!("{sign}{}.{:02} %", value / 100, value % 100),
        "hundredths" => format!("{sign}{}.{:02}", value / 100, value % 100),
        "minutes" => format!("{sign}{value} min"),
        _ => format!("{sign}{value}"),
    }
}
