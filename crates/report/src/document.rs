//! A document: what a report says, before it is written as CSV, JSON or HTML.

use serde::{Serialize, Serializer};
use wire::HeadReply;

/// A whole report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    /// Name of the report, such as `annual-progress`.
    pub report: &'static str,
    /// Its title.
    pub title: String,
    /// Of whom and when.
    pub subtitle: String,
    /// From what it was made.
    pub provenance: Provenance,
    /// What it says.
    pub sections: Vec<Section>,
}

impl Document {
    /// How many of its figures are published, and how many are suppressed.
    pub fn figures(&self) -> (u32, u32) {
        let (mut published, mut suppressed) = (0_u32, 0_u32);
        for cell in self.sections.iter().flat_map(|section| section.table.rows.iter().flatten()) {
            match cell {
                Cell::Number(_) | Cell::AtLeast(_) => published = published.saturating_add(1),
                Cell::Suppressed => suppressed = suppressed.saturating_add(1),
                Cell::None | Cell::Text(_) => {}
            }
        }
        (published, suppressed)
    }
}

/// From what a document was made: whoever has the same log and build makes the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Provenance {
    /// School year, such as `2025-26`.
    pub school_year: String,
    /// What was known: a position, day or moment; nothing for all.
    pub as_of: Option<String>,
    /// The day of the world that is looked at; nothing for all.
    pub valid_on: Option<String>,
    /// The ledgers, in the order of their names.
    pub ledgers: Vec<Source>,
    /// The views that were asked.
    pub views: Vec<Asked>,
}

/// A ledger that figures come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// Name of its owner.
    pub owner: String,
    /// The head that its figures are complete to.
    pub head: HeadReply,
    /// Position of the event that set the policy.
    pub policy: u64,
    /// Counts of people below this number are suppressed.
    pub suppress_under: u16,
}

/// A view that was asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Asked {
    /// Its name.
    pub view: String,
    /// Its revision.
    pub revision: u32,
}

/// A heading, a sentence and a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Heading.
    pub heading: String,
    /// What is counted, and how to read it.
    pub about: String,
    /// The table.
    pub table: Table,
    /// Whether the one row of the table is a list of figures, and no row among others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_list: bool,
    /// Number of the column that is also drawn as bars, named by the first column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bars: Option<usize>,
}

/// A table with typed columns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Columns; the first names the row.
    pub columns: Vec<Column>,
    /// Rows, each as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its heading.
    pub name: &'static str,
    /// What its numbers are.
    pub unit: Unit,
}

impl Column {
    /// A column of this name.
    pub const fn new(name: &'static str, unit: Unit) -> Self {
        Self { name, unit }
    }
}

/// What the numbers of a column are. All are integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// None: words.
    Text,
    /// A number of things.
    Count,
    /// A number of people, or of times that people took part.
    People,
    /// Minutes.
    Minutes,
    /// Cents of a dollar.
    Cents,
    /// Whole percent.
    Percent,
    /// Hundredths of one.
    Hundredths,
}

impl Unit {
    /// How a heading says that the numbers are this fine; nothing for plain counts and words.
    pub const fn fineness(self) -> Option<&'static str> {
        match self {
            Self::Text | Self::Count | Self::People => None,
            Self::Minutes => Some("minutes"),
            Self::Cents => Some("cents"),
            Self::Percent => Some("percent"),
            Self::Hundredths => Some("hundredths"),
        }
    }
}

/// A field of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing is known, or nothing can be said.
    None,
    /// Words.
    Text(String),
    /// A number in the unit of the column.
    Number(u64),
    /// A sum of figures of which some are suppressed: it is this much or more.
    AtLeast(u64),
    /// A figure that is not published.
    Suppressed,
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// With what is published of another: the sum of all that is published.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        let value = |cell: &Self| match cell {
            Self::Number(number) | Self::AtLeast(number) => *number,
            Self::None | Self::Text(_) | Self::Suppressed => 0,
        };
        let is_whole = |cell: &Self| !matches!(cell, Self::AtLeast(_) | Self::Suppressed);
        let sum = value(&self).saturating_add(value(other));
        if is_whole(&self) && is_whole(other) { Self::Number(sum) } else { Self::AtLeast(sum) }
    }
}

/// What stands in place of a figure that is not published, in CSV and JSON.
pub const SUPPRESSED: &str = "suppressed";

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::AtLeast(number) => serializer.collect_str(&format_args!(">={number}")),
            Self::Suppressed => serializer.serialize_str(SUPPRESSED),
        }
    }
}
