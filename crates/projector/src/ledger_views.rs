//! The views of one ledger: all rows at one position.

use std::collections::BTreeMap;

use domain::Slug;
use journal::Read;
use views::{Rows, VIEWS, View, answer, view};
use wire::{Answer, Head, HeadReply, Interpreted, Origin, Query, Verifier, ViewDigest};

use crate::Error;
use crate::store::{Cursor, Store, rows_prefix};

/// The rows of every view of one ledger, and how far they are.
pub(crate) struct LedgerViews {
    pub(crate) ledger: Slug,
    pub(crate) verifier: Verifier,
    pub(crate) live: Vec<Live>,
    // Rows may be ahead of the cursor up to here after a crash; nothing is answered before it is passed.
    ready_at: u64,
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
            ready_at: 0,
        }
    }

    /// The views as stored; from the beginning when there is no cursor, or a view's revision has changed.
    pub(crate) fn open(store: &Store, origin: Origin, epoch: u64) -> Result<Self, Error> {
        let ledger = origin.ledger.clone();
        let stored = store.cursor(&ledger)?.and_then(|cursor| {
            let verifier = Verifier::from_bytes(origin.clone(), &cursor.verifier)?;
            let known = |view: &&dyn View| {
                cursor.generations.get(view.name()).is_some_and(|(_, revision)| *revision == view.revision())
            };
            (cursor.generations.len() == VIEWS.len() && VIEWS.iter().all(known)).then_some((cursor, verifier))
        });
        let (cursor, verifier) = match stored {
            Some(stored) => stored,
            None => {
                store.clear_ledger(&ledger)?;
                (Cursor::default(), Verifier::new(origin, epoch))
            }
        };
        let live = VIEWS.iter().map(|view| {
            let generation = cursor.generations.get(view.name()).map_or(0, |(generation, _)| *generation);
            let source = store.source(rows_prefix(&ledger, view.name(), generation));
            let counters = cursor.counters.get(view.name()).cloned().unwrap_or_default();
            let mut rows = Rows::new(source, counters);
            rows.at(verifier.head().position);
            Live { view: *view, generation, rows }
        });
        let live = live.collect();
        let ready_at = store.intent(&ledger)?;
        Ok(Self { ledger, verifier, live, ready_at })
    }

    /// Brings all views up to a verified commit.
    ///
    /// # Errors
    /// The type of an event that this build does not know; then nothing of the commit was applied.
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
        self.verifier = read.verifier.clone();
        Ok(())
    }

    pub(crate) fn head(&self) -> Head {
        self.verifier.head()
    }

    /// Whether rows are at the position that they are told to be at.
    pub(crate) fn is_ready(&self) -> bool {
        self.head().position >= self.ready_at
    }

    /// Rows in memory, to decide when to write.
    pub(crate) fn in_memory_len(&self) -> usize {
        self.live.iter().map(|live| live.rows.in_memory_len()).sum()
    }

    /// Writes what changed.
    pub(crate) fn flush(&mut self, store: &Store) -> Result<(), Error> {
        let position = self.head().position;
        let prefix = |live: &Live| rows_prefix(&self.ledger, live.view.name(), live.generation);
        let prefixes: Vec<_> = self.live.iter().map(prefix).collect();
        let rows: Vec<_> =
            prefixes.into_iter().zip(self.live.iter_mut().map(|live| live.rows.drain())).collect();
        store.write(&self.ledger, position, &rows, &self.cursor())
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
        Ok(Answer {
            head: HeadReply::new(&self.ledger, &self.head()),
            view: view.name().to_owned(),
            revision: view.revision(),
            parked: live.rows.damaged(),
            rows: answer(view, &live.rows, &query.filters, query.limit)?,
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

    pub(crate) fn parked(&self) -> BTreeMap<&'static str, u64> {
        self.live.iter().map(|live| (live.view.name(), live.rows.damaged())).collect()
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
}

/// The view of this name.
pub(crate) fn named(name: &str) -> Result<&'static dyn View, Error> {
    let all = || VIEWS.iter().map(|view| view.name()).collect::<Vec<_>>().join(", ");
    view(name).ok_or_else(|| views::QueryError::NoSuchView(name.to_owned(), all()).into())
}
