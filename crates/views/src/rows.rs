//! Rows of one view of one ledger: values in memory over what is stored.
//!
//! A stored row says to which position it is complete. After a crash some rows are ahead of the cursor; an event
//! at or below a row's position is passed over for that row, so replaying is exact.

use std::any::Any;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// Stored rows one after the other, in order of the key, or why they can't be read.
pub type Scan<'a> = Box<dyn Iterator<Item = Result<Stored, String>> + 'a>;

/// Where rows are kept.
pub trait Source: Send + Sync {
    /// The stored row: 8 bytes of position, then JSON.
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
    // Position that the row was complete to when it was loaded.
    stored_to: u64,
    changed: bool,
}

/// A row to be stored: its key, and 8 bytes of position followed by JSON.
pub type Stored = (Vec<u8>, Vec<u8>);

/// The rows of a view.
pub struct Rows {
    source: Arc<dyn Source>,
    slots: BTreeMap<Vec<u8>, Slot>,
    position: u64,
    // Numbers given so far, by the first byte of the key; kept with the cursor, never ahead of it.
    counters: BTreeMap<u8, u32>,
    // Keys of stored rows that are not what was written. Behind a lock because reading finds them too.
    parked: Mutex<BTreeSet<Vec<u8>>>,
    // Why the store could not be read; what was said or changed since may be wrong.
    unreadable: OnceLock<String>,
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("position", &self.position)
            .field("in_memory", &self.slots.len())
            .finish()
    }
}

/// A number in order of first mention, and where that was.
#[derive(Serialize, serde::Deserialize, Default)]
struct Rank {
    rank: u32,
    first: u64,
}

impl Rows {
    /// Rows over a source, with the counters that its cursor holds.
    pub fn new(source: Arc<dyn Source>, counters: BTreeMap<u8, u32>) -> Self {
        let (parked, unreadable) = Default::default();
        Self { source, slots: BTreeMap::new(), position: 0, counters, parked, unreadable }
    }

    /// Rows in memory alone.
    pub fn in_memory() -> Self {
        Self::new(Arc::new(Empty), BTreeMap::new())
    }

    /// The position of the event that is applied next.
    pub fn at(&mut self, position: u64) {
        self.position = position;
    }

    /// Changes a row, made when there is none, unless it has this event already.
    pub fn update<R: Row>(&mut self, key: &[u8], change: impl FnOnce(&mut R)) {
        let position = self.position;
        let Some(slot) = self.slot::<R>(key) else { return };
        if position <= slot.stored_to {
            return;
        }
        if let Some(row) = slot.row.any_mut().downcast_mut::<R>() {
            change(row);
            slot.changed = true;
        }
    }

    /// The number of a person, household or case: its rank of first mention among keys with the same first byte.
    ///
    /// The counter is as old as the cursor while the row may be ahead of it, so the row also says where the number
    /// was given: passing that place again raises the counter as it did the first time.
    pub fn rank(&mut self, key: &[u8]) -> u32 {
        let position = self.position;
        let space = key.first().copied().unwrap_or_default();
        let next = self.counters.get(&space).copied().unwrap_or(0) + 1;
        let Some(slot) = self.slot::<Rank>(key) else { return 0 };
        let Some(row) = slot.row.any_mut().downcast_mut::<Rank>() else { return 0 };
        if row.rank == 0 {
            *row = Rank { rank: next, first: position };
            slot.changed = true;
        }
        let given = row.rank;
        if given == next {
            self.counters.insert(space, next);
        }
        given
    }

    fn slot<R: Row>(&mut self, key: &[u8]) -> Option<&mut Slot> {
        if !self.slots.contains_key(key) {
            let (row, stored_to) = match self.read(self.source.load(key))? {
                Some(stored) => self.open::<R>(key, &stored)?,
                None => (R::default(), 0),
            };
            self.slots.insert(key.to_vec(), Slot { row: Box::new(row), stored_to, changed: false });
        }
        self.slots.get_mut(key)
    }

    /// What the store gave, unless it failed.
    fn read<T>(&self, result: Result<T, String>) -> Option<T> {
        result.map_err(|why| self.unreadable.get_or_init(|| why)).ok()
    }

