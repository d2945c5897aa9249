//! Decisions of councils: the quorum, the rule and the tally; what is cited, set aside and acted on.

use domain::council::Event;
use jiff::civil::date;
use serde_json::{Value, json};

use crate::council_kit::*;
use crate::kit::*;

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
    assert_eq!(stands(&world, DECISION, TODAY), Err("decision-not-standing"));
    assert_eq!(stands(&world, 702, TODAY), Ok(()));
}

#[test]
fn what_was_refused_or_taken_back_is_decided_again_only_after_it_is_set_aside() {
    for (reason, oppose) in [("not-carried", 1), ("withdrawn", 0)] {
        let (mut world, _, _) =
            met("consent", ALL, &[("student", [2, 0, 0, 0]), ("family", [1, 0, oppose, 0])]);
        world.accepted("decline-decision", decline(reason));
        world.accepted("record-attendance", act(COUNCIL, NEXT, attended(502, ALL)));
        world.accepted("record-positions", act(COUNCIL, NEXT, taken(502, SOUND)));
        let again = act(COUNCIL, NEXT, adopted(702, 502, [4, 2, 0, 0]));
        world.refused("adopt-decision", again.clone(), "proposal-decided");
        world.accepted("revisit-decision", revisit(DECISION, 502, NEXT, false));
        world.accepted("adopt-decision", again);
        // A declined decision is not adopted by being set aside.
        assert_eq!(stands(&world, DECISION, TODAY), Err("decision-not-standing"));
        assert_eq!(stands(&world, 702, TODAY), Ok(()));
    }
}

#[test]
fn a_late_report_of_an_earlier_decision_is_refused_when_the_proposal_was_decided_since() {
    let (mut world, _, _) = met("consent", ALL, SOUND);
    world.accepted("record-attendance", act(COUNCIL, NEXT, attended(502, ALL)));
    world.accepted("record-positions", act(COUNCIL, NEXT, taken(502, SOUND)));
    world.accepted("adopt-decision", act(COUNCIL, NEXT, adopted(702, 502, [4, 2, 0, 0])));
    let refusal = world.refused("adopt-decision", adopt([4, 2, 0, 0]), "proposal-decided");
    assert!(refusal.to_string().contains(&id(702).to_string()), "{refusal}");
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
