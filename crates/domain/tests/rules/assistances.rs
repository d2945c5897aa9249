//! Technical assistance: asked for, scheduled, provided, evaluated.

use domain::Event;
use domain::assistance::Event as Assistance;
use serde_json::{Value, json};

use crate::kit::*;

const ASKED: u128 = 40;

fn requested() -> Value {
    json!({ "site": id(SITE), "topic": "asset-mapping", "strategy": "strategic-partnerships" })
}

fn request() -> Value {
    act(ASKED, "2026-02-02", requested())
}

fn carried() -> Value {
    with(requested(), &[("day", json!("2026-02-02"))])
}

fn schedule(day: &str) -> Value {
    act(ASKED, day, json!({ "provider": "rtac-south" }))
}

fn session() -> Value {
    json!({ "provider": "rtac-south", "minutes": 90, "mode": "remote", "participants": 12 })
}

fn provide(day: &str) -> Value {
    act(ASKED, day, session())
}

fn evaluate(day: &str) -> Value {
    act(ASKED, day, json!({ "score": 4, "n": 9 }))
}

#[test]
fn a_request_is_scheduled_provided_and_evaluated() {
    let mut world = World::working();
    world.makes("request-assistance", request(), "assistance-requested");
    world.refused("request-assistance", request(), "taken");
    // A plan may lie in the future, and a request may take several sessions.
    world.makes("schedule-assistance", schedule("2026-05-04"), "assistance-scheduled");
    world.makes("provide-assistance", provide("2026-03-02"), "assistance-provided");
    let fact = world.makes("provide-assistance", provide("2026-03-09"), "assistance-provided");
    let Event::Assistance(Assistance::AssistanceProvided(provided)) = fact.event else {
        panic!("no session")
    };
    // What a reader needs beside the session.
    assert_eq!(serde_json::to_value(provided.request).unwrap(), carried());
    world.makes("evaluate-assistance", evaluate("2026-03-02"), "assistance-evaluated");
    for (name, body) in [
        ("schedule-assistance", schedule("2026-03-02")),
        ("provide-assistance", provide("2026-03-02")),
        ("evaluate-assistance", evaluate("2026-03-02")),
    ] {
        world.refused(name, with(body, &[("id", json!(id(77)))]), "not-found");
    }
}

#[test]
fn a_request_may_be_for_the_whole_ledger() {
    let mut world = World::working();
    world.accepted("request-assistance", with(request(), &[("details/site", Value::Null)]));
    world.accepted("provide-assistance", provide("2026-03-02"));
}

#[test]
fn an_answer_follows_its_request() {
    let mut world = World::working();
    world.accepted("request-assistance", request());
    for (name, body) in
        [("schedule-assistance", schedule("2026-02-01")), ("provide-assistance", provide("2026-02-01"))]
    {
        world.refused(name, body, "assistance-before-request");
    }
    world.accepted("provide-assistance", provide("2026-02-02"));
}

#[test]
fn only_what_was_provided_is_evaluated() {
    let mut world = World::working();
    world.accepted("request-assistance", request());
    world.accepted("schedule-assistance", schedule("2026-03-02"));
    world.refused("evaluate-assistance", evaluate("2026-03-02"), "assistance-not-provided");
    let first = world.accepted("provide-assistance", provide("2026-03-02"));
    world.refused("evaluate-assistance", evaluate("2026-03-01"), "assistance-not-provided");
    let scored = world.accepted("evaluate-assistance", evaluate("2026-03-02"));
    world.refused("void-assistance", void(first), "assistance-not-provided");
    let data = with(session(), &[("request", carried())]);
    let later = with(correct(first, "assistance-provided", data), &[("effective", json!("2026-03-03"))]);
    world.refused("correct-assistance", later, "assistance-not-provided");
    world.accepted("void-assistance", void(scored));
    world.makes("void-assistance", void(first), "assistance-voided");
}

