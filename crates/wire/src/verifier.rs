//! The reader's half of the log: checks commit after commit against what came before.
//!
//! Recorder, projector, `replay` and `verify` all read through this one function, so that none of them can
//! forget a check.

use crate::{Commit, Head, RecordedEvent};

/// A reader's place in a ledger: enough to check the next commit. Small (at most 64 hashes) and storable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    head: Head,
}

/// What is wrong with a commit, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("commit {commit}, position {position}: {kind}")]
pub struct Broken {
    /// Number of the bad commit.
    pub commit: u64,
    /// First position that can't be trusted.
    pub position: u64,
    /// What is wrong.
    pub kind: BrokenKind,
}

/// Kinds of breakage; `Display` is the code in kebab case that `verify` prints as `kind`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenKind {
    /// Its number is not the one after the last.
    #[error("gap")]
    Gap,
    /// Its epoch is not the ledger's.
    #[error("epoch-mismatch")]
    Epoch,
    /// Its id is not the hash of its content.
    #[error("commit-id-mismatch")]
    CommitId,
    /// Its size or root before it is not what was computed.
    #[error("root-mismatch")]
    Root,
    /// Its body is not a JSON batch in the written form, or an event in it is malformed.
    #[error("malformed")]
    Malformed,
    /// An event's `sequence`, `epoch`, `time` or `source` contradicts its place.
    #[error("misplaced-event")]
    Misplaced,
    /// A frame's checksum does not match (embedded file).
    #[error("checksum-mismatch")]
    Checksum,
    /// The log contradicts a head that the reader holds.
    #[error("contradicts-known-head")]
    KnownHead,
}

impl Verifier {
    /// Accepts the next commit or says what is wrong; on error nothing changes.
    ///
    /// # Errors
    /// [`Broken`] with the first position that can't be trusted.
    pub fn accept(&mut self, _commit: &Commit) -> Result<Head, Broken> {
        todo!()
    }

    /// Like [`accept`](Self::accept), and interprets every event in the same pass over the bytes.
    ///
    /// # Errors
    /// As `accept`; an event of unknown type or version is [`Interpreted::Unknown`], not an error.
    pub fn accept_events(&mut self, _commit: &Commit) -> Result<Vec<Interpreted>, Broken> {
        todo!()
    }

    /// Where the reader stands.
    pub const fn head(&self) -> Head {
        self.head
    }
}

/// One event of a verified commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interpreted {
    /// Known type and version.
    Event(Box<RecordedEvent>),
    /// Verified, but of a type or version that this build does not know.
    Unknown {
        /// Its position.
        position: u64,
        /// Its `type`.
        kind: String,
    },
}
