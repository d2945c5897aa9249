//! The timeline of one delivery: its events are found in the log by their marks, and folded for the answer alone.

use domain::{Event, Subject};
use futures::StreamExt as _;
use journal::{FIRST_EPOCH, Journal, Read, Until, read_events};
use views::{Clues, DELIVERY_TIMELINE};
use wire::{Answer, AsOf, HeadReply, Interpreted, Query, Verifier};

use crate::fold::Folded;
use crate::handle::Projector;
use crate::stretches::Stretch;
use crate::{Error, blocking};

impl<J: Journal> Projector<J> {
    /// The answer from any vantage. It reads the stretches of the log that bear the mark of the delivery, and no more.
    pub(crate) async fn delivery(&self, query: &Query, delivery: Subject) -> Result<Answer, Error> {
        let tracked = self.tracked(&query.ledger).await?;
        let mut waits = query.clone();
        if let Some(AsOf::Position(position)) = query.as_of {
            let (epoch, wanted) = query.min_position.unwrap_or((FIRST_EPOCH, 0));
            waits.min_position = Some((epoch, wanted.max(position)));
        }
        let views = self.asked(&tracked, &waits).await?;
        let (head, store) = (views.head(), self.shared.store.clone());
        let clues = Clues::about(delivery);
        let (stretches, _) = blocking(move || views.stretches(&store, clues, (0, usize::MAX))).await?;
        let mut folded = Folded::new(self.origin(&query.ledger), &[DELIVERY_TIMELINE], query.vantage());
        if !query.vantage().is_now() {
            self.opened(query, &mut folded).await?;
        }
        for Stretch { from, commit, .. } in stretches {
            self.fold_stretch(query, &mut folded, (from, commit), |event| event.subject == delivery).await?;
        }
        let answer = folded.said(query)?;
        Ok(Answer { head: HeadReply::new(&query.ledger, &head), ..answer })
    }

    /// Days end by the ledger's time zone, which its first commit says.
    async fn opened(&self, query: &Query, folded: &mut Folded) -> Result<(), Error> {
        let first = (Verifier::new(self.origin(&query.ledger), FIRST_EPOCH), 1);
        self.fold_stretch(query, folded, first, |fact| matches!(fact.event, Event::Ledger(_))).await
    }

    /// Folds those events that are wanted, after a place and up to this commit.
    async fn fold_stretch(
        &self,
        query: &Query,
        folded: &mut Folded,
        (from, last): (Verifier, u64),
        wanted: impl Fn(&domain::Fact) -> bool,
    ) -> Result<(), Error> {
        let left = usize::try_from(last.saturating_sub(from.tip().commit)).unwrap_or(usize::MAX);
        let mut commits = read_events(&self.shared.journal, &query.ledger, from, Until::Head).take(left);
        while let Some(read) = commits.next().await {
            let Read { commit, mut events, verifier } = read?;
            events.retain(|event| match event {
                Interpreted::Event(event) => wanted(&event.fact),
                // It may be about this one.
                Interpreted::Unknown { .. } => true,
            });
            folded.take(Read { commit, events, verifier })?;
        }
        Ok(())
    }
}
