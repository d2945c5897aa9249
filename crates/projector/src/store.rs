//! Rows in sled: one tree, prefixed keys, small sorted batches, the cursor last.
//!
//! Measured: one large batch costs gigabytes of memory, batches of 256 tens of megabytes. Batches are not atomic
//! with the cursor, so every row says how far it is complete, and an intent, written before them, says how far they
//! may be ahead. After a kill sled holds a prefix of what was written, so this order is what a restart finds.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::Slug;
use serde::{Deserialize, Serialize};
use views::{Scan, Source, Stored};

use crate::Error;

/// Rows of one batch.
const BATCH: usize = 256;
/// Tries to get sled's lock, and the pause between them.
const LOCK_TRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// The view store of one process.
#[derive(Clone)]
pub(crate) struct Store {
    tree: sled::Tree,
    // Owns the tree's files.
    db: sled::Db,
}

/// What is known of one ledger's stored rows; written after them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// `wire::Verifier` as bytes.
    pub(crate) verifier: Vec<u8>,
    /// Numbers given, by view.
    pub(crate) counters: BTreeMap<String, BTreeMap<u8, u32>>,
    /// Generation and revision of each view's rows.
    pub(crate) generations: BTreeMap<String, (u32, u32)>,
}

impl Store {
    /// Opens it, with a moment's patience: sled's own threads hold its lock a little longer than its owner.
    pub(crate) async fn open(data: &Path, cache_bytes: u64) -> Result<Self, Error> {
        let mut patience = LOCK_TRIES;
        loop {
            match Self::try_open(data, cache_bytes) {
                Err(Error::Locked(_)) if patience > 0 => patience -= 1,
                other => return other,
            }
            tokio::time::sleep(LOCK_PAUSE).await;
        }
    }

    pub(crate) fn try_open(data: &Path, cache_bytes: u64) -> Result<Self, Error> {
        let folder = data.join("views");
        let config = sled::Config::new()
            .path(&folder)
            .cache_capacity(cache_bytes)
            .flush_every_ms(None)
            .mode(sled::Mode::HighThroughput);
        let db = config.open().map_err(|error| match error {
            // sled has no kind of error for it.
            sled::Error::Io(io) if io.to_string().contains("could not acquire lock") => Error::Locked(folder),
            error => error.into(),
        })?;
        Ok(Self { tree: db.open_tree("views")?, db })
    }

    pub(crate) fn cursor(&self, ledger: &Slug) -> Result<Option<Cursor>, Error> {
        let stored = self.tree.get(key(ledger, b'c', &[]))?;
        // A cursor that can't be read is as good as none: everything is built anew.
        Ok(stored.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// `wire::Verifier` as bytes: the place that rows may be ahead to, beyond the cursor.
    pub(crate) fn intent(&self, ledger: &Slug) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.tree.get(key(ledger, b'i', &[]))?.map(|bytes| bytes.to_vec()))
    }

    /// First: where the rows are going.
    pub(crate) fn intend(&self, ledger: &Slug, cursor: &Cursor) -> Result<(), Error> {
        self.tree.insert(key(ledger, b'i', &[]), cursor.verifier.as_slice())?;
        Ok(())
    }

    /// Last: the cursor that makes the rows count.
    pub(crate) fn settle(&self, ledger: &Slug, cursor: &Cursor) -> Result<(), Error> {
        let json = serde_json::to_vec(cursor).unwrap_or_default();
        self.tree.insert(key(ledger, b'c', &[]), json)?;
        self.db.flush()?;
        Ok(())
    }

    /// In between: rows with their whole keys, in small batches.
    pub(crate) fn put(&self, mut rows: impl Iterator<Item = Stored>) -> Result<(), Error> {
        loop {
            let mut batch = sled::Batch::default();
            let mut size = 0;
            for (row, value) in rows.by_ref().take(BATCH) {
                batch.insert(row, value);
                size += 1;
            }
            self.tree.apply_batch(batch)?;
            if size < BATCH {
                return Ok(());
            }
        }
    }

    /// Removes every row below a prefix.
    pub(crate) fn clear(&self, prefix: &[u8]) -> Result<(), Error> {
        let mut rows = self.tree.scan_prefix(prefix).keys();
        loop {
            let mut batch = sled::Batch::default();
            let mut size = 0;
            for row in rows.by_ref().take(BATCH) {
                batch.remove(row?);
                size += 1;
            }
            self.tree.apply_batch(batch)?;
            if size < BATCH {
                return Ok(());
            }
        }
    }

    /// Removes all of a ledger: cursor first, so that a crash in between leaves nothing that counts.
    pub(crate) fn clear_ledger(&self, ledger: &Slug) -> Result<(), Error> {
        self.tree.remove(key(ledger, b'c', &[]))?;
        self.db.flush()?;
        self.clear(&key(ledger, b'r', &[]))?;
        self.tree.remove(key(ledger, b'i', &[]))?;
        Ok(())
    }

    /// The rows of one generation of a view.
    pub(crate) fn source(&self, prefix: Vec<u8>) -> Arc<dyn Source> {
        Arc::new(Below { tree: self.tree.clone(), prefix })
    }
}

/// Prefix of the rows of a view: ledger, view, generation.
pub(crate) fn rows_prefix(ledger: &Slug, view: &str, generation: u32) -> Vec<u8> {
    let mut rest = view.as_bytes().to_vec();
    rest.push(0);
    rest.extend_from_slice(&generation.to_be_bytes());
    key(ledger, b'r', &rest)
}

fn key(ledger: &Slug, kind: u8, rest: &[u8]) -> Vec<u8> {
    [ledger.as_str().as_bytes(), &[0, kind], rest].concat()
}

struct Below {
    tree: sled::Tree,
    prefix: Vec<u8>,
}

impl Source for Below {
    fn load(&self, key: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let found = self.tree.get([self.prefix.as_slice(), key].concat());
        found.map(|value| value.map(|value| value.to_vec())).map_err(|error| error.to_string())
    }

    fn scan<'a>(&'a self, prefix: &[u8]) -> Scan<'a> {
        let rows = self.tree.scan_prefix([self.prefix.as_slice(), prefix].concat());
        Box::new(rows.map(|row| {
            let (key, value) = row.map_err(|error| error.to_string())?;
            Ok((key.get(self.prefix.len()..).unwrap_or_default().to_vec(), value.to_vec()))
        }))
    }
}
