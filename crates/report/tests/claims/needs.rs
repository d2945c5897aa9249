//! Needs, gaps and goals in annual progress.

use report::Scope;
use serde_json::{Value, json};

use crate::kit::*;
use crate::shelf::{made, rows, scope};

const ASSESSMENT: u128 = 30;
const FOOD: u128 = 32;

fn assessed(unit: &str, baseline: i64, seen: Option<(i64, u32)>) -> World {
    let mut world = World::working();
    let mut add = |command: &str, day: &str, details: Value| {
        world.accepted(command, act(ASSESSMENT, day, details));
    };
    add(
        "open-assessment",
        "2025-09-08",
        json!({ "site": id(SITE), "year": "2025-26", "methods": ["survey", "interviews"] }),
    );
    for (number, barrier) in [(31, "academic"), (FOOD, "food")] {
        let need =
            json!({ "need": id(number), "barrier": barrier, "evidence": ["survey-result"], "tier": 1 });
        add("identify-need", "2025-10-06", need);
    }
    let goal = json!({
        "goal": id(33), "need": id(FOOD), "indicator": "chronic-absence", "unit": unit, "baseline": baseline,
        "target": 1500, "by": "2026-06-30",
    });
    add("set-goal", "2025-11-03", goal);
    if let Some((value, n)) = seen {
        let seen = json!({ "goal": id(33), "value": value, "n": n, "status": "progressing" });
        add("observe-progress", "2026-02-02", seen);
    }
    world
}

#[test]
fn annual_progress_tells_needs_gaps_and_goals() {
    let world = assessed("basis-points", 2140, Some((1980, 412)));
    let site = Scope { site: Some(id(SITE).to_string()), ..scope() };
    for scope in [scope(), site] {
        let document = made("annual-progress", &scope, &[&world]).unwrap();
        assert_eq!(
            rows(&document, "Needs and gaps"),
            [
                "Azul Elementary · Academic · Tier 1, for all · – · 1 · ",
                "Azul Elementary · Food · Tier 1, for all · – · 0 · gap"
            ]
        );
        assert_eq!(
            rows(&document, "Goals"),
            [
                "Azul Elementary · Chronic absence · 21.40 % · 15.00 % · 2026-06-30 · 19.80 % · 2026-02-02 · Progressing"
            ]
        );
    }
    let elsewhere = Scope { site: Some(id(OTHER_SITE).to_string()), ..scope() };
    let document = made("annual-progress", &elsewhere, &[&world]).unwrap();
    assert!(rows(&document, "Needs and gaps").is_empty() && rows(&document, "Goals").is_empty());
}

#[test]
fn annual_progress_tells_whose_voices_were_heard_and_what_there_is_to_build_on() {
    let mut world = assessed("basis-points", 2140, None);
    let heard = |constituency: &str, method: &str, count: u32| {
        act(
            ASSESSMENT,
            "2025-10-01",
            json!({ "constituency": constituency, "method": method, "count": count }),
        )
    };
    for (constituency, method, count) in [
        ("family", "survey", 214),
        ("family", "interviews", 20),
        ("student", "survey", 40),
        ("educator", "survey", 6),
    ] {
        world.accepted("record-voices", heard(constituency, method, count));
    }
    let place = json!({ "asset": id(34), "kind": "place", "label": "Parque Norte", "partner": id(PARTNER) });
    world.accepted("identify-asset", act(ASSESSMENT, "2025-10-06", place));
    let site = Scope { site: Some(id(SITE).to_string()), ..scope() };
    for scope in [scope(), site] {
        let document = made("annual-progress", &scope, &[&world]).unwrap();
        // Six teachers are few, and nobody can take the others from a sum.
        assert_eq!(
            rows(&document, "Voices heard"),
            [
                "Educator · suppressed · Survey",
                "Family · 234 · Interviews, Survey",
                "Student · suppressed · Survey"
            ]
        );
        assert_eq!(rows(&document, "Assets"), ["Azul Elementary · Parque Norte · Place · Puente Norte"]);
    }
}

#[test]
fn a_value_that_tells_of_a_few_people_is_left_out() {
    for (unit, baseline, seen, said) in [
        ("basis-points", 2140, Some((1980, 412)), ["21.40 %", "19.80 %"]),
        // Of ten people; five percent of 100; all but five of 100.
        ("basis-points", 2140, Some((1980, 10)), ["suppressed", "suppressed"]),
        ("basis-points", 2140, Some((500, 100)), ["21.40 %", "suppressed"]),
        ("basis-points", 2140, Some((9_500, 100)), ["21.40 %", "suppressed"]),
        ("basis-points", 0, Some((10_000, 100)), ["0.00 %", "100.00 %"]),
        ("count", 12, Some((10, 400)), ["12", "suppressed"]),
        ("count", 3, None, ["suppressed", "–"]),
        ("hundredths", -375, Some((150, 60)), ["−3.75", "1.50"]),
        ("minutes", 50, Some((45, 60)), ["50 min", "45 min"]),
    ] {
        let document = made("annual-progress", &scope(), &[&assessed(unit, baseline, seen)]).unwrap();
        let goal = &rows(&document, "Goals")[0];
        let cells: Vec<&str> = goal.split(" · ").collect();
        assert_eq!([cells[2], cells[5]], said, "{goal}");
    }
}
