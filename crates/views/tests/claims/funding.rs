//! Funding: what was awarded, allocated, spent and matched, and what an hour cost.

use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::*;
use crate::table::table;

const GRANT: u128 = 30;
const HERE: u128 = 31;
const THERE: u128 = 32;

fn award(number: u128, award: &str, cents: u64) -> Value {
    let details = json!({ "program": "ccspp", "funder": "State of Sample", "award": award, "cents": cents });
    act(number, "2025-08-01/2026-06-30", details)
}

fn allocate(part: u128, site: u128, cents: u64) -> Value {
    act(GRANT, "2025-08-15", json!({ "allocation": id(part), "site": id(site), "cents": cents }))
}

fn spend(part: u128, category: &str, cents: u64) -> Value {
    act(GRANT, "2026-03-02", json!({ "allocation": id(part), "category": category, "cents": cents }))
}

fn spent(part: u128, site: u128, category: &str, cents: u64) -> Value {
    json!({
        "allocation": id(part), "program": "ccspp", "site": id(site), "category": category, "cents": cents,
    })
}

fn paid_by(funding: &str, minutes: u32) -> Value {
    let paid = [("details/funding", json!(funding)), ("details/minutes", json!(minutes))];
    with(free_delivery("2026-03-02"), &paid)
}

/// An award of 100,000 cents: 60,000 for one site, 10,000 for the other.
fn funded() -> World {
    let mut world = World::working();
    world.accepted("award-grant", award(GRANT, "CS-25-7", 100_000));
    world.accepted("allocate-grant", allocate(HERE, SITE, 60_000));
    world.accepted("allocate-grant", allocate(THERE, OTHER_SITE, 10_000));
    world
}

const MONEY: &str = "awarded_cents unallocated_cents allocated_cents spent_cents left_cents";

#[test]
fn a_grant_shows_what_was_allocated_spent_and_left() {
    let mut world = funded();
    world.accepted("record-expenditure", spend(HERE, "personnel", 1_000));
    world.accepted("record-expenditure", spend(HERE, "travel", 200));
    world.accepted("record-expenditure", spend(THERE, "travel", 30));
    let own = |world: &World| table(world, "funding", &[], MONEY);
    assert_eq!(own(&world), ["100000 30000 70000 1230 68770"]);
    let columns = "program funder award status starts ends expenditures";
    let named = ["ccspp State of Sample CS-25-7 open 2025-08-01 2026-06-30 3"];
    assert_eq!(table(&world, "funding", &[], columns), named);
    let categories = "personnel_cents contracts_cents supplies_cents travel_cents indirect_cents other_cents";
    assert_eq!(table(&world, "funding", &[("by", "program")], categories), ["1000 0 0 230 0 0"]);
    // What is not yet allocated belongs to no site.
    let by_site = table(&world, "funding", &[("by", "site")], MONEY);
    assert_eq!(by_site, ["0 0 60000 1200 58800", "0 0 10000 30 9970", "100000 30000 0 0 0"]);
    let here = id(SITE).to_string();
    assert_eq!(table(&world, "funding", &[("site", &*here)], MONEY), ["0 0 60000 1200 58800"]);
}

#[test]
fn matches_are_shown_by_their_form() {
    let mut world = funded();
    for (kind, cents) in [("in-kind", 500), ("cash", 70), ("cash", 7)] {
        world.accepted("record-match", act(GRANT, "2026-03-02", json!({ "kind": kind, "cents": cents })));
    }
    assert_eq!(table(&world, "funding", &[], "in_kind_cents cash_cents"), ["500 77"]);
}

#[test]
fn corrections_and_voids_of_money_take_back_exactly() {
    let mut world = funded();
    let untouched = table(&world, "funding", &[("by", "site")], MONEY);
    let event = world.accepted("record-expenditure", spend(HERE, "personnel", 1_000));
    let now = correct(event, "expenditure-recorded", spent(THERE, OTHER_SITE, "supplies", 900));
    let event = world.accepted("correct-grant", now);
    let by_site = table(&world, "funding", &[("by", "site")], "spent_cents personnel_cents supplies_cents");
    assert_eq!(by_site, ["0 0 0", "900 0 900", "0 0 0"]);
    world.accepted("void-grant", void(event));
    let given =
        world.accepted("record-match", act(GRANT, "2026-03-02", json!({ "kind": "cash", "cents": 7 })));
    world.accepted("void-grant", void(given));
    assert_eq!(table(&world, "funding", &[("by", "site")], MONEY), untouched);
    assert_eq!(table(&world, "funding", &[], "cash_cents expenditures"), ["0 0"]);
}

