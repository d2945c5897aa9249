//! Reports: documents for people outside, from the answers of views.
//!
//! A [`Report`] says what it asks of the views of a ledger and makes a [`Document`] of the answers. Whoever asks answers
//! everything from one head of the log, so that all figures of a document agree. Counts of people go through one
//! [`Year`] of the ledger, which knows what is suppressed; no report reads them past it.

mod book;
pub mod counts;
mod document;
mod names;
mod render;
mod reports;
mod scope;
pub mod suppression;
mod trouble;
mod year;

pub use book::{Book, InForce, Question};
pub use document::{Asked, Cell, Column, Document, Provenance, SUPPRESSED, Section, Source, Table, Unit};
pub use render::Format;
pub use scope::{Argument, Scope};
pub use trouble::Trouble;
pub use year::{Measure, Year};

/// A report.
pub trait Report: Sync {
    /// Name on the command line, such as `annual-progress`.
    fn name(&self) -> &'static str;
    /// One sentence about what it says.
    fn about(&self) -> &'static str;
    /// What it must or may be narrowed to.
    fn arguments(&self) -> &'static [Argument];
    /// Whether it is of several ledgers.
    fn is_of_many(&self) -> bool {
        false
    }
    /// What it asks of the views of a ledger.
    fn questions(&self, scope: &Scope) -> Vec<Question>;
    /// Title, subtitle and sections; of one ledger unless it is of many.
    ///
    /// # Errors
    /// [`Trouble`] when what it is narrowed to is none.
    fn write(&self, scope: &Scope, books: &[Book]) -> Result<Written, Trouble>;
}

/// What a report says.
pub struct Written {
    /// Title.
    pub title: String,
    /// Of whom and when.
    pub subtitle: String,
    /// The rest.
    pub sections: Vec<Section>,
}

/// Every report there is.
pub static REPORTS: &[&dyn Report] = &[
    &reports::AnnualProgress,
    &reports::Partnership,
    &reports::Leadership,
    &reports::Grant,
    &reports::County,
];

/// The report of this name.
pub fn report(name: &str) -> Option<&'static dyn Report> {
    REPORTS.iter().copied().find(|report| report.name() == name)
}

/// The document of a report.
///
/// # Errors
/// [`Trouble`] when it can't be made, or must not be published.
pub fn document(report: &dyn Report, scope: &Scope, books: &[Book]) -> Result<Document, Trouble> {
    scope.fits(report, books.len())?;
    let Written { title, subtitle, sections } = report.write(scope, books)?;
    let mut views: Vec<Asked> = books.iter().flat_map(Book::asked).collect();
    views.sort();
    views.dedup();
    let provenance = Provenance {
        school_year: scope.school_year.to_string(),
        // A position that the heads are at says no more than they: what was published is made again, byte for byte.
        as_of: scope
            .vantage
            .as_of
            .filter(|as_of| !books.iter().all(|book| book.is_at(*as_of)))
            .map(|as_of| as_of.to_string()),
        valid_on: scope.vantage.valid_on.map(|day| day.to_string()),
        ledgers: books.iter().map(Book::source).collect(),
        views,
    };
    Ok(Document { report: report.name(), title, subtitle, provenance, sections })
}
