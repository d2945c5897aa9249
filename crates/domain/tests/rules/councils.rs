//! Councils: seats, meetings, proposals, and decisions by the charter.

use domain::council::Event;
use domain::id::DecisionId;
use jiff::civil::date;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::*;

const COUNCIL: u128 = 30;
/// Students, families, a teacher and a principal.
const MEMBERS: [(u128, &str); 6] = [
    (401, "student"),
    (402, "student"),
    (403, "family"),
    (404, "family"),
    (405, "educator"),
    (406, "administrator"),
];
const ALL: &[u128] = &[401, 402, 403, 404, 405, 406];
const MEETING: u128 = 501;
const PROPOSAL: u128 = 601;
const DECISION: u128 = 701;
const ACTION: u128 = 801;
/// The day of the meeting.
const DAY: &str = "2026-03-02";
/// The day of the next one.
const NEXT: &str = "2026-03-09";

fn charter(rule: &str) -> Value {
    let details = json!({
        "level": "site", "site": id(SITE), "name": "Azul site council",
        "seats": { "student": 2, "family": 3, "educator": 2, "administrator": 1 },
        "quorum": { "total": 4, "constituencies": { "student": 1, "family": 1 } }, "rule": rule,
        "decides": ["priorities"], "advises": ["budget"], "told": ["staffing"],
    });
    act(COUNCIL, "2025-09-01", details)
}

fn seat(member: u128, constituency: &str, effective: &str) -> Value {
    act(COUNCIL, effective, json!({ "member": id(member), "constituency": constituency }))
}

fn leave(member: u128, day: &str) -> Value {
    act(COUNCIL, day, json!({ "member": id(member) }))
}

fn convene(meeting: u128, day: &str) -> Value {
    act(COUNCIL, day, json!({ "meeting": id(meeting), "agenda": ["priorities"] }))
}

fn attended(meeting: u128, members: &[u128]) -> Value {
    json!({ "meeting": id(meeting), "members": members.iter().map(|n| id(*n)).collect::<Vec<_>>() })
}

fn propose(proposal: u128, day: &str) -> Value {
    let title = "Longer opening hours of the parent centre";
    let details = json!({
        "proposal": id(proposal), "constituency": "family", "pillar": "family-engagement", "title": title,
    });
    act(COUNCIL, day, details)
}

fn tally([support, stand_aside, oppose, abstain]: [u16; 4]) -> Value {
    json!({ "support": support, "stand_aside": stand_aside, "oppose": oppose, "abstain": abstain })
}

fn taken(meeting: u128, positions: &[(&str, [u16; 4])]) -> Value {
    let positions: serde_json::Map<_, _> =
        positions.iter().map(|(of, counts)| ((*of).to_owned(), tally(*counts))).collect();
    json!({ "meeting": id(meeting), "proposal": id(PROPOSAL), "positions": positions })
}

fn adopted(decision: u128, meeting: u128, counts: [u16; 4]) -> Value {
    json!({
        "decision": id(decision), "meeting": id(meeting), "proposal": id(PROPOSAL), "tally": tally(counts),
    })
}

fn declined(decision: u128, meeting: u128, reason: &str) -> Value {
    json!({
        "decision": id(decision), "meeting": id(meeting), "proposal": id(PROPOSAL), "reason": reason,
    })
}

fn revisit(decision: u128, meeting: u128, day: &str, stands: bool) -> Value {
    let details = json!({ "decision": id(decision), "meeting": id(meeting), "stands": stands });
    act(COUNCIL, day, details)
}

fn assign(action: u128, decision: u128, day: &str) -> Value {
    let details = json!({
        "action": id(action), "decision": id(decision), "owner": "administrator", "due": "2026-05-29",
    });
    act(COUNCIL, day, details)
}

/// A council with six members, two meetings and a proposal.
fn council(rule: &str) -> World {
    let mut world = World::working();
    world.accepted("charter-council", charter(rule));
    for (member, constituency) in MEMBERS {
        world.accepted("seat-member", seat(member, constituency, "2025-09-01/2026-06-30"));
    }
    world.accepted("convene-meeting", convene(MEETING, DAY));
    world.accepted("convene-meeting", convene(502, NEXT));
    world.accepted("raise-proposal", propose(PROPOSAL, "2026-02-16"));
    world
}

/// The same, attended by these, who took these positions; the events of both.
fn met(rule: &str, members: &[u128], positions: &[(&str, [u16; 4])]) -> (World, Uuid, Uuid) {
    let mut world = council(rule);
    let attendance = world.accepted("record-attendance", act(COUNCIL, DAY, attended(MEETING, members)));
    let positions = world.accepted("record-positions", act(COUNCIL, DAY, taken(MEETING, positions)));
    (world, attendance, positions)
}

