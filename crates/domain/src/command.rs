//! The bodies that commands to most things have.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Effective;

/// Body of a command that makes a new thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Create<I, D> {
    /// Id of the new thing; minted by the ledger when absent.
    // Without `default`, which would ask `Default` of every id; a missing option is none all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<I>,
    /// When it is true.
    pub effective: Effective,
    /// What it is.
    pub details: D,
}

/// Body of a command to a thing that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Act<I, D> {
    /// Which thing.
    pub id: I,
    /// When it is true.
    pub effective: Effective,
    /// What is so.
    pub details: D,
}
