//! Regional technical assistance: what was asked for, how long it waited, and what came of it.
//!
//! Who takes part are staff and partners, never students; how many they were is not told, and what a few thought of it
//! neither.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::book::{Book, Question, number, text};
use crate::names::plain;
use crate::{Cell, Column, Scope, Section, Table, Unit};

const VIEW: &str = "assistance-log";
const BY: [&str; 3] = ["", "topic", "site,topic"];

fn question(scope: &Scope, by: &str) -> Question {
    // There is one school year: grouping by it too sums everything where nothing else is named.
    let by = format!("school_year,{by}");
    let by = by.trim_end_matches(',');
    Question::of(VIEW, &[("school_year", &scope.school_year.to_string()), ("by", by)])
}

/// What is asked of assistance.
pub(crate) fn questions(scope: &Scope) -> Vec<Question> {
    BY.map(|by| question(scope, by)).into()
}

/// What is told of assistance, in this order.
pub(crate) const ASSISTED: [Column; 6] = [
    Column::new("Requests", Unit::Count),
    Column::new("Answered", Unit::Count),
    Column::new("Days to the answer", Unit::Hundredths),
    Column::new("Sessions", Unit::Count),
    Column::new("Time", Unit::Minutes),
    Column::new("Score", Unit::Hundredths),
];

/// How it is to be read.
pub(crate) const HOW_ASSISTED: &str = "Requests count in the year in which they were made, sessions in that in which they \
took place. Days are the average from the request to the first session; the score is the average from 1 to 5, suppressed \
where few gave one.";

fn figures(row: &Value, under: u64) -> [Cell; 6] {
    let count = |column: &str| Cell::Number(number(row, column));
    let average = |column: &str| row.get(column).and_then(Value::as_u64).map_or(Cell::None, Cell::Number);
    let is_of_few = (1..under).contains(&number(row, "evaluations"));
    let score = if is_of_few { Cell::Suppressed } else { average("score_hundredths") };
    [
        count("requests"),
        count("answered"),
        average("average_days_hundredths"),
        count("sessions"),
        count("minutes"),
        score,
    ]
}

/// By topic, of one site or of the whole ledger.
pub(crate) fn topics(book: &Book, scope: &Scope, only: Option<&str>) -> Section {
    let by = if only.is_some() { "site,topic" } else { "topic" };
    let rows = book.rows(&question(scope, by)).iter();
    let rows = rows.filter(|row| only.is_none_or(|only| text(row, "site") == only));
    let topics: BTreeMap<String, &Value> = rows.map(|row| (plain(text(row, "topic")), row)).collect();
    let row = |(topic, row): (String, &Value)| {
        [Cell::Text(topic)].into_iter().chain(figures(row, book.suppress_under())).collect()
    };
    let columns = [Column::new("Topic", Unit::Text)].into_iter().chain(ASSISTED).collect();
    let table = Table { columns, rows: topics.into_iter().map(row).collect() };
    Section {
        heading: "Technical assistance".to_owned(),
        about: HOW_ASSISTED.to_owned(),
        table,
        is_list: false,
        bars: None,
    }
}

/// All of a ledger, in one row of figures.
pub(crate) fn total(book: &Book, scope: &Scope) -> [Cell; 6] {
    figures(book.rows(&question(scope, "")).first().unwrap_or(&Value::Null), book.suppress_under())
}
