//! One webhook in the hands of one courier: reads the log for it, sends what is due, and writes down what has ended.
//!
//! Several couriers may run. Whoever writes the state first holds the webhook, and each later write is against the
//! revision of the one before, so a courier that lost it without knowing is told when it next writes. Who waits takes over
//! a webhook whose state did not change for a lease; no two machines' clocks are compared. While both send, a receiver
//! gets some deliveries twice, under the same ids.

mod reading;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use journal::bucket::BucketError;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use wire::Verifier;

use crate::observer::Standing;
use crate::payload::Told;
use crate::signature::sign_with;
use crate::state::{Moment, State, Tried};
use crate::store::Kept;
use crate::target::Target;
use crate::watch::Shared;
use crate::webhook::{Source, Wanted, Webhook};
use reading::{Reading, end};

/// Deliveries of one webhook on their way at once.
const SENDING_MAX: usize = 8;
/// How long what is on its way may take when it is time to stop.
const FINISH: Duration = Duration::from_secs(5);
/// Pause between two writes of a state, which has up to some hundred kilobytes: what ends meanwhile is written together.
const GROUPED: Duration = Duration::from_millis(20);
/// How often what was read but not sent is written down.
const WRITTEN: Duration = Duration::from_secs(5);

/// Why a webhook is no longer held.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error(transparent)]
    Bucket(#[from] BucketError),
    #[error("a delivery ended in a panic: {0}")]
    Panicked(#[from] JoinError),
}

/// Holds a webhook whenever nobody else does, until it is gone or it is time to stop.
pub(crate) async fn keep(shared: Arc<Shared>, mut hears: watch::Receiver<Kept<Webhook>>) {
    while !shared.parts.shutdown.is_triggered() && hears.has_changed().is_ok() {
        let lost = match take(&shared, &mut hears).await {
            Ok(Some(mut held)) => {
                let lost = held.work().await.err();
                shared.parts.observer.left(&held.webhook.ledger, held.webhook.id);
                lost
            }
            Ok(None) => None,
            Err(error) => Some(error.into()),
        };
        if let Some(lost) = lost {
            let webhook = hears.borrow().value.id;
            tracing::warn!(%webhook, %lost, "this courier does not hold the webhook any more");
        }
        pause(&shared, &mut hears).await;
    }
}

/// Waits until the bucket is looked at again, or it is time to stop.
async fn pause(shared: &Shared, hears: &mut watch::Receiver<Kept<Webhook>>) {
    tokio::select! {
        biased;
        () = shared.parts.shutdown.triggered() => {}
        _ = hears.changed() => {}
        () = tokio::time::sleep(shared.parts.settings.look) => {}
    }
}

/// Takes the webhook once nobody holds it; nothing when it is gone first, or it is time to stop.
async fn take(
    shared: &Arc<Shared>,
    hears: &mut watch::Receiver<Kept<Webhook>>,
) -> Result<Option<Held>, BucketError> {
    let (clock, store) = (&shared.parts.clock, &shared.parts.store);
    let mut seen = (0, clock.elapsed());
    while !shared.parts.shutdown.is_triggered() && hears.has_changed().is_ok() {
        let webhook = hears.borrow().value.clone();
        let kept = store.state(&webhook.ledger, webhook.id).await?;
        let Kept { value: mut state, revision } =
            kept.unwrap_or_else(|| Kept { value: State::new(webhook.from), revision: 0 });
        if seen.0 != revision {
            seen = (revision, clock.elapsed());
        }
        let is_silent = |lease| clock.elapsed().saturating_sub(seen.1) >= lease;
        let is_others = state.holder.as_ref().is_some_and(|holder| *holder != shared.me);
        if !is_others || shared.parts.settings.lease.is_none_or(is_silent) {
            state.holder = Some(shared.me.clone());
            match store.put_state(&webhook, &state, revision).await {
                Ok(revision) => return Ok(Some(Held::new(shared.clone(), hears.clone(), (state, revision)))),
                Err(BucketError::Changed) => {}
                Err(error) => return Err(error),
            }
        }
        pause(shared, hears).await;
    }
    Ok(None)
}

/// A webhook that this courier holds.
struct Held {
    shared: Arc<Shared>,
    hears: watch::Receiver<Kept<Webhook>>,
    webhook: Webhook,
    state: State,
    revision: u64,
    /// When the write of the state that succeeded last began, as time goes on here.
    written: Duration,
    /// When the last write ended.
    wrote: Duration,
    /// The write that is under way, and when it began.
    writing: JoinSet<(Result<u64, BucketError>, Duration)>,
    /// Something has ended that nobody has written down.
    has_ended: bool,
    reading: Reading,
    /// The reader's place at or before the cursor, if it has one.
    place: Option<Verifier>,
    sending: JoinSet<(Source, Tried)>,
    on_its_way: BTreeSet<Source>,
}

impl Held {
    fn new(
        shared: Arc<Shared>,
        hears: watch::Receiver<Kept<Webhook>>,
        (state, revision): (State, u64),
    ) -> Self {
        let (webhook, now) = (hears.borrow().value.clone(), shared.parts.clock.elapsed());
        if let Some(place) = state.stood() {
            shared.places.name_stored(&webhook.ledger, &place);
        }
        Self {
            shared,
            hears,
            webhook,
            state,
            revision,
            written: now,
            wrote: Duration::ZERO,
            writing: JoinSet::new(),
            has_ended: false,
            reading: Reading::default(),
            place: None,
            sending: JoinSet::new(),
            on_its_way: BTreeSet::new(),
        }
    }

    /// Works until the webhook is gone or it is time to stop.
    async fn work(&mut self) -> Result<(), Lost> {
        let shutdown = self.shared.parts.shutdown.clone();
        loop {
            self.hear().await;
            self.open().await;
            self.write();
            self.start();
            self.tell();
            let wait = self.wait();
            tokio::select! {
                biased;
                () = shutdown.triggered() => return self.let_go().await,
                changed = self.hears.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    self.webhook = self.hears.borrow_and_update().value.clone();
                }
                Some(done) = self.writing.join_next() => self.wrote(done?)?,
                Some(ended) = self.sending.join_next() => self.ended(ended?),
                commit = self.reading.next() => self.read(commit),
                () = tokio::time::sleep(wait) => {}
            }
            while let Some(ended) = self.sending.try_join_next() {
                self.ended(ended?);
            }
        }
    }

    fn elapsed(&self) -> Duration {
        self.shared.parts.clock.elapsed()
    }

    fn now(&self) -> i64 {
        self.shared.parts.clock.now().0
    }

    /// How often the state is written when nothing ends: often enough to be heard by who waits.
    fn rhythm(&self) -> Duration {
        self.shared.parts.settings.lease.map_or(WRITTEN, |lease| lease / 3)
    }

    fn is_active(&self) -> bool {
        !self.webhook.paused && self.state.disabled.is_none()
    }

    /// Does what was wished for.
    async fn hear(&mut self) {
        let wishes: Vec<_> = self.webhook.unheard(self.state.heard).collect();
        for wish in wishes {
            let end = match wish.wanted {
                Wanted::Enable | Wanted::Replay(_) => end(&self.shared, &self.webhook.ledger).await,
                Wanted::Test | Wanted::Retry(_) => Ok(Some(self.state.cursor)),
            };
            // Heard when the log can be read again.
            let end = match end {
                Ok(Some(end)) => end,
                Ok(None) => return,
                Err(error) => return self.unreadable(&error),
            };
            let now = self.now();
            let time = wire::time::format(domain::Timestamp(now)).map(|time| time.to_string());
            let test = |number| Told::test(number, time.unwrap_or_default());
            if self.state.hear(wish, test, end, now) {
                self.sending.abort_all();
                self.sending = JoinSet::new();
                self.on_its_way.clear();
            }
            if matches!(wish.wanted, Wanted::Enable | Wanted::Replay(_)) {
                self.reading.restart();
            }
            self.has_ended = true;
        }
    }

    /// Sends what is due, as far as there is room. Not while others may believe that the webhook is theirs.
    fn start(&mut self) {
        let is_held = self.elapsed() < self.written + 2 * self.rhythm();
        if !is_held || !self.is_active() {
            return;
        }
        let room = SENDING_MAX.saturating_sub(self.on_its_way.len());
        let due = self.state.due(self.now(), &self.on_its_way).take(room);
        for told in due.cloned().collect::<Vec<_>>() {
            self.on_its_way.insert(told.source);
            self.sending.spawn(deliver(self.shared.clone(), self.webhook.clone(), told));
        }
    }

    /// How long there is nothing to do but to wait for others.
    fn wait(&self) -> Duration {
        let written = if self.writing.is_empty() { self.writes() } else { self.elapsed() + self.rhythm() };
        let mut wait = written.saturating_sub(self.elapsed()).max(Duration::from_millis(1));
        if let Some(opens) = self.opens_in() {
            wait = wait.min(opens.max(Duration::from_millis(1)));
        }
        if self.is_active() && self.on_its_way.len() < SENDING_MAX {
            let next = self.state.next(&self.on_its_way).map(|next| next.saturating_sub(self.now()).max(0));
            wait = wait.min(next.map_or(wait, |micros| Duration::from_micros(micros.unsigned_abs())));
        }
        wait
    }

    fn ended(&mut self, (source, tried): (Source, Tried)) {
        self.on_its_way.remove(&source);
        if let Tried::Failed { why, .. } = &tried {
            let to = Target::read(&self.webhook.url, true).map(|target| target.shown()).unwrap_or_default();
            tracing::info!(webhook = %self.webhook.id, delivery = %source, to, why, "a delivery failed");
        }
        let (clock, random) = (&self.shared.parts.clock, &self.shared.parts.random);
        let chance = u64::from_be_bytes(random.bytes());
        let moment = Moment { now: clock.now().0, chance, first: self.shared.parts.settings.first_retry };
        if let Some(outcome) = self.state.tried(source, tried, moment) {
            let now = Timestamp(moment.now);
            self.shared.parts.observer.tried(&self.webhook.ledger, outcome, now);
        }
        self.has_ended = true;
        if self.state.disabled.is_some() {
            self.tell_disabled();
        }
    }

    fn tell_disabled(&self) {
        let (webhook, ledger) = (self.webhook.id, &self.webhook.ledger);
        tracing::warn!(%webhook, %ledger, why = ?self.state.disabled, "the webhook is disabled");
    }

    fn tell(&self) {
        let standing = Standing::new(&self.webhook, &self.state, self.reading.stopped);
        self.shared.parts.observer.stands(&self.webhook.ledger, self.webhook.id, standing);
    }

    /// When the state is to be written next.
    fn writes(&self) -> Duration {
        let due = self.written + self.rhythm();
        if self.has_ended { due.min(self.wrote + GROUPED) } else { due }
    }

    /// Begins to write the state when it is time. Meanwhile others are sent: what has ended and is not written when a
    /// courier crashes comes again.
    fn write(&mut self) {
        let began = self.elapsed();
        if !self.writing.is_empty() || began < self.writes() {
            return;
        }
        if let Some(place) = self.place.take() {
            self.state.stand(&place);
            self.shared.places.name(place);
        }
        let put = self.shared.parts.store.putting_state(&self.webhook, &self.state, self.revision);
        self.writing.spawn(async move { (put.await, began) });
        self.has_ended = false;
    }

    fn wrote(&mut self, (revision, began): (Result<u64, BucketError>, Duration)) -> Result<(), BucketError> {
        self.revision = revision?;
        (self.written, self.wrote) = (began, self.elapsed());
        Ok(())
    }

    /// Lets what is on its way finish, and the next courier begin at once.
    async fn let_go(&mut self) -> Result<(), Lost> {
        let finished = tokio::time::timeout(FINISH, async {
            while let Some(ended) = self.sending.join_next().await {
                self.ended(ended?);
            }
            Ok::<_, Lost>(())
        });
        if let Ok(finished) = finished.await {
            finished?;
        }
        while let Some(done) = self.writing.join_next().await {
            self.wrote(done?)?;
        }
        self.state.holder = None;
        self.shared.parts.store.put_state(&self.webhook, &self.state, self.revision).await?;
        Ok(())
    }
}

/// One try, signed when it is made.
async fn deliver(shared: Arc<Shared>, webhook: Webhook, told: Told) -> (Source, Tried) {
    let _room = shared.room.acquire().await;
    let body = told.body(&webhook.ledger);
    let signed = sign_with(&shared.secrets, &webhook, (told.source, &body), shared.parts.clock.now().0);
    let tried = shared.parts.sender.send(&webhook.url, &signed, body).await;
    (told.source, tried)
}
