//! Grants, as sentences.

use domain::grant::Event;

use crate::cells::code;

pub(crate) fn sentence(event: &Event) -> String {
    match event {
        Event::GrantAwarded(award) => {
            format!("{} awarded {} ({}).", award.funder, dollars(award.cents), award.program)
        }
        Event::GrantAllocated(part) => {
            format!("{} of a grant were allocated to a site ({}).", dollars(part.cents), part.program)
        }
        Event::ExpenditureRecorded(spent) => {
            format!("{} of a grant were spent on {}.", dollars(spent.cents), code(&spent.category))
        }
        Event::MatchRecorded(matched) => {
            format!("A grant was matched by {} ({}).", dollars(matched.cents), code(&matched.kind))
        }
        Event::GrantClosed(_) => "A grant was closed.".into(),
        Event::GrantCorrected(c) => format!("{} was corrected.", c.was.event.name()),
        Event::GrantVoided(v) => format!("{} was voided.", v.was.event.name()),
    }
}

fn dollars(cents: u64) -> String {
    format!("${}.{:02}", cents / 100, cents % 100)
}
