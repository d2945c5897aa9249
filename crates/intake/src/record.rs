//! A header, and a row below it: cells by the names of columns.

use crate::table::Cells;
use crate::{Code, Unreadable};

/// Where each column is that somebody reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header(Vec<(&'static str, usize)>);

impl Header {
    /// Of these names; they are compared without regard to case, and of two that are alike the last counts.
    ///
    /// # Errors
    /// When a needed column is missing.
    pub(crate) fn find(
        names: &[&str],
        needed: &[&'static str],
        columns: &[&'static str],
    ) -> Result<Self, Unreadable> {
        let plain: Vec<String> = names
            .iter()
            .map(|name| name.trim().trim_start_matches('\u{feff}').trim_matches('"').to_lowercase())
            .collect();
        let place = |column: &&'static str| {
            let at = plain.iter().rposition(|name| *name == column.to_lowercase());
            at.map(|at| (*column, at))
        };
        let missing: Vec<&str> = needed.iter().copied().filter(|column| place(column).is_none()).collect();
        if missing.is_empty() {
            return Ok(Self(needed.iter().chain(columns).filter_map(place).collect()));
        }
        Err(Unreadable {
            code: Code::ColumnsMissing,
            what: format!("the file has no column {}", missing.join(", ")),
            why: Some(format!("its columns are {}", names.join(", "))),
        })
    }

    fn at(&self, column: &str) -> Option<usize> {
        self.0.iter().find(|(name, _)| *name == column).map(|(_, at)| *at)
    }
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    header: &'a Header,
    cells: &'a Cells,
}

impl<'a> Record<'a> {
    pub(crate) const fn new(header: &'a Header, cells: &'a Cells) -> Self {
        Self { header, cells }
    }

    /// The cell of a column, without blanks around it; nothing when it is empty or the file does not have the column.
    pub fn get(&self, column: &str) -> Option<&'a str> {
        let text = self.cells.get(self.header.at(column)?)?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// The same on one line: line breaks and runs of blanks become one blank.
    pub fn line(&self, column: &str) -> Option<String> {
        self.get(column).map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}
