//! What may be recorded of a grant: rule 11 and the dates of it.

use jiff::civil::Date;
use uuid::Uuid;

use crate::correction::{CorrectEvent, Correctable, VoidEvent, live};
use crate::fact::{Fact, Recorded};
use crate::grant::{
    Allocated, Awarded, Command, Event, Grant, Matched, NewAllocation, NewExpenditure, NewMatch, Spent,
    awarded, closed,
};
use crate::history::History;
use crate::id::{AgreementId, AllocationId, GrantId, PartnerId};
use crate::text::{NAME_CHARS_MAX, cents, code, day_corrected, day_done, not_in_future, one_day, text};
use crate::{Effective, Found, Refusal, Stamp, State};

pub(crate) fn decide(
    state: &State,
    command: &Command,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    let fact = match command {
        Command::RecordExpenditure(act) => {
            let grant = running(state, act.id)?;
            let now = expenditure(grant, &act.details)?;
            fits(grant, &now, None)?;
            inside(&grant.history, day_done(state, stamp, Some(act.effective))?)?;
            Event::ExpenditureRecorded(now).fact(act.id.0, act.effective)
        }
        Command::AwardGrant(new) => {
            let id = new.id.unwrap_or_else(|| GrantId::new(stamp.id(0)));
            if state.grants.contains_key(&id) {
                return Err(Refusal::Taken { field: "id", value: id.to_string() });
            }
            check_awarded(state, id, &new.details)?;
            period(Some(new.effective))?;
            Event::GrantAwarded(new.details.clone()).fact(id.0, new.effective)
        }
        Command::AllocateGrant(act) => {
            let grant = running(state, act.id)?;
            let id = act.details.allocation.unwrap_or_else(|| AllocationId::new(stamp.id(0)));
            if grant.allocations().any(|other| other.allocation == id) {
                return Err(Refusal::Taken { field: "details/allocation", value: id.to_string() });
            }
            let now = allocation(state, grant, id, &act.details)?;
            check_allocated(state, grant, &now)?;
            not_in_future(stamp, one_day(Some(act.effective))?)?;
            upheld(stamp, grant, Event::GrantAllocated(now).fact(act.id.0, act.effective))?
        }
        Command::RecordMatch(act) => {
            let grant = running(state, act.id)?;
            let now = matched(grant, &act.details);
            check_matched(state, &now)?;
            day_done(state, stamp, Some(act.effective))?;
            upheld(stamp, grant, Event::MatchRecorded(now).fact(act.id.0, act.effective))?
        }
        Command::CloseGrant(act) => {
            let grant = running(state, act.id)?;
            not_in_future(stamp, one_day(Some(act.effective))?)?;
            upheld(stamp, grant, Event::GrantClosed(act.details.clone()).fact(act.id.0, act.effective))?
        }
        Command::CorrectGrant(command) => correct(state, command, found, stamp)?,
        Command::VoidGrant(command) => void(state, command, found, stamp)?,
    };
    Ok(vec![fact])
}

/// Rule 14: anything but a correction needs a grant that is not closed.
fn running(state: &State, id: GrantId) -> Result<&Grant, Refusal> {
    let grant = state.grant(id)?;
    grant.closed().map_or(Ok(grant), |since| Err(Refusal::Closed { kind: "grant", since }))
}

fn correct(
    state: &State,
    command: &CorrectEvent<Event>,
    found: &Found,
    stamp: &Stamp,
) -> Result<Fact, Refusal> {
    let live = live::<Event>(found, command.corrects)?;
    let fact = live.correct(command)?;
    let id = GrantId::new(live.subject.id);
    let grant = state.grant(id)?;
    match (&command.now, live.event) {
        (Event::ExpenditureRecorded(now), Event::ExpenditureRecorded(was)) => {
            let Spent { allocation, category, cents, .. } = *now;
            let range = "the program, site and partner of the allocation";
            filled_in(now, &expenditure(grant, &NewExpenditure { allocation, category, cents })?, range)?;
            fits(grant, now, Some(was))?;
            inside(&grant.history, day_corrected(state, stamp, fact.effective, live.effective)?)?;
            // It is no part of the history.
            return Ok(fact);
        }
        (Event::GrantAllocated(now), Event::GrantAllocated(was)) => {
            let Allocated { site, agreement, partner, cents, .. } = *now;
            let new = NewAllocation { allocation: None, site, agreement, partner, cents };
            let range = "the same allocation, and the program and partner that it goes with";
            filled_in(now, &allocation(state, grant, was.allocation, &new)?, range)?;
            // Expenditures carry them.
            let moved = (now.site, now.partner) != (was.site, was.partner);
            if moved && grant.spent.contains_key(&was.allocation) {
                return Err(Refusal::InUse { what: "expenditures of the allocation" });
            }
            check_allocated(state, grant, now)?;
            not_in_future(stamp, one_day(fact.effective)?)?;
        }
        (Event::MatchRecorded(now), _) => {
            let Matched { kind, partner, cents, .. } = *now;
            filled_in(now, &matched(grant, &NewMatch { kind, partner, cents }), "the program of the grant")?;
            check_matched(state, now)?;
            day_corrected(state, stamp, fact.effective, live.effective)?;
        }
        (Event::GrantAwarded(now), _) => {
            check_awarded(state, id, now)?;
            period(fact.effective)?;
        }
        (Event::GrantClosed(_), _) => not_in_future(stamp, one_day(fact.effective)?)?,
        (
            Event::GrantCorrected(_)
            | Event::GrantVoided(_)
            | Event::ExpenditureRecorded(_)
            | Event::GrantAllocated(_),
            _,
        ) => {}
    }
    upheld(stamp, grant, fact)
}

