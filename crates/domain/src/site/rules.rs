//! What may be recorded of a site.

use uuid::Uuid;

use crate::command::Act;
use crate::correction::{Correctable, live};
use crate::fact::{Fact, Recorded};
use crate::id::SiteId;
use crate::site::{Command, Event, Registered, Site};
use crate::text::{NAME_CHARS_MAX, code, not_in_future, one_day, text};
use crate::{Found, Refusal, Stamp, State};

pub(crate) fn decide(
    state: &State,
    command: &Command,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    match command {
        Command::RegisterSite(new) => {
            not_in_future(stamp, one_day(Some(new.effective))?)?;
            let id = new.id.unwrap_or_else(|| SiteId::new(stamp.id(0)));
            if state.sites.contains_key(&id) {
                return Err(Refusal::Taken { field: "id", value: id.to_string() });
            }
            let event = Event::SiteRegistered(new.details.clone());
            check(state, id, &event)?;
            Ok(vec![event.fact(id.0, new.effective)])
        }
        Command::DesignateSite(act) => {
            open_act(state, stamp, act, Event::SiteDesignated(act.details.clone()))
        }
        Command::ChangePhase(act) => open_act(state, stamp, act, Event::PhaseChanged(act.details.clone())),
        Command::AssignCoordinator(act) => {
            if state.site(act.id)?.coordinates(&act.details.staff) {
                return Err(Refusal::NoChange { what: "this coordinator is assigned to the site already" });
            }
            open_act(state, stamp, act, Event::CoordinatorAssigned(act.details.clone()))
        }
        Command::ReleaseCoordinator(act) => {
            if !state.site(act.id)?.coordinates(&act.details.staff) {
                return Err(Refusal::NoChange { what: "this coordinator is not assigned to the site" });
            }
            open_act(state, stamp, act, Event::CoordinatorReleased(act.details.clone()))
        }
        Command::CloseSite(act) => open_act(state, stamp, act, Event::SiteClosed(act.details.clone())),
        Command::CorrectSite(command) => {
            let live = live::<Event>(found, command.corrects)?;
            let fact = live.correct(command)?;
            corrects(state, stamp, &fact, &command.now)?;
            Ok(vec![fact])
        }
        Command::VoidSite(command) => {
            let live = live::<Event>(found, command.corrects)?;
            let id = SiteId::new(live.subject.id);
            let first = matches!(live.event, Event::SiteRegistered(_));
            if first && (state.site(id)?.history.entries().len() > 1 || names_site(state, id)) {
                return Err(Refusal::InUse { what: "other records of the site" });
            }
            Ok(vec![live.void(command)])
        }
    }
}

fn names_site(state: &State, id: SiteId) -> bool {
    state.agreements.values().any(|agreement| agreement.names_site(id))
        || state.engagements.values().any(|engagement| engagement.site == id)
        || state.councils.values().any(|council| council.charter().is_some_and(|c| c.site == Some(id)))
        || state.assessments.values().any(|assessment| assessment.opened().is_some_and(|o| o.site == id))
        || state.referrals.values().any(|referral| referral.names_site(id))
        || state.cases.values().any(|case| case.about().site == id)
        || state.grants.values().any(|grant| grant.names_site(id))
        || state.assistances.values().any(|assistance| assistance.names_site(id))
}

/// Rule 14, and the date: any further event needs an open site.
fn open_act<D>(
    state: &State,
    stamp: &Stamp,
    act: &Act<SiteId, D>,
    event: Event,
) -> Result<Vec<Fact>, Refusal> {
    check(state, act.id, &event)?;
    let site = state.site(act.id)?;
    if let Some(since) = site.closed() {
        return Err(Refusal::Closed { kind: "site", since });
    }
    let day = one_day(Some(act.effective))?;
    not_in_future(stamp, day)?;
    if !site.is_open_on(day) {
        return Err(Refusal::SiteNotOpen { date: day });
    }
    Ok(vec![event.fact(act.id.0, act.effective)])
}

/// A corrected event meets the rules of a new one, on the day on which it then lies.
fn corrects(state: &State, stamp: &Stamp, fact: &Fact, now: &Event) -> Result<(), Refusal> {
    let id = SiteId::new(fact.subject.id);
    check(state, id, now)?;
    let date = one_day(fact.effective)?;
    not_in_future(stamp, date)?;
    let Some(event) = Event::of(&fact.event) else { return Ok(()) };
    // Position and id don't matter to what would hold afterwards.
    let recorded = Recorded { position: 0, id: Uuid::nil(), time: stamp.recorded, fact };
    let after = Site { history: state.site(id)?.history.after(&recorded, event) };
    if after.is_open_on(date) { Ok(()) } else { Err(Refusal::SiteNotOpen { date }) }
}

fn check(state: &State, id: SiteId, event: &Event) -> Result<(), Refusal> {
    match event {
        Event::SiteRegistered(details) => check_registered(state, id, details),
        Event::SiteDesignated(designated) => code("details/program", &designated.program),
        Event::CoordinatorAssigned(assigned) => {
            code("details/staff", &assigned.staff)?;
            if (1..=100).contains(&assigned.fte_hundredths) {
                return Ok(());
            }
            Err(Refusal::OutOfRange { field: "details/fte_hundredths", range: "1 to 100" })
        }
        Event::CoordinatorReleased(released) => code("details/staff", &released.staff),
        Event::PhaseChanged(_) | Event::SiteClosed(_) | Event::SiteCorrected(_) | Event::SiteVoided(_) => {
            Ok(())
        }
    }
}

fn check_registered(state: &State, id: SiteId, details: &Registered) -> Result<(), Refusal> {
    text("details/name", &details.name, NAME_CHARS_MAX)?;
    text("details/city", &details.city, NAME_CHARS_MAX)?;
    if let Some(nces) = &details.nces {
        code("details/nces", nces)?;
    }
    if let Some(grades) = &details.grades {
        text("details/grades", grades, 16)?;
    }
    match state.site_by_cds.get(&details.cds) {
        Some(other) if *other != id => {
            Err(Refusal::Taken { field: "details/cds", value: details.cds.to_string() })
        }
        Some(_) | None => Ok(()),
    }
}
