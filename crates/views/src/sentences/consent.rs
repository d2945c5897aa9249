//! Consents: that one was given or withdrawn, and never in which case or to what.

use domain::consent::Event;

/// An event as a sentence.
pub(crate) fn sentence(event: &Event) -> String {
    match event {
        Event::ConsentRecorded(_) => "A consent was recorded.".into(),
        Event::ConsentWithdrawn(_) => "A consent was withdrawn.".into(),
        Event::ConsentCorrected(c) => format!("{} was corrected.", c.was.event.name()),
        Event::ConsentVoided(v) => format!("{} was voided.", v.was.event.name()),
    }
}
