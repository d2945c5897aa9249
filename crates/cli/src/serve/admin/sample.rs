//! What is looked up when somebody asks how a server is: queues, how far the views are, whether the log answers.
//!
//! Nothing here makes the recorder or the projector wait, and nothing that does not answer is waited for long: what is
//! not known in time is left out of the page, so that no old figure passes for a new one.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Slug, Timestamp};
use futures::{StreamExt as _, stream};
use journal::{AnyJournal, Journal as _};
use projector::{Projector, Size, Standing};
use recorder::Queue;
use runtime::{Clock, Shutdown, SystemClock};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::timeout;
use wire::Commit;

use super::Watched;
use super::process::Process;
use crate::log::stored_events;
use crate::serve::courier::Together;
use crate::serve::figures::Recording;
use crate::serve::leases::{Service, Share};

/// How long the log, or a lock, is waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// Ledgers that the log is asked about at once.
const ASKED_AT_ONCE: usize = 16;
/// Stored rows are not measured again before so many times as long have passed as it took: a hundredth of one processor.
const REST: u32 = 100;

/// What was looked up.
#[derive(Debug, Default)]
pub(super) struct Sample {
    /// The server ends, and takes nothing new.
    pub(super) stopping: bool,
    pub(super) log_reachable: bool,
    /// How ledgers are spread, of each role that shares them out.
    pub(super) shares: Vec<(Service, Share)>,
    pub(super) queues: Vec<Queue>,
    pub(super) recordings: BTreeMap<Slug, Recording>,
    pub(super) viewed: Vec<Viewed>,
    pub(super) told: Vec<Told>,
    /// There is a courier, and it can't read which webhooks there are.
    pub(super) blind: bool,
    pub(super) process: Process,
    /// Seconds since 1970 when this process began to serve.
    pub(super) started: f64,
    /// Seconds since then.
    pub(super) uptime: f64,
}

/// The views of a ledger.
#[derive(Debug)]
pub(super) struct Viewed {
    pub(super) standing: Standing,
    /// Nothing when the log did not say how far it goes.
    pub(super) behind: Option<Behind>,
    pub(super) stored: Stored,
}

/// What the log has and the views of a ledger have not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Behind {
    /// How many events.
    pub(super) events: u64,
    /// Seconds since the oldest of them was recorded; 0 when there is none.
    pub(super) seconds: f64,
}

/// The webhooks of a ledger that this server delivers to.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) ledger: Slug,
    pub(super) together: Together,
    /// How far the active ones are behind, all together; nothing when the log did not say how far it goes.
    pub(super) behind: Option<Behind>,
}

/// What each view holds, and how many of its entities are parked.
pub(super) type Stored = BTreeMap<&'static str, (Size, u64)>;

/// Looks things up.
pub(super) struct Sampler {
    pub(super) watched: Watched,
    shutdown: Shutdown,
    clock: SystemClock,
    began: Timestamp,
    measured: Mutex<BTreeMap<Slug, Measured>>,
}

struct Measured {
    stored: Stored,
    /// Not measured again before, by the clock's `elapsed`.
    again: Duration,
}

impl Sampler {
    pub(super) fn new(watched: Watched, shutdown: Shutdown) -> Self {
        let clock = SystemClock::default();
        Self { watched, shutdown, clock, began: clock.now(), measured: Mutex::default() }
    }

    /// What health is about: nothing that reads rows.
    pub(super) async fn health(&self) -> Sample {
        let reachable = timeout(PATIENCE, self.watched.journal.ledgers()).await;
        let standings = self.projector().map(Projector::standings).unwrap_or_default();
        let viewed = stream::iter(standings).map(async |standing: Standing| {
            let behind = timeout(PATIENCE, self.behind(&standing)).await.ok().flatten();
            Viewed { standing, behind, stored: Stored::new() }
        });
        let (together, can_look) = self
            .watched
            .courier
            .as_ref()
            .map_or_else(|| (BTreeMap::new(), true), |figures| figures.together());
        let told = stream::iter(together).map(async |(ledger, together)| {
            let behind = timeout(PATIENCE, self.untold(&ledger, &together)).await.ok().flatten();
            Told { ledger, together, behind }
        });
        Sample {
            blind: !can_look,
            told: told.buffered(ASKED_AT_ONCE).collect().await,
            stopping: self.shutdown.is_triggered(),
            log_reachable: reachable.is_ok_and(|ledgers| ledgers.is_ok()),
            recordings: self.watched.figures.recordings(),
            viewed: viewed.buffered(ASKED_AT_ONCE).collect().await,
            ..Sample::default()
        }
    }

