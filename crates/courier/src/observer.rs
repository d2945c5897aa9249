//! What a courier tells those who watch it: for figures, never for decisions.

use std::fmt::Debug;

use domain::{Slug, Timestamp};
use uuid::Uuid;

use crate::state::{End, Outcome, State};
use crate::webhook::{Place, Source, Webhook};

/// Somebody who watches. Must not wait for anything.
pub trait Observer: Debug + Send + Sync {
    /// A try to deliver something of this ledger has ended, at this time.
    fn tried(&self, ledger: &Slug, outcome: Outcome, now: Timestamp);

    /// How a webhook that this courier holds stands.
    fn stands(&self, ledger: &Slug, webhook: Uuid, standing: Standing);

    /// This courier does not hold the webhook any more.
    fn left(&self, ledger: &Slug, webhook: Uuid);

    /// All webhooks were looked at, or could not be.
    fn looked(&self, well: bool);
}

/// Nobody.
impl Observer for () {
    fn tried(&self, _: &Slug, _: Outcome, _: Timestamp) {}

    fn stands(&self, _: &Slug, _: Uuid, _: Standing) {}

    fn left(&self, _: &Slug, _: Uuid) {}

    fn looked(&self, _: bool) {}
}

/// How a webhook stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The last event that was read for it.
    pub cursor: Place,
    /// Deliveries that wait.
    pub pending: usize,
    /// When the oldest of them was recorded; nothing if only tests wait.
    pub oldest: Option<Timestamp>,
    /// Its owner has paused it.
    pub paused: bool,
    /// Nothing is sent any more until somebody enables it.
    pub disabled: bool,
    /// The log did not verify and is not read on.
    pub stopped: bool,
}

impl Standing {
    /// Of a webhook in this state.
    pub(crate) fn new(webhook: &Webhook, state: &State, stopped: bool) -> Self {
        // They wait in the order of the log, so the first is the oldest.
        let mut events = state.pending.iter().filter(|one| matches!(one.told.source, Source::Event(_)));
        Self {
            cursor: state.cursor,
            pending: state.pending.len(),
            oldest: events.next().and_then(|first| wire::time::parse(&first.told.time)),
            paused: webhook.paused,
            disabled: state.disabled.is_some(),
            stopped,
        }
    }

    /// Whether what waits is sent.
    pub const fn is_active(&self) -> bool {
        !self.paused && !self.disabled
    }
}

impl Outcome {
    /// How long after it was recorded an event was delivered, in microseconds; nothing if it was not, or is none.
    pub fn latency(&self, now: Timestamp) -> Option<u64> {
        let recorded = self.recorded.filter(|_| self.end == End::Delivered)?;
        u64::try_from(now.0.saturating_sub(recorded.0)).ok()
    }
}
