//! What may be agreed, and what a change to an agreement may not break.

use crate::agreement::{Agreement, Command, Event, Signed, Terms};
use crate::command::Act;
use crate::correction::{Correctable, live};
use crate::fact::{Fact, Recorded};
use crate::id::{AgreementId, PartnerId};
use crate::text::{code, codes, one_day};
use crate::{Effective, Found, Refusal, Stamp, State};

/// Most sites of one agreement.
const SITES_MAX: usize = 500;

pub(crate) fn decide(
    state: &State,
    command: &Command,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    match command {
        Command::SignAgreement(new) => {
            span(new.effective)?;
            let id = new.id.unwrap_or_else(|| AgreementId::new(stamp.id(0)));
            if state.agreements.contains_key(&id) {
                return Err(Refusal::Taken { field: "id", value: id.to_string() });
            }
            check(state, id, &new.details)?;
            may_sign(state, new.details.partner, new.effective, stamp)?;
            Ok(vec![Event::AgreementSigned(new.details.clone()).fact(id.0, new.effective)])
        }
        Command::AmendAgreement(act) => {
            span(act.effective)?;
            check_terms(state, &act.details)?;
            change(state, act, Event::AgreementAmended(act.details.clone()))
        }
        Command::RenewAgreement(act) => {
            span(act.effective)?;
            if let Some(partner) = state.agreement(act.id)?.partner() {
                may_sign(state, partner, act.effective, stamp)?;
            }
            change(state, act, Event::AgreementRenewed(act.details.clone()))
        }
        Command::SuspendAgreement(act) => {
            let day = one_day(Some(act.effective))?;
            if state.agreement(act.id)?.is_suspended_on(day) {
                return Err(Refusal::NoChange { what: "the agreement is suspended on that day already" });
            }
            change(state, act, Event::AgreementSuspended(act.details.clone()))
        }
        Command::ResumeAgreement(act) => {
            let day = one_day(Some(act.effective))?;
            if !state.agreement(act.id)?.is_suspended_on(day) {
                return Err(Refusal::NoChange { what: "the agreement is not suspended on that day" });
            }
            change(state, act, Event::AgreementResumed(act.details.clone()))
        }
        Command::EndAgreement(act) => {
            one_day(Some(act.effective))?;
            change(state, act, Event::AgreementEnded(act.details.clone()))
        }
        Command::CorrectAgreement(command) => {
            let fact = live::<Event>(found, command.corrects)?.correct(command)?;
            check_correction(state, stamp, &fact, &command.now)?;
            Ok(vec![fact])
        }
        Command::VoidAgreement(command) => {
            let live = live::<Event>(found, command.corrects)?;
            let agreement = state.agreement(AgreementId::new(live.subject.id))?;
            let first = matches!(live.event, Event::AgreementSigned(_));
            if first && (agreement.history.entries().len() > 1 || is_named(state, live.subject.id)) {
                return Err(Refusal::InUse { what: "events of the agreement, offerings or allocations" });
            }
            let fact = live.void(command);
            holds(agreement, &fact)?;
            Ok(vec![fact])
        }
    }
}

/// Rule 7: a partner that is suspended, on the first day or today, does not sign.
fn may_sign(state: &State, id: PartnerId, effective: Effective, stamp: &Stamp) -> Result<(), Refusal> {
    let partner = state.partner(id)?;
    if let Some(since) = partner.offboarded() {
        return Err(Refusal::Closed { kind: "partner", since });
    }
    match [effective.from(), stamp.today].into_iter().find(|day| partner.is_suspended_on(*day)) {
        Some(date) => Err(Refusal::PartnerSuspended { date }),
        None => Ok(()),
    }
}

