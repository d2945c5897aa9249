//! A sharing: a council's decision that somebody outside the ledger may read something, for a purpose, until a day.
//!
//! Whoever reads across the boundary of a ledger asks [`State::shares_on`] on the day of the read.

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::code::ReasonCode;
use crate::command::{Act, Create};
use crate::correction::{CorrectEvent, Corrected, VoidEvent, Voided};
use crate::fact::Recorded;
use crate::history::History;
use crate::id::{DecisionId, SharingId};
use crate::sharing::code::{SharedData, SharingPurpose};
use crate::{Effective, Refusal, Slug, State};

pub mod code;
mod rules;
pub(crate) use rules::decide;

/// Who may read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Recipient {
    /// Another ledger, by its slug.
    Ledger(Slug),
    /// An organisation that has no ledger, by its code.
    Organisation(String),
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger(slug) => f.write_str(slug.as_str()),
            Self::Organisation(code) => f.write_str(code),
        }
    }
}

/// `sharing-proposed`; `effective` is the day of the proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proposed {
    /// With whom.
    pub to: Recipient,
    /// What; at least one.
    pub what: BTreeSet<SharedData>,
    /// What for.
    pub purpose: SharingPurpose,
}

/// `sharing-approved`; `effective` is the span in which it is live: its last day is the expiry, at most five years
/// after the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// The council's decision; adopted by the first day.
    pub decision: DecisionId,
    /// What was proposed and is approved; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proposed: Option<Proposed>,
}

/// `sharing-revoked`; `effective` is the first day on which nothing is read any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Revoked {
    /// Why.
    pub reason: ReasonCode,
    /// What was approved and is revoked; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proposed: Option<Proposed>,
}

/// Events about a sharing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// Somebody is to read something.
    SharingProposed(Proposed),
    /// They may, until its expiry.
    SharingApproved(Approved),
    /// They may no longer.
    SharingRevoked(Revoked),
    /// One of the above was wrong.
    SharingCorrected(Box<Corrected<Event>>),
    /// One of the above did not happen.
    SharingVoided(Box<Voided<Event>>),
}

/// Commands to a sharing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Proposes it.
    ProposeSharing(Create<SharingId, Proposed>),
    /// Approves it.
    ApproveSharing(Act<SharingId, Approved>),
    /// Revokes it.
    RevokeSharing(Act<SharingId, Revoked>),
    /// Corrects an event.
    CorrectSharing(Box<CorrectEvent<Event>>),
    /// Voids an event.
    VoidSharing(VoidEvent),
}

correctable! { Sharing: SharingCorrected, SharingVoided; CorrectSharing, VoidSharing }

/// A sharing as rules see it: its history.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sharing {
    /// What happened to it.
    pub history: History<Event>,
}

impl Sharing {
    /// Brings it up to a recorded event about it.
    pub fn record(&mut self, recorded: &Recorded<'_>, event: &Event) {
        self.history.record(recorded, event);
    }

    /// What was proposed.
    pub fn proposed(&self) -> Option<&Proposed> {
        self.history.entries().iter().find_map(|entry| {
            if let Event::SharingProposed(proposed) = &entry.event { Some(proposed) } else { None }
        })
    }

    /// The span in which it was approved, and the decision.
    pub fn approved(&self) -> Option<(Effective, DecisionId)> {
        self.history.entries().iter().find_map(|entry| {
            let Event::SharingApproved(approved) = &entry.event else { return None };
            Some((entry.effective?, approved.decision))
        })
    }

    /// The first day on which it is no longer live, if it was revoked.
    pub fn revoked(&self) -> Option<Date> {
        let entry = self.history.entries().iter().find(|e| matches!(e.event, Event::SharingRevoked(_)))?;
        entry.effective.map(|e| e.from())
    }

    /// Rule 10: whether something may be read under it on that day. No read outlives it.
    pub fn is_live_on(&self, day: Date) -> bool {
        self.approved().is_some_and(|(span, _)| span.contains(day))
            && self.revoked().is_none_or(|revoked| day < revoked)
    }

    /// The day on which it cites the decision: its first.
    pub(crate) fn cites(&self, decision: DecisionId) -> Option<Date> {
        self.approved().filter(|(_, cited)| *cited == decision).map(|(span, _)| span.from())
    }
}

impl State {
    /// Rule 10: what may be read under a sharing on that day, for whoever reads across the ledger's boundary.
    ///
    /// # Errors
    /// [`Refusal::SharingNotLive`] when it does not hold on that day, and what [`State::adopted`] says when its decision
    /// does not stand any more.
    pub fn shares_on(&self, id: SharingId, day: Date) -> Result<&Proposed, Refusal> {
        let sharing = self.sharing(id)?;
        let live = sharing.approved().filter(|_| sharing.is_live_on(day));
        let (Some((_, decision)), Some(proposed)) = (live, sharing.proposed()) else {
            return Err(Refusal::SharingNotLive { date: day });
        };
        self.adopted(decision, day)?;
        Ok(proposed)
    }
}

pub(crate) fn evolve(state: &mut State, recorded: &Recorded<'_>, event: &Event) {
    let id = SharingId::new(recorded.fact.subject.id);
    let sharing = state.sharings.entry(id).or_default();
    sharing.record(recorded, event);
    if sharing.history.is_empty() {
        state.sharings.remove(&id);
    }
}
