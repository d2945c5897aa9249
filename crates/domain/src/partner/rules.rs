//! What may be recorded of a partner.

use crate::command::Act;
use crate::correction::{Correctable, live};
use crate::fact::Fact;
use crate::id::PartnerId;
use crate::partner::{Command, Event, Onboarded};
use crate::text::{NAME_CHARS_MAX, code, codes, not_in_future, one_day, text};
use crate::{Effective, Found, Refusal, Stamp, State};

pub(crate) fn decide(
    state: &State,
    command: &Command,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    match command {
        Command::OnboardPartner(new) => {
            not_in_future(stamp, one_day(Some(new.effective))?)?;
            let id = new.id.unwrap_or_else(|| PartnerId::new(stamp.id(0)));
            if state.partners.contains_key(&id) {
                return Err(Refusal::Taken { field: "id", value: id.to_string() });
            }
            let event = Event::PartnerOnboarded(new.details.clone());
            check(state, id, new.effective, &event)?;
            Ok(vec![event.fact(id.0, new.effective)])
        }
        Command::ChangePartnerDetails(act) => {
            if state.partner(act.id)?.details() == Some(&act.details) {
                return Err(Refusal::NoChange { what: "the partner has these details already" });
            }
            open_act(state, stamp, act, Event::PartnerDetailsChanged(act.details.clone()))
        }
        Command::VetPartner(act) => open_act(state, stamp, act, Event::PartnerVetted(act.details.clone())),
        Command::SuspendPartner(act) => {
            if state.partner(act.id)?.is_suspended_on(act.effective.from()) {
                return Err(Refusal::NoChange { what: "the partner is suspended on that day already" });
            }
            open_act(state, stamp, act, Event::PartnerSuspended(act.details.clone()))
        }
        Command::ReinstatePartner(act) => {
            if !state.partner(act.id)?.is_suspended_on(act.effective.from()) {
                return Err(Refusal::NoChange { what: "the partner is not suspended on that day" });
            }
            open_act(state, stamp, act, Event::PartnerReinstated(act.details.clone()))
        }
        Command::OffboardPartner(act) => {
            open_act(state, stamp, act, Event::PartnerOffboarded(act.details.clone()))
        }
        Command::CorrectPartner(command) => {
            let live = live::<Event>(found, command.corrects)?;
            let fact = live.correct(command)?;
            let day = one_day(fact.effective)?;
            not_in_future(stamp, day)?;
            check(state, PartnerId::new(live.subject.id), Effective::Day(day), &command.now)?;
            Ok(vec![fact])
        }
        Command::VoidPartner(command) => {
            let live = live::<Event>(found, command.corrects)?;
            let id = PartnerId::new(live.subject.id);
            let first = matches!(live.event, Event::PartnerOnboarded(_));
            if first && (state.partner(id)?.history.entries().len() > 1 || names_partner(state, id)) {
                return Err(Refusal::InUse {
                    what: "events of the partner, or agreements, offerings, referrals, assessments, grants or disclosures",
                });
            }
            Ok(vec![live.void(command)])
        }
    }
}

fn names_partner(state: &State, id: PartnerId) -> bool {
    state.agreements.values().any(|agreement| agreement.partner() == Some(id))
        || state.offerings.values().any(|offering| offering.details().is_some_and(|o| o.partner == id))
        || state.assessments.values().any(|assessment| assessment.names_partner(id))
        || state.referrals.values().any(|referral| referral.names_partner(id))
        || state.grants.values().any(|grant| grant.names_partner(id))
        || state.disclosed_to.contains(&id)
}

/// Rule 14, and the date: any further event needs a partner that has not left.
fn open_act<D>(
    state: &State,
    stamp: &Stamp,
    act: &Act<PartnerId, D>,
    event: Event,
) -> Result<Vec<Fact>, Refusal> {
    check(state, act.id, act.effective, &event)?;
    if let Some(since) = state.partner(act.id)?.offboarded() {
        return Err(Refusal::Closed { kind: "partner", since });
    }
    not_in_future(stamp, one_day(Some(act.effective))?)?;
    Ok(vec![event.fact(act.id.0, act.effective)])
}

/// What an event says is sound, whether it is new or corrects another.
fn check(state: &State, id: PartnerId, effective: Effective, event: &Event) -> Result<(), Refusal> {
    match event {
        Event::PartnerOnboarded(details) | Event::PartnerDetailsChanged(details) => {
            check_details(state, id, details)
        }
        Event::PartnerVetted(vetted) => {
            code("details/checked_by", &vetted.checked_by)?;
            if effective.from() <= vetted.insurance_until.min(vetted.clearance_until) {
                return Ok(());
            }
            let range = "both dates on or after the day of the vetting";
            Err(Refusal::OutOfRange { field: "details/insurance_until", range })
        }
        Event::PartnerSuspended(_)
        | Event::PartnerReinstated(_)
        | Event::PartnerOffboarded(_)
        | Event::PartnerCorrected(_)
        | Event::PartnerVoided(_) => Ok(()),
    }
}

fn check_details(state: &State, id: PartnerId, details: &Onboarded) -> Result<(), Refusal> {
    text("details/name", &details.name, NAME_CHARS_MAX)?;
    codes("details/languages", &details.languages)?;
    if let Some(area) = &details.service_area {
        text("details/service_area", area, NAME_CHARS_MAX)?;
    }
    if let Some(ein) = &details.ein {
        is_ein(ein)?;
        free(state, id, "details/ein", format!("ein/{ein}"))?;
    }
    if let Some(hsds) = &details.hsds {
        code("details/hsds", hsds)?;
        free(state, id, "details/hsds", format!("hsds/{hsds}"))?;
    }
    Ok(())
}

fn free(state: &State, id: PartnerId, field: &'static str, key: String) -> Result<(), Refusal> {
    match state.partner_by_key.get(&key) {
        Some(other) if *other != id => Err(Refusal::Taken { field, value: key }),
        Some(_) | None => Ok(()),
    }
}

/// An EIN is two digits, a hyphen and seven digits; a social security number is 3-2-4 and must not pass.
fn is_ein(text: &str) -> Result<(), Refusal> {
    let sound = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| if i == 2 { b == b'-' } else { b.is_ascii_digit() });
    if sound { Ok(()) } else { Err(Refusal::EinNotAllowed) }
}
