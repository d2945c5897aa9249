//! What a client asks a running `serve`, and what it is told; the transport (local socket, NATS) is not here.

use domain::Slug;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::submission::RawSource;
use crate::{Answer, HeadReply, Outcome, Query, Rebuilt, Receipt, RefusalReply, ViewDigest};

/// A request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Is it well?
    Health,
    /// Which ledgers are there?
    Ledgers,
    /// Where does this ledger stand?
    Head {
        /// The ledger.
        ledger: Slug,
    },
    /// The receipt of a command that was accepted.
    Receipt {
        /// The ledger.
        ledger: Slug,
        /// The command's id.
        command: Uuid,
    },
    /// Where an event stands.
    Place {
        /// The ledger.
        ledger: Slug,
        /// The event's id.
        event: Uuid,
    },
    /// From where a reader can verify the log after this commit, without reading all of it.
    Reader {
        /// The ledger.
        ledger: Slug,
        /// Number of the commit.
        commit: u64,
    },
    /// Where the event stands that came from a record of another system; answered by `Place`.
    Source {
        /// The ledger.
        ledger: Slug,
        /// The record, with its raw key.
        source: RawSource,
    },
    /// Take these commands, in order.
    Submit {
        /// The ledger.
        ledger: Slug,
        /// Commands as their senders wrote them.
        commands: Vec<Box<RawValue>>,
    },
    /// Answer this.
    Query {
        /// The question.
        query: Query,
    },
    /// Answer this, each row by itself, and say where in the log the events stand that made it. From where the question
    /// looks, and how many rows it wants, is passed over.
    Explain {
        /// The question.
        query: Query,
        /// Events up to this position are not asked for.
        after: u64,
    },
    /// Digests of all views.
    Digests {
        /// The ledger.
        ledger: Slug,
    },
    /// Build views anew beside the live ones, in one pass over the log, and swap those that differ.
    Rebuild {
        /// The ledger.
        ledger: Slug,
        /// The views.
        views: Vec<String>,
    },
    /// The stored commits after this one, as frames in base64url, as many as fit one reply.
    Read {
        /// The ledger.
        ledger: Slug,
        /// Number of the last commit that the client has.
        after: u64,
    },
}

impl Ask {
    /// What is asked, in one word.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Ledgers => "ledgers",
            Self::Head { .. } => "head",
            Self::Receipt { .. } => "receipt",
            Self::Place { .. } => "place",
            Self::Reader { .. } => "reader",
            Self::Source { .. } => "source",
            Self::Submit { .. } => "submit",
            Self::Query { .. } => "query",
            Self::Explain { .. } => "explain",
            Self::Digests { .. } => "digests",
            Self::Rebuild { .. } => "rebuild",
            Self::Read { .. } => "read",
        }
    }

    /// The ledger that it is about.
    pub const fn ledger(&self) -> Option<&Slug> {
        match self {
            Self::Health | Self::Ledgers => None,
            Self::Head { ledger }
            | Self::Receipt { ledger, .. }
            | Self::Place { ledger, .. }
            | Self::Reader { ledger, .. }
            | Self::Source { ledger, .. }
            | Self::Submit { ledger, .. }
            | Self::Digests { ledger }
            | Self::Rebuild { ledger, .. }
            | Self::Read { ledger, .. } => Some(ledger),
            Self::Query { query } | Self::Explain { query, .. } => Some(&query.ledger),
        }
    }
}

/// Some commits of a log, to be read alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// The place before them, as bytes of a [`Verifier`](crate::Verifier) in base64url.
    pub from: String,
    /// Number of the last.
    pub commit: u64,
    /// Position of the last event.
    pub position: u64,
}

/// A reply.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// To `Health`.
    Health {
        /// Whether everything is well.
        healthy: bool,
        /// One line for each thing that was looked at.
        lines: Vec<String>,
    },
    /// To `Ledgers`.
    Ledgers {
        /// Their slugs.
        ledgers: Vec<Slug>,
    },
    /// To `Head`.
    Head {
        /// The head.
        head: HeadReply,
    },
    /// To `Receipt`.
    Receipt {
        /// None if no such command was accepted.
        receipt: Option<Receipt>,
    },
    /// To `Place` and `Source`.
    Place {
        /// Its position; none if there is no such event.
        position: Option<u64>,
    },
    /// To `Reader`.
    Reader {
        /// A place at or before the commit, as bytes of a [`Verifier`](crate::Verifier) in base64url; none if none is kept.
        place: Option<String>,
    },
    /// To `Submit`, in the same order.
    Outcomes {
        /// How each ended.
        outcomes: Vec<Outcome>,
    },
    /// To `Query`.
    Answer {
        /// The answer.
        answer: Answer,
    },
    /// To `Explain`.
    Explained {
        /// The answer.
        answer: Answer,
        /// The first of the stretches to read, in order.
        stretches: Vec<Stretch>,
        /// How many there are.
        all: u64,
    },
    /// To `Digests`.
    Digests {
        /// One for each view.
        digests: Vec<ViewDigest>,
        /// The head that they are complete to.
        head: HeadReply,
    },
    /// To `Rebuild`.
    Rebuilt {
        /// What became of each view.
        views: Vec<Rebuilt>,
    },
    /// To `Read`.
    Commits {
        /// Frames, in order; empty at the head.
        frames: Vec<String>,
    },
    /// The request could not be answered; nothing was recorded unless `submitted` says so.
    Failed {
        /// What, why and what to do.
        refusal: RefusalReply,
        /// Whether sending the same again is safe; it always is, with the same command ids.
        repeat: bool,
    },
}
