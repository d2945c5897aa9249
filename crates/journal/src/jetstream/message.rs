//! A commit as a JetStream message: the body is the payload, the rest are headers.

use async_nats::{HeaderMap, header};
use bytes::Bytes;
use domain::Slug;
use wire::head::{root_from_text, root_text};
use wire::{BrokenKind, Commit};

use crate::JournalError;

const EPOCH: &str = "Hubledger-Epoch";
const SIZE: &str = "Hubledger-Size";
const ROOT: &str = "Hubledger-Root";

/// The headers of a commit, with its guard and its id.
pub(super) fn headers(commit: &Commit) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::NATS_EXPECTED_LAST_SEQUENCE, (commit.number - 1).to_string());
    headers.insert(header::NATS_MESSAGE_ID, commit.id().as_str());
    headers.insert(EPOCH, commit.epoch.to_string());
    headers.insert(SIZE, commit.size.to_string());
    headers.insert(ROOT, root_text(&commit.root));
    headers
}

/// The commit of a stored message, if its id is the hash of its content.
pub(super) fn commit(
    ledger: &Slug,
    number: u64,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Commit, JournalError> {
    let text = |name: &str| headers.get(name).map(|value| value.as_str().to_owned());
    let read = || {
        let epoch = text(EPOCH)?.parse().ok()?;
        let size = text(SIZE)?.parse().ok()?;
        let root = root_from_text(&text(ROOT)?)?;
        let id = headers.get(header::NATS_MESSAGE_ID)?.as_str().to_owned();
        Some((Commit::new(epoch, number, size, root, body), id))
    };
    let (commit, id) = read().ok_or_else(|| JournalError::broken(ledger, number, BrokenKind::Malformed))?;
    if commit.id().as_str() != id {
        return Err(JournalError::broken(ledger, number, BrokenKind::CommitId));
    }
    Ok(commit)
}
