//! What may be recorded of a request to amend a record.

use jiff::civil::Date;
use uuid::Uuid;

use crate::amendment::{Command, Decided, Event, Outcome, StatementPlaced, requested};
use crate::correction::{Correctable, live};
use crate::fact::{Fact, Kind};
use crate::history::History;
use crate::id::AmendmentId;
use crate::text::{not_in_future, one_day};
use crate::{Found, Refusal, Stamp, State};

pub(crate) fn decide(
    state: &State,
    command: &Command,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    let fact = match command {
        Command::RequestAmendment(new) => {
            let id = new.id.unwrap_or_else(|| AmendmentId::new(stamp.id(0)));
            if state.amendments.contains_key(&id) {
                return Err(Refusal::Taken { field: "id", value: id.to_string() });
            }
            let event = Event::AmendmentRequested(new.details.clone());
            mentioned(found, &event)?;
            not_in_future(stamp, one_day(Some(new.effective))?)?;
            return Ok(vec![event.fact(id.0, new.effective)]);
        }
        Command::DecideAmendment(act) => {
            let (event, requested) = state.amendment(act.id)?.requested().unzip();
            let event = Event::AmendmentDecided(Decided { event, requested, ..act.details.clone() });
            event.fact(act.id.0, act.effective)
        }
        Command::PlaceStatement(act) => {
            let event = state.amendment(act.id)?.requested().map(|(event, _)| event);
            Event::StatementPlaced(StatementPlaced { event }).fact(act.id.0, act.effective)
        }
        Command::CorrectAmendment(command) => {
            let live = live::<Event>(found, command.corrects)?;
            let fact = live.correct(command)?;
            if carried(&command.now) != carried(live.event) {
                let range = "the event and day of the request, as they were";
                return Err(Refusal::OutOfRange { field: "now/data", range });
            }
            fact
        }
        Command::VoidAmendment(command) => live::<Event>(found, command.corrects)?.void(command),
    };
    let amendment = state.amendment(AmendmentId::new(fact.subject.id))?;
    let after = amendment.history.with(&fact);
    check(&after)?;
    if let Some(event) = Event::of(&fact.event) {
        match event {
            Event::AmendmentCorrected(correction) => mentioned(found, &correction.now)?,
            event => mentioned(found, event)?,
        }
    }
    // A void takes back; what it takes back may be on any day.
    if !matches!(command, Command::VoidAmendment(_)) {
        not_in_future(stamp, one_day(fact.effective)?)?;
    }
    Ok(vec![fact])
}

/// What the ledger has filled in.
const fn carried(event: &Event) -> (Option<Uuid>, Option<Date>) {
    match event {
        Event::AmendmentDecided(decided) => (decided.event, decided.requested),
        Event::StatementPlaced(statement) => (statement.event, None),
        Event::AmendmentRequested(_) | Event::AmendmentCorrected(_) | Event::AmendmentVoided(_) => {
            (None, None)
        }
    }
}

/// What is disputed is an event of this ledger about something other than the ledger itself and its tokens, which nobody
/// corrects; what is said to be the correction is one.
fn mentioned(found: &Found, event: &Event) -> Result<(), Refusal> {
    let (id, correction) = match event {
        Event::AmendmentRequested(requested) => (requested.event, false),
        Event::AmendmentDecided(Decided { correction: Some(correction), .. }) => (*correction, true),
        _ => return Ok(()),
    };
    let named = found.mentioned.as_ref().ok_or(Refusal::EventNotFound { event: id })?;
    let kind = named.fact.subject.kind;
    if matches!(kind, Kind::Ledger | Kind::Access) {
        return Err(Refusal::EventOfAnotherKind { event: id, kind: kind.as_str() });
    }
    if correction && named.fact.corrects.is_none() {
        let range = "the id of an event that corrects or voids another";
        return Err(Refusal::OutOfRange { field: "details/correction", range });
    }
    Ok(())
}

/// Requested, then decided once, then a statement after a denial; each on no earlier day than the one before.
fn check(history: &History<Event>) -> Result<(), Refusal> {
    let opening = requested(history);
    let mut decided: Option<Outcome> = None;
    let mut placed = false;
    let mut last = Date::MIN;
    for entry in history.entries() {
        let (event, since) = match &entry.event {
            Event::AmendmentRequested(_) => (opening.map(|(event, _)| event), opening.map(|(_, day)| day)),
            Event::AmendmentDecided(decision) => {
                if decided.is_some() {
                    return Err(Refusal::AmendmentAlreadyDecided);
                }
                if decision.outcome == Outcome::Denied && decision.correction.is_some() {
                    let range = "named only where the request was granted";
                    return Err(Refusal::OutOfRange { field: "details/correction", range });
                }
                decided = Some(decision.outcome);
                (decision.event, decision.requested)
            }
            Event::StatementPlaced(statement) => {
                if decided != Some(Outcome::Denied) {
                    return Err(Refusal::StatementNeedsDenial);
                }
                if placed {
                    return Err(Refusal::NoChange { what: "a statement is placed already" });
                }
                placed = true;
                (statement.event, opening.map(|(_, day)| day))
            }
            Event::AmendmentCorrected(_) | Event::AmendmentVoided(_) => continue,
        };
        if event.zip(since) != opening || opening.is_none() {
            return Err(Refusal::InUse {
                what: "later events of the request, which carry its event and day",
            });
        }
        let day = entry.effective.map_or(Date::MIN, |e| e.from());
        if day < last {
            let range = "not before the event of the request before it, nor after the next";
            return Err(Refusal::OutOfRange { field: "effective", range });
        }
        last = day;
    }
    Ok(())
}
