//! Timeline: everything about one thing, in the order in which it was true, with corrections folded into what they
//! correct.
//!
//! Each event is one small row under its subject, written once and never looked up while events arrive; chains of
//! corrections are put together when somebody asks. Deliveries are left out: there are as many as all other events
//! many times over, and nearly every one is a single event. Who asks about one has its events found in the log, by their
//! marks, and folded for that answer ([`DELIVERY_TIMELINE`]).

use std::collections::BTreeMap;

use domain::{Effective, Event as AnyEvent, Kind, Subject, Timestamp};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::{Query, RecordedEvent};

use crate::marks::about;
use crate::sentences::sentence;
use crate::{Clues, Rows, View};

/// The view.
pub(crate) struct Timeline {
    /// Whether it takes in deliveries, and nothing else.
    pub(crate) of_deliveries: bool,
}

/// The same view over events of deliveries, for whoever folds those of one.
pub static DELIVERY_TIMELINE: &dyn View = &Timeline { of_deliveries: true };

/// The delivery whose timeline a question asks for, if it does.
pub fn of_delivery(query: &Query) -> Option<Subject> {
    let subject: Subject = query.filters.get("subject").filter(|_| query.view == NAME)?.parse().ok()?;
    (subject.kind == Kind::Delivery).then_some(subject)
}

const NAME: &str = "timeline";

/// One event; its subject and position are the key.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Item {
    id: Uuid,
    time: i64,
    // The name of the event, or of what it corrects or voids.
    event: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    effective: Option<Effective>,
    said: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    corrects: Option<Uuid>,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    voids: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    cause: Option<Uuid>,
}

fn prefix(subject: Subject) -> Vec<u8> {
    let kind = subject.kind.as_str().as_bytes();
    [b"t".as_slice(), kind, b"/", subject.id.as_bytes()].concat()
}

impl View for Timeline {
    fn name(&self) -> &'static str {
        NAME
    }
    fn revision(&self) -> u32 {
        1
    }
    fn about(&self) -> &'static str {
        "everything about one `subject`, as kind/id, with corrections folded; without one, about the ledger itself; \
         of one delivery it is folded from the log when it is asked for"
    }
    fn columns(&self) -> &'static [&'static str] {
        &["subject", "position", "event", "effective", "standing", "caused_by"]
    }
    fn identity(&self) -> &'static [&'static str] {
        &["subject", "position"]
    }
    fn traces(&self, rows: &Rows, event: &RecordedEvent) -> Vec<Value> {
        let subject = event.fact.subject;
        let position = event.envelope.position;
        if subject.kind == Kind::Delivery {
            return Vec::new();
        }
        // Only a correction or void belongs to the row of another event.
        let first = event.fact.corrects.and_then(|_| {
            let chain = chains(rows, subject).into_iter().find(|chain| chain.holds(position))?;
            chain.items.first().map(|(first, _)| *first)
        });
        vec![json!({ "subject": subject.to_string(), "position": first.unwrap_or(position) })]
    }
    fn clues(&self, _: &Rows, row: &Value) -> Clues {
        // A correction belongs to the row of what it corrects, over however many others.
        let subject = row.get("subject").and_then(Value::as_str).and_then(|subject| subject.parse().ok());
        Clues::default().knowing(subject.map(about))
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
        let subject = event.fact.subject;
        if (subject.kind == Kind::Delivery) != self.of_deliveries {
            return;
        }
        let key = [prefix(subject), event.envelope.position.to_be_bytes().to_vec()].concat();
        rows.update(&key, |item: &mut Item| *item = describe(event));
    }

    fn list(&self, rows: &Rows, _: &[&str], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
        of(rows, Subject { kind: Kind::Ledger, id: Uuid::nil() }, wanted)
    }

    fn find(
        &self,
        rows: &Rows,
        filters: &BTreeMap<String, String>,
        by: &[&str],
        wanted: &dyn Fn(&Value) -> bool,
    ) -> Vec<Value> {
        match filters.get("subject").map(|subject| subject.parse()) {
            Some(Ok(subject)) => of(rows, subject, wanted),
            Some(Err(_)) => Vec::new(),
            None => self.list(rows, by, wanted),
        }
    }
}

