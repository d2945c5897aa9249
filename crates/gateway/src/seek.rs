//! Events of the log by position, verified, and what the log says when it can't give them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Slug;
use futures::StreamExt as _;
use journal::{AnyJournal, Found, Journal as _, JournalError, Places, Until, Verified};
use serde_json::value::RawValue;
use wire::ask::{Ask, Reply};
use wire::{Commit, Tip, Verifier};

use crate::access::no_such_ledger;
use crate::backend::Behind;
use crate::problem::Problem;
use crate::vantage::Place;

/// Events that are read and verified on the way to those that are wanted, before a projector is asked for a nearer place.
const NEAR: u64 = 1_000;
/// How long its answer is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// The log that the gateway reads.
#[derive(Clone)]
pub(crate) struct Log {
    journal: AnyJournal,
    places: Places<AnyJournal>,
    backend: Behind,
    unverified: Arc<AtomicU64>,
}

impl Log {
    pub(crate) fn new(
        (journal, deployment): (AnyJournal, Slug),
        backend: Behind,
        unverified: Arc<AtomicU64>,
    ) -> Self {
        Self { places: Places::new(journal.clone(), deployment), journal, backend, unverified }
    }

    /// Verified commits that hold events after a position, which was found in the log.
    pub(crate) async fn read(
        &self,
        ledger: &Slug,
        (found, position): (Found, u64),
        until: Until,
    ) -> Verified {
        let at = (found.epoch, position);
        if self.places.distance(ledger, at) > NEAR {
            let ask = Ask::Reader { ledger: ledger.clone(), commit: found.after.commit };
            let asked = tokio::time::timeout(PATIENCE, self.backend.ask(ledger, ask)).await;
            // Without an answer more is read. A place that is none of this log's makes no commit after it verify.
            if let Ok(Reply::Reader { place: Some(place) }) = asked
                && let Ok(place) = URL_SAFE_NO_PAD.decode(place)
            {
                self.places.name_stored(ledger, &place);
            }
        }
        let unverified = self.unverified.clone();
        let counted = move |read: &Result<_, JournalError>| {
            if matches!(read, Err(JournalError::Broken { .. })) {
                unverified.fetch_add(1, Ordering::Relaxed);
            }
        };
        self.places.after(ledger, at, until).inspect(counted).boxed()
    }

    /// Keeps the place after a page, where the next one begins.
    pub(crate) fn leave(&self, place: Verifier) {
        self.places.name(place);
    }

    /// Commits after this place, unverified.
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
        let next = self.read(ledger, (found, before), Until::Head).await.next().await;
        let (commit, _) = next.ok_or_else(torn)?.map_err(unreadable)?;
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
    match error {
        JournalError::Broken { .. } => {
            tracing::error!(%error, "the log does not verify; nothing is told of it");
            Problem::new("log-broken", "the log does not verify")
        }
        JournalError::Unreachable(_) => {
            tracing::warn!(%error, "the log can't be read");
            Problem::new("unavailable", "the log is out of reach")
        }
        _ => {
            tracing::warn!(%error, "the log can't be read");
            Problem::new("out-of-order", "the log can't be read")
        }
    }
}
