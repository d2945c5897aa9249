//! What may be agreed, and what a change to an agreement may not break.

use crate::agreement::{Agreement, Command, Event, Signed, Terms, is_suspended_on};
use crate::command::Act;
use crate::correction::{Correctable, live};
use crate::fact::{Event as AnyEvent, Fact, Kind, Recorded, Subject};
use crate::id::AgreementId;
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
            may_sign(state, &new.details, new.effective, stamp)?;
            Ok(vec![fact(id, new.effective, Event::AgreementSigned(new.details.clone()))])
        }
        Command::AmendAgreement(act) => {
            span(act.effective)?;
            check_terms(state, &act.details)?;
            change(state, act, Event::AgreementAmended(act.details.clone()))
        }
        Command::RenewAgreement(act) => {
            span(act.effective)?;
            change(state, act, Event::AgreementRenewed(act.details.clone()))
        }
        Command::SuspendAgreement(act) => {
            let day = one_day(Some(act.effective))?;
            if is_suspended_on(&state.agreement(act.id)?.history, day) {
                return Err(Refusal::NoChange("the agreement is suspended on that day already"));
            }
            change(state, act, Event::AgreementSuspended(act.details.clone()))
        }
        Command::ResumeAgreement(act) => {
            let day = one_day(Some(act.effective))?;
            if !is_suspended_on(&state.agreement(act.id)?.history, day) {
                return Err(Refusal::NoChange("the agreement is not suspended on that day"));
            }
            change(state, act, Event::AgreementResumed(act.details.clone()))
        }
        Command::EndAgreement(act) => {
            one_day(Some(act.effective))?;
            change(state, act, Event::AgreementEnded(act.details.clone()))
        }
        Command::CorrectAgreement(command) => {
            let live = live::<Event>(found, command.corrects, Kind::Agreement)?;
            let agreement = state.agreement(AgreementId::new(live.subject.id))?;
            check_correction(state, agreement, AgreementId::new(live.subject.id), &command.now)?;
            let fact = live.correct(command)?;
            strands_nothing(agreement, &fact)?;
            Ok(vec![fact])
        }
        Command::VoidAgreement(command) => {
            let live = live::<Event>(found, command.corrects, Kind::Agreement)?;
            let agreement = state.agreement(AgreementId::new(live.subject.id))?;
            let first = matches!(live.event, Event::AgreementSigned(_));
            if first && (agreement.history.entries().len() > 1 || is_offered(state, live.subject.id)) {
                return Err(Refusal::InUse { what: "events of the agreement, or offerings" });
            }
            let fact = live.void(command);
            strands_nothing(agreement, &fact)?;
            Ok(vec![fact])
        }
    }
}

/// Rule 7: a partner that is suspended, on the first day or today, does not sign.
fn may_sign(state: &State, signed: &Signed, effective: Effective, stamp: &Stamp) -> Result<(), Refusal> {
    let partner = state.partner(signed.partner)?;
    if let Some(since) = partner.offboarded() {
        return Err(Refusal::Closed { kind: "partner", since });
    }
    match [effective.from(), stamp.today].into_iter().find(|day| partner.is_suspended_on(*day)) {
        Some(date) => Err(Refusal::PartnerSuspended { date }),
        None => Ok(()),
    }
}

fn check_correction(
    state: &State,
    agreement: &Agreement,
    id: AgreementId,
    now: &Event,
) -> Result<(), Refusal> {
    match now {
        Event::AgreementSigned(signed) => {
            check(state, id, signed)?;
            // Deliveries and offerings carry the partner.
            let used = agreement.has_deliveries() || is_offered(state, id.0);
            if used && agreement.partner() != Some(signed.partner) {
                return Err(Refusal::InUse { what: "deliveries or offerings by the partner" });
            }
            Ok(())
        }
        Event::AgreementAmended(terms) => check_terms(state, terms),
        Event::AgreementRenewed(_)
        | Event::AgreementSuspended(_)
        | Event::AgreementResumed(_)
        | Event::AgreementEnded(_)
        | Event::AgreementCorrected(_)
        | Event::AgreementVoided(_) => Ok(()),
    }
}

fn is_offered(state: &State, agreement: uuid::Uuid) -> bool {
    let id = Some(AgreementId::new(agreement));
    state.offerings.values().any(|offering| offering.details().is_some_and(|o| o.agreement == id))
}

fn fact(id: AgreementId, effective: Effective, event: Event) -> Fact {
    let subject = Subject { kind: Kind::Agreement, id: id.0 };
    Fact { subject, effective: Some(effective), corrects: None, event: AnyEvent::Agreement(event) }
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
    let starts = agreement.history.entries().first().and_then(|e| e.effective).map(|e| e.from());
    if starts.is_some_and(|starts| act.effective.from() < starts) {
        return Err(Refusal::OutOfRange { field: "effective", range: "not before the agreement starts" });
    }
    let fact = fact(act.id, act.effective, event);
    strands_nothing(agreement, &fact)?;
    Ok(vec![fact])
}

fn strands_nothing(agreement: &Agreement, fact: &Fact) -> Result<(), Refusal> {
    let Some(event) = Event::of(&fact.event) else { return Ok(()) };
    // Position and id don't matter to what would hold afterwards.
    let recorded = Recorded { position: 0, id: uuid::Uuid::nil(), time: crate::Timestamp(0), fact };
    match agreement.stranded_by(&agreement.history.after(&recorded, event)) {
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
