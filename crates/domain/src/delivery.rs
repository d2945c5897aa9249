//! A delivery: one sitting of a service.
//!
//! The event carries everything that was decided (partner, agreement, site, pillar, tier), so that no reader
//! needs another record to understand it. Deliveries grow with volume: the state keeps only on which days there
//! were some.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::agreement::Agreement;
use crate::basis::Need;
use crate::case::may_take;
use crate::code::{Mode, Pillar, ServiceKind, Tier};
use crate::command::Create;
use crate::correction::{CorrectEvent, Correctable, Corrected, Replaced, VoidEvent, Voided, live};
use crate::fact::{Fact, Recorded};
use crate::id::{AgreementId, CaseId, DeliveryId, OfferingId, PartnerId, PersonId, SiteId};
use crate::offering::Offered;
use crate::person::may_name;
use crate::text::{code, day_corrected, day_done, headcount, minutes};
use crate::{Effective, Found, Refusal, Stamp, State};

/// Most persons of one event; a larger sitting comes in parts.
pub const PARTICIPANTS_MAX: usize = 500;

/// `service-delivered`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delivered {
    /// Under which agreement.
    pub agreement: AgreementId,
    /// By whom.
    pub partner: PartnerId,
    /// Where.
    pub site: SiteId,
    /// Which offering, where one was named.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub offering: Option<OfferingId>,
    /// Kind of service.
    pub kind: ServiceKind,
    /// Pillar.
    pub pillar: Pillar,
    /// Tier.
    pub tier: Tier,
    /// In person or remote.
    pub mode: Mode,
    /// Minutes, 1..=1440.
    pub minutes: u32,
    /// Persons, for tiers 1 and 2; exactly one of `participants`, `case` and `headcount` is given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub participants: Option<Arc<BTreeSet<PersonId>>>,
    /// Case, for tier 3 and mental-health kinds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub case: Option<CaseId>,
    /// Number of people, 1..=10,000, when nobody is identified.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub headcount: Option<u32>,
    /// Code of the funding source.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub funding: Option<String>,
}

impl Delivered {
    /// Whether it is tier 3 or mental health: it names no person, and needs a basis.
    pub fn is_individual(&self) -> bool {
        self.tier == Tier::Intensive || self.kind.is_mental_health()
    }

    /// Who took part, where persons are named.
    pub fn persons(&self) -> impl Iterator<Item = &PersonId> {
        self.participants.iter().flat_map(|persons| persons.iter())
    }
}

/// What `record-delivery` brings: an offering, or agreement, site, kind, pillar and tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDelivery {
    /// A placed offering.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub offering: Option<OfferingId>,
    /// Agreement.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agreement: Option<AgreementId>,
    /// Site.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteId>,
    /// Kind of service.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<ServiceKind>,
    /// Pillar.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pillar: Option<Pillar>,
    /// Tier.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tier: Option<Tier>,
    /// In person or remote.
    pub mode: Mode,
    /// Minutes, 1..=1440.
    pub minutes: u32,
    /// Persons.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub participants: Option<Arc<BTreeSet<PersonId>>>,
    /// Case.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub case: Option<CaseId>,
    /// Number of people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub headcount: Option<u32>,
    /// Code of the funding source.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub funding: Option<String>,
}

/// Events about a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// A service was delivered; `effective` is the day.
    ServiceDelivered(Delivered),
    /// One of the above was wrong.
    DeliveryCorrected(Box<Corrected<Event>>),
    /// One of the above did not happen.
    DeliveryVoided(Box<Voided<Event>>),
}

/// Commands to a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Records one sitting.
    RecordDelivery(Create<DeliveryId, NewDelivery>),
    /// Corrects an event.
    CorrectDelivery(Box<CorrectEvent<Event>>),
    /// Voids an event.
    VoidDelivery(VoidEvent),
}

correctable! { Delivery: DeliveryCorrected, DeliveryVoided; CorrectDelivery, VoidDelivery }

