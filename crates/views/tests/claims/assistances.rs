//! Assistance log: waiting, sessions and scores.

use serde_json::{Value, json};

use crate::kit::*;
use crate::table::table;

fn request(number: u128, day: &str, topic: &str) -> Value {
    let details = json!({ "site": id(SITE), "topic": topic, "strategy": "strategic-partnerships" });
    act(number, day, details)
}

fn session(provider: &str, minutes: u32) -> Value {
    json!({ "provider": provider, "minutes": minutes, "mode": "remote", "participants": 12 })
}

fn score(score: u8, n: u32) -> Value {
    json!({ "score": score, "n": n })
}

#[test]
fn a_request_shows_how_long_it_waited() {
    let mut world = World::working();
    world.accepted("request-assistance", request(40, "2026-02-02", "asset-mapping"));
    let columns = "status days_to_answer provider";
    let row = |world: &World| table(world, "assistance-log", &[], columns).remove(0);
    assert_eq!(row(&world), "requested null []");
    world.accepted("schedule-assistance", act(40, "2026-05-04", json!({ "provider": "rtac-north" })));
    world.accepted("schedule-assistance", act(40, "2026-03-04", json!({ "provider": "rtac-east" })));
    assert_eq!(row(&world), r#"scheduled 30 ["rtac-east"]"#);
    // The first day counts, whenever it was told.
    let late = world.accepted("provide-assistance", act(40, "2026-03-09", session("rtac-south", 60)));
    let first = world.accepted("provide-assistance", act(40, "2026-02-12", session("rtac-east", 45)));
    assert_eq!(row(&world), r#"provided 10 ["rtac-east","rtac-south"]"#);
    world.accepted("void-assistance", void(first));
    assert_eq!(row(&world), r#"provided 35 ["rtac-south"]"#);
    world.accepted("void-assistance", void(late));
    assert_eq!(row(&world), r#"scheduled 30 ["rtac-east"]"#);
}

#[test]
fn a_request_shows_sessions_and_the_average_score() {
    let mut world = World::working();
    world.accepted("request-assistance", request(40, "2026-02-02", "asset-mapping"));
    let columns = "sessions minutes participants evaluations score_hundredths month school_year";
    let row = |world: &World| table(world, "assistance-log", &[], columns).remove(0);
    assert_eq!(row(&world), "0 0 0 0 null 2026-02 2025-26");
    let event = world.accepted("provide-assistance", act(40, "2026-03-02", session("rtac-east", 45)));
    world.accepted("provide-assistance", act(40, "2026-03-09", session("rtac-east", 60)));
    world.accepted("evaluate-assistance", act(40, "2026-03-09", score(5, 2)));
    let given = world.accepted("evaluate-assistance", act(40, "2026-03-09", score(4, 1)));
    // 14 points of 3 people.
    assert_eq!(row(&world), "2 105 24 3 467 2026-02 2025-26");
    let asked = json!({
        "site": id(SITE), "topic": "asset-mapping", "strategy": "strategic-partnerships", "day": "2026-02-02",
    });
    let longer = with(session("rtac-east", 90), &[("request", asked)]);
    world.accepted("correct-assistance", correct(event, "assistance-provided", longer));
    world.accepted("void-assistance", void(given));
    assert_eq!(row(&world), "2 150 24 2 500 2026-02 2025-26");
}

#[test]
fn assistance_is_summed_by_topic_strategy_site_and_month() {
    let mut world = World::working();
    world.accepted("request-assistance", request(40, "2026-02-02", "asset-mapping"));
    world.accepted("request-assistance", request(41, "2026-02-03", "asset-mapping"));
    let ours = with(request(42, "2026-03-02", "data"), &[("details/site", Value::Null)]);
    world.accepted("request-assistance", ours);
    world.accepted("provide-assistance", act(40, "2026-02-05", session("rtac-east", 45)));
    world.accepted("provide-assistance", act(41, "2026-03-03", session("rtac-east", 60)));
    let columns = "requests answered sessions minutes average_days_hundredths";
    let by = |column| table(&world, "assistance-log", &[("by", column)], columns);
    // 3 and 28 days.
    assert_eq!(by("topic"), ["2 2 2 105 1550", "1 0 0 0 null"]);
    assert_eq!(by("strategy"), ["3 2 2 105 1550"]);
    assert_eq!(by("site"), ["2 2 2 105 1550", "1 0 0 0 null"]);
    // Requests in the month in which they were made, sessions in theirs.
    assert_eq!(by("month"), ["2 2 1 45 1550", "1 0 1 60 null"]);
    let waiting = table(&world, "assistance-log", &[("status", "requested")], "topic site requested");
    assert_eq!(waiting, ["data null 2026-03-02"]);
}

#[test]
fn a_voided_request_leaves_the_log() {
    let mut world = World::working();
    let asked = world.accepted("request-assistance", request(40, "2026-02-02", "asset-mapping"));
    world.accepted("void-assistance", void(asked));
    assert!(table(&world, "assistance-log", &[], "topic").is_empty());
}
