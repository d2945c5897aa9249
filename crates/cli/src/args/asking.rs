//! What can be asked of a ledger.

use std::path::PathBuf;

use clap::{Args as Group, ValueEnum};
use domain::{SchoolYear, Slug};
use jiff::civil::Date;
use wire::{AsOf, Query as Question};

use super::Place;

/// `query`.
#[derive(Debug, Group)]
pub(crate) struct Query {
    /// The view; see --list
    #[arg(required_unless_present = "list")]
    pub(crate) view: Option<String>,
    /// Ledger to ask
    #[arg(long, value_name = "SLUG", required_unless_present = "list")]
    pub(crate) ledger: Option<Slug>,
    /// Only rows where a column has this value, or at most (<=) or at least (>=) this; may be repeated. by=COLUMN,…
    /// sums rows that agree in them
    #[arg(long = "where", value_name = "COLUMN=VALUE", value_parser = pair)]
    pub(crate) filters: Vec<(String, String)>,
    /// By what was known then: at a position, at an RFC 3339 time, or at the end of a day; folds the log up to it
    #[arg(long, value_name = "POSITION|TIME|DAY")]
    pub(crate) as_of: Option<AsOf>,
    /// For this day of the world: what begins later is left out; folds the log
    #[arg(long, value_name = "DAY")]
    pub(crate) valid_on: Option<Date>,
    /// Wait until the view has this position (read your own writes)
    #[arg(long, value_name = "POSITION")]
    pub(crate) min_position: Option<u64>,
    /// At most this many rows, after filtering
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// List the views
    #[arg(long)]
    pub(crate) list: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as column=value")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// `explain`.
#[derive(Debug, Group)]
pub(crate) struct Explain {
    /// The view; see query --list
    pub(crate) view: String,
    /// Ledger to ask
    #[arg(long, value_name = "SLUG")]
    pub(crate) ledger: Slug,
    /// Only rows where a column has this value, or at most (<=) or at least (>=) this; may be repeated
    #[arg(long = "where", value_name = "COLUMN=VALUE", value_parser = pair)]
    pub(crate) filters: Vec<(String, String)>,
    /// By what was known then: at a position, at an RFC 3339 time, or at the end of a day
    #[arg(long, value_name = "POSITION|TIME|DAY")]
    pub(crate) as_of: Option<AsOf>,
    /// For this day of the world: what begins later is left out
    #[arg(long, value_name = "DAY")]
    pub(crate) valid_on: Option<Date>,
    /// At most this many events, the first of them
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) limit: usize,
    /// Only events after this position: to go on where a list ended
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    pub(crate) after: u64,
    #[command(flatten)]
    pub(crate) place: Place,
}

impl Explain {
    /// The question that is explained, its rows told apart by these columns.
    pub(crate) fn question(&self, identity: &[&str]) -> Question {
        let by = ("by".to_owned(), identity.join(","));
        Question {
            ledger: self.ledger.clone(),
            view: self.view.clone(),
            filters: self.filters.iter().cloned().chain([by]).collect(),
            as_of: self.as_of,
            valid_on: self.valid_on,
            min_position: None,
            limit: None,
            wait: None,
        }
    }
}

/// `report`.
#[derive(Debug, Group)]
pub(crate) struct Report {
    /// The report; see --list
    #[arg(required_unless_present = "list")]
    pub(crate) report: Option<String>,
    /// Ledger that it is of; the county report takes several, and without any all there are
    #[arg(long = "ledger", value_name = "SLUG")]
    pub(crate) ledgers: Vec<Slug>,
    /// School year, such as 2025-26
    #[arg(long, value_name = "YEAR", required_unless_present = "list", value_parser = school_year)]
    pub(crate) school_year: Option<SchoolYear>,
    /// Only this site: its id or CDS code
    #[arg(long, value_name = "ID")]
    pub(crate) site: Option<String>,
    /// Only this partner: its id, EIN or HSDS id
    #[arg(long, value_name = "ID")]
    pub(crate) partner: Option<String>,
    /// Only this grant: its id, award number or program, or a funding code of deliveries
    #[arg(long, value_name = "ID|CODE")]
    pub(crate) grant: Option<String>,
    /// By what was known then: at a position, at an RFC 3339 time, or at the end of a day
    #[arg(long, value_name = "POSITION|TIME|DAY")]
    pub(crate) as_of: Option<AsOf>,
    /// For this day of the world: what begins later is left out
    #[arg(long, value_name = "DAY")]
    pub(crate) valid_on: Option<Date>,
    /// How it is written [default: as the file's name ends, else json with --json, else html]
    #[arg(long, value_enum)]
    pub(crate) format: Option<ReportFormat>,
    /// File to write; without it stdout
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Also write the command publish-report, which records what was published, for hubledger record
    #[arg(long, value_name = "FILE")]
    pub(crate) announce: Option<PathBuf>,
    /// List the reports
    #[arg(long)]
    pub(crate) list: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

fn school_year(text: &str) -> Result<SchoolYear, String> {
    text.parse().map_err(|_| "write it as 2025-26".to_owned())
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// Comma-separated values, a block for each table
    Csv,
    /// One document
    Json,
    /// One page for screen and paper
    Html,
}