/// Four in favour, a family and the principal aside.
const SOUND: &[(&str, [u16; 4])] = &[
    ("student", [2, 0, 0, 0]),
    ("family", [1, 1, 0, 0]),
    ("educator", [1, 0, 0, 0]),
    ("administrator", [0, 1, 0, 0]),
];

/// The council has adopted the proposal.
fn decided() -> (World, Uuid) {
    let (mut world, _, _) = met("consent", ALL, SOUND);
    let decision = world.accepted("adopt-decision", adopt([4, 2, 0, 0]));
    (world, decision)
}

fn adopt(counts: [u16; 4]) -> Value {
    act(COUNCIL, DAY, adopted(DECISION, MEETING, counts))
}

fn decline(reason: &str) -> Value {
    act(COUNCIL, DAY, declined(DECISION, MEETING, reason))
}

fn stands(world: &World, decision: u128, day: jiff::civil::Date) -> Result<(), &'static str> {
    let found = world.state.adopted(DecisionId::new(id(decision)), day);
    found.map(|_| ()).map_err(|refusal| refusal.code())
}

#[test]
fn a_council_is_chartered_meets_decides_and_acts() {
    let mut world = World::working();
    world.makes("charter-council", charter("consent"), "council-chartered");
    world.refused("charter-council", charter("consent"), "taken");
    for (member, constituency) in MEMBERS {
        world.makes("seat-member", seat(member, constituency, "2025-09-01"), "member-seated");
    }
    world.makes("convene-meeting", convene(MEETING, DAY), "meeting-convened");
    world.makes("raise-proposal", propose(PROPOSAL, DAY), "proposal-raised");
    let attendance = act(COUNCIL, DAY, attended(MEETING, ALL));
    world.makes("record-attendance", attendance, "attendance-recorded");
    world.makes("record-positions", act(COUNCIL, DAY, taken(MEETING, SOUND)), "positions-recorded");
    let fact = world.makes("adopt-decision", adopt([4, 2, 0, 0]), "decision-adopted");
    let domain::Event::Council(Event::DecisionAdopted(decision)) = fact.event else { panic!("no decision") };
    let grounds = serde_json::to_value(decision.grounds.unwrap()).unwrap();
    assert_eq!(grounds["present"], json!({ "student": 2, "family": 2, "educator": 1, "administrator": 1 }));
    assert_eq!((&grounds["rule"], &grounds["site"]), (&json!("consent"), &json!(id(SITE))));
    assert_eq!(grounds["positions"]["family"], tally([1, 1, 0, 0]));
    assert_eq!(decision.tally.dissent(), 2);
    world.makes("assign-action", assign(ACTION, DECISION, DAY), "action-assigned");
    let done = act(COUNCIL, NEXT, json!({ "action": id(ACTION) }));
    world.makes("complete-action", done, "action-completed");
    world.makes("release-member", leave(406, "2026-03-13"), "member-stepped-down");
    world.makes(
        "amend-charter",
        with(charter("majority"), &[("effective", json!("2026-07-01"))]),
        "charter-amended",
    );
    let found = world.state.adopted(DecisionId::new(id(DECISION)), TODAY).unwrap();
    assert_eq!(
        (found.council.0, found.site.unwrap().0, found.day),
        (id(COUNCIL), id(SITE), date(2026, 3, 2))
    );
}

#[test]
fn a_charter_is_sound() {
    let mut world = World::working();
    let mut refused = |path: &str, value: Value, code: &str| {
        world.refused("charter-council", with(charter("consent"), &[(path, value)]), code)
    };
    refused("details/name", json!(" "), "text-not-allowed");
    refused("details/site", Value::Null, "out-of-range");
    refused("details/level", json!("district"), "out-of-range");
    refused("details/seats", json!({}), "list-not-allowed");
    refused("details/seats/educator", json!(0), "out-of-range");
    refused("details/seats/educator", json!(101), "out-of-range");
    refused("details/quorum/total", json!(0), "out-of-range");
    refused("details/quorum/total", json!(9), "out-of-range");
    refused("details/quorum/constituencies/family", json!(4), "out-of-range");
    refused("details/quorum/constituencies/labour", json!(1), "out-of-range");
    refused("details/told", json!(["a b"]), "code-not-allowed");
    refused("details/told", json!(["budget"]), "out-of-range");
    refused("details/site", json!(id(77)), "not-found");
    refused("effective", json!("1999-08-31"), "site-not-open");
    refused("effective", json!("2026-03-17"), "date-in-future");
    refused("effective", json!("2025-09-01/2026-06-30"), "one-day-needed");
}

