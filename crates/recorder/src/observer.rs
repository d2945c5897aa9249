//! What a recorder tells those who watch it: for live feeds and figures, never for decisions.

use std::fmt::Debug;
use std::time::Duration;

use domain::{Slug, Timestamp};

use crate::DecidedEvent;

use crate::Error;

/// Somebody who watches. Called between groups, so it must not wait for anything.
pub trait Observer: Debug + Send + Sync {
    /// A group stands in the log, and its callers have their answers.
    fn appended(&self, group: &Appended<'_>);

    /// An append was lost to another recorder's, and its commands are decided again.
    fn lost(&self, ledger: &Slug);

    /// A ledger's register is opened and brought up to the log, which may take a while.
    fn taking_up(&self, _ledger: &Slug) {}

    /// The register and state of a ledger have what the log has; the register has so many rows.
    fn caught_up(&self, _ledger: &Slug, _register_rows: u64) {}

    /// What was in hand of a ledger could not be recorded, or it could not be taken up.
    fn failed(&self, _ledger: &Slug, _error: &Error) {}
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
