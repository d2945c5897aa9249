//! Grants: rule 11, and what may not be broken by a correction.

use domain::Event;
use domain::grant::Event as Grant;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::*;

const GRANT: u128 = 30;
const PART: u128 = 31;
const OTHER_PART: u128 = 32;

fn awarded() -> Value {
    json!({ "program": "ccspp", "funder": "State of Sample", "award": "CS-25-7", "cents": 100_000 })
}

fn award() -> Value {
    act(GRANT, "2025-08-01/2026-06-30", awarded())
}

fn allocated(part: u128, cents: u64) -> Value {
    json!({ "allocation": id(part), "program": "ccspp", "site": id(SITE), "cents": cents })
}

fn allocate(part: u128, cents: u64) -> Value {
    let details = json!({ "allocation": id(part), "site": id(SITE), "cents": cents });
    act(GRANT, "2025-08-15", details)
}

fn spent(part: u128, cents: u64) -> Value {
    let part = json!({ "allocation": id(part), "program": "ccspp", "site": id(SITE) });
    with(part, &[("category", json!("supplies")), ("cents", json!(cents))])
}

fn spend(day: &str, part: u128, cents: u64) -> Value {
    act(GRANT, day, json!({ "allocation": id(part), "category": "supplies", "cents": cents }))
}

fn matched(day: &str, cents: u64) -> Value {
    act(GRANT, day, json!({ "kind": "in-kind", "cents": cents }))
}

fn close(day: &str) -> Value {
    act(GRANT, day, json!({ "reason": "completed" }))
}

/// With an award of 100,000 cents of which 60,000 are allocated; the events of both.
fn funded() -> (World, Uuid, Uuid) {
    let mut world = World::working();
    let award = world.accepted("award-grant", award());
    let part = world.accepted("allocate-grant", allocate(PART, 60_000));
    (world, award, part)
}

fn on(body: Value, effective: &str) -> Value {
    with(body, &[("effective", json!(effective))])
}

#[test]
fn a_grant_is_awarded_allocated_spent_matched_and_closed() {
    let mut world = World::working();
    world.makes("award-grant", award(), "grant-awarded");
    world.makes("allocate-grant", allocate(PART, 60_000), "grant-allocated");
    let fact = world.makes("record-expenditure", spend("2026-03-02", PART, 100), "expenditure-recorded");
    let Event::Grant(Grant::ExpenditureRecorded(spent)) = fact.event else { panic!("no expenditure") };
    // What a reader needs beside the amount.
    assert_eq!((spent.program.as_str(), spent.site.0, spent.partner), ("ccspp", id(SITE), None));
    world.makes("record-match", matched("2026-03-02", 5_000), "match-recorded");
    world.makes("close-grant", close("2026-03-16"), "grant-closed");
}

#[test]
fn an_allocation_under_an_agreement_is_for_its_partner() {
    let (mut world, ..) = funded();
    let under = |changes: &[(&str, Value)]| {
        with(with(allocate(OTHER_PART, 100), &[("details/agreement", json!(id(AGREEMENT)))]), changes)
    };
    let partner = |number| [("details/partner", json!(id(number)))];
    world.refused("allocate-grant", under(&partner(77)), "out-of-range");
    world.refused("allocate-grant", under(&[("details/agreement", json!(id(77)))]), "not-found");
    let fact = world.makes("allocate-grant", under(&[]), "grant-allocated");
    let Event::Grant(Grant::GrantAllocated(allocated)) = fact.event else { panic!("no allocation") };
    assert_eq!(allocated.partner.map(|partner| partner.0), Some(id(PARTNER)));
    let fact = world.makes("record-expenditure", spend("2026-03-02", OTHER_PART, 10), "expenditure-recorded");
    let Event::Grant(Grant::ExpenditureRecorded(spent)) = fact.event else { panic!("no expenditure") };
    assert_eq!(spent.partner.map(|partner| partner.0), Some(id(PARTNER)));
}

