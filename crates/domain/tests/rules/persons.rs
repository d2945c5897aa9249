//! Persons and households: rule 12.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::*;

const DAY: &str = "2026-03-02";
const A: u128 = 101;
const B: u128 = 102;
const C: u128 = 103;

fn enrol(number: u128) -> Value {
    act(number, "2025-08-11", json!({}))
}

fn household(number: u128, household: u128) -> Value {
    act(number, DAY, json!({ "household": id(household) }))
}

fn merge(number: u128, into: u128) -> Value {
    act(number, DAY, json!({ "into": id(into) }))
}

fn separate(number: u128, from: u128) -> Value {
    act(number, DAY, json!({ "from": id(from) }))
}

/// With three persons enrolled.
fn enrolled() -> World {
    let mut world = World::working();
    for number in [A, B, C] {
        world.makes("enrol-person", enrol(number), "person-enrolled");
    }
    world
}

/// One sitting with this person alone.
fn sitting(number: u128) -> Value {
    with(delivery(DAY), &[("details/participants", json!([id(number)]))])
}

#[test]
fn a_person_is_enrolled_once() {
    let mut world = enrolled();
    world.refused("enrol-person", enrol(A), "taken");
    world.refused("enrol-person", act(104, "2026-03-17", json!({})), "date-in-future");
    world.refused("enrol-person", act(104, "2026-03-02/2026-03-03", json!({})), "one-day-needed");
    // Long before the ledger, as students are.
    world.accepted("enrol-person", act(104, "2019-08-12", json!({ "household": id(301) })));
}

#[test]
fn a_person_that_records_named_before_is_enrolled_under_the_same_id() {
    let mut world = World::working();
    world.accepted("record-delivery", sitting(A));
    world.accepted("enrol-person", enrol(A));
    world.accepted("record-delivery", sitting(A));
}

#[test]
fn a_policy_may_ask_that_persons_are_enrolled_before_a_record_names_them() {
    let mut world = World::working();
    let before = world.accepted("record-delivery", sitting(A));
    world.accepted("register-schema", json!({ "event": "policy-changed", "version": 2 }));
    let policy = json!({ "suppress_under": 11, "late_days_max": LATE_DAYS, "persons": "enrolled" });
    world.accepted("change-policy", json!({ "policy": policy }));
    let refusal = world.refused("record-delivery", sitting(A), "person-unknown");
    assert!(refusal.to_string().contains(&id(A).to_string()), "{refusal}");
    world.accepted("enrol-person", enrol(B));
    world.accepted("record-delivery", sitting(B));
    // Who was named before may stay in the record; who is added is enrolled.
    let data = |persons: &[u128]| {
        let persons: Vec<Uuid> = persons.iter().map(|number| id(*number)).collect();
        json!({
            "agreement": id(AGREEMENT), "partner": id(PARTNER), "site": id(SITE), "offering": id(OFFERING),
            "kind": "tutoring", "pillar": "student-supports", "tier": 2, "mode": "in-person", "minutes": 60,
            "participants": persons,
        })
    };
    world.refused("correct-delivery", correct(before, "service-delivered", data(&[A, C])), "person-unknown");
    world.accepted("correct-delivery", correct(before, "service-delivered", data(&[A, B])));
}

#[test]
fn only_who_is_enrolled_joins_a_household_or_is_merged() {
    let mut world = enrolled();
    world.refused("join-household", household(104, 301), "person-unknown");
    world.refused("leave-household", household(104, 301), "person-unknown");
    world.refused("merge-persons", merge(104, A), "person-unknown");
    world.refused("merge-persons", merge(A, 104), "person-unknown");
    world.refused("separate-persons", separate(104, A), "person-unknown");
}

#[test]
fn a_person_belongs_to_a_household_once_and_leaves_one_that_it_belongs_to() {
    let mut world = enrolled();
    world.refused("leave-household", household(A, 301), "household-unclear");
    world.makes("join-household", household(A, 301), "household-joined");
    world.refused("join-household", household(A, 301), "household-unclear");
    world.makes("leave-household", household(A, 301), "household-left");
    world.refused("leave-household", household(A, 301), "household-unclear");
    // Two homes are nothing unusual, five are an error of entry.
    for home in 301..305 {
        world.accepted("join-household", household(A, home));
    }
    world.refused("join-household", household(A, 305), "too-many-households");
    world.refused("join-household", act(B, "2026-03-17", json!({ "household": id(301) })), "date-in-future");
}

