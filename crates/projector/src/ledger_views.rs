//! The views of one ledger: all rows at one position.

use std::collections::BTreeMap;

use domain::Slug;
use journal::Read;
use views::{Rows, Stored, VIEWS, View, answer, view};
use wire::{Answer, Head, HeadReply, Interpreted, Origin, Query, Verifier, ViewDigest};

use crate::store::{Cursor, Store, rows_prefix};
use crate::{Error, Size};

/// The rows of every view of one ledger, and how far they are.
pub(crate) struct LedgerViews {
    pub(crate) ledger: Slug,
    pub(crate) verifier: Verifier,
    pub(crate) live: Vec<Live>,
    // After a crash, the place that rows may be ahead to: until it is passed nothing is answered and nothing written.
    ahead: Option<Verifier>,
}

/// One view's rows.
pub(crate) struct Live {
    pub(crate) view: &'static dyn View,
    pub(crate) generation: u32,
    pub(crate) rows: Rows,
}

impl LedgerViews {
    /// All views in memory, from the beginning.
    pub(crate) fn in_memory(origin: Origin, epoch: u64) -> Self {
        let live = |view: &&'static dyn View| Live { view: *view, generation: 0, rows: Rows::in_memory() };
        Self {
            ledger: origin.ledger.clone(),
            verifier: Verifier::new(origin, epoch),
            live: VIEWS.iter().map(live).collect(),
            ahead: None,
        }
    }

    /// The views as stored; from the beginning when there is no cursor, or a view's revision has changed.
    pub(crate) fn open(store: &Store, origin: Origin, epoch: u64) -> Result<Self, Error> {
        let ledger = origin.ledger.clone();
        let verifier = |bytes: &[u8]| Verifier::from_bytes(origin.clone(), bytes);
        let cursor = store.cursor(&ledger)?.filter(Cursor::fits);
        let intent = store.intent(&ledger)?;
        let stored = cursor.and_then(|cursor| {
            let (at, to) = (verifier(&cursor.verifier)?, verifier(&intent?)?);
            Some((cursor, at, to))
        });
        let (cursor, verifier, ahead) = match stored {
            Some((cursor, at, to)) => {
                let ahead = (at != to).then_some(to);
                (cursor, at, ahead)
            }
            None => {
                store.clear_ledger(&ledger)?;
                (Cursor::default(), Verifier::new(origin, epoch), None)
            }
        };
        let mut live = Vec::with_capacity(VIEWS.len());
        for view in VIEWS {
            let generation = cursor.generations.get(view.name()).map_or(0, |(generation, _)| *generation);
            // A crash while the view was built anew may have left the rows of its other generation.
            for other in [generation.wrapping_sub(1), generation.wrapping_add(1)] {
                store.clear(&rows_prefix(&ledger, view.name(), other))?;
            }
            let counters = cursor.counters.get(view.name()).cloned().unwrap_or_default();
            let mut rows = Rows::new(store.source(rows_prefix(&ledger, view.name(), generation)), counters);
            rows.at(verifier.head().position);
            live.push(Live { view: *view, generation, rows });
        }
        Ok(Self { ledger, verifier, live, ahead })
    }

    /// Brings all views up to a verified commit.
    ///
    /// # Errors
    /// The type of an event that this build does not know, and then nothing of the commit was applied; or why the
    /// rows can't be trusted any more.
    pub(crate) fn apply(&mut self, read: &Read) -> Result<(), String> {
        let unknown = read.events.iter().find_map(|event| match event {
            Interpreted::Unknown { position, kind, why } => {
                Some(format!("{kind} at position {position}: {why}"))
            }
            Interpreted::Event(_) => None,
        });
        if let Some(unknown) = unknown {
            return Err(format!("{unknown}; a newer hubledger wrote it, upgrade this one"));
        }
        for live in &mut self.live {
            live.apply(read);
        }
        self.readable()?;
        if let Some(ahead) = self.ahead.take_if(|ahead| ahead.tip().commit <= read.commit.number)
            && ahead != read.verifier
        {
            let commit = ahead.tip().commit;
            return Err(format!("rows were written up to a commit {commit} that is not in the log"));
        }
        self.verifier = read.verifier.clone();
        Ok(())
    }

    fn readable(&self) -> Result<(), String> {
        let why = self.live.iter().find_map(|live| live.rows.unreadable());
        why.map_or(Ok(()), |why| Err(format!("the view store can't be read: {why}")))
    }

