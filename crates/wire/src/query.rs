//! Questions to views and their answers.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Slug;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::head::root_text;
use crate::{AsOf, Head, Vantage};

/// A question to one view of one ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The ledger.
    pub ledger: Slug,
    /// The view, such as `service-ledger`.
    pub view: String,
    /// Column to value; each view says which it knows.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub filters: BTreeMap<String, String>,
    /// Answer by what was known then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub as_of: Option<AsOf>,
    /// Answer for this day of the world: what begins later is left out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_on: Option<Date>,
    /// Wait until the view has this epoch and position: read your own writes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub min_position: Option<(u64, u64)>,
    /// Most rows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limit: Option<usize>,
    /// Wait for `min_position` so many seconds, at most [`WAIT_SECONDS_MAX`], and not as long as the projector is set to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wait: Option<u32>,
}

/// Longest that anybody may have a question wait.
pub const WAIT_SECONDS_MAX: u32 = 30;

impl Query {
    /// For how long somebody has it wait.
    pub const fn patience(&self) -> Duration {
        match self.wait {
            Some(seconds) if seconds < WAIT_SECONDS_MAX => Duration::from_secs(seconds as u64),
            Some(_) => Duration::from_secs(WAIT_SECONDS_MAX as u64),
            None => Duration::ZERO,
        }
    }

    /// From where it looks.
    pub const fn vantage(&self) -> Vantage {
        Vantage { as_of: self.as_of, valid_on: self.valid_on }
    }
}

/// A head as it is told to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadReply {
    /// The ledger.
    pub ledger: Slug,
    /// Its epoch.
    pub epoch: u64,
    /// Last commit.
    pub commit: u64,
    /// Last position.
    pub position: u64,
    /// Root, base64url of 32 bytes.
    pub root: String,
}

impl HeadReply {
    /// The head of this ledger.
    pub fn new(ledger: &Slug, head: &Head) -> Self {
        let Head { epoch, commit, position, root } = head;
        let (ledger, root) = (ledger.clone(), root_text(root));
        Self { ledger, epoch: *epoch, commit: *commit, position: *position, root }
    }
}

/// What a view says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The head that the answer is complete to.
    pub head: HeadReply,
    /// The view.
    pub view: String,
    /// Its revision.
    pub revision: u32,
    /// Entities that the view could not take in; 0 unless something is wrong.
    pub parked: u64,
    /// The rows.
    pub rows: Vec<serde_json::Value>,
}

/// Digest over all rows of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewDigest {
    /// The ledger.
    pub ledger: Slug,
    /// The view.
    pub view: String,
    /// SHA-256 in hexadecimal.
    pub digest: String,
    /// Position that it is complete to.
    pub position: u64,
}

/// A view that was built anew beside the live one, and put in its place if they differed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rebuilt {
    /// What it holds now; it follows from the log.
    pub now: ViewDigest,
    /// Digest of the rows before. Another one means that the live view was wrong.
    pub was: String,
}

impl Rebuilt {
    /// Whether the live view was right.
    pub fn is_equal(&self) -> bool {
        self.now.digest == self.was
    }
}