#[test]
fn an_allocation_without_an_id_is_given_one() {
    let (mut world, ..) = funded();
    let fact = world.makes(
        "allocate-grant",
        with(allocate(PART, 100), &[("details/allocation", Value::Null)]),
        "grant-allocated",
    );
    let Event::Grant(Grant::GrantAllocated(allocated)) = fact.event else { panic!("no allocation") };
    let details = json!({ "allocation": allocated.allocation, "category": "travel", "cents": 100 });
    world.accepted("record-expenditure", act(GRANT, "2026-03-02", details));
}

#[test]
fn an_award_number_belongs_to_one_live_grant() {
    let mut world = World::working();
    let event = world.accepted("award-grant", award());
    world.refused("award-grant", award(), "taken");
    let again = with(award(), &[("id", json!(id(33)))]);
    world.refused("award-grant", again.clone(), "taken");
    let renamed = with(awarded(), &[("award", json!("CS-25-8"))]);
    let event = world.accepted("correct-grant", correct(event, "grant-awarded", renamed));
    world.accepted("award-grant", again);
    world.refused("correct-grant", correct(event, "grant-awarded", awarded()), "taken");
    world.makes("void-grant", void(event), "grant-voided");
    world.refused("allocate-grant", allocate(PART, 1), "not-found");
}

#[test]
fn allocations_never_exceed_the_award() {
    let (mut world, ..) = funded();
    let refusal = world.refused("allocate-grant", allocate(OTHER_PART, 40_001), "allocation-exceeds-award");
    assert!(refusal.to_string().contains("40001") && refusal.to_string().contains("40000"), "{refusal}");
    world.accepted("allocate-grant", allocate(OTHER_PART, 40_000));
    world.refused("allocate-grant", allocate(33, 1), "allocation-exceeds-award");
    world.accepted("allocate-grant", allocate(33, 0));
}

#[test]
fn expenditures_never_exceed_their_allocation() {
    let (mut world, ..) = funded();
    world.accepted("allocate-grant", allocate(OTHER_PART, 1_000));
    world.accepted("record-expenditure", spend("2026-03-02", PART, 59_000));
    let refusal = world.refused(
        "record-expenditure",
        spend("2026-03-02", PART, 1_001),
        "expenditure-exceeds-allocation",
    );
    assert!(refusal.to_string().contains("1001") && refusal.to_string().contains("1000"), "{refusal}");
    world.accepted("record-expenditure", spend("2026-03-02", PART, 1_000));
    // Another allocation has money of its own.
    world.accepted("record-expenditure", spend("2026-03-02", OTHER_PART, 1_000));
    world.refused("record-expenditure", spend("2026-03-02", 33, 1), "not-found");
}

#[test]
fn amounts_are_sound_and_no_sum_overflows() {
    let (mut world, ..) = funded();
    let most: u64 = 10_000_000_000_000;
    let cents = |body, cents: u64| with(body, &[("details/cents", json!(cents))]);
    let other = with(award(), &[("id", json!(id(33))), ("details/award", json!("CS-25-9"))]);
    for too_much in [most + 1, u64::MAX] {
        world.refused("award-grant", cents(other.clone(), too_much), "cents-out-of-range");
        world.refused("allocate-grant", allocate(OTHER_PART, too_much), "cents-out-of-range");
        world.refused("record-expenditure", spend("2026-03-02", PART, too_much), "cents-out-of-range");
        world.refused("record-match", matched("2026-03-02", too_much), "cents-out-of-range");
    }
    world.refused("record-expenditure", spend("2026-03-02", PART, most), "expenditure-exceeds-allocation");
    world.accepted("award-grant", cents(other, most));
}

