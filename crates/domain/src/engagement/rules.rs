//! What may be recorded of an engagement.

use jiff::civil::Date;
use uuid::Uuid;

use crate::correction::{CorrectEvent, Correctable, live};
use crate::engagement::{Cancelled, Command, Event, FamilyEngaged, Held, Planned, Status};
use crate::fact::Fact;
use crate::id::EngagementId;
use crate::text::{code, codes, day_corrected, day_done, headcount, minutes, not_in_future, one_day};
use crate::{Found, Refusal, Stamp, State};

pub(crate) fn decide(
    state: &State,
    command: &Command,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    match command {
        Command::PlanEngagement(new) => {
            check_planned(state, &new.details, one_day(Some(new.effective))?)?;
            let id = new.id.unwrap_or_else(|| EngagementId::new(stamp.id(0)));
            if state.engagements.contains_key(&id) {
                return Err(Refusal::Taken { field: "id", value: id.to_string() });
            }
            Ok(vec![Event::EngagementPlanned(new.details.clone()).fact(id.0, new.effective)])
        }
        Command::RecordEngagement(new) => {
            let day = day_done(state, stamp, Some(new.effective))?;
            check_held(state, &new.details, day)?;
            let id = new.id.unwrap_or_else(|| EngagementId::new(stamp.id(0)));
            match state.engagements.get(&id).map(|e| (e.status, e.day)) {
                None | Some((Status::Planned, _)) => {}
                Some((Status::Held, _)) => return Err(Refusal::EngagementAlreadyHeld),
                Some((Status::Cancelled, since)) => {
                    return Err(Refusal::Closed { kind: "engagement", since });
                }
            }
            Ok(vec![Event::EngagementHeld(new.details.clone()).fact(id.0, new.effective)])
        }
        Command::RecordFamily(act) => {
            let engagement = state.engagement(act.id)?;
            let day = day_done(state, stamp, Some(act.effective))?;
            if engagement.status != Status::Held || day != engagement.day {
                return Err(Refusal::EngagementNotHeld);
            }
            if let Some(language) = &act.details.language {
                code("details/language", language)?;
            }
            let (site, kind) = (Some(engagement.site), Some(engagement.kind));
            let engaged = FamilyEngaged { site, kind, ..act.details.clone() };
            Ok(vec![Event::FamilyEngaged(engaged).fact(act.id.0, act.effective)])
        }
        Command::CancelEngagement(act) => {
            let engagement = state.engagement(act.id)?;
            match engagement.status {
                Status::Planned => {}
                Status::Held => return Err(Refusal::EngagementAlreadyHeld),
                Status::Cancelled => {
                    return Err(Refusal::Closed { kind: "engagement", since: engagement.day });
                }
            }
            not_in_future(stamp, one_day(Some(act.effective))?)?;
            let (site, kind) = (Some(engagement.site), Some(engagement.kind));
            let cancelled = Cancelled { site, kind, ..act.details.clone() };
            Ok(vec![Event::EngagementCancelled(cancelled).fact(act.id.0, act.effective)])
        }
        Command::CorrectEngagement(command) => correct(state, command, found, stamp),
        Command::VoidEngagement(command) => {
            let live = live::<Event>(found, command.corrects)?;
            not_relied_upon(state, live.subject.id, live.event)?;
            Ok(vec![live.void(command)])
        }
    }
}

fn correct(
    state: &State,
    command: &CorrectEvent<Event>,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    let live = live::<Event>(found, command.corrects)?;
    let fact = live.correct(command)?;
    let engagement = state.engagement(EngagementId::new(live.subject.id))?;
    match &command.now {
        Event::EngagementHeld(now) => {
            let day = day_corrected(state, stamp, fact.effective, live.effective)?;
            check_held(state, now, day)?;
            // Families carry the site, kind and day of what they took part in.
            let moved = day != engagement.day || now.site != engagement.site || now.kind != engagement.kind;
            if moved {
                not_relied_upon(state, live.subject.id, live.event)?;
            }
        }
        Event::FamilyEngaged(now) => {
            let kept = (now.site, now.kind) == (Some(engagement.site), Some(engagement.kind));
            if !kept || fact.effective != live.effective {
                let range = "the site, kind and day of the engagement";
                return Err(Refusal::OutOfRange { field: "now/data", range });
            }
        }
        Event::EngagementCancelled(now) => {
            not_in_future(stamp, one_day(fact.effective)?)?;
            if (now.site, now.kind) != (Some(engagement.site), Some(engagement.kind)) {
                return Err(Refusal::OutOfRange {
                    field: "now/data",
                    range: "the site and kind of the engagement",
                });
            }
        }
        Event::EngagementPlanned(now) => {
            check_planned(state, now, one_day(fact.effective)?)?;
        }
        Event::EngagementCorrected(_) | Event::EngagementVoided(_) => {}
    }
    Ok(vec![fact])
}

/// An engagement that families are recorded for stays held; one that was held or cancelled stays planned.
fn not_relied_upon(state: &State, id: Uuid, event: &Event) -> Result<(), Refusal> {
    let engagement = state.engagement(EngagementId::new(id))?;
    if matches!(event, Event::EngagementHeld(_)) && engagement.families > 0 {
        return Err(Refusal::InUse { what: "families recorded for it" });
    }
    if matches!(event, Event::EngagementPlanned(_)) && engagement.status != Status::Planned {
        return Err(Refusal::InUse { what: "the record that it was held or cancelled" });
    }
    Ok(())
}

fn check_planned(state: &State, planned: &Planned, day: Date) -> Result<(), Refusal> {
    codes("details/languages", &planned.languages)?;
    if state.site(planned.site)?.is_open_on(day) { Ok(()) } else { Err(Refusal::SiteNotOpen { date: day }) }
}

fn check_held(state: &State, held: &Held, day: Date) -> Result<(), Refusal> {
    minutes(held.minutes)?;
    headcount(held.headcount)?;
    codes("details/languages", &held.languages)?;
    if !state.site(held.site)?.is_open_on(day) {
        return Err(Refusal::SiteNotOpen { date: day });
    }
    Ok(())
}
