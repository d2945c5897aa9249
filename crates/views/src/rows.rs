//! Rows of one view of one ledger: values in memory over what is stored.
//!
//! What changed is stored together with the cursor, all of it or nothing, so a stored row is never ahead of the cursor
//! and an event is applied once.

use std::any::Any;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use roaring::RoaringBitmap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::ranks::Ranks;

/// A row as it is stored: its key, and its value as JSON.
pub type Stored = (Vec<u8>, Vec<u8>);

/// Stored rows one after the other, in order of the key, or why they can't be read.
pub type Scan<'a> = Box<dyn Iterator<Item = Result<Stored, String>> + 'a>;

/// Where rows are kept.
pub trait Source: Send + Sync {
    /// The stored row, as JSON.
    ///
    /// # Errors
    /// Why the store can't be read; a row that is not there is none, and no error.
    fn load(&self, key: &[u8]) -> Result<Option<Vec<u8>>, String>;
    /// All stored rows whose key starts with this.
    fn scan<'a>(&'a self, prefix: &[u8]) -> Scan<'a>;
}

/// Nothing is kept; all rows are in memory.
pub struct Empty;

impl Source for Empty {
    fn load(&self, _: &[u8]) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }
    fn scan<'a>(&'a self, _: &[u8]) -> Scan<'a> {
        Box::new(std::iter::empty())
    }
}

/// What a row is made of.
pub trait Row: Serialize + DeserializeOwned + Default + Send + 'static {}
impl<T: Serialize + DeserializeOwned + Default + Send + 'static> Row for T {}

/// A row whose type only its view knows.
trait AnyRow: Send {
    fn json(&self) -> Vec<u8>;
    fn any(&self) -> &dyn Any;
    fn any_mut(&mut self) -> &mut dyn Any;
}

impl<R: Row> AnyRow for R {
    fn json(&self) -> Vec<u8> {
        // Rows have text keys only, so they can always be written.
        serde_json::to_vec(self).unwrap_or_default()
    }
    fn any(&self) -> &dyn Any {
        self
    }
    fn any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

struct Slot {
    row: Box<dyn AnyRow>,
    changed: bool,
}

/// The rows of a view.
pub struct Rows {
    kept: Kept,
    slots: BTreeMap<Vec<u8>, Slot>,
    ranks: Ranks,
}

/// What is stored, and what reading it brought to light.
pub(crate) struct Kept {
    source: Arc<dyn Source>,
    // Keys of stored rows that are not what was written. Behind a lock because reading finds them too.
    parked: Mutex<BTreeSet<Vec<u8>>>,
    // Why the store could not be read; what was said or changed since may be wrong.
    unreadable: OnceLock<String>,
}

impl Kept {
    /// The stored row, or the one to begin with; none when the store or the row can't be read.
    pub(crate) fn load<R: Row>(&self, key: &[u8]) -> Option<R> {
        match self.read(self.source.load(key))? {
            Some(json) => self.open(key, &json),
            None => Some(R::default()),
        }
    }

    /// The stored row, if there is one that can be read.
    fn find<R: Row>(&self, key: &[u8]) -> Option<R> {
        self.open(key, &self.read(self.source.load(key))??)
    }

    /// What the store gave, unless it failed.
    fn read<T>(&self, result: Result<T, String>) -> Option<T> {
        result.map_err(|why| self.unreadable.get_or_init(|| why)).ok()
    }

    /// A stored row; one that can't be read parks its entity.
    fn open<R: Row>(&self, key: &[u8], json: &[u8]) -> Option<R> {
        let row = serde_json::from_slice(json).ok();
        if row.is_none() {
            self.parked.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_vec());
        }
        row
    }

    fn scan(&self, prefix: &[u8]) -> impl Iterator<Item = Stored> {
        self.source.scan(prefix).map_while(|row| self.read(row))
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("in_memory", &self.in_memory_len()).finish()
    }
}

impl Rows {
    /// Rows over a source.
    pub fn new(source: Arc<dyn Source>) -> Self {
        let kept = Kept { source, parked: Mutex::default(), unreadable: OnceLock::new() };
        Self { kept, slots: BTreeMap::new(), ranks: Ranks::default() }
    }

    /// Rows in memory alone.
    pub fn in_memory() -> Self {
        Self::new(Arc::new(Empty))
    }

    /// Changes a row, made when there is none. No key begins with the byte 255.
    pub fn update<R: Row>(&mut self, key: &[u8], change: impl FnOnce(&mut R)) {
        let slot = match self.slots.get_mut(key) {
            Some(slot) => slot,
            None => {
                let Some(row) = self.kept.load::<R>(key) else { return };
                let slot = Slot { row: Box::new(row), changed: false };
                self.slots.entry(key.to_vec()).or_insert(slot)
            }
        };
        if let Some(row) = slot.row.any_mut().downcast_mut::<R>() {
            change(row);
            slot.changed = true;
        }
    }

    /// The number of a person, household or case: its rank of first mention among those of its sort, from 1.
    pub fn rank(&mut self, sort: u8, id: &Uuid) -> u32 {
        self.ranks.of(&self.kept, sort, id)
    }

