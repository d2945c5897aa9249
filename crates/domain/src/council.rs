//! A council: students, families, staff and partners decide together, by a charter.
//!
//! `council/code` has its code lists and when a proposal is carried, `council/decision` what is said of decisions,
//! `council/record` reads a council's history, `council/check` says what must hold of all of it, `council/rules`
//! decides.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::code::{Pillar, ReasonCode};
use crate::command::{Act, Create};
use crate::correction::{CorrectEvent, Corrected, VoidEvent, Voided};
use crate::council::code::{Constituency, DecisionRule, Level};
use crate::fact::Recorded;
use crate::history::History;
use crate::id::{ActionId, CouncilId, DecisionId, MeetingId, MemberId, ProposalId, SiteId};
use crate::state::rekey;
use crate::{Refusal, State};

mod check;
pub mod code;
mod decision;
mod record;
mod rules;
pub use decision::{
    DecisionAdopted, DecisionNotAdopted, DecisionRevisited, Grounds, PositionsRecorded, Tally,
};
pub use record::{Action, Decision, Meeting, Proposal, Record, Seating};
pub(crate) use rules::decide;

/// How many members must attend for a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quorum {
    /// Members in all, 1 to the number of seats.
    pub total: u16,
    /// Members of each constituency, 1 to its seats; students and families are here if they have seats.
    pub constituencies: BTreeMap<Constituency, u16>,
}

/// `council-chartered`; `effective` is its first day. `charter-amended`: all of the charter anew, from that day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Charter {
    /// What it is for; stays.
    pub level: Level,
    /// The site, of a council for a site; stays.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteId>,
    /// Name of the council.
    pub name: String,
    /// Seats of each constituency, 1..=100.
    pub seats: BTreeMap<Constituency, u16>,
    /// How many must attend.
    pub quorum: Quorum,
    /// When a proposal is carried.
    pub rule: DecisionRule,
    /// Codes of the topics that it decides.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub decides: BTreeSet<String>,
    /// Codes of the topics that it advises on.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub advises: BTreeSet<String>,
    /// Codes of the topics that it is told of.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub told: BTreeSet<String>,
}

/// `member-seated`; `effective` is the term, or its first day when it has no end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberSeated {
    /// Alias of the member: a random UUID used in this council alone, never the id of a person.
    pub member: MemberId,
    /// Whose seat.
    pub constituency: Constituency,
}

/// `member-stepped-down`; `effective` is the last day in the seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberSteppedDown {
    /// Who.
    pub member: MemberId,
}

/// `meeting-convened`; `effective` is its day, which may lie ahead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingConvened {
    /// The meeting.
    pub meeting: MeetingId,
    /// Codes of the topics, in order; at most 50.
    pub agenda: Vec<String>,
}

/// `attendance-recorded`; on the day of the meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttendanceRecorded {
    /// The meeting.
    pub meeting: MeetingId,
    /// Who attended, 1..=700 members.
    pub members: BTreeSet<MemberId>,
}

/// `proposal-raised`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposalRaised {
    /// The proposal.
    pub proposal: ProposalId,
    /// Who raised it; it has seats.
    pub constituency: Constituency,
    /// What it is about.
    pub pillar: Pillar,
    /// Title; names nobody.
    pub title: String,
}

/// `action-assigned`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionAssigned {
    /// The action.
    pub action: ActionId,
    /// The adopted decision that it carries out.
    pub decision: DecisionId,
    /// Whose it is.
    pub owner: Constituency,
    /// The day by which it is to be done; not before it is assigned.
    #[schemars(with = "String")]
    pub due: Date,
}

/// `action-completed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionCompleted {
    /// The action.
    pub action: ActionId,
}

/// `action-dropped`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionDropped {
    /// The action.
    pub action: ActionId,
    /// Why.
    pub reason: ReasonCode,
}

/// Events about a council.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// It exists.
    CouncilChartered(Charter),
    /// Its charter is another from that day.
    CharterAmended(Charter),
    /// A member holds a seat.
    MemberSeated(MemberSeated),
    /// A member left the seat.
    MemberSteppedDown(MemberSteppedDown),
    /// It meets.
    MeetingConvened(MeetingConvened),
    /// It met.
    AttendanceRecorded(AttendanceRecorded),
    /// Something was proposed.
    ProposalRaised(ProposalRaised),
    /// Positions were taken on a proposal.
    PositionsRecorded(PositionsRecorded),
    /// It adopted a proposal.
    DecisionAdopted(DecisionAdopted),
    /// It did not adopt a proposal.
    DecisionNotAdopted(DecisionNotAdopted),
    /// It came back to a decision.
    DecisionRevisited(DecisionRevisited),
    /// Something is to be done about a decision.
    ActionAssigned(ActionAssigned),
    /// It was done.
    ActionCompleted(ActionCompleted),
    /// It will not be done.
    ActionDropped(ActionDropped),
    /// One of the above was wrong.
    CouncilCorrected(Box<Corrected<Event>>),
    /// One of the above did not happen.
    CouncilVoided(Box<Voided<Event>>),
}

