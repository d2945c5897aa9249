//! Assessments of needs and assets, and the priorities that councils make of needs.

use domain::Event;
use domain::assessment::Event as Assessment;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::*;

const ASSESSMENT: u128 = 30;
const NEED: u128 = 31;
const ASSET: u128 = 32;
const GOAL: u128 = 33;

fn opening(number: u128, year: &str, day: &str) -> Value {
    let details = json!({ "site": id(SITE), "year": year, "methods": ["survey", "listening-session"] });
    json!({ "id": id(number), "effective": day, "details": details })
}

fn voices() -> Value {
    act(ASSESSMENT, "2025-10-01", json!({ "constituency": "family", "method": "survey", "count": 214 }))
}

fn need() -> Value {
    let details = json!({
        "need": id(NEED), "barrier": "food", "evidence": ["survey-result", "voices"], "tier": 1,
    });
    act(ASSESSMENT, "2025-10-06", details)
}

fn asset() -> Value {
    let details = json!({
        "asset": id(ASSET), "kind": "partner", "partner": id(PARTNER), "label": "Puente Norte",
    });
    act(ASSESSMENT, "2025-10-06", details)
}

fn priority(decision: Uuid, day: &str) -> Value {
    act(ASSESSMENT, day, json!({ "need": id(NEED), "decision": decision, "rank": 1 }))
}

fn goal() -> Value {
    let details = json!({
        "goal": id(GOAL), "need": id(NEED), "indicator": "chronic-absence", "unit": "basis-points",
        "baseline": 2140, "target": 1500, "by": "2026-06-30",
    });
    act(ASSESSMENT, "2025-11-03", details)
}

fn progress(day: &str) -> Value {
    act(ASSESSMENT, day, json!({ "goal": id(GOAL), "value": 1980, "n": 412, "status": "progressing" }))
}

fn closing(day: &str) -> Value {
    act(ASSESSMENT, day, json!({}))
}

/// Site and year, as a correction has to carry them.
fn placed(body: &Value) -> Value {
    with(body["details"].clone(), &[("site", json!(id(SITE))), ("year", json!("2025-26"))])
}

/// With an open assessment.
fn assessing() -> World {
    let mut world = World::working();
    world.accepted("open-assessment", opening(ASSESSMENT, "2025-26", "2025-09-08"));
    world
}

/// With a need in it.
fn needing() -> World {
    let mut world = assessing();
    world.accepted("identify-need", need());
    world
}

#[test]
fn an_assessment_goes_from_voices_to_needs_priorities_and_goals() {
    let mut world = assessing();
    let decision = decided_on(&mut world, "2025-10-20");
    world.makes("record-voices", voices(), "voices-heard");
    world.makes("identify-need", need(), "need-identified");
    world.makes("identify-asset", asset(), "asset-identified");
    world.makes("set-priority", priority(decision, "2025-10-20"), "priority-set");
    world.makes("set-goal", goal(), "goal-set");
    world.makes("observe-progress", progress("2026-02-02"), "progress-observed");
    world.makes("close-assessment", closing("2026-03-02"), "assessment-closed");
}

#[test]
fn a_fact_of_an_assessment_carries_its_site_and_year() {
    let mut world = assessing();
    // What the sender says of them does not count.
    let body = with(need(), &[("details/site", json!(id(OTHER_SITE))), ("details/year", json!("2019-20"))]);
    let fact = world.makes("identify-need", body, "need-identified");
    let Event::Assessment(Assessment::NeedIdentified(need)) = fact.event else { panic!("no need") };
    assert_eq!(json!([need.site, need.year]), json!([id(SITE), "2025-26"]));
}

#[test]
fn a_site_has_one_open_assessment_for_a_school_year() {
    let mut world = assessing();
    let again = opening(40, "2025-26", "2025-10-01");
    world.refused("open-assessment", again.clone(), "assessment-open-already");
    world.refused("open-assessment", opening(ASSESSMENT, "2026-27", "2026-02-02"), "taken");
    world.accepted("open-assessment", opening(41, "2026-27", "2026-02-02"));
    let elsewhere = with(opening(42, "2025-26", "2025-10-01"), &[("details/site", json!(id(OTHER_SITE)))]);
    let elsewhere = world.accepted("open-assessment", elsewhere);
    let here = json!({ "site": id(SITE), "year": "2025-26", "methods": ["survey"] });
    let moved = correct(elsewhere, "assessment-opened", here);
    world.refused("correct-assessment", moved.clone(), "assessment-open-already");
    let closed = world.accepted("close-assessment", closing("2025-10-01"));
    let opened = world.accepted("open-assessment", again);
    world.refused("correct-assessment", moved.clone(), "assessment-open-already");
    // A closing that did not happen would leave two open.
    world.refused("void-assessment", void(closed), "assessment-open-already");
    world.accepted("void-assessment", void(opened));
    world.accepted("void-assessment", void(closed));
}

