//! Partnership statement: what one partner agreed to and delivered.

use domain::SchoolYear;
use jiff::civil::Date;
use serde_json::Value;

use super::parts::{by, by_kind, by_tier, facts, name, names, services};
use crate::book::{Book, Question, number, plain, text};
use crate::names::{pillar, plain as said};
use crate::suppression::Key;
use crate::{Argument, Cell, Column, Measure, Report, Scope, Section, Table, Trouble, Unit, Written, Year};

/// The report.
pub(crate) struct Partnership;

impl Report for Partnership {
    fn name(&self) -> &'static str {
        "partnership"
    }
    fn about(&self) -> &'static str {
        "what one partner agreed to, and what it delivered in the school year"
    }
    fn arguments(&self) -> &'static [Argument] {
        &[Argument { name: "partner", needed: true }]
    }
    fn questions(&self, scope: &Scope) -> Vec<Question> {
        let lists =
            ["site-profile", "partner-directory", "agreement-register"].map(|view| Question::of(view, &[]));
        Year::questions(scope).into_iter().chain(lists).collect()
    }

    fn write(&self, scope: &Scope, books: &[Book]) -> Result<Written, Trouble> {
        let (Some(asked), [book]) = (&scope.partner, books) else {
            return Err(Trouble::Needs { report: self.name(), argument: "partner" });
        };
        let partner = book.one(("partner-directory", "partner"), &["partner", "ein", "hsds"], asked)?;
        let year = Year::read(book, scope);
        let key = Key::total().with("partner", text(partner, "partner"));
        let sites = names(book, "site-profile", "site");
        let at_sites = by(&year, &key, "site", |id| name(&sites, id));
        let sections = vec![
            details(partner),
            agreements(book, scope, &year, &key),
            services(
                &year,
                ["Delivered", "All of the school year.", "Of"],
                [(text(partner, "name").to_owned(), key.clone())],
            ),
            services(&year, ["Delivered, by site", "", "Site"], at_sites),
            services(
                &year,
                ["Delivered, by kind of service", "Mental-health services come last.", "Kind"],
                by_kind(&year, &key),
            ),
            services(&year, ["Delivered, by tier of support", "", "Tier"], by_tier(&key)),
        ];
        let subtitle =
            format!("{} with {}, school year {}", text(partner, "name"), book.owner(), scope.school_year);
        Ok(Written { title: "Partnership statement".to_owned(), subtitle, sections })
    }
}

fn details(partner: &Value) -> Section {
    let list = |column: &str, name: fn(&str) -> String| {
        let items = partner.get(column).and_then(Value::as_array).into_iter().flatten();
        let items: Vec<String> = items.filter_map(Value::as_str).map(name).collect();
        if items.is_empty() { Cell::None } else { Cell::Text(items.join(", ")) }
    };
    let word = |column: &str, name: fn(&str) -> String| match plain(partner, column).as_str() {
        "" => Cell::None,
        code => Cell::Text(name(code)),
    };
    let fields = vec![
        (Column::new("Partner", Unit::Text), word("name", str::to_owned)),
        (Column::new("Kind", Unit::Text), word("kind", said)),
        (Column::new("Status", Unit::Text), word("status", said)),
        (Column::new("Vetted until", Unit::Text), word("vetted_until", str::to_owned)),
        (Column::new("Pillars", Unit::Text), list("pillars", pillar)),
        (Column::new("Languages", Unit::Text), list("languages", str::to_owned)),
    ];
    facts("The partner", "As last recorded.", fields)
}

/// The agreements that were in force in the school year.
fn agreements(book: &Book, scope: &Scope, year: &Year, key: &Key) -> Section {
    let partner = key.value("partner").unwrap_or_default();
    let delivered = |row: &Value| {
        let by_year = row.get("delivered_minutes_by_year");
        by_year.map_or(0, |by_year| number(by_year, &scope.school_year.to_string()))
    };
    let is_of_year = |row: &&Value| days(row, scope.school_year)[0] > 0 || delivered(row) > 0;
    let of_partner = book.all("agreement-register").iter().filter(|row| text(row, "partner") == partner);
    let mut rows: Vec<&Value> = of_partner.filter(is_of_year).collect();
    rows.sort_by_key(|row| (text(row, "starts"), text(row, "reference")));
    // Time by agreement is a table that the plan does not know: it could tell what is suppressed by site or kind.
    let is_sole = rows.len() == 1;
    let total = year.figure(Measure::Minutes, key);
    let is_told = total != Cell::Suppressed && (is_sole || !year.hides_within(Measure::Minutes, key));
    let row = |row: &&Value| {
        let pledged = row.get("pledged_minutes").and_then(Value::as_u64);
        let of_year = pledged.and_then(|minutes| share(minutes, days(row, scope.school_year)));
        let minutes = |minutes: Option<u64>| minutes.map_or(Cell::None, Cell::Number);
        vec![
            Cell::text(text(row, "reference")),
            Cell::Text(said(text(row, "kind"))),
            Cell::Text(said(text(row, "status"))),
            Cell::text(text(row, "starts")),
            Cell::text(text(row, "ends")),
            minutes(pledged),
            minutes(of_year),
            if is_told { Cell::Number(delivered(row)) } else { Cell::Suppressed },
        ]
    };
    let mut columns: Vec<Column> =
        ["Agreement", "Kind", "Status", "From", "Until"].map(|name| Column::new(name, Unit::Text)).into();
    columns.extend(
        ["Pledged in all", "Pledged, year", "Delivered, year"].map(|name| Column::new(name, Unit::Minutes)),
    );
    let table = Table { columns, rows: rows.iter().map(row).collect() };
    let about = "Agreements that were in force in the school year. Of a pledge for longer than the year, the year's part is \
                 that of its days.";
    Section { heading: "Agreements".to_owned(), about: about.to_owned(), table, is_list: false, bars: None }
}

/// Days of an agreement within the school year, and in all.
fn days(agreement: &Value, year: SchoolYear) -> [u64; 2] {
    let day = |column: &str| text(agreement, column).parse::<Date>();
    let (Ok(starts), Ok(ends)) = (day("starts"), day("ends")) else { return [0, 0] };
    let between = |from: Date, to: Date| {
        let days = from.until(to).map_or(-1, |span| i64::from(span.get_days()));
        u64::try_from(days.saturating_add(1)).unwrap_or(0)
    };
    [between(starts.max(year.first_day()), ends.min(year.last_day())), between(starts, ends)]
}

/// The part of a pledge that falls on so many of its days, rounded half up.
fn share(minutes: u64, [days, of]: [u64; 2]) -> Option<u64> {
    let (days, of) = (u128::from(days), u128::from(of));
    u64::try_from((u128::from(minutes) * days * 2 + of).checked_div(of * 2)?).ok()
}
