//! A run: rows sorted by key, in blocks, never changed once written.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::RegisterError;
use super::bookmark::RunRecord;
use super::filter::Filter;
use super::row::{Key, ROW_BYTES, Remembered, Row, RowBytes};
use super::store::{Store, Value};

/// Rows in one sled value. Larger blocks write a little faster and hold far more memory when keys are looked up:
/// at 3M keys and 100k look-ups 128 rows took 294 MB, 32 rows 152 MB, 16 rows 192 MB.
const BLOCK_ROWS: usize = 32;
/// Bytes of a filter in one sled value.
const FILTER_CHUNK: usize = 16 * 1024;

/// Sections of a run in the store; a key is run id · section · first key of the block, or number of the chunk.
const BLOCKS: u8 = 0;
const FILTER: u8 = 1;

/// One run, with its filter in memory and its blocks in the store.
pub(super) struct Run {
    id: u64,
    level: u8,
    rows: u64,
    digest: [u8; 32],
    filter: Filter,
}

impl Run {
    pub(super) const fn id(&self) -> u64 {
        self.id
    }

    pub(super) const fn level(&self) -> u8 {
        self.level
    }

    pub(super) const fn rows(&self) -> u64 {
        self.rows
    }

    /// What the bookmark says of it.
    pub(super) const fn record(&self) -> RunRecord {
        RunRecord { id: self.id, level: self.level, rows: self.rows, digest: self.digest }
    }

    /// Writes sorted rows as a run of the first level.
    pub(super) fn write(store: &Store, rows: &[RowBytes], id: u64) -> Result<Self, RegisterError> {
        let mut writer = Writer::new(store, id, rows.len() as u64);
        for row in rows {
            writer.push(row)?;
        }
        writer.finish(0)
    }

    /// Writes one run with the rows of all parts, newest part first: the newest value of a key wins.
    pub(super) fn merge(
        store: &Store,
        parts: &[Arc<Self>],
        level: u8,
        id: u64,
    ) -> Result<Self, RegisterError> {
        let mut writer = Writer::new(store, id, parts.iter().map(|p| p.rows).sum());
        for row in merge(parts.iter().map(|part| part.read(store)).collect()) {
            writer.push(&row?)?;
        }
        writer.finish(level)
    }

    /// The run that a bookmark names; its blocks are not read.
    pub(super) fn load(store: &Store, record: &RunRecord) -> Result<Self, RegisterError> {
        let mut bytes = Vec::new();
        for chunk in store.scan(&section(record.id, FILTER)) {
            bytes.extend_from_slice(&chunk?.1);
        }
        let filter = Filter::from_bytes(&bytes).ok_or(RegisterError::Damaged("a filter is missing"))?;
        Ok(Self { id: record.id, level: record.level, rows: record.rows, digest: record.digest, filter })
    }

    /// Reads every row and compares count and digest.
    pub(super) fn check(&self, store: &Store, record: &RunRecord) -> Result<(), RegisterError> {
        let (mut rows, mut digest) = (0, Sha256::new());
        for row in self.read(store) {
            digest.update(row?);
            rows += 1;
        }
        let same = rows == record.rows && <[u8; 32]>::from(digest.finalize()) == record.digest;
        if same { Ok(()) } else { Err(RegisterError::Damaged("a run is not what was written")) }
    }

    pub(super) fn get(&self, store: &Store, key: &Key) -> Result<Option<Remembered>, RegisterError> {
        if !self.filter.may_hold(key) {
            return Ok(None);
        }
        let Some((_, block)) =
            store.at_or_before(&section(self.id, BLOCKS), &address(self.id, BLOCKS, key.0))?
        else {
            return Ok(None);
        };
        let (rows, _) = block.as_chunks::<ROW_BYTES>();
        match rows.binary_search_by(|row| row.first_chunk::<16>().cmp(&Some(&key.0))) {
            Ok(at) => {
                let row = rows.get(at).and_then(|row| Row::from_bytes(row));
                Ok(Some(row.ok_or(RegisterError::Damaged("a row is not one"))?.value))
            }
            Err(_) => Ok(None),
        }
    }

