//! Rows in sled: one tree, prefixed keys, small sorted batches, the cursor last.
//!
//! Measured: one large batch costs gigabytes of memory, batches of 256 tens of megabytes. Batches are not atomic
//! with the cursor, so every row says how far it is complete, and an intent says how far rows may be ahead.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use domain::Slug;
use serde::{Deserialize, Serialize};
use views::{Source, Stored};

use crate::Error;

/// Rows of one batch.
const BATCH: usize = 256;

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
    pub(crate) fn open(data: &Path, cache_bytes: u64) -> Result<Self, Error> {
        let config = sled::Config::new()
            .path(data.join("views"))
            .cache_capacity(cache_bytes)
            .flush_every_ms(None)
            .mode(sled::Mode::HighThroughput);
        let db = config.open()?;
        Ok(Self { tree: db.open_tree("views")?, db })
    }

    pub(crate) fn cursor(&self, ledger: &Slug) -> Result<Option<Cursor>, Error> {
        let stored = self.tree.get(key(ledger, b'c', &[]))?;
        // A cursor that can't be read is as good as none: everything is built anew.
        Ok(stored.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// The position that rows may be ahead to, beyond the cursor.
    pub(crate) fn intent(&self, ledger: &Slug) -> Result<u64, Error> {
        let stored = self.tree.get(key(ledger, b'i', &[]))?;
        let position = stored.and_then(|bytes| bytes.as_ref().try_into().ok()).map(u64::from_be_bytes);
        Ok(position.unwrap_or(0))
    }

    /// Writes the rows, then the cursor that makes them count.
    pub(crate) fn write(
        &self,
        ledger: &Slug,
        position: u64,
        rows: &[(Vec<u8>, Vec<Stored>)],
        cursor: &Cursor,
    ) -> Result<(), Error> {
        self.tree.insert(key(ledger, b'i', &[]), &position.to_be_bytes())?;
        for (prefix, rows) in rows {
            for chunk in rows.chunks(BATCH) {
                let mut batch = sled::Batch::default();
                for (row, value) in chunk {
                    batch.insert([prefix.as_slice(), row].concat(), value.as_slice());
                }
                self.tree.apply_batch(batch)?;
            }
        }
        let json = serde_json::to_vec(cursor).unwrap_or_default();
        self.tree.insert(key(ledger, b'c', &[]), json)?;
        self.db.flush()?;
        Ok(())
    }

    /// Removes every row below a prefix.
    pub(crate) fn clear(&self, prefix: &[u8]) -> Result<(), Error> {
        let mut batch = sled::Batch::default();
        let mut size = 0;
        for row in self.tree.scan_prefix(prefix).keys() {
            batch.remove(row?);
            size += 1;
            if size == BATCH {
                self.tree.apply_batch(std::mem::take(&mut batch))?;
                size = 0;
            }
        }
        self.tree.apply_batch(batch)?;
        Ok(())
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
    fn load(&self, key: &[u8]) -> Option<Vec<u8>> {
        let found = self.tree.get([self.prefix.as_slice(), key].concat());
        found
            .unwrap_or_else(|error| {
                tracing::error!(%error, "the view store can't be read");
                None
            })
            .map(|value| value.to_vec())
    }

    fn scan(&self, prefix: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let rows = self.tree.scan_prefix([self.prefix.as_slice(), prefix].concat());
        let own = |(key, value): (sled::IVec, sled::IVec)| {
            (key.get(self.prefix.len()..).unwrap_or_default().to_vec(), value.to_vec())
        };
        rows.map_while(Result::ok).map(own).collect()
    }
}
