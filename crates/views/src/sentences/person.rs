//! Persons: that something happened to one, and never to whom.

use domain::person::Event;

/// An event as a sentence.
pub(crate) fn sentence(event: &Event) -> String {
    match event {
        Event::PersonEnrolled(_) => "A person was enrolled.".into(),
        Event::HouseholdJoined(_) | Event::HouseholdLeft(_) => "The households of a person changed.".into(),
        Event::PersonsMerged(_) => "Two records turned out to be of one person.".into(),
        Event::PersonsSeparated(_) => "Two records turned out to be of two persons.".into(),
        Event::PersonCorrected(c) => format!("{} was corrected.", c.was.event.name()),
        Event::PersonVoided(v) => format!("{} was voided.", v.was.event.name()),
    }
}
