//! Rows in sled: one tree, prefixed keys, pages of neighbouring rows.
//!
//! What changed and the cursor go in as one batch, which sled keeps whole or not at all when the process dies. A large
//! batch of rows costs sled gigabytes; of pages, a few times their size.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::Bound::{Excluded, Unbounded};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::Slug;
use serde::{Deserialize, Serialize};
use sled::IVec;
use views::{Scan, Source, Stored};

use crate::page::{self, Page};
use crate::stretches::Kept;
use crate::{Error, Size};

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

/// How far the stored rows of a ledger are, and which they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// `wire::Verifier` as bytes.
    pub(crate) verifier: Vec<u8>,
    /// Generation and revision of each view's rows.
    pub(crate) views: BTreeMap<String, (u32, u32)>,
    /// Revision of the marks that are kept of the log; stores of before they were have none.
    #[serde(default)]
    pub(crate) marks: u32,
}

/// How far stored rows are, and what is kept of the log up to there.
pub(crate) struct Reached {
    pub(crate) cursor: Cursor,
    /// Stretches that were not stored yet, or have grown.
    pub(crate) stretches: Vec<Kept>,
}

/// Rows of a view that changed, sorted, with the prefix that they are stored below.
pub(crate) type Changed = (Vec<u8>, Vec<Stored>);

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

    /// Writes rows; with how far they are, they count from now on.
    pub(crate) fn write(
        &self,
        ledger: &Slug,
        changed: Vec<Changed>,
        reached: Option<&Reached>,
    ) -> Result<(), Error> {
        let mut batch = sled::Batch::default();
        for (prefix, rows) in changed {
            self.rewrite(&mut batch, &prefix, rows)?;
        }
        if let Some(Reached { cursor, stretches }) = reached {
            for (first, stretch) in stretches {
                batch.insert(key(ledger, b's', &first.to_be_bytes()), &stretch[..]);
            }
            batch.insert(key(ledger, b'c', &[]), serde_json::to_vec(cursor).unwrap_or_default());
        }
        self.tree.apply_batch(batch)?;
        self.db.flush()?;
        Ok(())
    }

    /// Every page that a changed row belongs to, written again.
    fn rewrite(&self, batch: &mut sled::Batch, prefix: &[u8], rows: Vec<Stored>) -> Result<(), Error> {
        let mut rows = rows.into_iter().peekable();
        while let Some((first, _)) = rows.peek() {
            let found = page_of(&self.tree, prefix, first)?;
            // The first page of all has no other name than the prefix, whatever comes before its rows.
            let (name, old) = match found {
                Some((name, old)) => (name, Some(unpack(&old)?)),
                None => (prefix.into(), None),
            };
            let next =
                self.tree.range::<&[u8], _>((Excluded(&name[..]), Unbounded)).keys().next().transpose()?;
            let end = next.as_ref().and_then(|next| next.strip_prefix(prefix));
            let own = std::iter::from_fn(|| rows.next_if(|(key, _)| end.is_none_or(|end| &key[..] < end)));
            for (number, (first, page)) in page::rewrite(old, own.collect()).into_iter().enumerate() {
                let name = if number == 0 { name.clone() } else { [prefix, &first].concat().into() };
                batch.insert(name, page);
            }
        }
        Ok(())
    }

    /// The stretches of a ledger's log, by their first commits.
    pub(crate) fn stretches(&self, ledger: &Slug) -> impl Iterator<Item = Result<Kept, sled::Error>> {
        let prefix = key(ledger, b's', &[]);
        let all = self.tree.scan_prefix(&prefix);
        all.filter_map(move |stretch| match stretch {
            Ok((name, stretch)) => {
                let first = name.get(prefix.len()..)?.try_into().ok()?;
                Some(Ok((u64::from_be_bytes(first), stretch.to_vec())))
            }
            Err(error) => Some(Err(error)),
        })
    }

    /// The last stretch that begins with this commit or before.
    pub(crate) fn stretch_at(&self, ledger: &Slug, commit: u64) -> Result<Option<Vec<u8>>, Error> {
        let name = |first: u64| key(ledger, b's', &first.to_be_bytes());
        let last = self.tree.range(name(0)..=name(commit)).next_back().transpose()?;
        Ok(last.map(|(_, stretch)| stretch.to_vec()))
    }

    /// Removes every page below a prefix.
    pub(crate) fn clear(&self, prefix: &[u8]) -> Result<(), Error> {
        let mut batch = sled::Batch::default();
        for page in self.tree.scan_prefix(prefix).keys() {
            batch.remove(page?);
        }
        Ok(self.tree.apply_batch(batch)?)
    }

    /// Removes all of a ledger.
    pub(crate) fn clear_ledger(&self, ledger: &Slug) -> Result<(), Error> {
        self.clear(&[ledger.as_str().as_bytes(), &[0]].concat())
    }

    /// What is stored below a prefix.
    pub(crate) fn size(&self, prefix: &[u8]) -> Result<Size, Error> {
        let mut size = Size { rows: 0, bytes: 0 };
        for page in self.tree.scan_prefix(prefix).values() {
            let Size { rows, bytes } = unpack(&page?)?.size();
            size = Size { rows: size.rows + rows, bytes: size.bytes + bytes };
        }
        Ok(size)
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

/// The page that a row is in, if it is anywhere.
fn page_of(tree: &sled::Tree, prefix: &[u8], row: &[u8]) -> Result<Option<(IVec, IVec)>, sled::Error> {
    tree.range(prefix.to_vec()..=[prefix, row].concat()).next_back().transpose()
}

fn unpack(page: &[u8]) -> Result<Page, sled::Error> {
    Page::unpack(page).map_err(|error| std::io::Error::new(ErrorKind::InvalidData, error).into())
}

struct Below {
    tree: sled::Tree,
    prefix: Vec<u8>,
}

impl Source for Below {
    fn load(&self, key: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let page = page_of(&self.tree, &self.prefix, key);
        let find = |page: Option<(IVec, IVec)>| page.map(|(_, page)| unpack(&page)).transpose();
        let page = page.and_then(find).map_err(|error| error.to_string())?;
        Ok(page.and_then(|page| page.find(key)))
    }

    fn scan<'a>(&'a self, prefix: &[u8]) -> Scan<'a> {
        let first = match page_of(&self.tree, &self.prefix, prefix) {
            Ok(found) => found.map_or_else(|| self.prefix.clone(), |(name, _)| name.to_vec()),
            Err(error) => return Box::new(std::iter::once(Err(error.to_string()))),
        };
        let (wanted, own) = (prefix.to_vec(), self.prefix.clone());
        let pages = self.tree.range(first..).take_while(move |page| {
            let row = page.as_ref().ok().and_then(|(name, _)| name.strip_prefix(&own[..]));
            page.is_err() || row.is_some_and(|row| row < &wanted[..] || row.starts_with(&wanted))
        });
        let rows = pages.flat_map(|page| {
            let page = page.and_then(|(_, page)| unpack(&page)).map_err(|error| error.to_string());
            let (rows, failed) =
                page.map_or_else(|error| (None, Some(Err(error))), |page| (Some(page), None));
            rows.into_iter().flatten().map(Ok).chain(failed)
        });
        // A page that is cut in two between one and the next is met twice, once whole.
        let (wanted, mut last) = (prefix.to_vec(), None);
        Box::new(rows.filter(move |row| match row {
            Ok((key, _)) => {
                let new = last.as_ref().is_none_or(|last| key > last);
                if new {
                    last = Some(key.clone());
                }
                new && key.starts_with(&wanted)
            }
            Err(_) => true,
        }))
    }
}

#[cfg(test)]
mod tests;