#[test]
fn a_quorum_never_leaves_out_students_and_families_who_have_seats() {
    let mut world = World::working();
    for missing in ["student", "family"] {
        let path = format!("details/quorum/constituencies/{missing}");
        let refusal = world.refused(
            "charter-council",
            with(charter("consent"), &[(&path, Value::Null)]),
            "quorum-leaves-out",
        );
        assert!(refusal.to_string().contains(missing), "{refusal}");
    }
    // Without seats for students there is nobody to leave out.
    let changes =
        [("details/seats/student", Value::Null), ("details/quorum/constituencies/student", Value::Null)];
    world.accepted("charter-council", with(charter("consent"), &changes));
}

#[test]
fn a_seat_is_there_and_free() {
    let mut world = council("consent");
    world.refused("seat-member", seat(407, "student", "2026-03-02"), "no-free-seat");
    world.refused("seat-member", seat(407, "labour", "2026-03-02"), "no-free-seat");
    world.refused("seat-member", seat(407, "student", "2025-08-31"), "out-of-range");
    // Also when the term begins before that of those who are seated, and meets it.
    world.refused("seat-member", seat(407, "administrator", "2026-01-01/2026-03-02"), "no-free-seat");
    // A term ends on its last day, and a seat is free after it.
    world.accepted("seat-member", seat(407, "student", "2026-07-01/2027-06-30"));
    world.accepted("release-member", leave(401, "2026-03-10"));
    world.refused("seat-member", seat(408, "student", "2026-03-10/2026-06-30"), "no-free-seat");
    world.accepted("seat-member", seat(408, "student", "2026-03-11/2026-06-30"));
    // Fewer seats than members are not agreed either.
    let fewer =
        with(charter("consent"), &[("effective", json!("2026-03-02")), ("details/seats/family", json!(1))]);
    world.refused("amend-charter", fewer.clone(), "no-free-seat");
    world.accepted("amend-charter", with(fewer, &[("effective", json!("2026-07-01"))]));
}

#[test]
fn one_person_holds_one_seat_of_a_council_at_a_time() {
    let mut world = council("consent");
    world.refused("seat-member", seat(403, "educator", "2026-06-30"), "seat-held");
    world.refused("seat-member", seat(403, "family", "2026-03-02"), "seat-held");
    world.accepted("seat-member", seat(403, "educator", "2026-07-01"));
    let left = world.accepted("release-member", leave(404, "2026-03-02"));
    world.accepted("seat-member", seat(404, "educator", "2026-03-03/2026-06-30"));
    // Had the first seat not been left, there would be two.
    world.refused("void-council", void(left), "seat-held");
}

#[test]
fn a_member_belongs_to_one_council_alone() {
    let mut world = council("consent");
    world.accepted("charter-council", with(charter("consent"), &[("id", json!(id(31)))]));
    let elsewhere = |member| with(seat(member, "family", "2026-03-02"), &[("id", json!(id(31)))]);
    world.refused("seat-member", elsewhere(403), "taken");
    world.accepted("seat-member", elsewhere(410));
}

#[test]
fn who_holds_no_seat_can_neither_leave_it_nor_attend() {
    let mut world = council("consent");
    world.refused("release-member", leave(407, DAY), "member-not-seated");
    world.refused("release-member", leave(401, "2026-03-17"), "date-in-future");
    world.accepted("release-member", leave(401, "2026-03-01"));
    world.refused("release-member", leave(401, "2026-03-01"), "member-not-seated");
    world.refused("record-attendance", act(COUNCIL, DAY, attended(MEETING, ALL)), "member-not-seated");
    world.accepted("record-attendance", act(COUNCIL, DAY, attended(MEETING, &ALL[1..])));
    // On the last day of a term and of a seat a member still attends.
    world.accepted("seat-member", seat(409, "educator", "2025-09-01/2026-03-09"));
    world.accepted("record-attendance", act(COUNCIL, NEXT, attended(502, &[409, 402])));
}

#[test]
fn attendance_is_recorded_once_on_the_day_of_a_convened_meeting() {
    let mut world = council("consent");
    let record = |meeting, day| act(COUNCIL, day, attended(meeting, ALL));
    world.refused("record-attendance", record(599, DAY), "not-found");
    world.refused("record-attendance", record(MEETING, NEXT), "not-on-meeting-day");
    world.refused("record-attendance", act(COUNCIL, DAY, attended(MEETING, &[])), "list-not-allowed");
    world.accepted("convene-meeting", convene(503, "2026-04-06"));
    world.refused("record-attendance", record(503, "2026-04-06"), "date-in-future");
    world.accepted("record-attendance", record(MEETING, DAY));
    world.refused("record-attendance", record(MEETING, DAY), "taken");
}

