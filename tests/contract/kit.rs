//! The three journals, fresh, and short ways to fill and read them.

use futures::StreamExt as _;
use journal::{AnyJournal, Embedded, Journal, JournalError, Memory, Until, read};
use tempfile::TempDir;
use tests::chain::{Chain, origin};
use tests::nats::Nats;
use wire::{Commit, Tip, Verifier};

/// A journal with what it stands on.
pub struct Under {
    pub name: &'static str,
    pub journal: AnyJournal,
    stands_on: (Option<TempDir>, Option<Nats>),
}

impl Under {
    /// Another writer: over the server with a connection of its own; the others allow one process only.
    pub async fn rival(&self) -> AnyJournal {
        match &self.stands_on {
            (_, Some(server)) => AnyJournal::JetStream(Box::new(server.journal().await)),
            (_, None) => self.journal.clone(),
        }
    }

    /// A reader as another process would be.
    pub async fn reader(&self) -> AnyJournal {
        match &self.stands_on {
            (Some(folder), _) => AnyJournal::Embedded(Embedded::open_read_only(folder.path())),
            (None, _) => self.rival().await,
        }
    }
}

/// One of each, empty.
pub async fn every_journal() -> Vec<Under> {
    let (folder, server) = (tempfile::tempdir().unwrap(), Nats::start());
    let embedded = Embedded::open(folder.path()).unwrap();
    let jetstream = server.journal().await;
    vec![
        Under { name: "memory", journal: AnyJournal::Memory(Memory::default()), stands_on: (None, None) },
        Under { name: "embedded", journal: AnyJournal::Embedded(embedded), stands_on: (Some(folder), None) },
        Under {
            name: "jetstream",
            journal: AnyJournal::JetStream(Box::new(jetstream)),
            stands_on: (None, Some(server)),
        },
    ]
}

/// Opens a ledger and appends so many commits of three events.
pub async fn filled(journal: &impl Journal, ledger: &domain::Slug, commits: usize) -> (Chain, Vec<Commit>) {
    journal.open(ledger).await.unwrap();
    let mut chain = Chain::new(ledger);
    let mut appended = Vec::new();
    for _ in 0..commits {
        let commit = chain.next("filled", 3);
        journal.append(ledger, &commit).await.unwrap();
        appended.push(commit);
    }
    (chain, appended)
}

/// Commits after a place, up to the head.
pub async fn stored(
    journal: &impl Journal,
    ledger: &domain::Slug,
    after: Tip,
) -> Vec<Result<Commit, JournalError>> {
    journal.commits(ledger, after, Until::Head).collect().await
}

/// Commits from the beginning, verified.
pub async fn verified(journal: &impl Journal, ledger: &domain::Slug) -> Vec<Result<Commit, JournalError>> {
    let from = Verifier::new(origin(ledger), journal::FIRST_EPOCH);
    read(journal, ledger, from, Until::Head).map(|item| item.map(|(commit, _)| commit)).collect().await
}
