//! Why a report is not made.

use domain::Slug;

/// Why there is no document. Each is a sentence; [`hint`](Trouble::hint) says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The ledger was not open at that vantage, so no policy says what may be published.
    #[error("{0} was not open then")]
    NotOpen(Slug),
    /// Something that the views could not take in would be missing.
    #[error(
        "{parked} rows of {view} in {ledger} could not be read, and a report without them would be wrong"
    )]
    Parked {
        /// The ledger.
        ledger: Slug,
        /// The view.
        view: String,
        /// How many.
        parked: u64,
    },
    /// Answers of one ledger are of different heads.
    #[error("the answers of {0} are of different heads")]
    Torn(Slug),
    /// What the report is narrowed to is none.
    #[error("{ledger} has no {what} {asked}")]
    None {
        /// The ledger.
        ledger: Slug,
        /// Such as `site`.
        what: &'static str,
        /// What was asked.
        asked: String,
    },
    /// It is of one ledger.
    #[error("{report} is of one ledger, and {given} were named")]
    OneLedger {
        /// The report.
        report: &'static str,
        /// How many ledgers were named.
        given: usize,
    },
    /// It must be narrowed.
    #[error("{report} needs --{argument}")]
    Needs {
        /// The report.
        report: &'static str,
        /// What it needs.
        argument: &'static str,
    },
    /// It can't be narrowed so.
    #[error("{report} takes no --{argument}")]
    TakesNo {
        /// The report.
        report: &'static str,
        /// What it was given.
        argument: &'static str,
    },
}

impl Trouble {
    /// Whether it is the question that is wrong, and not what was found.
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::OneLedger { .. } | Self::Needs { .. } | Self::TakesNo { .. })
    }

    /// Whether what was asked for is not there.
    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::None { .. } | Self::NotOpen(_))
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotOpen(_) => Some("name a later --as-of, or none".to_owned()),
            Self::Parked { .. } => {
                Some("hubledger rebuild builds the views anew; hubledger verify checks the log".to_owned())
            }
            Self::Torn(_) => None,
            Self::None { ledger, what, .. } => {
                let (view, by) = match *what {
                    "site" => ("site-profile", "its id or CDS code"),
                    "partner" => ("partner-directory", "its id, EIN or HSDS id"),
                    _ => ("funding", "its id, award number or program, or by a funding code of deliveries"),
                };
                Some(format!("name it by {by}; hubledger query {view} --ledger {ledger} lists them"))
            }
            Self::OneLedger { .. } => Some("the report county is of several".to_owned()),
            Self::Needs { .. } | Self::TakesNo { .. } => {
                Some("hubledger report --list says what each report takes".to_owned())
            }
        }
    }
}
