//! Both axes of time where they are hard: what moves out of the days that are looked at and comes back, and persons who
//! are merged and separated. That every view keeps to them over every kind of thing is a claim of `tests/views`.

use std::collections::{BTreeMap, BTreeSet};

use domain::Event;
use domain::person::Event as Person;
use domain::valid::ValidOn;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;
use views::{answer, view};
use wire::RecordedEvent;

use crate::kit::*;
use crate::table::{events, fold};

const PERSONS: u128 = 5;

/// What is done, to which two of the persons, on which day, and which event is moved or voided after it.
type Step = (u8, u128, u128, i8, u8, prop::sample::Index);

fn some_steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0_u8..3, 0..PERSONS, 0..PERSONS, 1_i8..=56, 0_u8..6, any::<prop::sample::Index>());
    prop::collection::vec(step, 1..30)
}

/// The day of this number in January and February.
fn day(number: i8) -> Date {
    date(2026, 1 + (number - 1) / 28, 1 + (number - 1) % 28)
}

/// Persons, each served once on the first day of the year.
fn served() -> World {
    let mut world = World::working();
    for person in (0..PERSONS).map(|n| 101 + n) {
        world.accepted("enrol-person", act(person, "2026-01-01", json!({})));
        let alone = [("details/participants", json!([id(person)]))];
        world.accepted("record-delivery", with(free_delivery("2026-01-01"), &alone));
    }
    world
}

/// Merges and separations as far as the rules take them, of which some are moved to another day and some voided.
fn merged(steps: &[Step]) -> World {
    let mut world = served();
    let mut made: Vec<(Uuid, Value)> = Vec::new();
    for (what, one, other, on, then, which) in steps {
        let [one, other] = [101 + one, 101 + other];
        let (command, details) = match what {
            0 => ("separate-persons", json!({ "from": id(other) })),
            _ => ("merge-persons", json!({ "into": id(other) })),
        };
        if let Ok((event, fact)) = world.when(command, act(one, &day(*on).to_string(), details)) {
            made.push((event, serde_json::to_value(&fact.event).unwrap()));
        }
        if made.is_empty() {
            continue;
        }
        let at = which.index(made.len());
        let (event, now) = made[at].clone();
        // Another day, far from the one of the step.
        let moved = day(1 + (on + 27) % 56);
        let correct = json!({ "corrects": event, "reason": "entry-error", "effective": moved, "now": now });
        match then {
            0..=3 => {
                if let Ok((event, _)) = world.when("correct-person", correct) {
                    made[at].0 = event;
                }
            }
            4 if world.when("void-person", void(event)).is_ok() => drop(made.remove(at)),
            _ => {}
        }
    }
    world
}

/// What is known, as the fold of an answer sees it on a day.
fn seen(known: &[RecordedEvent], day: Date) -> Vec<RecordedEvent> {
    let mut lens = ValidOn::new(day);
    let seen = known.iter().filter_map(|event| {
        let (position, fact) = lens.see(&event.recorded())?;
        let mut event = RecordedEvent { fact: fact.into_owned(), ..event.clone() };
        event.envelope.position = position;
        Some(event)
    });
    seen.collect()
}

/// What a view answers on a day.
fn told(name: &str, known: &[RecordedEvent], day: Date, filters: &[(&str, String)]) -> Vec<Value> {
    let view = view(name).unwrap();
    let filters = filters.iter().map(|(column, value)| ((*column).to_owned(), value.clone())).collect();
    answer(view, &fold(view, &seen(known, day)), &filters, None).unwrap()
}

/// How many persons there are on a day in the plainest way: of each person the merge or separation that was recorded last
/// of those that have begun, and those that are joined by merges, either way, are one.
fn plainly(known: &[RecordedEvent], day: Date) -> u64 {
    let mut first: BTreeMap<Uuid, u64> = BTreeMap::new();
    let mut stands: BTreeMap<u64, &RecordedEvent> = BTreeMap::new();
    for event in known {
        let place = event.fact.corrects.map_or(event.envelope.position, |corrects| first[&corrects]);
        first.insert(event.envelope.id, place);
        stands.insert(place, event);
    }
    let begun =
        |event: &&&RecordedEvent| event.fact.effective.is_some_and(|effective| effective.from() <= day);
    let mut into: BTreeMap<Uuid, Option<Uuid>> = BTreeMap::new();
    for event in stands.values().filter(begun) {
        let Event::Person(person) = &event.fact.event else { continue };
        let other = match (person, person.told()) {
            (Person::PersonVoided(_), _) => continue,
            (_, Person::PersonsMerged(merged)) => Some(merged.into.0),
            (_, Person::PersonsSeparated(_)) => None,
            _ => continue,
        };
        into.insert(event.fact.subject.id, other);
    }
    let mut groups: Vec<BTreeSet<Uuid>> = (0..PERSONS).map(|n| BTreeSet::from([id(101 + n)])).collect();
    for (one, other) in into.into_iter().filter_map(|(one, other)| Some((one, other?))) {
        let (joined, rest): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group| group.contains(&one) || group.contains(&other));
        groups = rest;
        groups.push(joined.into_iter().flatten().collect());
    }
    groups.len() as u64
}

