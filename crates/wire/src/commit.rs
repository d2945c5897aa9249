//! A commit: one durable append of 1..=1000 events.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// Most events in one commit.
pub const EVENTS_MAX: usize = 1000;
/// Most bytes of a body, 900 KiB: below the broker's default of 1 MiB a message.
pub const BODY_BYTES_MAX: usize = 900 * 1024;

/// The first 22 characters of base64url(SHA-256(`HLC1` ‖ epoch u64 ‖ size u64 ‖ root ‖ body)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommitId([u8; 22]);

/// One commit as it is stored. The id is a function of the rest, so that a commit decided again can never be
/// mistaken for its first try, and the ids form a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Epoch of the ledger.
    pub epoch: u64,
    /// Its number in the log, from 1; equal to the JetStream sequence. Not part of the id: `size` and `root` are.
    pub number: u64,
    /// Number of events in the ledger before it.
    pub size: u64,
    /// Root of the tree before it.
    pub root: proof::Hash,
    /// `[` events joined by `,` `]`: a CloudEvents JSON batch.
    pub body: Bytes,
}
