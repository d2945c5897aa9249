//! Assistance log: requests for technical assistance, how long they waited, and what came of them.
//!
//! Without `by` a row is a request, in the month in which it was made. In a table of sums every figure stands in the
//! month of its own event: requests where they were made, minutes where they were provided.

use domain::SchoolYear;
use domain::assistance::{Assistance, Event};
use domain::{Event as AnyEvent, Kind};
use jiff::civil::Date;
use serde_json::{Value, json};
use wire::RecordedEvent;

use crate::answer::group;
use crate::cells::{code, month};
use crate::marks::of_thing;
use crate::{Clues, Rows, View};

/// The view.
pub(crate) struct AssistanceLog;

const COLUMNS: &[&str] = &[
    "assistance",
    "site",
    "topic",
    "strategy",
    "status",
    "provider",
    "requested",
    "days_to_answer",
    "month",
    "school_year",
];
/// The last two are there to be divided, and leave with it.
const SUMS: &[&str] =
    &["requests", "answered", "sessions", "minutes", "participants", "evaluations", "days", "points"];

impl View for AssistanceLog {
    fn name(&self) -> &'static str {
        "assistance-log"
    }
    fn revision(&self) -> u32 {
        1
    }
    fn about(&self) -> &'static str {
        "requests for assistance: days to the answer, sessions, minutes and scores by topic, strategy, site and month"
    }
    fn columns(&self) -> &'static [&'static str] {
        COLUMNS
    }
    fn identity(&self) -> &'static [&'static str] {
        &["assistance"]
    }
    fn traces(&self, _: &Rows, event: &RecordedEvent) -> Vec<Value> {
        let AnyEvent::Assistance(_) = &event.fact.event else { return Vec::new() };
        vec![json!({ "assistance": event.fact.subject.id })]
    }
    fn clues(&self, _: &Rows, row: &Value) -> Clues {
        of_thing(row, "assistance", Kind::Assistance)
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
        let AnyEvent::Assistance(change) = &event.fact.event else { return };
        let key = [b"a".as_slice(), event.fact.subject.id.as_bytes()].concat();
        rows.update(&key, |assistance: &mut Assistance| assistance.record(&event.recorded(), change));
    }

    fn list(&self, rows: &Rows, by: &[&str], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
        let mut list = Vec::new();
        rows.each(b"a", |key, assistance: &Assistance| {
            list.extend(lines(key.get(1..).unwrap_or_default(), assistance, by.is_empty()));
        });
        list.retain(wanted);
        let mut groups = group(list, if by.is_empty() { COLUMNS } else { by }, SUMS);
        for row in groups.iter_mut().filter_map(Value::as_object_mut) {
            let mut take = |column: &str| row.remove(column).and_then(|sum| sum.as_u64()).unwrap_or(0);
            let (days, points) = (take("days"), take("points"));
            let sum = |column: &str| row.get(column).and_then(Value::as_u64).unwrap_or(0);
            let average = hundredths(days, sum("answered"));
            let score = hundredths(points, sum("evaluations"));
            row.insert("average_days_hundredths".to_owned(), json!(average));
            row.insert("score_hundredths".to_owned(), json!(score));
        }
        groups
    }
}

/// The average in hundredths, rounded half up; nothing of nothing.
fn hundredths(sum: u64, of: u64) -> Option<u64> {
    let (sum, of) = (u128::from(sum), u128::from(of));
    u64::try_from((sum * 200 + of).checked_div(of * 2)?).ok()
}

/// One line for each event that counts; as a list, all of them in the month of the request.
fn lines(id: &[u8], assistance: &Assistance, listed: bool) -> Vec<Value> {
    let Some(request) = assistance.request() else { return Vec::new() };
    let id = uuid::Uuid::from_slice(id).unwrap_or_default();
    let answer = answered(assistance);
    let waited = answer.and_then(|day| u64::try_from((day - request.day).get_days()).ok());
    let (status, providers) = (status(assistance), providers(assistance));
    let entries = assistance.history.entries().iter();
    let line = |entry: &domain::history::Entry<Event>| {
        let day = entry.effective.filter(|_| !listed).map_or(request.day, |e| e.from());
        let mut line = json!({
            "assistance": id,
            "site": request.site,
            "topic": request.topic,
            "strategy": code(&request.strategy),
            "status": status,
            "provider": providers,
            "requested": request.day.to_string(),
            "days_to_answer": waited,
            "month": month(day),
            "school_year": SchoolYear::of(day).to_string(),
        });
        let sums = line.as_object_mut()?;
        sums.extend(
            figures(&entry.event, waited).into_iter().map(|(name, sum)| (name.to_owned(), sum.into())),
        );
        Some(line)
    };
    entries.filter_map(line).collect()
}

/// What an event adds to the sums.
fn figures(event: &Event, waited: Option<u64>) -> Vec<(&'static str, u64)> {
    match event {
        Event::AssistanceRequested(_) => {
            vec![("requests", 1), ("answered", u64::from(waited.is_some())), ("days", waited.unwrap_or(0))]
        }
        Event::AssistanceProvided(session) => vec![
            ("sessions", 1),
            ("minutes", session.minutes.into()),
            ("participants", session.participants.into()),
        ],
        Event::AssistanceEvaluated(given) => {
            vec![("evaluations", given.n.into()), ("points", u64::from(given.score) * u64::from(given.n))]
        }
        Event::AssistanceScheduled(_) | Event::AssistanceCorrected(_) | Event::AssistanceVoided(_) => {
            Vec::new()
        }
    }
}

/// The day of the first session; until there is one, the day for which it is scheduled.
fn answered(assistance: &Assistance) -> Option<Date> {
    let entries = || assistance.history.entries().iter();
    let provided = entries().filter(|entry| matches!(entry.event, Event::AssistanceProvided(_)));
    let mut scheduled = entries().rev().filter(|entry| matches!(entry.event, Event::AssistanceScheduled(_)));
    let first = provided.filter_map(|entry| entry.effective).map(|e| e.from()).min();
    first.or_else(|| scheduled.next()?.effective.map(|e| e.from()))
}

fn status(assistance: &Assistance) -> &'static str {
    let any = |is: fn(&Event) -> bool| assistance.history.entries().iter().any(|entry| is(&entry.event));
    if any(|event| matches!(event, Event::AssistanceProvided(_))) {
        "provided"
    } else if any(|event| matches!(event, Event::AssistanceScheduled(_))) {
        "scheduled"
    } else {
        "requested"
    }
}

/// Who provided it; until somebody did, who will.
fn providers(assistance: &Assistance) -> Vec<&str> {
    let entries = || assistance.history.entries().iter();
    let mut provided: Vec<&str> = entries()
        .filter_map(|entry| match &entry.event {
            Event::AssistanceProvided(session) => Some(session.provider.as_str()),
            _ => None,
        })
        .collect();
    if provided.is_empty() {
        let scheduled = entries().rev().find_map(|entry| match &entry.event {
            Event::AssistanceScheduled(scheduled) => Some(scheduled.provider.as_str()),
            _ => None,
        });
        provided.extend(scheduled);
    }
    provided.sort_unstable();
    provided.dedup();
    provided
}
