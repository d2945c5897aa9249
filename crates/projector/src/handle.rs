//! The projector as others hold it: tracks ledgers, answers, tells how far it is.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::Slug;
use futures::StreamExt as _;
use journal::{FIRST_EPOCH, Journal, Until, read_events};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use wire::{Answer, Head, Origin, Query, ViewDigest};

use crate::Error;
use crate::ledger_views::LedgerViews;
use crate::store::Store;

/// Rows in memory, of all views of a ledger, that are written out at the latest.
const ROWS_IN_MEMORY_MAX: usize = 100_000;
/// Pause after which an idle ledger's changes are written.
const IDLE: Duration = Duration::from_millis(500);

/// What the projector is told when it starts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Views are kept in `views` below it.
    pub data_dir: PathBuf,
    /// Name of the deployment.
    pub deployment: Slug,
    /// Events after which changed rows are written.
    pub flush_events: u64,
    /// Bytes of sled's cache.
    pub cache_bytes: u64,
    /// Longest wait for a `min_position`.
    pub wait: Duration,
}

/// How far the views of a ledger are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// The views' head.
    pub head: Head,
    /// Commits that the log has beyond it.
    pub commits: u64,
    /// Parked entities by view.
    pub parked: BTreeMap<&'static str, u64>,
    /// Why it stopped, if it did.
    pub stopped: Option<String>,
}

/// A running projector. Cheap to clone.
pub struct Projector<J> {
    shared: Arc<Shared<J>>,
}

impl<J> Clone for Projector<J> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

struct Shared<J> {
    journal: J,
    settings: Settings,
    store: Store,
    ledgers: Mutex<BTreeMap<Slug, Tracked>>,
    stop: watch::Sender<bool>,
}

#[derive(Clone)]
struct Tracked {
    views: Arc<Mutex<LedgerViews>>,
    progress: watch::Receiver<Progress>,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

#[derive(Debug, Clone, Default)]
struct Progress {
    position: u64,
    ready: bool,
    stopped: Option<String>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<J: Journal> Projector<J> {
    /// Opens the view store and tracks every ledger that has a log.
    ///
    /// # Errors
    /// [`Error::Store`] when another process has the views, or they are damaged.
    pub async fn start(journal: J, settings: Settings) -> Result<Self, Error> {
        let store = Store::open(&settings.data_dir, settings.cache_bytes)?;
        let ledgers = journal.ledgers().await?;
        let stop = watch::Sender::new(false);
        let projector =
            Self { shared: Arc::new(Shared { journal, settings, store, ledgers: Mutex::default(), stop }) };
        for ledger in &ledgers {
            projector.track(ledger)?;
        }
        Ok(projector)
    }

    /// Follows a ledger from now on, if it does not already.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn track(&self, ledger: &Slug) -> Result<(), Error> {
        let mut ledgers = lock(&self.shared.ledgers);
        if ledgers.contains_key(ledger) {
            return Ok(());
        }
        let origin = Origin { deployment: self.shared.settings.deployment.clone(), ledger: ledger.clone() };
        let views = LedgerViews::open(&self.shared.store, origin, FIRST_EPOCH)?;
        let now = Progress { position: views.head().position, ready: views.is_ready(), stopped: None };
        let (sender, progress) = watch::channel(now);
        let views = Arc::new(Mutex::new(views));
        let follower = Follower { shared: self.shared.clone(), views: views.clone(), progress: sender };
        #[expect(clippy::disallowed_methods, reason = "`stop` waits for it")]
        let task = tokio::spawn(follower.run(ledger.clone()));
        ledgers.insert(ledger.clone(), Tracked { views, progress, task: Arc::new(Mutex::new(Some(task))) });
        Ok(())
    }

    async fn tracked(&self, ledger: &Slug) -> Result<Tracked, Error> {
        if let Some(tracked) = lock(&self.shared.ledgers).get(ledger).cloned() {
            return Ok(tracked);
        }
        // It may have been opened since.
        if !self.shared.journal.ledgers().await?.contains(ledger) {
            return Err(Error::NoSuchLedger(ledger.clone()));
        }
        self.track(ledger)?;
        lock(&self.shared.ledgers).get(ledger).cloned().ok_or_else(|| Error::NoSuchLedger(ledger.clone()))
    }

    /// Answers a question, at the views' position or later.
    ///
    /// # Errors
    /// [`Error`]; the answer carries the head that it is complete to.
    pub async fn query(&self, query: &Query) -> Result<Answer, Error> {
        let tracked = self.tracked(&query.ledger).await?;
        if let Some(to) = query.as_of {
            let origin = lock(&tracked.views).verifier.origin().clone();
            return crate::fold(&self.shared.journal, origin, Some(to), |_| {}).await?.answer(query);
        }
        let wanted = match query.min_position {
            Some((epoch, _)) if epoch != FIRST_EPOCH => {
                let ledger = query.ledger.clone();
                return Err(Error::OtherEpoch { ledger, epoch: FIRST_EPOCH, wanted: epoch });
            }
            Some((_, position)) => position,
            None => 0,
        };
        self.reach(&query.ledger, &tracked, wanted).await?;
        lock(&tracked.views).answer(query)
    }

