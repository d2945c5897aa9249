//! What marks the events of each stretch of a log bear, so that the events behind a row are found without reading all.
//!
//! A stretch is some commits one after the other, and the reader's place before them, from which they can be read and
//! verified alone. It is stored in the batch of the rows and the cursor; the last one is written again while it grows.

use std::collections::BTreeMap;

use journal::Read;
use views::{Clues, Mark, marks};
use wire::{Interpreted, Origin, Verifier};

/// Events after which a stretch ends; it is as long as a large commit.
const EVENTS: u64 = 1_000;
/// Bits that are kept of a mark. Of marks that a stretch does not bear one in some thousands looks as if it did.
const BITS: u32 = 22;

/// Some commits one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// The reader's place before them.
    pub from: Verifier,
    /// Number of the last.
    pub commit: u64,
    /// Position of the last event.
    pub position: u64,
}

impl Stretch {
    /// Events of it.
    fn events(&self) -> u64 {
        self.position.saturating_sub(self.from.head().position)
    }
}

/// A stretch as it is stored, by the number of its first commit.
pub(crate) type Kept = (u64, Vec<u8>);

/// The stretches of a ledger that are in memory.
pub(crate) struct Stretches {
    last: Option<(Stretch, Vec<Mark>)>,
    ended: Vec<Kept>,
    // How many of those were taken to be written.
    taken: usize,
}

impl Stretches {
    /// After what is stored. The marks of the last stored stretch are known only in part, so a new one begins.
    pub(crate) const fn new() -> Self {
        Self { last: None, ended: Vec::new(), taken: 0 }
    }

    /// Takes the next commit, read from this place.
    pub(crate) fn add(&mut self, from: &Verifier, read: &Read) {
        let begin = || (Stretch { from: from.clone(), commit: 0, position: 0 }, Vec::new());
        let (stretch, borne) = self.last.get_or_insert_with(begin);
        let head = read.verifier.head();
        (stretch.commit, stretch.position) = (head.commit, head.position);
        for event in &read.events {
            if let Interpreted::Event(event) = event {
                borne.extend(marks(event));
            }
        }
        if stretch.events() >= EVENTS {
            self.ended.extend(self.last.take().map(|(stretch, borne)| kept(&stretch, borne)));
        } else if borne.len() > 4 * EVENTS as usize {
            borne.sort_unstable();
            borne.dedup();
        }
    }

    /// What is to be written; what was taken before must be stored now.
    pub(crate) fn take(&mut self) -> Vec<Kept> {
        self.ended.drain(..self.taken);
        self.taken = self.ended.len();
        self.in_memory()
    }

    /// Those that may not be stored yet.
    pub(crate) fn in_memory(&self) -> Vec<Kept> {
        let last = self.last.iter().map(|(stretch, borne)| kept(stretch, borne.clone()));
        self.ended.iter().cloned().chain(last).collect()
    }
}

