//! What must hold of all that is recorded of a council; a new event, a correction and a void must leave it so.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::Refusal;
use crate::council::code::{Constituency, NotAdopted};
use crate::council::record::{Broken, Decision, Record, day_of};
use crate::council::{Charter, Event, Meeting, PositionsRecorded, Quorum, Tally};
use crate::history::{Entry, History};
use crate::id::{DecisionId, MeetingId, ProposalId};

/// Checks a history in which the event that is decided has the nil id.
pub(super) fn holds(history: &History<Event>) -> Result<(), Refusal> {
    let record = Record::of(history);
    let Some(charter) = record.charter() else {
        let empty = history.is_empty();
        return if empty { Ok(()) } else { Err(Refusal::InUse { what: "other events of the council" }) };
    };
    record.check(charter).map_err(|broken| broken.said())
}

impl Broken<'_> {
    /// The refusal: what is wrong with the event that is decided, or what it would do to another.
    fn said(self) -> Refusal {
        let Some(entry) = self.at.filter(|entry| !entry.id.is_nil()) else { return self.refusal };
        let strands =
            |decision: DecisionId| Refusal::StrandsDecision { decision: decision.0, date: day_of(entry) };
        let what = match &entry.event {
            Event::DecisionAdopted(decision) => return strands(decision.decision),
            Event::DecisionNotAdopted(decision) => return strands(decision.decision),
            Event::DecisionRevisited(revisited) => return strands(revisited.decision),
            Event::CharterAmended(_) => "an amendment of the charter",
            Event::MemberSeated(_) => "a seat",
            Event::MemberSteppedDown(_) => "that a member stepped down",
            Event::MeetingConvened(_) => "a meeting",
            Event::AttendanceRecorded(_) => "the attendance of a meeting",
            Event::ProposalRaised(_) => "a proposal",
            Event::PositionsRecorded(_) => "positions on a proposal",
            Event::ActionAssigned(_) | Event::ActionCompleted(_) | Event::ActionDropped(_) => "an action",
            Event::CouncilChartered(_) | Event::CouncilCorrected(_) | Event::CouncilVoided(_) => {
                "the charter"
            }
        };
        Refusal::InUse { what }
    }
}

type Held = Result<(), Refusal>;

