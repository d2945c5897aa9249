//! An offering: a service that a partner has on offer.
//!
//! It is either *placed*, at a site under an agreement, or only *listed*: known from a directory, as the
//! mapping of a community's assets needs it before anybody signs. Only a placed one can be delivered.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::code::{Pillar, ReasonCode, ServiceKind, Tier};
use crate::command::{Act, Create};
use crate::correction::{CorrectEvent, Correctable, Corrected, VoidEvent, Voided, live};
use crate::fact::{Fact, Recorded};
use crate::history::History;
use crate::id::{AgreementId, OfferingId, PartnerId, SiteId};
use crate::text::{NAME_CHARS_MAX, code, codes, not_in_future, one_day, text};
use crate::{Found, Refusal, Stamp, State};

/// `service-offered`, and `offering-changed` with everything anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Offered {
    /// Who offers it.
    pub partner: PartnerId,
    /// Under which agreement; given together with `site`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agreement: Option<AgreementId>,
    /// At which site; given together with `agreement`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteId>,
    /// Name of the service.
    pub name: String,
    /// Kind.
    pub kind: ServiceKind,
    /// Pillar.
    pub pillar: Pillar,
    /// Tier.
    pub tier: Tier,
    /// Languages, as codes such as `es`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub languages: Vec<String>,
    /// Code of the schedule, such as `mon-wed-1500`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub schedule: Option<String>,
    /// Places.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub capacity: Option<u32>,
    /// Code in the taxonomy of the directory that it came from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub taxonomy: Option<String>,
}

/// `service-withdrawn`; `effective` is its last day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdrawn {
    /// Why.
    pub reason: ReasonCode,
}

/// Events about an offering.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// A service is on offer.
    ServiceOffered(Offered),
    /// It is this now.
    OfferingChanged(Offered),
    /// It is no longer on offer.
    ServiceWithdrawn(Withdrawn),
    /// One of the above was wrong.
    OfferingCorrected(Box<Corrected<Event>>),
    /// One of the above did not happen.
    OfferingVoided(Box<Voided<Event>>),
}

/// Commands to an offering.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Offers a service.
    OfferService(Create<OfferingId, Offered>),
    /// Changes it.
    ChangeOffering(Act<OfferingId, Offered>),
    /// Withdraws it.
    WithdrawService(Act<OfferingId, Withdrawn>),
    /// Corrects an event.
    CorrectOffering(Box<CorrectEvent<Event>>),
    /// Voids an event.
    VoidOffering(VoidEvent),
}

correctable! { Offering: OfferingCorrected, OfferingVoided; CorrectOffering, VoidOffering }

impl Event {
    /// The sites where it was placed by this and where it is placed now.
    pub fn sites(&self) -> Vec<SiteId> {
        match self {
            Self::ServiceOffered(offered) | Self::OfferingChanged(offered) => {
                offered.site.into_iter().collect()
            }
            Self::ServiceWithdrawn(_) => Vec::new(),
            Self::OfferingCorrected(c) => [c.was.event.sites(), c.now.sites()].concat(),
            Self::OfferingVoided(v) => v.was.event.sites(),
        }
    }
}

/// An offering as rules see it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Offering {
    /// What happened to it.
    pub history: History<Event>,
    /// Live deliveries that name it.
    pub(crate) deliveries: u64,
}

impl Offering {
    /// Brings it up to a recorded event about it.
    pub fn record(&mut self, recorded: &Recorded<'_>, event: &Event) {
        self.history.record(recorded, event);
    }

    /// What it is, as last recorded.
    pub fn details(&self) -> Option<&Offered> {
        self.details_on(Date::MAX)
    }

    /// What it was on that day.
    pub fn details_on(&self, day: Date) -> Option<&Offered> {
        self.history.holds_on(day, |event| match event {
            Event::ServiceOffered(offered) | Event::OfferingChanged(offered) => Some(offered),
            Event::ServiceWithdrawn(_) | Event::OfferingCorrected(_) | Event::OfferingVoided(_) => None,
        })
    }

    /// Its last day, if it was withdrawn.
    pub fn withdrawn(&self) -> Option<Date> {
        let entry = self.history.entries().iter().find(|e| matches!(e.event, Event::ServiceWithdrawn(_)))?;
        entry.effective.map(|e| e.to())
    }
}

