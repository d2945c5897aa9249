//! What may be recorded of technical assistance.

use jiff::civil::Date;
use uuid::Uuid;

use crate::assistance::{
    Assistance, Command, Evaluated, Event, Provided, Request, Requested, Scheduled, request,
};
use crate::command::Act;
use crate::correction::{CorrectEvent, Correctable, live};
use crate::fact::{Fact, Recorded};
use crate::history::History;
use crate::id::AssistanceId;
use crate::text::{code, day_corrected, day_done, headcount, minutes, one_day};
use crate::{Effective, Found, Refusal, Stamp, State};

pub(crate) fn decide(
    state: &State,
    command: &Command,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    let fact = match command {
        Command::RequestAssistance(new) => {
            let id = new.id.unwrap_or_else(|| AssistanceId::new(stamp.id(0)));
            if state.assistances.contains_key(&id) {
                return Err(Refusal::Taken { field: "id", value: id.to_string() });
            }
            let event = Event::AssistanceRequested(new.details.clone());
            check(&event)?;
            let day = day_done(state, stamp, Some(new.effective))?;
            at_site(state, &new.details, day)?;
            event.fact(id.0, new.effective)
        }
        Command::ScheduleAssistance(act) => {
            let Act { id, effective, details } = act;
            let event = |request| Event::AssistanceScheduled(Scheduled { request, ..details.clone() });
            answer(state, stamp, *id, *effective, event)?
        }
        Command::ProvideAssistance(act) => {
            let Act { id, effective, details } = act;
            let event = |request| Event::AssistanceProvided(Provided { request, ..details.clone() });
            answer(state, stamp, *id, *effective, event)?
        }
        Command::EvaluateAssistance(act) => {
            let Act { id, effective, details } = act;
            let event = |request| Event::AssistanceEvaluated(Evaluated { request, ..details.clone() });
            answer(state, stamp, *id, *effective, event)?
        }
        Command::CorrectAssistance(command) => correct(state, command, found, stamp)?,
        Command::VoidAssistance(command) => {
            let live = live::<Event>(found, command.corrects)?;
            let assistance = state.assistance(AssistanceId::new(live.subject.id))?;
            let first = matches!(live.event, Event::AssistanceRequested(_));
            if first && assistance.history.entries().len() > 1 {
                return Err(Refusal::InUse { what: "answers to the request" });
            }
            upheld(stamp, assistance, live.void(command))?
        }
    };
    Ok(vec![fact])
}

/// What follows a request carries it.
fn answer(
    state: &State,
    stamp: &Stamp,
    id: AssistanceId,
    effective: Effective,
    event: impl FnOnce(Option<Request>) -> Event,
) -> Result<Fact, Refusal> {
    let assistance = state.assistance(id)?;
    let event = event(assistance.request());
    check(&event)?;
    match event {
        Event::AssistanceScheduled(_) => one_day(Some(effective))?,
        _ => day_done(state, stamp, Some(effective))?,
    };
    upheld(stamp, assistance, event.fact(id.0, effective))
}

fn correct(
    state: &State,
    command: &CorrectEvent<Event>,
    found: &Found,
    stamp: &Stamp,
) -> Result<Fact, Refusal> {
    let live = live::<Event>(found, command.corrects)?;
    let fact = live.correct(command)?;
    let assistance = state.assistance(AssistanceId::new(live.subject.id))?;
    check(&command.now)?;
    if command.now.request().is_some_and(|request| *request != assistance.request()) {
        return Err(Refusal::OutOfRange { field: "now/data/request", range: "the request that it answers" });
    }
    let day = match &command.now {
        Event::AssistanceScheduled(_) => one_day(fact.effective)?,
        _ => day_corrected(state, stamp, fact.effective, live.effective)?,
    };
    if let Event::AssistanceRequested(requested) = &command.now {
        at_site(state, requested, day)?;
    }
    upheld(stamp, assistance, fact)
}

/// What an event says is sound, whether it is new or corrects another.
fn check(event: &Event) -> Result<(), Refusal> {
    match event {
        Event::AssistanceRequested(requested) => code("details/topic", &requested.topic),
        Event::AssistanceScheduled(scheduled) => code("details/provider", &scheduled.provider),
        Event::AssistanceProvided(provided) => {
            code("details/provider", &provided.provider)?;
            minutes(provided.minutes)?;
            headcount(provided.participants)
        }
        Event::AssistanceEvaluated(evaluated) => {
            if !(1..=5).contains(&evaluated.score) {
                return Err(Refusal::OutOfRange { field: "details/score", range: "1 to 5" });
            }
            headcount(evaluated.n)
        }
        Event::AssistanceCorrected(_) | Event::AssistanceVoided(_) => Ok(()),
    }
}

fn at_site(state: &State, requested: &Requested, date: Date) -> Result<(), Refusal> {
    let Some(site) = requested.site else { return Ok(()) };
    if state.site(site)?.is_open_on(date) { Ok(()) } else { Err(Refusal::SiteNotOpen { date }) }
}

/// The fact, if the history after it still makes sense.
fn upheld(stamp: &Stamp, assistance: &Assistance, fact: Fact) -> Result<Fact, Refusal> {
    let Some(event) = Event::of(&fact.event) else { return Ok(fact) };
    // Position and id don't matter to what would hold afterwards.
    let recorded = Recorded { position: 0, id: Uuid::nil(), time: stamp.recorded, fact: &fact };
    holds(&assistance.history.after(&recorded, event))?;
    Ok(fact)
}

/// Answers follow their request and carry it; what is evaluated was provided by then.
fn holds(after: &History<Event>) -> Result<(), Refusal> {
    let asked = request(after);
    let Some(requested) = asked.as_ref().map(|request| request.day) else { return Ok(()) };
    let provided = |event: &Event| matches!(event, Event::AssistanceProvided(_)).then_some(());
    for entry in after.entries() {
        let date = entry.effective.map_or(requested, |e| e.from());
        if date < requested {
            return Err(Refusal::AssistanceBeforeRequest { date, requested });
        }
        if entry.event.request().is_some_and(|request| *request != asked) {
            return Err(Refusal::InUse { what: "answers that carry the request" });
        }
        let evaluated = matches!(entry.event, Event::AssistanceEvaluated(_));
        if evaluated && after.holds_on(date, provided).is_none() {
            return Err(Refusal::AssistanceNotProvided { date });
        }
    }
    Ok(())
}
