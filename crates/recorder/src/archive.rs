//! Looks single commits up again: for the first receipt of a repeated command, for the event that a correction
//! names. Keeps the last few, because repeated rows come in the order in which they came first.

use std::collections::VecDeque;

use domain::{Fact, Slug};
use journal::{Journal, JournalError};
use proof::Hash;
use serde_json::value::RawValue;
use wire::{Commit, CommitId, Head, Interpreted, Receipt, RecordedEvent};

use crate::Error;
use crate::decided::Span;
use crate::knowledge::halt;

/// Commits kept; one is 900 KiB at most.
const KEPT: usize = 8;

/// The past of one ledger.
pub(crate) struct Archive<J> {
    journal: J,
    ledger: Slug,
    kept: VecDeque<Past>,
}

/// One commit, looked up.
struct Past {
    number: u64,
    epoch: u64,
    id: CommitId,
    events: Vec<RecordedEvent>,
    /// Looked up with the first receipt.
    root_after: Option<Hash>,
}

impl Past {
    fn find(&self, span: Span) -> Option<&[RecordedEvent]> {
        span.of(self.events.first()?.envelope.position, &self.events)
    }
}

impl<J: Journal> Archive<J> {
    pub(crate) const fn new(journal: J, ledger: Slug) -> Self {
        Self { journal, ledger, kept: VecDeque::new() }
    }

    /// Whether it keeps something.
    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Keeps nothing for now: a few megabytes of each of many ledgers are much.
    pub(crate) fn forget(&mut self) {
        self.kept = VecDeque::new();
    }

    /// The first receipt of a command that was accepted before.
    ///
    /// # Errors
    /// [`Error::Journal`] if the log can't be read, [`Error::Halted`] if it does not hold what the register says.
    pub(crate) async fn receipt(&mut self, span: Span, head: Head) -> Result<Receipt, Error> {
        self.fetch(span.commit).await?;
        let known = self.past(span.commit)?.root_after;
        let root = match known {
            Some(root) => root,
            None if span.commit == head.commit => head.root,
            None => self.load(span.commit + 1).await?.root,
        };
        let (ledger, missing) = (self.ledger.clone(), self.missing(span.commit));
        let past = self.past_mut(span.commit)?;
        past.root_after = Some(root);
        let events = past.find(span).ok_or(missing)?;
        Ok(Receipt {
            ledger,
            epoch: past.epoch,
            commit: past.number,
            commit_id: past.id,
            positions: span.positions().collect(),
            event_ids: events.iter().map(|event| event.envelope.id).collect(),
            root,
        })
    }

    /// The fact at a position.
    ///
    /// # Errors
    /// As [`receipt`](Self::receipt).
    pub(crate) async fn fact(&mut self, commit: u64, position: u64) -> Result<Fact, Error> {
        self.fetch(commit).await?;
        let span = Span { commit, position, count: 1 };
        let event = self.past(commit)?.find(span).and_then(|events| events.first());
        event.map(|event| event.fact.clone()).ok_or_else(|| self.missing(commit))
    }

    /// Makes sure that the commit is among those kept.
    async fn fetch(&mut self, number: u64) -> Result<(), Error> {
        if self.kept.iter().any(|past| past.number == number) {
            return Ok(());
        }
        let commit = self.load(number).await?;
        let events = decode(&commit).ok_or_else(|| self.missing(number))?;
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(Past { number, epoch: commit.epoch, id: commit.id(), events, root_after: None });
        Ok(())
    }

    async fn load(&self, number: u64) -> Result<Commit, Error> {
        let loaded = self.journal.commit(&self.ledger, number).await;
        let failed =
            |error: JournalError| Error::Journal { ledger: self.ledger.clone(), reason: error.to_string() };
        loaded.map_err(failed)?.ok_or_else(|| self.missing(number))
    }

    fn past(&self, number: u64) -> Result<&Past, Error> {
        self.kept.iter().find(|past| past.number == number).ok_or_else(|| self.missing(number))
    }

    fn past_mut(&mut self, number: u64) -> Result<&mut Past, Error> {
        let missing = self.missing(number);
        self.kept.iter_mut().find(|past| past.number == number).ok_or(missing)
    }

    fn missing(&self, commit: u64) -> Error {
        halt(&self.ledger, format!("the log does not hold in commit {commit} what was read there before"))
    }
}

/// The events of a commit that was verified when it was first read.
fn decode(commit: &Commit) -> Option<Vec<RecordedEvent>> {
    let events: Vec<&RawValue> = serde_json::from_slice(&commit.body).ok()?;
    let known = events.into_iter().map(|event| match wire::decode::one(event.get()) {
        Ok(Interpreted::Event(event)) => Some(*event),
        Ok(Interpreted::Unknown { .. }) | Err(_) => None,
    });
    known.collect()
}