#[test]
fn a_corrected_or_voided_move_leaves_the_households_possible() {
    let mut world = enrolled();
    let joined = world.accepted("join-household", household(A, 301));
    let left = world.accepted("leave-household", household(A, 301));
    world.refused("void-person", void(joined), "household-unclear");
    let elsewhere = json!({ "household": id(302) });
    world.refused(
        "correct-person",
        correct(joined, "household-joined", elsewhere.clone()),
        "household-unclear",
    );
    world.refused("correct-person", correct(left, "household-left", elsewhere), "household-unclear");
    world.accepted("void-person", void(left));
    let joined = world.makes(
        "correct-person",
        correct(joined, "household-joined", json!({ "household": id(302) })),
        "person-corrected",
    );
    assert!(joined.corrects.is_some());
    world.accepted("leave-household", household(A, 302));
    world.refused("leave-household", household(A, 301), "household-unclear");
}

#[test]
fn the_household_of_an_enrolment_counts_like_one_that_was_joined() {
    let mut world = World::working();
    let event = world.accepted("enrol-person", with(enrol(A), &[("details/household", json!(id(301)))]));
    world.refused("join-household", household(A, 301), "household-unclear");
    let event = world.accepted("correct-person", correct(event, "person-enrolled", json!({})));
    world.accepted("join-household", household(A, 301));
    let twice = correct(event, "person-enrolled", json!({ "household": id(301) }));
    world.refused("correct-person", twice, "household-unclear");
    let future = with(correct(event, "person-enrolled", json!({})), &[("effective", json!("2026-03-17"))]);
    world.refused("correct-person", future, "date-in-future");
    world.refused(
        "correct-person",
        correct(event, "persons-merged", json!({ "into": id(B) })),
        "correction-changes-event",
    );
}

#[test]
fn a_person_that_was_merged_away_is_not_named_until_they_are_separated() {
    let mut world = enrolled();
    let named = world.accepted("record-delivery", sitting(A));
    world.makes("merge-persons", merge(A, B), "persons-merged");
    let refusal = world.refused("record-delivery", sitting(A), "person-merged-away");
    assert!(refusal.to_string().contains(&id(B).to_string()), "{refusal}");
    world.refused("join-household", household(A, 301), "person-merged-away");
    world.accepted("record-delivery", sitting(B));
    // What was recorded of it can be put right; nobody else is put in its place.
    let domain::Event::Delivery(domain::delivery::Event::ServiceDelivered(was)) =
        world.log.iter().find(|(event, _, _)| *event == named).unwrap().1.event.clone()
    else {
        panic!("no delivery")
    };
    let longer = with(serde_json::to_value(&was).unwrap(), &[("minutes", json!(60))]);
    let named = world.accepted("correct-delivery", correct(named, "service-delivered", longer.clone()));
    let other = world.accepted("record-delivery", sitting(B));
    world.refused(
        "correct-delivery",
        correct(other, "service-delivered", longer.clone()),
        "person-merged-away",
    );
    world.makes("separate-persons", separate(A, B), "persons-separated");
    world.accepted("correct-delivery", correct(other, "service-delivered", longer));
    world.accepted("record-delivery", sitting(A));
    world.accepted("void-delivery", void(named));
}

#[test]
fn nobody_is_merged_into_itself_or_into_one_that_is_merged_away() {
    let mut world = enrolled();
    world.refused("merge-persons", merge(A, A), "merge-in-circle");
    world.accepted("merge-persons", merge(A, B));
    world.refused("merge-persons", merge(B, A), "merge-in-circle");
    world.refused("merge-persons", merge(C, A), "person-merged-away");
    world.refused("merge-persons", merge(A, C), "person-merged-away");
    // B, and A with it, is C.
    world.accepted("merge-persons", merge(B, C));
    world.refused("merge-persons", merge(C, A), "merge-in-circle");
    world.refused("merge-persons", act(C, "2026-03-17", json!({ "into": id(C) })), "merge-in-circle");
}

