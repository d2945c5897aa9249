//! A commit: one durable append of 1..=1000 events, and its id.

use std::fmt;

use bytes::Bytes;
use proof::Hash;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::encode::{self, Draft};
use crate::{EncodeError, Verifier, base64url};

/// Most events in one commit.
pub const EVENTS_MAX: usize = 1000;
/// Most bytes of a body, 900 KiB: below the broker's default of 1 MiB a message.
pub const BODY_BYTES_MAX: usize = 900 * 1024;

/// The first 22 characters of base64url(SHA-256(`HLC1` ‖ epoch u64 ‖ size u64 ‖ root ‖ body)).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommitId([u8; 22]);

impl CommitId {
    /// The text.
    pub fn as_str(&self) -> &str {
        // Only ASCII is ever put in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not 22 characters of base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a commit id has 22 characters of base64url")]
pub struct NotACommitId;

impl std::str::FromStr for CommitId {
    type Err = NotACommitId;
    fn from_str(text: &str) -> Result<Self, NotACommitId> {
        let bytes: [u8; 22] = text.as_bytes().try_into().map_err(|_| NotACommitId)?;
        let known = bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if known { Ok(Self(bytes)) } else { Err(NotACommitId) }
    }
}

impl TryFrom<String> for CommitId {
    type Error = NotACommitId;
    fn try_from(text: String) -> Result<Self, NotACommitId> {
        text.parse()
    }
}

impl From<CommitId> for String {
    fn from(id: CommitId) -> Self {
        id.as_str().to_owned()
    }
}

/// One commit as it is stored. The id is a function of the rest, so that a commit decided again can never be
/// mistaken for its first try, and the ids form a chain. It is computed once, when the commit is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Epoch of the ledger.
    pub epoch: u64,
    /// Its number in the log, from 1; equal to the JetStream sequence. Not part of the id: `size` and `root` are.
    pub number: u64,
    /// Number of events in the ledger before it.
    pub size: u64,
    /// Root of the tree before it.
    pub root: Hash,
    /// `[` events joined by `,` `]`: a CloudEvents JSON batch.
    pub body: Bytes,
    id: CommitId,
}

impl Commit {
    /// The commit with this place and this body.
    pub fn new(epoch: u64, number: u64, size: u64, root: Hash, body: Bytes) -> Self {
        let digest = Sha256::new()
            .chain_update(b"HLC1")
            .chain_update(epoch.to_be_bytes())
            .chain_update(size.to_be_bytes())
            .chain_update(root.0)
            .chain_update(&body)
            .finalize();
        let mut id = [b'A'; 22];
        for (to, from) in id.iter_mut().zip(base64url::encode(&digest).bytes()) {
            *to = from;
        }
        Self { epoch, number, size, root, body, id: CommitId(id) }
    }

    /// The commit that appends this body after what the verifier has read.
    pub fn after(verifier: &Verifier, body: Bytes) -> Self {
        let head = verifier.head();
        Self::new(head.epoch, head.commit + 1, head.position, head.root, body)
    }

    /// The content-addressed id.
    pub const fn id(&self) -> CommitId {
        self.id
    }
}

/// A body in the making.
#[derive(Debug, Clone, Default)]
pub struct Body {
    bytes: Vec<u8>,
    /// Where each event ends.
    ends: Vec<usize>,
}

impl Body {
    /// An empty body.
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), ends: Vec::new() }
    }

    /// An empty body with room for so many bytes and events.
    pub fn with_capacity(bytes: usize, events: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), ends: Vec::with_capacity(events) }
    }

    /// Writes one more event.
    ///
    /// # Errors
    /// [`EncodeError`] when the event can't be written as the format wants it; the body stays as it was.
    pub fn push<'a>(&mut self, event: impl Into<Draft<'a>>) -> Result<(), EncodeError> {
        let before = self.bytes.len();
        self.bytes.push(if self.ends.is_empty() { b'[' } else { b',' });
        match encode::event(event, &mut self.bytes) {
            Ok(()) => {
                self.ends.push(self.bytes.len());
                Ok(())
            }
            Err(error) => {
                self.bytes.truncate(before);
                Err(error)
            }
        }
    }

    /// A mark to come back to with [`rewind`](Self::rewind).
    pub const fn mark(&self) -> (usize, usize) {
        (self.bytes.len(), self.ends.len())
    }

    /// Takes back everything written since the mark: the events of one command that did not fit.
    pub fn rewind(&mut self, (bytes, events): (usize, usize)) {
        self.bytes.truncate(bytes);
        self.ends.truncate(events);
    }

    /// Number of events.
    pub const fn events(&self) -> usize {
        self.ends.len()
    }

    /// Bytes that the finished body would have.
    pub const fn len(&self) -> usize {
        self.bytes.len() + 1
    }

    /// Whether nothing was written.
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The bytes of each event.
    pub(crate) fn each(&self) -> impl Iterator<Item = &[u8]> {
        // A bracket or a comma stands before each.
        let begins = std::iter::once(0).chain(self.ends.iter().copied()).map(|before| before + 1);
        begins.zip(&self.ends).map(|(begin, end)| self.bytes.get(begin..*end).unwrap_or_default())
    }

    /// The finished body.
    pub fn finish(mut self) -> Bytes {
        self.bytes.push(b']');
        self.bytes.into()
    }
}
