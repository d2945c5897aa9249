//! Reach with persons that were merged and separated: one from then on, and two again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::delivery::Event as Delivery;
use domain::person::Event;
use domain::{Event as AnyEvent, Standing};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;
use views::Rows;

use crate::kit::*;
use crate::table::{Kept, apply, ask, events, fold, table};

const DAY: &str = "2026-03-02";

fn to(day: &str, persons: &[u128]) -> Value {
    let persons: Vec<Uuid> = persons.iter().map(|n| id(*n)).collect();
    with(delivery(day), &[("details/participants", json!(persons))])
}

fn merge(number: u128, into: u128) -> Value {
    act(number, DAY, json!({ "into": id(into) }))
}

fn separate(number: u128, from: u128) -> Value {
    act(number, DAY, json!({ "from": id(from) }))
}

/// With persons 100 to 107 enrolled.
fn enrolled() -> World {
    let mut world = World::working();
    for number in 100..108 {
        world.accepted("enrol-person", act(number, "2025-08-11", json!({})));
    }
    world
}

#[test]
fn persons_that_were_merged_are_one_and_two_again_when_they_are_separated() {
    let mut world = enrolled();
    world.accepted("record-delivery", to("2026-02-02", &[101, 102]));
    world.accepted("record-delivery", to(DAY, &[102, 103]));
    let reach = |world: &World| table(world, "reach", &[("by", "month")], "persons").join(" ");
    let all = |world: &World| table(world, "reach", &[], "persons").remove(0);
    assert_eq!((reach(&world).as_str(), all(&world).as_str()), ("2 2", "3"));
    let merged = world.accepted("merge-persons", merge(101, 102));
    assert_eq!((reach(&world).as_str(), all(&world).as_str()), ("1 2", "2"));
    world.accepted("merge-persons", merge(102, 103));
    assert_eq!((reach(&world).as_str(), all(&world).as_str()), ("1 1", "1"));
    let separated = world.accepted("separate-persons", separate(101, 102));
    assert_eq!((reach(&world).as_str(), all(&world).as_str()), ("2 1", "2"));
    world.accepted("void-person", void(separated));
    assert_eq!((reach(&world).as_str(), all(&world).as_str()), ("1 1", "1"));
    world.accepted("void-person", void(merged));
    assert_eq!((reach(&world).as_str(), all(&world).as_str()), ("2 1", "2"));
}

#[test]
fn who_was_merged_away_counts_as_somebody_without_a_record() {
    let mut world = enrolled();
    world.accepted("record-delivery", to(DAY, &[101, 102]));
    world.accepted("merge-persons", merge(101, 107));
    assert_eq!(table(&world, "reach", &[], "persons"), ["2"]);
    let event = world.accepted("merge-persons", merge(102, 107));
    assert_eq!(table(&world, "reach", &[], "persons"), ["1"]);
    world.accepted("correct-person", correct(event, "persons-merged", json!({ "into": id(106) })));
    assert_eq!(table(&world, "reach", &[], "persons"), ["2"]);
}

#[test]
fn a_corrected_day_of_a_merge_that_was_ended_merges_nobody() {
    let mut world = enrolled();
    world.accepted("record-delivery", to(DAY, &[101, 102]));
    let event = world.accepted("merge-persons", merge(101, 102));
    world.accepted("separate-persons", separate(101, 102));
    let body = correct(event, "persons-merged", json!({ "into": id(102) }));
    world.accepted("correct-person", with(body, &[("effective", json!("2026-03-01"))]));
    assert_eq!(table(&world, "reach", &[], "persons"), ["2"]);
}

/// Sittings, merges, separations and voids of any of them; many are refused.
fn some_world() -> impl Strategy<Value = World> {
    let person = 100_u128..108;
    prop::collection::vec((0_u8..8, person.clone(), person, any::<prop::sample::Index>()), 1..50).prop_map(
        |steps| {
            let mut world = enrolled();
            let opening = world.log.len();
            for (what, one, other, which) in steps {
                // A refusal is as good: it leaves the world as it was.
                drop(match what {
                    0..3 => world.when("record-delivery", to(DAY, &[one, other])),
                    3 | 4 => world.when("merge-persons", merge(one, other)),
                    5 => world.when("separate-persons", separate(one, other)),
                    _ if world.log.len() == opening => continue,
                    _ => {
                        let (event, fact, _) =
                            world.log[opening + which.index(world.log.len() - opening)].clone();
                        let name =
                            if matches!(fact.event, AnyEvent::Person(_)) { "person" } else { "delivery" };
                        let into = json!({ "into": id(other) });
                        match what {
                            6 if name == "person" => {
                                world.when("correct-person", correct(event, "persons-merged", into))
                            }
                            _ => world.when(&format!("void-{name}"), void(event)),
                        }
                    }
                });
            }
            world
        },
    )
}

/// Who took part in what counts, each as whom the last of its merges and separations says, by the plain rule.
fn plainly(world: &World) -> BTreeSet<Uuid> {
    let mut named = BTreeSet::new();
    let mut last: BTreeMap<Uuid, (u64, Option<Uuid>)> = BTreeMap::new();
    // The place of the original decides, whenever it was corrected.
    let mut places: BTreeMap<Uuid, u64> = BTreeMap::new();
    for ((event, fact, standing), position) in world.log.iter().zip(1..) {
        let place = fact.corrects.map_or(position, |corrects| places[&corrects]);
        places.insert(*event, place);
        if *standing != Standing::Latest {
            continue;
        }
        match &fact.event {
            AnyEvent::Delivery(Delivery::ServiceDelivered(delivered)) => {
                named.extend(delivered.persons().map(|person| person.0));
            }
            AnyEvent::Person(event) => {
                let now = match event {
                    Event::PersonCorrected(correction) => &correction.now,
                    Event::PersonVoided(_) => continue,
                    event => event,
                };
                let into = match now {
                    Event::PersonsMerged(merged) => Some(merged.into.0),
                    Event::PersonsSeparated(_) => None,
                    _ => continue,
                };
                let known = last.entry(fact.subject.id).or_default();
                *known = (*known).max((place, into));
            }
            _ => {}
        }
    }
    let root = |mut person: Uuid| {
        while let Some((_, Some(into))) = last.get(&person) {
            person = *into;
        }
        person
    };
    named.into_iter().map(root).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn reach_with_merges_is_that_of_a_plain_count(world in some_world()) {
        let reach = ask(&world, "reach", &[]).unwrap();
        let reached = reach.first().map_or(0, |row| row["persons"].as_u64().unwrap());
        prop_assert_eq!(reached, plainly(&world).len() as u64);
    }

    #[test]
    fn a_cohort_names_whom_a_plain_count_counts(world in some_world(), cut in 1_usize..9) {
        let kept = Kept::default();
        let mut rows = Rows::new(Arc::new(kept.clone()));
        for chunk in events(&world).chunks(cut) {
            apply(views::view("reach").unwrap(), &mut rows, chunk);
            kept.flush(&mut rows);
        }
        prop_assert_eq!(views::cohort(&rows, &BTreeMap::new()).unwrap().persons, plainly(&world));
    }

    #[test]
    fn rows_with_merges_are_the_same_when_they_are_stored_in_between(world in some_world(), cut in 1_usize..9) {
        let events = events(&world);
        let view = views::view("reach").unwrap();
        let kept = Kept::default();
        let mut rows = Rows::new(Arc::new(kept.clone()));
        for chunk in events.chunks(cut) {
            apply(view, &mut rows, chunk);
            kept.flush(&mut rows);
        }
        prop_assert_eq!(rows.digest(), fold(view, &events).digest());
    }
}
