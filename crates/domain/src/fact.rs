//! What a decision yields: facts about things.
//!
//! Envelope attributes that say who, when and on what basis belong to the wire; they are not here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Effective;
pub use crate::thing::{Event, Kind};

/// Microseconds since the Unix epoch, UTC: when the ledger learned something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// What an event is about, written `<kind>/<id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// Kind of the thing.
    pub kind: Kind,
    /// Its id; for the ledger itself, the nil UUID.
    pub id: Uuid,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.as_str(), self.id.hyphenated())
    }
}

/// The text is not `<kind>/<uuid>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotASubject;

impl FromStr for Subject {
    type Err = NotASubject;
    fn from_str(text: &str) -> Result<Self, NotASubject> {
        let (kind, id) = text.split_once('/').ok_or(NotASubject)?;
        let kind = Kind::ALL.iter().copied().find(|k| k.as_str() == kind).ok_or(NotASubject)?;
        Ok(Self { kind, id: Uuid::try_parse(id).map_err(|_| NotASubject)? })
    }
}

/// One thing that became true, before it has a place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub subject: Subject,
    /// When it is true in the world; absent where the moment of recording says it all.
    pub effective: Option<Effective>,
    /// The id of the event that this one corrects or voids.
    pub corrects: Option<Uuid>,
    /// What happened.
    pub event: Event,
}

/// A fact with its place in the log, as `evolve` sees it.
#[derive(Debug, Clone, Copy)]
pub struct Recorded<'a> {
    /// Number of the event in its ledger, from 1.
    pub position: u64,
    /// Id of the event.
    pub id: Uuid,
    /// When it was recorded.
    pub time: Timestamp,
    /// The fact.
    pub fact: &'a Fact,
}