#[test]
fn an_assessment_is_made_in_its_school_year_or_half_a_year_before() {
    let mut world = World::working();
    let outside = "outside-assessment-year";
    world.refused("open-assessment", opening(40, "2026-27", "2025-12-31"), outside);
    world.refused("open-assessment", opening(40, "2024-25", "2025-09-01"), outside);
    world.refused("open-assessment", opening(40, "2025-26", "2026-03-17"), "date-in-future");
    world.refused("open-assessment", opening(40, "2025-26", "2025-06-30"), "date-before-ledger");
    world.refused("open-assessment", opening(40, "2025-26", "2025-08-27"), "date-too-old");
    world.refused("open-assessment", opening(40, "2025-26", "2025-09-01/2025-09-02"), "one-day-needed");
    world.accepted("open-assessment", opening(40, "2026-27", "2026-01-01"));
}

#[test]
fn progress_and_closing_may_come_after_the_school_year() {
    let mut world = World::default();
    let policy = json!({ "suppress_under": 11, "late_days_max": 900 });
    let open = with(open(), &[("starts", json!("2024-07-01")), ("policy", policy)]);
    world.accepted("open-ledger", open);
    world.accepted("register-site", site(SITE));
    world.accepted("open-assessment", opening(ASSESSMENT, "2024-25", "2025-06-30"));
    let no_need = with(goal(), &[("details/need", Value::Null), ("effective", json!("2025-06-30"))]);
    world.accepted("set-goal", no_need);
    let late = with(need(), &[("effective", json!("2025-07-01"))]);
    world.refused("identify-need", late, "outside-assessment-year");
    world.accepted("observe-progress", progress("2025-07-01"));
    world.accepted("close-assessment", closing("2025-07-02"));
}

#[test]
fn what_an_assessment_says_is_sound() {
    let mut world = needing();
    let empty = |path| (path, json!([]));
    world.refused(
        "open-assessment",
        with(opening(40, "2025-26", "2025-09-08"), &[empty("details/methods")]),
        "list-not-allowed",
    );
    world.refused("identify-need", with(need(), &[empty("details/evidence")]), "list-not-allowed");
    world.refused("identify-asset", with(asset(), &[("details/label", json!(""))]), "text-not-allowed");
    world.refused("identify-asset", with(asset(), &[("details/partner", json!(id(77)))]), "not-found");
    let sound = [
        ("record-voices", voices(), "details/count", json!(0)),
        ("record-voices", voices(), "details/count", json!(10_001)),
        ("record-voices", voices(), "details/method", json!("interviews")),
        ("set-goal", goal(), "details/baseline", json!(1_000_000_001)),
        ("set-goal", goal(), "details/target", json!(-1_000_000_001)),
        ("set-goal", goal(), "details/by", json!("2025-11-03")),
    ];
    for (command, body, path, value) in sound {
        let refusal = world.refused(command, with(body, &[(path, value)]), "out-of-range");
        assert_eq!(refusal.field(), Some(path));
    }
    world.refused("set-goal", with(goal(), &[("details/indicator", json!("a b"))]), "code-not-allowed");
    world.accepted("set-goal", goal());
    for (path, value) in [("details/n", json!(0)), ("details/value", json!(1_000_000_001))] {
        let refusal =
            world.refused("observe-progress", with(progress("2026-02-02"), &[(path, value)]), "out-of-range");
        assert_eq!(refusal.field(), Some(path));
    }
}

#[test]
fn nothing_is_assessed_at_a_site_that_is_not_there() {
    let mut world = assessing();
    let nowhere = with(opening(40, "2025-26", "2025-09-08"), &[("details/site", json!(id(77)))]);
    world.refused("open-assessment", nowhere, "not-found");
    world.accepted("close-site", act(SITE, "2025-10-05", json!({ "reason": "closure" })));
    world.refused("identify-need", need(), "site-not-open");
    world.accepted("record-voices", voices());
    world.refused("open-assessment", opening(40, "2026-27", "2026-02-02"), "site-not-open");
    world.refused("identify-need", with(need(), &[("id", json!(id(77)))]), "not-found");
}

#[test]
fn a_priority_is_set_for_a_need_that_was_identified_by_then() {
    let mut world = assessing();
    let decision = decided_on(&mut world, "2025-10-01");
    world.refused("set-priority", priority(decision, "2025-10-06"), "not-found");
    world.accepted("identify-need", need());
    world.refused("set-priority", priority(decision, "2025-10-05"), "out-of-range");
    for rank in [0, 101] {
        let body = with(priority(decision, "2025-10-06"), &[("details/rank", json!(rank))]);
        world.refused("set-priority", body, "out-of-range");
    }
    world.accepted("set-priority", priority(decision, "2025-10-06"));
}