fn void(state: &State, command: &VoidEvent, found: &Found, stamp: &Stamp) -> Result<Fact, Refusal> {
    let live = live::<Event>(found, command.corrects)?;
    let grant = state.grant(GrantId::new(live.subject.id))?;
    match live.event {
        Event::ExpenditureRecorded(_) => return Ok(live.void(command)),
        Event::GrantAwarded(_) if grant.history.entries().len() > 1 => {
            return Err(Refusal::InUse { what: "events of the grant" });
        }
        Event::GrantAllocated(allocated) if grant.spent.contains_key(&allocated.allocation) => {
            return Err(Refusal::InUse { what: "expenditures of the allocation" });
        }
        Event::GrantAwarded(_)
        | Event::GrantAllocated(_)
        | Event::MatchRecorded(_)
        | Event::GrantClosed(_)
        | Event::GrantCorrected(_)
        | Event::GrantVoided(_) => {}
    }
    upheld(stamp, grant, live.void(command))
}

/// What the ledger fills in stays what it was in a correction.
fn filled_in<T: PartialEq>(now: &T, filled: &T, range: &'static str) -> Result<(), Refusal> {
    if now == filled { Ok(()) } else { Err(Refusal::OutOfRange { field: "now/data", range }) }
}

fn expenditure(grant: &Grant, new: &NewExpenditure) -> Result<Spent, Refusal> {
    let of = allocated(grant, new.allocation)?;
    Ok(Spent {
        allocation: new.allocation,
        program: of.program.clone(),
        site: of.site,
        partner: of.partner,
        category: new.category,
        cents: new.cents,
    })
}

fn allocation(
    state: &State,
    grant: &Grant,
    allocation: AllocationId,
    new: &NewAllocation,
) -> Result<Allocated, Refusal> {
    let partner = match new.agreement {
        Some(agreement) => with_partner(state, agreement, new.partner)?,
        None => new.partner,
    };
    let NewAllocation { site, agreement, cents, .. } = *new;
    Ok(Allocated { allocation, program: program(grant), site, agreement, partner, cents })
}

/// The partner of the agreement, which is what was said if anything was.
fn with_partner(
    state: &State,
    agreement: AgreementId,
    said: Option<PartnerId>,
) -> Result<Option<PartnerId>, Refusal> {
    let partner = state.agreement(agreement)?.partner();
    if said.is_some() && said != partner {
        return Err(Refusal::OutOfRange { field: "details/partner", range: "the partner of the agreement" });
    }
    Ok(partner)
}

fn matched(grant: &Grant, new: &NewMatch) -> Matched {
    Matched { program: program(grant), kind: new.kind, partner: new.partner, cents: new.cents }
}

fn program(grant: &Grant) -> String {
    grant.awarded().map(|(awarded, _)| awarded.program.clone()).unwrap_or_default()
}

fn allocated(grant: &Grant, id: AllocationId) -> Result<&Allocated, Refusal> {
    let mut allocations = grant.allocations();
    allocations.find(|a| a.allocation == id).ok_or(Refusal::NotFound { kind: "allocation", id: id.0 })
}

fn check_awarded(state: &State, id: GrantId, details: &Awarded) -> Result<(), Refusal> {
    code("details/program", &details.program)?;
    text("details/funder", &details.funder, NAME_CHARS_MAX)?;
    code("details/award", &details.award)?;
    cents(details.cents)?;
    match state.grant_by_award.get(&details.award) {
        Some(other) if *other != id => {
            Err(Refusal::Taken { field: "details/award", value: details.award.clone() })
        }
        Some(_) | None => Ok(()),
    }
}

