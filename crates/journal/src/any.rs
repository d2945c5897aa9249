//! The journal that a configuration names, chosen at run time.

use domain::Slug;
use wire::{Commit, Tip};

use crate::{AppendError, Commits, Embedded, JetStream, Journal, JournalError, Memory, Until};

/// One of the three.
#[derive(Debug, Clone)]
pub enum AnyJournal {
    /// In memory.
    Memory(Memory),
    /// In files.
    Embedded(Embedded),
    /// In NATS JetStream.
    JetStream(Box<JetStream>),
}

impl Journal for AnyJournal {
    async fn open(&self, ledger: &Slug) -> Result<Tip, JournalError> {
        match self {
            Self::Memory(journal) => journal.open(ledger).await,
            Self::Embedded(journal) => journal.open(ledger).await,
            Self::JetStream(journal) => journal.open(ledger).await,
        }
    }

    async fn ledgers(&self) -> Result<Vec<Slug>, JournalError> {
        match self {
            Self::Memory(journal) => journal.ledgers().await,
            Self::Embedded(journal) => journal.ledgers().await,
            Self::JetStream(journal) => journal.ledgers().await,
        }
    }

    async fn append(&self, ledger: &Slug, commit: &Commit) -> Result<(), AppendError> {
        match self {
            Self::Memory(journal) => journal.append(ledger, commit).await,
            Self::Embedded(journal) => journal.append(ledger, commit).await,
            Self::JetStream(journal) => journal.append(ledger, commit).await,
        }
    }

    fn commits(&self, ledger: &Slug, after: Tip, until: Until) -> Commits {
        match self {
            Self::Memory(journal) => journal.commits(ledger, after, until),
            Self::Embedded(journal) => journal.commits(ledger, after, until),
            Self::JetStream(journal) => journal.commits(ledger, after, until),
        }
    }

    async fn commit(&self, ledger: &Slug, number: u64) -> Result<Option<Commit>, JournalError> {
        match self {
            Self::Memory(journal) => journal.commit(ledger, number).await,
            Self::Embedded(journal) => journal.commit(ledger, number).await,
            Self::JetStream(journal) => journal.commit(ledger, number).await,
        }
    }

    async fn head(&self, ledger: &Slug) -> Result<Tip, JournalError> {
        match self {
            Self::Memory(journal) => journal.head(ledger).await,
            Self::Embedded(journal) => journal.head(ledger).await,
            Self::JetStream(journal) => journal.head(ledger).await,
        }
    }
}
