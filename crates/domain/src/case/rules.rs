//! What may be recorded of a case, and what may be recorded in one.

use jiff::civil::Date;

use crate::case::{Case, Closed, Command, Event, Opened, about};
use crate::correction::{CorrectEvent, Correctable, live};
use crate::fact::Fact;
use crate::id::CaseId;
use crate::text::{code, day_corrected, day_done};
use crate::{Found, Refusal, Stamp, State};

/// Rule 14: what is new in a case lies on no day after its last.
pub(crate) fn may_take(state: &State, case: CaseId, day: Date) -> Result<(), Refusal> {
    // Cases were named for long before they could be opened. One that nobody opened here has no last day, so what names
    // it goes on to be accepted, as it was in every log there is.
    match state.cases.get(&case).and_then(Case::closed) {
        Some(since) if day > since => Err(Refusal::Closed { kind: "case", since }),
        Some(_) | None => Ok(()),
    }
}

pub(crate) fn decide(
    state: &State,
    command: &Command,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    let fact = match command {
        Command::OpenCase(new) => {
            let id = new.id.unwrap_or_else(|| CaseId::new(stamp.id(0)));
            if state.cases.contains_key(&id) {
                return Err(Refusal::Taken { field: "id", value: id.to_string() });
            }
            let day = day_done(state, stamp, Some(new.effective))?;
            sound(state, &new.details, day)?;
            Event::CaseOpened(new.details.clone()).fact(id.0, new.effective)
        }
        Command::CloseCase(act) => {
            let case = state.case(act.id)?;
            if let Some(since) = case.closed {
                return Err(Refusal::Closed { kind: "case", since });
            }
            not_before(case, day_done(state, stamp, Some(act.effective))?)?;
            let closed = Closed { about: Some(case.about.clone()), ..act.details.clone() };
            Event::CaseClosed(closed).fact(act.id.0, act.effective)
        }
        Command::CorrectCase(command) => correct(state, command, found, stamp)?,
        Command::VoidCase(command) => {
            let live = live::<Event>(found, command.corrects)?;
            let case = state.case(CaseId::new(live.subject.id))?;
            if matches!(live.event, Event::CaseOpened(_)) && case.closed.is_some() {
                return Err(Refusal::InUse { what: "the closing of the case" });
            }
            live.void(command)
        }
    };
    Ok(vec![fact])
}

/// A corrected event meets the rules of a new one.
fn correct(
    state: &State,
    command: &CorrectEvent<Event>,
    found: &Found,
    stamp: &Stamp,
) -> Result<Fact, Refusal> {
    let live = live::<Event>(found, command.corrects)?;
    let fact = live.correct(command)?;
    let day = day_corrected(state, stamp, fact.effective, live.effective)?;
    let case = state.case(CaseId::new(live.subject.id))?;
    match &command.now {
        Event::CaseOpened(now) => {
            sound(state, now, day)?;
            if case.closed.is_some() && about(now, day) != case.about {
                return Err(Refusal::InUse { what: "the closing of the case, which says what it is about" });
            }
        }
        Event::CaseClosed(now) => {
            if now.about.as_ref() != Some(&case.about) {
                let range = "what the case is about, as it was";
                return Err(Refusal::OutOfRange { field: "now/data/about", range });
            }
            not_before(case, day)?;
        }
        Event::CaseCorrected(_) | Event::CaseVoided(_) => {}
    }
    Ok(fact)
}

fn sound(state: &State, opened: &Opened, date: Date) -> Result<(), Refusal> {
    code("details/programme", &opened.programme)?;
    if state.site(opened.site)?.is_open_on(date) { Ok(()) } else { Err(Refusal::SiteNotOpen { date }) }
}

fn not_before(case: &Case, day: Date) -> Result<(), Refusal> {
    if day < case.about.opened {
        let range = "not before the case was opened";
        return Err(Refusal::OutOfRange { field: "effective", range });
    }
    Ok(())
}
