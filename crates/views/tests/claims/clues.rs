//! Reading only the events that a row's clues lead to tells the same as reading everything.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use views::{Clues, Explanation, Rows, VIEWS, View, answer, marks};
use wire::RecordedEvent;

use crate::kit::*;
use crate::table::{events, fold};

/// Positions of the events that made an answer, told by who reads these only.
fn told(view: &dyn View, explanation: &Explanation, events: &[&RecordedEvent]) -> Vec<u64> {
    let mut rows = Rows::in_memory();
    let mut made = Vec::new();
    for event in events {
        view.apply(&mut rows, event);
        made.extend(explanation.names(&rows, event).then_some(event.envelope.position));
    }
    made
}

/// Whether clues lead to an event that is asked for after a position.
fn lead_to(clues: &Clues, event: &RecordedEvent, after: u64) -> bool {
    let (borne, position) = (marks(event), event.envelope.position);
    let any = |wanted: &BTreeSet<u64>| borne.iter().any(|mark| wanted.contains(mark));
    any(&clues.known) || position > after && (any(&clues.made) || clues.positions.contains(&position))
}

/// Compares for every row alone; `more` says which other events are read too, and `after` where the list goes on.
fn compare(log: &[RecordedEvent], more: impl Fn(u64) -> bool, after: u64) {
    for view in VIEWS {
        let rows = fold(*view, log);
        let by = [("by".to_owned(), view.identity().join(","))].into();
        for row in answer(*view, &rows, &by, None).unwrap() {
            let row = std::slice::from_ref(&row);
            let clues = Clues::of(*view, &rows, row);
            let explanation = Explanation::new(*view, row);
            let some = log.iter().filter(|e| lead_to(&clues, e, after) || more(e.envelope.position));
            let mut some = told(*view, &explanation, &some.collect::<Vec<_>>());
            let mut all = told(*view, &explanation, &log.iter().collect::<Vec<_>>());
            for list in [&mut some, &mut all] {
                list.retain(|position| *position > after);
            }
            assert_eq!(some, all, "{} {row:?}", view.name());
        }
    }
}

/// Anything that moves a thing between rows; much of it is refused.
fn step(world: &mut World, (what, one, other): (u8, u128, u128), day: &str) {
    let sites = [SITE, OTHER_SITE];
    let (site, person) = (id(sites[(one % 2) as usize]), |n: u128| id(101 + n % 4));
    let last = |world: &World, name: &str| {
        let of = world.log.iter().rev().find(|(_, fact, _)| fact.event.name() == name);
        of.map_or(id(0), |(event, ..)| *event)
    };
    let award =
        json!({ "program": "ccspp", "funder": "State", "award": format!("CS-{}", one % 3), "cents": 900 });
    // Placed at the site that the agreement covers, or only listed.
    let listed = [("details/site", Value::Null), ("details/agreement", Value::Null)];
    let placed = |number: u128| with(offering(number), if one % 2 == 0 { &[] } else { &listed });
    let again = placed(OFFERING)["details"].clone();
    let delivered = with(
        free_delivery(day),
        &[
            ("details/participants", json!([person(one), person(other)])),
            ("details/funding", json!(["ccspp", "CS-0", "CS-1"][(other % 3) as usize])),
            ("details/site", json!(site)),
        ],
    );
    let referred = json!({ "case": id(201), "site": site, "need": "food", "urgency": "soon" });
    drop(match what {
        0..4 => world.when("record-delivery", delivered),
        4 => world.when("correct-delivery", {
            let event = last(world, "service-delivered");
            let now = with(delivered["details"].clone(), &[("partner", json!(id(PARTNER)))]);
            with(correct(event, "service-delivered", now), &[("effective", json!(day))])
        }),
        5 => world.when("merge-persons", act(101 + one % 4, day, json!({ "into": person(other) }))),
        6 => world.when("separate-persons", act(101 + one % 4, day, json!({ "from": person(other) }))),
        7 => world.when("award-grant", act(30 + one % 3, "2025-08-01/2026-06-30", award)),
        8 => world.when("correct-grant", correct(last(world, "grant-awarded"), "grant-awarded", award)),
        9 => world.when("offer-service", placed(40 + one % 4)),
        10 => {
            world.when("correct-offering", correct(last(world, "service-offered"), "service-offered", again))
        }
        11 => world.when("withdraw-service", act(40 + one % 4, day, json!({ "reason": "staffing" }))),
        12 => world.when("sign-agreement", agreement(50 + one % 3, "2025-07-01/2026-06-30")),
        13 => world.when("void-agreement", void(last(world, "agreement-signed"))),
        14 => world.when("open-referral", act(500 + one % 4, day, referred)),
        15 => world.when("void-delivery", void(last(world, "delivery-corrected"))),
        _ => world
            .when("correct-offering", correct(last(world, "offering-corrected"), "service-offered", again)),
    });
}

#[test]
fn every_sort_of_step_is_taken_somewhere() {
    let mut world = World::working().under("law:wic-5600");
    for number in 101..105 {
        world.accepted("enrol-person", act(number, "2025-08-11", json!({})));
    }
    let taken = |world: &mut World, what: u8| {
        let before = world.log.len();
        (0..12).for_each(|n| step(world, (what, n, n + 1), "2026-03-02"));
        world.log.len() > before
    };
    let never: Vec<u8> = (0..17).filter(|what| !taken(&mut world, *what)).collect();
    assert_eq!(never, [0_u8; 0]);
}

fn some_world() -> impl Strategy<Value = World> {
    let steps = prop::collection::vec(((0_u8..17, 0_u128..12, 0_u128..12), 1_u8..16), 1..40);
    steps.prop_map(|steps| {
        let mut world = World::working().under("law:wic-5600");
        for number in 101..105 {
            world.accepted("enrol-person", act(number, "2025-08-11", json!({})));
        }
        for (what, day) in steps {
            step(&mut world, what, &format!("2026-03-{day:02}"));
        }
        world
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn clues_lead_to_all_that_made_a_row(
        world in some_world(),
        more in prop::collection::btree_set(0_u64..60, 0..30),
        after in 0_u64..60,
    ) {
        compare(&events(&world), |position| more.contains(&position), after);
    }
}

#[test]
fn clues_lead_to_what_made_every_row_of_a_school_with_everything() {
    let world = crate::traces::assessed();
    compare(&events(&world), |_| false, 0);
    compare(&events(&world), |_| false, 12);
}

#[test]
fn marks_are_the_same_in_every_build() {
    let mut world = World::working();
    world.accepted(
        "record-delivery",
        with(free_delivery("2026-03-02"), &[("details/funding", json!("ccspp"))]),
    );
    let log = events(&world);
    let borne: Vec<_> = log.iter().map(|event| marks(event).into_iter().fold(0, u64::wrapping_add)).collect();
    assert_eq!(borne, GOLDEN);
}

/// Raise `MARKS_REVISION` when these change.
const GOLDEN: [u64; 8] = [
    12_697_984_164_073_155_624,
    4_064_353_022_956_085_378,
    7_137_433_766_325_427_513,
    16_149_296_296_912_368_688,
    16_149_296_296_912_368_688,
    14_043_390_523_191_538_348,
    9_111_695_752_086_703_301,
    9_307_408_805_919_718_218,
];