    /// Those of a sort that have these numbers.
    pub(crate) fn ranked(&self, sort: u8, numbers: &RoaringBitmap) -> BTreeSet<Uuid> {
        let prefix = Ranks::prefix(sort);
        let ranks = self.ranks.iter().filter(|(key, _)| key.starts_with(&prefix));
        let ranks = ranks.map(|(key, rank)| (Cow::Owned(key), rank as &dyn AnyRow));
        let mut found = BTreeSet::new();
        over(self.kept.scan(&prefix), ranks, |key, row| {
            let id = key.get(prefix.len()..).and_then(|id| Uuid::from_slice(id).ok());
            let number: Option<u32> = serde_json::from_slice(&row.json()).ok();
            found.extend(id.filter(|_| number.is_some_and(|number| numbers.contains(number))));
        });
        found
    }

    /// What a look at one row gives; nothing without that row.
    pub fn look<R: Row, T>(&self, key: &[u8], look: impl FnOnce(&R) -> T) -> Option<T> {
        match self.slots.get(key) {
            Some(slot) => slot.row.any().downcast_ref::<R>().map(look),
            None => self.kept.find(key).map(|row| look(&row)),
        }
    }

    /// Calls `each` with every row whose key starts with the prefix, in order.
    pub fn each<R: Row>(&self, prefix: &[u8], mut each: impl FnMut(&[u8], &R)) {
        self.merged(prefix, |key, row| match row {
            Merged::InMemory(row) => {
                if let Some(row) = row.any().downcast_ref::<R>() {
                    each(key, row);
                }
            }
            Merged::Stored(json) => {
                if let Some(row) = self.kept.open::<R>(key, &json) {
                    each(key, &row);
                }
            }
        });
    }

    /// Rows in order of their key: those in memory over those stored.
    fn merged(&self, prefix: &[u8], each: impl FnMut(&[u8], Merged<'_>)) {
        let slots = self.slots.range(prefix.to_vec()..).take_while(|(key, _)| key.starts_with(prefix));
        let slots = slots.map(|(key, slot)| (Cow::Borrowed(key.as_slice()), &*slot.row));
        over(self.kept.scan(prefix), slots, each);
    }

    /// All of it, ranks too.
    fn all(&self, mut each: impl FnMut(&[u8], &[u8])) {
        let slots = self.slots.iter().map(|(key, slot)| (Cow::Borrowed(key.as_slice()), &*slot.row));
        let ranks = self.ranks.iter().map(|(key, rank)| (Cow::Owned(key), rank as &dyn AnyRow));
        over(self.kept.scan(&[]), slots.chain(ranks), |key, row| each(key, &row.json()));
    }

    /// What changed since the last time, sorted by key, to be stored. The rows stay in memory.
    pub fn take_changed(&mut self) -> Vec<Stored> {
        let changed = self.slots.iter_mut().filter_map(|(key, slot)| {
            std::mem::take(&mut slot.changed).then(|| (key.clone(), slot.row.json()))
        });
        changed.chain(self.ranks.take_changed().map(|(key, rank)| (key, rank.json()))).collect()
    }

    /// Rows leave memory unless they changed: what was taken before must be stored now.
    pub fn forget(&mut self) {
        self.slots.retain(|_, slot| slot.changed);
        self.ranks.forget();
    }

    /// Number of rows in memory.
    pub fn in_memory_len(&self) -> usize {
        self.slots.len() + self.ranks.len()
    }

    /// Stored rows found so far that are not what was written; their entities are parked.
    pub fn parked(&self) -> u64 {
        self.kept.parked.lock().unwrap_or_else(PoisonError::into_inner).len() as u64
    }

    /// Why the store could not be read, if it could not: rows must not be written or told any more.
    pub fn unreadable(&self) -> Option<&str> {
        self.kept.unreadable.get().map(String::as_str)
    }

    /// Number of rows, and bytes of their keys and JSON.
    pub fn size(&self) -> (u64, u64) {
        let (mut rows, mut bytes) = (0, 0);
        self.all(|key, json| {
            rows += 1;
            bytes += (key.len() + json.len()) as u64;
        });
        (rows, bytes)
    }

    /// SHA-256 over all rows, sorted: equal rows have equal digests, wherever they are kept.
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new();
        self.all(|key, json| {
            for part in [key, json] {
                digest.update((part.len() as u64).to_be_bytes());
                digest.update(part);
            }
        });
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A row where it was found.
enum Merged<'a> {
    InMemory(&'a dyn AnyRow),
    Stored(Vec<u8>),
}

impl Merged<'_> {
    fn json(self) -> Vec<u8> {
        match self {
            Self::InMemory(row) => row.json(),
            Self::Stored(json) => json,
        }
    }
}

/// Both in order of the key; of rows with the same key the one in memory.
fn over<'a>(
    stored: impl Iterator<Item = Stored>,
    in_memory: impl Iterator<Item = (Cow<'a, [u8]>, &'a dyn AnyRow)>,
    mut each: impl FnMut(&[u8], Merged<'_>),
) {
    let mut stored = stored.peekable();
    for (key, row) in in_memory {
        while let Some((before, json)) = stored.next_if(|(stored, _)| stored[..] < key[..]) {
            each(&before, Merged::Stored(json));
        }
        stored.next_if(|(stored, _)| stored[..] == key[..]);
        each(&key, Merged::InMemory(row));
    }
    for (key, json) in stored {
        each(&key, Merged::Stored(json));
    }
}
