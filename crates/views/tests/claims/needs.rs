//! Needs and assets: needs, gaps, priorities, goals and voices of a site and school year, and the site's page.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::*;
use crate::table::{ask, table};

const ASSESSMENT: u128 = 30;
const HOMEWORK: u128 = 31;
const FOOD: u128 = 32;
const GOAL: u128 = 33;

fn add(world: &mut World, command: &str, day: &str, details: Value) -> Uuid {
    world.accepted(command, act(ASSESSMENT, day, details))
}

fn need(world: &mut World, number: u128, barrier: &str) -> Uuid {
    let details = json!({ "need": id(number), "barrier": barrier, "evidence": ["survey-result"], "tier": 1 });
    add(world, "identify-need", "2025-10-06", details)
}

/// An assessment with a need that the homework club meets and one that nothing meets.
pub(crate) fn assess(world: &mut World) -> [Uuid; 2] {
    let opening = json!({ "site": id(SITE), "year": "2025-26", "methods": ["survey", "interviews"] });
    add(world, "open-assessment", "2025-09-08", opening);
    [need(world, HOMEWORK, "academic"), need(world, FOOD, "food")]
}

/// Then the food is first by a council's decision, and the homework has a goal; an asset, and voices.
pub(crate) fn prioritise(world: &mut World) {
    let decision = decided_on(world, "2025-10-20");
    let first = json!({ "need": id(FOOD), "decision": decision, "rank": 1 });
    add(world, "set-priority", "2025-10-20", first);
    add(world, "set-goal", "2025-11-03", goal());
    add(world, "observe-progress", "2026-02-02", seen(1980, "progressing"));
    let asset = json!({ "asset": id(34), "kind": "place", "partner": id(PARTNER), "label": "Parque Norte" });
    add(world, "identify-asset", "2025-11-03", asset);
    let heard = json!({ "constituency": "family", "method": "survey", "count": 214 });
    add(world, "record-voices", "2025-11-03", heard);
}

fn goal() -> Value {
    json!({
        "goal": id(GOAL), "need": id(HOMEWORK), "indicator": "chronic-absence", "unit": "basis-points",
        "baseline": 2140, "target": 1500, "by": "2026-06-30",
    })
}

fn seen(value: i64, status: &str) -> Value {
    json!({ "goal": id(GOAL), "value": value, "n": 412, "status": status })
}

/// What a correction of an event of the assessment carries.
fn placed(details: Value) -> Value {
    with(details, &[("site", json!(id(SITE))), ("year", json!("2025-26"))])
}

fn needs(world: &World) -> Vec<String> {
    table(world, "needs-and-assets", &[("what", "need")], "barrier tier status priority")
}

#[test]
fn a_need_that_no_offering_at_the_site_meets_is_a_gap() {
    let mut world = World::working();
    assess(&mut world);
    assert_eq!(needs(&world), ["academic 1 offered null", "food 1 gap null"]);
    let gaps = table(&world, "needs-and-assets", &[("status", "gap")], "site school_year barrier offerings");
    assert_eq!(gaps, [format!("{} 2025-26 food []", id(SITE))]);
    // Listed in a directory is not offered here, and what was withdrawn is not offered any more.
    let listed = json!({
        "partner": id(PARTNER), "name": "Pantry", "kind": "food", "pillar": "student-supports", "tier": 1,
    });
    world.accepted("offer-service", act(9, "2025-10-06", listed));
    world.accepted("withdraw-service", act(OFFERING, "2026-03-02", json!({ "reason": "staffing" })));
    assert_eq!(needs(&world), ["academic 1 gap null", "food 1 gap null"]);
}

#[test]
fn an_offering_at_another_site_meets_no_need_here() {
    let mut world = World::working();
    let opening = json!({ "site": id(OTHER_SITE), "year": "2025-26", "methods": ["survey"] });
    add(&mut world, "open-assessment", "2025-09-08", opening);
    need(&mut world, HOMEWORK, "academic");
    assert_eq!(needs(&world), ["academic 1 gap null"]);
}

