//! Rows of one view of one ledger: values in memory over what is stored.
//!
//! A stored row says to which position it is complete. After a crash some rows are ahead of the cursor; an event
//! at or below a row's position is passed over for that row, so replaying is exact.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// Where rows are kept.
pub trait Source: Send + Sync {
    /// The stored row: 8 bytes of position, then JSON.
    fn load(&self, key: &[u8]) -> Option<Vec<u8>>;
    /// All stored rows whose key starts with this, in order of the key.
    fn scan(&self, prefix: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)>;
}

/// Nothing is kept; all rows are in memory.
pub struct Empty;

impl Source for Empty {
    fn load(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
    fn scan(&self, _: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        Vec::new()
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
    damaged: u64,
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
        Self { source, slots: BTreeMap::new(), position: 0, counters, damaged: 0 }
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
            let loaded = match self.source.load(key) {
                Some(stored) => open::<R>(&stored),
                None => Some((R::default(), 0)),
            };
            let Some((row, stored_to)) = loaded else {
                self.damaged += 1;
                return None;
            };
            self.slots.insert(key.to_vec(), Slot { row: Box::new(row), stored_to, changed: false });
        }
        self.slots.get_mut(key)
    }

    /// The row, if there is one.
    pub fn get<R: Row>(&self, key: &[u8]) -> Option<R> {
        match self.slots.get(key) {
            Some(slot) => serde_json::from_slice(&slot.row.json()).ok(),
            None => open::<R>(&self.source.load(key)?).map(|(row, _)| row),
        }
    }

    /// Calls `each` with every row whose key starts with the prefix, in order.
    pub fn each<R: Row>(&self, prefix: &[u8], mut each: impl FnMut(&[u8], &R)) {
        let mut stored = self.source.scan(prefix).into_iter().peekable();
        let own = self.slots.range(prefix.to_vec()..).take_while(|(key, _)| key.starts_with(prefix));
        for (key, slot) in own {
            while let Some((before, bytes)) = stored.next_if(|(stored, _)| stored < key) {
                if let Some((row, _)) = open::<R>(&bytes) {
                    each(&before, &row);
                }
            }
            stored.next_if(|(stored, _)| stored == key);
            if let Some(row) = slot.row.any().downcast_ref::<R>() {
                each(key, row);
            }
        }
        for (key, bytes) in stored {
            if let Some((row, _)) = open::<R>(&bytes) {
                each(&key, &row);
            }
        }
    }

    /// What changed since the last time, sorted by key; the rows leave memory.
    pub fn drain(&mut self) -> Vec<Stored> {
        let position = self.position.to_be_bytes();
        let slots = std::mem::take(&mut self.slots);
        let changed = slots.into_iter().filter(|(_, slot)| slot.changed);
        changed.map(|(key, slot)| (key, [&position[..], &slot.row.json()].concat())).collect()
    }

    /// Numbers of rows in memory.
    pub fn in_memory_len(&self) -> usize {
        self.slots.len()
    }

    /// Numbers given so far.
    pub const fn counters(&self) -> &BTreeMap<u8, u32> {
        &self.counters
    }

    /// Stored rows that could not be read; their entities are parked.
    pub const fn damaged(&self) -> u64 {
        self.damaged
    }

    /// SHA-256 over all rows, sorted, without their positions: equal rows have equal digests, wherever they are kept.
    pub fn digest(&self) -> String {
        let mut all: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        for (key, stored) in self.source.scan(&[]) {
            all.insert(key, stored.get(8..).unwrap_or_default().to_vec());
        }
        for (key, slot) in &self.slots {
            // A row that was only looked at is not there.
            if slot.changed || all.contains_key(key) {
                all.insert(key.clone(), slot.row.json());
            }
        }
        let mut digest = Sha256::new();
        for (key, row) in all {
            for part in [key, row] {
                digest.update((part.len() as u64).to_be_bytes());
                digest.update(part);
            }
        }
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn open<R: Row>(stored: &[u8]) -> Option<(R, u64)> {
    let (position, json) = stored.split_first_chunk::<8>()?;
    Some((serde_json::from_slice(json).ok()?, u64::from_be_bytes(*position)))
}
