//! The council of a district's first school: its charter, its members and its eight meetings of the year.

use std::collections::{BTreeMap, BTreeSet};

use domain::code::{Pillar, ReasonCode};
use domain::command::{Act, Create};
use domain::council::code::Constituency::{Administrator, CommunityPartner, Educator, Family, Student};
use domain::council::code::{Constituency, DecisionRule, Level, NotAdopted};
use domain::council::{self, Charter, Command as ToCouncil, Quorum, Tally};
use domain::id::{ActionId, CouncilId, DecisionId, MeetingId, MemberId, ProposalId, SiteId};
use domain::{Command, Effective};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};

use crate::calendar::{ENDS, STARTS};
use crate::chance::Chance;

/// Members of each constituency.
const SEATS: [(Constituency, u16); 5] =
    [(Student, 3), (Family, 4), (Educator, 3), (Administrator, 1), (CommunityPartner, 1)];

/// When it meets, and what is proposed.
const MEETINGS: [(Date, Constituency, Pillar, &str); 8] = [
    (date(2025, 9, 10), Family, Pillar::FamilyEngagement, "Longer hours of the parent centre"),
    (date(2025, 10, 8), Student, Pillar::ExtendedLearning, "A music room after school"),
    (date(2025, 11, 12), Educator, Pillar::StudentSupports, "A quiet room at lunch"),
    (date(2025, 12, 10), Administrator, Pillar::CollaborativeLeadership, "A shared calendar of partners"),
    (date(2026, 1, 14), Family, Pillar::StudentSupports, "A food pantry on Fridays"),
    (date(2026, 2, 11), Student, Pillar::CollaborativeLeadership, "Students greet newcomers"),
    (date(2026, 3, 11), CommunityPartner, Pillar::ExtendedLearning, "A garden with the neighbours"),
    (date(2026, 4, 15), Family, Pillar::FamilyEngagement, "Meetings with interpreters"),
];
/// At this meeting families are missing, so that nothing is decided.
const WITHOUT_FAMILIES: usize = 3;

/// What is sent before the year, in order, and what on its days.
pub(crate) struct Agenda {
    pub(crate) commands: Vec<Command>,
    pub(crate) milestones: Vec<(Date, Command)>,
}

/// The council of this site.
pub(crate) fn council(site: SiteId, chance: &Chance) -> Agenda {
    let id = CouncilId::new(chance.id("council", 0));
    let charter = Charter {
        level: Level::Site,
        site: Some(site),
        name: "Site council".to_owned(),
        seats: SEATS.into(),
        quorum: Quorum { total: 7, constituencies: BTreeMap::from([(Student, 2), (Family, 2)]) },
        rule: DecisionRule::Consent,
        decides: BTreeSet::from(["priorities".to_owned()]),
        advises: BTreeSet::from(["budget".to_owned()]),
        told: BTreeSet::from(["staffing".to_owned()]),
    };
    let new = Create { id: Some(id), effective: Effective::Day(STARTS), details: charter };
    let mut commands = vec![Command::Council(ToCouncil::CharterCouncil(new))];
    let mut members = Vec::new();
    for (constituency, seats) in SEATS {
        for _ in 0..seats {
            let member = MemberId::new(chance.id("member", members.len() as u64));
            members.push((member, constituency));
            let details = council::MemberSeated { member, constituency };
            let seat = Act { id, effective: Effective::Span(STARTS, ENDS), details };
            commands.push(Command::Council(ToCouncil::SeatMember(seat)));
        }
    }
    let meetings = MEETINGS.iter().enumerate().flat_map(|(at, _)| meeting(id, at, &members, chance));
    Agenda { commands, milestones: meetings.map(|(day, command)| (day, Command::Council(command))).collect() }
}

/// One meeting, each of its records a day after the other, as somebody writes them up.
fn meeting(
    id: CouncilId,
    at: usize,
    members: &[(MemberId, Constituency)],
    chance: &Chance,
) -> Vec<(Date, ToCouncil)> {
    let Some((day, constituency, pillar, title)) = MEETINGS.get(at).copied() else { return Vec::new() };
    let number = at as u64;
    let meeting = MeetingId::new(chance.id("meeting", number));
    let proposal = ProposalId::new(chance.id("proposal", number));
    let decision = DecisionId::new(chance.id("decision", number));
    let action = ActionId::new(chance.id("action", number));
    let (before, on) = (Effective::Day(day.saturating_sub(5.days())), Effective::Day(day));
    let without = if at == WITHOUT_FAMILIES { Some(Family) } else { None };
    let present = members.iter().filter(|(_, of)| Some(*of) != without);
    let attended = present.clone().map(|(member, _)| *member).collect();
    let mut positions: BTreeMap<Constituency, Tally> = BTreeMap::new();
    for (nth, (_, of)) in present.enumerate() {
        let tally = positions.entry(*of).or_default();
        // At every third meeting one teacher stands aside.
        if at % 3 == 1 && nth == 7 { tally.stand_aside += 1 } else { tally.support += 1 }
    }
    let tally = Tally::of(&positions);
    let agenda = vec!["priorities".to_owned()];
    let mut said = vec![
        ToCouncil::ConveneMeeting(act(id, on, council::MeetingConvened { meeting, agenda })),
        ToCouncil::RaiseProposal(act(
            id,
            before,
            council::ProposalRaised { proposal, constituency, pillar, title: title.to_owned() },
        )),
        ToCouncil::RecordAttendance(act(id, on, council::AttendanceRecorded { meeting, members: attended })),
    ];
    if without.is_some() {
        let reason = NotAdopted::NoQuorum;
        let declined =
            council::DecisionNotAdopted { decision, meeting, proposal, reason, tally: None, grounds: None };
        said.push(ToCouncil::DeclineDecision(act(id, on, declined)));
    } else {
        let taken = council::PositionsRecorded { meeting, proposal, positions };
        let adopted = council::DecisionAdopted { decision, meeting, proposal, tally, grounds: None };
        let due = day.saturating_add(60.days());
        let assigned = council::ActionAssigned { action, decision, owner: Administrator, due };
        said.push(ToCouncil::RecordPositions(act(id, on, taken)));
        said.push(ToCouncil::AdoptDecision(act(id, on, adopted)));
        said.push(ToCouncil::AssignAction(act(id, on, assigned)));
        let end = Effective::Day(day.saturating_add(4.days()));
        match at % 4 {
            0 => said.push(ToCouncil::CompleteAction(act(id, end, council::ActionCompleted { action }))),
            1 => {
                let dropped = council::ActionDropped { action, reason: ReasonCode::Staffing };
                said.push(ToCouncil::DropAction(act(id, end, dropped)));
            }
            _ => {}
        }
    }
    let days = (0_i64..).map(|nth| day.saturating_add((nth - 2).days()));
    days.zip(said).collect()
}

const fn act<D>(id: CouncilId, effective: Effective, details: D) -> Act<CouncilId, D> {
    Act { id, effective, details }
}
