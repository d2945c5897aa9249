//! A webhook's reading of the log: verified, from where it stood, as far as there is room. What does not verify is not
//! told, and ends the reading until somebody has looked.

use std::time::Duration;

use domain::Slug;
use futures::StreamExt as _;
use journal::{JournalError, Until, Verified};
use serde_json::value::RawValue;
use wire::{Commit, Verifier};

use super::Held;
use crate::payload::Told;
use crate::watch::Shared;
use crate::webhook::Place;

/// How far a webhook is in the log.
#[derive(Default)]
pub(super) struct Reading {
    log: Option<Verified>,
    /// Not opened before this time, as time goes on here.
    opens: Duration,
    was_full: bool,
    /// It did not verify.
    pub(super) stopped: bool,
}

impl Reading {
    /// From anew.
    pub(super) fn restart(&mut self) {
        *self = Self::default();
    }

    /// The next commit; waits for ever without a log.
    pub(super) async fn next(&mut self) -> Option<Result<(Commit, Verifier), JournalError>> {
        match &mut self.log {
            Some(log) => log.next().await,
            None => std::future::pending().await,
        }
    }
}

/// Where the log ends, by its last commit's word; nothing when there is none.
pub(super) async fn end(shared: &Shared, ledger: &Slug) -> Result<Option<Place>, JournalError> {
    let found = journal::seek(&shared.parts.journal, ledger, u64::MAX).await?;
    Ok(found.map(|found| Place { epoch: found.epoch, position: found.last }))
}

impl Held {
    /// Opens the log after the last event that was read, if it is to be read on.
    pub(super) async fn open(&mut self) {
        if !self.is_active() || self.reading.stopped {
            self.reading.log = None;
            return;
        }
        if self.reading.log.is_some() || !self.may_open() || self.elapsed() < self.reading.opens {
            return;
        }
        match end(&self.shared, &self.webhook.ledger).await {
            Ok(Some(end)) => {
                self.state.found(end);
                if self.state.disabled.is_some() {
                    self.has_ended = true;
                    self.tell_disabled();
                } else {
                    let Place { epoch, position } = self.state.cursor;
                    self.reading.was_full = false;
                    let (places, ledger) = (&self.shared.places, &self.webhook.ledger);
                    self.reading.log = Some(places.after(ledger, (epoch, position), Until::Follow));
                }
            }
            Ok(None) => self.rest(),
            Err(error) => self.unreadable(&error),
        }
    }

    fn may_open(&self) -> bool {
        self.state.has_room(self.reading.was_full)
    }

    /// How long until the log is to be opened; nothing if it is not.
    pub(super) fn opens_in(&self) -> Option<Duration> {
        let closed = self.reading.log.is_none() && !self.reading.stopped;
        (closed && self.is_active() && self.may_open())
            .then(|| self.reading.opens.saturating_sub(self.elapsed()))
    }

    /// Lets the log be for a while.
    fn rest(&mut self) {
        self.reading.log = None;
        self.reading.opens = self.elapsed() + self.shared.parts.settings.look;
    }

    pub(super) fn unreadable(&mut self, error: &JournalError) {
        let webhook = self.webhook.id;
        self.rest();
        if matches!(error, JournalError::Broken { .. }) {
            self.reading.stopped = true;
            tracing::error!(%error, %webhook, "the log does not verify; the webhook is told nothing more of it");
        } else {
            tracing::warn!(%error, %webhook, "the log can't be read for a webhook");
        }
    }

    pub(super) fn read(&mut self, commit: Option<Result<(Commit, Verifier), JournalError>>) {
        match commit {
            Some(Ok((commit, place))) => {
                if self.take_in(&commit, &place).is_none() {
                    self.rest();
                    self.reading.stopped = true;
                    let (webhook, commit) = (self.webhook.id, commit.number);
                    tracing::error!(%webhook, commit, "the log holds what is no event; the webhook is told nothing more of it");
                }
            }
            Some(Err(error)) => self.unreadable(&error),
            None => self.rest(),
        }
    }

    /// Takes events in until there is no room; nothing, if one can't be read.
    fn take_in(&mut self, commit: &Commit, after: &Verifier) -> Option<()> {
        let now = self.now();
        let events: Vec<&RawValue> = serde_json::from_slice(&commit.body).ok()?;
        for (position, event) in (commit.size + 1..).zip(events) {
            let place = Place { epoch: commit.epoch, position };
            if place <= self.state.cursor {
                continue;
            }
            if !self.state.has_room(false) {
                // The rest is read again when there is room.
                (self.reading.log, self.reading.was_full) = (None, true);
                return Some(());
            }
            let told = Told::read(place, event)?;
            let wanted = self.webhook.wants(&told).then_some(told);
            self.state.read(place, wanted, now);
        }
        self.place = Some(after.clone());
        Some(())
    }
}