fn describe(event: &RecordedEvent) -> Item {
    let corrects = event.fact.corrects;
    let told = corrects.map(|_| event.fact.event.told());
    let told: &AnyEvent = told.as_ref().unwrap_or(&event.fact.event);
    Item {
        id: event.envelope.id,
        time: event.envelope.time.0,
        event: told.name().to_owned(),
        effective: event.fact.effective,
        said: sentence(told),
        corrects,
        voids: corrects.is_some() && event.fact.event.name().ends_with("-voided"),
        cause: event.envelope.causation_id,
    }
}

/// An event and what corrected it since, oldest first; never empty.
struct Chain {
    items: Vec<(u64, Item)>,
}

impl Chain {
    fn holds(&self, position: u64) -> bool {
        self.items.iter().any(|(at, _)| *at == position)
    }
}

/// The chains of one thing, in the order in which they began.
fn chains(rows: &Rows, subject: Subject) -> Vec<Chain> {
    let prefix = prefix(subject);
    let mut chains: Vec<Chain> = Vec::new();
    // Which chain the latest form of each event belongs to.
    let mut latest: BTreeMap<Uuid, usize> = BTreeMap::new();
    rows.each(&prefix, |key, item: &Item| {
        let position =
            key.get(prefix.len()..).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
        let Some(position) = position else { return };
        let earlier = item.corrects.and_then(|corrects| latest.remove(&corrects));
        // Seen from a day, what was moved out of sight and came back stands at its first place again, by its last form:
        // what happened to its earlier forms belongs to nothing.
        if item.corrects.is_some() && earlier.is_none() {
            return;
        }
        let index = earlier.unwrap_or(chains.len());
        latest.insert(item.id, index);
        let link = (position, item.clone());
        match chains.get_mut(index) {
            Some(chain) => chain.items.push(link),
            None => chains.push(Chain { items: vec![link] }),
        }
    });
    chains
}

/// By the day on which each is true and then by position.
fn of(rows: &Rows, subject: Subject, wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
    let chains = chains(rows, subject);
    let items = chains.iter().flat_map(|chain| &chain.items);
    let positions: BTreeMap<Uuid, u64> = items.map(|(position, item)| (item.id, *position)).collect();
    let mut told: Vec<(Date, u64, Value)> =
        chains.iter().filter_map(|chain| tell(subject, chain, &positions)).collect();
    told.sort_by_key(|(day, position, _)| (*day, *position));
    told.into_iter().map(|(_, _, row)| row).filter(|row| wanted(row)).collect()
}

/// A chain in its latest form. What has no day of its own lies on the day of its recording, in UTC.
fn tell(subject: Subject, chain: &Chain, positions: &BTreeMap<Uuid, u64>) -> Option<(Date, u64, Value)> {
    let ((first, original), (last, item)) = (chain.items.first()?, chain.items.last()?);
    let corrections: Vec<u64> =
        chain.items.iter().skip(1).filter(|(_, i)| !i.voids).map(|(at, _)| *at).collect();
    let standing = match (item.voids, corrections.is_empty()) {
        (true, _) => "voided",
        (false, false) => "corrected",
        (false, true) => "recorded",
    };
    let day = item.effective.map(|e| e.from()).or_else(|| day_of(original.time)).unwrap_or(Date::MIN);
    let time = |micros| wire::time::format(Timestamp(micros)).map(|time| time.to_string());
    let row = json!({
        "subject": subject.to_string(),
        "position": first,
        "time": time(original.time),
        "event": item.event,
        "effective": item.effective.map(|e| e.to_string()),
        "said": item.said,
        "standing": standing,
        "corrected_by": corrections.last(),
        "voided_by": item.voids.then_some(last),
        "changed": (chain.items.len() > 1).then(|| time(item.time)),
        "chain": chain.items.iter().map(|(position, _)| position).collect::<Vec<_>>(),
        "caused_by": original.cause,
        // Where it is about the same thing.
        "caused_at": original.cause.and_then(|cause| positions.get(&cause)),
    });
    Some((day, *first, row))
}

fn day_of(micros: i64) -> Option<Date> {
    let moment = jiff::Timestamp::from_microsecond(micros).ok()?;
    Some(jiff::tz::Offset::UTC.to_datetime(moment).date())
}
