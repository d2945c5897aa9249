//! The line to the log: brings commits into it one after the other, while the ledger's task does something else.
//!
//! Only one is ever on its way. The log guards an append by the number of the commit before it, so a second one could
//! land on another recorder's commit in the place of the first.

use std::sync::Arc;
use std::time::Duration;

use domain::Slug;
use journal::{AppendError, Journal};
use runtime::Clock;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use wire::{Commit, Verifier};

use super::sealing::Sealing;
use crate::Error;

/// Pauses before an append of unknown outcome is sent again; the last one is repeated.
const RESEND_PAUSES_MS: [u64; 6] = [50, 100, 250, 500, 1_000, 5_000];

/// How an append ended.
pub(super) enum Appended {
    /// It is in the log; a reader that has read it, and how long it took from the first sending.
    Yes(Verifier, Duration),
    /// It is not, and never will be: another commit stands in its place.
    AnotherFirst,
    /// The recorder was stopped before the log said.
    Unknown,
}

/// Commits on their way, as the ledger's task holds them.
pub(super) struct Line {
    queue: mpsc::UnboundedSender<Sealing>,
    ended: mpsc::UnboundedReceiver<Result<Appended, Error>>,
    task: JoinHandle<()>,
}

impl Line {
    /// An empty line to the log of this ledger.
    pub(super) fn start<J: Journal>(
        journal: J,
        ledger: Slug,
        stop: watch::Receiver<bool>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (queue, mut commits) = mpsc::unbounded_channel::<Sealing>();
        let (tell, ended) = mpsc::unbounded_channel();
        let mut sender = Sender { journal, ledger, stop, clock };
        let work = async move {
            while let Some(sealing) = commits.recv().await {
                let ended = sender.send(sealing).await;
                // What comes after one that is not in the log has no place there either.
                let goes_on = matches!(ended, Ok(Appended::Yes(..)));
                if tell.send(ended).is_err() || !goes_on {
                    break;
                }
            }
        };
        #[expect(clippy::disallowed_methods, reason = "the line holds the task, and closing waits for it")]
        let task = tokio::spawn(work);
        Self { queue, ended, task }
    }

    /// Sends a commit after those before it, once it is sealed.
    pub(super) fn send(&self, sealing: Sealing) {
        // A line that has ended says so with the commit before.
        let _ = self.queue.send(sealing);
    }

    /// How the next commit ended, in the order of sending. After one that is not in the log no other is sent.
    ///
    /// # Errors
    /// [`Error::Journal`] if it is certain that nothing was stored.
    pub(super) async fn ended(&mut self) -> Result<Appended, Error> {
        // A line that has died can't say what became of its last commit.
        self.ended.recv().await.unwrap_or(Ok(Appended::Unknown))
    }

    /// Ends a line with nothing on its way.
    pub(super) async fn close(self) {
        drop(self.queue);
        let _ = self.task.await;
    }
}

struct Sender<J> {
    journal: J,
    ledger: Slug,
    stop: watch::Receiver<bool>,
    clock: Arc<dyn Clock>,
}

impl<J: Journal> Sender<J> {
    async fn send(&mut self, sealing: Sealing) -> Result<Appended, Error> {
        let sealed = sealing.sealed().await?;
        let began = self.clock.elapsed();
        let mut pauses = RESEND_PAUSES_MS.into_iter();
        let (mut in_doubt, mut pause) = (false, Duration::ZERO);
        loop {
            let why = match self.journal.append(&self.ledger, &sealed.commit).await {
                Ok(()) => {
                    let took = self.clock.elapsed().saturating_sub(began);
                    return Ok(Appended::Yes(sealed.verifier.clone(), took));
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
            if !self.waits(&sealed.commit, &why, pause).await {
                return Ok(Appended::Unknown);
            }
            // It may have come back as another log of the same length, which the guard does not tell from this one.
            let before = sealed.before;
            let tip = self.journal.head(&self.ledger).await;
            if tip.is_ok_and(|tip| tip.commit == before.commit && tip != before) {
                return Ok(Appended::AnotherFirst);
            }
        }
    }

    /// Waits before the same bytes are sent again; false when it is time to stop.
    async fn waits(&mut self, commit: &Commit, why: &str, pause: Duration) -> bool {
        let (ledger, commit) = (&self.ledger, commit.number);
        tracing::warn!(%ledger, commit, %why, "append in doubt; sending it again");
        tokio::select! {
            biased;
            _ = self.stop.wait_for(|stop| *stop) => false,
            () = tokio::time::sleep(pause) => true,
        }
    }
}
