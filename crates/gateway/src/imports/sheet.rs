//! A report on its way into chunks.

use bytes::Bytes;
use domain::Slug;
use uuid::Uuid;

use super::store::{CHUNK, Segment, Store};
use crate::problem::Problem;

/// Lines that one run writes.
pub(crate) struct Sheet {
    what: &'static str,
    run: u32,
    /// Chunks that are full and written.
    full: u64,
    /// What comes after them.
    rest: Vec<u8>,
    /// How much of that is written already.
    written: usize,
}

impl Sheet {
    pub(crate) const fn new(what: &'static str, run: u32) -> Self {
        Self { what, run, full: 0, rest: Vec::new(), written: 0 }
    }

    /// Where lines are put.
    pub(crate) const fn lines(&mut self) -> &mut Vec<u8> {
        &mut self.rest
    }

    /// Writes what is full, or everything.
    ///
    /// # Errors
    /// When the bucket is out of reach; trying again is safe.
    pub(crate) async fn write(
        &mut self,
        store: &Store,
        (ledger, id): (&Slug, Uuid),
        everything: bool,
    ) -> Result<(), Problem> {
        while self.rest.len() >= CHUNK {
            let chunk = Bytes::copy_from_slice(self.rest.get(..CHUNK).unwrap_or_default());
            store.put((self.what, ledger, id), (self.run, self.full), chunk).await?;
            self.rest.drain(..CHUNK);
            (self.full, self.written) = (self.full + 1, 0);
        }
        if everything && self.rest.len() > self.written {
            let chunk = Bytes::copy_from_slice(&self.rest);
            store.put((self.what, ledger, id), (self.run, self.full), chunk).await?;
            self.written = self.rest.len();
        }
        Ok(())
    }

    /// All that was written, as a segment behind those of runs before.
    pub(crate) fn set(&self, segments: &mut Vec<Segment>) {
        let bytes = self.full * CHUNK as u64 + self.written as u64;
        let segment = Segment { run: self.run, bytes };
        match segments.last_mut().filter(|last| last.run == self.run) {
            Some(last) => *last = segment,
            None if bytes > 0 => segments.push(segment),
            None => {}
        }
    }
}
