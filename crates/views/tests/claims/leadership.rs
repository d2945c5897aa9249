//! Leadership record: seats, attendance, decisions with families and students present, and small numbers not shown.

use serde_json::{Value, json};

use crate::council_kit::*;
use crate::kit::*;
use crate::table::{ask, table};

const VIEW: &str = "leadership-record";

fn councils(world: &World, columns: &str) -> Vec<String> {
    table(world, VIEW, &[("row", "council")], columns)
}

fn decisions(world: &World, columns: &str) -> Vec<String> {
    table(world, VIEW, &[("row", "decision")], columns)
}

#[test]
fn a_council_shows_its_meetings_decisions_and_actions() {
    let (mut world, _) = decided();
    world.accepted("assign-action", assign(ACTION, DECISION, DAY));
    world.accepted("assign-action", assign(802, DECISION, DAY));
    world.accepted("complete-action", act(COUNCIL, NEXT, json!({ "action": id(ACTION) })));
    let columns = "name level year as_of rule meetings_convened meetings_held attendance_percent";
    assert_eq!(councils(&world, columns), ["Azul site council site 2025-26 2026-03-02 consent 2 1 100"]);
    let columns = "decisions adopted not_adopted with_dissent with_families_percent with_students_percent";
    assert_eq!(councils(&world, columns), ["1 1 0 1 100 100"]);
    assert_eq!(councils(&world, "actions_open actions_completed actions_dropped"), ["1 1 0"]);
    let columns = "day outcome reason rule title pillar raised_by stands dissent actions_open next_due";
    assert_eq!(
        decisions(&world, columns),
        [
            "2026-03-02 adopted null consent Longer opening hours of the parent centre family-engagement family true 2 1 2026-05-29"
        ]
    );
}

#[test]
fn shares_of_decisions_are_those_with_families_and_with_students() {
    let (mut world, _) = decided();
    world.accepted("raise-proposal", propose(602, DAY));
    world.accepted("record-attendance", act(COUNCIL, NEXT, attended(502, &[401, 402, 405])));
    let details = with(declined(702, 502, "no-quorum"), &[("proposal", json!(id(602)))]);
    world.accepted("decline-decision", act(COUNCIL, NEXT, details));
    let columns = "decisions with_families with_families_percent with_students with_students_percent";
    assert_eq!(councils(&world, columns), ["2 1 50 2 100"]);
    // Nine of twelve came.
    assert_eq!(councils(&world, "attendance_percent"), ["75"]);
    let columns = "outcome reason families_present students_present tally dissent";
    assert_eq!(decisions(&world, columns)[1], "not-adopted no-quorum false true null null");
}

#[test]
fn tallies_of_fewer_than_three_members_are_not_shown() {
    // Two students, two families, a teacher and the principal: none of them is shown, all together are.
    let (world, _) = decided();
    let row = &ask(&world, VIEW, &[("row", "decision")]).unwrap()[0];
    let nothing = json!({ "student": null, "family": null, "educator": null, "administrator": null });
    assert_eq!(row["positions"], nothing);
    assert_eq!(row["tally"], json!({ "support": 4, "stand_aside": 2, "oppose": 0, "abstain": 0 }));
    assert_eq!((&row["dissent"], &row["suppressed"]), (&json!(2), &json!(4)));
    let row = &ask(&world, VIEW, &[("row", "council")]).unwrap()[0];
    assert_eq!(row["seats"]["family"], json!(3));
    assert_eq!(
        (&row["filled"], &row["filled_total"], &row["suppressed"]),
        (&nothing, &Value::Null, &json!(5))
    );
    // Two members in all took a position: not even how many support it is shown.
    let (mut world, _, _) = met("consent", ALL, &[("family", [1, 1, 0, 0])]);
    world.accepted("adopt-decision", adopt([1, 1, 0, 0]));
    assert_eq!(decisions(&world, "tally dissent suppressed"), ["null null 2"]);
}

#[test]
fn what_is_shown_does_not_give_back_what_is_not() {
    let mut world = council("consent");
    world.accepted("seat-member", seat(407, "family", "2025-09-01"));
    world.accepted("record-attendance", act(COUNCIL, DAY, attended(MEETING, &[401, 402, 403, 404, 407])));
    let positions = taken(MEETING, &[("student", [1, 1, 0, 0]), ("family", [3, 0, 0, 0])]);
    world.accepted("record-positions", act(COUNCIL, DAY, positions));
    world.accepted("adopt-decision", adopt([4, 1, 0, 0]));
    let row = &ask(&world, VIEW, &[("row", "decision")]).unwrap()[0];
    // Families alone could be shown; but the total less theirs would be the two students'.
    assert_eq!((&row["positions"]["family"], &row["positions"]["student"]), (&Value::Null, &Value::Null));
    assert_eq!(row["tally"]["support"], json!(4));
    let row = &ask(&world, VIEW, &[("row", "council")]).unwrap()[0];
    assert_eq!((&row["filled"]["family"], &row["filled"]["student"]), (&json!(3), &Value::Null));
    assert_eq!(row["filled_total"], Value::Null);
    // Five of seven came: a share to the nearest five per cent does not say of how many.
    assert_eq!(row["attendance_percent"], json!(70));
}

