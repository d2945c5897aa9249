//! A council's history read as a whole: who sat when, what was proposed, decided and assigned.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;

use jiff::civil::Date;

use crate::Refusal;
use crate::code::{Pillar, ReasonCode};
use crate::council::code::{Constituency, NotAdopted};
use crate::council::{AttendanceRecorded, Charter, Event, PositionsRecorded, Tally};
use crate::history::{Entry, History};
use crate::id::{ActionId, DecisionId, MeetingId, MemberId, ProposalId};

/// Days on which a member holds a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seating {
    /// Whose seat.
    pub constituency: Constituency,
    /// First day.
    pub from: Date,
    /// Last day: the end of the term, or the day of stepping down.
    pub to: Date,
    stepped_down: bool,
}

/// A meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting<'a> {
    /// Its day.
    pub day: Date,
    /// Who attended, once that is recorded.
    pub attendance: Option<&'a AttendanceRecorded>,
}

/// A proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal<'a> {
    /// The day on which it was raised.
    pub day: Date,
    /// Who raised it.
    pub constituency: Constituency,
    /// What it is about.
    pub pillar: Pillar,
    /// Title.
    pub title: &'a str,
}

/// A decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision<'a> {
    /// The day on which it was taken.
    pub day: Date,
    /// At which meeting.
    pub meeting: MeetingId,
    /// On which proposal.
    pub proposal: ProposalId,
    /// Why it was not adopted; none when it was.
    pub not_adopted: Option<NotAdopted>,
    /// How often the council came back to it.
    pub revisits: u32,
    // When it was set aside, and the place of that in the log, for what happened on one day.
    set_aside: Option<(Date, u64)>,
    pub(super) entry: &'a Entry<Event>,
}

impl Decision<'_> {
    /// The day on which the council set it aside.
    pub fn set_aside(&self) -> Option<Date> {
        self.set_aside.map(|(day, _)| day)
    }

    /// Whether it counts on that day: it was taken by then and not set aside.
    pub fn stands_on(&self, day: Date) -> bool {
        self.day <= day && self.set_aside.is_none_or(|(since, _)| day < since)
    }

    /// Whether it settles its proposal: what lacked a quorum comes before the council again.
    pub(super) fn settles(&self) -> bool {
        self.not_adopted != Some(NotAdopted::NoQuorum)
    }

    /// Whether it was set aside before this place in the log of that day.
    pub(super) fn was_set_aside_before(&self, day: Date, position: u64) -> bool {
        self.set_aside.is_some_and(|since| since < (day, position))
    }
}

/// An action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action {
    /// The decision that it carries out.
    pub decision: DecisionId,
    /// Whose it is.
    pub owner: Constituency,
    /// The day on which it was assigned.
    pub assigned: Date,
    /// The day by which it is to be done.
    pub due: Date,
    /// The day on which it was completed, or dropped for a reason.
    pub ended: Option<(Date, Option<ReasonCode>)>,
}

/// What does not hold of a history, and at which of its entries; none where two entries are in each other's way.
pub(super) struct Broken<'a> {
    pub(super) at: Option<&'a Entry<Event>>,
    pub(super) refusal: Refusal,
}

/// A history, read.
pub struct Record<'a> {
    pub(super) history: &'a History<Event>,
    /// Seats held by each member, the earliest first.
    pub seatings: BTreeMap<MemberId, Vec<Seating>>,
    /// Meetings.
    pub meetings: BTreeMap<MeetingId, Meeting<'a>>,
    /// Proposals.
    pub proposals: BTreeMap<ProposalId, Proposal<'a>>,
    /// Decisions.
    pub decisions: BTreeMap<DecisionId, Decision<'a>>,
    /// Actions.
    pub actions: BTreeMap<ActionId, Action>,
    positions: BTreeMap<(ProposalId, MeetingId), &'a PositionsRecorded>,
    /// What could not be read into it: the first entry that comes twice, or names what is not there.
    pub(super) broken: Option<Broken<'a>>,
}

/// The day from which an entry counts.
pub(super) fn day_of(entry: &Entry<Event>) -> Date {
    entry.effective.map_or(Date::MIN, |e| e.from())
}

