//! A whole school year, attacked by somebody who has every report of the ledger.

use proptest::prelude::*;
use report::{Cell, Measure, Year, suppression::Key};
use serde_json::{Value, json};

use crate::kit::*;
use crate::shelf::{book_of, scope};
use crate::suppression::{attack, attacked};

/// Agreements of two partners, each with all sites.
const AGREEMENTS: [(u128, u128); 2] = [(6, 7), (8, 9)];

fn county() -> World {
    let mut world = World::opened();
    for number in [SITE, OTHER_SITE, 5] {
        world.accepted("register-site", site(number));
    }
    for (agreed, partnered) in AGREEMENTS {
        world.accepted("onboard-partner", partner(partnered));
        world.accepted("vet-partner", vetting(partnered, "2025-07-01", "2026-12-31"));
        let changes = [
            ("details/partner", json!(id(partnered))),
            ("details/reference", json!(format!("MOU-{agreed}"))),
            ("details/terms", terms(&[SITE, OTHER_SITE, 5])),
        ];
        world.accepted("sign-agreement", with(agreement(agreed, "2025-07-01/2026-06-30"), &changes));
    }
    world.under("law:wic-5600")
}

/// Where a delivery is, what it is, and for whom: a first person, and how many.
type Delivered = ([u128; 3], u8, (u128, u128));

fn deliver(world: &mut World, ([site, agreed, funded], what, (first, people)): Delivered) {
    let site = [SITE, OTHER_SITE, 5][usize::try_from(site).unwrap()];
    let mut changes = vec![
        ("details/agreement", json!(id(AGREEMENTS[usize::try_from(agreed).unwrap()].0))),
        ("details/site", json!(id(site))),
        ("details/funding", if funded == 0 { json!("ccspp") } else { Value::Null }),
    ];
    let persons: Vec<_> = (first..first + people).map(|person| id(1000 + person)).collect();
    changes.extend(match what {
        0 => vec![("details/participants", json!(persons))],
        1 => vec![
            ("details/tier", json!(1)),
            ("details/participants", Value::Null),
            ("details/headcount", json!(people * 3)),
        ],
        _ => vec![
            ("details/kind", json!("mental-health-counseling")),
            ("details/tier", json!(3)),
            ("details/participants", Value::Null),
            ("details/case", json!(id(5000 + first))),
        ],
    });
    world.accepted("record-delivery", with(free_delivery("2026-03-02"), &changes));
}

fn delivered() -> impl Strategy<Value = Vec<Delivered>> {
    let place = (0_u128..3, 0_u128..2, 0_u128..2).prop_map(|(site, agreed, funded)| [site, agreed, funded]);
    prop::collection::vec((place, 0_u8..3, (0_u128..40, 1_u128..16)), 0..40)
}

fn year(world: &World) -> Year {
    let scope = scope();
    Year::read(&book_of(world, "azul-usd", Year::questions(&scope), 0).unwrap(), &scope)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn all_reports_together_do_not_tell_what_any_of_them_leaves_out(deliveries in delivered()) {
        let mut world = county();
        deliveries.into_iter().for_each(|delivery| deliver(&mut world, delivery));
        for (measure, cells, plan) in year(&world).plans() {
            for (key, (least, most)) in attacked(cells, plan, attack(measure)) {
                let hidden = plan.hides(&key);
                prop_assert!(!hidden || most - least + 1 >= 10, "{measure:?} at {key:?}: {least} to {most}");
            }
        }
    }
}

#[test]
fn how_often_a_few_came_does_not_tell_how_few_they_are() {
    let mut world = county();
    for _ in 0..8 {
        deliver(&mut world, ([0, 0, 0], 0, (0, 4)));
    }
    let year = year(&world);
    for measure in [Measure::Students, Measure::Participations, Measure::Services, Measure::Minutes] {
        assert_eq!(year.figure(measure, &Key::total()), Cell::Suppressed, "{measure:?}");
    }
    // Beside 30 who are counted and not named nobody can tell.
    deliver(&mut world, ([0, 0, 0], 1, (0, 10)));
    let year = self::year(&world);
    assert_eq!(year.figure(Measure::Participations, &Key::total()), Cell::Number(62));
    assert_eq!(year.figure(Measure::Students, &Key::total()), Cell::Suppressed);
}
