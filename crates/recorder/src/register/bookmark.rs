//! The bookmark: how far the register is complete, what the state was there, and which runs count.
//!
//! A small file beside the runs, replaced as a whole.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::RegisterError;

const FILE: &str = "bookmark.json";
const NEXT: &str = "bookmark.json.next";
/// Counts up when a row, a block or this file changes its form; an older register is made again from the log.
const FORMAT: u32 = 2;

/// Where the register is complete to. What the task needs to go on from there without reading the log before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The verifier's bytes: the head, and the tree up to it.
    pub verifier: Vec<u8>,
    /// The state, as the task serialised it.
    pub state: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Bookmark {
    /// Closed on purpose, with nothing written since.
    pub(super) clean: bool,
    pub(super) place: Place,
    /// Newest first.
    pub(super) runs: Vec<RunRecord>,
}

/// What must be true of a run in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RunRecord {
    pub(super) id: u64,
    pub(super) level: u8,
    pub(super) rows: u64,
    pub(super) digest: [u8; 32],
}

/// The bookmark; none if there is none or it is of another format.
pub(super) fn read(directory: &Path) -> Result<Option<Bookmark>, RegisterError> {
    let text = match std::fs::read_to_string(directory.join(FILE)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            return Err(RegisterError::Damaged("the bookmark is not text"));
        }
        text => text?,
    };
    let mut lines = text.lines();
    let (Some(format), Some(digest), Some(body)) = (lines.next(), lines.next(), lines.next()) else {
        return Err(RegisterError::Damaged("the bookmark is cut short"));
    };
    if format != FORMAT.to_string() {
        return Ok(None);
    }
    if digest != digest_of(body) {
        return Err(RegisterError::Damaged("the bookmark's digest does not match"));
    }
    let bookmark = serde_json::from_str(body);
    bookmark.map(Some).map_err(|_| RegisterError::Damaged("the bookmark can't be read"))
}

/// Replaces the bookmark: afterwards the old or the new one is on the disk, never half of one.
pub(super) fn write(directory: &Path, bookmark: &Bookmark) -> Result<(), RegisterError> {
    let body = serde_json::to_string(bookmark).map_err(std::io::Error::from)?;
    let mut file = File::create(directory.join(NEXT))?;
    writeln!(file, "{FORMAT}\n{}\n{body}", digest_of(&body))?;
    file.sync_all()?;
    std::fs::rename(directory.join(NEXT), directory.join(FILE))?;
    File::open(directory)?.sync_all()?;
    Ok(())
}

/// Removes the bookmark: nothing counts any more.
pub(super) fn remove(directory: &Path) -> Result<(), RegisterError> {
    match std::fs::remove_file(directory.join(FILE)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => Ok(removed?),
    }
}

fn digest_of(body: &str) -> String {
    format!("{:x}", Sha256::digest(body.as_bytes()))
}
