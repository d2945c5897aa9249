//! A partner: an organisation that works with sites.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::code::{PartnerKind, Pillar, ReasonCode};
use crate::command::{Act, Create};
use crate::correction::{CorrectEvent, Corrected, VoidEvent, Voided};
use crate::fact::Recorded;
use crate::history::History;
use crate::id::PartnerId;
use crate::{CdsCode, Refusal, State};

mod rules;
pub(crate) use rules::decide;

/// `partner-onboarded`, and `partner-details-changed` with all details anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Onboarded {
    /// Name of the organisation; never of a person.
    pub name: String,
    /// What sort of organisation.
    pub kind: PartnerKind,
    /// Employer identification number, `NN-NNNNNNN`; one live partner has it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ein: Option<String>,
    /// Id in an Open Referral directory, `<directory>:<id>`; one live partner has it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hsds: Option<String>,
    /// CDS code, where the partner is a district.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cds: Option<CdsCode>,
    /// Pillars that it works for.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub pillars: Vec<Pillar>,
    /// Languages it serves in, as codes such as `es`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub languages: Vec<String>,
    /// Where it serves.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub service_area: Option<String>,
}

/// `partner-vetted`: valid from the day in `effective` to the earlier of the two dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vetted {
    /// Last day of the insurance.
    #[schemars(with = "String")]
    pub insurance_until: Date,
    /// Last day of the clearance of its staff.
    #[schemars(with = "String")]
    pub clearance_until: Date,
    /// Staff alias of who checked.
    pub checked_by: String,
}

/// `partner-suspended`, `-reinstated`, `-offboarded`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Paused {
    /// Why.
    pub reason: ReasonCode,
}

/// Events about a partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// It works with the ledger's owner.
    PartnerOnboarded(Onboarded),
    /// Its details are these now.
    PartnerDetailsChanged(Onboarded),
    /// It was vetted.
    PartnerVetted(Vetted),
    /// It may not serve.
    PartnerSuspended(Paused),
    /// It may serve again.
    PartnerReinstated(Paused),
    /// It left.
    PartnerOffboarded(Paused),
    /// One of the above was wrong.
    PartnerCorrected(Box<Corrected<Event>>),
    /// One of the above did not happen.
    PartnerVoided(Box<Voided<Event>>),
}

/// Commands to a partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Onboards it.
    OnboardPartner(Create<PartnerId, Onboarded>),
    /// Changes its details.
    ChangePartnerDetails(Act<PartnerId, Onboarded>),
    /// Records a vetting.
    VetPartner(Act<PartnerId, Vetted>),
    /// Suspends it.
    SuspendPartner(Act<PartnerId, Paused>),
    /// Ends a suspension.
    ReinstatePartner(Act<PartnerId, Paused>),
    /// Offboards it.
    OffboardPartner(Act<PartnerId, Paused>),
    /// Corrects an event.
    CorrectPartner(Box<CorrectEvent<Event>>),
    /// Voids an event.
    VoidPartner(VoidEvent),
}

correctable! { Partner: PartnerCorrected, PartnerVoided; CorrectPartner, VoidPartner }

/// A partner as rules see it: its history, asked by date.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Partner {
    /// What happened to it.
    pub history: History<Event>,
}

impl Partner {
    /// Brings it up to a recorded event about it.
    pub fn record(&mut self, recorded: &Recorded<'_>, event: &Event) {
        self.history.record(recorded, event);
    }

    /// Its details as last recorded.
    pub fn details(&self) -> Option<&Onboarded> {
        self.history.holds_on(Date::MAX, |event| match event {
            Event::PartnerOnboarded(d) | Event::PartnerDetailsChanged(d) => Some(d),
            Event::PartnerVetted(_)
            | Event::PartnerSuspended(_)
            | Event::PartnerReinstated(_)
            | Event::PartnerOffboarded(_)
            | Event::PartnerCorrected(_)
            | Event::PartnerVoided(_) => None,
        })
    }

    /// Whether it was suspended on that day.
    pub fn is_suspended_on(&self, day: Date) -> bool {
        let suspended = self.history.holds_on(day, |event| match event {
            Event::PartnerSuspended(_) => Some(true),
            Event::PartnerReinstated(_) => Some(false),
            Event::PartnerOnboarded(_)
            | Event::PartnerDetailsChanged(_)
            | Event::PartnerVetted(_)
            | Event::PartnerOffboarded(_)
            | Event::PartnerCorrected(_)
            | Event::PartnerVoided(_) => None,
        });
        suspended.unwrap_or(false)
    }

    /// Whether a vetting was valid on that day (rule 2).
    pub fn is_vetted_on(&self, day: Date) -> bool {
        self.history.entries().iter().any(|entry| {
            let Event::PartnerVetted(vetted) = &entry.event else { return false };
            let from = entry.effective.map_or(Date::MAX, |e| e.from());
            from <= day && day <= vetted.insurance_until.min(vetted.clearance_until)
        })
    }

    /// Its last day, if it left.
    pub fn offboarded(&self) -> Option<Date> {
        let entry = self.history.entries().iter().find(|e| matches!(e.event, Event::PartnerOffboarded(_)))?;
        entry.effective.map(|e| e.to())
    }

    /// Rule 14: it had not left by that day.
    pub(crate) fn is_here_on(&self, day: Date) -> Result<(), Refusal> {
        match self.offboarded() {
            Some(since) if since < day => Err(Refusal::Closed { kind: "partner", since }),
            Some(_) | None => Ok(()),
        }
    }

    fn keys(&self) -> [Option<String>; 2] {
        let details = self.details();
        [
            details.and_then(|d| d.ein.as_ref()).map(|ein| format!("ein/{ein}")),
            details.and_then(|d| d.hsds.as_ref()).map(|hsds| format!("hsds/{hsds}")),
        ]
    }
}

pub(crate) fn evolve(state: &mut State, recorded: &Recorded<'_>, event: &Event) {
    let id = PartnerId::new(recorded.fact.subject.id);
    let partner = state.partners.entry(id).or_default();
    let before = partner.keys();
    partner.record(recorded, event);
    let after = partner.keys();
    if partner.history.is_empty() {
        state.partners.remove(&id);
    }
    for (before, after) in before.into_iter().zip(after) {
        if before != after {
            crate::state::rekey(&mut state.partner_by_key, before, after, id);
        }
    }
}
