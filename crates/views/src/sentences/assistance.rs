//! Technical assistance, as sentences.

use domain::assistance::Event;

pub(crate) fn sentence(event: &Event) -> String {
    match event {
        Event::AssistanceRequested(request) => format!("Assistance was requested ({}).", request.topic),
        Event::AssistanceScheduled(_) => "Assistance was scheduled.".into(),
        Event::AssistanceProvided(session) => {
            format!("Assistance was provided for {} minutes.", session.minutes)
        }
        // What a few people thought of it is not said.
        Event::AssistanceEvaluated(_) => "Assistance was evaluated.".into(),
        Event::AssistanceCorrected(c) => format!("{} was corrected.", c.was.event.name()),
        Event::AssistanceVoided(v) => format!("{} was voided.", v.was.event.name()),
    }
}
