//! Grant report: money, and the services that it paid for.

use report::Scope;
use serde_json::json;

use crate::kit::*;
use crate::shelf::{made, rows, scope};

const GRANT: u128 = 30;
const PART: u128 = 31;

/// A grant of which 600 are for the site and 12 are spent, and a delivery to some students by its number.
fn funded(students: u128) -> World {
    let mut world = World::working();
    let award =
        json!({ "program": "ccspp", "funder": "State of Sample", "award": "CS-25-7", "cents": 100_000 });
    world.accepted("award-grant", act(GRANT, "2025-08-01/2026-06-30", award));
    let part = json!({ "allocation": id(PART), "site": id(SITE), "cents": 60_000 });
    world.accepted("allocate-grant", act(GRANT, "2025-08-15", part));
    let spent = json!({ "allocation": id(PART), "category": "travel", "cents": 1_200 });
    world.accepted("record-expenditure", act(GRANT, "2026-03-02", spent));
    let persons: Vec<_> = (0..students).map(|person| id(1000 + person)).collect();
    let paid = [
        ("details/participants", json!(persons)),
        ("details/funding", json!("CS-25-7")),
        ("details/minutes", json!(90)),
    ];
    world.accepted("record-delivery", with(free_delivery("2026-03-02"), &paid));
    world
}

fn of(grant: &str) -> Scope {
    Scope { grant: Some(grant.to_owned()), ..scope() }
}

#[test]
fn a_grant_is_told_with_its_money_and_what_it_paid_for() {
    let document = made("grant", &of("CS-25-7"), &[&funded(12)]).unwrap();
    assert_eq!(document.subtitle, "CS-25-7 of State of Sample, Azul Unified, school year 2025-26");
    assert_eq!(
        rows(&document, "Grants"),
        ["CS-25-7 · ccspp · State of Sample · 2025-08-01 · 2026-06-30 · 100000 · 0 · 0"]
    );
    assert_eq!(rows(&document, "Money of grants"), ["CS-25-7 · 60000 · 1200 · 1200 · 58800 · 800"]);
    assert_eq!(rows(&document, "Spent on"), ["CS-25-7 · 1200 · 0 · 0 · 0 · 1200 · 0 · 0"]);
    assert_eq!(
        rows(&document, "Money at sites"),
        ["Azul Elementary · CS-25-7 · 60000 · 1200 · 1200 · 58800"]
    );
    assert_eq!(rows(&document, "Services"), ["CS-25-7 · 1 · 90 · 12 · 12 · 0", "ccspp · 0 · 0 · 0 · 0 · 0"]);
    assert_eq!(rows(&document, "Services, by tier"), ["Tier 2, for some (CS-25-7) · 1 · 90 · 12 · 12 · 0"]);
}

#[test]
fn a_grant_is_found_by_id_award_program_or_the_code_of_deliveries() {
    let world = funded(12);
    let by_award = made("grant", &of("CS-25-7"), &[&world]).unwrap();
    assert_eq!(made("grant", &of(&id(GRANT).to_string()), &[&world]).unwrap(), by_award);
    let by_program = made("grant", &of("ccspp"), &[&world]).unwrap();
    assert_eq!(rows(&by_program, "Grants"), rows(&by_award, "Grants"));
    assert!(made("grant", &of("title-i"), &[&world]).unwrap_err().is_missing());
}

#[test]
fn what_an_hour_cost_does_not_tell_hours_that_are_left_out() {
    let document = made("grant", &of("CS-25-7"), &[&funded(4)]).unwrap();
    assert_eq!(rows(&document, "Money of grants"), ["CS-25-7 · 60000 · 1200 · 1200 · 58800 · suppressed"]);
}

#[test]
fn the_money_of_a_site_is_in_its_annual_progress() {
    let site = Scope { site: Some(id(SITE).to_string()), ..scope() };
    let document = made("annual-progress", &site, &[&funded(12)]).unwrap();
    assert_eq!(
        rows(&document, "Money at sites"),
        ["Azul Elementary · CS-25-7 · 60000 · 1200 · 1200 · 58800"]
    );
    let ledger = made("annual-progress", &scope(), &[&funded(12)]).unwrap();
    assert_eq!(rows(&ledger, "Grants").len(), 1);
}

#[test]
fn a_grant_of_several_years_is_spent_in_the_year_and_to_date() {
    let world = funded(12);
    let next = Scope { grant: Some("CS-25-7".to_owned()), ..Scope::of("2026-27".parse().unwrap()) };
    let document = made("grant", &next, &[&world]).unwrap();
    // Nothing was delivered in that year, so an hour has no cost.
    assert_eq!(rows(&document, "Money of grants"), ["CS-25-7 · 60000 · 0 · 1200 · 58800 · –"]);
    assert_eq!(rows(&document, "Spent on"), ["CS-25-7 · 0 · 0 · 0 · 0 · 0 · 0 · 0"]);
    assert_eq!(rows(&document, "Money at sites"), ["Azul Elementary · CS-25-7 · 60000 · 0 · 1200 · 58800"]);
}

#[test]
fn what_others_gave_is_told_beside_a_grant() {
    let mut world = funded(12);
    for (kind, cents) in [("in-kind", 500), ("cash", 70)] {
        world.accepted("record-match", act(GRANT, "2026-03-02", json!({ "kind": kind, "cents": cents })));
    }
    for scope in [scope(), of("CS-25-7")] {
        let grants = rows(&made("grant", &scope, &[&world]).unwrap(), "Grants");
        assert!(grants[0].ends_with(" · 100000 · 500 · 70"), "{grants:?}");
    }
}