#[test]
fn a_meeting_is_convened_once_with_an_agenda() {
    let mut world = council("consent");
    world.refused("convene-meeting", convene(MEETING, DAY), "taken");
    world.refused("convene-meeting", convene(503, "2025-08-31"), "out-of-range");
    let agenda = |topics: Value| with(convene(503, NEXT), &[("details/agenda", topics)]);
    world.refused("convene-meeting", agenda(json!([])), "list-not-allowed");
    world.refused("convene-meeting", agenda(json!(["budget", "budget"])), "list-not-allowed");
    world.refused("convene-meeting", agenda(json!(["the budget"])), "code-not-allowed");
    world.refused("convene-meeting", with(convene(503, NEXT), &[("id", json!(id(77)))]), "not-found");
}

#[test]
fn a_proposal_comes_from_a_constituency_with_seats() {
    let mut world = council("consent");
    world.refused("raise-proposal", propose(PROPOSAL, DAY), "taken");
    world.refused("raise-proposal", propose(602, "2026-03-17"), "date-in-future");
    world.refused("raise-proposal", propose(602, "2025-08-31"), "out-of-range");
    let changed = |path, value| with(propose(602, DAY), &[(path, value)]);
    world.refused("raise-proposal", changed("details/constituency", json!("labour")), "out-of-range");
    world.refused("raise-proposal", changed("details/title", json!("a\nb")), "text-not-allowed");
}

#[test]
fn positions_come_only_from_members_who_attend() {
    let mut world = council("consent");
    let record = |positions| act(COUNCIL, DAY, taken(MEETING, positions));
    world.refused("record-positions", record(SOUND), "attendance-not-recorded");
    world.accepted("record-attendance", act(COUNCIL, DAY, attended(MEETING, &[401, 403, 404, 405])));
    let too_many = world.refused(
        "record-positions",
        record(&[("student", [1, 0, 0, 1])]),
        "positions-exceed-attendance",
    );
    assert_eq!(too_many.to_string(), "2 positions are given for student, but 1 of them attended");
    world.refused(
        "record-positions",
        record(&[("administrator", [1, 0, 0, 0])]),
        "positions-exceed-attendance",
    );
    world.refused("record-positions", record(&[]), "list-not-allowed");
    world.refused("record-positions", record(&[("student", [0, 0, 0, 0])]), "list-not-allowed");
    let next = act(COUNCIL, NEXT, taken(MEETING, &[("student", [1, 0, 0, 0])]));
    world.refused("record-positions", next, "not-on-meeting-day");
    let sound = record(&[("student", [1, 0, 0, 0]), ("family", [1, 0, 0, 1])]);
    let unknown = with(sound.clone(), &[("details/proposal", json!(id(699)))]);
    world.refused("record-positions", unknown, "not-found");
    world.accepted("record-positions", sound.clone());
    world.refused("record-positions", sound, "taken");
}

#[test]
fn a_decision_without_the_quorum_in_total_is_not_adopted() {
    let few: &[_] = &[("student", [1, 0, 0, 0]), ("family", [1, 0, 0, 0])];
    let (mut world, _, _) = met("consent", &[401, 403, 405], few);
    let refusal = world.refused("adopt-decision", adopt([2, 0, 0, 0]), "quorum-not-met");
    assert_eq!(refusal.to_string(), "3 members attended; the quorum is 4");
    world.refused("decline-decision", decline("not-carried"), "quorum-not-met");
    world.makes("decline-decision", decline("no-quorum"), "decision-not-adopted");
}

#[test]
fn a_decision_without_family_or_student_quorum_is_not_adopted() {
    for (members, missing) in [(&[401, 402, 405, 406], "family"), (&[403, 404, 405, 406], "student")] {
        let (mut world, _, _) = met("consent", members, &[("educator", [1, 0, 0, 0])]);
        let refusal = world.refused("adopt-decision", adopt([1, 0, 0, 0]), "constituency-quorum-not-met");
        assert!(refusal.to_string().contains(missing), "{refusal}");
        world.makes("decline-decision", decline("no-quorum"), "decision-not-adopted");
    }
}

