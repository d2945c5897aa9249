//! Over many events: what is voided is gone, and no way of cutting the log changes a row.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::Standing;
use domain::delivery::{Delivered, Event};
use proptest::prelude::*;
use serde_json::{Value, json};
use views::{Rows, VIEWS};

use crate::kit::*;
use crate::table::{Kept, apply, ask, events, fold};

/// A delivery of some kind to some people on a day of a few months.
fn some_delivery() -> impl Strategy<Value = Value> {
    let day = (1_u8..=3, 1_u8..=15).prop_map(|(month, day)| format!("2026-{month:02}-{day:02}"));
    let people = prop::collection::btree_set(0_u128..12, 1..5);
    (day, people, 0_u8..4, 1_u32..200).prop_map(|(day, people, kind, minutes)| {
        let persons: Vec<_> = people.iter().map(|n| id(100 + n)).collect();
        let nobody = ("details/participants", Value::Null);
        let body = with(free_delivery(&day), &[("details/minutes", json!(minutes))]);
        match kind {
            0 => with(body, &[nobody, ("details/headcount", json!(minutes))]),
            1 => with(body, &[nobody, ("details/case", json!(persons[0])), ("details/tier", json!(3))]),
            _ => with(body, &[("details/participants", json!(persons))]),
        }
    })
}

/// Deliveries, of which some are voided and some corrected to what the one before said.
fn some_world() -> impl Strategy<Value = World> {
    prop::collection::vec((some_delivery(), 0_u8..4), 1..25).prop_map(|steps| {
        let mut world = World::working().under("law:wic-5600");
        let mut last: Option<Value> = None;
        for (body, then) in steps {
            let event = world.accepted("record-delivery", body.clone());
            match (then, &last) {
                (0, _) => drop(world.accepted("void-delivery", void(event))),
                (1, Some(other)) => {
                    let now = with(other["details"].clone(), &[("partner", json!(id(PARTNER)))]);
                    let changed = correct(event, "service-delivered", now);
                    let changed = with(changed, &[("effective", other["effective"].clone())]);
                    world.accepted("correct-delivery", changed);
                }
                _ => {}
            }
            last = Some(body);
        }
        world
    })
}

/// The deliveries that count, by the plain rule: the last of each chain, unless it is a void.
fn live(world: &World) -> Vec<(uuid::Uuid, &Delivered)> {
    let latest = world.log.iter().filter(|(_, _, standing)| *standing == Standing::Latest);
    let delivered = latest.filter_map(|(id, fact, _)| {
        let domain::Event::Delivery(event) = &fact.event else { return None };
        let now = match event {
            Event::ServiceDelivered(_) => event,
            Event::DeliveryCorrected(correction) => &correction.now,
            Event::DeliveryVoided(_) => return None,
        };
        let Event::ServiceDelivered(delivered) = now else { return None };
        Some((*id, delivered))
    });
    delivered.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn when_every_delivery_is_voided_nothing_is_counted(mut world in some_world()) {
        let counted: Vec<_> = live(&world).into_iter().map(|(event, _)| event).collect();
        for event in counted {
            world.accepted("void-delivery", void(event));
        }
        for row in ask(&world, "service-ledger", &[]).unwrap() {
            for sum in ["deliveries", "minutes", "headcount", "attendances"] {
                prop_assert_eq!(&row[sum], &json!(0), "{} of {}", sum, row);
            }
        }
        for row in ask(&world, "reach", &[("by", "site,kind,tier,month")]).unwrap() {
            prop_assert_eq!((&row["persons"], &row["cases"]), (&json!(0), &json!(0)), "{}", row);
        }
        for name in ["agreement-register", "partner-directory", "site-profile"] {
            for row in ask(&world, name, &[]).unwrap() {
                prop_assert_eq!((&row["deliveries"], &row["delivered_minutes"]), (&json!(0), &json!(0)));
            }
        }
    }

    #[test]
    fn sums_and_reach_are_those_of_a_plain_count(world in some_world()) {
        let live: Vec<_> = live(&world).into_iter().map(|(_, delivered)| delivered).collect();
        let rows = ask(&world, "service-ledger", &[]).unwrap();
        let sum = |column: &str| rows.iter().map(|row| row[column].as_u64().unwrap()).sum::<u64>();
        prop_assert_eq!(sum("deliveries"), live.len() as u64);
        prop_assert_eq!(sum("minutes"), live.iter().map(|d| u64::from(d.minutes)).sum::<u64>());
        let people: BTreeSet<_> = live.iter().flat_map(|d| d.persons()).collect();
        let cases: BTreeSet<_> = live.iter().filter_map(|d| d.case).collect();
        let reach = ask(&world, "reach", &[]).unwrap();
        let reached = |column: &str| reach.first().map_or(0, |row| row[column].as_u64().unwrap());
        prop_assert_eq!((reached("persons"), reached("cases")), (people.len() as u64, cases.len() as u64));
    }

    #[test]
    fn no_way_of_cutting_the_log_changes_a_digest(
        world in some_world(),
        cuts in prop::collection::vec(1_usize..9, 1..9),
    ) {
        let events = events(&world);
        for view in VIEWS {
            let kept = Kept::default();
            let mut rows = Rows::new(Arc::new(kept.clone()));
            let mut rest = &events[..];
            for cut in cuts.iter().cycle() {
                let (chunk, after) = rest.split_at((*cut).min(rest.len()));
                apply(*view, &mut rows, chunk);
                kept.flush(&mut rows);
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(rows.digest(), fold(*view, &events).digest(), "{}", view.name());
        }
    }
}
