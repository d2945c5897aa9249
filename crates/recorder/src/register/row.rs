//! One row of the register: 16 bytes of key, 32 of value.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use domain::Standing;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use wire::envelope::SourceRecord;

/// Bytes of a row.
pub(super) const ROW_BYTES: usize = 48;
/// A row as it is stored; its key comes first, so that rows sort as their bytes do.
pub(super) type RowBytes = [u8; ROW_BYTES];

/// A key: a digest over its sort and content, so that keys are spread evenly whatever they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(pub(super) [u8; 16]);

/// Rows in memory.
pub type Rows = HashMap<Key, Remembered, BuildHasherDefault<KeyHasher>>;

/// A key is a digest, so its first bytes are a hash of it already.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.first_chunk().map_or(0, |first| u64::from_le_bytes(*first));
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.0);
    }
}

impl Key {
    /// Of a command id.
    pub fn command(id: Uuid) -> Self {
        Self::of(b'c', &[id.as_bytes()])
    }

    /// Of an event id.
    pub fn event(id: Uuid) -> Self {
        Self::of(b'e', &[id.as_bytes()])
    }

    /// Of a source record and its part; no part and part 0 differ.
    pub fn source(source: &SourceRecord) -> Self {
        let part = source.part.map(u32::to_be_bytes);
        // The system's name comes last: it alone has no fixed length.
        let parts: [&[u8]; 3] = [&source.key, part.as_ref().map_or(b"none", |p| p), source.system.as_bytes()];
        Self::of(if part.is_some() { b'p' } else { b's' }, &parts)
    }

    /// The key of a stored row.
    pub(super) fn of_row(row: &RowBytes) -> Self {
        Self(row.first_chunk().copied().unwrap_or_default())
    }

    fn of(sort: u8, parts: &[&[u8]]) -> Self {
        let mut digest = Sha256::new_with_prefix([sort]);
        for part in parts {
            digest.update(part);
        }
        let digest: [u8; 32] = digest.finalize().into();
        Self(digest.first_chunk().copied().unwrap_or_default())
    }
}

/// What is remembered of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remembered {
    /// A command, or a source record, was accepted.
    Accepted {
        /// Hash of the command.
        hash: [u8; 16],
        /// Commit that holds its events.
        commit: u64,
        /// Position of its first event.
        position: u64,
        /// Number of its events, at most 250; their positions follow each other.
        count: u16,
    },
    /// An event stands in the log.
    Event {
        /// Commit that holds it.
        commit: u64,
        /// Its position.
        position: u64,
        /// Whether it still counts.
        standing: Standing,
    },
}

/// A key and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) key: Key,
    pub(super) value: Remembered,
}

impl Row {
    /// key 16 · hash, or position of what replaced it, 16 · commit 6 · position 6 · count 2 · sort 1 · zero 1.
    pub(super) fn to_bytes(self) -> RowBytes {
        let (first, commit, position, count, sort) = match self.value {
            Remembered::Accepted { hash, commit, position, count } => (hash, commit, position, count, 0),
            Remembered::Event { commit, position, standing } => {
                let (by, sort) = match standing {
                    Standing::Latest => (0, 1),
                    Standing::CorrectedBy(by) => (by, 2),
                    Standing::VoidedBy(by) => (by, 3),
                };
                (u128::from(by).to_be_bytes(), commit, position, 0, sort)
            }
        };
        let tail = u128::from(commit & U48) << 80
            | u128::from(position & U48) << 32
            | u128::from(count) << 16
            | u128::from(sort as u8) << 8;
        let mut bytes = [[0; 16]; 3];
        bytes.copy_from_slice(&[self.key.0, first, tail.to_be_bytes()]);
        bytes.as_flattened().first_chunk().copied().unwrap_or([0; ROW_BYTES])
    }

    /// The inverse of `to_bytes`; none if these are not its bytes.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (key, rest) = bytes.split_first_chunk::<16>()?;
        let (first, rest) = rest.split_first_chunk::<16>()?;
        let tail = u128::from_be_bytes(*rest.first_chunk::<16>()?);
        let (commit, position) = ((tail >> 80) as u64 & U48, (tail >> 32) as u64 & U48);
        let by = u128::from_be_bytes(*first) as u64;
        let standing = match (tail >> 8) as u8 {
            0 => None,
            1 => Some(Standing::Latest),
            2 => Some(Standing::CorrectedBy(by)),
            3 => Some(Standing::VoidedBy(by)),
            _ => return None,
        };
        let value = match standing {
            None => Remembered::Accepted { hash: *first, commit, position, count: (tail >> 16) as u16 },
            Some(standing) => Remembered::Event { commit, position, standing },
        };
        Some(Self { key: Key(*key), value })
    }
}

/// 281 million million: enough for the positions of any ledger, and two bytes saved twice a row.
const U48: u64 = (1 << 48) - 1;