#[test]
fn what_is_told_of_assistance_is_sound() {
    let mut world = World::working();
    let mut refused = |name, body: Value, path, value, code| {
        world.refused(name, with(body, &[(path, value)]), code);
    };
    refused("request-assistance", request(), "details/topic", json!("asset mapping"), "code-not-allowed");
    refused("request-assistance", request(), "details/site", json!(id(77)), "not-found");
    refused("request-assistance", request(), "effective", json!("2026-03-17"), "date-in-future");
    refused("request-assistance", request(), "effective", json!("2025-08-01"), "date-too-old");
    world.accepted("close-site", act(OTHER_SITE, "2026-02-01", json!({ "reason": "closure" })));
    let closed = with(request(), &[("details/site", json!(id(OTHER_SITE)))]);
    world.refused("request-assistance", closed, "site-not-open");
    world.accepted("request-assistance", request());
    let mut refused = |name, body: Value, path, value, code| {
        world.refused(name, with(body, &[(path, value)]), code);
    };
    let day = "2026-03-02";
    refused("schedule-assistance", schedule(day), "details/provider", json!(""), "code-not-allowed");
    refused(
        "schedule-assistance",
        schedule(day),
        "effective",
        json!("2026-03-02/2026-03-03"),
        "one-day-needed",
    );
    refused("provide-assistance", provide(day), "details/provider", json!("A B"), "code-not-allowed");
    refused("provide-assistance", provide(day), "details/minutes", json!(1441), "minutes-out-of-range");
    refused("provide-assistance", provide(day), "details/participants", json!(0), "headcount-out-of-range");
    refused("provide-assistance", provide(day), "effective", json!("2026-03-17"), "date-in-future");
    world.accepted("provide-assistance", provide(day));
    for (path, value, code) in [
        ("details/score", json!(0), "out-of-range"),
        ("details/score", json!(6), "out-of-range"),
        ("details/n", json!(0), "headcount-out-of-range"),
        ("effective", json!("2026-03-17"), "date-in-future"),
    ] {
        world.refused("evaluate-assistance", with(evaluate(day), &[(path, value)]), code);
    }
}

#[test]
fn a_request_with_answers_stays_what_it_was() {
    let mut world = World::working();
    let asked = world.accepted("request-assistance", request());
    let session = world.accepted("provide-assistance", provide("2026-03-02"));
    let now = |changes: &[(&str, Value)]| correct(asked, "assistance-requested", with(requested(), changes));
    world.refused("correct-assistance", now(&[("topic", json!("data"))]), "in-use");
    world.refused("correct-assistance", now(&[("site", Value::Null)]), "in-use");
    let moved = |day: &str| with(now(&[]), &[("effective", json!(day))]);
    world.refused("correct-assistance", moved("2026-02-03"), "in-use");
    world.refused("correct-assistance", moved("2026-03-03"), "assistance-before-request");
    world.refused("void-assistance", void(asked), "in-use");
    world.accepted("void-assistance", void(session));
    let asked = world.accepted("correct-assistance", now(&[("topic", json!("data"))]));
    world.accepted("void-assistance", void(asked));
    world.refused("provide-assistance", provide("2026-03-02"), "not-found");
}

#[test]
fn a_corrected_answer_meets_the_rules_of_a_new_one() {
    let mut world = World::working();
    world.accepted("request-assistance", request());
    let event = world.accepted("provide-assistance", provide("2026-03-02"));
    let data = with(session(), &[("request", carried())]);
    let now = |changes: &[(&str, Value)]| correct(event, "assistance-provided", with(data.clone(), changes));
    world.refused("correct-assistance", now(&[("minutes", json!(0))]), "minutes-out-of-range");
    world.refused("correct-assistance", now(&[("request/topic", json!("data"))]), "out-of-range");
    world.refused("correct-assistance", now(&[("request", Value::Null)]), "out-of-range");
    let early = with(now(&[]), &[("effective", json!("2026-02-01"))]);
    world.refused("correct-assistance", early, "assistance-before-request");
    let event = world.accepted("correct-assistance", now(&[("minutes", json!(60))]));
    // A correction of the correction.
    let again = correct(event, "assistance-provided", with(data, &[("minutes", json!(75))]));
    world.makes("correct-assistance", again, "assistance-corrected");
    let plan = world.accepted("schedule-assistance", schedule("2026-05-04"));
    let planned =
        correct(plan, "assistance-scheduled", json!({ "provider": "rtac-east", "request": carried() }));
    let later = with(planned, &[("effective", json!("2026-06-01"))]);
    world.accepted("correct-assistance", later);
}

#[test]
fn a_site_that_asked_is_in_use() {
    let mut world = World::opened();
    let registered = world.accepted("register-site", site(SITE));
    let asked = world.accepted("request-assistance", request());
    world.refused("void-site", void(registered), "in-use");
    world.accepted("void-assistance", void(asked));
    world.accepted("void-site", void(registered));
}