    /// Everything.
    pub(super) async fn everything(&self) -> Sample {
        let mut sample = self.health().await;
        let node = self.watched.node.as_ref();
        if let Some(Ok(recorder)) = node.map(|node| node.recorder()) {
            // A ledger that is looked for in a log that does not answer keeps the list of all.
            sample.queues = timeout(PATIENCE, recorder.queues()).await.unwrap_or_default();
        }
        for viewed in &mut sample.viewed {
            viewed.stored = self.stored(&viewed.standing.ledger).await;
        }
        let leases = [Service::Recorder, Service::Projector].into_iter().filter_map(|of| node?.leases(of));
        sample.shares = leases.map(|leases| (leases.service(), leases.share())).collect();
        sample.process = Process::look();
        sample.started = seconds(self.began);
        sample.uptime = self.clock.elapsed().as_secs_f64();
        sample
    }

    /// How far the log goes beyond the views, if it says so.
    async fn behind(&self, standing: &Standing) -> Option<Behind> {
        let ledger = &standing.ledger;
        let journal = &self.watched.journal;
        let tip = journal.head(ledger).await.ok()?;
        if tip.commit <= standing.commit {
            return Some(Behind { events: 0, seconds: 0.0 });
        }
        let read = async |number| journal.commit(ledger, number).await.ok().flatten();
        let next = read(standing.commit + 1).await?;
        let last = if tip.commit == next.number { None } else { Some(read(tip.commit).await?) };
        let oldest = seconds(time_of_first(&next)?);
        let last = last.as_ref().unwrap_or(&next);
        let position = last.size + stored_events(last).ok()?.len() as u64;
        let seconds = (seconds(self.clock.now()) - oldest).max(0.0);
        Some(Behind { events: position.saturating_sub(standing.position), seconds })
    }

    /// How far the log goes beyond what the active webhooks of a ledger have read, if it says so, and how old the oldest
    /// event is that one of them has not delivered.
    async fn untold(&self, ledger: &Slug, together: &Together) -> Option<Behind> {
        let (Some(least), (read, webhooks)) = (together.least, together.read) else {
            return Some(Behind { events: 0, seconds: 0.0 });
        };
        let journal = &self.watched.journal;
        let found = journal::seek(journal, ledger, least.position).await.ok()??;
        let unread = if found.last > least.position {
            let next = journal.commit(ledger, found.after.commit + 1).await.ok().flatten()?;
            Some(time_of_first(&next)?)
        } else {
            None
        };
        let oldest = unread.into_iter().chain(together.oldest).min();
        let age = |oldest| (seconds(self.clock.now()) - seconds(oldest)).max(0.0);
        let events = (found.last * webhooks).saturating_sub(read);
        Some(Behind { events, seconds: oldest.map_or(0.0, age) })
    }

    fn projector(&self) -> Option<&Projector<AnyJournal>> {
        self.watched.node.as_ref()?.projector.get()
    }

    /// What the views of a ledger hold, measured now or a while ago.
    async fn stored(&self, ledger: &Slug) -> Stored {
        let mut measured = self.measured.lock().await;
        let began = self.clock.elapsed();
        if let Some(last) = measured.get(ledger).filter(|last| began < last.again) {
            return last.stored.clone();
        }
        let Some(projector) = self.projector() else { return Stored::new() };
        match timeout(PATIENCE, projector.stored(ledger)).await {
            Ok(Ok(stored)) => {
                let now = self.clock.elapsed();
                let again = now + (now - began) * REST;
                measured.insert(ledger.clone(), Measured { stored: stored.clone(), again });
                stored
            }
            Ok(Err(_)) | Err(_) => measured.get(ledger).map(|last| last.stored.clone()).unwrap_or_default(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "microseconds since 1970 fit a double for 285 years")]
fn seconds(time: Timestamp) -> f64 {
    time.0 as f64 / 1e6
}

/// When the first event of a commit was recorded.
fn time_of_first(commit: &Commit) -> Option<Timestamp> {
    #[derive(Deserialize)]
    struct Timed<'a> {
        time: &'a str,
    }
    let events = stored_events(commit).ok()?;
    let first: Timed<'_> = serde_json::from_str(events.first()?).ok()?;
    wire::time::parse(first.time)
}