pub(crate) fn decide(
    state: &State,
    command: &Command,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    match command {
        Command::RecordDelivery(new) => {
            let day = day_done(state, stamp, Some(new.effective))?;
            let delivered = resolve(state, &new.details, day)?;
            check(state, &delivered, day)?;
            lawful(state, found, &delivered, day)?;
            delivered.persons().try_for_each(|person| may_name(state, *person))?;
            delivered.case.map_or(Ok(()), |case| may_take(state, case, day))?;
            let id = new.id.map_or_else(|| stamp.id(0), |id| id.0);
            Ok(vec![Event::ServiceDelivered(delivered).fact(id, new.effective)])
        }
        Command::CorrectDelivery(command) => {
            let live = live::<Event>(found, command.corrects)?;
            let fact = live.correct(command)?;
            let day = day_corrected(state, stamp, fact.effective, live.effective)?;
            if let Event::ServiceDelivered(now) = &command.now {
                resolved(state, now, day)?;
                check(state, now, day)?;
                lawful(state, found, now, day)?;
                newly_named(state, live.event, now)?;
                newly_in_case(state, (live.event, live.effective), now, day)?;
            }
            Ok(vec![fact])
        }
        Command::VoidDelivery(command) => Ok(vec![live::<Event>(found, command.corrects)?.void(command)]),
    }
}

/// Completes what the command says from the offering or the agreement that it names.
fn resolve(state: &State, new: &NewDelivery, day: Date) -> Result<Delivered, Refusal> {
    let (agreement, site, kind, pillar, tier) = match new.offering {
        Some(id) => placed(state, new, id, day)?,
        None => match (new.agreement, new.site, new.kind, new.pillar, new.tier) {
            (Some(agreement), Some(site), Some(kind), Some(pillar), Some(tier)) => {
                (agreement, site, kind, pillar, tier)
            }
            _ => return Err(Refusal::ServiceUnclear),
        },
    };
    let partner = state.agreement(agreement)?.partner();
    Ok(Delivered {
        agreement,
        partner: partner.ok_or(Refusal::NotFound { kind: "agreement", id: agreement.0 })?,
        site,
        offering: new.offering,
        kind,
        pillar,
        tier,
        mode: new.mode,
        minutes: new.minutes,
        participants: new.participants.clone(),
        case: new.case,
        headcount: new.headcount,
        funding: new.funding.clone(),
    })
}

/// Rule 3: what is individual needs a law or a consent.
fn lawful(state: &State, found: &Found, delivered: &Delivered, day: Date) -> Result<(), Refusal> {
    if !delivered.is_individual() {
        return Ok(());
    }
    found.basis.allows(state, Need { case: delivered.case, kind: Some(delivered.kind), day })
}

/// Rule 12 for those whom a correction adds. Whom the record named already it may go on to name.
fn newly_named(state: &State, was: &Event, now: &Delivered) -> Result<(), Refusal> {
    let known = |person: &PersonId| match was {
        Event::ServiceDelivered(was) => was.participants.as_ref().is_some_and(|p| p.contains(person)),
        Event::DeliveryCorrected(_) | Event::DeliveryVoided(_) => false,
    };
    now.persons().filter(|person| !known(person)).try_for_each(|person| may_name(state, *person))
}

/// Rule 14 for what a correction brings to a case or moves to another day.
fn newly_in_case(
    state: &State,
    was: (&Event, Option<Effective>),
    now: &Delivered,
    day: Date,
) -> Result<(), Refusal> {
    match was {
        (Event::ServiceDelivered(was), Some(Effective::Day(then))) if (was.case, then) == (now.case, day) => {
            Ok(())
        }
        _ => now.case.map_or(Ok(()), |case| may_take(state, case, day)),
    }
}

type Service = (AgreementId, SiteId, ServiceKind, Pillar, Tier);

fn placed(state: &State, new: &NewDelivery, id: OfferingId, day: Date) -> Result<Service, Refusal> {
    let said_twice = new.agreement.is_some()
        || new.site.is_some()
        || new.kind.is_some()
        || new.pillar.is_some()
        || new.tier.is_some();
    if said_twice {
        return Err(Refusal::ServiceUnclear);
    }
    let offered = offered_on(state, id, day)?;
    let (agreement, site) =
        offered.agreement.zip(offered.site).ok_or(Refusal::OfferingNotPlaced { offering: id.0 })?;
    Ok((agreement, site, offered.kind, offered.pillar, offered.tier))
}

/// What the offering was on that day, if it was on offer.
fn offered_on(state: &State, id: OfferingId, day: Date) -> Result<&Offered, Refusal> {
    let offering = state.offering(id)?;
    if let Some(since) = offering.withdrawn()
        && day > since
    {
        return Err(Refusal::Closed { kind: "offering", since });
    }
    let range = "a day on which the service was on offer";
    offering.details_on(day).ok_or(Refusal::OutOfRange { field: "effective", range })
}

