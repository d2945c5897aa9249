//! Imports in their bucket: a record each, and chunks of bytes beside it.
//!
//! | key | value |
//! |---|---|
//! | `status.<ledger>.<import>` | the record |
//! | `open.<ledger>.<import>` | there while somebody has to work on it |
//! | `<what>.<ledger>.<import>.<run>.<n>` | chunk `n` of what one writer wrote: `data`, `report`, `errors` |
//!
//! What it is stands first, so that records and work can be listed without a look at the chunks.

use bytes::Bytes;
use domain::Slug;
use journal::AnyBucket;
use journal::bucket::BucketError;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::Import;
use crate::problem::Problem;

/// Bytes of a chunk; of what one writer wrote only the last may have fewer.
pub(crate) const CHUNK: usize = 512 * 1024;
const CHUNK_BYTES: u64 = CHUNK as u64;

/// What one writer wrote, chunk after chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Segment {
    /// The writer's number.
    pub(crate) run: u32,
    /// How much of it counts.
    pub(crate) bytes: u64,
}

/// A chunk, as far as it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) run: u32,
    pub(crate) n: u64,
    /// Bytes of it that are passed over.
    pub(crate) skip: usize,
    /// Bytes of it up to the end of what counts.
    pub(crate) end: usize,
}

/// The chunks of these segments from a byte on.
pub(crate) fn pieces(segments: &[Segment], from: u64) -> Vec<Piece> {
    let (mut all, mut begins) = (Vec::new(), 0);
    for segment in segments {
        let skipped = from.saturating_sub(begins);
        for n in skipped / CHUNK_BYTES..segment.bytes.div_ceil(CHUNK_BYTES) {
            let start = n * CHUNK_BYTES;
            let skip = usize::try_from(skipped.saturating_sub(start)).unwrap_or(CHUNK);
            let end = usize::try_from((segment.bytes - start).min(CHUNK_BYTES)).unwrap_or(CHUNK);
            if skip < end {
                all.push(Piece { run: segment.run, n, skip, end });
            }
        }
        begins += segment.bytes;
    }
    all
}

/// Why a record was not written.
#[derive(Debug)]
pub(crate) enum Unsaved {
    /// Somebody else wrote it, or removed it.
    Changed,
    /// The bucket is out of reach.
    Failed(Problem),
}

/// The bucket of imports.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    bucket: AnyBucket,
}

impl Store {
    pub(crate) const fn new(bucket: AnyBucket) -> Self {
        Self { bucket }
    }

    /// A record with its revision.
    pub(crate) async fn load(&self, ledger: &Slug, id: Uuid) -> Result<Option<(Import, u64)>, Problem> {
        let entry = self.bucket.get(&key("status", ledger, id)).await.map_err(away)?;
        let read = entry.map(|entry| Ok((serde_json::from_slice(&entry.value)?, entry.revision)));
        read.transpose().map_err(|error: serde_json::Error| Problem::defect(error))
    }

    /// Writes a record over the one of this revision; a new one over none.
    pub(crate) async fn save(&self, import: &Import, revision: Option<u64>) -> Result<u64, Unsaved> {
        let key = key("status", &import.ledger, import.id);
        let value = serde_json::to_vec(import).map_err(Problem::defect);
        let value = Bytes::from(value.map_err(Unsaved::Failed)?);
        let written = match revision {
            Some(revision) => self.bucket.update(&key, value.clone(), revision).await,
            None => self.bucket.create(&key, value.clone()).await,
        };
        match written {
            Ok(revision) => Ok(revision),
            // The answer to an earlier try may have been lost.
            Err(BucketError::Changed) => match self.bucket.get(&key).await {
                Ok(Some(entry)) if entry.value == value && revision.is_some() => Ok(entry.revision),
                Ok(_) => Err(Unsaved::Changed),
                Err(error) => Err(Unsaved::Failed(away(error))),
            },
            Err(error) => Err(Unsaved::Failed(away(error))),
        }
    }

    /// All imports of a ledger.
    pub(crate) async fn list(&self, ledger: &Slug) -> Result<Vec<Import>, Problem> {
        let mut all = Vec::new();
        for key in self.bucket.keys(&format!("status.{ledger}")).await.map_err(away)? {
            if let Some((ledger, id)) = named(&key)
                && let Some((import, _)) = self.load(&ledger, id).await?
            {
                all.push(import);
            }
        }
        Ok(all)
    }

