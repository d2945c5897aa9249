//! Cases: that one was opened or closed, and never which, in what programme or why.

use domain::case::Event;

/// An event as a sentence.
pub(crate) fn sentence(event: &Event) -> String {
    match event {
        Event::CaseOpened(_) => "A case was opened.".into(),
        Event::CaseClosed(_) => "A case was closed.".into(),
        Event::CaseCorrected(c) => format!("{} was corrected.", c.was.event.name()),
        Event::CaseVoided(v) => format!("{} was voided.", v.was.event.name()),
    }
}