    /// Waits until the views of a ledger are ready and at this position.
    async fn reach(&self, ledger: &Slug, tracked: &Tracked, wanted: u64) -> Result<(), Error> {
        let mut progress = tracked.progress.clone();
        let there = progress.wait_for(|p| p.stopped.is_some() || (p.ready && p.position >= wanted));
        let reached = tokio::time::timeout(self.shared.settings.wait, there).await;
        let now = match reached {
            Ok(Ok(progress)) => progress.clone(),
            Ok(Err(_)) | Err(_) => tracked.progress.borrow().clone(),
        };
        let ledger = ledger.clone();
        match now.stopped {
            Some(reason) => Err(Error::Stopped { ledger, reason }),
            None if now.ready && now.position >= wanted => Ok(()),
            None => Err(Error::Behind { ledger, position: now.position, wanted }),
        }
    }

    /// Digests of all views of a ledger at one head, at this position or later.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn digests(&self, ledger: &Slug, min_position: u64) -> Result<(Head, Vec<ViewDigest>), Error> {
        let tracked = self.tracked(ledger).await?;
        self.reach(ledger, &tracked, min_position).await?;
        let views = lock(&tracked.views);
        Ok((views.head(), views.digests()))
    }

    /// Builds a view anew beside the live one, compares and swaps.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Differed`] when the live one was wrong.
    pub async fn rebuild(&self, ledger: &Slug, view: &str) -> Result<ViewDigest, Error> {
        let tracked = self.tracked(ledger).await?;
        crate::rebuild::rebuild(&self.shared.journal, &self.shared.store, &tracked.views, view).await
    }

    /// How far the views of a ledger are.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn lag(&self, ledger: &Slug) -> Result<Lag, Error> {
        let tracked = self.tracked(ledger).await?;
        let tip = self.shared.journal.head(ledger).await?;
        let stopped = tracked.progress.borrow().stopped.clone();
        let views = lock(&tracked.views);
        let head = views.head();
        Ok(Lag { head, commits: tip.commit.saturating_sub(head.commit), parked: views.parked(), stopped })
    }

    /// Stops following and writes what changed.
    pub async fn stop(&self) {
        self.shared.stop.send_replace(true);
        let all: Vec<Tracked> = lock(&self.shared.ledgers).values().cloned().collect();
        for tracked in all {
            let task = lock(&tracked.task).take();
            if let Some(task) = task
                && let Err(error) = task.await
            {
                tracing::error!(%error, "a follower ended badly");
            }
        }
    }
}

/// The task that follows one ledger.
struct Follower<J> {
    shared: Arc<Shared<J>>,
    views: Arc<Mutex<LedgerViews>>,
    progress: watch::Sender<Progress>,
}

impl<J: Journal> Follower<J> {
    async fn run(self, ledger: Slug) {
        if let Err(error) = self.follow(&ledger).await {
            tracing::error!(%ledger, %error, "the views stopped");
            self.progress.send_modify(|p| p.stopped = Some(error.to_string()));
        }
        if let Err(error) = lock(&self.views).flush(&self.shared.store) {
            tracing::error!(%ledger, %error, "views could not be written");
        }
    }

    async fn follow(&self, ledger: &Slug) -> Result<(), Error> {
        let mut stop = self.shared.stop.subscribe();
        let from = lock(&self.views).verifier.clone();
        let mut flushed = from.head().position;
        let mut commits = read_events(&self.shared.journal, ledger, from, Until::Follow);
        loop {
            let next = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
                next = tokio::time::timeout(IDLE, commits.next()) => next,
            };
            let due = match next {
                Ok(Some(read)) => {
                    let read = read?;
                    let mut views = lock(&self.views);
                    let stopped = |reason| Error::Stopped { ledger: ledger.clone(), reason };
                    views.apply(&read).map_err(stopped)?;
                    let (position, ready) = (views.head().position, views.is_ready());
                    self.progress.send_modify(|p| (p.position, p.ready) = (position, ready));
                    position >= flushed + self.shared.settings.flush_events
                        || views.in_memory_len() > ROWS_IN_MEMORY_MAX
                }
                Ok(None) => return Ok(()),
                // Nothing comes: a good moment to write.
                Err(_) => lock(&self.views).head().position > flushed,
            };
            if due {
                let mut views = lock(&self.views);
                views.flush(&self.shared.store)?;
                flushed = views.head().position;
            }
        }
    }
}
