//! The sled database that holds the blocks of all runs. The one place of the recorder that knows sled.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::RegisterError;

/// Memory for sled's own cache. Blocks are read once in a while by a repeated key; the filters do the daily work.
/// sled holds some 16,000 pages beyond it before it lets go of one, so small blocks save more than a small cache.
const CACHE_BYTES: u64 = 8 * 1024 * 1024;
/// Below the data directory; not beside the registers, which have the names of ledgers.
const FOLDER: &str = "register-runs";
/// Where each register had a database of its own.
const FOLDER_BEFORE: &str = "runs";
/// Tries, 5 ms apart, for sled to let go of its lock.
const LOCK_TRIES: u32 = 400;

/// Bytes as the store holds them.
pub(super) type Value = sled::IVec;

/// What the registers of one recorder share: the database, a tree each, because one takes some 5 MB of memory before
/// anything is in it; and how many rows they hold in memory together. It is opened with the first of them.
#[derive(Debug, Clone)]
pub struct Shelf {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    // Closed with the last register.
    db: Mutex<Weak<sled::Db>>,
    gathered: AtomicUsize,
}

impl Shelf {
    /// That of the recorder with this data directory.
    pub fn new(data_dir: &Path) -> Self {
        let shared =
            Shared { folder: data_dir.join(FOLDER), db: Mutex::default(), gathered: AtomicUsize::new(0) };
        Self { shared: Arc::new(shared) }
    }

    fn db(&self) -> Result<Arc<sled::Db>, RegisterError> {
        let mut known = self.shared.db.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(db) = known.upgrade() {
            return Ok(db);
        }
        let opened = match open(&self.shared.folder) {
            // No register finds its runs then, and each is made again from its log.
            Err(RegisterError::Damaged(what)) => {
                tracing::warn!(folder = %self.shared.folder.display(), what, "the runs of all registers are cleared");
                std::fs::remove_dir_all(&self.shared.folder)?;
                open(&self.shared.folder)?
            }
            opened => opened?,
        };
        let db = Arc::new(opened);
        *known = Arc::downgrade(&db);
        Ok(db)
    }
}

/// How many rows a register holds in memory, known to all that share its shelf.
#[derive(Debug)]
pub(super) struct Gathered {
    shelf: Shelf,
    own: usize,
}

impl Gathered {
    pub(super) const fn new(shelf: Shelf) -> Self {
        Self { shelf, own: 0 }
    }

    pub(super) const fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    pub(super) fn add(&mut self) {
        self.own += 1;
        self.shelf.shared.gathered.fetch_add(1, Ordering::Relaxed);
    }

    /// None of its own any more.
    pub(super) fn clear(&mut self) {
        self.shelf.shared.gathered.fetch_sub(std::mem::take(&mut self.own), Ordering::Relaxed);
    }

    /// Of all registers together.
    pub(super) fn together(&self) -> usize {
        self.shelf.shared.gathered.load(Ordering::Relaxed)
    }
}

impl Drop for Gathered {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A handle to the runs of one register; clones share it.
#[derive(Clone)]
pub(super) struct Store {
    tree: sled::Tree,
    db: Arc<sled::Db>,
    folder: PathBuf,
}

fn open(folder: &Path) -> Result<sled::Db, RegisterError> {
    // No flushing by time: `sync` decides what is durable.
    let config = sled::Config::new()
        .path(folder)
        .cache_capacity(CACHE_BYTES)
        .flush_every_ms(None)
        .mode(sled::Mode::HighThroughput);
    let mut patience = LOCK_TRIES;
    loop {
        match config.open() {
            Ok(db) => return Ok(db),
            Err(sled::Error::Corruption { .. }) => {
                return Err(RegisterError::Damaged("sled reports corruption"));
            }
            // sled has no kind of error for it.
            Err(sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") => {
                if patience == 0 {
                    return Err(RegisterError::InUse(folder.to_owned()));
                }
                patience -= 1;
                wait_for_sled();
            }
            Err(error) => return Err(error.into()),
        }
    }
}

impl Store {
    /// Removes what is there of the register in this directory and begins empty.
    pub(super) fn create(shelf: &Shelf, directory: &Path) -> Result<Self, RegisterError> {
        shelf.db()?.drop_tree(name(directory))?;
        Self::open(shelf, directory)
    }

    /// The runs of the register in this directory.
    pub(super) fn open(shelf: &Shelf, directory: &Path) -> Result<Self, RegisterError> {
        match std::fs::remove_dir_all(directory.join(FOLDER_BEFORE)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let db = shelf.db()?;
        let tree = db.open_tree(name(directory))?;
        Ok(Self { tree, db, folder: shelf.shared.folder.clone() })
    }

    pub(super) fn insert(&self, key: &[u8], value: Vec<u8>) -> Result<(), RegisterError> {
        self.tree.insert(key, value)?;
        Ok(())
    }

    /// The last entry at or before `key` that is not before `floor`.
    pub(super) fn at_or_before(
        &self,
        floor: &[u8],
        key: &[u8],
    ) -> Result<Option<(Value, Value)>, RegisterError> {
        Ok(self.tree.range(floor..=key).next_back().transpose()?)
    }

    /// All entries whose keys begin so, in order.
    pub(super) fn scan(
        &self,
        prefix: &[u8],
    ) -> impl Iterator<Item = Result<(Value, Value), RegisterError>> + use<> {
        self.tree.scan_prefix(prefix).map(|entry| Ok(entry?))
    }

    /// Removes these runs.
    pub(super) fn clear(&self, runs: &[u64]) -> Result<(), RegisterError> {
        for run in runs {
            for key in self.tree.scan_prefix(run.to_be_bytes()).keys() {
                self.tree.remove(key?)?;
            }
        }
        Ok(())
    }

    /// Removes every run that is not named: leftovers of an unclean stop.
    pub(super) fn clear_all_but(&self, named: &[u64]) -> Result<(), RegisterError> {
        let mut next = 0_u64;
        while let Some(entry) = self.tree.range(next.to_be_bytes()..).keys().next() {
            let Some(id) = entry?.first_chunk().map(|id| u64::from_be_bytes(*id)) else {
                return Err(RegisterError::Damaged("a key without a run"));
            };
            if !named.contains(&id) {
                self.clear(&[id])?;
            }
            next = id + 1;
        }
        Ok(())
    }

    /// Makes everything written so far durable. sled's `flush` hands the bytes to the operating system and does
    /// not wait for the disk (it calls `sync_file_range`), so each file is synced here.
    pub(super) fn sync(&self) -> Result<(), RegisterError> {
        self.db.flush()?;
        sync_tree(&self.folder)?;
        Ok(())
    }
}

/// A register's own lock keeps other processes out of it first, so mostly it is a thread of sled in this one that has not
/// let go of the last opening yet.
#[expect(clippy::disallowed_methods, reason = "sled has no way to wait for its own threads")]
fn wait_for_sled() {
    std::thread::sleep(Duration::from_millis(5));
}

/// A register has the name of its ledger.
fn name(directory: &Path) -> &[u8] {
    directory.file_name().unwrap_or_default().as_encoded_bytes()
}

fn sync_tree(directory: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_tree(&entry.path())?;
        } else {
            match File::open(entry.path()) {
                Ok(file) => file.sync_all()?,
                // sled replaces its snapshots; the newer one is synced under its own name.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    File::open(directory)?.sync_all()
}
