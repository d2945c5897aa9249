//! What the recorder remembers for ever: command ids, keys of source records, ids of events.
//!
//! Rows are collected in memory and written as sorted runs, which never change; runs of a level are merged when
//! there are enough of them. A run is a file. A small filter per run answers for most new keys without a read.
//!
//! The register never runs ahead of its bookmark: a run counts when the bookmark that names it is durable, and
//! what no bookmark names is cleared away on opening. The log is the truth; a register that can't be trusted is
//! made again from it.

mod bookmark;
mod filter;
mod job;
mod row;
mod run;
mod shelf;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::Slug;
use sha2::{Digest, Sha256};
use wire::{Head, Origin, Verifier};

pub use bookmark::Place;
use bookmark::{Bookmark, RunRecord};
use job::Job;
pub use row::{Key, Remembered, Rows};
use row::{Row, RowBytes};
use run::{Run, SortedRows};
use shelf::Gathered;
pub use shelf::Shelf;

/// Rows in memory before they are written as a run: 7.5 MB, a table of 131,072 places, which grows at 114,688; a commit adds
/// some thousands. Fewer, larger runs are merged less often, and a new key is looked for in fewer of them.
const BUFFER_ROWS: usize = 110_000;
/// Rows that gather while the run before is still being written, in a table twice as large; then the ledger waits for it.
const BUFFER_ROWS_MAX: usize = 2 * BUFFER_ROWS;
/// Rows in the memory of all registers of a recorder together, about 40 MB, from which on each writes smaller runs: many
/// ledgers with a little each would hold more than a few with much.
const GATHERED_ROWS: usize = 4 * BUFFER_ROWS;
/// The least that is worth a run even then.
const BUFFER_ROWS_MIN: usize = 8_192;
/// Runs of one level that are merged into one of the next.
const FAN_IN: usize = 8;

