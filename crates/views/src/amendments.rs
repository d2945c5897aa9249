//! Requests of families to amend a record: which event is disputed, what was decided, and whether a statement stands
//! with it. Who asked is not known here.

use domain::amendment::{Amendment, Event};
use domain::{Event as AnyEvent, Kind};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::RecordedEvent;

use crate::cells::code;
use crate::marks::of_thing;
use crate::{Clues, Rows, View};

/// The view.
pub(crate) struct Amendments;

impl View for Amendments {
    fn name(&self) -> &'static str {
        "amendments"
    }
    fn revision(&self) -> u32 {
        1
    }
    fn about(&self) -> &'static str {
        "requests to amend a record: the disputed event, its grounds, what was decided, whether a statement stands"
    }
    fn columns(&self) -> &'static [&'static str] {
        &["amendment", "event", "grounds", "status", "statement"]
    }
    fn identity(&self) -> &'static [&'static str] {
        &["amendment"]
    }
    fn traces(&self, _: &Rows, event: &RecordedEvent) -> Vec<Value> {
        let AnyEvent::Amendment(_) = &event.fact.event else { return Vec::new() };
        vec![json!({ "amendment": event.fact.subject.id.to_string() })]
    }
    fn clues(&self, _: &Rows, row: &Value) -> Clues {
        of_thing(row, "amendment", Kind::Amendment)
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
        let AnyEvent::Amendment(change) = &event.fact.event else { return };
        let key = [b"a".as_slice(), event.fact.subject.id.as_bytes()].concat();
        rows.update(&key, |amendment: &mut Amendment| amendment.record(&event.recorded(), change));
    }

    fn list(&self, rows: &Rows, _: &[&str], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
        let mut list = Vec::new();
        rows.each(b"a", |key, amendment: &Amendment| {
            let row = describe(key.get(1..).unwrap_or_default(), amendment);
            list.extend(row.filter(|row| wanted(row)));
        });
        list
    }
}

fn describe(id: &[u8], amendment: &Amendment) -> Option<Value> {
    let (event, requested) = amendment.requested()?;
    let mut row = json!({
        "amendment": Uuid::from_slice(id).unwrap_or_default().to_string(), "event": event.to_string(),
        "requested": requested.to_string(), "status": "requested", "statement": false,
    });
    let columns = row.as_object_mut()?;
    for entry in amendment.history.entries() {
        match &entry.event {
            Event::AmendmentRequested(requested) => {
                columns.insert("grounds".to_owned(), code(&requested.grounds).into());
            }
            Event::AmendmentDecided(decided) => {
                columns.insert("status".to_owned(), code(&decided.outcome).into());
                columns.insert("correction".to_owned(), json!(decided.correction));
                let day = entry.effective.map(|e| e.from().to_string());
                columns.insert("decided".to_owned(), day.into());
            }
            Event::StatementPlaced(_) => {
                columns.insert("statement".to_owned(), true.into());
            }
            Event::AmendmentCorrected(_) | Event::AmendmentVoided(_) => {}
        }
    }
    Some(row)
}