pub(crate) fn decide(
    state: &State,
    command: &Command,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    match command {
        Command::OfferService(new) => {
            let day = one_day(Some(new.effective))?;
            let id = new.id.unwrap_or_else(|| OfferingId::new(stamp.id(0)));
            if state.offerings.contains_key(&id) {
                return Err(Refusal::Taken { field: "id", value: id.to_string() });
            }
            check(state, &new.details, day)?;
            Ok(vec![Event::ServiceOffered(new.details.clone()).fact(id.0, new.effective)])
        }
        Command::ChangeOffering(act) => {
            check(state, &act.details, one_day(Some(act.effective))?)?;
            same_place(state.offering(act.id)?, &act.details)?;
            open_act(state, act, Event::OfferingChanged(act.details.clone()))
        }
        Command::WithdrawService(act) => {
            not_in_future(stamp, one_day(Some(act.effective))?)?;
            open_act(state, act, Event::ServiceWithdrawn(act.details.clone()))
        }
        Command::CorrectOffering(command) => {
            let live = live::<Event>(found, command.corrects)?;
            let fact = live.correct(command)?;
            let day = one_day(fact.effective)?;
            match &command.now {
                Event::ServiceOffered(now) | Event::OfferingChanged(now) => {
                    check(state, now, day)?;
                    let offering = state.offering(OfferingId::new(live.subject.id))?;
                    if offering.deliveries > 0 {
                        same_place(offering, now)?;
                    }
                }
                Event::ServiceWithdrawn(_) => not_in_future(stamp, day)?,
                Event::OfferingCorrected(_) | Event::OfferingVoided(_) => {}
            }
            Ok(vec![fact])
        }
        Command::VoidOffering(command) => {
            let live = live::<Event>(found, command.corrects)?;
            let offering = state.offering(OfferingId::new(live.subject.id))?;
            let first = matches!(live.event, Event::ServiceOffered(_));
            if first && (offering.history.entries().len() > 1 || offering.deliveries > 0) {
                return Err(Refusal::InUse { what: "events of the offering, or deliveries" });
            }
            Ok(vec![live.void(command)])
        }
    }
}

/// Rule 14.
fn open_act<D>(state: &State, act: &Act<OfferingId, D>, event: Event) -> Result<Vec<Fact>, Refusal> {
    if let Some(since) = state.offering(act.id)?.withdrawn() {
        return Err(Refusal::Closed { kind: "offering", since });
    }
    Ok(vec![event.fact(act.id.0, act.effective)])
}

/// What is offered may change, not by whom, under what and where: that is another offering.
fn same_place(offering: &Offering, now: &Offered) -> Result<(), Refusal> {
    let place = |o: &Offered| (o.partner, o.agreement, o.site);
    if offering.details().is_some_and(|was| place(was) == place(now)) {
        return Ok(());
    }
    let range = "the partner, agreement and site of the offering; withdraw it and offer another";
    Err(Refusal::OutOfRange { field: "details", range })
}

fn check(state: &State, details: &Offered, day: Date) -> Result<(), Refusal> {
    text("details/name", &details.name, NAME_CHARS_MAX)?;
    codes("details/languages", &details.languages)?;
    for (field, value) in [("details/schedule", &details.schedule), ("details/taxonomy", &details.taxonomy)] {
        if let Some(value) = value {
            code(field, value)?;
        }
    }
    state.partner(details.partner)?.is_here_on(day)?;
    let (agreement, site) = match (details.agreement, details.site) {
        (Some(agreement), Some(site)) => (state.agreement(agreement)?, site),
        (None, None) => return Ok(()),
        (Some(_), None) | (None, Some(_)) => return Err(Refusal::ServiceUnclear),
    };
    if agreement.partner() != Some(details.partner) {
        let range = "the partner of the agreement";
        return Err(Refusal::OutOfRange { field: "details/partner", range });
    }
    crate::delivery::covered(agreement, site, details.pillar, details.kind, day)
}

pub(crate) fn evolve(state: &mut State, recorded: &Recorded<'_>, event: &Event) {
    let id = OfferingId::new(recorded.fact.subject.id);
    let offering = state.offerings.entry(id).or_default();
    offering.record(recorded, event);
    if offering.history.is_empty() {
        state.offerings.remove(&id);
    }
}
