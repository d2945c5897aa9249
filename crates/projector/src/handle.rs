//! The projector as others hold it: tracks ledgers, answers, tells how far it is.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::Slug;
use journal::{FIRST_EPOCH, Journal};
use tokio::sync::{OwnedMutexGuard, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use wire::{Head, Origin, Rebuilt, ViewDigest};

use crate::follower::{Follower, Held, Part, Progress};
use crate::ledger_views::LedgerViews;
use crate::store::Store;
use crate::{Error, blocking};

/// Ledgers that catch up at once; each takes some tens of megabytes for it.
const CATCHING_UP_MAX: usize = 4;

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

/// How far a ledger's task is, by what it knows itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The ledger.
    pub ledger: Slug,
    /// Position that its views have.
    pub position: u64,
    /// Number of the commit that ends there.
    pub commit: u64,
    /// Events that were applied since the projector was started.
    pub applied: u64,
    /// Whether it goes no further.
    pub stopped: bool,
}

/// What a view holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Rows.
    pub rows: u64,
    /// Bytes of their keys and values, without what a store needs around them.
    pub bytes: u64,
}

/// The views of a ledger, shared by the task that moves them and by questions. Held over an await only where they must
/// stand still.
pub(crate) type Views = Arc<tokio::sync::Mutex<LedgerViews>>;

/// The store for whoever writes the rows of a ledger: one at a time, taken before the views.
pub(crate) type Writer = Arc<tokio::sync::Mutex<Store>>;

/// A running projector. Cheap to clone.
pub struct Projector<J> {
    pub(crate) shared: Arc<Shared<J>>,
}

impl<J> Clone for Projector<J> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

pub(crate) struct Shared<J> {
    pub(crate) journal: J,
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    ledgers: Mutex<BTreeMap<Slug, Tracked>>,
    turns: Arc<Semaphore>,
    held: Arc<Held>,
}