#[test]
fn a_grant_shows_its_corrected_award_its_closing_and_leaves_when_voided() {
    let mut world = World::working();
    let event = world.accepted("award-grant", award(GRANT, "CS-25-7", 100_000));
    let details = award(GRANT, "CS-25-8", 90_000)["details"].clone();
    let event = world.accepted("correct-grant", correct(event, "grant-awarded", details));
    let columns = "award awarded_cents unallocated_cents status";
    let row = |world: &World| table(world, "funding", &[], columns);
    assert_eq!(row(&world), ["CS-25-8 90000 90000 open"]);
    let part = world.accepted("allocate-grant", allocate(HERE, SITE, 60_000));
    world.accepted("void-grant", void(part));
    let closing = world.accepted("close-grant", act(GRANT, "2026-03-02", json!({ "reason": "funding" })));
    assert_eq!(row(&world), ["CS-25-8 90000 90000 closed"]);
    world.accepted("void-grant", void(closing));
    assert_eq!(row(&world), ["CS-25-8 90000 90000 open"]);
    world.accepted("void-grant", void(event));
    assert!(row(&world).is_empty());
}

#[test]
fn a_delivered_hour_costs_what_was_spent_rounded_half_up() {
    let mut world = funded();
    let cost = |world: &World| table(world, "funding", &[], "delivered_minutes cents_per_hour").remove(0);
    world.accepted("record-expenditure", spend(HERE, "personnel", 1_001));
    assert_eq!(cost(&world), "0 null");
    let deliver = |world: &mut World, minutes| -> Uuid {
        world.accepted("record-delivery", paid_by("CS-25-7", minutes))
    };
    // 1001 cents for two hours are 500.5 an hour.
    let event = deliver(&mut world, 120);
    assert_eq!(cost(&world), "120 501");
    deliver(&mut world, 1);
    // 496.36…
    assert_eq!(cost(&world), "121 496");
    world.accepted("void-delivery", void(event));
    assert_eq!(cost(&world), "1 60060");
}

#[test]
fn a_delivery_under_the_code_of_a_program_counts_for_none_of_its_grants() {
    let mut world = funded();
    world.accepted("award-grant", award(35, "CS-25-9", 500));
    world.accepted("record-expenditure", spend(HERE, "personnel", 600));
    world.accepted("record-delivery", paid_by("CS-25-7", 60));
    world.accepted("record-delivery", paid_by("ccspp", 120));
    // Of no grant and no program in this ledger.
    world.accepted("record-delivery", paid_by("local-fund", 240));
    let rows = |by| table(&world, "funding", &[("by", by)], "delivered_minutes cents_per_hour");
    assert_eq!(rows("program"), ["180 200"]);
    let grants = table(&world, "funding", &[], "award program deliveries cents_per_hour");
    assert_eq!(grants, ["CS-25-7 ccspp 1 600", "CS-25-9 ccspp 0 null", "null ccspp 1 0"]);
    let here = id(SITE).to_string();
    let filter = [("site", &*here), ("by", "program,site")];
    assert_eq!(table(&world, "funding", &filter, "spent_cents delivered_minutes"), ["600 180"]);
}

/// One of the two allocations with its site and its cents.
fn part(first: bool) -> (u128, u128, u64) {
    if first { (HERE, SITE, 60_000) } else { (THERE, OTHER_SITE, 10_000) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_recorded_corrected_and_voided_what_is_spent_is_the_plain_sum_and_never_too_much(
        steps in prop::collection::vec((0_u8..4, any::<bool>(), 0_u64..30_000, any::<prop::sample::Index>()), 1..40),
    ) {
        let mut world = funded();
        let mut live: Vec<(Uuid, u128, u64)> = Vec::new();
        for (what, first, cents, which) in steps {
            let (allocation, site, most) = part(first);
            let at = (what > 1 && !live.is_empty()).then(|| which.index(live.len()));
            let others: u64 = live.iter().enumerate().filter(|(n, other)| Some(*n) != at && other.1 == allocation).map(|(_, other)| other.2).sum();
            let result = match at {
                Some(at) if what == 2 => {
                    let (event, ..) = live.remove(at);
                    world.accepted("void-grant", void(event));
                    continue;
                }
                Some(at) => {
                    let now = spent(allocation, site, "other", cents);
                    world.when("correct-grant", correct(live[at].0, "expenditure-recorded", now))
                }
                None => world.when("record-expenditure", spend(allocation, "other", cents)),
            };
            prop_assert_eq!(result.is_ok(), others + cents <= most);
            if let Ok((event, _)) = result {
                at.map(|at| live.remove(at));
                live.push((event, allocation, cents));
            }
        }
        for first in [true, false] {
            let (allocation, site, most) = part(first);
            let sum: u64 = live.iter().filter(|spent| spent.1 == allocation).map(|spent| spent.2).sum();
            let here = id(site).to_string();
            let row = table(&world, "funding", &[("site", &*here)], "spent_cents other_cents left_cents");
            prop_assert_eq!(row, [format!("{sum} {sum} {}", most - sum)]);
        }
    }
}