/// Why the register can't be used.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Another recorder works in the same directory.
    #[error("{0} is in use by another process")]
    InUse(PathBuf),
    /// The file system failed.
    #[error("the register's files failed: {0}")]
    Files(#[from] std::io::Error),
    /// What is stored is not what was written.
    #[error("the register is damaged: {0}")]
    Damaged(&'static str),
}

/// Where the register of a ledger is kept.
pub fn directory(data_dir: &Path, ledger: &Slug) -> PathBuf {
    data_dir.join("register").join(ledger.as_str())
}

/// The head that the register of a ledger holds the log against, from its files alone: works beside a running
/// recorder, and is behind it. None if there is no register that can be believed.
pub fn held(data_dir: &Path, origin: &Origin) -> Option<Head> {
    let bookmark = bookmark::read(&directory(data_dir, &origin.ledger)).ok()??;
    Some(Verifier::from_bytes(origin.clone(), &bookmark.place.verifier)?.head())
}

/// The register of one ledger.
pub struct Register {
    directory: PathBuf,
    /// Newest rows; not in any run.
    buffer: Rows,
    gathered: Gathered,
    /// Rows on their way into a run.
    frozen: Option<(Arc<Rows>, Job<Option<Run>>)>,
    /// Newest first.
    runs: Vec<Arc<Run>>,
    merge: Option<(Vec<u64>, Job<Run>)>,
    /// Runs that were merged away, to be cleared once no durable bookmark names them.
    garbage: Vec<u64>,
    next_run: u64,
    /// Rows in runs and frozen; a row that replaces another counts until they are merged.
    keys: u64,
    /// Held as long as the register; last, so that it outlives the work in the background.
    _lock: File,
}

impl Register {
    /// Opens the register in this directory, with the place it is complete to; none if it is new, or can't be
    /// trusted and was cleared.
    ///
    /// # Errors
    /// [`RegisterError`] if the files can't be used at all.
    pub fn open(directory: &Path, shelf: &Shelf) -> Result<(Self, Option<Place>), RegisterError> {
        std::fs::create_dir_all(directory)?;
        let lock = File::create(directory.join("lock"))?;
        lock.try_lock().map_err(|_| RegisterError::InUse(directory.to_owned()))?;
        shelf.remove_former(directory)?;
        let kept = match bookmark::read(directory) {
            Ok(None) => Ok(None),
            Ok(Some(bookmark)) => Self::reopen(directory, shelf, &lock, bookmark).map(Some),
            Err(error) => Err(error),
        };
        match kept {
            Ok(Some((register, place))) => return Ok((register, Some(place))),
            Ok(None) => {}
            Err(RegisterError::Damaged(what)) => {
                tracing::warn!(directory = %directory.display(), what, "register cleared; it is made again from the log");
            }
            Err(error) => return Err(error),
        }
        bookmark::remove(directory)?;
        run::clear_all_but(directory, &[])?;
        Ok((Self::empty(directory, shelf, lock), None))
    }

    /// Forgets everything and begins again, as if nothing had been there.
    ///
    /// # Errors
    /// [`RegisterError`] if the files can't be used.
    pub fn discard(self) -> Result<Self, RegisterError> {
        let (directory, shelf) = (self.directory.clone(), self.gathered.shelf().clone());
        bookmark::remove(&directory)?;
        drop(self);
        Ok(Self::open(&directory, &shelf)?.0)
    }

    fn empty(directory: &Path, shelf: &Shelf, lock: File) -> Self {
        Self {
            directory: directory.to_owned(),
            buffer: Rows::default(),
            gathered: Gathered::new(shelf.clone()),
            frozen: None,
            runs: Vec::new(),
            merge: None,
            garbage: Vec::new(),
            next_run: 1,
            keys: 0,
            _lock: lock,
        }
    }

    fn reopen(
        directory: &Path,
        shelf: &Shelf,
        lock: &File,
        bookmark: Bookmark,
    ) -> Result<(Self, Place), RegisterError> {
        let mut register = Self::empty(directory, shelf, lock.try_clone()?);
        for record in &bookmark.runs {
            let run = Run::load(directory, *record)?;
            if !bookmark.clean {
                run.check()?;
            }
            register.keys += run.rows();
            register.next_run = register.next_run.max(record.id + 1);
            register.runs.push(Arc::new(run));
        }
        let named: Vec<u64> = bookmark.runs.iter().map(|r| r.id).collect();
        run::clear_all_but(directory, &named)?;
        // From now on a stop without a word is an unclean one.
        let bookmark = Bookmark { clean: false, ..bookmark };
        bookmark::write(directory, &bookmark)?;
        Ok((register, bookmark.place))
    }

    /// What is remembered of a key.
    ///
    /// # Errors
    /// [`RegisterError`] if a run can't be read.
    pub fn get(&self, key: &Key) -> Result<Option<Remembered>, RegisterError> {
        if let Some(found) = self.buffer.get(key) {
            return Ok(Some(*found));
        }
        if let Some(found) = self.frozen.as_ref().and_then(|(rows, _)| rows.get(key)) {
            return Ok(Some(*found));
        }
        for run in &self.runs {
            if let Some(found) = run.get(key)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Remembers; a later value for the same key replaces the earlier.
    pub fn insert(&mut self, key: Key, value: Remembered) {
        if self.buffer.insert(key, value).is_none() {
            self.gathered.add();
        }
    }

    /// Whether enough has gathered for [`checkpoint`](Self::checkpoint).
    pub fn is_full(&self) -> bool {
        let busy = self.frozen.as_ref().is_some_and(|(_, job)| !job.is_done());
        let most = match busy {
            true => BUFFER_ROWS_MAX,
            false if self.gathered.together() >= GATHERED_ROWS => BUFFER_ROWS_MIN,
            false => BUFFER_ROWS,
        };
        self.buffer.len() >= most
    }

    /// Writes what has gathered, and the place it is complete to, in the background. Waits for the write before.
    ///
    /// # Errors
    /// [`RegisterError`] of the write before this one.
    pub fn checkpoint(&mut self, place: Place) -> Result<(), RegisterError> {
        self.settle()?;
        self.write(place, false)
    }

    /// Whether a write or a merge goes on, or has ended and is not taken over.
    pub const fn is_writing(&self) -> bool {
        self.frozen.is_some() || self.merge.is_some()
    }

    /// Takes over a write that has ended, which gives back the memory of its rows. Waits for nothing.
    ///
    /// # Errors
    /// [`RegisterError`] of the write.
    pub fn tidy(&mut self) -> Result<(), RegisterError> {
        let is_done = self.frozen.as_ref().is_none_or(|(_, job)| job.is_done());
        if is_done { self.settle() } else { Ok(()) }
    }

    /// Keeps no room for rows that may not come.
    pub fn rest(&mut self) {
        self.buffer.shrink_to_fit();
    }

    /// Writes everything and waits until it is durable: the next opening is at this place without a check.
    ///
    /// # Errors
    /// [`RegisterError`] if it could not be written; the next opening then replays.
    pub fn close(mut self, place: Place) -> Result<(), RegisterError> {
        if let Some((ids, job)) = self.merge.take() {
            self.merged(&ids, job.wait()?);
        }
        self.settle()?;
        self.write(place, true)?;
        self.settle()
    }

    /// Takes over what the background has finished, waiting for a write but not for a merge.
    fn settle(&mut self) -> Result<(), RegisterError> {
        if let Some((_, job)) = self.frozen.take()
            && let Some(run) = job.wait()?
        {
            self.runs.insert(0, Arc::new(run));
        }
        if self.merge.as_ref().is_some_and(|(_, job)| job.is_done())
            && let Some((ids, job)) = self.merge.take()
        {
            self.merged(&ids, job.wait()?);
        }
        self.merge_if_due();
        Ok(())
    }

    /// Puts the merged run in the place of its parts, which stand side by side.
    fn merged(&mut self, ids: &[u64], run: Run) {
        let at = self.runs.iter().position(|r| ids.contains(&r.id())).unwrap_or(self.runs.len());
        let before: u64 = self.runs.iter().filter(|r| ids.contains(&r.id())).map(|r| r.rows()).sum();
        self.runs.retain(|r| !ids.contains(&r.id()));
        self.keys = self.keys - before + run.rows();
        self.runs.insert(at, Arc::new(run));
        self.garbage.extend_from_slice(ids);
    }

    fn merge_if_due(&mut self) {
        if self.merge.is_some() {
            return;
        }
        let due = self
            .runs
            .iter()
            .map(|r| r.level())
            .find(|level| self.runs.iter().filter(|r| r.level() == *level).count() >= FAN_IN);
        let Some(level) = due else { return };
        let parts: Vec<Arc<Run>> = self.runs.iter().filter(|r| r.level() == level).cloned().collect();
        let ids = parts.iter().map(|r| r.id()).collect();
        let (directory, id) = (self.directory.clone(), self.take_id());
        self.merge = Some((ids, Job::start(move || Run::merge(&directory, &parts, level + 1, id))));
    }

    fn write(&mut self, place: Place, clean: bool) -> Result<(), RegisterError> {
        // Room for as many again; a register that is closed needs none.
        let room = if clean { 0 } else { self.buffer.len().min(BUFFER_ROWS) };
        let room = Rows::with_capacity_and_hasher(room, Default::default());
        let rows = Arc::new(std::mem::replace(&mut self.buffer, room));
        self.gathered.clear();
        self.keys += rows.len() as u64;
        let id = self.take_id();
        let (directory, frozen) = (self.directory.clone(), rows.clone());
        let older: Vec<RunRecord> = self.runs.iter().map(|r| r.record()).collect();
        let garbage = std::mem::take(&mut self.garbage);
        let job = Job::start(move || {
            let rows = sorted(&frozen);
            drop(frozen);
            let run = (!rows.is_empty()).then(|| Run::write(&directory, &rows, id)).transpose()?;
            let runs = run.iter().map(Run::record).chain(older).collect();
            bookmark::write(&directory, &Bookmark { clean, place, runs })?;
            run::clear(&directory, &garbage)?;
            Ok(run)
        });
        self.frozen = Some((rows, job));
        Ok(())
    }

    fn take_id(&mut self) -> u64 {
        self.next_run += 1;
        self.next_run - 1
    }

    /// Number of keys and a SHA-256 over all rows in the order of their keys: the same for every register that
    /// remembers the same. Reads everything.
    ///
    /// # Errors
    /// [`RegisterError`] if a run can't be read.
    pub fn digest(&self) -> Result<(u64, [u8; 32]), RegisterError> {
        let in_memory = |rows: &Rows| -> SortedRows { Box::new(sorted(rows).into_iter().map(Ok)) };
        let mut sources = vec![in_memory(&self.buffer)];
        if let Some((rows, _)) = &self.frozen {
            sources.push(in_memory(rows));
        }
        sources.extend(self.runs.iter().map(|run| run.read()));
        let (mut count, mut digest) = (0, Sha256::new());
        for row in run::merge(sources) {
            digest.update(row?);
            count += 1;
        }
        Ok((count, digest.finalize().into()))
    }

    /// Rows held, in memory and in runs; replaced rows count until they are merged away.
    pub fn rows(&self) -> u64 {
        self.keys + self.buffer.len() as u64
    }
}

fn sorted(rows: &Rows) -> Vec<RowBytes> {
    let row = |(key, value): (&Key, &Remembered)| Row { key: *key, value: *value }.to_bytes();
    let mut rows: Vec<RowBytes> = rows.iter().map(row).collect();
    rows.sort_unstable_by_key(Key::of_row);
    rows
}

#[cfg(test)]
mod tests;
