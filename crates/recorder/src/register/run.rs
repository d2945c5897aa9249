//! A run: rows sorted by key in a file of its own, never changed once written.
//!
//! `<id>.run` holds the rows in blocks, each followed by its CRC-32C, and then a tail: the first key of every block, the
//! filter, and the CRC-32C of both. The tail is in memory as long as the run counts; a block is read when a key is looked
//! for that the filter has not ruled out, and the system keeps in its cache what is read often.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::RegisterError;
use super::bookmark::RunRecord;
use super::filter::Filter;
use super::row::{Key, ROW_BYTES, Remembered, Row, RowBytes};

/// Rows that are read together. Their first key is in memory, which is an eighth of a byte a row.
const BLOCK_ROWS: usize = 128;
const CRC_BYTES: usize = 4;
/// Bytes of a full block.
const BLOCK_BYTES: u64 = (BLOCK_ROWS * ROW_BYTES + CRC_BYTES) as u64;
/// What a file of a run is called after its id.
const EXTENSION: &str = "run";

/// One run, with its filter in memory and its rows in a file.
pub(super) struct Run {
    path: PathBuf,
    record: RunRecord,
    /// The first key of every block.
    fences: Vec<[u8; 16]>,
    filter: Filter,
}

impl Run {
    pub(super) const fn id(&self) -> u64 {
        self.record.id
    }

    pub(super) const fn level(&self) -> u8 {
        self.record.level
    }

    pub(super) const fn rows(&self) -> u64 {
        self.record.rows
    }

    /// What the bookmark says of it.
    pub(super) const fn record(&self) -> RunRecord {
        self.record
    }

    /// Writes sorted rows as a run of the first level. It is durable afterwards.
    pub(super) fn write(directory: &Path, rows: &[RowBytes], id: u64) -> Result<Self, RegisterError> {
        let mut writer = Writer::new(directory, id, rows.len() as u64)?;
        for row in rows {
            writer.push(row)?;
        }
        writer.finish(0)
    }

    /// Writes one run with the rows of all parts, newest part first: the newest value of a key wins. It is durable
    /// afterwards.
    pub(super) fn merge(
        directory: &Path,
        parts: &[Arc<Self>],
        level: u8,
        id: u64,
    ) -> Result<Self, RegisterError> {
        let mut writer = Writer::new(directory, id, parts.iter().map(|part| part.rows()).sum())?;
        for row in merge(parts.iter().map(|part| part.read()).collect()) {
            writer.push(&row?)?;
        }
        writer.finish(level)
    }

    /// The run that a bookmark names; its blocks are not read.
    pub(super) fn load(directory: &Path, record: RunRecord) -> Result<Self, RegisterError> {
        let path = path(directory, record.id);
        let file = File::open(&path).map_err(not_there)?;
        let blocks = record.rows.div_ceil(BLOCK_ROWS as u64);
        let start = record.rows * ROW_BYTES as u64 + blocks * CRC_BYTES as u64;
        let damaged = RegisterError::Damaged("the tail of a run is not what was written");
        let Some(length) = file.metadata()?.len().checked_sub(start) else { return Err(damaged) };
        let tail = checked(&file, start, length as usize)?;
        let Some((fences, filter)) = tail.split_at_checked(blocks as usize * 16) else { return Err(damaged) };
        let fences = fences.as_chunks::<16>().0.to_vec();
        let Some(filter) = Filter::from_bytes(filter) else { return Err(damaged) };
        Ok(Self { path, record, fences, filter })
    }

    /// Reads every row and compares count and digest.
    pub(super) fn check(&self) -> Result<(), RegisterError> {
        let (mut rows, mut digest) = (0, Sha256::new());
        for row in self.read() {
            digest.update(row?);
            rows += 1;
        }
        let same = rows == self.record.rows && <[u8; 32]>::from(digest.finalize()) == self.record.digest;
        if same { Ok(()) } else { Err(RegisterError::Damaged("a run is not what was written")) }
    }

    pub(super) fn get(&self, key: &Key) -> Result<Option<Remembered>, RegisterError> {
        if !self.filter.may_hold(key) {
            return Ok(None);
        }
        let Some(number) = self.fences.partition_point(|first| *first <= key.0).checked_sub(1) else {
            return Ok(None);
        };
        // Not kept open: a county has hundreds of runs, and a process a thousand files.
        let block = block(&File::open(&self.path)?, self.rows(), number as u64)?;
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
    pub(super) fn read(&self) -> SortedRows {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) => return Box::new(std::iter::once(Err(error.into()))),
        };
        let rows = self.rows();
        let blocks = (0..self.fences.len() as u64).map(move |number| block(&file, rows, number));
        Box::new(blocks.flat_map(|block| {
            let (rows, error) = match block {
                Ok(bytes) => (bytes.as_chunks().0.to_vec(), None),
                Err(error) => (Vec::new(), Some(Err(error))),
            };
            rows.into_iter().map(Ok).chain(error)
        }))
    }
}

