//! The log: one trait, kept in memory, in a file, or in NATS JetStream.
//!
//! A journal stores commits and orders them; it decides nothing. Every implementation passes the same contract
//! suite (`tests/contract`).

mod any;
pub mod bucket;
pub mod embedded;
mod error;
pub mod jetstream;
mod memory;
mod places;
mod read;
mod seek;

pub use any::AnyJournal;
pub use bucket::{AnyBucket, BucketError};
pub use embedded::Embedded;
pub use error::{AppendError, JournalError};
pub use jetstream::JetStream;
pub use memory::{Fault, Memory};
pub use places::{Places, Verified};
pub use read::{Read, read, read_events};
pub use seek::{Found, seek};

use domain::Slug;
use futures::stream::BoxStream;
use wire::{Commit, Tip};

/// How far a reader wants to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// To the leader's head at the time of the call; then the stream ends.
    Head,
    /// Onward, waiting for what is appended, until dropped.
    Follow,
}

/// Commits as they are stored.
pub type Commits = BoxStream<'static, Result<Commit, JournalError>>;

/// An ordered, durable log per ledger.
pub trait Journal: Clone + Send + Sync + 'static {
    /// Makes the log of a ledger if there is none, checks that it can't lose what it acknowledges, and says where
    /// it stands.
    fn open(&self, ledger: &Slug) -> impl Future<Output = Result<Tip, JournalError>> + Send;

    /// The ledgers that have a log, in order.
    fn ledgers(&self) -> impl Future<Output = Result<Vec<Slug>, JournalError>> + Send;

    /// Appends after commit `commit.number - 1`. Idempotent: the identical commit sent again is answered as the
    /// first time, also when other commits came after it.
    fn append(&self, ledger: &Slug, commit: &Commit) -> impl Future<Output = Result<(), AppendError>> + Send;

    /// Commits after this place, without gap or repeat, not yet verified against it: [`read`] and [`read_events`]
    /// do that and are what readers call. Yields [`JournalError::Broken`] and ends when the log does not hold the
    /// commit that `after` names.
    fn commits(&self, ledger: &Slug, after: Tip, until: Until) -> Commits;

    /// The stored commit of this number, unverified.
    fn commit(
        &self,
        ledger: &Slug,
        number: u64,
    ) -> impl Future<Output = Result<Option<Commit>, JournalError>> + Send;

    /// The leader's tip, now: never from a cache or a follower. A ledger without a log has the empty tip.
    fn head(&self, ledger: &Slug) -> impl Future<Output = Result<Tip, JournalError>> + Send;
}

/// The only epoch until there are restores.
pub const FIRST_EPOCH: u64 = 1;

/// The tip of a log that holds nothing.
pub const EMPTY: Tip = Tip { epoch: FIRST_EPOCH, commit: 0, id: None };
