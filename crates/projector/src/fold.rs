//! All views of a ledger in memory, folded from the log: what `replay` prints and `--as-of` answers from.

use domain::Slug;
use futures::StreamExt as _;
use journal::{FIRST_EPOCH, Journal, Read, Until, read_events};
use wire::{Answer, Head, Interpreted, Origin, Query, ViewDigest};

use crate::Error;
use crate::ahead::ahead;
use crate::ledger_views::LedgerViews;

/// The views as they were at a head.
pub struct Folded {
    views: LedgerViews,
}

impl Folded {
    /// Nothing folded yet.
    pub fn new(origin: Origin) -> Self {
        Self { views: LedgerViews::in_memory(origin, FIRST_EPOCH) }
    }

    /// Takes the events of the next commit up to this position. The head stays that of the whole commit: it is what
    /// was verified.
    ///
    /// # Errors
    /// [`Error::Stopped`] when an event is not known.
    pub fn take(&mut self, mut read: Read, to: u64) -> Result<(), Error> {
        read.events.retain(|event| match event {
            Interpreted::Event(event) => event.envelope.position <= to,
            Interpreted::Unknown { position, .. } => *position <= to,
        });
        let ledger = self.views.ledger.clone();
        self.views.apply(&read).map_err(|reason| Error::Stopped { ledger, reason })
    }

    /// Where the fold ended.
    pub fn head(&self) -> Head {
        self.views.head()
    }

    /// Digest of every view.
    pub fn digests(&self) -> Vec<ViewDigest> {
        self.views.digests()
    }

    /// An answer as of the head of the fold.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub fn answer(&self, query: &Query) -> Result<Answer, Error> {
        self.views.answer(query)
    }
}

/// Folds a ledger from its first event to this position, or to the head; `progress` is told each position reached.
/// Memory grows with the rows, not with the events.
///
/// # Errors
/// [`Error`] when the log is broken or holds an event that is not known.
pub async fn fold<J: Journal>(
    journal: &J,
    origin: Origin,
    to: Option<u64>,
    mut progress: impl FnMut(u64),
) -> Result<Folded, Error> {
    let ledger: Slug = origin.ledger.clone();
    let mut folded = Folded::new(origin);
    let to = to.unwrap_or(u64::MAX);
    let mut commits = ahead(read_events(journal, &ledger, folded.views.verifier.clone(), Until::Head));
    while folded.head().position < to {
        let Some(read) = commits.next().await else { break };
        folded.take(read?, to)?;
        progress(folded.head().position.min(to));
    }
    Ok(folded)
}
