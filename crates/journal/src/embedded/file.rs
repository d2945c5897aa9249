//! One ledger's file: frames one after the other, an index of every 64th.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use domain::Slug;
use tokio::sync::watch;
use wire::frame::{self, HEADER_BYTES, Header, TRAILER_BYTES};
use wire::{BODY_BYTES_MAX, BrokenKind, Commit, Tip};

use crate::{AppendError, EMPTY, JournalError};

/// One offset is kept for so many commits.
const STRIDE: u64 = 64;
/// A batch of a reader ends at so many bytes.
const BATCH_BYTES: usize = 4 << 20;

/// The unfinished frame that a crash left at the end of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// The ledger.
    pub ledger: Slug,
    /// The last whole commit.
    pub commit: u64,
    /// Bytes of the unfinished frame.
    pub bytes: u64,
}

#[derive(Debug)]
pub(super) struct LedgerFile {
    ledger: Slug,
    file: File,
    // Only one process cuts and appends.
    writable: bool,
    known: Mutex<Known>,
    changes: watch::Sender<u64>,
}

/// What is known of the file's frames.
#[derive(Debug)]
struct Known {
    tip: Tip,
    // Offset after the last whole frame.
    end: u64,
    // Offset of commits 1, 65, 129 …
    index: Vec<u64>,
    torn: u64,
    // Something inside is not as written: readers are told where, writers are refused.
    damage: Option<BrokenKind>,
}

