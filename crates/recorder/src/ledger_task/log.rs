//! The task's dealings with the log: opening, catching up, asking for the head, appending.

use std::sync::Arc;
use std::time::Duration;

use domain::Slug;
use futures::StreamExt;
use journal::{AppendError, Journal, JournalError, Until};
use runtime::Clock;
use tokio::sync::watch;

use super::LedgerTask;
use super::sealing::{Sealed, Sealing};
use crate::knowledge::{Knowledge, halt};
use crate::{Error, register};

/// Pauses before an append of unknown outcome is sent again; the last one is repeated.
const RESEND_PAUSES_MS: [u64; 6] = [50, 100, 250, 500, 1_000, 5_000];

/// How an append ended.
pub(super) enum Appended {
    /// It is in the log; it took so long to bring it there.
    Yes(Arc<Sealed>, Duration),
    /// It is not, and never will be: another commit stands in its place.
    AnotherFirst,
    /// The recorder was stopped before the log said.
    StoppedWithoutKnowing,
}

/// Brings one commit into the log, while the ledger's task does something else.
pub(super) struct Sender<J> {
    journal: J,
    ledger: Slug,
    stop: watch::Receiver<bool>,
}

impl<J: Journal> Sender<J> {
    pub(super) const fn new(journal: J, ledger: Slug, stop: watch::Receiver<bool>) -> Self {
        Self { journal, ledger, stop }
    }

    /// Appends a commit once it is sealed, sending the same bytes until the log has answered.
    ///
    /// # Errors
    /// [`Error::Journal`] if it is certain that nothing was stored.
    pub(super) async fn send(mut self, sealing: Sealing, clock: Arc<dyn Clock>) -> Result<Appended, Error> {
        let sealed = sealing.sealed().await?;
        let (commit, began) = (&sealed.commit, clock.elapsed());
        let mut in_doubt = false;
        let mut pauses = RESEND_PAUSES_MS.into_iter();
        let mut pause = Duration::ZERO;
        loop {
            let why = match self.journal.append(&self.ledger, commit).await {
                Ok(()) => {
                    let took = clock.elapsed().saturating_sub(began);
                    return Ok(Appended::Yes(sealed, took));
                }
                Err(AppendError::Conflict(_)) => return Ok(Appended::AnotherFirst),
                Err(AppendError::Unknown(why)) => why,
                // A refusal speaks for the last sending only; an earlier one may still land.
                Err(AppendError::Refused(why)) if in_doubt => why,
                Err(AppendError::Refused(reason)) => {
                    return Err(Error::Journal { ledger: self.ledger.clone(), reason });
                }
            };
            in_doubt = true;
            pause = pauses.next().map_or(pause, Duration::from_millis);
            tracing::warn!(ledger = %self.ledger, commit = commit.number, %why, "append in doubt; sending it again");
            let stopped = tokio::select! {
                biased;
                _ = self.stop.wait_for(|stop| *stop) => true,
                () = tokio::time::sleep(pause) => false,
            };
            if stopped {
                return Ok(Appended::StoppedWithoutKnowing);
            }
        }
    }
}

impl<J: Journal> LedgerTask<J> {
    /// Makes sure that what is known comes from the log, if there is one; false if there is none yet.
    pub(super) async fn ready(&mut self) -> Result<bool, Error> {
        if self.knowledge.has_register() {
            return Ok(true);
        }
        let ledger = self.origin.ledger.clone();
        let ledgers = self.journal.ledgers().await.map_err(|error| self.failed(&error))?;
        if !ledgers.contains(&ledger) {
            return Ok(false);
        }
        let tip = self.journal.open(&ledger).await.map_err(|error| self.failed(&error))?;
        self.settings.observer.taking_up(&ledger);
        let directory = register::directory(&self.settings.data_dir, &ledger);
        let knowledge = Knowledge::open(&directory, &self.origin, tip.epoch)?;
        let known = knowledge.tip();
        if known.epoch != tip.epoch
            || known.commit > tip.commit
            || (known.commit == tip.commit && known != tip)
        {
            // Dropped, not closed: nothing of it was changed.
            return Err(halt(
                &ledger,
                format!(
                    "the register holds commit {} of epoch {}, and the log, at commit {} of epoch {}, does not; \
                     find out why the log lost it before anything is recorded",
                    known.commit, known.epoch, tip.commit, tip.epoch
                ),
            ));
        }
        self.knowledge = knowledge;
        self.tentative = self.knowledge.state().clone();
        self.catch_up().await?;
        Ok(true)
    }

    /// Reads what the log has beyond what is known. Called between groups only.
    pub(super) async fn catch_up(&mut self) -> Result<(), Error> {
        let verifier = self.knowledge.verifier().clone();
        let mut commits = journal::read_events(&self.journal, &self.origin.ledger, verifier, Until::Head);
        let mut read = Ok(());
        while let Some(commit) = commits.next().await {
            read = match commit {
                Ok(commit) => self.knowledge.read(commit),
                Err(error) => Err(self.failed(&error)),
            };
            if read.is_err() {
                break;
            }
        }
        self.tentative = self.knowledge.state().clone();
        if read.is_ok() {
            self.settings.observer.caught_up(&self.origin.ledger, self.knowledge.register_rows());
        }
        read
    }

    /// Whether the log's leader knows no more than we do, asked now.
    pub(super) async fn is_fresh(&self) -> Result<bool, Error> {
        let tip = self.journal.head(&self.origin.ledger).await.map_err(|error| self.failed(&error))?;
        Ok(tip == self.knowledge.tip())
    }

    /// What a failure of the journal means for the callers.
    pub(super) fn failed(&self, error: &JournalError) -> Error {
        let (ledger, reason) = (self.origin.ledger.clone(), error.to_string());
        match error {
            JournalError::Broken { .. } | JournalError::Unsafe { .. } => Error::Halted { ledger, reason },
            JournalError::Denied { .. }
            | JournalError::Locked(_)
            | JournalError::Unreachable(_)
            | JournalError::Io(_) => Error::Journal { ledger, reason },
        }
    }
}
