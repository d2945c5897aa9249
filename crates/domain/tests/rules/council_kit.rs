//! A council of six members, for claims: commands as their senders write them.

use domain::id::DecisionId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::*;

pub(crate) const COUNCIL: u128 = 30;
/// Students, families, a teacher and a principal.
pub(crate) const MEMBERS: [(u128, &str); 6] = [
    (401, "student"),
    (402, "student"),
    (403, "family"),
    (404, "family"),
    (405, "educator"),
    (406, "administrator"),
];
pub(crate) const ALL: &[u128] = &[401, 402, 403, 404, 405, 406];
pub(crate) const MEETING: u128 = 501;
pub(crate) const PROPOSAL: u128 = 601;
pub(crate) const DECISION: u128 = 701;
pub(crate) const ACTION: u128 = 801;
/// The day of the meeting.
pub(crate) const DAY: &str = "2026-03-02";
/// The day of the next one.
pub(crate) const NEXT: &str = "2026-03-09";

pub(crate) fn charter(rule: &str) -> Value {
    let details = json!({
        "level": "site", "site": id(SITE), "name": "Azul site council",
        "seats": { "student": 2, "family": 3, "educator": 2, "administrator": 1 },
        "quorum": { "total": 4, "constituencies": { "student": 1, "family": 1 } }, "rule": rule,
        "decides": ["priorities"], "advises": ["budget"], "told": ["staffing"],
    });
    act(COUNCIL, "2025-09-01", details)
}

pub(crate) fn seat(member: u128, constituency: &str, effective: &str) -> Value {
    act(COUNCIL, effective, json!({ "member": id(member), "constituency": constituency }))
}

pub(crate) fn leave(member: u128, day: &str) -> Value {
    act(COUNCIL, day, json!({ "member": id(member) }))
}

pub(crate) fn convene(meeting: u128, day: &str) -> Value {
    act(COUNCIL, day, json!({ "meeting": id(meeting), "agenda": ["priorities"] }))
}

pub(crate) fn attended(meeting: u128, members: &[u128]) -> Value {
    json!({ "meeting": id(meeting), "members": members.iter().map(|n| id(*n)).collect::<Vec<_>>() })
}

pub(crate) fn propose(proposal: u128, day: &str) -> Value {
    let title = "Longer opening hours of the parent centre";
    let details = json!({
        "proposal": id(proposal), "constituency": "family", "pillar": "family-engagement", "title": title,
    });
    act(COUNCIL, day, details)
}

pub(crate) fn tally([support, stand_aside, oppose, abstain]: [u16; 4]) -> Value {
    json!({ "support": support, "stand_aside": stand_aside, "oppose": oppose, "abstain": abstain })
}

pub(crate) fn taken(meeting: u128, positions: &[(&str, [u16; 4])]) -> Value {
    let positions: serde_json::Map<_, _> =
        positions.iter().map(|(of, counts)| ((*of).to_owned(), tally(*counts))).collect();
    json!({ "meeting": id(meeting), "proposal": id(PROPOSAL), "positions": positions })
}

pub(crate) fn adopted(decision: u128, meeting: u128, counts: [u16; 4]) -> Value {
    json!({
        "decision": id(decision), "meeting": id(meeting), "proposal": id(PROPOSAL), "tally": tally(counts),
    })
}

pub(crate) fn declined(decision: u128, meeting: u128, reason: &str) -> Value {
    json!({
        "decision": id(decision), "meeting": id(meeting), "proposal": id(PROPOSAL), "reason": reason,
    })
}

pub(crate) fn revisit(decision: u128, meeting: u128, day: &str, stands: bool) -> Value {
    let details = json!({ "decision": id(decision), "meeting": id(meeting), "stands": stands });
    act(COUNCIL, day, details)
}

pub(crate) fn assign(action: u128, decision: u128, day: &str) -> Value {
    let details = json!({
        "action": id(action), "decision": id(decision), "owner": "administrator", "due": "2026-05-29",
    });
    act(COUNCIL, day, details)
}

/// A council with six members, two meetings and a proposal.
pub(crate) fn council(rule: &str) -> World {
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
pub(crate) fn met(rule: &str, members: &[u128], positions: &[(&str, [u16; 4])]) -> (World, Uuid, Uuid) {
    let mut world = council(rule);
    let attendance = world.accepted("record-attendance", act(COUNCIL, DAY, attended(MEETING, members)));
    let positions = world.accepted("record-positions", act(COUNCIL, DAY, taken(MEETING, positions)));
    (world, attendance, positions)
}

/// Four in favour, a family and the principal aside.
pub(crate) const SOUND: &[(&str, [u16; 4])] = &[
    ("student", [2, 0, 0, 0]),
    ("family", [1, 1, 0, 0]),
    ("educator", [1, 0, 0, 0]),
    ("administrator", [0, 1, 0, 0]),
];

/// The council has adopted the proposal.
pub(crate) fn decided() -> (World, Uuid) {
    let (mut world, _, _) = met("consent", ALL, SOUND);
    let decision = world.accepted("adopt-decision", adopt([4, 2, 0, 0]));
    (world, decision)
}

pub(crate) fn adopt(counts: [u16; 4]) -> Value {
    act(COUNCIL, DAY, adopted(DECISION, MEETING, counts))
}

pub(crate) fn decline(reason: &str) -> Value {
    act(COUNCIL, DAY, declined(DECISION, MEETING, reason))
}

pub(crate) fn stands(world: &World, decision: u128, day: jiff::civil::Date) -> Result<(), &'static str> {
    let found = world.state.adopted(DecisionId::new(id(decision)), day);
    found.map(|_| ()).map_err(|refusal| refusal.code())
}
