//! A person, by a random id: enrolled, in which households, merged with whom. Nothing else is known here.
//!
//! A ledger may have half a million persons, so no history is kept of one: households, how many events there are, and
//! the last merge or separation of those who had one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};
use uuid::Uuid;

use crate::State;
use crate::command::{Act, Create};
use crate::correction::{CorrectEvent, Corrected, VoidEvent, Voided};
use crate::fact::Recorded;
use crate::history::History;
use crate::id::{HouseholdId, PersonId};

mod rules;
pub(crate) use rules::{decide, may_name};

/// Most households that a person belongs to at a time.
pub const HOUSEHOLDS_MAX: usize = 4;

/// `person-enrolled`; `effective` is the day from which the ledger knows the person. Records may name an earlier day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Enrolled {
    /// The household that the person belongs to, by a random id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub household: Option<HouseholdId>,
}

/// `household-joined`, `household-left`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InHousehold {
    /// Which household, by a random id.
    pub household: HouseholdId,
}

/// `persons-merged`: the subject is the person that is merged away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Merged {
    /// The person that both are from here on.
    pub into: PersonId,
}

/// `persons-separated`: from here on both count again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Separated {
    /// The person that it was merged into.
    pub from: PersonId,
}

/// Events about a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// The ledger knows it.
    PersonEnrolled(Enrolled),
    /// It belongs to another household, too.
    HouseholdJoined(InHousehold),
    /// It no longer belongs to a household.
    HouseholdLeft(InHousehold),
    /// It and another are one person.
    PersonsMerged(Merged),
    /// They are two after all.
    PersonsSeparated(Separated),
    /// One of the above was wrong.
    PersonCorrected(Box<Corrected<Event>>),
    /// One of the above did not happen.
    PersonVoided(Box<Voided<Event>>),
}

/// Commands to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Enrols it; one that records name already keeps its id.
    EnrolPerson(Create<PersonId, Enrolled>),
    /// Adds a household.
    JoinHousehold(Act<PersonId, InHousehold>),
    /// Takes a household away.
    LeaveHousehold(Act<PersonId, InHousehold>),
    /// Merges it into another.
    MergePersons(Act<PersonId, Merged>),
    /// Ends that.
    SeparatePersons(Act<PersonId, Separated>),
    /// Corrects an event.
    CorrectPerson(Box<CorrectEvent<Event>>),
    /// Voids an event.
    VoidPerson(VoidEvent),
}

correctable! { Person: PersonCorrected, PersonVoided; CorrectPerson, VoidPerson }

/// A person as rules see it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The households that it belongs to, each once.
    // One letter: a state of half a million persons is written down in one text.
    #[serde(rename = "h", skip_serializing_if = "Vec::is_empty", default)]
    households: Vec<HouseholdId>,
    /// Live events besides the enrolment.
    #[serde(rename = "e", skip_serializing_if = "is_none", default)]
    events: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_none(events: &u32) -> bool {
    *events == 0
}

impl Person {
    /// The households that it belongs to.
    pub fn households(&self) -> &[HouseholdId] {
        &self.households
    }
}

/// The last merge of a person that was ever merged away, and its end. Earlier ones stay as they are recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The other person.
    pub other: PersonId,
    /// The event that merged them, or its latest correction.
    merge: Uuid,
    /// The event that separated them again, or its latest correction.
    separation: Option<Uuid>,
}

impl Link {
    /// Into whom the person is merged now.
    pub const fn into(&self) -> Option<PersonId> {
        match self.separation {
            None => Some(self.other),
            Some(_) => None,
        }
    }
}

/// Whom a person counts as: its merges and separations, and nothing else of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Identity {
    history: History<Event>,
}

impl Identity {
    /// Whether an event is a merge or a separation, or corrects or voids one.
    pub fn concerns(event: &Event) -> bool {
        matches!(event.told(), Event::PersonsMerged(_) | Event::PersonsSeparated(_))
    }

    /// Brings it up to a recorded event about the person.
    pub fn record(&mut self, recorded: &Recorded<'_>, event: &Event) {
        if Self::concerns(event) {
            self.history.record(recorded, event);
        }
    }