    /// A stored row; one that can't be read parks its entity.
    fn open<R: Row>(&self, key: &[u8], stored: &[u8]) -> Option<(R, u64)> {
        let row = open(stored);
        if row.is_none() {
            self.parked.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_vec());
        }
        row
    }

    /// The row, if there is one.
    pub fn get<R: Row>(&self, key: &[u8]) -> Option<R> {
        match self.slots.get(key) {
            Some(slot) => serde_json::from_slice(&slot.row.json()).ok(),
            None => self.open::<R>(key, &self.read(self.source.load(key))??).map(|(row, _)| row),
        }
    }

    /// Calls `each` with every row whose key starts with the prefix, in order.
    pub fn each<R: Row>(&self, prefix: &[u8], mut each: impl FnMut(&[u8], &R)) {
        self.merged(prefix, |key, row| match row {
            Merged::InMemory(slot) => {
                if let Some(row) = slot.row.any().downcast_ref::<R>() {
                    each(key, row);
                }
            }
            Merged::Stored(bytes) => {
                if let Some((row, _)) = self.open::<R>(key, &bytes) {
                    each(key, &row);
                }
            }
        });
    }

    /// Rows in order of their key: those in memory over those stored.
    fn merged(&self, prefix: &[u8], mut each: impl FnMut(&[u8], Merged<'_>)) {
        let mut stored = self.source.scan(prefix).map_while(|row| self.read(row)).peekable();
        let own = self.slots.range(prefix.to_vec()..).take_while(|(key, _)| key.starts_with(prefix));
        for (key, slot) in own {
            while let Some((before, bytes)) = stored.next_if(|(stored, _)| stored < key) {
                each(&before, Merged::Stored(bytes));
            }
            stored.next_if(|(stored, _)| stored == key);
            each(key, Merged::InMemory(slot));
        }
        for (key, bytes) in stored {
            each(&key, Merged::Stored(bytes));
        }
    }

    /// What changed since the last time, sorted by key, to be stored.
    pub fn changed(&self) -> impl Iterator<Item = Stored> {
        let position = self.position.to_be_bytes();
        let changed = self.slots.iter().filter(|(_, slot)| slot.changed);
        changed.map(move |(key, slot)| (key.clone(), [&position[..], &slot.row.json()].concat()))
    }

    /// All rows leave memory: what had changed is stored now.
    pub fn forget(&mut self) {
        self.slots.clear();
    }

    /// Numbers of rows in memory.
    pub fn in_memory_len(&self) -> usize {
        self.slots.len()
    }

    /// Numbers given so far.
    pub const fn counters(&self) -> &BTreeMap<u8, u32> {
        &self.counters
    }

    /// Stored rows found so far that are not what was written; their entities are parked.
    pub fn parked(&self) -> u64 {
        self.parked.lock().unwrap_or_else(PoisonError::into_inner).len() as u64
    }

    /// Why the store could not be read, if it could not: rows must not be written or told any more.
    pub fn unreadable(&self) -> Option<&str> {
        self.unreadable.get().map(String::as_str)
    }

    /// Number of rows, and bytes of their keys and JSON.
    pub fn size(&self) -> (u64, u64) {
        let (mut rows, mut bytes) = (0, 0);
        self.merged(&[], |key, row| {
            rows += 1;
            bytes += (key.len() + row.json().len()) as u64;
        });
        (rows, bytes)
    }

    /// SHA-256 over all rows, sorted, without their positions: equal rows have equal digests, wherever they are kept.
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new();
        self.merged(&[], |key, row| {
            for part in [key, &row.json()] {
                digest.update((part.len() as u64).to_be_bytes());
                digest.update(part);
            }
        });
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A row where it was found.
enum Merged<'a> {
    InMemory(&'a Slot),
    // 8 bytes of position, then JSON.
    Stored(Vec<u8>),
}

impl Merged<'_> {
    fn json(&self) -> Cow<'_, [u8]> {
        match self {
            Self::InMemory(slot) => slot.row.json().into(),
            Self::Stored(bytes) => bytes.get(8..).unwrap_or_default().into(),
        }
    }
}

fn open<R: Row>(stored: &[u8]) -> Option<(R, u64)> {
    let (position, json) = stored.split_first_chunk::<8>()?;
    Some((serde_json::from_slice(json).ok()?, u64::from_be_bytes(*position)))
}
