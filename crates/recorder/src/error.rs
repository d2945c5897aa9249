//! Why a command got neither a receipt nor a refusal. A refusal is not an error and is not here.

use domain::Slug;

/// A failure of the recorder or of what it stands on. Cloned to every caller that it concerns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Too many commands wait already. Nothing was decided; it is safe to repeat.
    #[error("too many commands are waiting for {0}")]
    Busy(Slug),
    /// The clock can't be trusted, so nothing can be given a time.
    #[error("the clock is unsure: {0}")]
    ClockUnsure(String),
    /// The recorder was stopped before the log said whether it holds the events.
    #[error(
        "stopped before the log of {0} said whether it holds the events; repeat the command with the same id"
    )]
    OutcomeUnknown(Slug),
    /// The recorder is stopping or has stopped. The command was not decided.
    #[error("the recorder has stopped")]
    Stopped,
    /// The log did not answer, or refused. Nothing was appended; it is safe to repeat.
    #[error("the log of {ledger} can't be used: {reason}")]
    Journal {
        /// The ledger.
        ledger: Slug,
        /// What the journal said.
        reason: String,
    },
    /// This ledger is not recorded any more until an operator has looked at it.
    #[error("{ledger} is halted: {reason}")]
    Halted {
        /// The ledger.
        ledger: Slug,
        /// What is wrong.
        reason: String,
    },
}

impl Error {
    /// Stable code in kebab case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Busy(_) => "busy",
            Self::ClockUnsure(_) => "clock-unsure",
            Self::OutcomeUnknown(_) => "outcome-unknown",
            Self::Stopped => "recorder-stopped",
            Self::Journal { .. } => "log-unavailable",
            Self::Halted { .. } => "ledger-halted",
        }
    }
}
