//! What grants are awarded, allocated and spent: money, and therefore nothing that is suppressed, but for the cost of
//! an hour where the hours are.

use std::collections::BTreeMap;

use serde_json::Value;

use super::parts::name;
use crate::book::{Book, Question, number, text};
use crate::suppression::Key;
use crate::{Cell, Column, Measure, Section, Table, Unit, Year};

const VIEW: &str = "funding";
const WHOLE: &str = "Of the whole grant, not of the school year alone.";

/// Sums of a grant.
const SUMS: [(Column, &str); 7] = [
    (Column::new("Awarded", Unit::Cents), "awarded_cents"),
    (Column::new("Allocated", Unit::Cents), "allocated_cents"),
    (Column::new("Not allocated", Unit::Cents), "unallocated_cents"),
    (Column::new("Spent", Unit::Cents), "spent_cents"),
    (Column::new("Left", Unit::Cents), "left_cents"),
    (Column::new("Match in kind", Unit::Cents), "in_kind_cents"),
    (Column::new("Match in cash", Unit::Cents), "cash_cents"),
];

/// What was spent on.
const CATEGORIES: [(Column, &str); 6] = [
    (Column::new("Personnel", Unit::Cents), "personnel_cents"),
    (Column::new("Contracts", Unit::Cents), "contracts_cents"),
    (Column::new("Supplies", Unit::Cents), "supplies_cents"),
    (Column::new("Travel", Unit::Cents), "travel_cents"),
    (Column::new("Indirect", Unit::Cents), "indirect_cents"),
    (Column::new("Other", Unit::Cents), "other_cents"),
];

fn at_sites() -> Question {
    Question::of(VIEW, &[("by", "grant,award,site")])
}

/// What is asked of money.
pub(crate) fn questions() -> Vec<Question> {
    vec![Question::of(VIEW, &[]), at_sites()]
}

/// Grants, without what only names a program.
pub(crate) fn grants(book: &Book) -> Vec<&Value> {
    let mut grants: Vec<&Value> =
        book.all(VIEW).iter().filter(|row| !text(row, "grant").is_empty()).collect();
    grants.sort_by_key(|row| (text(row, "program"), text(row, "award"), text(row, "grant")));
    grants
}

fn cents(row: &Value, sums: &[(Column, &str)]) -> Vec<Cell> {
    sums.iter().map(|(_, column)| Cell::Number(number(row, column))).collect()
}

/// These grants, each with its money.
pub(crate) fn awards(year: &Year, grants: &[&Value]) -> Section {
    let words = ["Award", "Program", "Funder", "From", "Until"];
    let mut columns: Vec<Column> = words.into_iter().map(|name| Column::new(name, Unit::Text)).collect();
    columns.extend(SUMS.map(|(column, _)| column));
    columns.push(Column::new("Cost of an hour", Unit::Cents));
    let row = |row: &&Value| {
        let mut cells: Vec<Cell> = ["award", "program", "funder", "starts", "ends"]
            .map(|column| Cell::text(text(row, column)))
            .into();
        cells.extend(cents(row, &SUMS));
        cells.push(cost(year, row));
        cells
    };
    let table = Table { columns, rows: grants.iter().map(row).collect() };
    let about =
        format!("{WHOLE} The cost of an hour is what was spent by the hours delivered that named the award.");
    Section { heading: "Grants".to_owned(), about, table, is_list: false, bars: None }
}

/// Beside what was spent it tells the hours.
fn cost(year: &Year, row: &Value) -> Cell {
    let named = Key::total().with("funding", text(row, "award"));
    if year.hides_within(Measure::Minutes, &named) {
        return Cell::Suppressed;
    }
    row.get("cents_per_hour").and_then(Value::as_u64).map_or(Cell::None, Cell::Number)
}

/// What these grants were spent on.
pub(crate) fn categories(grants: &[&Value]) -> Section {
    let mut columns = vec![Column::new("Award", Unit::Text), Column::new("Spent", Unit::Cents)];
    columns.extend(CATEGORIES.map(|(column, _)| column));
    let row = |row: &&Value| {
        let first = vec![Cell::text(text(row, "award")), Cell::Number(number(row, "spent_cents"))];
        [first, cents(row, &CATEGORIES)].concat()
    };
    let table = Table { columns, rows: grants.iter().map(row).collect() };
    Section { heading: "Spent on".to_owned(), about: WHOLE.to_owned(), table, is_list: false, bars: None }
}

/// What was allocated to sites and spent there, of these grants; of one site, or of all.
pub(crate) fn sites(
    book: &Book,
    grants: &[&Value],
    sites: &BTreeMap<String, String>,
    only: Option<&str>,
) -> Section {
    let is_of = |row: &&Value| {
        let site = text(row, "site");
        let money = number(row, "allocated_cents") + number(row, "spent_cents");
        let is_there = only.map_or(!site.is_empty(), |only| only == site);
        is_there && money > 0 && grants.iter().any(|grant| text(grant, "grant") == text(row, "grant"))
    };
    let row = |row: &Value| {
        let money =
            ["allocated_cents", "spent_cents", "left_cents"].map(|column| Cell::Number(number(row, column)));
        let names = [name(sites, text(row, "site")), text(row, "award").to_owned()].map(Cell::Text);
        names.into_iter().chain(money).collect::<Vec<Cell>>()
    };
    let mut rows: Vec<&Value> = book.rows(&at_sites()).iter().filter(is_of).collect();
    rows.sort_by_key(|row| (name(sites, text(row, "site")), text(row, "award")));
    let columns = vec![
        Column::new("Site", Unit::Text),
        Column::new("Award", Unit::Text),
        Column::new("Allocated", Unit::Cents),
        Column::new("Spent", Unit::Cents),
        Column::new("Left", Unit::Cents),
    ];
    let table = Table { columns, rows: rows.into_iter().map(row).collect() };
    Section {
        heading: "Money at sites".to_owned(),
        about: WHOLE.to_owned(),
        table,
        is_list: false,
        bars: None,
    }
}