/// Rule 11: with the other allocations it does not exceed the award.
fn check_allocated(state: &State, grant: &Grant, now: &Allocated) -> Result<(), Refusal> {
    cents(now.cents)?;
    state.site(now.site)?;
    now.partner.map_or(Ok(()), |partner| state.partner(partner).map(|_| ()))?;
    let others = grant.allocations().filter(|other| other.allocation != now.allocation);
    let others = others.fold(0, |sum: u64, other| sum.saturating_add(other.cents));
    let award = grant.awarded().map_or(0, |(awarded, _)| awarded.cents);
    let left = award.saturating_sub(others);
    if now.cents > left {
        return Err(Refusal::AllocationExceedsAward { cents: now.cents, left });
    }
    Ok(())
}

fn check_matched(state: &State, now: &Matched) -> Result<(), Refusal> {
    cents(now.cents)?;
    now.partner.map_or(Ok(()), |partner| state.partner(partner).map(|_| ()))
}

/// Rule 11: with what else is spent of it, an expenditure does not exceed its allocation.
fn fits(grant: &Grant, now: &Spent, was: Option<&Spent>) -> Result<(), Refusal> {
    cents(now.cents)?;
    let replaced = was.filter(|was| was.allocation == now.allocation).map_or(0, |was| was.cents);
    let others = grant.spent(now.allocation).saturating_sub(replaced);
    let left = allocated(grant, now.allocation)?.cents.saturating_sub(others);
    if now.cents > left {
        return Err(Refusal::ExpenditureExceedsAllocation { cents: now.cents, left });
    }
    Ok(())
}

/// A period ends after it starts.
fn period(effective: Option<Effective>) -> Result<(), Refusal> {
    match effective {
        Some(Effective::Span(from, to)) if from < to => Ok(()),
        Some(Effective::Span(..) | Effective::Day(_)) | None => Err(Refusal::SpanNeeded),
    }
}

/// Rule 11: a day lies inside the grant's period, and not after its closing.
fn inside(history: &History<Event>, date: Date) -> Result<(), Refusal> {
    let Some((_, period)) = awarded(history) else { return Ok(()) };
    let (from, to) = (period.from(), closed(history).map_or(period.to(), |day| day.min(period.to())));
    if from <= date && date <= to { Ok(()) } else { Err(Refusal::OutsideGrantPeriod { date, from, to }) }
}

/// The fact, if all of rule 11 holds after it of the award, its allocations, matches and closing, and of what was
/// spent.
fn upheld(stamp: &Stamp, grant: &Grant, fact: Fact) -> Result<Fact, Refusal> {
    let Some(event) = Event::of(&fact.event) else { return Ok(fact) };
    // Position and id don't matter to what would hold afterwards.
    let recorded = Recorded { position: 0, id: Uuid::nil(), time: stamp.recorded, fact: &fact };
    let after = grant.history.after(&recorded, event);
    holds(grant, &after)?;
    Ok(fact)
}

fn holds(grant: &Grant, after: &History<Event>) -> Result<(), Refusal> {
    let Some((award, _)) = awarded(after) else { return Ok(()) };
    let mut sum: u64 = 0;
    for entry in after.entries() {
        let program = match &entry.event {
            Event::GrantAllocated(allocated) => {
                sum = sum.saturating_add(allocated.cents);
                let spent = grant.spent(allocated.allocation);
                if spent > allocated.cents {
                    return Err(Refusal::Overspent { cents: allocated.cents, spent });
                }
                &allocated.program
            }
            Event::MatchRecorded(matched) => &matched.program,
            // Accounts may be closed after the period; a closing before its end shortens it.
            Event::GrantClosed(_)
            | Event::GrantAwarded(_)
            | Event::ExpenditureRecorded(_)
            | Event::GrantCorrected(_)
            | Event::GrantVoided(_) => continue,
        };
        // Allocations, matches and expenditures carry it.
        if *program != award.program {
            return Err(Refusal::InUse { what: "allocations or matches that carry the program" });
        }
        entry.effective.map_or(Ok(()), |e| inside(after, e.from()))?;
    }
    if sum > award.cents {
        return Err(Refusal::Overallocated { cents: award.cents, allocated: sum });
    }
    let days = grant.spent.values().flat_map(|sum| [sum.days.keys().next(), sum.days.keys().next_back()]);
    days.flatten().try_for_each(|day| inside(after, *day))
}