#[test]
fn a_row_is_a_school_year_with_the_seats_of_its_last_meeting() {
    let mut world = World::working();
    world.accepted("charter-council", with(charter("consent"), &[("effective", json!("2025-02-03"))]));
    for member in [411, 412, 413] {
        world.accepted("seat-member", seat(member, "family", "2025-02-03/2026-02-28"));
    }
    world.accepted("convene-meeting", convene(MEETING, "2026-02-23"));
    world.accepted("record-attendance", act(COUNCIL, "2026-02-23", attended(MEETING, &[411, 412, 413])));
    let columns = "year as_of filled_total meetings_held attendance_percent";
    let before = "2024-25 2025-02-03 3 0 null";
    assert_eq!(councils(&world, columns), [before, "2025-26 2026-02-23 3 1 100"]);
    // After their terms, three teachers could sit there; the seats of families are free.
    let amended = with(
        charter("majority"),
        &[("effective", json!("2026-03-01")), ("details/seats/educator", json!(3))],
    );
    world.accepted("amend-charter", amended);
    for member in [414, 415, 416] {
        world.accepted("seat-member", seat(member, "educator", "2026-03-01"));
    }
    world.accepted("convene-meeting", convene(502, NEXT));
    world.accepted("record-attendance", act(COUNCIL, NEXT, attended(502, &[414, 415])));
    assert_eq!(councils(&world, columns), [before, "2025-26 2026-03-09 3 2 85"]);
    let row = &ask(&world, VIEW, &[("row", "council"), ("year", "2025-26")]).unwrap()[0];
    assert_eq!((&row["filled"]["family"], &row["filled"]["educator"]), (&json!(0), &json!(3)));
    assert_eq!(row["rule"], json!("majority"));
}

#[test]
fn groups_add_up_councils_and_decisions_once() {
    let (mut world, _) = decided();
    world.accepted("record-attendance", act(COUNCIL, NEXT, attended(502, &[401, 403, 405])));
    world.accepted("raise-proposal", propose(602, DAY));
    let details = with(declined(702, 502, "no-quorum"), &[("proposal", json!(id(602)))]);
    world.accepted("decline-decision", act(COUNCIL, NEXT, details));
    let columns = "meetings_convened meetings_held attendance_percent decisions adopted not_adopted";
    assert_eq!(table(&world, VIEW, &[("by", "level")], columns), ["2 2 75 2 1 1"]);
    let by_pillar = table(&world, VIEW, &[("by", "pillar")], "pillar decisions with_families_percent");
    assert_eq!(by_pillar, ["family-engagement 2 100"]);
    let adopted = table(&world, VIEW, &[("outcome", "adopted"), ("by", "year")], "year decisions");
    assert_eq!(adopted, ["2025-26 1"]);
}

#[test]
fn corrections_and_voids_change_what_is_told() {
    let (mut world, attendance, positions) = met("consent", ALL, SOUND);
    let decision = world.accepted("adopt-decision", adopt([4, 2, 0, 0]));
    let fewer = correct(attendance, "attendance-recorded", attended(MEETING, ALL));
    let attendance = world.accepted("correct-council", fewer);
    let now = taken(MEETING, &[("student", [2, 0, 0, 0]), ("family", [2, 0, 0, 0])]);
    world.accepted("correct-council", correct(positions, "positions-recorded", now));
    // The positions count, also before the decision's own tally is corrected.
    assert_eq!(decisions(&world, "dissent stands"), ["0 true"]);
    let four = correct(attendance, "attendance-recorded", attended(MEETING, &[401, 402, 403, 404]));
    world.accepted("correct-council", four);
    assert_eq!(councils(&world, "attendance_percent with_dissent decisions"), ["65 0 1"]);
    world.accepted("record-attendance", act(COUNCIL, NEXT, attended(502, ALL)));
    let aside = world.accepted("revisit-decision", revisit(DECISION, 502, NEXT, false));
    assert_eq!(decisions(&world, "stands set_aside_on revisits"), ["false 2026-03-09 1"]);
    assert_eq!(councils(&world, "adopted set_aside"), ["1 1"]);
    world.accepted("void-council", void(aside));
    assert_eq!(decisions(&world, "stands set_aside_on revisits"), ["true null 0"]);
    world.accepted("void-council", void(decision));
    assert!(decisions(&world, "decision").is_empty());
    assert_eq!(councils(&world, "adopted decisions with_families_percent"), ["0 0 null"]);
}

#[test]
fn a_voided_council_leaves_the_record_and_no_member_stands_in_it() {
    let (world, _) = decided();
    let text = serde_json::to_string(&ask(&world, VIEW, &[]).unwrap()).unwrap();
    for member in ALL {
        assert!(!text.contains(&id(*member).to_string()), "{member}");
    }
    let mut world = World::working();
    let chartered = world.accepted("charter-council", charter("consent"));
    assert_eq!(councils(&world, "filled_total meetings_convened decisions"), ["0 0 0"]);
    world.accepted("void-council", void(chartered));
    assert!(ask(&world, VIEW, &[]).unwrap().is_empty());
}

#[test]
fn the_feed_names_no_member_and_tells_no_number_of_members() {
    let (mut world, _) = decided();
    world.accepted("assign-action", assign(ACTION, DECISION, DAY));
    let said = table(&world, "activity-feed", &[], "said");
    assert_eq!(
        said[..5],
        [
            "A council assigned an action (administrator, due 2026-05-29).",
            "A council adopted a proposal.",
            "A council took positions on a proposal.",
            "A council met.",
            "“Longer opening hours of the parent centre” was proposed to a council (family).",
        ]
    );
}