#[test]
fn a_decision_is_adopted_by_the_rule_of_the_charter() {
    let none = [0; 4];
    for (rule, [student, family, educator, administrator], carried) in [
        ("consensus", [[2, 0, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0]], true),
        ("consensus", [[2, 0, 0, 0], [1, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0]], false),
        ("consensus", [[2, 0, 0, 0], [2, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]], false),
        ("consent", [[1, 1, 0, 0], [0, 2, 0, 0], [0, 1, 0, 0], none], true),
        ("consent", [[2, 0, 0, 0], [2, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]], false),
        ("consent", [[0, 0, 0, 2], [0, 0, 0, 2], none, none], false),
        ("majority", [[2, 0, 0, 0], [0, 0, 1, 1], none, none], true),
        ("majority", [[2, 0, 0, 0], [0, 0, 2, 0], none, none], false),
        ("two-thirds", [[2, 0, 0, 0], [0, 0, 1, 1], none, none], true),
        ("two-thirds", [[2, 0, 0, 0], [1, 0, 1, 0], [0, 0, 1, 0], none], false),
    ] {
        let given = [
            ("student", student),
            ("family", family),
            ("educator", educator),
            ("administrator", administrator),
        ];
        let positions: Vec<_> = given.into_iter().filter(|(_, counts)| *counts != none).collect();
        let (mut world, _, _) = met(rule, ALL, &positions);
        let counts = [0, 1, 2, 3].map(|at| positions.iter().map(|(_, counts)| counts[at]).sum());
        if carried {
            world.refused("decline-decision", decline("not-carried"), "decision-carried");
            world.refused("decline-decision", decline("no-quorum"), "decision-carried");
            world.accepted("adopt-decision", adopt(counts));
        } else {
            let refusal = world.refused("adopt-decision", adopt(counts), "decision-not-carried");
            assert!(refusal.to_string().contains(rule), "{refusal}");
            world.refused("decline-decision", decline("no-quorum"), "quorum-met");
            world.accepted("decline-decision", decline("not-carried"));
        }
    }
}

#[test]
fn the_rule_in_force_on_the_day_decides_though_it_was_amended_since() {
    let (mut world, _, _) = met("majority", ALL, &[("student", [2, 0, 0, 0]), ("family", [0, 0, 1, 0])]);
    world.accepted("amend-charter", with(charter("consensus"), &[("effective", json!("2026-03-03"))]));
    world.accepted("adopt-decision", adopt([2, 0, 1, 0]));
    // An amendment from before the meeting would make what was adopted unfounded.
    let earlier = with(charter("consensus"), &[("effective", json!(DAY))]);
    world.refused("amend-charter", earlier, "strands-decision");
}

#[test]
fn the_tally_equals_the_recorded_positions() {
    let (mut world, _, _) = met("consent", ALL, SOUND);
    let refusal = world.refused("adopt-decision", adopt([5, 1, 0, 0]), "tally-differs");
    assert_eq!(
        refusal.to_string(),
        "the recorded positions are 4 support, 2 stand aside, 0 oppose, 0 abstain; the tally differs"
    );
    let other = with(decline("withdrawn"), &[("details/tally", tally([4, 1, 0, 0]))]);
    world.refused("decline-decision", other, "tally-differs");
    // Nobody but the ledger says what a decision rests on.
    let grounds = json!({
        "level": "site", "site": id(SITE), "rule": "majority", "present": {},
        "quorum": { "total": 1, "constituencies": {} },
    });
    world.refused(
        "adopt-decision",
        with(adopt([4, 2, 0, 0]), &[("details/grounds", grounds)]),
        "out-of-range",
    );
    let fact = world.makes("decline-decision", decline("withdrawn"), "decision-not-adopted");
    let domain::Event::Council(Event::DecisionNotAdopted(declined)) = fact.event else {
        panic!("no decision")
    };
    assert_eq!(serde_json::to_value(declined.tally).unwrap(), tally([4, 2, 0, 0]));
}

#[test]
fn a_decision_rests_on_a_meeting_its_attendance_and_positions() {
    let mut world = council("consent");
    world.refused("adopt-decision", adopt([4, 2, 0, 0]), "attendance-not-recorded");
    world.refused("decline-decision", decline("no-quorum"), "attendance-not-recorded");
    world.accepted("record-attendance", act(COUNCIL, DAY, attended(MEETING, ALL)));
    world.refused("adopt-decision", adopt([4, 2, 0, 0]), "positions-not-recorded");
    world.refused("decline-decision", decline("not-carried"), "positions-not-recorded");
    let unknown = |field, value: u128| with(adopt([4, 2, 0, 0]), &[(field, json!(id(value)))]);
    world.refused("adopt-decision", unknown("details/meeting", 599), "not-found");
    world.refused("adopt-decision", unknown("details/proposal", 699), "not-found");
    world.accepted("record-positions", act(COUNCIL, DAY, taken(MEETING, SOUND)));
    let next = with(adopt([4, 2, 0, 0]), &[("effective", json!(NEXT))]);
    world.refused("adopt-decision", next, "not-on-meeting-day");
    world.accepted("adopt-decision", adopt([4, 2, 0, 0]));
}

