//! What grants are awarded, allocated and spent: money, and therefore nothing that is suppressed, but for the cost of
//! an hour where the hours are.
//!
//! A grant may run for several years: it is awarded and allocated as a whole, and spent in the school year and to date.

use std::collections::BTreeMap;

use serde_json::Value;

use super::parts::{name, section};
use crate::book::{Book, Question, number, text};
use crate::suppression::Key;
use crate::{Cell, Column, Measure, Scope, Section, Unit, Year};

const VIEW: &str = "funding";
const WHOLE: &str =
    "Allocated and left are of the whole grant, spent is told of the school year and to date.";

/// What was spent on.
const CATEGORIES: [(Column, &str); 6] = [
    (Column::new("Personnel", Unit::Cents), "personnel_cents"),
    (Column::new("Contracts", Unit::Cents), "contracts_cents"),
    (Column::new("Supplies", Unit::Cents), "supplies_cents"),
    (Column::new("Travel", Unit::Cents), "travel_cents"),
    (Column::new("Indirect", Unit::Cents), "indirect_cents"),
    (Column::new("Other", Unit::Cents), "other_cents"),
];

/// By these columns: of the school year, or to date.
fn question(by: &str, year: Option<&Scope>) -> Question {
    let year = year.map(|scope| scope.school_year.to_string());
    let filters = year.iter().map(|year| ("school_year", year.as_str())).chain([("by", by)]);
    Question::of(VIEW, &filters.collect::<Vec<_>>())
}

const GRANT: &str = "grant,award";
const AT_SITE: &str = "grant,award,site";

/// What is asked of money.
pub(crate) fn questions(scope: &Scope) -> Vec<Question> {
    let by = [GRANT, AT_SITE].into_iter();
    let by_year = by.flat_map(|by| [question(by, None), question(by, Some(scope))]);
    by_year.chain([Question::of(VIEW, &[])]).collect()
}

/// Grants, without what only names a program.
pub(crate) fn grants(book: &Book) -> Vec<&Value> {
    let mut grants: Vec<&Value> =
        book.all(VIEW).iter().filter(|row| !text(row, "grant").is_empty()).collect();
    grants.sort_by_key(|row| (text(row, "program"), text(row, "award"), text(row, "grant")));
    grants
}

/// The same grant, at the same site, in the school year; nothing where nothing was spent or delivered in it.
fn in_year<'a>(book: &'a Book, scope: &Scope, by: &str, row: &Value) -> &'a Value {
    let is_it =
        |of_year: &&Value| ["grant", "site"].iter().all(|name| text(of_year, name) == text(row, name));
    book.rows(&question(by, Some(scope))).iter().find(is_it).unwrap_or(&Value::Null)
}

fn cents<const N: usize>(row: &Value, columns: [&str; N]) -> [Cell; N] {
    columns.map(|column| Cell::Number(number(row, column)))
}

fn money<const N: usize>(names: [&'static str; N]) -> [Column; N] {
    names.map(|name| Column::new(name, Unit::Cents))
}

fn words<const N: usize>(names: [&'static str; N]) -> [Column; N] {
    names.map(|name| Column::new(name, Unit::Text))
}

/// These grants: what was awarded and matched, then what was spent.
pub(crate) fn awards(book: &Book, scope: &Scope, year: &Year, grants: &[&Value]) -> [Section; 2] {
    let awarded = |row: &&Value| {
        let words =
            ["award", "program", "funder", "starts", "ends"].map(|column| Cell::text(text(row, column)));
        let cents = cents(row, ["awarded_cents", "in_kind_cents", "cash_cents"]);
        words.into_iter().chain(cents).collect()
    };
    let spent = |row: &&Value| {
        let of_year = in_year(book, scope, GRANT, row);
        let mut cells = vec![Cell::text(text(row, "award"))];
        cells.extend(cents(row, ["allocated_cents"]));
        cells.extend(cents(of_year, ["spent_cents"]));
        cells.extend(cents(row, ["spent_cents", "left_cents"]));
        cells.push(cost(year, row, of_year));
        cells
    };
    let columns = [
        words(["Award", "Program", "Funder", "From", "Until"]).to_vec(),
        money(["Awarded", "Match in kind", "Match in cash"]).to_vec(),
    ];
    let about = "Of the whole grant, to date.";
    let awards = section("Grants", about, columns.concat(), grants.iter().map(awarded).collect());
    let columns = [
        words(["Award"]).to_vec(),
        money(["Allocated", "Spent in the year", "Spent to date", "Left", "Cost of an hour"]).to_vec(),
    ];
    let about = format!(
        "{WHOLE} The cost of an hour is what was spent in the year by the hours delivered in it that named the award."
    );
    [awards, section("Money of grants", about, columns.concat(), grants.iter().map(spent).collect())]
}

/// Beside what was spent it tells the hours.
fn cost(year: &Year, row: &Value, of_year: &Value) -> Cell {
    let named = Key::total().with("funding", text(row, "award"));
    if year.hides_within(Measure::Minutes, &named) {
        return Cell::Suppressed;
    }
    of_year.get("cents_per_hour").and_then(Value::as_u64).map_or(Cell::None, Cell::Number)
}

/// What these grants were spent on in the school year.
pub(crate) fn categories(book: &Book, scope: &Scope, grants: &[&Value]) -> Section {
    let columns = [
        words(["Award"]).to_vec(),
        money(["Spent in the year"]).to_vec(),
        CATEGORIES.map(|(c, _)| c).to_vec(),
    ];
    let row = |row: &&Value| {
        let of_year = in_year(book, scope, GRANT, row);
        let cells = [Cell::text(text(row, "award"))].into_iter().chain(cents(of_year, ["spent_cents"]));
        cells.chain(cents(of_year, CATEGORIES.map(|(_, column)| column))).collect()
    };
    let about = "What was spent in the school year, by what it was spent on.";
    section("Spent on", about, columns.concat(), grants.iter().map(row).collect())
}

/// What was allocated to sites and spent there, of these grants; of one site, or of all.
pub(crate) fn sites(
    book: &Book,
    scope: &Scope,
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
        let names = [name(sites, text(row, "site")), text(row, "award").to_owned()].map(Cell::Text);
        let of_year = cents(in_year(book, scope, AT_SITE, row), ["spent_cents"]);
        let to_date = cents(row, ["spent_cents", "left_cents"]);
        let allocated = cents(row, ["allocated_cents"]);
        names.into_iter().chain(allocated).chain(of_year).chain(to_date).collect::<Vec<Cell>>()
    };
    let mut rows: Vec<&Value> = book.rows(&question(AT_SITE, None)).iter().filter(is_of).collect();
    rows.sort_by_key(|row| (name(sites, text(row, "site")), text(row, "award")));
    let columns = [
        words(["Site", "Award"]).to_vec(),
        money(["Allocated", "Spent in the year", "Spent to date", "Left"]).to_vec(),
    ];
    section("Money at sites", WHOLE, columns.concat(), rows.into_iter().map(row).collect())
}
