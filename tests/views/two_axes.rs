//! Both axes of time over every kind of thing: what was known then, and what is true on a day, against the plain reading.

use std::collections::{BTreeMap, BTreeSet};

use domain::person::Event as Person;
use domain::{Event, Kind, Slug, Subject, Timestamp};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use journal::{Journal as _, Memory};
use projector::{Folded, fold};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;
use tests::chain::origin;
use uuid::Uuid;
use views::{Rows, VIEWS, View, answer};
use wire::{AsOf, Body, Commit, Query, RecordedEvent, Vantage, Verifier};

use crate::histories::{Change, History, YEARS, corrected, is_correctable, is_void, ledger};

fn some_changes() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec((20_u8..=100, any::<u8>(), any::<u16>(), 0_u8..8, -90_i16..=90), 1..120)
}

/// What was known: all up to a position, a moment, or the end of a day.
fn known(event: &RecordedEvent, as_of: AsOf) -> bool {
    match as_of {
        AsOf::Position(last) => event.envelope.position <= last,
        AsOf::Moment(last) => event.envelope.time <= last,
        AsOf::Day(last) => day_of(event.envelope.time) <= last,
    }
}

/// The day in the time zone of the ledger.
fn day_of(time: Timestamp) -> Date {
    let moment = jiff::Timestamp::from_microsecond(time.0).unwrap();
    TimeZone::get("America/Los_Angeles").unwrap().to_datetime(moment).date()
}

/// The plain reading: of what was known, the last form of each event at the place of its first, and of these the ones that
/// have begun by the day.
fn plain(events: &[RecordedEvent], as_of: AsOf, day: Date) -> Vec<RecordedEvent> {
    let mut plain: BTreeMap<u64, RecordedEvent> = BTreeMap::new();
    let mut places: BTreeMap<Uuid, u64> = BTreeMap::new();
    for event in events.iter().filter(|event| known(event, as_of)) {
        let RecordedEvent { envelope, fact, .. } = event;
        let Some(corrects) = fact.corrects else {
            places.insert(envelope.id, envelope.position);
            plain.insert(envelope.position, event.clone());
            continue;
        };
        let place = places[&corrects];
        match corrected(fact) {
            Some(now) => {
                places.insert(envelope.id, place);
                let stands = plain.get_mut(&place).unwrap();
                stands.envelope.id = envelope.id;
                (stands.fact.effective, stands.fact.event) = (fact.effective, now);
            }
            None => drop(plain.remove(&place)),
        }
    }
    let begun = |event: &RecordedEvent| event.fact.effective.is_none_or(|effective| effective.from() <= day);
    plain.into_values().filter(begun).collect()
}

/// The questions to a view: as it is, and by each of its columns; of a timeline, for some things.
fn questions(view: &dyn View, things: &BTreeSet<Subject>) -> Vec<BTreeMap<String, String>> {
    let with = |column: &str, value: String| BTreeMap::from([(column.to_owned(), value)]);
    match view.name() {
        "timeline" => things.iter().map(|thing| with("subject", thing.to_string())).collect(),
        "reach" | "service-ledger" | "engagement-summary" | "referrals" | "funding" => {
            let columns = view.columns().iter().map(|column| with("by", (*column).to_owned()));
            columns.chain([BTreeMap::new(), with("by", view.columns().join(","))]).collect()
        }
        _ => vec![BTreeMap::new()],
    }
}

/// Rows, without how something came to be so: corrections and voids. Rows that count nothing are none.
fn told(rows: Vec<Value>) -> Vec<Value> {
    let told = rows.into_iter().filter_map(|mut row| {
        let columns = row.as_object_mut().unwrap();
        if columns.get("standing").is_some_and(|standing| standing == "voided") {
            return None;
        }
        for column in
            ["corrected", "voided", "standing", "corrected_by", "voided_by", "changed", "chain", "time"]
        {
            columns.remove(column);
        }
        let counts = |(column, n): (&String, &Value)| column != "tier" && n.is_number() && *n != 0;
        let says =
            ["name", "said", "what", "grounds", "award"].iter().any(|column| columns.contains_key(*column));
        (says || columns.iter().any(counts)).then_some(row)
    });
    told.collect()
}

fn fold_plainly(view: &dyn View, events: &[RecordedEvent]) -> Rows {
    let mut rows = Rows::in_memory();
    events.iter().for_each(|event| view.apply(&mut rows, event));
    rows
}

/// The log of these events, some to a commit.
async fn log(ledger: &Slug, events: &[RecordedEvent]) -> Memory {
    let log = Memory::default();
    log.open(ledger).await.unwrap();
    let mut verifier = Verifier::new(origin(ledger), journal::FIRST_EPOCH);
    for chunk in events.chunks(70) {
        let mut body = Body::new();
        chunk.iter().for_each(|event| body.push(event).unwrap());
        let commit = Commit::after(&verifier, body.finish());
        verifier.accept(&commit).unwrap();
        log.append(ledger, &commit).await.unwrap();
    }
    log
}

