//! Questions to the views of a ledger, and to what is kept of its log.

use domain::Slug;
use journal::{FIRST_EPOCH, Journal};
use tokio::sync::OwnedMutexGuard;
use wire::{Answer, Query, Verifier};

use crate::explain::{Explained, STRETCHES_MAX};
use crate::fold::Folded;
use crate::handle::{Projector, Tracked};
use crate::ledger_views::{LedgerViews, named};
use crate::stretches::place;
use crate::{Error, blocking};

impl<J: Journal> Projector<J> {
    /// Answers a question, at the views' position or later.
    ///
    /// # Errors
    /// [`Error`]; the answer carries the head that it is complete to.
    pub async fn query(&self, query: &Query) -> Result<Answer, Error> {
        if let Some(subject) = views::of_delivery(query) {
            return self.delivery(query, subject).await;
        }
        if !query.vantage().is_now() {
            self.must_exist(&query.ledger).await?;
            let folded = Folded::asked(self.origin(&query.ledger), query)?;
            return crate::fold(&self.shared.journal, folded, |_| {}).await?.answer(query);
        }
        let tracked = self.tracked(&query.ledger).await?;
        let views = self.asked(&tracked, query).await?;
        let query = query.clone();
        blocking(move || views.answer(&query)).await
    }

    /// The answer of a live view, its rows told apart by what tells them apart, and where in the log after a position the
    /// events stand that made them.
    ///
    /// # Errors
    /// [`Error`]. From where the question looks, and how many rows it wants, is passed over.
    pub async fn explain(&self, query: &Query, after: u64) -> Result<Explained, Error> {
        let by = named(&query.view)?.identity().join(",");
        let mut query = Query { as_of: None, valid_on: None, limit: None, ..query.clone() };
        query.filters.insert("by".to_owned(), by);
        let tracked = self.tracked(&query.ledger).await?;
        let views = self.asked(&tracked, &query).await?;
        let store = self.shared.store.clone();
        blocking(move || views.explain(&store, &query, (after, STRETCHES_MAX))).await
    }

    /// The place of a reader at or before this commit, from which the log can be verified; nothing if none is stored.
    ///
    /// # Errors
    /// [`Error`] of the store.
    pub async fn reader(&self, ledger: &Slug, commit: u64) -> Result<Option<Verifier>, Error> {
        let (store, of, origin) = (self.shared.store.clone(), ledger.clone(), self.origin(ledger));
        let stored = blocking(move || store.stretch_at(&of, commit.saturating_add(1))).await?;
        Ok(stored.and_then(|stored| place(&origin, &stored)))
    }

    /// The views that a question is asked of, held still.
    pub(crate) async fn asked(
        &self,
        tracked: &Tracked,
        query: &Query,
    ) -> Result<OwnedMutexGuard<LedgerViews>, Error> {
        let wanted = match query.min_position {
            Some((epoch, _)) if epoch != FIRST_EPOCH => {
                let ledger = query.ledger.clone();
                return Err(Error::OtherEpoch { ledger, epoch: FIRST_EPOCH, wanted: epoch });
            }
            Some((_, position)) => position,
            None => 0,
        };
        let wait = query.wait.map_or(self.shared.settings.wait, |_| query.patience());
        self.reach_within(&query.ledger, tracked, wanted, wait).await
    }
}
