//! A consent to services in one case: what it covers, on whose word, from when to when, and whether it was withdrawn.
//!
//! Deliveries name it in their basis. A later withdrawal or correction does not undo what was lawful when it was recorded.

use std::collections::BTreeSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::basis::Need;
use crate::code::ServiceKind;
use crate::command::{Act, Create};
use crate::correction::{CorrectEvent, Corrected, VoidEvent, Voided};
use crate::fact::Recorded;
use crate::history::History;
use crate::id::{CaseId, ConsentId};
use crate::{Effective, Refusal, State};

mod rules;
pub(crate) use rules::decide;

/// On whose word a consent rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentBasis {
    /// A parent or guardian consented.
    ParentConsent,
    /// A minor consented who may by law.
    MinorConsent,
    /// A student of full age consented.
    AdultStudentConsent,
    /// A court ordered it.
    CourtOrder,
}

/// Why a consent was withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WithdrawalReason {
    /// The family wished so.
    FamilyChoice,
    /// The student wished so.
    StudentChoice,
    /// Another consent takes its place.
    Replaced,
    /// The services ended.
    ServicesEnded,
    /// The order of the court ended.
    OrderEnded,
    /// Anything else.
    Other,
}

/// `consent-recorded`; `effective` is its span, at whose end it expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consented {
    /// In which case.
    pub case: CaseId,
    /// To which kinds of service; 1 to 28.
    pub kinds: BTreeSet<ServiceKind>,
    /// On whose word.
    pub basis: ConsentBasis,
}

/// `consent-withdrawn`; from the day of `effective` on it does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdrawn {
    /// Why.
    pub reason: WithdrawalReason,
}

/// Events about a consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// It was given.
    ConsentRecorded(Consented),
    /// It was taken back.
    ConsentWithdrawn(Withdrawn),
    /// One of the above was wrong.
    ConsentCorrected(Box<Corrected<Event>>),
    /// One of the above did not happen.
    ConsentVoided(Box<Voided<Event>>),
}

/// Commands to a consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Records it.
    RecordConsent(Create<ConsentId, Consented>),
    /// Withdraws it.
    WithdrawConsent(Act<ConsentId, Withdrawn>),
    /// Corrects an event.
    CorrectConsent(Box<CorrectEvent<Event>>),
    /// Voids an event.
    VoidConsent(VoidEvent),
}

correctable! { Consent: ConsentCorrected, ConsentVoided; CorrectConsent, VoidConsent }

/// A consent as rules see it: its history.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Consent {
    /// What happened to it.
    pub history: History<Event>,
}

impl Consent {
    /// What was consented to, and its span.
    pub fn consented(&self) -> Option<(&Consented, Effective)> {
        self.history.entries().iter().find_map(|entry| {
            let Event::ConsentRecorded(consented) = &entry.event else { return None };
            Some((consented, entry.effective?))
        })
    }

    /// The day from which it was taken back.
    pub fn withdrawn(&self) -> Option<Date> {
        let entry = self.history.entries().iter().find(|e| matches!(e.event, Event::ConsentWithdrawn(_)))?;
        entry.effective.map(|e| e.from())
    }

    /// Rule 3: it is of the case, covers the kind, was not withdrawn by now, and holds on the day.
    pub(crate) fn covers(&self, Need { case, kind, day }: Need) -> Result<(), Refusal> {
        let not_live = Refusal::ConsentNotLive { date: day };
        let Some((consented, span)) = self.consented() else { return Err(not_live) };
        if case.is_some_and(|case| case != consented.case) {
            return Err(Refusal::ConsentNotForCase);
        }
        if let Some(kind) = kind.filter(|kind| !consented.kinds.contains(kind)) {
            return Err(Refusal::ConsentNotForKind { kind });
        }
        if let Some(since) = self.withdrawn() {
            return Err(Refusal::ConsentWithdrawn { since });
        }
        if span.contains(day) { Ok(()) } else { Err(not_live) }
    }
}

pub(crate) fn evolve(state: &mut State, recorded: &Recorded<'_>, event: &Event) {
    let id = ConsentId::new(recorded.fact.subject.id);
    let consent = state.consents.entry(id).or_default();
    consent.history.record(recorded, event);
    if consent.history.is_empty() {
        state.consents.remove(&id);
    }
}
