//! Requests to amend a record, and statements that stand with it.

use serde_json::json;

use crate::kit::*;
use crate::table::table;

#[test]
fn a_request_shows_what_was_decided_and_whether_a_statement_stands() {
    let mut world = World::working();
    let disputed = world.accepted("record-delivery", delivery("2026-03-02"));
    let details = json!({ "event": disputed, "grounds": "misleading" });
    let event = world.accepted("request-amendment", act(601, "2026-03-03", details));
    let columns = "event grounds requested status statement";
    let row = |world: &World| table(world, "amendments", &[], columns).remove(0);
    assert_eq!(row(&world), format!("{disputed} misleading 2026-03-03 requested false"));
    let decided = world.accepted("decide-amendment", act(601, "2026-03-05", json!({ "outcome": "denied" })));
    let placed = world.accepted("place-statement", act(601, "2026-03-06", json!({})));
    assert_eq!(row(&world), format!("{disputed} misleading 2026-03-03 denied true"));
    assert_eq!(
        table(&world, "amendments", &[("statement", "true")], "status decided"),
        ["denied 2026-03-05"]
    );
    world.accepted("void-amendment", void(placed));
    world.accepted("void-amendment", void(decided));
    let now = json!({ "event": disputed, "grounds": "privacy" });
    let event = world.accepted("correct-amendment", correct(event, "amendment-requested", now));
    assert_eq!(row(&world), format!("{disputed} privacy 2026-03-03 requested false"));
    world.accepted("void-amendment", void(event));
    assert!(table(&world, "amendments", &[], "status").is_empty());
}

#[test]
fn a_granted_request_shows_the_correction() {
    let mut world = World::working();
    let disputed = world.accepted("record-delivery", delivery("2026-03-02"));
    let details = json!({ "event": disputed, "grounds": "inaccurate" });
    world.accepted("request-amendment", act(601, "2026-03-03", details));
    let voided = world.accepted("void-delivery", void(disputed));
    let decision = json!({ "outcome": "granted", "correction": voided });
    world.accepted("decide-amendment", act(601, "2026-03-05", decision));
    let rows = table(&world, "amendments", &[("status", "granted")], "correction");
    assert_eq!(rows, [voided.to_string()]);
}
