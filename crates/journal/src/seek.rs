//! Finds events in the log by position. Commits are numbered and say how many events came before them, so a position
//! is found in as many looks as the number of commits has binary digits.

use domain::Slug;
use serde::de::IgnoredAny;
use wire::{BrokenKind, Commit, Tip};

use crate::{EMPTY, Journal, JournalError};

/// Where a reader goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The commits after this place hold the wanted events.
    pub after: Tip,
    /// Epoch of the log.
    pub epoch: u64,
    /// Last position of the log when it was looked at.
    pub last: u64,
}

/// Where to go on to read the events after `position`; nothing when there is no such log, or it is empty.
///
/// # Errors
/// When the log can't be read.
pub async fn seek<J: Journal>(
    journal: &J,
    ledger: &Slug,
    position: u64,
) -> Result<Option<Found>, JournalError> {
    let head = journal.head(ledger).await?;
    if head.commit == 0 {
        return Ok(None);
    }
    let last = commit(journal, ledger, head.commit).await?;
    let epoch = last.epoch;
    let events: Vec<IgnoredAny> = serde_json::from_slice(&last.body)
        .map_err(|_| JournalError::broken(ledger, last.number, BrokenKind::Malformed))?;
    let end = last.size + events.len() as u64;
    if position >= end {
        return Ok(Some(Found { after: tip(&last), epoch, last: end }));
    }
    // The first commit that holds something later: the last whose events begin at or before `position`.
    let (mut low, mut high) = (1, head.commit);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if commit(journal, ledger, middle).await?.size <= position {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    let after = match low {
        1 => EMPTY,
        low => tip(&commit(journal, ledger, low - 1).await?),
    };
    Ok(Some(Found { after, epoch, last: end }))
}

async fn commit<J: Journal>(journal: &J, ledger: &Slug, number: u64) -> Result<Commit, JournalError> {
    let gap = || JournalError::broken(ledger, number, BrokenKind::Gap);
    journal.commit(ledger, number).await?.ok_or_else(gap)
}

fn tip(commit: &Commit) -> Tip {
    Tip { epoch: commit.epoch, commit: commit.number, id: Some(commit.id()) }
}
