//! The views of one ledger: all rows at one position.

use std::collections::BTreeMap;

use domain::Slug;
use journal::Read;
use views::{Clues, MARKS_REVISION, Rows, VIEWS, View, answer, view};
use wire::{Answer, Head, HeadReply, Interpreted, Origin, Query, Verifier, ViewDigest};

use crate::explain::Explained;
use crate::store::{Changed, Cursor, Reached, Store, rows_prefix};
use crate::stretches::{Search, Stretch, Stretches};
use crate::{Error, Size};

/// The rows of every view of one ledger, and how far they are.
pub(crate) struct LedgerViews {
    pub(crate) ledger: Slug,
    pub(crate) verifier: Verifier,
    pub(crate) live: Vec<Live>,
    // Only of views that are stored.
    stretches: Option<Stretches>,
    // Why what was taken to be written is not stored.
    unwritten: Option<String>,
}

/// One view's rows.
pub(crate) struct Live {
    pub(crate) view: &'static dyn View,
    pub(crate) generation: u32,
    pub(crate) rows: Rows,
}

impl LedgerViews {
    /// These views in memory, from the beginning.
    pub(crate) fn in_memory(origin: Origin, epoch: u64, views: &[&'static dyn View]) -> Self {
        let live = |view: &&'static dyn View| Live { view: *view, generation: 0, rows: Rows::in_memory() };
        Self {
            ledger: origin.ledger.clone(),
            verifier: Verifier::new(origin, epoch),
            live: views.iter().map(live).collect(),
            stretches: None,
            unwritten: None,
        }
    }

    /// The views as stored; from the beginning when there is no cursor, or a view's revision has changed.
    pub(crate) fn open(store: &Store, origin: Origin, epoch: u64) -> Result<Self, Error> {
        let ledger = origin.ledger.clone();
        let cursor = store.cursor(&ledger)?.filter(Cursor::fits);
        let stored = cursor
            .and_then(|cursor| Some((Verifier::from_bytes(origin.clone(), &cursor.verifier)?, cursor.views)));
        let (verifier, generations) = match stored {
            Some(stored) => stored,
            None => {
                store.clear_ledger(&ledger)?;
                (Verifier::new(origin, epoch), BTreeMap::new())
            }
        };
        let mut live = Vec::with_capacity(VIEWS.len());
        for view in VIEWS {
            let generation = generations.get(view.name()).map_or(0, |(generation, _)| *generation);
            // A crash while the view was built anew may have left the rows of its other generation.
            for other in [generation.wrapping_sub(1), generation.wrapping_add(1)] {
                store.clear(&rows_prefix(&ledger, view.name(), other))?;
            }
            live.push(Live::stored(store, &ledger, *view, generation));
        }
        Ok(Self { ledger, verifier, live, stretches: Some(Stretches::new()), unwritten: None })
    }

    /// Brings all views up to a verified commit.
    ///
    /// # Errors
    /// The type of an event that this build does not know, and then nothing of the commit was applied; or why the
    /// rows can't be trusted any more.
    pub(crate) fn apply(&mut self, read: &Read) -> Result<(), String> {
        if let Some(unknown) = unknown(&read.events) {
            return Err(unknown);
        }
        for live in &mut self.live {
            live.apply(read);
        }
        self.readable()?;
        if let Some(stretches) = &mut self.stretches {
            stretches.add(&self.verifier, read);
        }
        self.verifier = read.verifier.clone();
        Ok(())
    }

    fn readable(&self) -> Result<(), String> {
        let unreadable = self.live.iter().find_map(|live| live.rows.unreadable());
        match (unreadable, &self.unwritten) {
            (Some(why), _) => Err(format!("the view store can't be read: {why}")),
            (None, Some(why)) => Err(format!("the view store can't be written: {why}")),
            (None, None) => Ok(()),
        }
    }

    /// # Errors
    /// [`Error::Stopped`] when the store failed while rows were read: what they gave is not to be used.
    pub(crate) fn trusted(&self) -> Result<(), Error> {
        self.readable().map_err(|reason| Error::Stopped { ledger: self.ledger.clone(), reason })
    }

    pub(crate) fn head(&self) -> Head {
        self.verifier.head()
    }

    /// Rows in memory, to decide when to write.
    pub(crate) fn in_memory_len(&self) -> usize {
        self.live.iter().map(|live| live.rows.in_memory_len()).sum()
    }

    /// What changed since the last time, and how far that is: to be written together.
    pub(crate) fn take_changed(&mut self) -> Result<(Vec<Changed>, Reached), Error> {
        self.trusted()?;
        let views = |live: &Live| (live.view.name().to_owned(), (live.generation, live.view.revision()));
        let cursor = Cursor {
            verifier: self.verifier.to_bytes(),
            views: self.live.iter().map(views).collect(),
            marks: MARKS_REVISION,
        };
        let stretches = self.stretches.as_mut().map(Stretches::take).unwrap_or_default();
        let changed = self.live.iter_mut().map(|live| live.take_changed(&self.ledger)).collect();
        Ok((changed, Reached { cursor, stretches }))
    }

    /// What was taken could not be written: a later cursor would claim that it was.
    pub(crate) fn distrust(&mut self, error: &Error) {
        self.unwritten = Some(error.to_string());
    }

    /// Rows leave memory unless they changed: what was taken is written now.
    pub(crate) fn forget(&mut self) {
        self.live.iter_mut().for_each(|live| live.rows.forget());
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

    /// The answer, and the stretches of the log after a position that hold the events behind it: at most so many of them.
    pub(crate) fn explain(
        &self,
        store: &Store,
        query: &Query,
        (after, most): (u64, usize),
    ) -> Result<Explained, Error> {
        let answer = self.answer(query)?;
        let view = named(&query.view)?;
        let live = self.live.iter().find(|live| live.view.name() == view.name());
        let clues = live.map(|live| Clues::of(view, &live.rows, &answer.rows)).unwrap_or_default();
        self.trusted()?;
        let (stretches, all) = self.stretches(store, clues, (after, most))?;
        Ok(Explained { answer, stretches, all })
    }

    /// The first of the stretches of the log after a position that hold what these clues lead to, and how many there are.
    pub(crate) fn stretches(
        &self,
        store: &Store,
        clues: Clues,
        (after, most): (u64, usize),
    ) -> Result<(Vec<Stretch>, u64), Error> {
        let (origin, Head { commit, position, .. }) = (self.verifier.origin(), self.head());
        let in_memory = self.stretches.as_ref().map(Stretches::in_memory).unwrap_or_default();
        let stored = store.stretches(&self.ledger);
        let found = Search::new(clues, after).among(origin, stored, in_memory, (commit, most))?;
        // Where something is missing or not as it was written, the whole log is read.
        let whole = || {
            let from = Verifier::new(origin.clone(), self.head().epoch);
            (vec![Stretch { from, commit, position }], 1)
        };
        Ok(found.unwrap_or_else(whole))
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

    /// Where the rows of each view are stored, and how many of its entities are parked.
    pub(crate) fn places(&self) -> Vec<(&'static str, Vec<u8>, u64)> {
        let place = |live: &Live| {
            let name = live.view.name();
            (name, rows_prefix(&self.ledger, name, live.generation), live.rows.parked())
        };
        self.live.iter().map(place).collect()
    }

    pub(crate) fn parked(&self) -> BTreeMap<&'static str, u64> {
        self.live.iter().map(|live| (live.view.name(), live.rows.parked())).collect()
    }
}

impl Cursor {
    /// Whether it is of the views and marks of this build.
    fn fits(&self) -> bool {
        let same = |view: &&dyn View| {
            self.views.get(view.name()).is_some_and(|(_, revision)| *revision == view.revision())
        };
        self.marks == MARKS_REVISION && self.views.len() == VIEWS.len() && VIEWS.iter().all(same)
    }
}

impl Live {
    /// With the rows of one generation.
    pub(crate) fn stored(store: &Store, ledger: &Slug, view: &'static dyn View, generation: u32) -> Self {
        let rows = Rows::new(store.source(rows_prefix(ledger, view.name(), generation)));
        Self { view, generation, rows }
    }

    pub(crate) fn apply(&mut self, read: &Read) {
        for event in &read.events {
            if let Interpreted::Event(event) = event {
                self.view.apply(&mut self.rows, event);
            }
        }
    }

    pub(crate) fn take_changed(&mut self, ledger: &Slug) -> Changed {
        (rows_prefix(ledger, self.view.name(), self.generation), self.rows.take_changed())
    }
}

/// What is said of the first event that this build does not know.
pub(crate) fn unknown(events: &[Interpreted]) -> Option<String> {
    events.iter().find_map(|event| match event {
        Interpreted::Unknown { position, kind, why } => Some(format!(
            "{kind} at position {position}: {why}; a newer hubledger wrote it, upgrade this one"
        )),
        Interpreted::Event(_) => None,
    })
}

/// The view of this name.
pub(crate) fn named(name: &str) -> Result<&'static dyn View, Error> {
    let all = || VIEWS.iter().map(|view| view.name()).collect::<Vec<_>>().join(", ");
    view(name).ok_or_else(|| views::QueryError::NoSuchView(name.to_owned(), all()).into())
}