#[test]
fn a_proposal_is_decided_once_unless_the_decision_is_set_aside() {
    let (mut world, _) = decided();
    let again = act(COUNCIL, NEXT, adopted(702, 502, [4, 2, 0, 0]));
    world.accepted("record-attendance", act(COUNCIL, NEXT, attended(502, ALL)));
    world.accepted("record-positions", act(COUNCIL, NEXT, taken(502, SOUND)));
    let same = act(COUNCIL, DAY, adopted(702, MEETING, [4, 2, 0, 0]));
    world.refused("adopt-decision", same.clone(), "proposal-decided");
    let refusal = world.refused("adopt-decision", again.clone(), "proposal-decided");
    assert!(refusal.to_string().contains(&id(DECISION).to_string()), "{refusal}");
    world.makes("revisit-decision", revisit(DECISION, 502, NEXT, true), "decision-revisited");
    world.refused("adopt-decision", again.clone(), "proposal-decided");
    let aside = world.accepted("revisit-decision", revisit(DECISION, 502, NEXT, false));
    world.refused("adopt-decision", same, "proposal-decided");
    world.accepted("adopt-decision", again);
    // What made room for it can't be taken back.
    world.refused("void-council", void(aside), "proposal-decided");
}

#[test]
fn what_lacked_a_quorum_comes_before_the_council_again() {
    let mut world = council("consent");
    world.accepted("record-attendance", act(COUNCIL, DAY, attended(MEETING, &[401, 405])));
    world.accepted("decline-decision", decline("no-quorum"));
    world.accepted("record-attendance", act(COUNCIL, NEXT, attended(502, ALL)));
    world.accepted("record-positions", act(COUNCIL, NEXT, taken(502, SOUND)));
    world.accepted("adopt-decision", act(COUNCIL, NEXT, adopted(702, 502, [4, 2, 0, 0])));
    // A late report of an earlier decision does not get before it.
    assert_eq!(stands(&world, DECISION, TODAY), Err("decision-not-standing"));
    assert_eq!(stands(&world, 702, TODAY), Ok(()));
}

#[test]
fn a_decision_that_was_set_aside_no_longer_counts() {
    let (mut world, _) = decided();
    assert_eq!(stands(&world, DECISION, date(2026, 3, 1)), Err("decision-not-standing"));
    assert_eq!(stands(&world, DECISION, date(2026, 3, 2)), Ok(()));
    assert_eq!(stands(&world, 799, TODAY), Err("not-found"));
    world.refused("revisit-decision", revisit(DECISION, 502, NEXT, false), "attendance-not-recorded");
    let attended_by = |members| act(COUNCIL, NEXT, attended(502, members));
    let mut few = world.clone();
    few.accepted("record-attendance", attended_by(&[401]));
    few.refused("revisit-decision", revisit(DECISION, 502, NEXT, false), "quorum-not-met");
    world.accepted("record-attendance", attended_by(ALL));
    world.refused("revisit-decision", revisit(799, 502, NEXT, false), "not-found");
    let aside = world.accepted("revisit-decision", revisit(DECISION, 502, NEXT, false));
    assert_eq!(stands(&world, DECISION, date(2026, 3, 8)), Ok(()));
    assert_eq!(stands(&world, DECISION, date(2026, 3, 9)), Err("decision-not-standing"));
    world.refused("revisit-decision", revisit(DECISION, 502, NEXT, true), "decision-not-standing");
    world.refused("assign-action", assign(ACTION, DECISION, NEXT), "decision-not-standing");
    world.accepted("assign-action", assign(ACTION, DECISION, "2026-03-08"));
    world.accepted("void-council", void(aside));
    assert_eq!(stands(&world, DECISION, TODAY), Ok(()));
}

#[test]
fn an_action_carries_out_an_adopted_decision_and_ends_once() {
    let (mut world, decision) = decided();
    world.refused("assign-action", assign(ACTION, 799, DAY), "decision-not-standing");
    world.refused("assign-action", assign(ACTION, DECISION, "2026-03-01"), "decision-not-standing");
    let changed = |path, value| with(assign(ACTION, DECISION, DAY), &[(path, value)]);
    world.refused("assign-action", changed("details/due", json!("2026-03-01")), "out-of-range");
    world.refused("assign-action", changed("details/owner", json!("labour")), "out-of-range");
    let assigned = world.accepted("assign-action", assign(ACTION, DECISION, DAY));
    world.refused("assign-action", assign(ACTION, DECISION, DAY), "taken");
    let done = |day| act(COUNCIL, day, json!({ "action": id(ACTION) }));
    let drop = act(COUNCIL, NEXT, json!({ "action": id(ACTION), "reason": "staffing" }));
    world.refused("complete-action", done("2026-03-01"), "out-of-range");
    world.refused("complete-action", done("2026-03-17"), "date-in-future");
    let unknown = act(COUNCIL, NEXT, json!({ "action": id(899) }));
    world.refused("complete-action", unknown, "not-found");
    let dropped = world.makes("drop-action", drop, "action-dropped");
    assert_eq!(dropped.event.name(), "action-dropped");
    world.refused("complete-action", done(NEXT), "closed");
    world.refused("void-council", void(assigned), "in-use");
    world.refused("void-council", void(decision), "in-use");
}

