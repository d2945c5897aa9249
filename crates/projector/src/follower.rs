//! The task that follows one ledger: applies commit after commit and writes what changed now and then.

use std::time::Duration;

use domain::Slug;
use futures::StreamExt as _;
use journal::{Journal, JournalError, Until, read_events};
use tokio::sync::watch;

use crate::handle::Views;
use crate::store::Store;
use crate::{Error, blocking};

/// Rows in memory, of all views of a ledger, that are written out at the latest.
const ROWS_IN_MEMORY_MAX: usize = 100_000;
/// Pause after which an idle ledger's changes are written.
const IDLE: Duration = Duration::from_millis(500);
/// Pause before a log that could not be reached is asked again.
const RETRY: Duration = Duration::from_secs(1);

/// How far the task is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    pub(crate) position: u64,
    /// Why it went no further.
    pub(crate) stopped: Option<String>,
}

/// The task that follows one ledger.
pub(crate) struct Follower<J> {
    pub(crate) journal: J,
    pub(crate) store: Store,
    pub(crate) ledger: Slug,
    pub(crate) flush_events: u64,
    pub(crate) views: Views,
    pub(crate) progress: watch::Sender<Progress>,
    pub(crate) stop: watch::Receiver<bool>,
}

impl<J: Journal> Follower<J> {
    /// Runs until it is told to stop, or can't go on.
    pub(crate) async fn run(mut self) {
        let ended = loop {
            match self.follow().await {
                Err(Error::Journal(JournalError::Unreachable(why))) => {
                    tracing::warn!(ledger = %self.ledger, why, "the log can't be reached; asking again");
                    let stopped = tokio::time::timeout(RETRY, self.stop.wait_for(|stop| *stop)).await.is_ok();
                    if stopped {
                        break self.flush().await.map(drop);
                    }
                }
                Ok(()) => break self.flush().await.map(drop),
                // Nothing more is written: what is in memory may be half of something.
                Err(error) => break Err(error),
            }
        };
        if let Err(error) = ended {
            tracing::error!(ledger = %self.ledger, %error, "the views stopped");
            let reason = match error {
                Error::Stopped { reason, .. } => reason,
                Error::Journal(error) => error.to_string(),
                error => error.to_string(),
            };
            self.progress.send_modify(|p| p.stopped = Some(reason));
        }
    }

    async fn follow(&mut self) -> Result<(), Error> {
        let from = self.compare().await?;
        let mut flushed = from.head().position;
        let mut commits = read_events(&self.journal, &self.ledger, from, Until::Follow);
        loop {
            let next = tokio::select! {
                biased;
                _ = self.stop.wait_for(|stop| *stop) => return Ok(()),
                next = tokio::time::timeout(IDLE, commits.next()) => next,
            };
            let due = match next {
                Ok(Some(read)) => {
                    let read = read?;
                    let mut views = self.views.lock().await;
                    views.apply(&read).map_err(|reason| self.stopped(reason))?;
                    let position = views.head().position;
                    self.progress.send_modify(|p| p.position = position);
                    position >= flushed + self.flush_events || views.in_memory_len() > ROWS_IN_MEMORY_MAX
                }
                Ok(None) => return Ok(()),
                // Nothing comes: a good moment to write.
                Err(_) => self.progress.borrow().position > flushed,
            };
            if due {
                flushed = self.flush().await?;
            }
        }
    }

    /// Where the views are, if the log goes at least as far as their rows.
    async fn compare(&self) -> Result<wire::Verifier, Error> {
        let tip = self.journal.head(&self.ledger).await?;
        let views = self.views.lock().await;
        let commit = views.furthest().commit;
        if tip.commit < commit {
            return Err(self.stopped(format!(
                "they hold commit {commit}, and the log ends at commit {}; find out what became of the log \
                 before the folder `views` is deleted",
                tip.commit
            )));
        }
        Ok(views.verifier.clone())
    }

    /// Writes what changed; returns the position that is written.
    async fn flush(&self) -> Result<u64, Error> {
        let mut views = self.views.clone().lock_owned().await;
        let store = self.store.clone();
        blocking(move || {
            views.flush(&store)?;
            Ok(views.head().position)
        })
        .await
    }

    fn stopped(&self, reason: String) -> Error {
        Error::Stopped { ledger: self.ledger.clone(), reason }
    }
}