    /// Into whom the person is merged, by what was recorded last.
    pub fn merged_into(&self) -> Option<PersonId> {
        self.history.entries().last().and_then(|last| match &last.event {
            Event::PersonsMerged(merged) => Some(merged.into),
            _ => None,
        })
    }
}

/// A household that an event adds, or takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    In(HouseholdId),
    Out(HouseholdId),
}

impl Move {
    const fn back(self) -> Self {
        match self {
            Self::In(household) => Self::Out(household),
            Self::Out(household) => Self::In(household),
        }
    }
}

impl Event {
    fn household(&self) -> Option<Move> {
        match self {
            Self::PersonEnrolled(enrolled) => enrolled.household.map(Move::In),
            Self::HouseholdJoined(joined) => Some(Move::In(joined.household)),
            Self::HouseholdLeft(left) => Some(Move::Out(left.household)),
            Self::PersonsMerged(_)
            | Self::PersonsSeparated(_)
            | Self::PersonCorrected(_)
            | Self::PersonVoided(_) => None,
        }
    }

    /// Moves between households that recording this means: what it takes back, then what it says.
    fn moves(&self) -> impl Iterator<Item = Move> {
        let [back, now] = match self {
            Self::PersonCorrected(correction) => {
                [correction.was.event.household(), correction.now.household()]
            }
            Self::PersonVoided(void) => [void.was.event.household(), None],
            _ => [None, self.household()],
        };
        // What is taken back and said again moves nobody.
        let moved = back != now;
        back.map(Move::back).into_iter().chain(now).filter(move |_| moved)
    }
}

pub(crate) fn evolve(state: &mut State, recorded: &Recorded<'_>, event: &Event) {
    let id = PersonId::new(recorded.fact.subject.id);
    let person = state.persons.entry(id).or_default();
    for step in event.moves() {
        match step {
            Move::In(household) => {
                // Most have one: room for four would be most of a person's memory.
                person.households.reserve_exact(1);
                person.households.push(household);
            }
            Move::Out(household) => person.households.retain(|h| *h != household),
        }
    }
    match event {
        Event::PersonEnrolled(_) | Event::PersonCorrected(_) => {}
        Event::PersonVoided(void) if matches!(void.was.event, Event::PersonEnrolled(_)) => {
            state.persons.remove(&id);
        }
        Event::PersonVoided(_) => person.events = person.events.saturating_sub(1),
        Event::HouseholdJoined(_)
        | Event::HouseholdLeft(_)
        | Event::PersonsMerged(_)
        | Event::PersonsSeparated(_) => person.events = person.events.saturating_add(1),
    }
    link(state, id, recorded, event);
}

/// What an event does to the merge of a person.
fn link(state: &mut State, id: PersonId, recorded: &Recorded<'_>, event: &Event) {
    let old = recorded.fact.corrects;
    match event {
        Event::PersonsMerged(merged) => {
            let link = Link { other: merged.into, merge: recorded.id, separation: None };
            state.links.insert(id, link);
        }
        Event::PersonsSeparated(_) => {
            if let Some(link) = state.links.get_mut(&id) {
                link.separation = Some(recorded.id);
            }
        }
        Event::PersonCorrected(correction) => {
            let Some(link) = state.links.get_mut(&id) else { return };
            if let Event::PersonsMerged(now) = &correction.now
                && Some(link.merge) == old
            {
                (link.other, link.merge) = (now.into, recorded.id);
            }
            if link.separation.is_some() && link.separation == old {
                link.separation = Some(recorded.id);
            }
        }
        Event::PersonVoided(_) => {
            let Some(link) = state.links.get_mut(&id) else { return };
            if link.separation.is_some() && link.separation == old {
                link.separation = None;
            } else if Some(link.merge) == old {
                state.links.remove(&id);
            }
        }
        Event::PersonEnrolled(_) | Event::HouseholdJoined(_) | Event::HouseholdLeft(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_million_persons_are_small() {
        assert!(size_of::<(PersonId, Person)>() <= 48);
        let person = Person { households: vec![HouseholdId::new(Uuid::nil())], events: 0 };
        assert!(serde_json::to_string(&person).unwrap().len() <= 48);
        assert_eq!(serde_json::to_string(&Person::default()).unwrap(), "{}");
    }
}
