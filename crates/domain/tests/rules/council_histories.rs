//! Whatever is recorded, corrected and voided of a council: what stands is founded, counted in the plainest way.

use std::collections::{BTreeMap, BTreeSet};

use domain::council::Event;
use domain::{Effective, Standing};
use jiff::civil::Date;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::council_kit::*;
use crate::kit::*;

type Told<'a> = Vec<(&'a Event, Option<Effective>)>;

/// The latest form of every event about the council that was not voided.
fn standing(world: &World) -> Told<'_> {
    let latest = world.log.iter().filter(|(_, _, standing)| *standing == Standing::Latest);
    let told = latest.filter_map(|(_, fact, _)| {
        let domain::Event::Council(event) = &fact.event else { return None };
        match event {
            Event::CouncilVoided(_) => None,
            Event::CouncilCorrected(correction) => Some((&correction.now, fact.effective)),
            event => Some((event, fact.effective)),
        }
    });
    told.collect()
}

/// Whose seat a member holds on a day.
fn seat_on(told: &Told<'_>, member: Uuid, day: Date) -> Option<String> {
    let mut held: Vec<(Date, Option<Date>, String)> = Vec::new();
    for (event, effective) in told {
        if let Event::MemberSeated(seated) = event
            && seated.member.0 == member
        {
            let effective = effective.unwrap();
            let to = if let Effective::Span(_, to) = effective { Some(to) } else { None };
            held.push((effective.from(), to, seated.constituency.to_string()));
        }
    }
    let left = told.iter().filter_map(|(event, effective)| match event {
        Event::MemberSteppedDown(left) if left.member.0 == member => Some(effective.unwrap().from()),
        _ => None,
    });
    let left: BTreeSet<Date> = left.collect();
    let seat = held.into_iter().filter(|(from, ..)| *from <= day).max()?;
    let is_left = left.iter().any(|last| seat.0 <= *last && *last < day);
    (seat.1.is_none_or(|to| day <= to) && !is_left).then_some(seat.2)
}

/// Every adopted decision had students, families and four members there, nobody opposed, and somebody supported it.
fn founded(world: &World) -> Result<u32, TestCaseError> {
    let told = standing(world);
    let mut decisions = 0;
    for (event, effective) in &told {
        let Event::DecisionAdopted(adopted) = event else { continue };
        let day = effective.unwrap().from();
        let met = told.iter().find_map(|(event, effective)| match event {
            Event::AttendanceRecorded(attended) if attended.meeting == adopted.meeting => {
                Some((attended, effective.unwrap().from()))
            }
            _ => None,
        });
        let (attended, met_on) = met.unwrap();
        prop_assert_eq!(met_on, day);
        let mut present: BTreeMap<String, u32> = BTreeMap::new();
        for member in &attended.members {
            *present.entry(seat_on(&told, member.0, day).unwrap()).or_default() += 1;
        }
        prop_assert!(present.values().sum::<u32>() >= 4, "{present:?}");
        prop_assert!(present.contains_key("student") && present.contains_key("family"), "{present:?}");
        let taken = told.iter().find_map(|(event, _)| match event {
            Event::PositionsRecorded(taken)
                if (taken.meeting, taken.proposal) == (adopted.meeting, adopted.proposal) =>
            {
                Some(&taken.positions)
            }
            _ => None,
        });
        let taken = taken.unwrap();
        prop_assert!(taken.values().all(|tally| tally.oppose == 0) && taken.values().any(|t| t.support > 0));
        for (constituency, tally) in taken {
            prop_assert!(tally.members() <= present.get(&constituency.to_string()).copied().unwrap_or(0));
        }
        decisions += 1;
    }
    Ok(decisions)
}

/// A command on one of two meetings; many are refused.
fn some_command() -> impl Strategy<Value = (u8, u8, u8, u8)> {
    (0..10_u8, any::<u8>(), any::<u8>(), any::<u8>())
}

fn members(bits: u8) -> Vec<u128> {
    // Mostly all of them.
    ALL.iter()
        .copied()
        .zip(0..)
        .filter(|(_, bit)| bits & (1 << bit) != 0 || bits > 127)
        .map(|(n, _)| n)
        .collect()
}

fn positions(meeting: u128, bits: u8) -> (Value, [u16; 4]) {
    let oppose = u16::from(bits > 200);
    let given: &[(&str, [u16; 4])] =
        &[("student", [1, u16::from(bits & 1), 0, 0]), ("family", [1, 0, oppose, u16::from(bits & 2 == 2)])];
    let total = [0, 1, 2, 3].map(|at| given.iter().map(|(_, counts)| counts[at]).sum());
    (taken(meeting, given), total)
}

fn send(world: &mut World, (kind, which, one, two): (u8, u8, u8, u8)) {
    let (meeting, day, decision) = if which & 1 == 0 { (MEETING, DAY, DECISION) } else { (502, NEXT, 702) };
    let member = ALL[usize::from(one) % ALL.len()];
    let on = format!("2026-03-{:02}", two % 15 + 1);
    let about: Vec<_> = world.log.iter().filter(|(_, fact, _)| fact.subject.id == id(COUNCIL)).collect();
    let (event, fact, _) = about[(usize::from(one) * 256 + usize::from(two)) % about.len()].clone();
    // A refusal is as good: it leaves the state as it was.
    let _ = match kind {
        0 | 1 => world.when("record-attendance", act(COUNCIL, day, attended(meeting, &members(one)))),
        2 | 3 => world.when("record-positions", act(COUNCIL, day, positions(meeting, one).0)),
        4 | 5 => world
            .when("adopt-decision", act(COUNCIL, day, adopted(decision, meeting, positions(meeting, one).1))),
        6 => world.when("release-member", leave(member, &on)),
        7 => world.when("revisit-decision", revisit(decision, meeting, day, one & 1 == 0)),
        8 => world.when("void-council", void(event)),
        _ => {
            let name = fact.event.name();
            let data = match name {
                "attendance-recorded" => attended(meeting, &members(two)),
                "positions-recorded" => positions(meeting, two).0,
                "member-seated" => {
                    json!({ "member": id(member), "constituency": MEMBERS[usize::from(two) % 6].1 })
                }
                "meeting-convened" => convene(meeting, &on)["details"].clone(),
                _ => return,
            };
            let body = correct(event, name, data);
            world.when(
                "correct-council",
                if which & 2 == 0 { body } else { with(body, &[("effective", json!(on))]) },
            )
        }
    };
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_a_council_adopted_is_founded_whatever_is_corrected(
        commands in prop::collection::vec(some_command(), 0..40),
    ) {
        let (mut world, _) = decided();
        for command in commands {
            send(&mut world, command);
            founded(&world)?;
        }
        let written = serde_json::to_value(&world.state).unwrap();
        prop_assert_eq!(serde_json::from_value::<domain::State>(written).unwrap(), world.state);
    }
}