impl LedgerFile {
    pub(super) fn open(ledger: &Slug, path: &Path, writable: bool) -> Result<Self, JournalError> {
        let file = File::options().read(true).write(writable).open(path)?;
        let known = Known { tip: EMPTY, end: 0, index: Vec::new(), torn: 0, damage: None };
        let changes = watch::Sender::new(0);
        let this = Self { ledger: ledger.clone(), file, writable, known: Mutex::new(known), changes };
        this.scan()?;
        if let Some(torn) = this.torn_tail() {
            tracing::warn!(%ledger, commit = torn.commit, bytes = torn.bytes, "an unfinished frame ends the log; it was never acknowledged");
        }
        Ok(this)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tip(&self) -> Tip {
        self.lock().tip
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(super) fn torn_tail(&self) -> Option<TornTail> {
        let known = self.lock();
        (known.torn > 0).then(|| TornTail {
            ledger: self.ledger.clone(),
            commit: known.tip.commit,
            bytes: known.torn,
        })
    }

    pub(super) fn is_damaged(&self) -> bool {
        self.lock().damage.is_some()
    }

    /// Whether there may be something after this commit that was not read, without reading.
    pub(super) fn has_more(&self, last: u64) -> bool {
        let known = self.lock();
        // An unfinished frame may be replaced by a whole one of its length.
        let grown = self.file.metadata().map_or(true, |file| file.len() != known.end);
        grown || known.tip.commit > last || known.damage.is_some()
    }

    /// Looks for what another process has appended.
    pub(super) fn refresh(&self) -> Result<(), JournalError> {
        if self.writable { Ok(()) } else { self.scan() }
    }

    /// Reads headers from the known end to the end of the file.
    fn scan(&self) -> Result<(), JournalError> {
        let length = self.file.metadata()?.len();
        let mut known = self.lock();
        let mut last = None;
        known.torn = 0;
        while known.end < length && known.damage.is_none() {
            let rest = length - known.end;
            let Some(bytes) = self.exactly::<HEADER_BYTES>(known.end, rest)? else {
                known.torn = rest;
                break;
            };
            match frame::header(&bytes) {
                Ok(header) if header.frame_bytes() as u64 > rest => {
                    known.torn = rest;
                    break;
                }
                Ok(header) if header.number == known.tip.commit + 1 => {
                    if known.tip.commit.is_multiple_of(STRIDE) {
                        let offset = known.end;
                        known.index.push(offset);
                    }
                    known.tip = Tip { epoch: header.epoch, commit: header.number, id: None };
                    last = Some((known.end, header.clone()));
                    known.end += header.frame_bytes() as u64;
                }
                Ok(_) => known.damage = Some(BrokenKind::Gap),
                Err(kind) => known.damage = Some(kind),
            }
        }
        if let Some((offset, header)) = last {
            match self.body(offset, &header)? {
                Ok(commit) => known.tip.id = Some(commit.id()),
                Err(kind) => known.damage = Some(kind),
            }
        }
        drop(known);
        Ok(())
    }

    fn exactly<const N: usize>(&self, offset: u64, available: u64) -> io::Result<Option<[u8; N]>> {
        if available < N as u64 {
            return Ok(None);
        }
        let mut bytes = [0; N];
        self.file.read_exact_at(&mut bytes, offset)?;
        Ok(Some(bytes))
    }

    fn body(&self, offset: u64, header: &Header) -> io::Result<Result<Commit, BrokenKind>> {
        let mut rest = vec![0; header.length + TRAILER_BYTES];
        self.file.read_exact_at(&mut rest, offset + HEADER_BYTES as u64)?;
        Ok(frame::commit(header, Bytes::from(rest)))
    }

    /// The frame at an offset, as commit `number`, and the offset after it.
    fn at(&self, offset: u64, number: u64) -> Result<(Commit, u64), JournalError> {
        let broken = |kind| JournalError::broken(&self.ledger, number, kind);
        let mut bytes = [0; HEADER_BYTES];
        self.file.read_exact_at(&mut bytes, offset)?;
        let header = frame::header(&bytes).map_err(broken)?;
        if header.number != number {
            return Err(broken(BrokenKind::Gap));
        }
        let commit = self.body(offset, &header)?.map_err(broken)?;
        Ok((commit, offset + header.frame_bytes() as u64))
    }

    /// Offset of a commit that is known to be there.
    fn offset(&self, number: u64) -> Result<u64, JournalError> {
        let before = number.saturating_sub(1);
        let start = usize::try_from(before / STRIDE).ok();
        let mut offset = match start.and_then(|i| self.lock().index.get(i).copied()) {
            Some(offset) => offset,
            None => return Ok(self.lock().end),
        };
        for passed in before / STRIDE * STRIDE + 1..number {
            let mut bytes = [0; HEADER_BYTES];
            self.file.read_exact_at(&mut bytes, offset)?;
            let broken = |kind| JournalError::broken(&self.ledger, passed, kind);
            offset += frame::header(&bytes).map_err(broken)?.frame_bytes() as u64;
        }
        Ok(offset)
    }

    pub(super) fn commit(&self, number: u64) -> Result<Option<Commit>, JournalError> {
        self.refresh()?;
        if number == 0 || number > self.tip().commit {
            return Ok(None);
        }
        Ok(Some(self.at(self.offset(number)?, number)?.0))
    }

    /// The next commits after `last`, up to some megabytes; an error is the last item. First, unless it was done,
    /// the commit that the reader holds is compared.
    pub(super) fn batch(&self, after: Tip, last: u64, checked: bool) -> Vec<Result<Commit, JournalError>> {
        let mut batch = Vec::new();
        if let Err(error) = self.fill(after, last, checked, &mut batch) {
            batch.push(Err(error));
        }
        batch
    }

    fn fill(
        &self,
        after: Tip,
        last: u64,
        checked: bool,
        batch: &mut Vec<Result<Commit, JournalError>>,
    ) -> Result<(), JournalError> {
        self.refresh()?;
        let broken = |number, kind| Err(JournalError::broken(&self.ledger, number, kind));
        if !checked {
            let held = self.commit(after.commit)?;
            if !held.is_some_and(|commit| Some(commit.id()) == after.id) {
                return broken(after.commit, BrokenKind::KnownHead);
            }
        }
        let (end, damage, tip) = {
            let known = self.lock();
            (known.end, known.damage, known.tip.commit)
        };
        let mut number = last + 1;
        let mut offset = if number > tip { end } else { self.offset(number)? };
        let mut bytes = 0;
        while number <= tip && bytes < BATCH_BYTES {
            let (commit, next) = self.at(offset, number)?;
            bytes += commit.body.len();
            batch.push(Ok(commit));
            (offset, number) = (next, number + 1);
        }
        match damage {
            Some(kind) if number > tip => broken(number, kind),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn append(&self, commit: &Commit) -> Result<(), AppendError> {
        let failed = |error: &dyn std::fmt::Display| AppendError::Refused(format!("{error}"));
        if commit.body.len() > BODY_BYTES_MAX {
            return Err(AppendError::Refused(format!("the body has {} bytes", commit.body.len())));
        }
        let tip = self.tip();
        if commit.number != tip.commit + 1 {
            let stored = self.commit(commit.number).map_err(|e| failed(&e))?;
            let same = stored.is_some_and(|stored| stored.id() == commit.id());
            return if same { Ok(()) } else { Err(AppendError::Conflict(tip)) };
        }
        let frame = frame::encode(commit);
        let mut known = self.lock();
        // Somebody in this process was first, perhaps with this very commit.
        if known.tip != tip {
            drop(known);
            return self.append(commit);
        }
        if let Some(kind) = known.damage {
            return Err(AppendError::Refused(format!(
                "the log is damaged after commit {}: {kind}",
                tip.commit
            )));
        }
        if let Err(error) = self.write(&frame, known.end, known.torn > 0) {
            // What was written in part goes, so that the refusal is true; when even that fails, nothing more
            // may be written here.
            if self.file.set_len(known.end).and_then(|()| self.file.sync_all()).is_err() {
                known.damage = Some(BrokenKind::Checksum);
                return Err(AppendError::Unknown(error.to_string()));
            }
            return Err(failed(&error));
        }
        known.torn = 0;
        if tip.commit.is_multiple_of(STRIDE) {
            let offset = known.end;
            known.index.push(offset);
        }
        known.end += frame.len() as u64;
        known.tip = Tip { epoch: commit.epoch, commit: commit.number, id: Some(commit.id()) };
        drop(known);
        self.changes.send_replace(commit.number);
        Ok(())
    }

    fn write(&self, frame: &[u8], end: u64, torn: bool) -> io::Result<()> {
        if torn {
            self.file.set_len(end)?;
        }
        self.file.write_all_at(frame, end)?;
        self.file.sync_data()
    }
}
