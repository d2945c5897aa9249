//! How the log can fail; a violated rule of the domain is not here.

use domain::Slug;
use wire::{Broken, BrokenKind, Tip};

/// How an append ended, other than well.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Another commit stands there already; catch up and decide again.
    #[error("another commit was appended first; the log is at commit {}", .0.commit)]
    Conflict(Tip),
    /// The answer did not come: the bytes may still land. Send the identical commit again until it is answered.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
    /// It is certain that nothing was stored, and repeating won't help.
    #[error("the log refused the commit: {0}")]
    Refused(String),
}

/// A failure of the log, not of a command.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// What is stored can't be right.
    #[error("the log of {ledger} is broken: {broken}")]
    Broken {
        /// The ledger.
        ledger: Slug,
        /// What and where.
        broken: Broken,
    },
    /// Another process has the log.
    #[error("another process has {0} open; stop it, or talk to it instead")]
    Locked(String),
    /// The log could lose what it acknowledges, or is not ours.
    #[error("{what}: {cure}")]
    Unsafe {
        /// What is wrong.
        what: String,
        /// How to cure it.
        cure: String,
    },
    /// This identity may not; trying again helps once somebody has changed that.
    #[error("{what}; {cure}")]
    Denied {
        /// What is not permitted.
        what: String,
        /// How to cure it.
        cure: String,
    },
    /// The log can't be reached now; trying again later may help.
    #[error("the log can't be reached: {0}")]
    Unreachable(String),
    /// The disk failed.
    #[error("the log's file failed")]
    Io(#[from] std::io::Error),
}

impl JournalError {
    pub(crate) fn broken(ledger: &Slug, commit: u64, kind: BrokenKind) -> Self {
        Self::Broken { ledger: ledger.clone(), broken: Broken { commit, position: 0, kind } }
    }
}
