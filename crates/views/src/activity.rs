//! Activity feed: the last events as sentences that a person would say. No person, household or case is named.

use domain::Kind;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::RecordedEvent;

use crate::sentences::sentence;
use crate::{Clues, Rows, View};

/// The view.
pub(crate) struct ActivityFeed;

/// Events that the feed keeps.
const LENGTH: u64 = 200;

#[derive(Default, Serialize, Deserialize)]
struct Item {
    position: u64,
    time: i64,
    event: String,
    subject: String,
    effective: Option<String>,
    said: String,
}

/// What may be shown of a subject, `kind/id`, to whoever may know that something happened: all of it, or the kind alone
/// where the id is one of a person or case.
pub fn shown_subject(subject: &str) -> &str {
    let kind = subject.split('/').next().unwrap_or_default();
    let hidden = [Kind::Person, Kind::Case].iter().any(|hidden| hidden.as_str() == kind);
    if hidden { kind } else { subject }
}

impl View for ActivityFeed {
    fn name(&self) -> &'static str {
        "activity-feed"
    }
    fn revision(&self) -> u32 {
        1
    }
    fn about(&self) -> &'static str {
        "the last 200 events as sentences, newest first"
    }
    fn columns(&self) -> &'static [&'static str] {
        &["position", "event", "subject", "effective"]
    }
    fn identity(&self) -> &'static [&'static str] {
        &["position"]
    }
    fn traces(&self, _: &Rows, event: &RecordedEvent) -> Vec<Value> {
        vec![json!({ "position": event.envelope.position })]
    }
    fn clues(&self, _: &Rows, row: &Value) -> Clues {
        let positions = row.get("position").and_then(Value::as_u64).into_iter().collect();
        Clues { positions, ..Clues::default() }
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
        let position = event.envelope.position;
        // The feed is a ring: the new item takes the place of the oldest.
        let key = [b"i".as_slice(), &(position % LENGTH).to_be_bytes()].concat();
        rows.update(&key, |item: &mut Item| {
            // Seen from a day, an event may come back at its first place, which is taken by then.
            if position < item.position {
                return;
            }
            *item = Item {
                position,
                time: event.envelope.time.0,
                event: event.fact.event.name().to_owned(),
                subject: shown_subject(&event.fact.subject.to_string()).to_owned(),
                effective: event.fact.effective.map(|e| e.to_string()),
                said: sentence(&event.fact.event),
            };
        });
    }

    fn list(&self, rows: &Rows, _: &[&str], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
        let mut items = Vec::new();
        rows.each(b"i", |_, item: &Item| {
            items.push((
                item.position,
                json!({
                    "position": item.position,
                    "time": wire::time::format(domain::Timestamp(item.time)).map(|time| time.to_string()),
                    "event": item.event, "subject": item.subject, "effective": item.effective, "said": item.said,
                }),
            ));
        });
        items.sort_by_key(|(position, _)| std::cmp::Reverse(*position));
        items.into_iter().map(|(_, item)| item).filter(|item| wanted(item)).collect()
    }
}
