//! Figures of a courier: what it counts while it delivers, and how the webhooks stand that it holds.
//!
//! Labels are ledgers alone: a webhook's id and address are nobody's business who watches.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ::courier::{End, Observer, Outcome, Place, Standing};
use domain::{Slug, Timestamp};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use uuid::Uuid;

use crate::serve::figures::Labels;

/// Upper bounds of the time from recording to delivery, in seconds: from a receiver next door to one that was away.
const LATENCY_SECONDS: [f64; 14] =
    [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0, 3_600.0, 86_400.0];

type Counters = Family<Labels<1>, Counter>;
type Histograms = Family<Labels<1>, Histogram, fn() -> Histogram>;

/// The figures.
#[derive(Debug)]
pub(crate) struct CourierFigures {
    delivered: Counters,
    failed: Counters,
    retries: Counters,
    given_up: Counters,
    latency: Histograms,
    held: Mutex<Held>,
}

/// What this courier holds.
#[derive(Debug, Default)]
struct Held {
    standings: BTreeMap<(Slug, Uuid), Standing>,
    /// The last look at the bucket of webhooks failed.
    blind: bool,
}

/// The webhooks of a ledger that this courier holds, together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Together {
    pub(crate) webhooks: u64,
    pub(crate) paused: u64,
    pub(crate) disabled: u64,
    /// Of which the log did not verify.
    pub(crate) stopped: u64,
    pub(crate) pending: u64,
    /// Those of `pending` that nobody sends until somebody has enabled their webhook.
    pub(crate) parked: u64,
    /// The sum of the positions of the active ones, how many they are, and the least.
    pub(crate) read: (u64, u64),
    pub(crate) least: Option<Place>,
    /// When the oldest of what an active one waits to send was recorded.
    pub(crate) oldest: Option<Timestamp>,
}

impl Default for CourierFigures {
    fn default() -> Self {
        let seconds = || Histogram::new(LATENCY_SECONDS);
        Self {
            delivered: Family::default(),
            failed: Family::default(),
            retries: Family::default(),
            given_up: Family::default(),
            latency: Family::new_with_constructor(seconds as fn() -> Histogram),
            held: Mutex::default(),
        }
    }
}

impl CourierFigures {
    /// How webhooks stand, by ledger, and whether the bucket can be read.
    pub(crate) fn together(&self) -> (BTreeMap<Slug, Together>, bool) {
        let held = self.lock();
        let mut all = BTreeMap::<Slug, Together>::new();
        for ((ledger, _), standing) in &held.standings {
            all.entry(ledger.clone()).or_default().add(standing);
        }
        (all, !held.blind)
    }

    /// Adds what is counted to a page.
    pub(crate) fn register(&self, courier: &mut Registry) {
        for (name, help, family) in [
            ("delivered", "Deliveries that their receivers have", &self.delivered),
            ("failed_tries", "Tries that no receiver has answered with 2xx", &self.failed),
            ("retries", "Tries that were not the first of their deliveries", &self.retries),
            ("given_up", "Deliveries that ended undelivered after their last try", &self.given_up),
        ] {
            courier.register(name, help, family.clone());
        }
        let help = "Time from recording an event to its delivery; what was asked for again counts too";
        courier.register_with_unit("latency", help, Unit::Seconds, self.latency.clone());
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Together {
    fn add(&mut self, standing: &Standing) {
        let pending = standing.pending as u64;
        self.webhooks += 1;
        self.paused += u64::from(standing.paused);
        self.disabled += u64::from(standing.disabled);
        self.stopped += u64::from(standing.stopped);
        self.pending += pending;
        if !standing.is_active() {
            self.parked += pending;
            return;
        }
        self.read = (self.read.0 + standing.cursor.position, self.read.1 + 1);
        self.least = Some(self.least.map_or(standing.cursor, |least| least.min(standing.cursor)));
        self.oldest = self.oldest.into_iter().chain(standing.oldest).min();
    }
}

impl Observer for CourierFigures {
    fn tried(&self, ledger: &Slug, outcome: Outcome, now: Timestamp) {
        let labels = [("ledger", ledger.to_string())];
        if outcome.again {
            self.retries.get_or_create(&labels).inc();
        }
        if outcome.end != End::Delivered {
            self.failed.get_or_create(&labels).inc();
            if outcome.end == End::GivenUp {
                self.given_up.get_or_create(&labels).inc();
            }
            return;
        }
        self.delivered.get_or_create(&labels).inc();
        if let Some(micros) = outcome.latency(now) {
            #[expect(clippy::cast_precision_loss, reason = "microseconds of some years fit a double")]
            self.latency.get_or_create(&labels).observe(micros as f64 / 1e6);
        }
    }

    fn stands(&self, ledger: &Slug, webhook: Uuid, standing: Standing) {
        let before = self.lock().standings.insert((ledger.clone(), webhook), standing);
        if before.is_none() {
            // What rises from nothing looks like a rise only if the nothing was told.
            let labels = [("ledger", ledger.to_string())];
            for family in [&self.delivered, &self.failed, &self.retries, &self.given_up] {
                let _ = family.get_or_create(&labels);
            }
        }
    }

    fn left(&self, ledger: &Slug, webhook: Uuid) {
        self.lock().standings.remove(&(ledger.clone(), webhook));
    }

    fn looked(&self, well: bool) {
        self.lock().blind = !well;
    }
}
