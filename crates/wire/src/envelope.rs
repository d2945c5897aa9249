//! The attributes of an event around its payload: who, when, on what basis, where in the log.

use std::collections::BTreeMap;
use std::fmt;

use domain::{Effective, Fact, Slug, Subject, Timestamp};
use uuid::Uuid;

/// Where a ledger's events come from: `urn:hubledger:<deployment>:<slug>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Name of the deployment, a slug.
    pub deployment: Slug,
    /// The ledger.
    pub ledger: Slug,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "urn:hubledger:{}:{}", self.deployment, self.ledger)
    }
}

/// All attributes but those that the fact brings (`type`, `subject`, `effective`, `corrects`, `data`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// `id`, a UUIDv7 stamped once per command.
    pub id: Uuid,
    /// `source`.
    pub origin: Origin,
    /// `time`: when it was recorded.
    pub time: Timestamp,
    /// `sequence`: the position, from 1.
    pub position: u64,
    /// `epoch`.
    pub epoch: u64,
    /// `commandid`: the caller's idempotency key.
    pub command_id: Uuid,
    /// `commandhash`.
    pub command_hash: [u8; 16],
    /// `correlationid`.
    pub correlation_id: Option<Uuid>,
    /// `causationid`: an event id.
    pub causation_id: Option<Uuid>,
    /// `actor`: the principal.
    pub actor: String,
    /// `onbehalfof`.
    pub on_behalf_of: Option<String>,
    /// `credential`: id of the token, never the secret.
    pub credential: Option<String>,
    /// `basis`: space-separated.
    pub basis: Option<String>,
    /// `purpose`: a code.
    pub purpose: Option<String>,
    /// `sourcesystem`, `sourcekey`, `part`, `reportedtime`.
    pub source: Option<SourceRecord>,
    /// `rules`: revision of the rule set that decided.
    pub rules: u32,
    /// `policy`: position of the policy event in force; 0 is never written.
    pub policy: u64,
    /// `salt`.
    pub salt: [u8; 16],
}

/// The record in the sender's system that an event came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRecord {
    /// `sourcesystem`.
    pub system: String,
    /// `sourcekey`: HMAC of system and key, never the key itself.
    pub key: [u8; 16],
    /// `part`: number of the part when one record needs several events, from 1.
    pub part: Option<u32>,
    /// `reportedtime`: when the source recorded it.
    pub reported: Option<Timestamp>,
}

/// An event as it stands in the log, interpreted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Everything around the fact.
    pub envelope: Envelope,
    /// The fact.
    pub fact: Fact,
    /// `data.sealed`: frames that only the holder of a key can open, by the JSON pointer of their field,
    /// base64url. Nothing seals yet; what stands in the log is kept.
    pub sealed: BTreeMap<String, String>,
}

impl RecordedEvent {
    /// What it is about.
    pub const fn subject(&self) -> Subject {
        self.fact.subject
    }

    /// When it is true in the world.
    pub const fn effective(&self) -> Option<Effective> {
        self.fact.effective
    }

    /// The fact with its place, as `domain::evolve` takes it.
    pub const fn recorded(&self) -> domain::Recorded<'_> {
        domain::Recorded {
            position: self.envelope.position,
            id: self.envelope.id,
            time: self.envelope.time,
            fact: &self.fact,
        }
    }
}