    /// # Errors
    /// [`Error::Stopped`] when the store failed while rows were read: what they gave is not to be used.
    pub(crate) fn trusted(&self) -> Result<(), Error> {
        self.readable().map_err(|reason| Error::Stopped { ledger: self.ledger.clone(), reason })
    }

    pub(crate) fn head(&self) -> Head {
        self.verifier.head()
    }

    /// The furthest place that rows may be at.
    pub(crate) fn furthest(&self) -> Head {
        self.ahead.as_ref().unwrap_or(&self.verifier).head()
    }

    /// Rows in memory, to decide when to write.
    pub(crate) fn in_memory_len(&self) -> usize {
        self.live.iter().map(|live| live.rows.in_memory_len()).sum()
    }

    /// Writes what changed. While rows are ahead nothing is: the intent must not go back.
    pub(crate) fn flush(&mut self, store: &Store) -> Result<(), Error> {
        self.trusted()?;
        if self.ahead.is_some() {
            return Ok(());
        }
        let cursor = self.cursor();
        store.intend(&self.ledger, &cursor)?;
        store.put(self.changed())?;
        store.settle(&self.ledger, &cursor)?;
        // Only now: had it failed, everything would be written again.
        self.live.iter_mut().for_each(|live| live.rows.forget());
        Ok(())
    }

    fn changed(&self) -> impl Iterator<Item = Stored> {
        self.live.iter().flat_map(|live| live.changed(&self.ledger))
    }

    fn cursor(&self) -> Cursor {
        let name = |live: &Live| live.view.name().to_owned();
        Cursor {
            verifier: self.verifier.to_bytes(),
            counters: self.live.iter().map(|live| (name(live), live.rows.counters().clone())).collect(),
            generations: self
                .live
                .iter()
                .map(|live| (name(live), (live.generation, live.view.revision())))
                .collect(),
        }
    }

    pub(crate) fn answer(&self, query: &Query) -> Result<Answer, Error> {
        let view = named(&query.view)?;
        let live = self.live.iter().find(|live| live.view.name() == view.name());
        let live = live.ok_or_else(|| Error::NoSuchLedger(self.ledger.clone()))?;
        let rows = answer(view, &live.rows, &query.filters, query.limit)?;
        self.trusted()?;
        Ok(Answer {
            head: HeadReply::new(&self.ledger, &self.head()),
            view: view.name().to_owned(),
            revision: view.revision(),
            // Reading the rows is what finds some of them.
            parked: live.rows.parked(),
            rows,
        })
    }

    pub(crate) fn digests(&self) -> Vec<ViewDigest> {
        let position = self.head().position;
        let digest = |live: &Live| ViewDigest {
            ledger: self.ledger.clone(),
            view: live.view.name().to_owned(),
            digest: live.rows.digest(),
            position,
        };
        self.live.iter().map(digest).collect()
    }

    pub(crate) fn sizes(&self) -> BTreeMap<&'static str, Size> {
        let size = |live: &Live| {
            let (rows, bytes) = live.rows.size();
            (live.view.name(), Size { rows, bytes })
        };
        self.live.iter().map(size).collect()
    }

    pub(crate) fn parked(&self) -> BTreeMap<&'static str, u64> {
        self.live.iter().map(|live| (live.view.name(), live.rows.parked())).collect()
    }
}

impl Cursor {
    /// Whether it is of the views of this build.
    fn fits(&self) -> bool {
        let same = |view: &&dyn View| {
            self.generations.get(view.name()).is_some_and(|(_, revision)| *revision == view.revision())
        };
        self.generations.len() == VIEWS.len() && VIEWS.iter().all(same)
    }
}

impl Live {
    pub(crate) fn apply(&mut self, read: &Read) {
        for event in &read.events {
            if let Interpreted::Event(event) = event {
                self.rows.at(event.envelope.position);
                self.view.apply(&mut self.rows, event);
            }
        }
    }

    /// Changed rows with their whole keys.
    pub(crate) fn changed(&self, ledger: &Slug) -> impl Iterator<Item = Stored> {
        let prefix = rows_prefix(ledger, self.view.name(), self.generation);
        self.rows.changed().map(move |(row, value)| ([prefix.as_slice(), &row].concat(), value))
    }
}

#[cfg(test)]
mod tests;

/// The view of this name.
pub(crate) fn named(name: &str) -> Result<&'static dyn View, Error> {
    let all = || VIEWS.iter().map(|view| view.name()).collect::<Vec<_>>().join(", ");
    view(name).ok_or_else(|| views::QueryError::NoSuchView(name.to_owned(), all()).into())
}