#[test]
fn who_is_separated_was_merged_with_that_person() {
    let mut world = enrolled();
    world.refused("separate-persons", separate(A, B), "person-not-merged");
    world.accepted("merge-persons", merge(A, B));
    world.refused("separate-persons", separate(A, C), "person-not-merged");
    world.refused("separate-persons", separate(B, A), "person-not-merged");
    world.refused("separate-persons", act(A, "2026-03-17", json!({ "from": id(B) })), "date-in-future");
    world.accepted("separate-persons", separate(A, B));
    world.refused("separate-persons", separate(A, B), "person-not-merged");
    world.accepted("merge-persons", merge(B, A));
}

#[test]
fn a_void_that_would_merge_in_a_circle_is_refused() {
    let mut world = enrolled();
    world.accepted("merge-persons", merge(A, B));
    let separated = world.accepted("separate-persons", separate(A, B));
    let merged = world.accepted("merge-persons", merge(B, A));
    world.refused("void-person", void(separated), "merge-in-circle");
    world.accepted("void-person", void(merged));
    world.accepted("void-person", void(separated));
    world.refused("record-delivery", sitting(A), "person-merged-away");
}

#[test]
fn a_merge_that_was_ended_stays_as_it_was() {
    let mut world = enrolled();
    let merged = world.accepted("merge-persons", merge(A, B));
    let separated = world.accepted("separate-persons", separate(A, B));
    world.refused("void-person", void(merged), "in-use");
    let other = |event: Uuid| correct(event, "persons-merged", json!({ "into": id(C) }));
    world.refused("correct-person", other(merged), "in-use");
    // Its day may be wrong all the same.
    let earlier = with(
        correct(merged, "persons-merged", json!({ "into": id(B) })),
        &[("effective", json!("2026-03-01"))],
    );
    let merged = world.accepted("correct-person", earlier);
    let again = world.accepted("merge-persons", merge(A, C));
    world.refused("void-person", void(separated), "in-use");
    world.refused("void-person", void(merged), "in-use");
    world.accepted("void-person", void(again));
    world.accepted("record-delivery", sitting(A));
}

#[test]
fn a_corrected_merge_meets_the_rules_of_a_new_one() {
    let mut world = enrolled();
    let merged = world.accepted("merge-persons", merge(A, B));
    let into = |event: Uuid, other: u128| correct(event, "persons-merged", json!({ "into": id(other) }));
    world.refused("correct-person", into(merged, A), "merge-in-circle");
    world.refused("correct-person", into(merged, 104), "person-unknown");
    let merged = world.accepted("correct-person", into(merged, C));
    world.refused("separate-persons", separate(A, B), "person-not-merged");
    world.accepted("merge-persons", merge(B, C));
    world.refused("correct-person", into(merged, B), "person-merged-away");
    let separated = world.accepted("separate-persons", separate(A, C));
    let other = correct(separated, "persons-separated", json!({ "from": id(B) }));
    world.refused("correct-person", other, "out-of-range");
    let earlier = with(
        correct(separated, "persons-separated", json!({ "from": id(C) })),
        &[("effective", json!("2026-03-01"))],
    );
    let separated = world.accepted("correct-person", earlier);
    world.accepted("void-person", void(separated));
    world.refused("record-delivery", sitting(A), "person-merged-away");
    world.accepted("void-person", void(merged));
    world.accepted("record-delivery", sitting(A));
}

#[test]
fn an_enrolment_that_others_rely_on_is_not_voided() {
    let mut world = enrolled();
    let event = world.accepted("enrol-person", with(enrol(104), &[("details/household", json!(id(301)))]));
    let joined = world.accepted("join-household", household(104, 302));
    world.refused("void-person", void(event), "in-use");
    world.makes("void-person", void(joined), "person-voided");
    let merged = world.accepted("merge-persons", merge(A, 104));
    world.refused("void-person", void(event), "in-use");
    world.accepted("void-person", void(merged));
    world.accepted("void-person", void(event));
    world.refused("join-household", household(104, 302), "person-unknown");
    world.accepted("enrol-person", enrol(104));
}