/// Commands to a council.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Charters it.
    CharterCouncil(Create<CouncilId, Charter>),
    /// Amends its charter.
    AmendCharter(Act<CouncilId, Charter>),
    /// Seats a member.
    SeatMember(Act<CouncilId, MemberSeated>),
    /// Releases a member from the seat.
    ReleaseMember(Act<CouncilId, MemberSteppedDown>),
    /// Convenes a meeting.
    ConveneMeeting(Act<CouncilId, MeetingConvened>),
    /// Records who attended.
    RecordAttendance(Act<CouncilId, AttendanceRecorded>),
    /// Raises a proposal.
    RaiseProposal(Act<CouncilId, ProposalRaised>),
    /// Records positions on a proposal.
    RecordPositions(Act<CouncilId, PositionsRecorded>),
    /// Adopts a proposal.
    AdoptDecision(Act<CouncilId, DecisionAdopted>),
    /// Records that a proposal was not adopted.
    DeclineDecision(Act<CouncilId, DecisionNotAdopted>),
    /// Comes back to a decision.
    RevisitDecision(Act<CouncilId, DecisionRevisited>),
    /// Assigns an action.
    AssignAction(Act<CouncilId, ActionAssigned>),
    /// Completes an action.
    CompleteAction(Act<CouncilId, ActionCompleted>),
    /// Drops an action.
    DropAction(Act<CouncilId, ActionDropped>),
    /// Corrects an event.
    CorrectCouncil(Box<CorrectEvent<Event>>),
    /// Voids an event.
    VoidCouncil(VoidEvent),
}

correctable! { Council: CouncilCorrected, CouncilVoided; CorrectCouncil, VoidCouncil }

/// A council as rules see it: its history, read as a [`Record`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Council {
    /// What happened to it.
    pub history: History<Event>,
}

impl Council {
    /// Brings it up to a recorded event about it.
    pub fn record(&mut self, recorded: &Recorded<'_>, event: &Event) {
        self.history.record(recorded, event);
    }

    /// What it was chartered as.
    pub fn charter(&self) -> Option<&Charter> {
        self.history.entries().iter().find_map(|entry| {
            if let Event::CouncilChartered(charter) = &entry.event { Some(charter) } else { None }
        })
    }
}

/// An adopted decision, for who cites it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adopted {
    /// The council that adopted it.
    pub council: CouncilId,
    /// What that council is for.
    pub level: Level,
    /// Its site, of a council for a site.
    pub site: Option<SiteId>,
    /// The day of the meeting.
    pub day: Date,
}

impl State {
    /// Rule 10: the decision was adopted by that day and still stands on it.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where no council took it, [`Refusal::DecisionNotStanding`] otherwise.
    pub fn adopted(&self, decision: DecisionId, on: Date) -> Result<Adopted, Refusal> {
        let unknown = Refusal::NotFound { kind: "decision", id: decision.0 };
        let id = *self.council_by_decision.get(&decision).ok_or(unknown.clone())?;
        let council = self.council(id)?;
        let day = Record::of(&council.history).adopted(decision, on)?;
        let charter = council.charter().ok_or(unknown)?;
        Ok(Adopted { council: id, level: charter.level, site: charter.site, day })
    }
}

fn decision_of(event: &Event) -> Option<DecisionId> {
    match event {
        Event::DecisionAdopted(decision) => Some(decision.decision),
        Event::DecisionNotAdopted(decision) => Some(decision.decision),
        _ => None,
    }
}

pub(crate) fn evolve(state: &mut State, recorded: &Recorded<'_>, event: &Event) {
    let id = CouncilId::new(recorded.fact.subject.id);
    let council = state.councils.entry(id).or_default();
    council.record(recorded, event);
    if council.history.is_empty() {
        state.councils.remove(&id);
    }
    let (before, after) = match event {
        Event::CouncilCorrected(correction) => {
            (decision_of(&correction.was.event), decision_of(&correction.now))
        }
        Event::CouncilVoided(void) => (decision_of(&void.was.event), None),
        event => (None, decision_of(event)),
    };
    rekey(&mut state.council_by_decision, before, after, id);
}