/// A corrected event meets the rules of a new one.
fn check_correction(state: &State, stamp: &Stamp, fact: &Fact, now: &Event) -> Result<(), Refusal> {
    let id = AgreementId::new(fact.subject.id);
    let agreement = state.agreement(id)?;
    match now {
        Event::AgreementSigned(signed) => {
            let effective = fact.effective.ok_or(Refusal::SpanNeeded)?;
            span(effective)?;
            check(state, id, signed)?;
            if agreement.partner() != Some(signed.partner) {
                // Deliveries, offerings and allocations carry the partner.
                if agreement.has_deliveries() || is_named(state, id.0) {
                    return Err(Refusal::InUse {
                        what: "deliveries, offerings or allocations of the partner",
                    });
                }
                may_sign(state, signed.partner, effective, stamp)?;
            }
        }
        Event::AgreementAmended(terms) => {
            span(fact.effective.ok_or(Refusal::SpanNeeded)?)?;
            check_terms(state, terms)?;
        }
        Event::AgreementRenewed(_) => span(fact.effective.ok_or(Refusal::SpanNeeded)?)?,
        Event::AgreementSuspended(_) | Event::AgreementResumed(_) | Event::AgreementEnded(_) => {
            one_day(fact.effective)?;
        }
        Event::AgreementCorrected(_) | Event::AgreementVoided(_) => {}
    }
    holds(agreement, fact)
}

/// Whether something is offered, or money allocated, under the agreement.
fn is_named(state: &State, agreement: uuid::Uuid) -> bool {
    let id = AgreementId::new(agreement);
    let offered = |o: &crate::offering::Offered| o.agreement == Some(id);
    state.offerings.values().any(|offering| offering.details().is_some_and(offered))
        || state.grants.values().any(|grant| grant.names_agreement(id))
}

/// Rule 7: an agreement ends after it starts.
fn span(effective: Effective) -> Result<(), Refusal> {
    match effective {
        Effective::Span(from, to) if from < to => Ok(()),
        Effective::Span(..) | Effective::Day(_) => Err(Refusal::SpanNeeded),
    }
}

/// Rules 7 and 14: any further event needs an agreement that has not ended, starts no earlier than it and
/// strands nothing.
fn change<D>(state: &State, act: &Act<AgreementId, D>, event: Event) -> Result<Vec<Fact>, Refusal> {
    let agreement = state.agreement(act.id)?;
    if let Some(since) = agreement.ended() {
        return Err(Refusal::Closed { kind: "agreement", since });
    }
    let fact = event.fact(act.id.0, act.effective);
    holds(agreement, &fact)?;
    Ok(vec![fact])
}

/// Rule 7 on what would hold after the fact: nothing lies before the first day, and nothing is stranded.
fn holds(agreement: &Agreement, fact: &Fact) -> Result<(), Refusal> {
    let Some(event) = Event::of(&fact.event) else { return Ok(()) };
    // Position and id don't matter to what would hold afterwards.
    let recorded = Recorded { position: 0, id: uuid::Uuid::nil(), time: crate::Timestamp(0), fact };
    let after = agreement.history.after(&recorded, event);
    let mut days = after.entries().iter().filter_map(|entry| entry.effective).map(|e| e.from());
    let starts = days.next();
    if days.any(|day| Some(day) < starts) {
        return Err(Refusal::OutOfRange { field: "effective", range: "not before the agreement starts" });
    }
    match agreement.stranded_by(&after) {
        Some(date) => Err(Refusal::StrandsDeliveries { date }),
        None => Ok(()),
    }
}

fn check(state: &State, id: AgreementId, details: &Signed) -> Result<(), Refusal> {
    if let Some(reference) = &details.reference {
        code("details/reference", reference)?;
        if state.agreement_by_reference.get(reference).is_some_and(|other| *other != id) {
            return Err(Refusal::Taken { field: "details/reference", value: reference.clone() });
        }
    }
    if details.signatories.is_empty() {
        return Err(Refusal::ListNotAllowed { field: "details/signatories", max: 5 });
    }
    state.partner(details.partner)?;
    check_terms(state, &details.terms)
}

fn check_terms(state: &State, terms: &Terms) -> Result<(), Refusal> {
    if !(1..=SITES_MAX).contains(&terms.sites.len()) {
        return Err(Refusal::ListNotAllowed { field: "details/terms/sites", max: SITES_MAX });
    }
    if terms.pillars.is_empty() {
        return Err(Refusal::ListNotAllowed { field: "details/terms/pillars", max: 4 });
    }
    if terms.kinds.is_empty() {
        return Err(Refusal::ListNotAllowed { field: "details/terms/kinds", max: 28 });
    }
    codes("details/terms/funding", &terms.funding)?;
    codes("details/terms/data_scope", &terms.data_scope)?;
    terms.sites.iter().try_for_each(|site| state.site(*site).map(|_| ()))
}