/// Last commit u64 · position u64 · length u32 of the place · the place · the marks: each difference to the one before,
/// seven bits a byte, low ones first.
fn kept(stretch: &Stretch, borne: Vec<Mark>) -> Kept {
    let place = stretch.from.to_bytes();
    let mut short: Vec<u32> = borne.into_iter().map(shortened).collect();
    short.sort_unstable();
    short.dedup();
    let mut bytes = Vec::with_capacity(20 + place.len() + 2 * short.len());
    bytes.extend_from_slice(&stretch.commit.to_be_bytes());
    bytes.extend_from_slice(&stretch.position.to_be_bytes());
    bytes.extend_from_slice(&u32::try_from(place.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(&place);
    let mut before = 0;
    for mark in short {
        let mut more = mark - before;
        while more > 127 {
            bytes.push(more as u8 | 128);
            more >>= 7;
        }
        bytes.push(more as u8);
        before = mark;
    }
    (stretch.from.tip().commit + 1, bytes)
}

/// The inverse of [`kept`]; nothing for what it did not write.
fn open(origin: &Origin, bytes: &[u8]) -> Option<(Stretch, Vec<u32>)> {
    let (commit, rest) = bytes.split_first_chunk()?;
    let (position, rest) = rest.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (place, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    let (mut marks, mut mark, mut more, mut shift) = (Vec::with_capacity(rest.len() / 2), 0_u32, 0_u32, 0);
    for byte in rest {
        more |= u32::from(byte & 127).checked_shl(shift)?;
        shift += 7;
        if *byte < 128 {
            mark = mark.checked_add(more)?;
            marks.push(mark);
            (more, shift) = (0, 0);
        }
    }
    let from = Verifier::from_bytes(origin.clone(), place)?;
    let (commit, position) = (u64::from_be_bytes(*commit), u64::from_be_bytes(*position));
    Some((Stretch { from, commit, position }, marks))
}

/// The place before a stretch that was stored; nothing for what [`kept`] did not write.
pub(crate) fn place(origin: &Origin, stored: &[u8]) -> Option<Verifier> {
    open(origin, stored).map(|(stretch, _)| stretch.from)
}

fn shortened(mark: Mark) -> u32 {
    // The high bits of a mark; as many as a u32 has room for.
    (mark >> (u64::BITS - BITS)) as u32
}

/// What is looked for.
pub(crate) struct Search {
    made: Vec<u32>,
    known: Vec<u32>,
    clues: Clues,
    after: u64,
}

impl Search {
    /// For what these clues lead to after a position.
    pub(crate) fn new(clues: Clues, after: u64) -> Self {
        let short = |marks: &mut dyn Iterator<Item = &Mark>| {
            let mut short: Vec<u32> = marks.map(|mark| shortened(*mark)).collect();
            short.sort_unstable();
            short
        };
        let (made, known) = (short(&mut clues.made.iter()), short(&mut clues.known.iter()));
        Self { made, known, clues, after }
    }

    /// Whether a stretch must be read.
    fn wants(&self, stretch: &Stretch, borne: &[u32]) -> bool {
        let first = stretch.from.head().position + 1;
        let any = |wanted: &[u32]| has_common(wanted, borne);
        any(&self.known)
            || stretch.position > self.after
                && (any(&self.made) || self.clues.positions.range(first..=stretch.position).next().is_some())
    }

    /// The stretches to read, in order, and how many; only some of them are kept. They must be those of the whole log up
    /// to this commit, or nothing is told.
    pub(crate) fn among(
        &self,
        origin: &Origin,
        stored: impl Iterator<Item = Result<Kept, sled::Error>>,
        in_memory: Vec<Kept>,
        (commit, most): (u64, usize),
    ) -> Result<Option<(Vec<Stretch>, u64)>, sled::Error> {
        let mut in_memory: BTreeMap<u64, Vec<u8>> = in_memory.into_iter().collect();
        let (mut found, mut all, mut last) = (Vec::new(), 0, 0);
        let mut look = |first: u64, bytes: &[u8]| {
            let opened = open(origin, bytes).filter(|(stretch, _)| {
                first == last + 1 && stretch.from.tip().commit == last && stretch.commit >= first
            });
            let (stretch, borne) = opened?;
            last = stretch.commit;
            if self.wants(&stretch, &borne) {
                all += 1;
                found.extend(Some(stretch).filter(|_| found.len() < most));
            }
            Some(())
        };
        for kept in stored {
            let (first, bytes) = kept?;
            // One that has grown since it was stored.
            let bytes = in_memory.remove(&first).unwrap_or(bytes);
            if look(first, &bytes).is_none() {
                return Ok(None);
            }
        }
        let whole = in_memory.iter().try_for_each(|(first, bytes)| look(*first, bytes)).is_some();
        Ok((whole && last == commit).then_some((found, all)))
    }
}

/// Whether two sorted lists have something in common.
fn has_common(one: &[u32], other: &[u32]) -> bool {
    let (few, many) = if one.len() < other.len() { (one, other) } else { (other, one) };
    let mut rest = many;
    for mark in few {
        rest = rest.get(rest.partition_point(|found| found < mark)..).unwrap_or_default();
        if rest.first() == Some(mark) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests;