#[test]
fn a_correction_of_attendance_that_takes_the_quorum_of_a_decision_is_refused() {
    let members: &[u128] = &[401, 403, 404, 405, 406];
    let positions: &[_] = &[("student", [1, 0, 0, 0]), ("educator", [1, 0, 0, 0])];
    let (mut world, attendance, _) = met("consent", members, positions);
    let seated = world.log[world.log.len() - 11].0;
    world.accepted("adopt-decision", adopt([2, 0, 0, 0]));
    let attended_by =
        |event, members: &[u128]| correct(event, "attendance-recorded", attended(MEETING, members));
    for without in [&[401, 405, 406][..], &[401, 404, 405], &[401, 402, 405, 406]] {
        let refusal = world.refused("correct-council", attended_by(attendance, without), "strands-decision");
        assert!(refusal.to_string().contains(&id(DECISION).to_string()), "{refusal}");
    }
    world.refused("void-council", void(attendance), "strands-decision");
    // The seat of the only student.
    world.refused("void-council", void(seated), "strands-decision");
    world.refused("release-member", leave(401, "2026-03-01"), "strands-decision");
    // One family less is enough, and a correction can be corrected and so taken back.
    let corrected = world.accepted("correct-council", attended_by(attendance, &[401, 403, 405, 406]));
    world.refused("void-council", void(corrected), "strands-decision");
    world.refused("correct-council", attended_by(attendance, members), "already-corrected");
    world.makes("correct-council", attended_by(corrected, members), "council-corrected");
}

#[test]
fn corrected_positions_still_carry_what_was_adopted() {
    let (mut world, _, positions) = met("consensus", ALL, SOUND);
    let decision = world.accepted("adopt-decision", adopt([4, 2, 0, 0]));
    let now = |positions| {
        correct(
            positions,
            "positions-recorded",
            taken(MEETING, &[("student", [2, 0, 0, 0]), ("family", [2, 0, 0, 0])]),
        )
    };
    let opposed = correct(
        positions,
        "positions-recorded",
        taken(MEETING, &[("student", [2, 0, 0, 0]), ("family", [0, 0, 1, 0])]),
    );
    world.refused("correct-council", opposed, "strands-decision");
    world.refused("void-council", void(positions), "strands-decision");
    world.accepted("correct-council", now(positions));
    // The decision is brought up to them, and only to them.
    let tallied = |counts| correct(decision, "decision-adopted", adopted(DECISION, MEETING, counts));
    world.refused("correct-council", tallied([4, 2, 0, 0]), "tally-differs");
    let fact = world.makes("correct-council", tallied([4, 0, 0, 0]), "council-corrected");
    let domain::Event::Council(Event::CouncilCorrected(correction)) = fact.event else {
        panic!("no correction")
    };
    let Event::DecisionAdopted(now) = correction.now else { panic!("no decision") };
    assert_eq!(now.grounds.unwrap().positions.len(), 2);
}

#[test]
fn what_others_rely_on_stays_as_it_was() {
    let (mut world, decision) = decided();
    let event = |world: &World, name: &str| {
        world.log.iter().find(|(_, fact, _)| fact.event.name() == name).unwrap().0
    };
    let [chartered, convened, raised, seated] =
        ["council-chartered", "meeting-convened", "proposal-raised", "member-seated"]
            .map(|name| event(&world, name));
    world.refused("void-council", void(chartered), "in-use");
    world.refused("void-council", void(convened), "strands-decision");
    world.refused("void-council", void(raised), "strands-decision");
    let moved = with(
        correct(convened, "meeting-convened", convene(MEETING, DAY)["details"].clone()),
        &[("effective", json!("2026-03-03"))],
    );
    world.refused("correct-council", moved, "strands-decision");
    let later = with(
        correct(seated, "member-seated", json!({ "member": id(401), "constituency": "student" })),
        &[("effective", json!("2026-03-03"))],
    );
    world.refused("correct-council", later, "in-use");
    let district =
        with(charter("consent")["details"].clone(), &[("level", json!("district")), ("site", Value::Null)]);
    world.refused(
        "correct-council",
        correct(chartered, "council-chartered", district.clone()),
        "strands-decision",
    );
    let amended = act(COUNCIL, NEXT, district);
    world.refused("amend-charter", amended, "out-of-range");
    world.accepted("void-council", void(decision));
    let positions = event(&world, "positions-recorded");
    world.refused("void-council", void(convened), "in-use");
    world.makes("void-council", void(positions), "council-voided");
    // Its id is free again, for this council and for others.
    assert_eq!(stands(&world, DECISION, TODAY), Err("not-found"));
}