#[test]
fn needs_assets_and_goals_have_ids_of_their_own() {
    let mut world = needing();
    world.refused("identify-need", need(), "taken");
    world.accepted("identify-asset", asset());
    world.refused("identify-asset", asset(), "taken");
    world.accepted("set-goal", goal());
    world.refused("set-goal", goal(), "taken");
    // In the next year's assessment the same need may be named again.
    world.accepted("open-assessment", opening(40, "2026-27", "2026-02-02"));
    world.accepted(
        "identify-need",
        with(need(), &[("id", json!(id(40))), ("effective", json!("2026-02-02"))]),
    );
}

#[test]
fn progress_is_observed_only_of_a_goal_that_was_set_by_then() {
    let mut world = needing();
    world.refused("observe-progress", progress("2026-02-02"), "not-found");
    let unknown = with(goal(), &[("details/need", json!(id(77)))]);
    world.refused("set-goal", unknown, "not-found");
    world.accepted("set-goal", goal());
    world.refused("observe-progress", progress("2025-11-02"), "out-of-range");
    world.refused("observe-progress", progress("2026-03-17"), "date-in-future");
    world.accepted("observe-progress", progress("2025-11-03"));
}

#[test]
fn a_closed_assessment_accepts_only_corrections() {
    let mut world = assessing();
    let event = world.accepted("identify-need", need());
    world.refused("close-assessment", closing("2025-10-05"), "out-of-range");
    let closed = world.accepted("close-assessment", closing("2025-10-06"));
    world.refused("record-voices", voices(), "closed");
    world.refused("close-assessment", closing("2025-10-07"), "closed");
    let now = with(placed(&need()), &[("tier", json!(2))]);
    let event = world.accepted("correct-assessment", correct(event, "need-identified", now.clone()));
    let later = with(correct(event, "need-identified", now), &[("effective", json!("2025-10-07"))]);
    world.refused("correct-assessment", later, "in-use");
    world.makes("void-assessment", void(event), "assessment-voided");
    world.accepted("void-assessment", void(closed));
    world.accepted("record-voices", voices());
}

#[test]
fn a_need_with_a_priority_or_a_goal_stays() {
    let mut world = assessing();
    let event = world.accepted("identify-need", need());
    let decision = decided_on(&mut world, "2025-10-20");
    let set = world.accepted("set-priority", priority(decision, "2025-10-20"));
    world.refused("void-assessment", void(event), "in-use");
    let other = with(placed(&need()), &[("need", json!(id(77)))]);
    world.refused("correct-assessment", correct(event, "need-identified", other), "in-use");
    let later =
        with(correct(event, "need-identified", placed(&need())), &[("effective", json!("2025-10-21"))]);
    world.refused("correct-assessment", later, "in-use");
    world.accepted("void-assessment", void(set));
    let event = {
        let tier = with(placed(&need()), &[("tier", json!(3))]);
        world.accepted("correct-assessment", correct(event, "need-identified", tier))
    };
    let goal = world.accepted("set-goal", goal());
    world.refused("void-assessment", void(event), "in-use");
    let seen = world.accepted("observe-progress", progress("2026-02-02"));
    world.refused("void-assessment", void(goal), "in-use");
    world.accepted("void-assessment", void(seen));
    world.accepted("void-assessment", void(goal));
    world.accepted("void-assessment", void(event));
}

#[test]
fn an_assessment_that_something_was_recorded_in_stays_of_its_site_and_year() {
    let mut world = World::working();
    let event = world.accepted("open-assessment", opening(ASSESSMENT, "2025-26", "2025-09-08"));
    let elsewhere =
        with(opening(ASSESSMENT, "2025-26", "2025-09-08"), &[("details/site", json!(id(OTHER_SITE)))]);
    let elsewhere = elsewhere["details"].clone();
    let event = world.accepted("correct-assessment", correct(event, "assessment-opened", elsewhere.clone()));
    let back = opening(ASSESSMENT, "2025-26", "2025-09-08")["details"].clone();
    let event = world.accepted("correct-assessment", correct(event, "assessment-opened", back.clone()));
    let heard = world.accepted("record-voices", voices());
    world.refused("correct-assessment", correct(event, "assessment-opened", elsewhere), "in-use");
    world.refused("void-assessment", void(event), "in-use");
    // Nor does what was recorded in it move.
    let other = with(placed(&voices()), &[("site", json!(id(OTHER_SITE)))]);
    world.refused("correct-assessment", correct(heard, "voices-heard", other), "out-of-range");
    let unplaced = voices()["details"].clone();
    world.refused("correct-assessment", correct(heard, "voices-heard", unplaced), "out-of-range");
    // A method by which somebody was heard is one of the assessment's.
    let unheard = with(back.clone(), &[("methods", json!(["interviews"]))]);
    world.refused("correct-assessment", correct(event, "assessment-opened", unheard), "in-use");
    let later = with(correct(event, "assessment-opened", back), &[("effective", json!("2025-10-02"))]);
    world.refused("correct-assessment", later, "in-use");
}

