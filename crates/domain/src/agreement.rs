//! An agreement between the ledger's owner and one partner, and what it covers on a day.
//!
//! Of deliveries it knows only the days, sites and kinds, so that no later change can strand them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::State;
use crate::code::{AgreementKind, Pillar, ReasonCode, ServiceKind, SignatoryRole};
use crate::command::{Act, Create};
use crate::correction::{CorrectEvent, Corrected, VoidEvent, Voided};
use crate::fact::Recorded;
use crate::history::History;
use crate::id::{AgreementId, PartnerId, SiteId};

mod rules;
pub(crate) use rules::decide;

/// What an agreement covers; an amendment states all of it anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Sites where it may be delivered.
    pub sites: BTreeSet<SiteId>,
    /// Pillars.
    pub pillars: BTreeSet<Pillar>,
    /// Kinds of service.
    pub kinds: BTreeSet<ServiceKind>,
    /// Codes of the funding sources.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub funding: Vec<String>,
    /// Codes of the data that may be shared.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub data_scope: Vec<String>,
    /// Minutes pledged over its life.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pledged_minutes: Option<u64>,
    /// Value pledged over its life, in cents.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pledged_cents: Option<u64>,
}

/// `agreement-signed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// With whom.
    pub partner: PartnerId,
    /// Reference number; one live agreement has it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reference: Option<String>,
    /// What it is.
    pub kind: AgreementKind,
    /// What it covers.
    pub terms: Terms,
    /// Who signed, by role.
    pub signatories: BTreeSet<SignatoryRole>,
}

/// `agreement-renewed`; the terms stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Renewed {}

/// `agreement-suspended`, `-resumed`, `-ended`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Paused {
    /// Why.
    pub reason: ReasonCode,
}

/// Events about an agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// It was signed; `effective` is its span.
    AgreementSigned(Signed),
    /// These terms hold from the first day of `effective`; its last day is the new end.
    AgreementAmended(Terms),
    /// It also holds in the span of `effective`.
    AgreementRenewed(Renewed),
    /// It does not hold from this day.
    AgreementSuspended(Paused),
    /// It holds again from this day.
    AgreementResumed(Paused),
    /// This is its last day.
    AgreementEnded(Paused),
    /// One of the above was wrong.
    AgreementCorrected(Box<Corrected<Event>>),
    /// One of the above did not happen.
    AgreementVoided(Box<Voided<Event>>),
}

/// Commands to an agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Signs it.
    SignAgreement(Create<AgreementId, Signed>),
    /// Amends it.
    AmendAgreement(Act<AgreementId, Terms>),
    /// Adds a period.
    RenewAgreement(Act<AgreementId, Renewed>),
    /// Suspends it.
    SuspendAgreement(Act<AgreementId, Paused>),
    /// Resumes it.
    ResumeAgreement(Act<AgreementId, Paused>),
    /// Ends it.
    EndAgreement(Act<AgreementId, Paused>),
    /// Corrects an event.
    CorrectAgreement(Box<CorrectEvent<Event>>),
    /// Voids an event.
    VoidAgreement(VoidEvent),
}

correctable! { Agreement: AgreementCorrected, AgreementVoided; CorrectAgreement, VoidAgreement }

/// Number of live deliveries by site, kind and day.
type Delivered = BTreeMap<SiteId, BTreeMap<ServiceKind, BTreeMap<Date, u32>>>;

/// An agreement as rules see it: its history, asked by date, and the days of what was delivered under it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Agreement {
    /// What happened to it.
    pub history: History<Event>,
    delivered: Delivered,
}

impl Agreement {
    /// Brings it up to a recorded event about it.
    pub fn record(&mut self, recorded: &Recorded<'_>, event: &Event) {
        self.history.record(recorded, event);
    }

    /// What was signed.
    pub fn signed(&self) -> Option<&Signed> {
        self.history.entries().iter().find_map(|entry| {
            if let Event::AgreementSigned(signed) = &entry.event { Some(signed) } else { None }
        })
    }

    /// With whom.
    pub fn partner(&self) -> Option<PartnerId> {
        self.signed().map(|s| s.partner)
    }

    /// The terms that hold on that day; nothing when it is not active.
    pub fn terms_on(&self, day: Date) -> Option<&Terms> {
        terms_on(&self.history, day)
    }

    /// Its last day, if it was ended.
    pub fn ended(&self) -> Option<Date> {
        let entry = self.history.entries().iter().find(|e| matches!(e.event, Event::AgreementEnded(_)))?;
        entry.effective.map(|e| e.to())
    }

    /// The terms as last agreed, whether or not it is active.
    pub fn latest_terms(&self) -> Option<&Terms> {
        agreed_on(&self.history, Date::MAX)
    }

    /// The last day on which it is or was to be in force.
    pub fn last_day(&self) -> Option<Date> {
        let (mut first, mut renewed) = (None, None);
        for entry in self.history.entries() {
            let to = entry.effective.map(|e| e.to());
            match &entry.event {
                Event::AgreementSigned(_) | Event::AgreementAmended(_) => first = to,
                Event::AgreementRenewed(_) => renewed = renewed.max(to),
                Event::AgreementSuspended(_)
                | Event::AgreementResumed(_)
                | Event::AgreementEnded(_)
                | Event::AgreementCorrected(_)
                | Event::AgreementVoided(_) => {}
            }
        }
        let last = first.max(renewed)?;
        Some(self.ended().map_or(last, |ended| last.min(ended)))
    }