impl<'a> Record<'a> {
    /// Reads a history.
    pub fn of(history: &'a History<Event>) -> Self {
        let mut record = Self {
            history,
            seatings: BTreeMap::new(),
            meetings: BTreeMap::new(),
            proposals: BTreeMap::new(),
            decisions: BTreeMap::new(),
            actions: BTreeMap::new(),
            positions: BTreeMap::new(),
            broken: None,
        };
        // A corrected entry may name one that was recorded after it, so what is named is read first.
        for read in [Self::read_named, Self::read_naming, Self::read_ending] {
            for entry in history.entries() {
                if let Err(broken) = read(&mut record, entry) {
                    record.broken.get_or_insert(broken);
                }
            }
        }
        record
    }

    fn read_named(&mut self, entry: &'a Entry<Event>) -> Result<(), Broken<'a>> {
        let day = day_of(entry);
        match &entry.event {
            Event::MemberSeated(seated) => {
                let to = match entry.effective {
                    Some(crate::Effective::Span(_, to)) => to,
                    Some(crate::Effective::Day(_)) | None => Date::MAX,
                };
                let seating =
                    Seating { constituency: seated.constituency, from: day, to, stepped_down: false };
                let seatings = self.seatings.entry(seated.member).or_default();
                seatings.insert(seatings.partition_point(|other| other.from <= day), seating);
                Ok(())
            }
            Event::MeetingConvened(convened) => {
                let meeting = Meeting { day, attendance: None };
                once(self.meetings.entry(convened.meeting), meeting, "details/meeting", convened.meeting.0)
            }
            Event::ProposalRaised(raised) => {
                let proposal = Proposal {
                    day,
                    constituency: raised.constituency,
                    pillar: raised.pillar,
                    title: &raised.title,
                };
                let id = raised.proposal;
                once(self.proposals.entry(id), proposal, "details/proposal", id.0)
            }
            Event::DecisionAdopted(d) => self.decide(entry, d.decision, (d.meeting, d.proposal), None),
            Event::DecisionNotAdopted(d) => {
                self.decide(entry, d.decision, (d.meeting, d.proposal), Some(d.reason))
            }
            Event::ActionAssigned(a) => {
                let action =
                    Action { decision: a.decision, owner: a.owner, assigned: day, due: a.due, ended: None };
                once(self.actions.entry(a.action), action, "details/action", a.action.0)
            }
            _ => Ok(()),
        }
    }

    fn decide(
        &mut self,
        entry: &'a Entry<Event>,
        id: DecisionId,
        (meeting, proposal): (MeetingId, ProposalId),
        not_adopted: Option<NotAdopted>,
    ) -> Result<(), Broken<'a>> {
        let day = day_of(entry);
        let decision = Decision { day, meeting, proposal, not_adopted, revisits: 0, set_aside: None, entry };
        once(self.decisions.entry(id), decision, "details/decision", id.0)
    }