#[test]
fn a_corrected_event_of_an_assessment_meets_the_rules_of_a_new_one() {
    let mut world = assessing();
    let event = world.accepted("record-voices", voices());
    let now = |path, value| with(placed(&voices()), &[(path, value)]);
    let none = correct(event, "voices-heard", now("count", json!(0)));
    world.refused("correct-assessment", none, "out-of-range");
    let on = |day: &str| {
        with(correct(event, "voices-heard", now("count", json!(7))), &[("effective", json!(day))])
    };
    world.refused("correct-assessment", on("2025-09-07"), "out-of-range");
    world.refused("correct-assessment", on("2026-03-17"), "date-in-future");
    world.refused("correct-assessment", on("2025-10-01/2025-10-02"), "one-day-needed");
    world.makes("correct-assessment", on("2025-09-08"), "assessment-corrected");
}

#[test]
fn a_site_and_a_partner_that_an_assessment_names_stay() {
    let mut world = World::working();
    let registered = world.accepted("register-site", site(9));
    let onboarded = world.accepted("onboard-partner", partner(8));
    let here = with(opening(ASSESSMENT, "2025-26", "2025-09-08"), &[("details/site", json!(id(9)))]);
    world.accepted("open-assessment", here);
    let asset = world.accepted("identify-asset", with(asset(), &[("details/partner", json!(id(8)))]));
    world.refused("void-site", void(registered), "in-use");
    world.refused("void-partner", void(onboarded), "in-use");
    world.accepted("void-assessment", void(asset));
    world.accepted("void-partner", void(onboarded));
}

#[test]
fn a_priority_cites_a_decision_that_was_adopted_by_then_and_stands() {
    let mut world = needing();
    world.refused("set-priority", priority(id(77), "2025-10-20"), "not-found");
    let decision = decided_on(&mut world, "2025-10-20");
    world.refused("set-priority", priority(decision, "2025-10-19"), "decision-not-standing");
    let aside = setting_aside(&mut world, decision, "2025-11-03");
    world.accepted("revisit-decision", aside);
    world.refused("set-priority", priority(decision, "2025-11-03"), "decision-not-standing");
    // Recorded late, of a day on which it stood.
    let event = world.accepted("set-priority", priority(decision, "2025-11-02"));
    let on = |day: &str| {
        let now = placed(&priority(decision, day));
        with(correct(event, "priority-set", now), &[("effective", json!(day))])
    };
    world.refused("correct-assessment", on("2025-11-03"), "decision-not-standing");
    world.refused("correct-assessment", on("2025-10-19"), "decision-not-standing");
    world.accepted("correct-assessment", on("2025-10-20"));
}

#[test]
fn a_decision_that_a_priority_cites_stays_adopted_on_that_day() {
    let mut world = needing();
    let decision = decided_on(&mut world, "2025-10-20");
    let adopted = world.log.last().unwrap().0;
    let event = world.accepted("set-priority", priority(decision, "2025-10-27"));
    world.refused("void-council", void(adopted), "in-use");
    let early = setting_aside(&mut world, decision, "2025-10-27");
    world.refused("revisit-decision", early, "in-use");
    // From then on it cannot be cited; what was set before stays.
    let later = setting_aside(&mut world, decision, "2025-10-28");
    let revisited = world.accepted("revisit-decision", later);
    world.accepted("set-goal", goal());
    world.accepted("void-council", void(revisited));
    world.accepted("void-assessment", void(event));
    world.accepted("void-council", void(adopted));
}

#[test]
fn the_council_of_another_site_sets_no_priority() {
    let mut world = World::working();
    let decision = decided_on(&mut world, "2025-10-20");
    let elsewhere = with(opening(40, "2025-26", "2025-09-08"), &[("details/site", json!(id(OTHER_SITE)))]);
    world.accepted("open-assessment", elsewhere);
    world.accepted("identify-need", with(need(), &[("id", json!(id(40)))]));
    let body = with(priority(decision, "2025-10-20"), &[("id", json!(id(40)))]);
    let refusal = world.refused("set-priority", body, "out-of-range");
    assert_eq!(refusal.field(), Some("details/decision"));
}
