//! What happened to one small thing, as it counts now.
//!
//! Sites, partners, agreements and offerings have few events, so their state *is* their history: questions
//! are asked of it by date, and a correction is a replacement in place.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::correction::{Change, Correctable};
use crate::{Effective, Fact, Recorded, Timestamp};

/// One event that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry<E> {
    /// Id of the event, or of its latest correction.
    pub id: Uuid,
    /// Position of the original.
    pub position: u64,
    /// When it is true.
    pub effective: Option<Effective>,
    /// What happened.
    pub event: E,
}

/// The events of one thing that count, in the order in which they were first recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History<E> {
    entries: Vec<Entry<E>>,
}

impl<E> Default for History<E> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<E> History<E> {
    /// The entries, oldest first.
    pub fn entries(&self) -> &[Entry<E>] {
        &self.entries
    }

    /// Whether nothing counts any more.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value that holds on a day: of the entries that `pick` takes and that began by then, the one that
    /// began last; of several on one day, the one recorded last.
    pub fn holds_on<'a, T>(&'a self, day: Date, pick: impl Fn(&'a E) -> Option<T>) -> Option<T> {
        let mut best: Option<(Date, T)> = None;
        for entry in &self.entries {
            let from = entry.effective.map_or(Date::MIN, |e| e.from());
            if from > day {
                continue;
            }
            if let Some(value) = pick(&entry.event)
                && best.as_ref().is_none_or(|(since, _)| *since <= from)
            {
                best = Some((from, value));
            }
        }
        best.map(|(_, value)| value)
    }
}

#[expect(private_bounds, reason = "only this crate records; others read")]
impl<E: Correctable> History<E> {
    /// Brings the history up to a recorded event.
    pub(crate) fn record(&mut self, recorded: &Recorded<'_>, event: &E) {
        let effective = recorded.fact.effective;
        match event.change() {
            Change::Add(event) => {
                // At the end, unless somebody looks at a day that it moved to later (`valid`).
                let at = self.entries.iter().rposition(|entry| entry.position <= recorded.position);
                let at = if recorded.position == 0 { Some(self.entries.len()) } else { at.map(|at| at + 1) };
                let (id, position) = (recorded.id, recorded.position);
                let entry = Entry { id, position, effective, event: event.clone() };
                self.entries.insert(at.unwrap_or(0), entry);
            }
            Change::Replace(event) => {
                if let Some(entry) = self.entries.iter_mut().find(|e| Some(e.id) == recorded.fact.corrects) {
                    entry.id = recorded.id;
                    entry.effective = effective;
                    entry.event = event.clone();
                }
            }
            Change::Remove => self.entries.retain(|e| Some(e.id) != recorded.fact.corrects),
        }
    }

    /// The history as it would be after this event, to see what it would break.
    pub(crate) fn after(&self, recorded: &Recorded<'_>, event: &E) -> Self {
        let mut history = self.clone();
        history.record(recorded, event);
        history
    }

    /// The same after a fact about this thing that is not recorded yet.
    pub(crate) fn with(&self, fact: &Fact) -> Self {
        // Position and id don't matter to what would hold afterwards.
        let recorded = Recorded { position: 0, id: Uuid::nil(), time: Timestamp(0), fact };
        E::of(&fact.event).map_or_else(|| self.clone(), |event| self.after(&recorded, event))
    }
}
