//! A report that was published: what was said to the world, and which record it was said from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::code;
use crate::{Refusal, SchoolYear, Slug, State};

/// Most parameters of a report.
const PARAMETERS_MAX: usize = 20;
/// Most ledgers that a report speaks of.
const HEADS_MAX: usize = 200;

/// `report-published`: anybody who holds the logs up to these heads can make the same report, and compare its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportPublished {
    /// Code of the report, such as `annual-progress`.
    pub name: String,
    /// The school year that it is about, such as `2025-26`.
    pub school_year: String,
    /// What else it was made with: codes by name, such as `site`, or the revision of a view; at most 20.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub parameters: BTreeMap<String, String>,
    /// How far it has read each ledger, 1 to 200.
    pub heads: Vec<ReadHead>,
    /// SHA-256 of the report's bytes, 64 hexadecimal digits in lower case.
    pub hash: String,
    /// Cells that show their count.
    pub cells_published: u32,
    /// Cells whose count is suppressed.
    pub cells_suppressed: u32,
    /// Position of the event that set the policy by which cells were suppressed, in this ledger.
    pub policy: u64,
}

/// How far a report has read a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadHead {
    /// The ledger.
    #[schemars(with = "String")]
    pub ledger: Slug,
    /// Its epoch, from 1.
    pub epoch: u64,
    /// Its last position, from 1.
    pub position: u64,
    /// Its root there, 43 characters of base64url.
    pub root: String,
}

/// What is published says in full what it was made of.
pub(super) fn sound(state: &State, report: &ReportPublished) -> Result<(), Refusal> {
    code("name", &report.name)?;
    if report.school_year.parse::<SchoolYear>().is_err() {
        return Err(Refusal::OutOfRange { field: "school_year", range: "a school year, such as 2025-26" });
    }
    if report.parameters.len() > PARAMETERS_MAX {
        return Err(Refusal::ListNotAllowed { field: "parameters", max: PARAMETERS_MAX });
    }
    for (name, value) in &report.parameters {
        code("parameters", name)?;
        code("parameters", value)?;
    }
    heads(&report.heads)?;
    if report.hash.len() != 64 || !report.hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(Refusal::OutOfRange { field: "hash", range: "64 hexadecimal digits in lower case" });
    }
    if !(1..=state.policy_position()).contains(&report.policy) {
        return Err(Refusal::OutOfRange {
            field: "policy",
            range: "the position of a policy of this ledger",
        });
    }
    Ok(())
}

fn heads(heads: &[ReadHead]) -> Result<(), Refusal> {
    let mut ledgers: Vec<&Slug> = heads.iter().map(|head| &head.ledger).collect();
    ledgers.sort_unstable();
    ledgers.dedup();
    if heads.is_empty() || heads.len() > HEADS_MAX || ledgers.len() < heads.len() {
        return Err(Refusal::ListNotAllowed { field: "heads", max: HEADS_MAX });
    }
    for head in heads {
        if head.epoch == 0 || head.position == 0 {
            return Err(Refusal::OutOfRange { field: "heads", range: "epochs and positions from 1" });
        }
        let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        if head.root.len() != 43 || !head.root.bytes().all(known) {
            return Err(Refusal::OutOfRange { field: "heads", range: "roots of 43 characters of base64url" });
        }
    }
    Ok(())
}
