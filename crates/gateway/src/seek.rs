//! Events of the log by position, and what the log says when it can't give them.

use domain::Slug;
use journal::{AnyJournal, Found, Journal as _, JournalError, Until};
use serde_json::value::RawValue;
use wire::{Commit, Tip};

use crate::access::no_such_ledger;
use crate::problem::Problem;
use crate::vantage::Place;

/// The log that the gateway reads.
#[derive(Clone)]
pub(crate) struct Log {
    journal: AnyJournal,
}

impl Log {
    pub(crate) const fn new(journal: AnyJournal) -> Self {
        Self { journal }
    }

    /// Commits after this place.
    pub(crate) fn commits(&self, ledger: &Slug, after: Tip, until: Until) -> journal::Commits {
        self.journal.commits(ledger, after, until)
    }

    /// Where to go on to read the events after `position`.
    ///
    /// # Errors
    /// When there is no such ledger, or the log can't be read.
    pub(crate) async fn after(&self, ledger: &Slug, position: u64) -> Result<Found, Problem> {
        let found = journal::seek(&self.journal, ledger, position).await.map_err(unreadable)?;
        found.ok_or_else(no_such_ledger)
    }

    /// Where to go on after a place that somebody holds; from the beginning without one.
    ///
    /// # Errors
    /// `cursor-gone` when the log has no such place; as [`after`](Self::after).
    pub(crate) async fn since(&self, ledger: &Slug, place: Option<Place>) -> Result<Found, Problem> {
        let found = self.after(ledger, place.map_or(0, |place| place.position)).await?;
        if place.is_some_and(|place| place.epoch != found.epoch || place.position > found.last) {
            let what = format!("the log of epoch {} ends at position {}", found.epoch, found.last);
            return Err(Problem::new("cursor-gone", what));
        }
        Ok(found)
    }

    /// The event at a position, as it is stored.
    ///
    /// # Errors
    /// As [`after`](Self::after).
    pub(crate) async fn event(&self, ledger: &Slug, position: u64) -> Result<Option<Box<RawValue>>, Problem> {
        let Some(before) = position.checked_sub(1) else { return Ok(None) };
        let found = self.after(ledger, before).await?;
        if found.last < position {
            return Ok(None);
        }
        let commit = self.journal.commit(ledger, found.after.commit + 1).await.map_err(unreadable)?;
        let commit = commit.ok_or_else(torn)?;
        let event = events(&commit)?.find(|(place, _)| *place == position);
        Ok(event.map(|(_, event)| event.to_owned()))
    }
}

/// The events of a commit as they are stored, with their positions.
///
/// # Errors
/// When it is no JSON batch.
pub(crate) fn events(commit: &Commit) -> Result<impl Iterator<Item = (u64, &RawValue)>, Problem> {
    let events: Vec<&RawValue> = serde_json::from_slice(&commit.body).map_err(|_| torn())?;
    Ok((commit.size + 1..).zip(events))
}

fn torn() -> Problem {
    Problem::new("log-broken", "the log does not hold what it should")
}

/// What the log says instead of an answer.
pub(crate) fn unreadable(error: JournalError) -> Problem {
    tracing::warn!(%error, "the log can't be read");
    match error {
        JournalError::Unreachable(_) => Problem::new("unavailable", "the log is out of reach"),
        _ => Problem::new("out-of-order", "the log can't be read"),
    }
}
