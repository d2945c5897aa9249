//! Requests of families to amend a record.

use domain::amendment::{Event, Outcome};

/// An event as a sentence.
pub(crate) fn sentence(event: &Event) -> String {
    match event {
        Event::AmendmentRequested(_) => "A family asked for a record to be amended.".into(),
        Event::AmendmentDecided(decided) => match decided.outcome {
            Outcome::Granted => "A request to amend a record was granted.".into(),
            Outcome::Denied => "A request to amend a record was denied.".into(),
        },
        Event::StatementPlaced(_) => "A family placed a statement with a record.".into(),
        Event::AmendmentCorrected(c) => format!("{} was corrected.", c.was.event.name()),
        Event::AmendmentVoided(v) => format!("{} was voided.", v.was.event.name()),
    }
}