#[test]
fn what_is_told_of_a_grant_is_sound() {
    let (mut world, ..) = funded();
    let other = with(award(), &[("id", json!(id(33))), ("details/award", json!("CS-25-9"))]);
    let mut refused = |name, body: &Value, path, value, code| {
        world.refused(name, with(body.clone(), &[(path, value)]), code);
    };
    refused("award-grant", &other, "details/program", json!("the program"), "code-not-allowed");
    refused("award-grant", &other, "details/award", json!("no 7"), "code-not-allowed");
    refused("award-grant", &other, "details/funder", json!(" "), "text-not-allowed");
    refused("award-grant", &other, "effective", json!("2025-08-01"), "span-needed");
    refused("award-grant", &other, "effective", json!("2025-08-01/2025-08-01"), "span-needed");
    let part = allocate(OTHER_PART, 1);
    refused("allocate-grant", &part, "details/allocation", json!(id(PART)), "taken");
    refused("allocate-grant", &part, "details/site", json!(id(77)), "not-found");
    refused("allocate-grant", &part, "details/partner", json!(id(77)), "not-found");
    refused("allocate-grant", &part, "effective", json!("2026-03-17"), "date-in-future");
    let added = matched("2026-03-02", 1);
    refused("record-match", &added, "details/partner", json!(id(77)), "not-found");
    refused("record-match", &added, "effective", json!("2026-03-17"), "date-in-future");
    refused("record-match", &added, "effective", json!("2026-03-01/2026-03-02"), "one-day-needed");
}

#[test]
fn all_of_a_grant_lies_inside_its_period() {
    let mut world = World::working();
    world.accepted("award-grant", on(award(), "2025-10-01/2026-03-10"));
    world.refused("allocate-grant", on(allocate(PART, 1), "2025-09-30"), "outside-grant-period");
    world.accepted("allocate-grant", on(allocate(PART, 60_000), "2025-10-01"));
    for (day, inside) in
        [("2025-09-30", false), ("2025-10-01", true), ("2026-03-10", true), ("2026-03-11", false)]
    {
        if inside {
            world.accepted("record-expenditure", spend(day, PART, 1));
            world.accepted("record-match", matched(day, 1));
        } else {
            world.refused("record-expenditure", spend(day, PART, 1), "outside-grant-period");
            world.refused("record-match", matched(day, 1), "outside-grant-period");
        }
    }
    world.refused("record-expenditure", spend("2026-03-17", PART, 1), "date-in-future");
    // Accounts are closed after the period.
    world.accepted("close-grant", close("2026-03-16"));
}

#[test]
fn a_closed_grant_accepts_only_corrections() {
    let (mut world, ..) = funded();
    let event = world.accepted("record-expenditure", spend("2026-03-02", PART, 100));
    // Nothing that was spent may lie after the closing.
    world.refused("close-grant", close("2026-03-01"), "outside-grant-period");
    world.refused("close-grant", close("2026-03-17"), "date-in-future");
    let closing = world.accepted("close-grant", close("2026-03-05"));
    world.refused("close-grant", close("2026-03-06"), "closed");
    world.refused("allocate-grant", allocate(OTHER_PART, 1), "closed");
    world.refused("record-expenditure", spend("2026-03-02", PART, 1), "closed");
    world.refused("record-match", matched("2026-03-02", 1), "closed");
    let now = correct(event, "expenditure-recorded", spent(PART, 90));
    world.refused("correct-grant", on(now.clone(), "2026-03-06"), "outside-grant-period");
    let event = world.accepted("correct-grant", on(now, "2026-03-05"));
    let earlier = correct(closing, "grant-closed", json!({ "reason": "completed" }));
    world.refused("correct-grant", on(earlier.clone(), "2026-03-04"), "outside-grant-period");
    world.refused("correct-grant", on(earlier, "2026-03-17"), "date-in-future");
    world.accepted("void-grant", void(event));
    // Without its closing it runs again.
    world.accepted("void-grant", void(closing));
    world.accepted("record-expenditure", spend("2026-03-09", PART, 1));
}

