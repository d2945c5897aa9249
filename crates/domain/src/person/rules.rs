//! What may be recorded of a person, and who may be named (rule 12).

use crate::command::Act;
use crate::correction::{CorrectEvent, Correctable, live};
use crate::fact::Fact;
use crate::id::PersonId;
use crate::person::{Command, Event, HOUSEHOLDS_MAX, Merged, Move};
use crate::text::{not_in_future, one_day};
use crate::{Found, Refusal, Stamp, State};

/// Rule 12: whether a record may name this person now.
pub(crate) fn may_name(state: &State, person: PersonId) -> Result<(), Refusal> {
    not_merged_away(state, person)?;
    if state.ledger().persons_must_be_enrolled() { state.person(person).map(|_| ()) } else { Ok(()) }
}

fn not_merged_away(state: &State, person: PersonId) -> Result<(), Refusal> {
    match state.links.get(&person).and_then(super::Link::into) {
        Some(into) => Err(Refusal::PersonMergedAway { into: into.0 }),
        None => Ok(()),
    }
}

pub(crate) fn decide(
    state: &State,
    command: &Command,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    match command {
        Command::EnrolPerson(new) => {
            let id = new.id.unwrap_or_else(|| PersonId::new(stamp.id(0)));
            if state.persons.contains_key(&id) {
                return Err(Refusal::Taken { field: "id", value: id.to_string() });
            }
            not_in_future(stamp, one_day(Some(new.effective))?)?;
            Ok(vec![Event::PersonEnrolled(new.details.clone()).fact(id.0, new.effective)])
        }
        Command::JoinHousehold(act) => named(state, stamp, act, Event::HouseholdJoined(act.details.clone())),
        Command::LeaveHousehold(act) => named(state, stamp, act, Event::HouseholdLeft(act.details.clone())),
        Command::MergePersons(act) => {
            state.person(act.id)?;
            not_merged_away(state, act.id)?;
            may_merge(state, act.id, &act.details)?;
            named(state, stamp, act, Event::PersonsMerged(act.details.clone()))
        }
        Command::SeparatePersons(act) => {
            state.person(act.id)?;
            let from = act.details.from;
            if state.links.get(&act.id).and_then(super::Link::into) != Some(from) {
                return Err(Refusal::PersonNotMerged { from: from.0 });
            }
            not_in_future(stamp, one_day(Some(act.effective))?)?;
            Ok(vec![Event::PersonsSeparated(act.details.clone()).fact(act.id.0, act.effective)])
        }
        Command::CorrectPerson(command) => correct(state, command, found, stamp),
        Command::VoidPerson(command) => {
            let live = live::<Event>(found, command.corrects)?;
            let fact = live.void(command);
            may_void(state, PersonId::new(live.subject.id), command.corrects, live.event)?;
            moved(state, &fact)?;
            Ok(vec![fact])
        }
    }
}

/// A further event of a person that is not merged away.
fn named<D>(
    state: &State,
    stamp: &Stamp,
    act: &Act<PersonId, D>,
    event: Event,
) -> Result<Vec<Fact>, Refusal> {
    state.person(act.id)?;
    not_merged_away(state, act.id)?;
    not_in_future(stamp, one_day(Some(act.effective))?)?;
    let fact = event.fact(act.id.0, act.effective);
    moved(state, &fact)?;
    Ok(vec![fact])
}

/// A person belongs to a household once or not at all, after everything that an event takes back and says.
fn moved(state: &State, fact: &Fact) -> Result<(), Refusal> {
    let Some(event) = Event::of(&fact.event) else { return Ok(()) };
    let person = state.person(PersonId::new(fact.subject.id))?;
    let mut households: Vec<_> = person.households().iter().map(|household| (*household, 1)).collect();
    for step in event.moves() {
        let (household, by) = match step {
            Move::In(household) => (household, 1),
            Move::Out(household) => (household, -1),
        };
        match households.iter_mut().find(|(known, _)| *known == household) {
            Some((_, times)) => *times += by,
            None => households.push((household, by)),
        }
    }
    if households.iter().any(|(_, times)| !(0..=1).contains(times)) {
        return Err(Refusal::HouseholdUnclear);
    }
    if households.iter().filter(|(_, times)| *times == 1).count() > HOUSEHOLDS_MAX {
        return Err(Refusal::TooManyHouseholds { max: HOUSEHOLDS_MAX });
    }
    Ok(())
}

/// Rule 12: into a person that is enrolled and not merged away, and not into itself.
fn may_merge(state: &State, id: PersonId, merged: &Merged) -> Result<(), Refusal> {
    no_circle(state, id, merged.into)?;
    state.person(merged.into)?;
    not_merged_away(state, merged.into)
}

/// Following the merges from `into` never leads to the person.
fn no_circle(state: &State, id: PersonId, into: PersonId) -> Result<(), Refusal> {
    let mut next = Some(into);
    while let Some(person) = next {
        if person == id {
            return Err(Refusal::MergeInCircle);
        }
        next = state.links.get(&person).and_then(super::Link::into);
    }
    Ok(())
}

fn correct(
    state: &State,
    command: &CorrectEvent<Event>,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    let live = live::<Event>(found, command.corrects)?;
    let fact = live.correct(command)?;
    let id = PersonId::new(live.subject.id);
    match (live.event, &command.now) {
        (Event::PersonsMerged(was), Event::PersonsMerged(now)) if was != now => {
            // Only a merge that holds can become one with another person.
            let link = state.links.get(&id);
            if !link.is_some_and(|link| link.merge == command.corrects && link.separation.is_none()) {
                return Err(Refusal::InUse { what: "the record that they were separated" });
            }
            may_merge(state, id, now)?;
        }
        (Event::PersonsSeparated(was), Event::PersonsSeparated(now)) if was != now => {
            return Err(Refusal::OutOfRange {
                field: "now/data/from",
                range: "the person that it was merged into",
            });
        }
        _ => {}
    }
    not_in_future(stamp, one_day(fact.effective)?)?;
    moved(state, &fact)?;
    Ok(vec![fact])
}

/// What was recorded later relies on what was recorded before.
fn may_void(state: &State, id: PersonId, voided: uuid::Uuid, event: &Event) -> Result<(), Refusal> {
    let link = state.links.get(&id);
    match event {
        Event::PersonEnrolled(_) => {
            let merged = |link: &super::Link| link.other == id;
            if state.person(id)?.events > 0 || state.links.values().any(merged) {
                return Err(Refusal::InUse { what: "events of the person, or persons merged into it" });
            }
        }
        Event::PersonsMerged(_) => {
            if !link.is_some_and(|link| link.merge == voided && link.separation.is_none()) {
                return Err(Refusal::InUse { what: "the record that they were separated" });
            }
        }
        Event::PersonsSeparated(_) => {
            let last = link.filter(|link| link.separation == Some(voided));
            let Some(link) = last else {
                return Err(Refusal::InUse { what: "a later merge of the person" });
            };
            no_circle(state, id, link.other)?;
        }
        Event::HouseholdJoined(_)
        | Event::HouseholdLeft(_)
        | Event::PersonCorrected(_)
        | Event::PersonVoided(_) => {}
    }
    Ok(())
}
