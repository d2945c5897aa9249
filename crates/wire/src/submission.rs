//! A command on its way to the recorder, with raw record keys already replaced by their HMAC.

use domain::{Command, Slug, Timestamp};
use uuid::Uuid;

use crate::envelope::SourceRecord;

/// The two keys of a ledger, until the vault holds them.
#[derive(Clone)]
pub struct LedgerKeys {
    /// K_cmd: key of `commandhash`.
    pub command: [u8; 32],
    /// K_src: key of `sourcekey`.
    pub source: [u8; 32],
}

/// A command as the recorder takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The ledger it is for.
    pub ledger: Slug,
    /// The caller's idempotency key.
    pub command_id: Uuid,
    /// base64url(HMAC-SHA-256(K_cmd, canonical JSON of name, version and body)[..16]), as bytes.
    pub command_hash: [u8; 16],
    /// What is asked.
    pub command: Command,
    /// Who asks.
    pub actor: String,
    /// For whom.
    pub on_behalf_of: Option<String>,
    /// Token id.
    pub credential: Option<String>,
    /// Basis.
    pub basis: Option<String>,
    /// Purpose code.
    pub purpose: Option<String>,
    /// The record it came from.
    pub source: Option<SourceRecord>,
    /// Correlation.
    pub correlation_id: Option<Uuid>,
    /// The event that caused it.
    pub causation_id: Option<Uuid>,
    /// Decide, but append nothing.
    pub dry_run: bool,
    /// Reserved for the sender's clock; not trusted.
    pub sent: Option<Timestamp>,
}