#[derive(Clone)]
pub(crate) struct Tracked {
    views: Views,
    writer: Writer,
    progress: watch::Receiver<Progress>,
    stop: watch::Sender<bool>,
    // One rebuild at a time.
    rebuild: Arc<tokio::sync::Mutex<()>>,
    /// Also tells whether somebody uses the views: everybody who does holds a copy.
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Tracked {
    /// Whether the follower goes on, and could be told to stop without anybody missing it.
    fn is_idle(&self) -> bool {
        self.progress.borrow().stopped.is_none() && !*self.stop.borrow() && Arc::strong_count(&self.task) == 1
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<J: Journal> Projector<J> {
    /// Opens the view store and tracks every ledger that has a log.
    ///
    /// # Errors
    /// [`Error::Locked`] when another process has the views, [`Error::Store`] when they are damaged.
    pub async fn start(journal: J, settings: Settings) -> Result<Self, Error> {
        let projector = Self::open(journal, settings).await?;
        for ledger in &projector.shared.journal.ledgers().await? {
            projector.track(ledger)?;
        }
        Ok(projector)
    }

    /// Opens the view store. Ledgers are followed when they are [tracked](Self::track), or asked for.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn open(journal: J, settings: Settings) -> Result<Self, Error> {
        let store = Store::open(&settings.data_dir, settings.cache_bytes).await?;
        Ok(Self {
            shared: Arc::new(Shared {
                journal,
                settings,
                store,
                ledgers: Mutex::default(),
                turns: Arc::new(Semaphore::new(CATCHING_UP_MAX)),
                held: Arc::default(),
            }),
        })
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
        let views = LedgerViews::open(&self.shared.store, self.origin(ledger), FIRST_EPOCH)?;
        let Head { position, commit, .. } = views.head();
        let now = Progress { position, commit, ..Progress::default() };
        let (sender, progress) = watch::channel(now);
        let (stop, stopped) = watch::channel(false);
        let views = Arc::new(tokio::sync::Mutex::new(views));
        let writer = Arc::new(tokio::sync::Mutex::new(self.shared.store.clone()));
        let follower = Follower {
            journal: self.shared.journal.clone(),
            writer: writer.clone(),
            writing: JoinSet::new(),
            ledger: ledger.clone(),
            flush_events: self.shared.settings.flush_events,
            views: views.clone(),
            progress: sender,
            stop: stopped,
            part: Part::of(self.shared.held.clone()),
            turns: self.shared.turns.clone(),
        };
        #[expect(clippy::disallowed_methods, reason = "`stop` waits for it")]
        let task = Arc::new(Mutex::new(Some(tokio::spawn(follower.run()))));
        let rebuild = Arc::default();
        ledgers.insert(ledger.clone(), Tracked { views, writer, progress, stop, rebuild, task });
        Ok(())
    }

    /// The ledgers that it follows.
    pub fn followed(&self) -> Vec<Slug> {
        lock(&self.shared.ledgers).keys().cloned().collect()
    }

    /// Whether the views of a ledger are followed, and have been at the log's head since that began: their answers
    /// are no older than those of anybody else who follows it.
    pub fn is_current(&self, ledger: &Slug) -> bool {
        let ledgers = lock(&self.shared.ledgers);
        ledgers
            .get(ledger)
            .is_some_and(|tracked| tracked.progress.borrow().current && !*tracked.stop.borrow())
    }

    /// Waits until the views of a ledger [are current](Self::is_current), or have stopped.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn catch_up(&self, ledger: &Slug) -> Result<(), Error> {
        let mut progress = self.tracked(ledger).await?.progress;
        // Without a follower there is nothing to wait for.
        let _ = progress.wait_for(|p| p.current || p.stopped.is_some()).await;
        Ok(())
    }

    /// Follows a ledger no longer, and writes what changed; its rows stay in the store. Leaves alone what somebody
    /// uses, and what has stopped, which an operator has to see. Whether it was let go.
    pub async fn let_go(&self, ledger: &Slug) -> bool {
        // Told under the lock: whoever comes later sees it, and opens the views again.
        let tell = |tracked: &&Tracked| tracked.is_idle() && !tracked.stop.send_replace(true);
        let told = lock(&self.shared.ledgers).get(ledger).filter(tell).cloned();
        let Some(tracked) = told else { return false };
        self.ended(ledger, tracked).await;
        true
    }

    /// Waits until a follower that was told to stop has ended, and forgets it. Until then nobody else may open what
    /// it writes.
    async fn ended(&self, ledger: &Slug, tracked: Tracked) {
        let mut progress = tracked.progress;
        while progress.changed().await.is_ok() {}
        let mut ledgers = lock(&self.shared.ledgers);
        if ledgers.get(ledger).is_some_and(|now| now.progress.same_channel(&progress)) {
            ledgers.remove(ledger);
        }
    }

    pub(crate) fn origin(&self, ledger: &Slug) -> Origin {
        Origin { deployment: self.shared.settings.deployment.clone(), ledger: ledger.clone() }
    }

    pub(crate) async fn must_exist(&self, ledger: &Slug) -> Result<(), Error> {
        let exists = self.shared.journal.ledgers().await?.contains(ledger);
        if exists { Ok(()) } else { Err(Error::NoSuchLedger(ledger.clone())) }
    }

    pub(crate) async fn tracked(&self, ledger: &Slug) -> Result<Tracked, Error> {
        loop {
            let tracked = lock(&self.shared.ledgers).get(ledger).cloned();
            match tracked {
                Some(tracked) if *tracked.stop.borrow() => self.ended(ledger, tracked).await,
                Some(tracked) => return Ok(tracked),
                None => break,
            }
        }
        // It may have been opened since.
        self.must_exist(ledger).await?;
        self.track(ledger)?;
        lock(&self.shared.ledgers).get(ledger).cloned().ok_or_else(|| Error::NoSuchLedger(ledger.clone()))
    }

    /// The views of a ledger, held still, once they are ready and at this position.
    pub(crate) async fn reach(
        &self,
        ledger: &Slug,
        tracked: &Tracked,
        wanted: u64,
    ) -> Result<OwnedMutexGuard<LedgerViews>, Error> {
        self.reach_within(ledger, tracked, wanted, self.shared.settings.wait).await
    }

    /// The same, waiting for the position so long at most.
    pub(crate) async fn reach_within(
        &self,
        ledger: &Slug,
        tracked: &Tracked,
        wanted: u64,
        wait: Duration,
    ) -> Result<OwnedMutexGuard<LedgerViews>, Error> {
        let mut progress = tracked.progress.clone();
        let there = progress.wait_for(|p| p.stopped.is_some() || p.position >= wanted);
        // Whether it came, ended or took too long shows in what is so now.
        let _ = tokio::time::timeout(wait, there).await;
        let now = tracked.progress.borrow().clone();
        let ledger = ledger.clone();
        match now.stopped {
            Some(reason) => Err(Error::Stopped { ledger, reason }),
            None if now.position >= wanted => Ok(tracked.views.clone().lock_owned().await),
            None => Err(Error::Behind { ledger, position: now.position, wanted }),
        }
    }

    /// Digests of all views of a ledger at one head, at this position or later.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn digests(&self, ledger: &Slug, min_position: u64) -> Result<(Head, Vec<ViewDigest>), Error> {
        let tracked = self.tracked(ledger).await?;
        let views = self.reach(ledger, &tracked, min_position).await?;
        blocking(move || {
            let digests = views.digests();
            views.trusted().map(|()| (views.head(), digests))
        })
        .await
    }

