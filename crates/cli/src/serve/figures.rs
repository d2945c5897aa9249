//! Figures of a node: what is counted while it works, in atomics that any thread may move.
//!
//! The recorder's are moved once a group and the door's once a request, never once an event. What can be looked up when
//! somebody asks (queues, lag, memory) is not here but in `admin::sample`. Every label has a bounded number of values:
//! ledgers, views, roles, and codes of refusals and failures.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Slug;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use recorder::{Appended, Error, Observer};
use wire::Outcome;

use crate::serve::failure::Failure;

/// Upper bounds of events and commands in a group; a commit has at most 1,000 events.
const GROUP_SIZES: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0];
/// Upper bounds of the time of an append, in seconds: from a fast disk to a broker that was away.
const APPEND_SECONDS: [f64; 15] =
    [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Names and values that tell the figures of one metric apart.
pub(crate) type Labels<const N: usize> = [(&'static str, String); N];
type Counters<const N: usize> = Family<Labels<N>, Counter>;
type Histograms = Family<Labels<1>, Histogram, fn() -> Histogram>;

/// How a recorder stands to a ledger that it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recording {
    /// Its register is being opened and brought up to the log.
    TakingUp,
    /// It records.
    Open {
        /// Rows in the register.
        register_rows: u64,
    },
    /// It records no more until an operator has looked.
    Halted,
}

/// The figures.
#[derive(Debug)]
pub(crate) struct Figures {
    group_events: Histograms,
    group_commands: Histograms,
    append: Histograms,
    conflicts: Counters<1>,
    receipts: Counters<1>,
    repeats: Counters<1>,
    trials: Counters<1>,
    refusals: Counters<2>,
    failures: Counters<2>,
    requests: Counters<1>,
    busy: Counters<1>,
    in_work: Family<Labels<1>, Gauge>,
    recordings: Mutex<BTreeMap<Slug, Recording>>,
    /// Moved by the gateway.
    pub(crate) unverified: Arc<AtomicU64>,
}

impl Default for Figures {
    fn default() -> Self {
        let sizes = || Family::new_with_constructor((|| Histogram::new(GROUP_SIZES)) as fn() -> Histogram);
        let seconds = || Histogram::new(APPEND_SECONDS);
        Self {
            group_events: sizes(),
            group_commands: sizes(),
            append: Family::new_with_constructor(seconds as fn() -> Histogram),
            conflicts: Family::default(),
            receipts: Family::default(),
            repeats: Family::default(),
            trials: Family::default(),
            refusals: Family::default(),
            failures: Family::default(),
            requests: Family::default(),
            busy: Family::default(),
            in_work: Family::default(),
            recordings: Mutex::default(),
            unverified: Arc::default(),
        }
    }
}

/// A request in work, until it is dropped.
#[derive(Debug)]
pub(crate) struct InWork(Gauge);

impl Drop for InWork {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Figures {
    /// Counts how commands to this ledger ended, or why none of them has an end.
    pub(super) fn answered(&self, ledger: &Slug, answers: &Result<Vec<Outcome>, Failure>) {
        // Whoever makes names up must not make labels.
        let exists =
            self.lock().contains_key(ledger) || answers.as_ref().is_ok_and(|all| all.iter().any(is_recorded));
        let ledger = if exists { ledger.to_string() } else { String::new() };
        let outcomes = match answers {
            Ok(outcomes) => outcomes,
            Err(failure) => {
                let code = ("code", failure.refusal.code.clone());
                self.failures.get_or_create(&[("ledger", ledger), code]).inc();
                return;
            }
        };
        let (mut receipts, mut repeats, mut trials) = (0, 0, 0);
        let mut refusals = BTreeMap::<&str, u64>::new();
        for outcome in outcomes {
            match outcome {
                Outcome::Receipt(_) => receipts += 1,
                Outcome::Repeated(_) => repeats += 1,
                Outcome::WouldAccept { .. } => trials += 1,
                Outcome::Refusal(refusal) => *refusals.entry(&refusal.code).or_default() += 1,
            }
        }
        for (family, count) in [(&self.receipts, receipts), (&self.repeats, repeats), (&self.trials, trials)]
        {
            if count > 0 {
                family.get_or_create(&[("ledger", ledger.clone())]).inc_by(count);
            }
        }
        for (code, count) in refusals {
            let labels = [("ledger", ledger.clone()), ("code", code.to_owned())];
            self.refusals.get_or_create(&labels).inc_by(count);
        }
    }

    /// A request from NATS to this role is in work from now on.
    pub(super) fn in_work(&self, role: &str) -> InWork {
        let labels = [("role", role.to_owned())];
        self.requests.get_or_create(&labels).inc();
        let gauge = self.in_work.get_or_create_owned(&labels);
        gauge.inc();
        InWork(gauge)
    }

    /// A request from NATS to this role was answered `busy`.
    pub(super) fn busy(&self, role: &str) {
        self.busy.get_or_create(&[("role", role.to_owned())]).inc();
    }

    /// How the recorder stands to every ledger that it was asked for.
    pub(super) fn recordings(&self) -> BTreeMap<Slug, Recording> {
        self.lock().clone()
    }

    /// Adds what the recorder and the door count to a page.
    pub(super) fn register_recorder(&self, page: &mut Registry) {
        let events = Unit::Other("events".into());
        let commands = Unit::Other("commands".into());
        let (recorder, size) = (page.sub_registry_with_prefix("recorder"), "in a group, which is one append");
        let help = format!("Events {size}");
        recorder.register_with_unit("group", help, events, self.group_events.clone());
        let help = format!("Commands answered with {size}; repeats and refusals too");
        recorder.register_with_unit("group", help, commands, self.group_commands.clone());
        let help = "Time from the first sending of a group until the log acknowledged it";
        recorder.register_with_unit("append", help, Unit::Seconds, self.append.clone());
        for (name, help, family) in [
            (
                "conflicts",
                "Appends lost to another recorder; their commands were decided again",
                &self.conflicts,
            ),
            ("receipts", "Commands that were recorded", &self.receipts),
            ("repeats", "Commands that had been recorded before and got their first receipt", &self.repeats),
            ("trials", "Dry runs that would have been recorded", &self.trials),
        ] {
            recorder.register(name, help, family.clone());
        }
        recorder.register("refusals", "Commands that were refused, by code", self.refusals.clone());
        let help =
            "Requests to record that came to no end, by code; safe to repeat with the same command ids";
        recorder.register("failures", help, self.failures.clone());
    }

    /// Adds what is counted of requests from NATS to a page.
    pub(super) fn register_requests(&self, page: &mut Registry) {
        let requests = page.sub_registry_with_prefix("requests");
        requests.register("taken", "Requests from NATS that were taken into work", self.requests.clone());
        requests.register("busy", "Requests from NATS that were answered `busy`", self.busy.clone());
        requests.register("in_work", "Requests from NATS in work now", self.in_work.clone());
    }

    /// Adds what the gateway counts to a page.
    pub(super) fn register_gateway(&self, page: &mut Registry) {
        let unverified = ConstCounter::new(self.unverified.load(Ordering::Relaxed));
        let help = "Readers of events who were told nothing more because the log did not verify";
        page.sub_registry_with_prefix("gateway").register("unverified", help, unverified);
    }

    fn stands(&self, ledger: &Slug, recording: Recording) {
        let mut recordings = self.lock();
        match recordings.get_mut(ledger) {
            Some(stands) => *stands = recording,
            None => drop(recordings.insert(ledger.clone(), recording)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Slug, Recording>> {
        self.recordings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Figures {
    fn appended(&self, group: &Appended<'_>) {
        let labels = [("ledger", group.ledger.to_string())];
        #[expect(clippy::cast_precision_loss, reason = "a group is small")]
        for (family, count) in
            [(&self.group_events, group.events.len()), (&self.group_commands, group.commands)]
        {
            family.get_or_create(&labels).observe(count as f64);
        }
        self.append.get_or_create(&labels).observe(group.took.as_secs_f64());
        self.stands(group.ledger, Recording::Open { register_rows: group.register_rows });
    }

    fn lost(&self, ledger: &Slug) {
        self.conflicts.get_or_create(&[("ledger", ledger.to_string())]).inc();
    }

    fn taking_up(&self, ledger: &Slug) {
        self.stands(ledger, Recording::TakingUp);
    }

    fn caught_up(&self, ledger: &Slug, register_rows: u64) {
        self.stands(ledger, Recording::Open { register_rows });
    }

    fn failed(&self, ledger: &Slug, error: &Error) {
        let mut recordings = self.lock();
        if matches!(error, Error::Halted { .. }) {
            recordings.insert(ledger.clone(), Recording::Halted);
        } else if recordings.get(ledger) == Some(&Recording::TakingUp) {
            // It is taken up again with the next command.
            recordings.remove(ledger);
        }
    }
}

const fn is_recorded(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Receipt(_) | Outcome::Repeated(_))
}
