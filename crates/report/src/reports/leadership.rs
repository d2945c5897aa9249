//! Leadership report: who sits on councils, who comes, what is decided with families and students present.
//!
//! Who sits on a council is known, so its numbers follow a rule of their own, which the view keeps: tallies of fewer
//! than three members are not shown, nor what would give them back.

use std::collections::BTreeMap;

use serde_json::Value;

use super::parts::{facts, name, names};
use crate::book::{Book, Question, number, text};
use crate::names::{pillar, plain};
use crate::{Argument, Cell, Column, Report, Scope, Section, Table, Trouble, Unit, Written};

/// The report.
pub(crate) struct Leadership;

const VIEW: &str = "leadership-record";
const SMALL: &str = "Tallies of fewer than three members are suppressed, and what would give them back.";

/// Sums of councils and decisions: heading, unit and column of the view.
const SUMS: [(Column, &str); 10] = [
    (Column::new("Meetings held", Unit::Count), "meetings_held"),
    (Column::new("Attendance", Unit::Percent), "attendance_percent"),
    (Column::new("Decisions", Unit::Count), "decisions"),
    (Column::new("Adopted", Unit::Count), "adopted"),
    (Column::new("Families present", Unit::Percent), "with_families_percent"),
    (Column::new("Students present", Unit::Percent), "with_students_percent"),
    (Column::new("With dissent", Unit::Count), "with_dissent"),
    (Column::new("Actions open", Unit::Count), "actions_open"),
    (Column::new("Actions completed", Unit::Count), "actions_completed"),
    (Column::new("Actions dropped", Unit::Count), "actions_dropped"),
];

fn question(scope: &Scope, more: &[(&str, &str)]) -> Question {
    Question::of(VIEW, &[&[("year", scope.school_year.to_string().as_str())], more].concat())
}

impl Report for Leadership {
    fn name(&self) -> &'static str {
        "leadership"
    }
    fn about(&self) -> &'static str {
        "councils of the school year: seats, attendance, decisions with families and students present, actions"
    }
    fn arguments(&self) -> &'static [Argument] {
        &[Argument { name: "site", needed: false }]
    }
    fn questions(&self, scope: &Scope) -> Vec<Question> {
        questions(scope).into_iter().chain([Question::of("site-profile", &[])]).collect()
    }

    fn write(&self, scope: &Scope, books: &[Book]) -> Result<Written, Trouble> {
        let [book] = books else {
            return Err(Trouble::OneLedger { report: self.name(), given: books.len() });
        };
        let (of, site) = match &scope.site {
            Some(asked) => {
                let row = book.one(("site-profile", "site"), &["site", "cds"], asked)?;
                (format!("{}, {}", text(row, "name"), book.owner()), Some(text(row, "site")))
            }
            None => (book.owner().to_owned(), None),
        };
        let mut sections = vec![councils(book, scope, site)];
        if site.is_none() {
            sections.extend(together(book, scope));
        }
        sections.extend([seats(book, scope, site), decisions(book, scope, site)]);
        let subtitle = format!("{of}, school year {}", scope.school_year);
        Ok(Written { title: "Leadership report".to_owned(), subtitle, sections })
    }
}

/// What is asked of councils.
pub(crate) fn questions(scope: &Scope) -> Vec<Question> {
    vec![
        question(scope, &[("row", "council")]),
        question(scope, &[("row", "decision")]),
        question(scope, &[("by", "year")]),
    ]
}

/// Rows of a sort, of one site or of all.
fn of<'a>(book: &'a Book, scope: &Scope, sort: &str, site: Option<&str>) -> Vec<&'a Value> {
    let rows = book.rows(&question(scope, &[("row", sort)])).iter();
    rows.filter(|row| site.is_none_or(|site| text(row, "site") == site)).collect()
}

fn sums(row: &Value) -> Vec<Cell> {
    let cell =
        |(_, name): &(Column, &str)| row.get(*name).and_then(Value::as_u64).map_or(Cell::None, Cell::Number);
    SUMS.iter().map(cell).collect()
}

/// Councils with what they did, a row each.
pub(crate) fn councils(book: &Book, scope: &Scope, site: Option<&str>) -> Section {
    let sites = names(book, "site-profile", "site");
    let mut columns = vec![Column::new("Council", Unit::Text)];
    columns.extend(SUMS.map(|(column, _)| column));
    let mut rows: Vec<(String, Vec<Cell>)> =
        of(book, scope, "council", site).iter().map(|row| (called(row, &sites), sums(row))).collect();
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    let rows = rows.into_iter().map(|(called, sums)| [vec![Cell::Text(called)], sums].concat()).collect();
    let about = "Attendance is of seats filled, to the nearest five percent; families and students present is the \
                 share of decisions at which one of them was there.";
    Section {
        heading: "Councils".to_owned(),
        about: about.to_owned(),
        table: Table { columns, rows },
        is_list: false,
        bars: None,
    }
}

