//! What a recorder tells those who watch it: for live feeds and figures, never for decisions.

use std::fmt::Debug;
use std::time::Duration;

use domain::{Slug, Timestamp};

use crate::DecidedEvent;

/// Somebody who watches. Called between groups, so it must not wait for anything.
pub trait Observer: Debug + Send + Sync {
    /// A group stands in the log, and its callers have their answers.
    fn appended(&self, group: &Appended<'_>);

    /// An append was lost to another recorder's, and its commands are decided again.
    fn lost(&self, ledger: &Slug);
}

/// Nobody.
impl Observer for () {
    fn appended(&self, _: &Appended<'_>) {}

    fn lost(&self, _: &Slug) {}
}

/// A group that was appended as one commit.
#[derive(Debug, Clone, Copy)]
pub struct Appended<'a> {
    /// The ledger.
    pub ledger: &'a Slug,
    /// When they were recorded.
    pub time: Timestamp,
    /// Its events.
    pub events: &'a [DecidedEvent],
    /// How many commands it answered, repeats and refusals too.
    pub commands: usize,
    /// From the first sending until the log acknowledged it.
    pub took: Duration,
    /// Rows in the ledger's register now.
    pub register_rows: u64,
}