#[test]
fn a_corrected_expenditure_gives_back_what_it_replaces() {
    let (mut world, ..) = funded();
    world.accepted("allocate-grant", allocate(OTHER_PART, 1_000));
    let event = world.accepted("record-expenditure", spend("2026-03-02", PART, 60_000));
    let now = |part, cents| correct(event, "expenditure-recorded", spent(part, cents));
    world.refused("correct-grant", now(PART, 60_001), "expenditure-exceeds-allocation");
    world.refused("correct-grant", now(OTHER_PART, 1_001), "expenditure-exceeds-allocation");
    world.refused("correct-grant", now(33, 1), "not-found");
    world.refused("correct-grant", on(now(PART, 1), "2026-03-17"), "date-in-future");
    let elsewhere = with(spent(PART, 1), &[("site", json!(id(OTHER_SITE)))]);
    world.refused("correct-grant", correct(event, "expenditure-recorded", elsewhere), "out-of-range");
    let event = world.accepted("correct-grant", now(PART, 59_000));
    world.refused("record-expenditure", spend("2026-03-02", PART, 1_001), "expenditure-exceeds-allocation");
    // A correction of the correction moves it to the other allocation.
    let moved = correct(event, "expenditure-recorded", spent(OTHER_PART, 1_000));
    let event = world.accepted("correct-grant", moved);
    world.accepted("record-expenditure", spend("2026-03-02", PART, 60_000));
    world.refused("record-expenditure", spend("2026-03-02", OTHER_PART, 1), "expenditure-exceeds-allocation");
    world.makes("void-grant", void(event), "grant-voided");
    world.accepted("record-expenditure", spend("2026-03-02", OTHER_PART, 1_000));
}

#[test]
fn an_award_stays_at_least_what_is_allocated_of_it() {
    let (mut world, event, _) = funded();
    let now = |cents: u64| correct(event, "grant-awarded", with(awarded(), &[("cents", json!(cents))]));
    let refusal = world.refused("correct-grant", now(59_999), "overallocated");
    assert!(refusal.to_string().contains("59999") && refusal.to_string().contains("60000"), "{refusal}");
    world.accepted("correct-grant", now(60_000));
    world.refused("allocate-grant", allocate(OTHER_PART, 1), "allocation-exceeds-award");
}

#[test]
fn an_allocation_stays_at_least_what_is_spent_of_it() {
    let (mut world, _, event) = funded();
    world.accepted("record-expenditure", spend("2026-03-02", PART, 500));
    let now = |cents| correct(event, "grant-allocated", allocated(PART, cents));
    let refusal = world.refused("correct-grant", now(499), "overspent");
    assert!(refusal.to_string().contains("499") && refusal.to_string().contains("500"), "{refusal}");
    world.refused("correct-grant", now(100_001), "allocation-exceeds-award");
    world.accepted("correct-grant", now(500));
    world.refused("record-expenditure", spend("2026-03-02", PART, 1), "expenditure-exceeds-allocation");
}

#[test]
fn an_award_keeps_the_period_and_program_of_what_was_done_with_it() {
    let (mut world, event, _) = funded();
    world.accepted("record-expenditure", spend("2026-03-02", PART, 500));
    world.accepted("record-match", matched("2026-03-04", 500));
    let now = |details| correct(event, "grant-awarded", details);
    for (span, code) in [
        ("2025-08-16/2026-06-30", "outside-grant-period"),
        ("2025-08-01/2026-03-01", "outside-grant-period"),
        ("2025-08-01/2026-03-03", "outside-grant-period"),
        ("2025-08-01", "span-needed"),
    ] {
        world.refused("correct-grant", on(now(awarded()), span), code);
    }
    let program = with(awarded(), &[("program", json!("fscs"))]);
    world.refused("correct-grant", now(program), "in-use");
    world.refused("void-grant", void(event), "in-use");
    world.accepted("correct-grant", on(now(awarded()), "2025-08-15/2026-03-04"));
}