fn persons(known: &[RecordedEvent], day: Date) -> u64 {
    told("reach", known, day, &[]).first().map_or(0, |row| row["persons"].as_u64().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn persons_are_counted_once_on_every_day_however_they_were_merged_and_separated(
        steps in some_steps(), known in any::<prop::sample::Index>(), on in 1_i8..=56,
    ) {
        let all = events(&merged(&steps));
        // From the last of the deliveries on.
        let served = served().log.len();
        let known = &all[..served + known.index(all.len() - served + 1)];
        prop_assert_eq!(persons(known, day(on)), plainly(known, day(on)));
    }
}

fn person(world: &mut World, command: &str, one: u128, on: &str, details: Value) -> Uuid {
    world.accepted(command, act(one, on, details))
}

fn move_to(world: &mut World, event: Uuid, on: &str, name: &str, data: Value) -> Uuid {
    world.accepted("correct-person", with(correct(event, name, data), &[("effective", json!(on))]))
}

#[test]
fn a_merge_that_ended_stays_ended_when_it_leaves_the_days_looked_at_and_comes_back() {
    let mut world = served();
    let into = || json!({ "into": id(102) });
    let merge = person(&mut world, "merge-persons", 101, "2026-01-05", into());
    person(&mut world, "separate-persons", 101, "2026-01-10", json!({ "from": id(102) }));
    assert_eq!(persons(&events(&world), date(2026, 1, 7)), 4);
    assert_eq!(persons(&events(&world), date(2026, 1, 20)), 5);
    let away = move_to(&mut world, merge, "2026-02-20", "persons-merged", into());
    move_to(&mut world, away, "2026-01-06", "persons-merged", into());
    assert_eq!(persons(&events(&world), date(2026, 1, 7)), 4);
    assert_eq!(persons(&events(&world), date(2026, 1, 20)), 5);
}

#[test]
fn persons_who_are_merged_in_a_circle_on_a_day_are_one() {
    let mut world = served();
    person(&mut world, "merge-persons", 101, "2026-01-05", json!({ "into": id(102) }));
    // Recorded before the second merge, and of a later day.
    person(&mut world, "separate-persons", 101, "2026-02-10", json!({ "from": id(102) }));
    person(&mut world, "merge-persons", 102, "2026-01-20", json!({ "into": id(101) }));
    for (on, counted) in [(date(2026, 1, 10), 4), (date(2026, 1, 25), 4), (date(2026, 2, 20), 4)] {
        assert_eq!(persons(&events(&world), on), counted, "{on}");
    }
}

#[test]
fn a_correction_moves_what_is_true_and_never_what_was_known() {
    let mut world = World::working();
    let event = world.accepted("record-delivery", free_delivery("2026-01-12"));
    let before = events(&world).len();
    let now = with(free_delivery("2026-02-09")["details"].clone(), &[("partner", json!(id(PARTNER)))]);
    let moved = with(correct(event, "service-delivered", now), &[("effective", json!("2026-02-09"))]);
    world.accepted("correct-delivery", moved);
    let all = events(&world);
    let counted = |known: &[RecordedEvent], day: Date| {
        let rows = told("service-ledger", known, day, &[]);
        let rows = rows.iter().filter(|row| row["deliveries"] != 0);
        rows.map(|row| row["month"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // True at the end of January: one by what was known first, none by what is known now.
    assert_eq!(counted(&all[..before], date(2026, 1, 31)), ["2026-01"]);
    assert_eq!(counted(&all, date(2026, 1, 31)), [""; 0]);
    assert_eq!(counted(&all, date(2026, 2, 28)), ["2026-02"]);
}

#[test]
fn what_left_the_days_looked_at_and_came_back_stands_once_in_timeline_and_feed_at_its_first_place() {
    let mut world = World::working();
    let phase = || json!({ "phase": "engaging" });
    let first = world.accepted("change-phase", act(SITE, "2026-01-05", phase()));
    world.accepted("change-phase", act(SITE, "2026-01-08", json!({ "phase": "transforming" })));
    let place = events(&world).len() as u64 - 1;
    let mut last = first;
    for on in ["2026-02-20", "2026-01-06"] {
        let moved = with(correct(last, "phase-changed", phase()), &[("effective", json!(on))]);
        last = world.accepted("correct-site", moved);
    }
    let (all, day) = (events(&world), date(2026, 1, 31));
    let site = [("subject", format!("site/{}", id(SITE))), ("event", "phase-changed".to_owned())];
    let rows = told("timeline", &all, day, &site);
    let lines: Vec<_> = rows.iter().map(|row| (row["position"].as_u64(), row["effective"].clone())).collect();
    assert_eq!(lines, [(Some(place), json!("2026-01-06")), (Some(place + 1), json!("2026-01-08"))]);
    // The ring of the feed is full of others by then: the newest stay.
    for _ in 0..200 {
        world.accepted("record-delivery", free_delivery("2026-01-12"));
    }
    let away = with(correct(last, "phase-changed", phase()), &[("effective", json!("2026-02-20"))]);
    let away = world.accepted("correct-site", away);
    let back = with(correct(away, "phase-changed", phase()), &[("effective", json!("2026-01-07"))]);
    world.accepted("correct-site", back);
    let feed = told("activity-feed", &events(&world), day, &[]);
    assert!(feed.iter().all(|item| item["position"].as_u64() > Some(place + 1)), "{feed:?}");
}