/// Removes these runs.
pub(super) fn clear(directory: &Path, runs: &[u64]) -> Result<(), RegisterError> {
    for id in runs {
        match std::fs::remove_file(path(directory, *id)) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            removed => removed?,
        }
    }
    Ok(())
}

/// Removes every run that is not named: leftovers of an unclean stop.
pub(super) fn clear_all_but(directory: &Path, named: &[u64]) -> Result<(), RegisterError> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let id = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        if path.extension().is_some_and(|is| is == EXTENSION) && !id.is_some_and(|id| named.contains(&id)) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn path(directory: &Path, id: u64) -> PathBuf {
    directory.join(format!("{id}.{EXTENSION}"))
}

/// The rows of a block of a run with so many.
fn block(file: &File, rows: u64, number: u64) -> Result<Vec<u8>, RegisterError> {
    let here = rows.saturating_sub(number * BLOCK_ROWS as u64).min(BLOCK_ROWS as u64);
    checked(file, number * BLOCK_BYTES, here as usize * ROW_BYTES + CRC_BYTES)
}

/// So many bytes from here on, without the checksum that ends them.
fn checked(file: &File, start: u64, length: usize) -> Result<Vec<u8>, RegisterError> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, start).map_err(not_there)?;
    let crc = bytes.last_chunk().map(|crc| u32::from_le_bytes(*crc));
    bytes.truncate(length.saturating_sub(CRC_BYTES));
    if crc == Some(crc32c::crc32c(&bytes)) {
        return Ok(bytes);
    }
    Err(RegisterError::Damaged("a checksum in a run does not match"))
}

fn not_there(error: std::io::Error) -> RegisterError {
    match error.kind() {
        ErrorKind::NotFound => RegisterError::Damaged("a run is missing"),
        ErrorKind::UnexpectedEof => RegisterError::Damaged("a run is cut short"),
        _ => error.into(),
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

struct Writer {
    path: PathBuf,
    id: u64,
    file: BufWriter<File>,
    block: Vec<u8>,
    rows: u64,
    digest: Sha256,
    fences: Vec<[u8; 16]>,
    filter: Filter,
}

impl Writer {
    fn new(directory: &Path, id: u64, rows_max: u64) -> Result<Self, RegisterError> {
        let path = path(directory, id);
        let file = BufWriter::with_capacity(64 * 1024, File::create(&path)?);
        let fences = Vec::with_capacity(rows_max.div_ceil(BLOCK_ROWS as u64) as usize);
        let (block, filter) = (Vec::with_capacity(BLOCK_ROWS * ROW_BYTES), Filter::sized(rows_max));
        Ok(Self { path, id, file, block, rows: 0, digest: Sha256::new(), fences, filter })
    }

    fn push(&mut self, row: &RowBytes) -> Result<(), RegisterError> {
        let key = Key::of_row(row);
        if self.block.is_empty() {
            self.fences.push(key.0);
        }
        self.filter.insert(&key);
        self.block.extend_from_slice(row);
        self.rows += 1;
        if self.block.len() == BLOCK_ROWS * ROW_BYTES { self.write_block() } else { Ok(()) }
    }

    fn write_block(&mut self) -> Result<(), RegisterError> {
        if self.block.is_empty() {
            return Ok(());
        }
        self.digest.update(&self.block);
        self.file.write_all(&self.block)?;
        self.file.write_all(&crc32c::crc32c(&self.block).to_le_bytes())?;
        self.block.clear();
        Ok(())
    }

    /// Writes the tail, and waits until file and name are on the disk.
    fn finish(mut self, level: u8) -> Result<Run, RegisterError> {
        self.write_block()?;
        let (fences, filter) = (self.fences.as_flattened(), self.filter.to_bytes());
        let crc = crc32c::crc32c_append(crc32c::crc32c(fences), &filter);
        for part in [fences, &filter, &crc.to_le_bytes()] {
            self.file.write_all(part)?;
        }
        self.file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        if let Some(directory) = self.path.parent() {
            File::open(directory)?.sync_all()?;
        }
        let record = RunRecord { id: self.id, level, rows: self.rows, digest: self.digest.finalize().into() };
        Ok(Run { path: self.path, record, fences: self.fences, filter: self.filter })
    }
}