#[test]
fn an_allocation_with_expenditures_stays_where_it_is() {
    let (mut world, _, event) = funded();
    let expenditure = world.accepted("record-expenditure", spend("2026-03-02", PART, 500));
    world.refused("void-grant", void(event), "in-use");
    let now =
        |changes: &[(&str, Value)]| correct(event, "grant-allocated", with(allocated(PART, 60_000), changes));
    world.refused("correct-grant", now(&[("site", json!(id(OTHER_SITE)))]), "in-use");
    world.refused("correct-grant", now(&[("partner", json!(id(PARTNER)))]), "in-use");
    world.refused("correct-grant", now(&[("allocation", json!(id(OTHER_PART)))]), "out-of-range");
    world.refused("correct-grant", now(&[("program", json!("fscs"))]), "out-of-range");
    world.accepted("void-grant", void(expenditure));
    let moved = world.accepted("correct-grant", now(&[("site", json!(id(OTHER_SITE)))]));
    world.makes("void-grant", void(moved), "grant-voided");
    world.refused("record-expenditure", spend("2026-03-02", PART, 1), "not-found");
}

#[test]
fn a_corrected_match_meets_the_rules_of_a_new_one() {
    let (mut world, ..) = funded();
    let event = world.accepted("record-match", matched("2026-03-02", 500));
    let now = |changes: &[(&str, Value)]| {
        let data = json!({ "program": "ccspp", "kind": "cash", "cents": 700 });
        correct(event, "match-recorded", with(data, changes))
    };
    world.refused("correct-grant", now(&[("program", json!("fscs"))]), "out-of-range");
    world.refused("correct-grant", now(&[("partner", json!(id(77)))]), "not-found");
    world.refused("correct-grant", now(&[("cents", json!(u64::MAX))]), "cents-out-of-range");
    world.refused("correct-grant", on(now(&[]), "2025-07-31"), "date-too-old");
    let event = world.accepted("correct-grant", now(&[("partner", json!(id(PARTNER)))]));
    world.accepted("void-grant", void(event));
}

#[test]
fn what_a_grant_names_is_in_use() {
    let mut world = World::opened();
    let site = world.accepted("register-site", site(SITE));
    let first = world.accepted("onboard-partner", partner(PARTNER));
    let giver = world.accepted("onboard-partner", partner(6));
    world.accepted("onboard-partner", partner(7));
    let signed = world.accepted("sign-agreement", agreement(AGREEMENT, "2025-07-01/2026-06-30"));
    world.accepted("award-grant", award());
    let under = with(allocate(PART, 100), &[("details/agreement", json!(id(AGREEMENT)))]);
    let part = world.accepted("allocate-grant", under);
    let gift = with(matched("2026-03-02", 1), &[("details/partner", json!(id(6)))]);
    let gift = world.accepted("record-match", gift);
    world.refused("void-agreement", void(signed), "in-use");
    let details = agreement(AGREEMENT, "2025-07-01/2026-06-30")["details"].clone();
    let other = with(details, &[("partner", json!(id(7)))]);
    world.refused("correct-agreement", correct(signed, "agreement-signed", other), "in-use");
    world.refused("void-partner", void(giver), "in-use");
    world.accepted("void-grant", void(gift));
    world.accepted("void-partner", void(giver));
    // Without the agreement the allocation still names the site and the partner.
    let data = with(allocated(PART, 100), &[("partner", json!(id(PARTNER)))]);
    let part = world.accepted("correct-grant", correct(part, "grant-allocated", data));
    world.accepted("void-agreement", void(signed));
    world.refused("void-site", void(site), "in-use");
    world.refused("void-partner", void(first), "in-use");
    world.accepted("void-grant", void(part));
    world.accepted("void-site", void(site));
    world.accepted("void-partner", void(first));
}

#[test]
fn thousands_of_expenditures_leave_only_their_sums() {
    let (mut world, ..) = funded();
    let untouched = world.state.clone();
    let spend = |world: &mut World| world.accepted("record-expenditure", spend("2026-03-02", PART, 20));
    let events: Vec<_> = (0..3_000).map(|_| spend(&mut world)).collect();
    assert!(serde_json::to_string(&world.state).unwrap().len() < 4_000);
    for event in events {
        world.accepted("void-grant", void(event));
    }
    assert_eq!(world.state, untouched);
}