    /// What each view of a ledger holds, at this position or later. Reads all rows.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn sizes(
        &self,
        ledger: &Slug,
        min_position: u64,
    ) -> Result<BTreeMap<&'static str, Size>, Error> {
        let tracked = self.tracked(ledger).await?;
        let views = self.reach(ledger, &tracked, min_position).await?;
        blocking(move || {
            let sizes = views.sizes();
            views.trusted().map(|()| sizes)
        })
        .await
    }

    /// What each view of a followed ledger holds in the store, and how many of its entities are parked. Reads all pages,
    /// and nobody waits for it: what has changed since the last write is left out.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn stored(&self, ledger: &Slug) -> Result<BTreeMap<&'static str, (Size, u64)>, Error> {
        // Whoever looks must not have a ledger followed by that.
        let views = lock(&self.shared.ledgers).get(ledger).map(|tracked| tracked.views.clone());
        let views = views.ok_or_else(|| Error::NoSuchLedger(ledger.clone()))?;
        let (views, store) = (views.lock().await.places(), self.shared.store.clone());
        blocking(move || {
            let size = |(view, prefix, parked): (_, Vec<u8>, u64)| Ok((view, (store.size(&prefix)?, parked)));
            views.into_iter().map(size).collect()
        })
        .await
    }

    /// How far every ledger is, without asking anybody.
    pub fn standings(&self) -> Vec<Standing> {
        let standing = |(ledger, tracked): (&Slug, &Tracked)| {
            let Progress { position, commit, applied, stopped, .. } = tracked.progress.borrow().clone();
            Standing { ledger: ledger.clone(), position, commit, applied, stopped: stopped.is_some() }
        };
        lock(&self.shared.ledgers).iter().map(standing).collect()
    }

    /// Builds views anew beside the live ones, in one pass over the log, compares, and swaps those that differ.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn rebuild(&self, ledger: &Slug, views: &[&str]) -> Result<Vec<Rebuilt>, Error> {
        let tracked = self.tracked(ledger).await?;
        let _one_at_a_time = tracked.rebuild.lock().await;
        drop(self.reach(ledger, &tracked, 0).await?);
        crate::rebuild::rebuild(&self.shared.journal, &tracked.writer, &tracked.views, views).await
    }

    /// How far the views of a ledger are.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn lag(&self, ledger: &Slug) -> Result<Lag, Error> {
        let tracked = self.tracked(ledger).await?;
        let tip = self.shared.journal.head(ledger).await?;
        let views = tracked.views.lock().await;
        let head = views.head();
        let stopped = tracked.progress.borrow().stopped.clone();
        Ok(Lag { head, commits: tip.commit.saturating_sub(head.commit), parked: views.parked(), stopped })
    }

    /// Stops following and writes what changed.
    pub async fn stop(&self) {
        let all: Vec<Tracked> = lock(&self.shared.ledgers).values().cloned().collect();
        for tracked in &all {
            tracked.stop.send_replace(true);
        }
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