impl<'a> Record<'a> {
    fn check(mut self, charter: &Charter) -> Result<(), Broken<'a>> {
        let entries = self.history.entries();
        let at =
            |entry: &'a Entry<Event>, held: Held| held.map_err(|refusal| Broken { at: Some(entry), refusal });
        // Decisions first, so that who would strand one is told which.
        for decision in self.decisions.values() {
            at(decision.entry, self.decided(decision))?;
            self.decided_once(decision)?;
        }
        if let Some(broken) = self.broken.take() {
            return Err(broken);
        }
        let starts = entries.iter().find(|e| matches!(e.event, Event::CouncilChartered(_))).map(day_of);
        for entry in entries {
            let early =
                Refusal::OutOfRange { field: "effective", range: "not before the council is chartered" };
            at(entry, if Some(day_of(entry)) < starts { Err(early) } else { Ok(()) })?;
            at(entry, self.entry_holds(entry, charter))?;
        }
        self.seats_suffice().map_err(|refusal| Broken { at: None, refusal })
    }

    fn charter(&self) -> Option<&'a Charter> {
        self.history.entries().iter().find_map(|entry| {
            if let Event::CouncilChartered(charter) = &entry.event { Some(charter) } else { None }
        })
    }

    fn entry_holds(&self, entry: &Entry<Event>, charter: &Charter) -> Held {
        let day = day_of(entry);
        match &entry.event {
            Event::CharterAmended(amended)
                if (amended.level, amended.site) != (charter.level, charter.site) =>
            {
                Err(Refusal::OutOfRange { field: "details/level", range: "the level and site it has" })
            }
            Event::AttendanceRecorded(attended) => {
                self.meeting_on(attended.meeting, day)?;
                let absent = attended.members.iter().find(|member| self.seat_on(**member, day).is_none());
                absent.map_or(Ok(()), |member| Err(Refusal::MemberNotSeated { member: member.0, date: day }))
            }
            Event::ProposalRaised(raised) => self.has_seats(raised.constituency, day, "details/constituency"),
            Event::PositionsRecorded(taken) => self.positions_hold(taken, day),
            Event::DecisionRevisited(revisited) => {
                let meeting = self.meeting_on(revisited.meeting, day)?;
                self.quorum_met(meeting)?;
                let decision = self.decisions.get(&revisited.decision);
                match decision.filter(|d| d.day <= day && !d.was_set_aside_before(day, entry.position)) {
                    Some(_) => Ok(()),
                    None => Err(Refusal::DecisionNotStanding { decision: revisited.decision.0, date: day }),
                }
            }
            Event::ActionAssigned(assigned) => {
                self.adopted(assigned.decision, day)?;
                self.has_seats(assigned.owner, day, "details/owner")
            }
            Event::ActionCompleted(completed) => self.ends_after_assigned(completed.action, day),
            Event::ActionDropped(dropped) => self.ends_after_assigned(dropped.action, day),
            _ => Ok(()),
        }
    }

    fn meeting_on(&self, id: MeetingId, day: Date) -> Result<&Meeting<'a>, Refusal> {
        let meeting = self.meetings.get(&id).ok_or(Refusal::NotFound { kind: "meeting", id: id.0 })?;
        if meeting.day == day { Ok(meeting) } else { Err(Refusal::NotOnMeetingDay { date: meeting.day }) }
    }

    fn proposed_by(&self, id: ProposalId, day: Date) -> Held {
        let proposal = self.proposals.get(&id).ok_or(Refusal::NotFound { kind: "proposal", id: id.0 })?;
        if proposal.day <= day {
            return Ok(());
        }
        Err(Refusal::OutOfRange { field: "effective", range: "not before the proposal was raised" })
    }

    fn has_seats(&self, constituency: Constituency, day: Date, field: &'static str) -> Held {
        if self.charter_on(day).is_some_and(|charter| charter.seats.contains_key(&constituency)) {
            return Ok(());
        }
        Err(Refusal::OutOfRange { field, range: "a constituency with seats in the charter" })
    }

    fn ends_after_assigned(&self, action: crate::id::ActionId, day: Date) -> Held {
        if self.actions.get(&action).is_none_or(|action| action.assigned <= day) {
            return Ok(());
        }
        Err(Refusal::OutOfRange { field: "effective", range: "not before the action was assigned" })
    }

    /// Rule 9: positions come from members who attended; which of them took which is not recorded.
    fn positions_hold(&self, taken: &PositionsRecorded, day: Date) -> Held {
        let meeting = self.meeting_on(taken.meeting, day)?;
        self.proposed_by(taken.proposal, day)?;
        let present = self.attended(meeting)?;
        for (constituency, tally) in &taken.positions {
            let (positions, present) = (tally.members(), present.get(constituency).copied().unwrap_or(0));
            if positions > u32::from(present) {
                let constituency = *constituency;
                return Err(Refusal::PositionsExceedAttendance { constituency, positions, present });
            }
        }
        Ok(())
    }

    /// Who attended, where that is recorded.
    pub(super) fn attended(&self, meeting: &Meeting<'_>) -> Result<BTreeMap<Constituency, u16>, Refusal> {
        if meeting.attendance.is_none() {
            return Err(Refusal::AttendanceNotRecorded { date: meeting.day });
        }
        Ok(self.present(meeting))
    }

    /// Rule 8: the quorum of the charter in force on the day, in total and of each constituency.
    fn quorum_met(&self, meeting: &Meeting<'_>) -> Held {
        let present = self.attended(meeting)?;
        match self.charter_on(meeting.day) {
            Some(charter) => charter.quorum.met_by(&present),
            None => Ok(()),
        }
    }

    /// Rule 8: what is adopted was carried with a quorum, by the charter's rule; what is not was not.
    fn decided(&self, decision: &Decision<'_>) -> Held {
        let meeting = self.meeting_on(decision.meeting, decision.day)?;
        self.proposed_by(decision.proposal, decision.day)?;
        let early = Refusal::OutOfRange { field: "effective", range: "not before the council is chartered" };
        let charter = self.charter_on(decision.day).ok_or(early)?;
        let (rule, quorum) = (charter.rule, self.quorum_met(meeting));
        if let Err(unrecorded @ Refusal::AttendanceNotRecorded { .. }) = quorum {
            return Err(unrecorded);
        }
        let tally = self.positions(decision.proposal, decision.meeting).map(Tally::of);
        let missing = Refusal::PositionsNotRecorded { date: decision.day };
        let is_carried = tally.is_some_and(|tally| rule.carries(tally));
        match decision.not_adopted {
            Some(NotAdopted::Withdrawn) => {}
            Some(NotAdopted::NoQuorum) if quorum.is_err() => {}
            Some(_) if quorum.is_ok() && is_carried => return Err(Refusal::DecisionCarried { rule }),
            Some(NotAdopted::NoQuorum) => return Err(Refusal::QuorumMet),
            Some(NotAdopted::NotCarried) => {
                quorum?;
                tally.ok_or(missing)?;
            }
            None => {
                quorum?;
                tally.ok_or(missing)?;
                if !is_carried {
                    return Err(Refusal::DecisionNotCarried { rule });
                }
            }
        }
        self.grounds_are_those_of(charter, decision)
    }

    /// What readers were told of the council when it decided stays so.
    fn grounds_are_those_of(&self, charter: &Charter, decision: &Decision<'_>) -> Held {
        let grounds = match &decision.entry.event {
            Event::DecisionAdopted(adopted) => adopted.grounds.as_ref(),
            Event::DecisionNotAdopted(declined) => declined.grounds.as_ref(),
            _ => None,
        };
        if grounds.is_none_or(|grounds| (grounds.level, grounds.site) == (charter.level, charter.site)) {
            return Ok(());
        }
        Err(Refusal::OutOfRange { field: "details/grounds", range: "the level and site of the council" })
    }

    /// A proposal is decided once at a meeting, and again only after what settled it was set aside.
    fn decided_once(&self, decision: &Decision<'a>) -> Result<(), Broken<'a>> {
        let order = |d: &Decision<'_>| (d.day, d.entry.position);
        for (id, other) in self.decisions.iter().filter(|(_, other)| other.proposal == decision.proposal) {
            let is_later = order(other) > order(decision);
            let settled = decision.settles() && decision.set_aside().is_none_or(|since| since > other.day);
            if is_later && (settled || other.meeting == decision.meeting) {
                let named = if other.entry.id.is_nil() { self.id_of(decision) } else { Some(*id) };
                let decision = named.map_or(uuid::Uuid::nil(), |id| id.0);
                return Err(Broken { at: None, refusal: Refusal::ProposalDecided { decision } });
            }
        }
        Ok(())
    }

    fn id_of(&self, decision: &Decision<'a>) -> Option<DecisionId> {
        let found = self.decisions.iter().find(|(_, other)| other.entry.position == decision.entry.position);
        found.map(|(id, _)| *id)
    }

    /// Rule 9, and that there are never more members than seats.
    fn seats_suffice(&self) -> Held {
        for (member, seatings) in &self.seatings {
            for pair in seatings.windows(2) {
                if let [one, next] = pair
                    && next.from <= one.to
                {
                    return Err(Refusal::SeatHeld { member: member.0, date: next.from });
                }
            }
        }
        let charters = self
            .history
            .entries()
            .iter()
            .filter(|entry| matches!(entry.event, Event::CouncilChartered(_) | Event::CharterAmended(_)));
        let taken = self.seatings.values().flatten().map(|seating| seating.from);
        let changes: BTreeSet<Date> = charters.map(day_of).chain(taken).collect();
        for date in changes {
            let Some(charter) = self.charter_on(date) else { continue };
            for (constituency, filled) in self.filled_on(date) {
                let seats = charter.seats.get(&constituency).copied().unwrap_or(0);
                if filled > seats {
                    return Err(Refusal::NoFreeSeat { constituency, seats, date });
                }
            }
        }
        Ok(())
    }
}

impl Quorum {
    /// Whether so many of each constituency are enough.
    pub(super) fn met_by(&self, present: &BTreeMap<Constituency, u16>) -> Held {
        let total = present.values().fold(0_u16, |sum, count| sum.saturating_add(*count));
        if total < self.total {
            return Err(Refusal::QuorumNotMet { present: total, quorum: self.total });
        }
        for (constituency, quorum) in &self.constituencies {
            let present = present.get(constituency).copied().unwrap_or(0);
            if present < *quorum {
                let (constituency, quorum) = (*constituency, *quorum);
                return Err(Refusal::ConstituencyQuorumNotMet { constituency, present, quorum });
            }
        }
        Ok(())
    }
}
