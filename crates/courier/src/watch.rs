//! Watches the bucket for webhooks and has a task for each, until it is time to stop.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::Slug;
use journal::bucket::BucketError;
use journal::{AnyJournal, Places};
use runtime::{Clock, Random, Shutdown};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::held;
use crate::observer::Observer;
use crate::secret::{CourierKey, Secrets};
use crate::sender::Sender;
use crate::store::{Kept, Store};
use crate::webhook::Webhook;

/// Deliveries on their way at once, of all webhooks.
const SENDING_MAX: usize = 64;

/// How a courier works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The wait after a first try that failed; the whole schedule stretches with it.
    pub first_retry: Duration,
    /// How often the bucket is looked at for what gateways have changed.
    pub look: Duration,
    /// How long a courier that writes nothing still holds its webhooks; none, where there is no other courier.
    pub lease: Option<Duration>,
}

/// What a courier stands on.
pub struct Parts {
    /// The log.
    pub journal: AnyJournal,
    /// Who wrote it.
    pub deployment: Slug,
    /// Webhooks and what is owed to them.
    pub store: Store,
    /// From which secrets follow.
    pub key: CourierKey,
    /// Sends.
    pub sender: Sender,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Who watches.
    pub observer: Arc<dyn Observer>,
    /// How it works.
    pub settings: Settings,
    /// When it is time to stop.
    pub shutdown: Shutdown,
}

/// What every task has.
pub(crate) struct Shared {
    pub(crate) parts: Parts,
    /// The log, read verified.
    pub(crate) places: Places<AnyJournal>,
    pub(crate) secrets: Secrets,
    /// Tells this courier from all others.
    pub(crate) me: String,
    pub(crate) room: Arc<Semaphore>,
}

/// Delivers until it is time to stop, and finishes what it has begun.
pub async fn run(parts: Parts) {
    let me = format!("{:016x}", u64::from_be_bytes(parts.random.bytes()));
    let secrets = Secrets::new(parts.key.clone());
    let places = Places::new(parts.journal.clone(), parts.deployment.clone());
    let shared = Arc::new(Shared { parts, places, secrets, me, room: Arc::new(Semaphore::new(SENDING_MAX)) });
    let mut known = BTreeMap::new();
    let mut tasks = JoinSet::new();
    loop {
        let looked = look(&shared, &mut known, &mut tasks).await;
        shared.parts.observer.looked(looked.is_ok());
        if let Err(error) = looked {
            tracing::warn!(%error, "webhooks can't be read; they are looked at again");
        }
        while tasks.try_join_next().is_some() {}
        tokio::select! {
            biased;
            () = shared.parts.shutdown.triggered() => break,
            () = tokio::time::sleep(shared.parts.settings.look) => {}
        }
    }
    while tasks.join_next().await.is_some() {}
}

/// Webhooks that have a task, and how it is told of changes. Without its end of the channel a task ends.
type Known = BTreeMap<(Slug, Uuid), watch::Sender<Kept<Webhook>>>;

async fn look(shared: &Arc<Shared>, known: &mut Known, tasks: &mut JoinSet<()>) -> Result<(), BucketError> {
    let store = &shared.parts.store;
    let there = store.list(None).await?;
    known.retain(|place, _| there.contains(place));
    for (ledger, id) in there {
        // It may be gone by now.
        let Some(kept) = store.webhook(&ledger, id).await? else { continue };
        match known.get(&(ledger.clone(), id)).filter(|told| !told.is_closed()) {
            Some(told) => {
                told.send_if_modified(|before| {
                    let changed = before.revision != kept.revision;
                    *before = kept;
                    changed
                });
            }
            None => {
                let (told, hears) = watch::channel(kept);
                tasks.spawn(held::keep(shared.clone(), hears));
                known.insert((ledger, id), told);
            }
        }
    }
    Ok(())
}
