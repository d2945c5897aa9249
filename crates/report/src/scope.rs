//! What a report is of: a school year, from a vantage, and what it is narrowed to.

use domain::SchoolYear;
use wire::Vantage;

use crate::{Report, Trouble};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The school year.
    pub school_year: SchoolYear,
    /// From where the ledger is looked at; the answers must be from there.
    pub vantage: Vantage,
    /// Only this site: its id or CDS code.
    pub site: Option<String>,
    /// Only this partner: its id, EIN or HSDS id.
    pub partner: Option<String>,
    /// Only this grant: its id, award number or program, or a funding code of deliveries.
    pub grant: Option<String>,
}

/// Something that a report can be narrowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argument {
    /// Name on the command line: `site`, `partner` or `grant`.
    pub name: &'static str,
    /// Whether the report is of one of them only.
    pub needed: bool,
}

impl Scope {
    /// Everything of a school year, by all that is known.
    pub fn of(school_year: SchoolYear) -> Self {
        Self { school_year, vantage: Vantage::default(), site: None, partner: None, grant: None }
    }

    /// Whether the report can be of this.
    ///
    /// # Errors
    /// [`Trouble`] that says what is missing or too much.
    pub fn fits(&self, report: &dyn Report, ledgers: usize) -> Result<(), Trouble> {
        let name = report.name();
        if !report.is_of_many() && ledgers != 1 {
            return Err(Trouble::OneLedger { report: name, given: ledgers });
        }
        for (argument, given) in [("site", &self.site), ("partner", &self.partner), ("grant", &self.grant)] {
            let taken = report.arguments().iter().find(|taken| taken.name == argument);
            match (taken, given) {
                (None, Some(_)) => return Err(Trouble::TakesNo { report: name, argument }),
                (Some(Argument { needed: true, .. }), None) => {
                    return Err(Trouble::Needs { report: name, argument });
                }
                _ => {}
            }
        }
        Ok(())
    }
}
