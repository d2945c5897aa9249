//! The leases of one role: who is there, which ledgers this instance holds, and whom to ask for the others.
//!
//! Ledgers are spread for efficiency only. Nothing is decided here that would be wrong if two held a ledger at once.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::Slug;
use runtime::Clock;
use tokio::sync::watch;

use crate::serve::members::{Change, Instance, Members, Says};

/// What is spread: one holder records for a ledger, and some project it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// Takes commands.
    Recorder,
    /// Keeps views.
    Projector,
}

impl Service {
    /// As it stands in subjects.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Recorder => "recorder",
            Self::Projector => "projector",
        }
    }
}

/// The leases of one role in one process.
pub(crate) struct Leases {
    service: Service,
    me: Instance,
    lease: Duration,
    /// Holders of each ledger.
    per_ledger: usize,
    clock: Arc<dyn Clock>,
    members: Mutex<Members>,
    changed: watch::Sender<()>,
    held: Mutex<BTreeSet<Slug>>,
}

/// How much falls to this instance, for whoever watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    /// Instances of the role that take requests.
    pub(crate) members: usize,
    /// Ledgers that this one holds.
    pub(crate) held: usize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Leases {
    /// Of an instance that nobody knows yet.
    pub(crate) fn new(
        service: Service,
        me: Instance,
        settings: &runtime::config::Leases,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let lease = Duration::from_secs(settings.seconds);
        let per_ledger = match service {
            Service::Recorder => 1,
            Service::Projector => settings.projectors_per_ledger,
        };
        let (members, held) = (Mutex::new(Members::new(me, lease)), Mutex::default());
        Self { service, me, lease, per_ledger, clock, members, changed: watch::Sender::new(()), held }
    }

    /// Whose leases these are.
    pub(crate) const fn me(&self) -> Instance {
        self.me
    }

    /// What is spread.
    pub(crate) const fn service(&self) -> Service {
        self.service
    }

    /// How long a member that nobody hears still counts.
    pub(crate) const fn lease(&self) -> Duration {
        self.lease
    }

    /// Time that never steps.
    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Takes in what an instance said; also that it did not answer, which is as good as leaving: one that is there says
    /// so again.
    pub(crate) fn hear(&self, instance: Instance, says: Says) {
        let (changes, members) = {
            let mut members = lock(&self.members);
            let changes = members.hear(instance, says, self.clock.elapsed());
            (changes, members.count())
        };
        let role = self.service.name();
        for change in &changes {
            match change {
                Change::Came(instance) => tracing::info!(role, %instance, members, "an instance is there"),
                Change::Went(instance) => tracing::info!(role, %instance, members, "an instance is gone"),
            }
        }
        if !changes.is_empty() {
            self.changed.send_replace(());
        }
    }

    /// Whether an instance was heard lately; this one is no news to itself.
    pub(crate) fn knows(&self, instance: Instance) -> bool {
        instance == self.me || lock(&self.members).knows(instance)
    }

    /// Told when a member comes or goes.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Whether the others know that this one takes requests.
    pub(crate) fn is_here(&self) -> bool {
        lock(&self.members).is_here()
    }

    /// Whether this one holds a ledger, or is going to when it is there.
    pub(crate) fn takes(&self, ledger: &Slug) -> bool {
        lock(&self.members).heirs(ledger, self.per_ledger).contains(&self.me)
    }

    /// Who holds a ledger, the first of them first.
    pub(crate) fn holders(&self, ledger: &Slug) -> Vec<Instance> {
        lock(&self.members).holders(ledger, self.per_ledger)
    }

    /// Whether this one holds a ledger.
    pub(crate) fn holds(&self, ledger: &Slug) -> bool {
        self.holders(ledger).contains(&self.me)
    }

    /// Waits until this instance is gone.
    pub(crate) async fn gone(&self, instance: Instance) {
        let mut changes = self.changes();
        while lock(&self.members).has(instance) {
            // The sender lives in `self`.
            let _ = changes.changed().await;
        }
    }

    /// Remembers which ledgers this one holds now, and logs what is new.
    pub(crate) fn hold(&self, now: BTreeSet<Slug>) {
        let before = std::mem::replace(&mut *lock(&self.held), now.clone());
        let (Share { members, held }, role) = (self.share(), self.service.name());
        for ledger in now.difference(&before) {
            tracing::info!(role, %ledger, held, members, "a ledger is taken");
        }
        for ledger in before.difference(&now) {
            tracing::info!(role, %ledger, held, members, "a ledger is let go");
        }
    }

    /// How much falls to it now.
    pub(crate) fn share(&self) -> Share {
        Share { members: lock(&self.members).count(), held: lock(&self.held).len() }
    }
}