/// How many persons were served, each once, in the plainest way: those merged and not separated since are one.
fn persons(plain: &[RecordedEvent]) -> usize {
    let mut into: BTreeMap<Uuid, Uuid> = BTreeMap::new();
    let mut served: BTreeSet<Uuid> = BTreeSet::new();
    for event in plain {
        match &event.fact.event {
            Event::Person(Person::PersonsMerged(merged)) => {
                let _ = into.insert(event.fact.subject.id, merged.into.0);
            }
            Event::Person(Person::PersonsSeparated(_)) => {
                let _ = into.remove(&event.fact.subject.id);
            }
            Event::Delivery(domain::delivery::Event::ServiceDelivered(delivered)) => {
                served.extend(delivered.persons().map(|person| person.0));
            }
            _ => {}
        }
    }
    let mut count = 0;
    while let Some(first) = served.first().copied() {
        count += 1;
        let mut one = BTreeSet::from([first]);
        loop {
            let with = |a: &Uuid, b: &Uuid| one.contains(a) != one.contains(b);
            let more: Vec<Uuid> =
                into.iter().filter(|(a, b)| with(a, b)).flat_map(|(a, b)| [*a, *b]).collect();
            if more.is_empty() {
                break;
            }
            one.extend(more);
        }
        served.retain(|person| !one.contains(person));
    }
    count
}

/// Any time of a history on the first axis.
fn time(events: &[RecordedEvent], at: Index, how: u8) -> AsOf {
    let envelope = &events[at.index(events.len())].envelope;
    match how {
        0 => AsOf::Position(envelope.position),
        1 => AsOf::Moment(envelope.time),
        _ => AsOf::Day(day_of(envelope.time)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_was_known_then_and_is_true_on_a_day_is_what_a_plain_reading_says(
        year in 0..YEARS,
        changes in some_changes(),
        times in prop::collection::vec((any::<Index>(), 0_u8..4, -40_i64..330), 3),
    ) {
        let history = History::of(year, &changes);
        let changed = history.events.iter().filter(|event| event.fact.corrects.is_some());
        let things: BTreeSet<Subject> =
            changed.map(|event| event.fact.subject).filter(|subject| subject.kind != Kind::Delivery).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let log = runtime.block_on(log(&ledger(), &history.events));
        for (at, how, day) in times {
            // The last position in one of four, so that all that is known is looked at too.
            let last = history.events.len() as u64;
            let as_of = if how == 3 { AsOf::Position(last) } else { time(&history.events, at, how) };
            let day = jiff::civil::date(2025, 8, 1).saturating_add(jiff::Span::new().days(day));
            let vantage = Vantage { as_of: Some(as_of), valid_on: Some(day) };
            let folded = Folded::new(origin(&ledger()), VIEWS, vantage);
            let folded = runtime.block_on(fold(&log, folded, |_| {})).unwrap();
            let plain = plain(&history.events, as_of, day);
            // The feed tells of what was recorded.
            for view in VIEWS.iter().filter(|view| view.name() != "activity-feed") {
                let rows = fold_plainly(*view, &plain);
                for filters in questions(*view, &things) {
                    let plainly = told(answer(*view, &rows, &filters, None).unwrap());
                    let query = Query {
                        ledger: ledger(),
                        view: view.name().to_owned(),
                        filters: filters.clone(),
                        as_of: Some(as_of),
                        valid_on: Some(day),
                        min_position: None,
                        limit: None,
                        wait: None,
                    };
                    let found = told(folded.answer(&query).unwrap().rows);
                    prop_assert_eq!(found, plainly, "{} {:?} as of {} on {}", view.name(), filters, as_of, day);
                }
            }
            let reach = folded.answer(&reach(as_of, day)).unwrap().rows;
            prop_assert_eq!(reach.first().map_or(0, |row| row["persons"].as_u64().unwrap() as usize), persons(&plain));
        }
    }
}

fn reach(as_of: AsOf, day: Date) -> Query {
    Query {
        ledger: ledger(),
        view: "reach".to_owned(),
        filters: BTreeMap::new(),
        as_of: Some(as_of),
        valid_on: Some(day),
        min_position: None,
        limit: None,
        wait: None,
    }
}

#[test]
fn these_histories_move_and_void_every_kind_of_thing_and_move_some_back() {
    let mut random = fastrand::Rng::with_seed(1);
    let (mut moved, mut voided, mut twice) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for year in (0..YEARS).cycle().take(6 * YEARS) {
        let changes: Vec<Change> = (0..120)
            .map(|_| {
                (random.u8(20..=100), random.u8(..), random.u16(..), random.u8(0..8), random.i16(-90..=90))
            })
            .collect();
        let history = History::of(year, &changes);
        let by_id: BTreeMap<Uuid, &RecordedEvent> =
            history.events.iter().map(|event| (event.envelope.id, event)).collect();
        for event in history.events.iter().filter(|event| event.fact.corrects.is_some()) {
            let kind = event.fact.subject.kind;
            let before = by_id[&event.fact.corrects.unwrap()];
            if is_void(&event.fact) {
                voided.insert(kind);
            } else if before.fact.effective != event.fact.effective {
                moved.insert(kind);
                twice.extend(before.fact.corrects.map(|_| kind));
            }
        }
    }
    let all: BTreeSet<Kind> = Kind::ALL.iter().copied().filter(|kind| is_correctable(*kind)).collect();
    assert_eq!((&moved, &voided, &twice), (&all, &all, &all));
}
