//! Corrections and voids, the same for every thing.
//!
//! A correction carries what it replaces. A reader that keeps sums can then take the old value out and put
//! the new one in without keeping a row for each event.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Effective;

/// Why a record is corrected or voided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CorrectionReason {
    /// Typed or read wrongly.
    EntryError,
    /// Recorded twice under different keys.
    Duplicate,
    /// The wrong thing, person or date was named.
    WrongSubject,
    /// The sender's system sent a new value.
    SourceChanged,
    /// A family asked for an amendment and it was granted.
    AmendmentGranted,
    /// It did not take place.
    NeverHappened,
}

/// The content of the event that is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replaced<E> {
    /// Its date of effect.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub effective: Option<Effective>,
    /// Its payload.
    pub event: E,
}

/// Payload of `…-corrected`: from now on `now` counts instead of `was`, on the date in the attribute
/// `effective`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Corrected<E> {
    /// Why.
    pub reason: CorrectionReason,
    /// What counted until now.
    pub was: Replaced<E>,
    /// What counts from now on.
    pub now: E,
}

/// Payload of `…-voided`: `was` no longer counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Voided<E> {
    /// Why.
    pub reason: CorrectionReason,
    /// What counted until now.
    pub was: Replaced<E>,
}

/// `void-…`, for every thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VoidEvent {
    /// Id of the event to void.
    pub corrects: Uuid,
    /// Why.
    pub reason: CorrectionReason,
}
