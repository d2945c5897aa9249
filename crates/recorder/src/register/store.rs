//! The sled tree that holds the blocks of the runs. The one place of the recorder that knows sled.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use super::RegisterError;

/// Memory for sled's own cache. Blocks are read once in a while by a repeated key; the filters do the daily work.
/// sled holds some 16,000 pages beyond it before it lets go of one, so small blocks save more than a small cache.
const CACHE_BYTES: u64 = 8 * 1024 * 1024;
const FOLDER: &str = "runs";
/// Tries, 5 ms apart, for sled to let go of its lock.
const LOCK_TRIES: u32 = 400;

/// Bytes as the store holds them.
pub(super) type Value = sled::IVec;

/// A handle to the store; clones share it.
#[derive(Clone)]
pub(super) struct Store {
    db: sled::Db,
}

impl Store {
    /// Removes what is there and begins empty.
    pub(super) fn create(directory: &Path) -> Result<Self, RegisterError> {
        match std::fs::remove_dir_all(directory.join(FOLDER)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Self::open(directory),
        }
    }

    pub(super) fn open(directory: &Path) -> Result<Self, RegisterError> {
        // No flushing by time: `sync` decides what is durable.
        let config = sled::Config::new()
            .path(directory.join(FOLDER))
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(None)
            .mode(sled::Mode::HighThroughput);
        let mut patience = LOCK_TRIES;
        loop {
            match config.open() {
                Ok(db) => return Ok(Self { db }),
                Err(sled::Error::Corruption { .. }) => {
                    return Err(RegisterError::Damaged("sled reports corruption"));
                }
                // sled has no kind of error for it.
                Err(sled::Error::Io(error))
                    if patience > 0 && error.to_string().contains("could not acquire lock") =>
                {
                    patience -= 1;
                    wait_for_sled();
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub(super) fn insert(&self, key: &[u8], value: Vec<u8>) -> Result<(), RegisterError> {
        self.db.insert(key, value)?;
        Ok(())
    }

    /// The last entry at or before `key` that is not before `floor`.
    pub(super) fn at_or_before(
        &self,
        floor: &[u8],
        key: &[u8],
    ) -> Result<Option<(Value, Value)>, RegisterError> {
        Ok(self.db.range(floor..=key).next_back().transpose()?)
    }

    /// All entries whose keys begin so, in order.
    pub(super) fn scan(
        &self,
        prefix: &[u8],
    ) -> impl Iterator<Item = Result<(Value, Value), RegisterError>> + use<> {
        self.db.scan_prefix(prefix).map(|entry| Ok(entry?))
    }

    /// Removes these runs.
    pub(super) fn clear(&self, runs: &[u64]) -> Result<(), RegisterError> {
        for run in runs {
            for key in self.db.scan_prefix(run.to_be_bytes()).keys() {
                self.db.remove(key?)?;
            }
        }
        Ok(())
    }

    /// Removes every run that is not named: leftovers of an unclean stop.
    pub(super) fn clear_all_but(&self, named: &[u64]) -> Result<(), RegisterError> {
        let mut next = 0_u64;
        while let Some(entry) = self.db.range(next.to_be_bytes()..).keys().next() {
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
    pub(super) fn sync(&self, directory: &Path) -> Result<(), RegisterError> {
        self.db.flush()?;
        sync_tree(&directory.join(FOLDER))?;
        Ok(())
    }
}

/// The register's own lock keeps other processes out, so it is a thread of sled in this one that has not let go of
/// the register's last opening yet.
#[expect(clippy::disallowed_methods, reason = "sled has no way to wait for its own threads")]
fn wait_for_sled() {
    std::thread::sleep(Duration::from_millis(5));
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
