//! What the recorder is told when it starts.

use std::path::PathBuf;
use std::sync::Arc;

use domain::Slug;

use crate::Observer;

/// Settings of a recorder, for all its ledgers.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the registers are kept: in `register/<ledger>/` below it.
    pub data_dir: PathBuf,
    /// Name of the deployment; part of every event's `source`.
    pub deployment: Slug,
    /// Commands that may wait for one ledger; one more is answered with [`crate::Error::Busy`].
    pub waiting_max: usize,
    /// Who is told of groups and conflicts.
    pub observer: Arc<dyn Observer>,
}

impl Settings {
    /// Settings with the default of 4,096 waiting commands, four full groups, and nobody who watches.
    pub fn new(data_dir: impl Into<PathBuf>, deployment: Slug) -> Self {
        Self { data_dir: data_dir.into(), deployment, waiting_max: 4096, observer: Arc::new(()) }
    }
}
