//! What may be recorded of a consent.

use crate::consent::{Command, Event};
use crate::correction::{Correctable, live};
use crate::fact::Fact;
use crate::history::History;
use crate::id::ConsentId;
use crate::text::{not_in_future, one_day};
use crate::{Effective, Found, Refusal, Stamp, State};

/// Kinds of service there are.
const KINDS_MAX: usize = 28;

pub(crate) fn decide(
    state: &State,
    command: &Command,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    let fact = match command {
        Command::RecordConsent(new) => {
            let id = new.id.unwrap_or_else(|| ConsentId::new(stamp.id(0)));
            if state.consents.contains_key(&id) {
                return Err(Refusal::Taken { field: "id", value: id.to_string() });
            }
            let fact = Event::ConsentRecorded(new.details.clone()).fact(id.0, new.effective);
            check(&History::default().with(&fact))?;
            return Ok(vec![fact]);
        }
        Command::WithdrawConsent(act) => {
            Event::ConsentWithdrawn(act.details.clone()).fact(act.id.0, act.effective)
        }
        Command::CorrectConsent(command) => live::<Event>(found, command.corrects)?.correct(command)?,
        Command::VoidConsent(command) => live::<Event>(found, command.corrects)?.void(command),
    };
    let consent = state.consent(ConsentId::new(fact.subject.id))?;
    let after = consent.history.with(&fact);
    check(&after)?;
    let withdrawn = after.entries().iter().find(|entry| matches!(entry.event, Event::ConsentWithdrawn(_)));
    if let Some(entry) = withdrawn {
        not_in_future(stamp, one_day(entry.effective)?)?;
    }
    Ok(vec![fact])
}

/// A consent covers something for a span, and is withdrawn once, not before it begins.
fn check(history: &History<Event>) -> Result<(), Refusal> {
    let mut begins = None;
    let mut withdrawn = None;
    for entry in history.entries() {
        match &entry.event {
            Event::ConsentRecorded(consented) => {
                if !(1..=KINDS_MAX).contains(&consented.kinds.len()) {
                    return Err(Refusal::ListNotAllowed { field: "details/kinds", max: KINDS_MAX });
                }
                match entry.effective {
                    Some(Effective::Span(from, to)) if from < to => begins = Some(from),
                    Some(_) | None => return Err(Refusal::SpanNeeded),
                }
            }
            Event::ConsentWithdrawn(_) => {
                let Some(from) = begins else {
                    return Err(Refusal::InUse { what: "the record that it was withdrawn" });
                };
                if let Some(since) = withdrawn {
                    return Err(Refusal::Closed { kind: "consent", since });
                }
                let day = one_day(entry.effective)?;
                if day < from {
                    let range = "not before the consent begins";
                    return Err(Refusal::OutOfRange { field: "effective", range });
                }
                withdrawn = Some(day);
            }
            Event::ConsentCorrected(_) | Event::ConsentVoided(_) => {}
        }
    }
    Ok(())
}
