//! The events behind an answer: which stretches of the log to read, and what of them made it.

use views::{Explanation, Rows, View};
use wire::{Answer, Interpreted, RecordedEvent};

use crate::Error;
use crate::ledger_views::unknown;
use crate::stretches::Stretch;

/// Stretches that are told at once: as many as are read within a second.
pub(crate) const STRETCHES_MAX: usize = 128;

/// An answer and where the events stand that made it.
#[derive(Debug)]
pub struct Explained {
    /// The answer.
    pub answer: Answer,
    /// The first of the stretches to read, in order.
    pub stretches: Vec<Stretch>,
    /// How many there are.
    pub all: u64,
}

/// Reads stretches of a log for the events that made an answer. Needs no other events than theirs: what the view must
/// know of others stands in them too.
pub struct Explaining {
    view: &'static dyn View,
    rows: Rows,
    explanation: Explanation,
    after: u64,
}

impl Explaining {
    /// Nothing read yet. Events up to this position are read for what comes after them, and not told.
    pub fn new(view: &'static dyn View, answer: &Answer, after: u64) -> Self {
        Self { view, rows: Rows::in_memory(), explanation: Explanation::new(view, &answer.rows), after }
    }

    /// Takes the verified events of the next commit; gives those that made the answer.
    ///
    /// # Errors
    /// [`Error::Stopped`] when an event is not known.
    pub fn take(&mut self, read: journal::Read) -> Result<Vec<RecordedEvent>, Error> {
        if let Some(reason) = unknown(&read.events) {
            return Err(Error::Stopped { ledger: read.verifier.origin().ledger.clone(), reason });
        }
        let mut made = Vec::new();
        for event in read.events {
            let Interpreted::Event(event) = event else { continue };
            self.view.apply(&mut self.rows, &event);
            if event.envelope.position > self.after && self.explanation.names(&self.rows, &event) {
                made.push(*event);
            }
        }
        Ok(made)
    }
}
