//! What the caller of a command gets: a receipt, or a refusal.

use domain::Slug;
use proof::Hash;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use uuid::Uuid;

use crate::CommitId;
use crate::head::written_root;

/// Proof of an accepted command, to be kept by the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The ledger.
    pub ledger: Slug,
    /// Its epoch.
    pub epoch: u64,
    /// Number of the commit that holds its events.
    pub commit: u64,
    /// Id of that commit.
    pub commit_id: CommitId,
    /// Positions of its events, rising. Most commands make one event, and its receipt needs no memory of its own.
    pub positions: SmallVec<[u64; 1]>,
    /// Ids of its events, in the same order.
    pub event_ids: SmallVec<[Uuid; 1]>,
    /// Root of the tree after the commit; written as base64url of its 32 bytes.
    #[serde(with = "written_root")]
    pub root: Hash,
}

/// A violated rule, as it is told to the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalReply {
    /// Stable code in kebab case.
    pub code: String,
    /// A sentence for a person.
    pub message: String,
    /// What to do about it, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
    /// The field of the command that it is about, as a JSON pointer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// The earlier event that stands in the way.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub position: Option<u64>,
}

impl RefusalReply {
    /// A reply with a code and a sentence.
    pub fn new(code: &str, message: String) -> Self {
        Self { code: code.to_owned(), message, hint: None, field: None, position: None }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: &str) -> Self {
        self.hint = Some(hint.to_owned());
        self
    }

    /// The same with the field that it is about.
    #[must_use]
    pub fn field(mut self, pointer: &str) -> Self {
        self.field = Some(pointer.to_owned());
        self
    }
}

impl RefusalReply {
    /// What the rules say of a command. A correction brings its details elsewhere than the command that it corrects.
    pub fn of(refusal: &domain::Refusal, command: &domain::Command) -> Self {
        let reply = Self::from(refusal);
        let moved = reply.field.as_deref().and_then(|field| field.strip_prefix("/body/details/"));
        match moved.filter(|_| command.corrects().is_some()) {
            Some(field) => Self { field: Some(format!("/body/now/data/{field}")), ..reply },
            None => reply,
        }
    }
}

impl From<&domain::Refusal> for RefusalReply {
    fn from(refusal: &domain::Refusal) -> Self {
        Self {
            code: refusal.code().to_owned(),
            message: refusal.to_string(),
            hint: refusal.hint().map(str::to_owned),
            field: refusal.field().map(|field| format!("/body/{field}")),
            position: refusal.position(),
        }
    }
}

/// How a submitted command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Its events are appended, durable.
    Receipt(Receipt),
    /// The same command, or the same source record, was accepted before: the first receipt.
    Repeated(Receipt),
    /// A dry run that would have been accepted, with the number of events it would make.
    WouldAccept {
        /// How many events.
        events: usize,
    },
    /// A rule was violated.
    Refusal(RefusalReply),
}
