//! Councils: charters, seats, meetings, attendance and positions.

use domain::council::Event;
use domain::id::DecisionId;
use jiff::civil::date;
use serde_json::{Value, json};

use crate::council_kit::*;
use crate::kit::*;

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