#[test]
fn a_decision_belongs_to_one_council() {
    let (mut world, _) = decided();
    let here = |body: Value| with(body, &[("id", json!(id(31)))]);
    let small = [
        ("details/seats", json!({ "educator": 1 })),
        ("details/quorum", json!({ "total": 1, "constituencies": {} })),
    ];
    world.accepted("charter-council", here(with(charter("consent"), &small)));
    world.accepted("seat-member", here(seat(410, "educator", "2026-01-05")));
    world.accepted("convene-meeting", here(convene(511, DAY)));
    let proposal = with(propose(PROPOSAL, DAY), &[("details/constituency", json!("educator"))]);
    world.accepted("raise-proposal", here(proposal));
    world.accepted("record-attendance", here(act(COUNCIL, DAY, attended(511, &[410]))));
    world.accepted("record-positions", here(act(COUNCIL, DAY, taken(511, &[("educator", [1, 0, 0, 0])]))));
    world.refused("adopt-decision", here(act(COUNCIL, DAY, adopted(DECISION, 511, [1, 0, 0, 0]))), "taken");
    world.accepted("adopt-decision", here(act(COUNCIL, DAY, adopted(703, 511, [1, 0, 0, 0]))));
}

#[test]
fn late_reports_are_taken_as_the_policy_lets_them() {
    let mut world = council("consent");
    world.accepted("convene-meeting", convene(503, "2025-09-15"));
    let late = world.accepted("record-attendance", act(COUNCIL, "2025-09-15", attended(503, ALL)));
    world.accepted("change-policy", json!({ "policy": { "suppress_under": 11, "late_days_max": 7 } }));
    world.refused("record-attendance", act(COUNCIL, DAY, attended(MEETING, ALL)), "date-too-old");
    world.accepted("record-attendance", act(COUNCIL, NEXT, attended(502, ALL)));
    // What stays on its day is never too late to be put right.
    world.accepted("correct-council", correct(late, "attendance-recorded", attended(503, &[401])));
    world.refused("raise-proposal", propose(602, "2026-03-08"), "date-too-old");
    world.accepted("raise-proposal", propose(602, "2026-03-09"));
}

#[test]
fn a_council_of_a_closed_site_accepts_only_corrections() {
    let mut world = council("consent");
    let attendance = world.accepted("record-attendance", act(COUNCIL, DAY, attended(MEETING, ALL)));
    world.accepted("close-site", act(SITE, NEXT, json!({ "reason": "closure" })));
    world.refused("record-positions", act(COUNCIL, DAY, taken(MEETING, SOUND)), "closed");
    world.refused("seat-member", seat(407, "family", DAY), "closed");
    world.accepted(
        "correct-council",
        correct(attendance, "attendance-recorded", attended(MEETING, &[401, 403])),
    );
}

#[test]
fn a_site_with_a_council_stays_registered_and_a_council_alone_can_be_voided() {
    let mut world = World::opened();
    let site = world.accepted("register-site", site(SITE));
    let untouched = world.state.clone();
    let chartered = world.accepted("charter-council", charter("consent"));
    world.refused("void-site", void(site), "in-use");
    world.accepted("void-council", void(chartered));
    assert_eq!(world.state, untouched);
    world.accepted("void-site", void(site));
}

#[test]
fn when_all_is_voided_backwards_nothing_is_left() {
    let untouched = World::working().state;
    let (mut world, _) = decided();
    world.accepted("record-attendance", act(COUNCIL, NEXT, attended(502, ALL)));
    world.accepted("assign-action", assign(ACTION, DECISION, DAY));
    world.accepted("revisit-decision", revisit(DECISION, 502, NEXT, false));
    let council = world.log.iter().filter(|(_, fact, _)| fact.subject.id == id(COUNCIL));
    let events: Vec<_> = council.map(|(event, _, _)| *event).collect();
    for event in events.into_iter().rev() {
        world.accepted("void-council", void(event));
    }
    assert_eq!(world.state, untouched);
}
