//! What was decided in a group: kept until its commit is known to the state and the register, and then told.

use domain::{Fact, Recorded, Subject, Timestamp};
use uuid::Uuid;

use crate::register::Rows;

/// Where the events of one command stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) commit: u64,
    pub(crate) position: u64,
    pub(crate) count: u16,
}

impl Span {
    pub(crate) fn positions(self) -> std::ops::Range<u64> {
        self.position..self.position + u64::from(self.count)
    }

    /// The part of the commit's events that these are, if they are all there; `first` is the commit's first position.
    pub(crate) fn of<E>(self, first: u64, events: &[E]) -> Option<&[E]> {
        let from = usize::try_from(self.position.checked_sub(first)?).ok()?;
        events.get(from..from + usize::from(self.count))
    }
}

/// An event that was decided and written, as far as anybody still asks for it.
#[derive(Debug)]
pub struct DecidedEvent {
    /// Its id.
    pub id: Uuid,
    /// Its number in its ledger.
    pub position: u64,
    /// What it says.
    pub fact: Fact,
}

impl DecidedEvent {
    pub(crate) const fn recorded(&self, time: Timestamp) -> Recorded<'_> {
        Recorded { position: self.position, id: self.id, time, fact: &self.fact }
    }
}

/// The events of a group, and what the register is to remember once they are appended.
pub(crate) struct DecidedEvents {
    /// Of all its events.
    pub(crate) time: Timestamp,
    pub(crate) events: Vec<DecidedEvent>,
    pub(crate) rows: Rows,
}

impl DecidedEvents {
    /// None of this time, with room for so many events and rows.
    pub(crate) fn new(time: Timestamp, events: usize, rows: usize) -> Self {
        let rows = Rows::with_capacity_and_hasher(rows, Default::default());
        Self { time, events: Vec::with_capacity(events), rows }
    }

    /// Those of the span, if they are all of this group.
    pub(crate) fn find(&self, span: Span) -> Option<&[DecidedEvent]> {
        span.of(self.events.first()?.position, &self.events)
    }

    /// Position of the last event about this thing.
    pub(crate) fn last_about(&self, subject: Subject) -> Option<u64> {
        self.events.iter().rev().find(|event| event.fact.subject == subject).map(|event| event.position)
    }

    /// All of them, as the state takes them.
    pub(crate) fn recorded(&self) -> impl Iterator<Item = Recorded<'_>> {
        self.events.iter().map(|event| event.recorded(self.time))
    }
}
