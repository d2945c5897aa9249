//! The task that follows one ledger: applies commit after commit and writes what changed now and then, while it goes on.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use domain::Slug;
use futures::StreamExt as _;
use journal::{Journal, JournalError, Until, read_events};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::Error;
use crate::ahead::ahead;
use crate::handle::{Views, Writer};

/// While the views catch up, what changed is written after so many times more events: most of it changes again.
const CATCHING_UP: u64 = 16;
/// Pause after which an idle ledger's changes are written.
const IDLE: Duration = Duration::from_millis(500);
/// Pause before a log that could not be reached is asked again.
const RETRY: Duration = Duration::from_secs(1);

/// Rows in memory of all ledgers together, so that memory does not grow with their number.
#[derive(Default)]
pub(crate) struct Held {
    rows: AtomicUsize,
    ledgers: AtomicUsize,
}

impl Held {
    /// When there are more than this, who has more than its share writes its own and lets go of them. A row takes somewhat
    /// less than a kilobyte; with fewer, a year of a ledger of a million deliveries is read from the store each time.
    const MAX: usize = 160_000;

    fn is_too_much(&self, own: usize) -> bool {
        let share = Self::MAX / self.ledgers.load(Relaxed).max(1);
        self.rows.load(Relaxed) > Self::MAX && own > share
    }
}

/// The part of one ledger in what is held.
pub(crate) struct Part {
    held: Arc<Held>,
    own: usize,
}

impl Part {
    pub(crate) fn of(held: Arc<Held>) -> Self {
        held.ledgers.fetch_add(1, Relaxed);
        Self { held, own: 0 }
    }

    fn is(&mut self, rows: usize) {
        self.held.rows.fetch_add(rows, Relaxed);
        self.held.rows.fetch_sub(std::mem::replace(&mut self.own, rows), Relaxed);
    }

    fn is_too_much(&self) -> bool {
        self.held.is_too_much(self.own)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.is(0);
        self.held.ledgers.fetch_sub(1, Relaxed);
    }
}

/// How far the task is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    pub(crate) position: u64,
    /// Number of the commit that ends there.
    pub(crate) commit: u64,
    /// Events that this task has applied.
    pub(crate) applied: u64,
    /// Whether it has been at the log's head since it began.
    pub(crate) current: bool,
    /// Why it went no further.
    pub(crate) stopped: Option<String>,
}

/// The task that follows one ledger.
pub(crate) struct Follower<J> {
    pub(crate) journal: J,
    pub(crate) writer: Writer,
    /// The write that is under way.
    pub(crate) writing: JoinSet<Result<(), Error>>,
    pub(crate) ledger: Slug,
    pub(crate) flush_events: u64,
    pub(crate) views: Views,
    pub(crate) progress: watch::Sender<Progress>,
    pub(crate) stop: watch::Receiver<bool>,
    /// Its rows in memory, among those of all.
    pub(crate) part: Part,
    /// Who may catch up: a reader that is behind holds much in memory, and many would only wait for each other.
    pub(crate) turns: Arc<Semaphore>,
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
                        break self.finish().await;
                    }
                }
                Ok(()) => break self.finish().await,
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
        let (from, goal) = self.compare().await?;
        let mut written = from.head().position;
        let mut turn = None;
        if from.head().commit >= goal {
            self.progress.send_modify(|p| p.current = true);
        } else {
            turn = tokio::select! {
                biased;
                _ = self.stop.wait_for(|stop| *stop) => return Ok(()),
                turn = self.turns.clone().acquire_owned() => turn.ok(),
            };
        }
        let mut commits = ahead(read_events(&self.journal, &self.ledger, from, Until::Follow));
        loop {
            let next = tokio::select! {
                biased;
                _ = self.stop.wait_for(|stop| *stop) => return Ok(()),
                next = tokio::time::timeout(IDLE, commits.next()) => next,
            };
            match next {
                Ok(Some(read)) => {
                    let read = read?;
                    let mut views = self.views.lock().await;
                    views.apply(&read).map_err(|reason| self.stopped(reason))?;
                    let head = views.head();
                    self.part.is(views.in_memory_len());
                    drop(views);
                    self.progress.send_modify(|p| {
                        p.applied += head.position.saturating_sub(p.position);
                        (p.position, p.commit) = (head.position, head.commit);
                        p.current |= head.commit >= goal;
                    });
                    let patience = if head.commit < goal { CATCHING_UP } else { 1 };
                    let due = head.position >= written + self.flush_events * patience;
                    let caught_up = turn.is_some() && head.commit >= goal;
                    if caught_up {
                        // The next one finds the memory that this one gives back.
                        self.let_go().await?;
                        turn = None;
                    } else if self.part.is_too_much() {
                        self.let_go().await?;
                    } else if due {
                        self.write().await?;
                    } else {
                        continue;
                    }
                    written = head.position;
                }
                Ok(None) => return Ok(()),
                // Nothing comes: a good moment to write, and to give memory back.
                Err(_) if self.progress.borrow().position > written => {
                    self.let_go().await?;
                    written = self.progress.borrow().position;
                }
                Err(_) => {}
            }
        }
    }

    /// Where the views are, if the log goes at least as far, and the last commit of the log.
    async fn compare(&self) -> Result<(wire::Verifier, u64), Error> {
        let tip = self.journal.head(&self.ledger).await?;
        let views = self.views.lock().await;
        let commit = views.head().commit;
        if tip.commit < commit {
            return Err(self.stopped(format!(
                "they hold commit {commit}, and the log ends at commit {}; find out what became of the log \
                 before the folder `views` is deleted",
                tip.commit
            )));
        }
        Ok((views.verifier.clone(), tip.commit))
    }

    /// Starts to write what changed, after the write before.
    async fn write(&mut self) -> Result<(), Error> {
        self.settle().await?;
        // Held until it is written: cursors are written in order.
        let writer = self.writer.clone().lock_owned().await;
        let (changed, reached) = self.views.lock().await.take_changed()?;
        let ledger = self.ledger.clone();
        self.writing.spawn_blocking(move || writer.write(&ledger, changed, Some(&reached)));
        Ok(())
    }

    /// Waits for the write that is under way.
    async fn settle(&mut self) -> Result<(), Error> {
        match self.writing.join_next().await {
            None => Ok(()),
            Some(Ok(written)) => written,
            Some(Err(error)) => Err(self.stopped(format!("a write ended badly: {error}"))),
        }
    }

    /// Writes what changed to the end.
    async fn finish(&mut self) -> Result<(), Error> {
        self.write().await?;
        self.settle().await
    }

    /// Writes what changed to the end, and lets go of all rows.
    async fn let_go(&mut self) -> Result<(), Error> {
        self.finish().await?;
        let mut views = self.views.lock().await;
        views.forget();
        self.part.is(views.in_memory_len());
        Ok(())
    }

    fn stopped(&self, reason: String) -> Error {
        Error::Stopped { ledger: self.ledger.clone(), reason }
    }
}
