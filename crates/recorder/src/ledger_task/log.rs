//! The task's dealings with the log: opening, catching up, asking for the head.

use futures::StreamExt;
use journal::{Journal, JournalError, Until};

use super::LedgerTask;
use crate::knowledge::{Knowledge, halt};
use crate::{Error, register};

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
        let knowledge = Knowledge::open(&directory, &self.shelf, &self.origin, tip.epoch)?;
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
        self.tentative = None;
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
        self.tentative = None;
        if read.is_ok() {
            self.heard = self.clock.elapsed();
            self.settings.observer.caught_up(&self.origin.ledger, self.knowledge.register_rows());
        }
        read
    }

    /// Whether the log's leader knows no more than we do, asked now.
    pub(super) async fn is_fresh(&mut self) -> Result<bool, Error> {
        let tip = self.journal.head(&self.origin.ledger).await.map_err(|error| self.failed(&error))?;
        let fresh = tip == self.knowledge.tip();
        if fresh {
            self.heard = self.clock.elapsed();
        }
        Ok(fresh)
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
