//! Views of a ledger in memory, folded from the log: what `replay` prints, and answers from another vantage than now.

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::ledger::{Event as LedgerEvent, Policy};
use domain::valid::ValidOn;
use domain::{Event, Slug, Timestamp};
use futures::StreamExt as _;
use journal::{FIRST_EPOCH, Journal, Read, Until, read_events};
use views::{Cohort, Explanation, View};
use wire::{Answer, AsOf, Head, Interpreted, Origin, Query, RecordedEvent, Vantage, ViewDigest};

use crate::Error;
use crate::ahead::ahead;
use crate::ledger_views::{LedgerViews, named};

/// What holds of the ledger itself where a fold ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// Name of its owner.
    pub owner: String,
    /// Policy in force.
    pub policy: Policy,
    /// Position of the event that set it.
    pub policy_position: u64,
}

/// Views from some vantage, as far as they are folded.
pub struct Folded {
    views: LedgerViews,
    vantage: Vantage,
    lens: Option<ValidOn>,
    // Of the ledger, once it is open; days end by it.
    zone: String,
    // None until what opened the ledger can be seen.
    in_force: Option<InForce>,
    complete: bool,
}

impl Folded {
    /// Nothing folded yet of these views.
    pub fn new(origin: Origin, views: &[&'static dyn View], vantage: Vantage) -> Self {
        let views = LedgerViews::in_memory(origin, FIRST_EPOCH, views);
        let lens = vantage.valid_on.map(ValidOn::new);
        let complete = vantage.as_of == Some(AsOf::Position(0));
        Self { views, vantage, lens, zone: "UTC".to_owned(), in_force: None, complete }
    }

    /// Nothing folded yet of the view that is asked.
    ///
    /// # Errors
    /// [`Error::Query`] when there is no such view.
    pub fn asked(origin: Origin, query: &Query) -> Result<Self, Error> {
        Ok(Self::new(origin, &[named(&query.view)?], query.vantage()))
    }

    /// Takes the next commit as [`take`](Self::take) does; gives those of its events that made the rows of an answer.
    ///
    /// # Errors
    /// As `take`.
    pub fn explain(&mut self, read: Read, answer: &Explanation) -> Result<Vec<RecordedEvent>, Error> {
        let read = self.apply(read)?;
        let made = |event: Interpreted| match event {
            Interpreted::Event(event) => {
                self.views.live.iter().any(|live| answer.names(&live.rows, &event)).then_some(*event)
            }
            Interpreted::Unknown { .. } => None,
        };
        Ok(read.events.into_iter().filter_map(made).collect())
    }

    /// Takes the events of the next commit, as far as they can be seen. The head becomes that of the whole commit: it is
    /// what was verified.
    ///
    /// # Errors
    /// [`Error::Stopped`] when an event is not known.
    pub fn take(&mut self, read: Read) -> Result<(), Error> {
        self.apply(read).map(drop)
    }

    fn apply(&mut self, mut read: Read) -> Result<Read, Error> {
        read.events.retain_mut(|event| match event {
            Interpreted::Event(event) => self.sees(event),
            // What is unknown within what is looked at stops the fold.
            Interpreted::Unknown { position, .. } => self.is_known(*position, None),
        });
        let ledger = self.views.ledger.clone();
        self.views.apply(&read).map_err(|reason| Error::Stopped { ledger, reason })?;
        if let Some(AsOf::Position(last)) = self.vantage.as_of {
            self.complete |= self.head().position >= last;
        }
        Ok(read)
    }

    /// Whether the event can be seen from here; its fact becomes what it is from here.
    fn sees(&mut self, event: &mut RecordedEvent) -> bool {
        if let Event::Ledger(LedgerEvent::LedgerOpened(opened)) = &event.fact.event {
            self.zone = opened.time_zone.clone();
        }
        if !self.is_known(event.envelope.position, Some(event.envelope.time)) {
            self.complete = true;
            return false;
        }
        if let Event::Ledger(said) = &event.fact.event {
            self.hold(said, event.envelope.position);
        }
        let Some(lens) = &mut self.lens else { return true };
        let another = match lens.see(&event.recorded()) {
            Some((_, Cow::Borrowed(_))) => return true,
            Some((position, Cow::Owned(fact))) => (position, fact),
            None => return false,
        };
        (event.envelope.position, event.fact) = another;
        true
    }

    fn hold(&mut self, said: &LedgerEvent, policy_position: u64) {
        match said {
            LedgerEvent::LedgerOpened(opened) => {
                let (owner, policy) = (opened.owner.clone(), opened.policy);
                self.in_force = Some(InForce { owner, policy, policy_position });
            }
            LedgerEvent::PolicyChanged(change) => {
                if let Some(in_force) = &mut self.in_force {
                    (in_force.policy, in_force.policy_position) = (change.policy, policy_position);
                }
            }
            LedgerEvent::SchemaRegistered(_)
            | LedgerEvent::OperatorActed(_)
            | LedgerEvent::ReportPublished(_) => {}
        }
    }

    fn is_known(&self, position: u64, time: Option<Timestamp>) -> bool {
        match (self.vantage.as_of, time) {
            (Some(AsOf::Position(last)), _) => position <= last,
            (Some(AsOf::Moment(last)), Some(time)) => time <= last,
            (Some(AsOf::Day(last)), Some(time)) => {
                runtime::calendar_day(&self.zone, time).is_none_or(|day| day <= last)
            }
            (None, _) | (_, None) => !self.complete,
        }
    }

    /// Whether nothing that comes later can be seen from here.
    pub const fn is_complete(&self) -> bool {
        self.complete
    }

    /// Where the fold ended.
    pub fn head(&self) -> Head {
        self.views.head()
    }

    /// What holds of the ledger itself; nothing when it was not open yet.
    pub const fn in_force(&self) -> Option<&InForce> {
        self.in_force.as_ref()
    }

    /// Digest of every view.
    pub fn digests(&self) -> Vec<ViewDigest> {
        self.views.digests()
    }

    /// Who is counted in the row of `reach` that these filters make.
    ///
    /// # Errors
    /// [`Error::Query`] for a column that it does not have; [`Error::NoSuchLedger`] when it was not folded.
    pub fn cohort(&self, filters: &BTreeMap<String, String>) -> Result<Cohort, Error> {
        let view = named("reach")?;
        let live = self.views.live.iter().find(|live| live.view.name() == view.name());
        let live = live.ok_or_else(|| Error::NoSuchLedger(self.views.ledger.clone()))?;
        Ok(views::cohort(&live.rows, filters)?)
    }

    /// What the rows say that were folded, wherever the log ends.
    pub(crate) fn said(&self, query: &Query) -> Result<Answer, Error> {
        self.views.answer(query)
    }

    /// An answer from the vantage of the fold.
    ///
    /// # Errors
    /// [`Error::Query`]; [`Error::Behind`] when the log ended before the position.
    pub fn answer(&self, query: &Query) -> Result<Answer, Error> {
        match self.vantage.as_of {
            Some(AsOf::Position(wanted)) if wanted > self.head().position => {
                let (ledger, position) = (self.views.ledger.clone(), self.head().position);
                Err(Error::Behind { ledger, position, wanted })
            }
            _ => self.views.answer(query),
        }
    }
}

/// Folds a ledger from its first event as far as can be seen; `progress` is told each position reached. Memory grows with
/// the rows, not with the events; where a day is looked at, also with the events that are no deliveries.
///
/// # Errors
/// [`Error`] when the log is broken or holds an event that is not known.
pub async fn fold<J: Journal>(
    journal: &J,
    mut folded: Folded,
    mut progress: impl FnMut(u64),
) -> Result<Folded, Error> {
    let ledger: Slug = folded.views.ledger.clone();
    let mut commits = ahead(read_events(journal, &ledger, folded.views.verifier.clone(), Until::Head));
    while !folded.is_complete() {
        let Some(read) = commits.next().await else { break };
        folded.take(read?)?;
        progress(folded.head().position);
    }
    Ok(folded)
}