    fn read_naming(&mut self, entry: &'a Entry<Event>) -> Result<(), Broken<'a>> {
        let day = day_of(entry);
        let at = Some(entry);
        match &entry.event {
            Event::MemberSteppedDown(left) => {
                let seatings = self.seatings.entry(left.member).or_default();
                // The last seat that was taken by then, as its term says.
                let seating = seatings.iter_mut().rev().find(|seating| seating.from <= day);
                let not_seated = Refusal::MemberNotSeated { member: left.member.0, date: day };
                let broken = |refusal| Broken { at, refusal };
                let seating = seating.ok_or_else(|| broken(not_seated.clone()))?;
                if seating.stepped_down || seating.to < day {
                    return Err(broken(not_seated));
                }
                (seating.to, seating.stepped_down) = (day, true);
                Ok(())
            }
            Event::AttendanceRecorded(attended) => {
                let id = attended.meeting;
                let meeting = self.meetings.get_mut(&id).ok_or_else(|| unknown(entry, "meeting", id.0))?;
                if meeting.attendance.is_some() {
                    return Err(twice("details/meeting", id.0));
                }
                meeting.attendance = Some(attended);
                Ok(())
            }
            Event::PositionsRecorded(taken) => {
                let slot = self.positions.entry((taken.proposal, taken.meeting));
                once(slot, taken, "details/proposal", taken.proposal.0)
            }
            Event::DecisionRevisited(revisited) => {
                let id = revisited.decision;
                let decision = self.decisions.get_mut(&id).ok_or_else(|| unknown(entry, "decision", id.0))?;
                decision.revisits = decision.revisits.saturating_add(1);
                let since = decision.set_aside.into_iter().chain([(day, entry.position)]).min();
                decision.set_aside = if revisited.stands { decision.set_aside } else { since };
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn read_ending(&mut self, entry: &'a Entry<Event>) -> Result<(), Broken<'a>> {
        let (id, reason) = match &entry.event {
            Event::ActionCompleted(completed) => (completed.action, None),
            Event::ActionDropped(dropped) => (dropped.action, Some(dropped.reason)),
            _ => return Ok(()),
        };
        let action = self.actions.get_mut(&id).ok_or_else(|| unknown(entry, "action", id.0))?;
        if let Some((since, _)) = action.ended {
            return Err(Broken { at: None, refusal: Refusal::Closed { kind: "action", since } });
        }
        action.ended = Some((day_of(entry), reason));
        Ok(())
    }

    /// The charter in force on a day.
    pub fn charter_on(&self, day: Date) -> Option<&'a Charter> {
        self.history.holds_on(day, |event| match event {
            Event::CouncilChartered(charter) | Event::CharterAmended(charter) => Some(charter),
            _ => None,
        })
    }

    /// Whose seat the member holds on a day.
    pub fn seat_on(&self, member: MemberId, day: Date) -> Option<Constituency> {
        let seatings = self.seatings.get(&member)?;
        let seating = seatings.iter().find(|seating| seating.from <= day && day <= seating.to);
        seating.map(|seating| seating.constituency)
    }

    /// How many seats of each constituency are filled on a day.
    pub fn filled_on(&self, day: Date) -> BTreeMap<Constituency, u16> {
        count(self.seatings.keys().filter_map(|member| self.seat_on(*member, day)))
    }

    /// Who attended a meeting, by constituency; empty where no attendance is recorded.
    pub fn present(&self, meeting: &Meeting<'_>) -> BTreeMap<Constituency, u16> {
        let members = meeting.attendance.into_iter().flat_map(|attended| &attended.members);
        count(members.filter_map(|member| self.seat_on(*member, meeting.day)))
    }

    /// Positions taken on a proposal at a meeting, by constituency.
    pub fn positions(
        &self,
        proposal: ProposalId,
        meeting: MeetingId,
    ) -> Option<&'a BTreeMap<Constituency, Tally>> {
        self.positions.get(&(proposal, meeting)).map(|taken| &taken.positions)
    }

    /// The day on which the decision was adopted, if it stands on this one.
    ///
    /// # Errors
    /// [`Refusal::DecisionNotStanding`]
    pub fn adopted(&self, decision: DecisionId, on: Date) -> Result<Date, Refusal> {
        let standing = self.decisions.get(&decision).filter(|d| d.not_adopted.is_none() && d.stands_on(on));
        standing.map(|d| d.day).ok_or(Refusal::DecisionNotStanding { decision: decision.0, date: on })
    }
}

impl Tally {
    /// The sum over constituencies.
    pub fn of(positions: &BTreeMap<Constituency, Self>) -> Self {
        positions.values().fold(Self::default(), |sum, tally| sum.and(*tally))
    }
}

fn count(constituencies: impl Iterator<Item = Constituency>) -> BTreeMap<Constituency, u16> {
    let mut counts = BTreeMap::new();
    for constituency in constituencies {
        let count: &mut u16 = counts.entry(constituency).or_default();
        *count = count.saturating_add(1);
    }
    counts
}

fn once<'a, K: Ord, V>(
    slot: Slot<'_, K, V>,
    value: V,
    field: &'static str,
    id: uuid::Uuid,
) -> Result<(), Broken<'a>> {
    match slot {
        Slot::Vacant(slot) => {
            slot.insert(value);
            Ok(())
        }
        Slot::Occupied(_) => Err(twice(field, id)),
    }
}

fn twice<'a>(field: &'static str, id: uuid::Uuid) -> Broken<'a> {
    Broken { at: None, refusal: Refusal::Taken { field, value: id.to_string() } }
}

fn unknown<'a>(entry: &'a Entry<Event>, kind: &'static str, id: uuid::Uuid) -> Broken<'a> {
    Broken { at: Some(entry), refusal: Refusal::NotFound { kind, id } }
}