/// Its name, and its site where it has one.
fn called(row: &Value, sites: &BTreeMap<String, String>) -> String {
    match text(row, "site") {
        "" => text(row, "name").to_owned(),
        site => format!("{}, {}", text(row, "name"), name(sites, site)),
    }
}

fn together(book: &Book, scope: &Scope) -> Option<Section> {
    let row = book.rows(&question(scope, &[("by", "year")])).first()?;
    let all = SUMS.map(|(column, _)| column).into_iter().zip(sums(row)).collect();
    Some(facts("All councils together", "Every council of the ledger in the school year.", all))
}

fn seats(book: &Book, scope: &Scope, site: Option<&str>) -> Section {
    let sites = names(book, "site-profile", "site");
    let mut rows = Vec::new();
    let mut councils = of(book, scope, "council", site);
    councils.sort_by_cached_key(|council| called(council, &sites));
    for council in councils {
        for (constituency, seats) in council.get("seats").and_then(Value::as_object).into_iter().flatten() {
            let filled = council.get("filled").and_then(|filled| filled.get(constituency));
            rows.push(vec![
                Cell::Text(called(council, &sites)),
                Cell::Text(plain(constituency)),
                Cell::Number(seats.as_u64().unwrap_or(0)),
                filled.and_then(Value::as_u64).map_or(Cell::Suppressed, Cell::Number),
                Cell::text(text(council, "as_of")),
            ]);
        }
    }
    let columns = vec![
        Column::new("Council", Unit::Text),
        Column::new("Constituency", Unit::Text),
        Column::new("Seats", Unit::Count),
        Column::new("Filled", Unit::People),
        Column::new("On", Unit::Text),
    ];
    let about =
        format!("Seats of the charter and how many were filled on the day of the last meeting. {SMALL}");
    Section { heading: "Seats".to_owned(), about, table: Table { columns, rows }, is_list: false, bars: None }
}

fn decisions(book: &Book, scope: &Scope, site: Option<&str>) -> Section {
    let yes = |row: &Value, column: &str| {
        let yes = row.get(column).and_then(Value::as_bool);
        yes.map_or(Cell::None, |yes| Cell::text(if yes { "yes" } else { "no" }))
    };
    let sites = names(book, "site-profile", "site");
    let row = |row: &&Value| {
        let mut cells = vec![
            Cell::text(text(row, "day")),
            Cell::Text(called(row, &sites)),
            Cell::text(text(row, "title")),
            Cell::Text(pillar(text(row, "pillar"))),
            Cell::Text(outcome(row)),
            yes(row, "families_present"),
            yes(row, "students_present"),
        ];
        let tally = row.get("tally").filter(|tally| tally.is_object());
        let none = if number(row, "suppressed") > 0 { Cell::Suppressed } else { Cell::None };
        cells.extend(
            ["support", "stand_aside", "oppose", "abstain"]
                .map(|position| tally.map_or(none.clone(), |tally| Cell::Number(number(tally, position)))),
        );
        cells
    };
    let mut columns: Vec<Column> =
        ["Day", "Council", "Decision", "Pillar", "Outcome", "Families", "Students"]
            .into_iter()
            .map(|name| Column::new(name, Unit::Text))
            .collect();
    let positions = ["Support", "Stand aside", "Oppose", "Abstain"];
    columns.extend(positions.map(|name| Column::new(name, Unit::People)));
    let mut decisions = of(book, scope, "decision", site);
    decisions.sort_by_key(|row| (text(row, "day"), text(row, "decision")));
    let rows = decisions.iter().map(row).collect();
    let about = format!(
        "Whether families and students were present, and the positions of all members together. {SMALL}"
    );
    Section {
        heading: "Decisions".to_owned(),
        about,
        table: Table { columns, rows },
        is_list: false,
        bars: None,
    }
}

fn outcome(row: &Value) -> String {
    let outcome = plain(text(row, "outcome"));
    let stands = row.get("stands").and_then(Value::as_bool).unwrap_or(true);
    if stands { outcome } else { format!("{outcome}, set aside later") }
}
