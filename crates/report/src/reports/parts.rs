//! Sections that several reports have.

use std::collections::BTreeMap;

use crate::book::{Book, text};
use crate::names::{PILLARS, TIERS, month, pillar, plain, tier};
use crate::suppression::Key;
use crate::{Cell, Column, Measure, Section, Table, Unit, Year};

/// What is told of services, in this order.
pub(crate) const SERVED: [(Measure, Column); 5] = [
    (Measure::Services, Column::new("Services", Unit::Count)),
    (Measure::Minutes, Column::new("Time", Unit::Minutes)),
    (Measure::Participations, Column::new("Participations", Unit::People)),
    (Measure::Students, Column::new("Students", Unit::People)),
    (Measure::Cases, Column::new("Cases", Unit::People)),
];

/// How families take part: the name of a column, and the role.
pub(crate) const ROLES: [(&str, &str); 3] =
    [("Attended", "attended"), ("Led", "led"), ("Co-designed", "co-designed")];

/// How figures of services are to be read.
pub(crate) const HOW_SERVED: &str = "Participations count everybody each time. Students are unduplicated within each row, \
so rows do not add up; tier 3 and mental-health services name cases, unduplicated too, and never students.";

/// Names by id, of the rows of a view.
pub(crate) fn names(book: &Book, view: &'static str, id: &str) -> BTreeMap<String, String> {
    book.all(view).iter().map(|row| (text(row, id).to_owned(), text(row, "name").to_owned())).collect()
}

/// The name of this id; the id itself when nobody has registered it.
pub(crate) fn name(names: &BTreeMap<String, String>, id: &str) -> String {
    names.get(id).cloned().unwrap_or_else(|| id.to_owned())
}

/// Figures of services where a key stands.
pub(crate) fn served(year: &Year, key: &Key) -> Vec<Cell> {
    SERVED.iter().map(|(measure, _)| year.figure(*measure, key)).collect()
}

/// A section on services: a row for each label and key, in this order.
pub(crate) fn services(
    year: &Year,
    [heading, about, first]: [&'static str; 3],
    rows: impl IntoIterator<Item = (String, Key)>,
) -> Section {
    let columns =
        [Column::new(first, Unit::Text)].into_iter().chain(SERVED.map(|(_, column)| column)).collect();
    let row = |(label, key): (String, Key)| {
        let mut row = vec![Cell::Text(label)];
        row.extend(served(year, &key));
        row
    };
    let rows = rows.into_iter().map(row).collect();
    let about = if about.is_empty() { HOW_SERVED.to_owned() } else { format!("{about} {HOW_SERVED}") };
    Section {
        heading: heading.to_owned(),
        about,
        table: Table { columns, rows },
        is_list: false,
        bars: Some(2),
    }
}

/// Rows by name, of what took place within a key.
pub(crate) fn by(
    year: &Year,
    within: &Key,
    dimension: &'static str,
    label: impl Fn(&str) -> String,
) -> Vec<(String, Key)> {
    let values = year.values(Measure::Services, within, dimension);
    let mut rows: Vec<(String, Key)> =
        values.iter().map(|value| (label(value), within.with(dimension, value))).collect();
    rows.sort();
    rows
}

/// The four pillars, each with its row.
pub(crate) fn by_pillar(within: &Key) -> Vec<(String, Key)> {
    PILLARS.iter().map(|code| (pillar(code), within.with("pillar", *code))).collect()
}

/// Months of what took place, in their order.
pub(crate) fn by_month(year: &Year, within: &Key) -> Vec<(String, Key)> {
    let months = year.values(Measure::Services, within, "month");
    months.iter().map(|code| (month(code), within.with("month", code))).collect()
}

/// The three tiers, each with its row.
pub(crate) fn by_tier(within: &Key) -> Vec<(String, Key)> {
    TIERS.iter().map(|number| (tier(number), within.with("tier", *number))).collect()
}

/// Kinds of service, those of mental health after the others.
pub(crate) fn by_kind(year: &Year, within: &Key) -> Vec<(String, Key)> {
    ["false", "true"]
        .into_iter()
        .flat_map(|field| by(year, &within.with("mental_health", field), "kind", plain))
        .collect()
}

/// A section on families: a row for each label and key.
pub(crate) fn families(
    year: &Year,
    [heading, first]: [&'static str; 2],
    rows: impl IntoIterator<Item = (String, Key)>,
) -> Section {
    let mut columns = vec![
        Column::new(first, Unit::Text),
        Column::new("Held", Unit::Count),
        Column::new("Headcount", Unit::People),
        Column::new("Families", Unit::People),
    ];
    columns.extend(ROLES.map(|(name, _)| Column::new(name, Unit::People)));
    let row = |(label, key): (String, Key)| {
        let mut row = vec![Cell::Text(label)];
        row.extend([Measure::Occasions, Measure::Headcount, Measure::Families].map(|m| year.figure(m, &key)));
        row.extend(ROLES.map(|(_, role)| year.figure(Measure::FamilyTurns, &key.with("role", role))));
        row
    };
    let about = "Engagements that took place. Families are unduplicated within each row; attended, led and co-designed \
                 count each time that a family took part in that role.";
    let rows = rows.into_iter().map(row).collect();
    Section {
        heading: heading.to_owned(),
        about: about.to_owned(),
        table: Table { columns, rows },
        is_list: false,
        bars: None,
    }
}

/// A section that is a table.
pub(crate) fn section(
    heading: &str,
    about: impl Into<String>,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
) -> Section {
    let table = Table { columns, rows };
    Section { heading: heading.to_owned(), about: about.into(), table, is_list: false, bars: None }
}

/// A short list of figures, each with its name.
pub(crate) fn facts(heading: &str, about: &str, facts: Vec<(Column, Cell)>) -> Section {
    let (columns, row) = facts.into_iter().unzip();
    let table = Table { columns, rows: vec![row] };
    Section { heading: heading.to_owned(), about: about.to_owned(), table, is_list: true, bars: None }
}