    /// Whether it is suspended on that day.
    pub fn is_suspended_on(&self, day: Date) -> bool {
        is_suspended_on(&self.history, day)
    }

    /// Whether any of its terms names the site.
    pub fn names_site(&self, site: SiteId) -> bool {
        self.history.entries().iter().any(|entry| match &entry.event {
            Event::AgreementSigned(signed) => signed.terms.sites.contains(&site),
            Event::AgreementAmended(terms) => terms.sites.contains(&site),
            Event::AgreementRenewed(_)
            | Event::AgreementSuspended(_)
            | Event::AgreementResumed(_)
            | Event::AgreementEnded(_)
            | Event::AgreementCorrected(_)
            | Event::AgreementVoided(_) => false,
        })
    }

    /// Whether anything was delivered under it.
    pub fn has_deliveries(&self) -> bool {
        !self.delivered.is_empty()
    }

    /// Rule 7: a day with a delivery that the changed history would no longer cover.
    fn stranded_by(&self, changed: &History<Event>) -> Option<Date> {
        for (site, kinds) in &self.delivered {
            for (kind, days) in kinds {
                let bare = days.keys().find(|day| {
                    !terms_on(changed, **day)
                        .is_some_and(|t| t.sites.contains(site) && t.kinds.contains(kind))
                });
                if let Some(day) = bare {
                    return Some(*day);
                }
            }
        }
        None
    }

    pub(crate) fn count_delivery(&mut self, site: SiteId, kind: ServiceKind, day: Date) {
        let days = self.delivered.entry(site).or_default().entry(kind).or_default();
        let count = days.entry(day).or_default();
        *count = count.saturating_add(1);
    }

    pub(crate) fn uncount_delivery(&mut self, site: SiteId, kind: ServiceKind, day: Date) {
        // Empty levels go, so that `has_deliveries` and equality of states stay exact.
        let Some(kinds) = self.delivered.get_mut(&site) else { return };
        if let Some(days) = kinds.get_mut(&kind) {
            match days.get_mut(&day) {
                Some(count) if *count > 1 => *count = count.saturating_sub(1),
                Some(_) => drop(days.remove(&day)),
                None => {}
            }
            if days.is_empty() {
                kinds.remove(&kind);
            }
        }
        if kinds.is_empty() {
            self.delivered.remove(&site);
        }
    }
}

/// The terms in force on a day. Periods come from signing and renewals; the last amendment that began by then
/// brings the terms, and the last amendment of all the end of the first period.
fn terms_on(history: &History<Event>, day: Date) -> Option<&Terms> {
    let mut active = false;
    let mut first: Option<(Date, Date)> = None;
    let mut ended = Date::MAX;
    for entry in history.entries() {
        let Some(effective) = entry.effective else { continue };
        match &entry.event {
            Event::AgreementSigned(_) => first = Some((effective.from(), effective.to())),
            Event::AgreementAmended(_) => first = first.map(|(from, _)| (from, effective.to())),
            Event::AgreementRenewed(_) => active |= effective.contains(day),
            Event::AgreementEnded(_) => ended = effective.to(),
            Event::AgreementSuspended(_)
            | Event::AgreementResumed(_)
            | Event::AgreementCorrected(_)
            | Event::AgreementVoided(_) => {}
        }
    }
    active |= first.is_some_and(|(from, to)| from <= day && day <= to);
    if !active || day > ended || is_suspended_on(history, day) {
        return None;
    }
    agreed_on(history, day)
}

fn agreed_on(history: &History<Event>, day: Date) -> Option<&Terms> {
    history.holds_on(day, |event| match event {
        Event::AgreementSigned(signed) => Some(&signed.terms),
        Event::AgreementAmended(terms) => Some(terms),
        Event::AgreementRenewed(_)
        | Event::AgreementSuspended(_)
        | Event::AgreementResumed(_)
        | Event::AgreementEnded(_)
        | Event::AgreementCorrected(_)
        | Event::AgreementVoided(_) => None,
    })
}

fn is_suspended_on(history: &History<Event>, day: Date) -> bool {
    let suspended = history.holds_on(day, |event| match event {
        Event::AgreementSuspended(_) => Some(true),
        Event::AgreementResumed(_) => Some(false),
        Event::AgreementSigned(_)
        | Event::AgreementAmended(_)
        | Event::AgreementRenewed(_)
        | Event::AgreementEnded(_)
        | Event::AgreementCorrected(_)
        | Event::AgreementVoided(_) => None,
    });
    suspended.unwrap_or(false)
}

pub(crate) fn evolve(state: &mut State, recorded: &Recorded<'_>, event: &Event) {
    let id = AgreementId::new(recorded.fact.subject.id);
    let agreement = state.agreements.entry(id).or_default();
    let before = agreement.signed().and_then(|s| s.reference.clone());
    agreement.record(recorded, event);
    let after = agreement.signed().and_then(|s| s.reference.clone());
    if agreement.history.is_empty() {
        state.agreements.remove(&id);
    }
    if before != after {
        crate::state::rekey(&mut state.agreement_by_reference, before, after, id);
    }
}