    /// Says that somebody has to work on an import.
    pub(crate) async fn open(&self, import: &Import) -> Result<(), Problem> {
        let put = self.bucket.put(&key("open", &import.ledger, import.id), Bytes::from_static(b"{}")).await;
        put.map(drop).map_err(away)
    }

    /// Nobody has to any more.
    pub(crate) async fn close(&self, ledger: &Slug, id: Uuid) -> Result<(), Problem> {
        self.bucket.delete(&key("open", ledger, id)).await.map_err(away)
    }

    /// Imports that somebody has to work on.
    pub(crate) async fn to_do(&self) -> Result<Vec<(Slug, Uuid)>, Problem> {
        let keys = self.bucket.keys("open").await.map_err(away)?;
        Ok(keys.iter().filter_map(|key| named(key)).collect())
    }

    /// Writes a chunk.
    pub(crate) async fn put(
        &self,
        (what, ledger, id): (&str, &Slug, Uuid),
        (run, n): (u32, u64),
        bytes: Bytes,
    ) -> Result<(), Problem> {
        let put = self.bucket.put(&chunk_key((what, ledger, id), run, n), bytes).await;
        put.map(drop).map_err(away)
    }

    /// A chunk, as far as it counts; none when it is not there any more.
    pub(crate) async fn get(
        &self,
        of: (&str, &Slug, Uuid),
        Piece { run, n, skip, end }: Piece,
    ) -> Result<Option<Bytes>, Problem> {
        let entry = self.bucket.get(&chunk_key(of, run, n)).await.map_err(away)?;
        Ok(entry
            .map(|entry| entry.value)
            .filter(|value| value.len() >= end)
            .map(|value| value.slice(skip..end)))
    }

    /// Removes what one writer wrote, or everything of this sort.
    pub(crate) async fn remove(
        &self,
        (what, ledger, id): (&str, &Slug, Uuid),
        run: Option<u32>,
    ) -> Result<(), Problem> {
        let all = key(what, ledger, id);
        let prefix = run.map_or_else(|| all.clone(), |run| format!("{all}.{run}"));
        self.bucket.delete_all(&prefix).await.map_err(away)
    }

    /// Removes an import.
    pub(crate) async fn forget(&self, ledger: &Slug, id: Uuid) -> Result<(), Problem> {
        for what in ["status", "open", "data", "report", "errors"] {
            self.remove((what, ledger, id), None).await?;
        }
        Ok(())
    }
}

fn key(what: &str, ledger: &Slug, id: Uuid) -> String {
    format!("{what}.{ledger}.{id}")
}

fn chunk_key((what, ledger, id): (&str, &Slug, Uuid), run: u32, n: u64) -> String {
    format!("{}.{run}.{n:08}", key(what, ledger, id))
}

fn named(key: &str) -> Option<(Slug, Uuid)> {
    let mut parts = key.split('.').skip(1);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn away(error: BucketError) -> Problem {
    tracing::warn!(%error, "the bucket of imports does not do what it is asked to");
    Problem::new("unavailable", "what is kept of imports is out of reach")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_found_from_any_byte_on() {
        let segments = [Segment { run: 1, bytes: CHUNK_BYTES + 5 }, Segment { run: 3, bytes: 7 }];
        let all = pieces(&segments, 0);
        let piece = |run, n, skip, end| Piece { run, n, skip, end };
        assert_eq!(all, [piece(1, 0, 0, CHUNK), piece(1, 1, 0, 5), piece(3, 0, 0, 7)]);
        assert_eq!(pieces(&segments, CHUNK_BYTES + 2), [piece(1, 1, 2, 5), piece(3, 0, 0, 7)]);
        assert_eq!(pieces(&segments, CHUNK_BYTES + 5), [piece(3, 0, 0, 7)]);
        assert_eq!(pieces(&segments, CHUNK_BYTES + 8), [piece(3, 0, 3, 7)]);
        for from in [0, 1, CHUNK_BYTES, CHUNK_BYTES + 4, CHUNK_BYTES + 11, CHUNK_BYTES + 12] {
            let bytes: usize = pieces(&segments, from).iter().map(|piece| piece.end - piece.skip).sum();
            assert_eq!(bytes as u64, CHUNK_BYTES + 12 - from);
        }
    }
}
