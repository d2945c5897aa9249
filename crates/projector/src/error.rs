//! Why a question was not answered.

use std::path::PathBuf;

use domain::Slug;
use views::QueryError;

/// A failure of the projector, or a question that it can't answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The question does not fit the view.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The ledger has no log.
    #[error("there is no ledger {0}")]
    NoSuchLedger(Slug),
    /// The position was not reached in time.
    #[error(
        "the views of {ledger} are at position {position}, not yet at {wanted}; ask again, or wait longer"
    )]
    Behind {
        /// The ledger.
        ledger: Slug,
        /// Where they are.
        position: u64,
        /// What was asked for.
        wanted: u64,
    },
    /// The position is of another epoch.
    #[error("{ledger} is in epoch {epoch}; the position asked for is of epoch {wanted}")]
    OtherEpoch {
        /// The ledger.
        ledger: Slug,
        /// Its epoch.
        epoch: u64,
        /// The epoch asked for.
        wanted: u64,
    },
    /// The views of this ledger stopped; an operator has to look.
    #[error("the views of {ledger} stopped: {reason}")]
    Stopped {
        /// The ledger.
        ledger: Slug,
        /// Why.
        reason: String,
    },
    /// The log could not be read.
    #[error("the log can't be read")]
    Journal(#[from] journal::JournalError),
    /// Another process has the view store.
    #[error("another process has {0} open; stop it, or ask it instead")]
    Locked(PathBuf),
    /// The view store failed, and does not go on before it is opened again. Views can be thrown away: stop, delete the
    /// folder `views`, start.
    #[error(
        "the view store failed: {0}; if its disk is full, make room and start again, otherwise delete its folder \
         first: views are built from the log"
    )]
    Store(#[from] sled::Error),
}

impl Error {
    /// Stable code in kebab case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Query(QueryError::NoSuchView(..)) => "no-such-view",
            Self::Query(QueryError::NoSuchColumn { .. }) => "no-such-column",
            Self::NoSuchLedger(_) => "no-such-ledger",
            Self::Behind { .. } => "view-behind",
            Self::OtherEpoch { .. } => "other-epoch",
            Self::Stopped { .. } => "views-stopped",
            Self::Journal(_) => "log-unavailable",
            Self::Locked(_) => "views-locked",
            Self::Store(_) => "view-store-failed",
        }
    }
}
