//! County roll-up: several ledgers beside each other, and sums of what each publishes.
//!
//! A sum adds what the ledgers publish and nothing else, so it can't tell what one of them suppresses; where one does,
//! the sum says that it is this much or more.

use super::assistance::{self, ASSISTED, HOW_ASSISTED};
use super::parts::{HOW_SERVED, SERVED, by_pillar, by_tier, served};
use crate::book::{Book, Question};
use crate::suppression::Key;
use crate::{Argument, Cell, Column, Report, Scope, Section, Table, Trouble, Unit, Written, Year};

/// The report.
pub(crate) struct County;

const SUMS: &str = "Sums over the ledgers, unduplicated within each ledger only: who is known in two ledgers counts twice. \
Where a ledger suppresses its figure, the sum is of the others and says ≥.";

impl Report for County {
    fn name(&self) -> &'static str {
        "county"
    }
    fn about(&self) -> &'static str {
        "several ledgers beside each other, and their sums (unduplicated within each ledger)"
    }
    fn arguments(&self) -> &'static [Argument] {
        &[]
    }
    fn is_of_many(&self) -> bool {
        true
    }
    fn questions(&self, scope: &Scope) -> Vec<Question> {
        Year::questions(scope).into_iter().chain(assistance::questions(scope)).collect()
    }

    fn write(&self, scope: &Scope, books: &[Book]) -> Result<Written, Trouble> {
        let years: Vec<Year> = books.iter().map(|book| Year::read(book, scope)).collect();
        let all = Key::total();
        let health = all.with("mental_health", "true");
        let sections = vec![
            ledgers(books, &years),
            sums(&years, ["The four pillars", "Pillar"], by_pillar(&all)),
            sums(&years, ["Tiers of support", "Tier"], by_tier(&all)),
            sums(&years, ["Mental-health services, by tier", "Tier"], by_tier(&health)),
            assisted(books, scope),
        ];
        let number = books.len();
        let ledgers = if number == 1 { "1 ledger".to_owned() } else { format!("{number} ledgers") };
        let subtitle = format!("{ledgers}, school year {}", scope.school_year);
        Ok(Written { title: "County roll-up".to_owned(), subtitle, sections })
    }
}

fn columns(first: &'static str) -> Vec<Column> {
    [Column::new(first, Unit::Text)].into_iter().chain(SERVED.map(|(_, column)| column)).collect()
}

/// The sum of what every ledger publishes.
fn sum(years: &[Year], key: &Key) -> Vec<Cell> {
    let zero = SERVED.map(|_| Cell::Number(0)).to_vec();
    years
        .iter()
        .fold(zero, |sum, year| sum.into_iter().zip(served(year, key)).map(|(a, b)| a.and(&b)).collect())
}

fn ledgers(books: &[Book], years: &[Year]) -> Section {
    let all = Key::total();
    let labelled = |label: &str, figures: Vec<Cell>| [vec![Cell::text(label)], figures].concat();
    let mut rows: Vec<Vec<Cell>> =
        books.iter().zip(years).map(|(book, year)| labelled(book.owner(), served(year, &all))).collect();
    rows.push(labelled("Sum of the ledgers", sum(years, &all)));
    let table = Table { columns: columns("Ledger"), rows };
    Section {
        heading: "Ledgers".to_owned(),
        about: format!("{SUMS} {HOW_SERVED}"),
        table,
        is_list: false,
        bars: None,
    }
}

fn sums(years: &[Year], [heading, first]: [&'static str; 2], rows: Vec<(String, Key)>) -> Section {
    let row = |(label, key): (String, Key)| [vec![Cell::Text(label)], sum(years, &key)].concat();
    let table = Table { columns: columns(first), rows: rows.into_iter().map(row).collect() };
    Section { heading: heading.to_owned(), about: SUMS.to_owned(), table, is_list: false, bars: Some(2) }
}

/// Technical assistance in each ledger. Averages are of each ledger and have no sum.
fn assisted(books: &[Book], scope: &Scope) -> Section {
    let columns = [Column::new("Ledger", Unit::Text)].into_iter().chain(ASSISTED).collect();
    let row =
        |book: &Book| [Cell::text(book.owner())].into_iter().chain(assistance::total(book, scope)).collect();
    let table = Table { columns, rows: books.iter().map(row).collect() };
    Section {
        heading: "Technical assistance".to_owned(),
        about: HOW_ASSISTED.to_owned(),
        table,
        is_list: false,
        bars: None,
    }
}