#[test]
fn priorities_come_first_with_the_decision_that_set_them() {
    let mut world = World::working();
    assess(&mut world);
    let decision = decided_on(&mut world, "2025-10-20");
    let set = |rank: u16| json!({ "need": id(FOOD), "decision": decision, "rank": rank });
    let event = add(&mut world, "set-priority", "2025-10-20", set(2));
    let rows =
        |world: &World| table(world, "needs-and-assets", &[("what", "need")], "barrier priority decision");
    assert_eq!(rows(&world), [format!("food 2 {decision}"), "academic null null".to_owned()]);
    // Ranked anew; recorded late, an earlier day does not win.
    add(&mut world, "set-priority", "2025-11-03", set(1));
    add(&mut world, "set-priority", "2025-10-27", set(7));
    assert_eq!(rows(&world)[0], format!("food 1 {decision}"));
    let now = placed(set(3));
    let moved = with(correct(event, "priority-set", now), &[("effective", json!("2025-11-10"))]);
    let event = world.accepted("correct-assessment", moved);
    assert_eq!(rows(&world)[0], format!("food 3 {decision}"));
    world.accepted("void-assessment", void(event));
    assert_eq!(rows(&world)[0], format!("food 1 {decision}"));
}

#[test]
fn a_goal_shows_where_it_was_seen_last() {
    let mut world = World::working();
    assess(&mut world);
    add(&mut world, "set-goal", "2025-11-03", goal());
    let columns = "indicator barrier unit baseline target by value n status observed";
    let row = |world: &World| table(world, "needs-and-assets", &[("what", "goal")], columns).remove(0);
    let fixed = "chronic-absence academic basis-points 2140 1500 2026-06-30";
    assert_eq!(row(&world), format!("{fixed} null null set null"));
    let later = add(&mut world, "observe-progress", "2026-02-02", seen(1980, "progressing"));
    add(&mut world, "observe-progress", "2025-12-01", seen(2200, "decline"));
    assert_eq!(row(&world), format!("{fixed} 1980 412 progressing 2026-02-02"));
    let now = placed(seen(2140, "no-progress"));
    let later = world.accepted("correct-assessment", correct(later, "progress-observed", now));
    assert_eq!(row(&world), format!("{fixed} 2140 412 no-progress 2026-02-02"));
    world.accepted("void-assessment", void(later));
    assert_eq!(row(&world), format!("{fixed} 2200 412 decline 2025-12-01"));
}