    /// All rows in order.
    pub(super) fn read(&self, store: &Store) -> SortedRows {
        let mut blocks = store.scan(&section(self.id, BLOCKS));
        let (mut block, mut at) = (Value::default(), 0);
        Box::new(std::iter::from_fn(move || {
            while at == block.len() {
                match blocks.next()? {
                    Ok((_, next)) => (block, at) = (next, 0),
                    Err(error) => return Some(Err(error)),
                }
            }
            let row = block.get(at..).and_then(<[u8]>::first_chunk).copied();
            at = (at + ROW_BYTES).min(block.len());
            Some(row.ok_or(RegisterError::Damaged("a row is not one")))
        }))
    }
}

/// Rows as they are stored, in the order of their keys.
pub(super) type SortedRows = Box<dyn Iterator<Item = Result<RowBytes, RegisterError>>>;

/// The rows of all sources in order; of rows with one key only that of the first source.
pub(super) fn merge(sources: Vec<SortedRows>) -> impl Iterator<Item = Result<RowBytes, RegisterError>> {
    let mut sources: Vec<_> = sources.into_iter().map(|mut rows| (rows.next(), rows)).collect();
    std::iter::from_fn(move || {
        let mut least: Option<Key> = None;
        for (head, rows) in &mut sources {
            match head {
                Some(Ok(row)) if least.is_none_or(|least| Key::of_row(row) < least) => {
                    least = Some(Key::of_row(row));
                }
                Some(Err(_)) => return std::mem::replace(head, rows.next()),
                Some(Ok(_)) | None => {}
            }
        }
        let least = least?;
        let mut won = None;
        for (head, rows) in &mut sources {
            if head.as_ref().is_some_and(|row| row.as_ref().is_ok_and(|row| Key::of_row(row) == least)) {
                let row = std::mem::replace(head, rows.next());
                won = won.or(row);
            }
        }
        won
    })
}

struct Writer<'a> {
    store: &'a Store,
    id: u64,
    block: Vec<u8>,
    rows: u64,
    digest: Sha256,
    filter: Filter,
}

impl<'a> Writer<'a> {
    fn new(store: &'a Store, id: u64, rows_max: u64) -> Self {
        let block = Vec::with_capacity(BLOCK_ROWS * ROW_BYTES);
        Self { store, id, block, rows: 0, digest: Sha256::new(), filter: Filter::sized(rows_max) }
    }

    fn push(&mut self, row: &RowBytes) -> Result<(), RegisterError> {
        self.filter.insert(&Key::of_row(row));
        self.block.extend_from_slice(row);
        self.rows += 1;
        if self.block.len() == BLOCK_ROWS * ROW_BYTES { self.write_block() } else { Ok(()) }
    }

    fn write_block(&mut self) -> Result<(), RegisterError> {
        let Some(first) = self.block.first_chunk::<16>().copied() else { return Ok(()) };
        self.digest.update(&self.block);
        let block = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK_ROWS * ROW_BYTES));
        self.store.insert(&address(self.id, BLOCKS, first), block)
    }

    fn finish(mut self, level: u8) -> Result<Run, RegisterError> {
        self.write_block()?;
        if self.rows > 0 {
            for (number, chunk) in (0_u128..).zip(self.filter.to_bytes().chunks(FILTER_CHUNK)) {
                let key = address(self.id, FILTER, number.to_be_bytes());
                self.store.insert(&key, chunk.to_vec())?;
            }
        }
        let digest = self.digest.finalize().into();
        Ok(Run { id: self.id, level, rows: self.rows, digest, filter: self.filter })
    }
}

fn section(run: u64, section: u8) -> Vec<u8> {
    let mut key = run.to_be_bytes().to_vec();
    key.push(section);
    key
}

fn address(run: u64, part: u8, last: [u8; 16]) -> Vec<u8> {
    let mut key = section(run, part);
    key.extend_from_slice(&last);
    key
}