/// A correction says everything anew, so that it may contradict itself.
fn resolved(state: &State, now: &Delivered, day: Date) -> Result<(), Refusal> {
    if state.agreement(now.agreement)?.partner() != Some(now.partner) {
        let range = "the partner of the agreement";
        return Err(Refusal::OutOfRange { field: "now/data/partner", range });
    }
    let Some(id) = now.offering else { return Ok(()) };
    let offered = offered_on(state, id, day)?;
    if (offered.agreement, offered.site) != (Some(now.agreement), Some(now.site)) {
        let range = "an offering under this agreement at this site";
        return Err(Refusal::OutOfRange { field: "now/data/offering", range });
    }
    Ok(())
}

/// Rules 1, 2 and 4 for a delivery on a day.
fn check(state: &State, delivered: &Delivered, day: Date) -> Result<(), Refusal> {
    minutes(delivered.minutes)?;
    recipients(delivered)?;
    if let Some(funding) = &delivered.funding {
        code("details/funding", funding)?;
    }
    let agreement = state.agreement(delivered.agreement)?;
    covered(agreement, delivered.site, delivered.pillar, delivered.kind, day)?;
    if !state.site(delivered.site)?.is_open_on(day) {
        return Err(Refusal::SiteNotOpen { date: day });
    }
    let partner = state.partner(delivered.partner)?;
    partner.is_here_on(day)?;
    if partner.is_suspended_on(day) {
        return Err(Refusal::PartnerSuspended { date: day });
    }
    if delivered.tier != Tier::Universal && !partner.is_vetted_on(day) {
        return Err(Refusal::PartnerNotVetted { date: day });
    }
    Ok(())
}

/// Rule 1: the agreement was active on that day and covers site, pillar and kind.
pub(crate) fn covered(
    agreement: &Agreement,
    site: SiteId,
    pillar: Pillar,
    kind: ServiceKind,
    date: Date,
) -> Result<(), Refusal> {
    let terms = agreement.terms_on(date).ok_or(Refusal::AgreementNotActive { date })?;
    if !terms.sites.contains(&site) {
        return Err(Refusal::SiteNotCovered { date });
    }
    if !terms.pillars.contains(&pillar) {
        return Err(Refusal::PillarNotCovered { pillar, date });
    }
    if !terms.kinds.contains(&kind) {
        return Err(Refusal::KindNotCovered { kind, date });
    }
    Ok(())
}

/// Who received it is said in one way, and never by person where that would reveal a need.
fn recipients(delivered: &Delivered) -> Result<(), Refusal> {
    let individual = delivered.is_individual();
    match (&delivered.participants, delivered.case, delivered.headcount) {
        (Some(_), None, None) if individual => Err(Refusal::CaseNeeded),
        (Some(persons), None, None) if (1..=PARTICIPANTS_MAX).contains(&persons.len()) => Ok(()),
        (Some(_), None, None) => {
            Err(Refusal::ListNotAllowed { field: "details/participants", max: PARTICIPANTS_MAX })
        }
        (None, Some(_), None) if individual => Ok(()),
        (None, Some(_), None) => Err(Refusal::CaseNotAllowed),
        (None, None, Some(people)) => headcount(people),
        _ => Err(Refusal::RecipientsUnclear),
    }
}

pub(crate) fn evolve(state: &mut State, recorded: &Recorded<'_>, event: &Event) {
    let effective = recorded.fact.effective;
    match event {
        Event::ServiceDelivered(now) => count(state, now, effective),
        Event::DeliveryCorrected(correction) => {
            uncount(state, &correction.was);
            if let Event::ServiceDelivered(now) = &correction.now {
                count(state, now, effective);
            }
        }
        Event::DeliveryVoided(void) => uncount(state, &void.was),
    }
}

fn count(state: &mut State, delivered: &Delivered, effective: Option<Effective>) {
    let Some(day) = effective.map(|e| e.from()) else { return };
    if let Some(agreement) = state.agreements.get_mut(&delivered.agreement) {
        agreement.count_delivery(delivered.site, delivered.kind, day);
    }
    if let Some(offering) = delivered.offering.and_then(|id| state.offerings.get_mut(&id)) {
        offering.deliveries = offering.deliveries.saturating_add(1);
    }
}

fn uncount(state: &mut State, was: &Replaced<Event>) {
    let Event::ServiceDelivered(delivered) = &was.event else { return };
    let Some(day) = was.effective.map(|e| e.from()) else { return };
    if let Some(agreement) = state.agreements.get_mut(&delivered.agreement) {
        agreement.uncount_delivery(delivered.site, delivered.kind, day);
    }
    if let Some(offering) = delivered.offering.and_then(|id| state.offerings.get_mut(&id)) {
        offering.deliveries = offering.deliveries.saturating_sub(1);
    }
}