#[test]
fn assets_and_voices_are_listed_with_the_assessment() {
    let mut world = World::working();
    assess(&mut world);
    let asset = json!({ "asset": id(34), "kind": "place", "partner": id(PARTNER), "label": "Parque Norte" });
    let asset = add(&mut world, "identify-asset", "2025-10-06", asset);
    let heard =
        |count: u32, method: &str| json!({ "constituency": "family", "method": method, "count": count });
    add(&mut world, "record-voices", "2025-10-01", heard(214, "survey"));
    let event = add(&mut world, "record-voices", "2025-10-02", heard(20, "interviews"));
    let assets = |world: &World| table(world, "needs-and-assets", &[("what", "asset")], "kind label partner");
    let voices =
        |world: &World| table(world, "needs-and-assets", &[("what", "voices")], "constituency count methods");
    assert_eq!(assets(&world), [format!("place Parque Norte {}", id(PARTNER))]);
    assert_eq!(voices(&world), [r#"family 234 ["interviews","survey"]"#]);
    world.accepted("void-assessment", void(event));
    world.accepted("void-assessment", void(asset));
    assert_eq!(voices(&world), [r#"family 214 ["survey"]"#]);
    assert!(assets(&world).is_empty());
}

#[test]
fn a_voided_need_is_gone_and_a_corrected_one_is_what_it_is_now() {
    let mut world = World::working();
    let [homework, food] = assess(&mut world);
    let now = json!({ "need": id(FOOD), "barrier": "housing", "evidence": ["voices"], "tier": 2 });
    world.accepted("correct-assessment", correct(food, "need-identified", placed(now)));
    world.accepted("void-assessment", void(homework));
    assert_eq!(needs(&world), ["housing 2 gap null"]);
}

#[test]
fn a_site_shows_the_gaps_of_its_last_assessed_year() {
    let mut world = World::working();
    let here = id(SITE).to_string();
    let columns = "assessed needs needs_prioritised needs_offered gaps gap_barriers";
    let row = |world: &World| table(world, "site-profile", &[("site", &*here)], columns).remove(0);
    assert_eq!(row(&world), "null 0 0 0 0 []");
    assess(&mut world);
    let decision = decided_on(&mut world, "2025-10-20");
    let first = json!({ "need": id(FOOD), "decision": decision, "rank": 1 });
    add(&mut world, "set-priority", "2025-10-20", first);
    assert_eq!(row(&world), r#"2025-26 2 1 1 1 ["food"]"#);
    assert_eq!(table(&world, "site-profile", &[("gap_barriers", "food")], "site"), [&*here]);
    let next = json!({ "site": id(SITE), "year": "2026-27", "methods": ["survey"] });
    let next = world.accepted("open-assessment", act(40, "2026-02-02", next));
    assert_eq!(row(&world), "2026-27 0 0 0 0 []");
    world.accepted("void-assessment", void(next));
    assert_eq!(row(&world), r#"2025-26 2 1 1 1 ["food"]"#);
}

#[test]
fn no_number_of_people_and_no_label_stands_in_the_feed() {
    let mut world = World::working();
    assess(&mut world);
    let heard = json!({ "constituency": "student", "method": "survey", "count": 3 });
    add(&mut world, "record-voices", "2025-10-01", heard);
    let asset = json!({ "asset": id(34), "kind": "skill", "label": "Zurcido" });
    add(&mut world, "identify-asset", "2025-10-06", asset);
    let goal = json!({
        "goal": id(GOAL), "indicator": "chronic-absence", "unit": "count", "baseline": 9, "target": 7,
        "by": "2026-06-30",
    });
    add(&mut world, "set-goal", "2025-11-03", goal);
    add(
        &mut world,
        "observe-progress",
        "2026-02-02",
        json!({ "goal": id(GOAL), "value": 8, "n": 9, "status": "exited" }),
    );
    let said = table(&world, "activity-feed", &[], "said");
    assert_eq!(
        said[..5],
        [
            "A goal can't be told: those whom it is about left before.",
            "A goal was set for chronic-absence, to be reached by 2026-06-30.",
            "An asset was identified: a skill.",
            "Voices were heard: student (survey).",
            "A need was identified: food (tier 1).",
        ]
    );
}

#[test]
fn a_sharing_is_told_in_its_timeline() {
    let mut world = World::working();
    let proposal = json!({
        "to": { "ledger": "verde-usd" }, "what": ["directory", "service-totals"], "purpose": "grant-reporting",
    });
    world.accepted("propose-sharing", act(50, "2026-01-12", proposal));
    let decision = decided_on(&mut world, "2026-02-02");
    let span = "2026-02-02/2027-02-01";
    world.accepted("approve-sharing", act(50, span, json!({ "decision": decision })));
    world.accepted("revoke-sharing", act(50, "2026-03-02", json!({ "reason": "mutual-agreement" })));
    let subject = format!("sharing/{}", id(50));
    assert_eq!(
        table(&world, "timeline", &[("subject", &subject)], "effective said"),
        [
            "2026-01-12 Sharing directory, service-totals with verde-usd was proposed.",
            "2026-02-02/2027-02-01 Sharing directory, service-totals with verde-usd was approved by decision of a \
             council, for grant-reporting.",
            "2026-03-02 Sharing directory, service-totals with verde-usd was revoked.",
        ]
    );
    assert!(
        ask(&world, "timeline", &[("subject", &subject), ("event", "sharing-voided")]).unwrap().is_empty()
    );
}
