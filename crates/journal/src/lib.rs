//! The log: one trait, kept in memory, in a file, or in NATS JetStream.

use domain::Slug;
use futures::stream::BoxStream;
use wire::{Commit, Head, Tip, Verifier};

/// How far a reader wants to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// To the leader's head at the time of the call; then the stream ends.
    Head,
    /// Onward, waiting for what is appended, until dropped.
    Follow,
}

/// How an append ended, other than well.
#[derive(Debug, thiserror::Error)]
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

/// A journal: an ordered, durable log per ledger.
///
/// Every implementation passes `contract`.
pub trait Journal: Clone + Send + Sync + 'static {
    /// Makes the log of a ledger if there is none, guarded, and returns its tip. Checks its configuration.
    fn open(&self, ledger: &Slug) -> impl Future<Output = Result<Tip, JournalError>> + Send;

    /// The ledgers that have a log.
    fn ledgers(&self) -> impl Future<Output = Result<Vec<Slug>, JournalError>> + Send;

    /// Appends after commit `commit.number - 1`. Idempotent: the identical commit sent again is answered as the
    /// first time, also when other commits came after it.
    fn append(&self, ledger: &Slug, commit: &Commit) -> impl Future<Output = Result<(), AppendError>> + Send;

    /// Commits after the verifier's head, each verified, with the head after it. The stream yields an error and
    /// ends when the log is broken or contradicts `from`.
    fn read(
        &self,
        ledger: &Slug,
        from: Verifier,
        until: Until,
    ) -> BoxStream<'static, Result<(Commit, Head), JournalError>>;

    /// The stored commit of this number, unverified against its predecessors (its id is checked).
    fn commit(&self, ledger: &Slug, number: u64) -> impl Future<Output = Result<Option<Commit>, JournalError>> + Send;

    /// The leader's tip, now: never from a cache or a follower.
    fn head(&self, ledger: &Slug) -> impl Future<Output = Result<Tip, JournalError>> + Send;
}

/// A failure of the log, not of a command.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// What is stored can't be right.
    #[error("the log of {ledger} is broken at {broken}")]
    Broken {
        /// The ledger.
        ledger: Slug,
        /// What and where.
        broken: wire::Broken,
    },
}
