//! What may be recorded of a council.

use std::collections::BTreeSet;

use jiff::civil::Date;
use uuid::Uuid;

use crate::correction::{CorrectEvent, Correctable, live};
use crate::council::code::Level;
use crate::council::{
    Charter, Command, Council, DecisionAdopted, DecisionNotAdopted, Event, Grounds, Record, Tally, check,
};
use crate::fact::{Fact, Recorded};
use crate::id::{CouncilId, DecisionId, MeetingId, MemberId, ProposalId};
use crate::text::{NAME_CHARS_MAX, code, day_corrected, day_done, not_in_future, one_day, text};
use crate::{Effective, Found, Refusal, Stamp, State, Timestamp};

/// Most seats of one constituency.
const SEATS_MAX: u16 = 100;
/// Most members of a council: seven constituencies.
const MEMBERS_MAX: usize = 700;
/// Most topics of an agenda or a charter's list.
const TOPICS_MAX: usize = 50;

pub(crate) fn decide(
    state: &State,
    command: &Command,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    let (id, effective, event) = match command {
        Command::CharterCouncil(new) => {
            let id = new.id.unwrap_or_else(|| CouncilId::new(stamp.id(0)));
            if state.councils.contains_key(&id) {
                return Err(Refusal::Taken { field: "id", value: id.to_string() });
            }
            let event = Event::CouncilChartered(new.details.clone());
            return record(state, stamp, &Council::default(), event.fact(id.0, new.effective), None);
        }
        Command::CorrectCouncil(command) => return correct(state, command, found, stamp),
        Command::VoidCouncil(command) => {
            let live = live::<Event>(found, command.corrects)?;
            let fact = live.void(command);
            leaves_sound(state, state.council(CouncilId::new(live.subject.id))?, &fact)?;
            return Ok(vec![fact]);
        }
        Command::AmendCharter(act) => (act.id, act.effective, Event::CharterAmended(act.details.clone())),
        Command::SeatMember(act) => (act.id, act.effective, Event::MemberSeated(act.details.clone())),
        Command::ReleaseMember(act) => (act.id, act.effective, Event::MemberSteppedDown(act.details.clone())),
        Command::ConveneMeeting(act) => (act.id, act.effective, Event::MeetingConvened(act.details.clone())),
        Command::RecordAttendance(act) => {
            (act.id, act.effective, Event::AttendanceRecorded(act.details.clone()))
        }
        Command::RaiseProposal(act) => (act.id, act.effective, Event::ProposalRaised(act.details.clone())),
        Command::RecordPositions(act) => {
            (act.id, act.effective, Event::PositionsRecorded(act.details.clone()))
        }
        Command::AdoptDecision(act) => (act.id, act.effective, Event::DecisionAdopted(act.details.clone())),
        Command::DeclineDecision(act) => {
            (act.id, act.effective, Event::DecisionNotAdopted(act.details.clone()))
        }
        Command::RevisitDecision(act) => {
            (act.id, act.effective, Event::DecisionRevisited(act.details.clone()))
        }
        Command::AssignAction(act) => (act.id, act.effective, Event::ActionAssigned(act.details.clone())),
        Command::CompleteAction(act) => (act.id, act.effective, Event::ActionCompleted(act.details.clone())),
        Command::DropAction(act) => (act.id, act.effective, Event::ActionDropped(act.details.clone())),
    };
    let council = state.council(id)?;
    open(state, council)?;
    let event = grounded(council, event)?;
    record(state, stamp, council, event.fact(id.0, effective), None)
}

fn correct(
    state: &State,
    command: &CorrectEvent<Event>,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    let live = live::<Event>(found, command.corrects)?;
    live.correct(command)?;
    let council = state.council(CouncilId::new(live.subject.id))?;
    let now = grounded(council, command.now.clone())?;
    let fact = live.correct(&CorrectEvent { now, ..command.clone() })?;
    record(state, stamp, council, fact, Some(live.effective))
}

/// Rule 14: a council of a closed site accepts only corrections.
fn open(state: &State, council: &Council) -> Result<(), Refusal> {
    let site = council.charter().and_then(|charter| charter.site);
    match site.and_then(|site| state.site(site).ok()?.closed()) {
        Some(since) => Err(Refusal::Closed { kind: "council's site", since }),
        None => Ok(()),
    }
}

/// What holds of every event that enters, new or corrected: `was` is the date that it had.
fn record(
    state: &State,
    stamp: &Stamp,
    council: &Council,
    fact: Fact,
    was: Option<Option<Effective>>,
) -> Result<Vec<Fact>, Refusal> {
    let event = match Event::of(&fact.event) {
        Some(Event::CouncilCorrected(correction)) => &correction.now,
        Some(event) => event,
        None => return Ok(vec![fact]),
    };
    sound(state, CouncilId::new(fact.subject.id), event, fact.effective)?;
    leaves_sound(state, council, &fact)?;
    on_time(state, stamp, event, fact.effective, was)?;
    Ok(vec![fact])
}

/// What is recorded of the council stays sound, and so does what cites its decisions.
fn leaves_sound(state: &State, council: &Council, fact: &Fact) -> Result<(), Refusal> {
    let Some(event) = Event::of(&fact.event) else { return Ok(()) };
    // The nil id marks what is decided, the position puts it behind what happened on the same day.
    let recorded = Recorded { position: u64::MAX, id: Uuid::nil(), time: Timestamp(0), fact };
    let after = council.history.after(&recorded, event);
    check::holds(&after)?;
    keeps_cited(&Record::of(&council.history), &Record::of(&after), |decision| cited_on(state, decision))
}

/// Rule 10: the days on which other things of the ledger cite the decision. The one place to look for them.
fn cited_on(state: &State, decision: DecisionId) -> Vec<Date> {
    let priorities = state.assessments.values().flat_map(|assessment| assessment.cites(decision));
    let sharings = state.sharings.values().filter_map(|sharing| sharing.cites(decision));
    priorities.chain(sharings).collect()
}

/// Rule 10: what is cited was adopted and stood on the day on which it was cited, and still did afterwards.
fn keeps_cited(
    before: &Record<'_>,
    after: &Record<'_>,
    cited_on: impl Fn(DecisionId) -> Vec<Date>,
) -> Result<(), Refusal> {
    let mut cited = before.decisions.keys().flat_map(|id| cited_on(*id).into_iter().map(|day| (*id, day)));
    if cited.all(|(decision, day)| after.adopted(decision, day).is_ok()) {
        return Ok(());
    }
    Err(Refusal::InUse { what: "what cites a decision of the council" })
}

/// A decision with what it rests on, and a tally that equals the recorded positions.
fn grounded(council: &Council, event: Event) -> Result<Event, Refusal> {
    match event {
        Event::DecisionAdopted(adopted) => {
            let given = (adopted.grounds, Some(adopted.tally));
            let (grounds, _) = grounds(council, adopted.meeting, adopted.proposal, given)?;
            Ok(Event::DecisionAdopted(DecisionAdopted { grounds: Some(grounds), ..adopted }))
        }
        Event::DecisionNotAdopted(declined) => {
            let given = (declined.grounds, declined.tally);
            let (grounds, tally) = grounds(council, declined.meeting, declined.proposal, given)?;
            Ok(Event::DecisionNotAdopted(DecisionNotAdopted { grounds: Some(grounds), tally, ..declined }))
        }
        other => Ok(other),
    }
}

fn grounds(
    council: &Council,
    id: MeetingId,
    proposal: ProposalId,
    (given, tally): (Option<Grounds>, Option<Tally>),
) -> Result<(Grounds, Option<Tally>), Refusal> {
    let record = Record::of(&council.history);
    let unknown = Refusal::NotFound { kind: "meeting", id: id.0 };
    let meeting = record.meetings.get(&id).ok_or(unknown.clone())?;
    if !record.proposals.contains_key(&proposal) {
        return Err(Refusal::NotFound { kind: "proposal", id: proposal.0 });
    }
    let present = record.attended(meeting)?;
    let charter = record.charter_on(meeting.day).ok_or(unknown)?;
    let positions = record.positions(proposal, id);
    let recorded = positions.map(Tally::of);
    match (tally, recorded) {
        (Some(_), None) => return Err(Refusal::PositionsNotRecorded { date: meeting.day }),
        (Some(tally), Some(recorded)) if tally != recorded => {
            let Tally { support, stand_aside, oppose, abstain } = recorded;
            return Err(Refusal::TallyDiffers { support, stand_aside, oppose, abstain });
        }
        (Some(_) | None, _) => {}
    }
    let (level, site, rule, quorum) = (charter.level, charter.site, charter.rule, charter.quorum.clone());
    let positions = positions.cloned().unwrap_or_default();
    let grounds = Grounds { level, site, rule, quorum, present, positions };
    if given.is_some_and(|given| given != grounds) {
        return Err(Refusal::OutOfRange { field: "details/grounds", range: "what the ledger fills in" });
    }
    Ok((grounds, recorded))
}

/// What is wrong with the event itself.
fn sound(state: &State, id: CouncilId, event: &Event, effective: Option<Effective>) -> Result<(), Refusal> {
    match event {
        Event::CouncilChartered(charter) => {
            charter_sound(charter)?;
            let date = one_day(effective)?;
            match charter.site {
                Some(site) if !state.site(site)?.is_open_on(date) => Err(Refusal::SiteNotOpen { date }),
                Some(_) | None => Ok(()),
            }
        }
        Event::CharterAmended(charter) => charter_sound(charter),
        Event::MemberSeated(seated) => member_of_this_council(state, id, seated.member),
        Event::MeetingConvened(convened) => {
            let topics: BTreeSet<_> = convened.agenda.iter().collect();
            if topics.len() != convened.agenda.len() || !(1..=TOPICS_MAX).contains(&topics.len()) {
                return Err(Refusal::ListNotAllowed { field: "details/agenda", max: TOPICS_MAX });
            }
            topics.into_iter().try_for_each(|topic| code("details/agenda", topic))
        }
        Event::AttendanceRecorded(attended) => {
            if (1..=MEMBERS_MAX).contains(&attended.members.len()) {
                return Ok(());
            }
            Err(Refusal::ListNotAllowed { field: "details/members", max: MEMBERS_MAX })
        }
        Event::ProposalRaised(raised) => text("details/title", &raised.title, NAME_CHARS_MAX),
        Event::PositionsRecorded(taken) => {
            if taken.positions.is_empty() || taken.positions.values().any(|tally| tally.members() == 0) {
                return Err(Refusal::ListNotAllowed { field: "details/positions", max: 7 });
            }
            Ok(())
        }
        Event::DecisionAdopted(decision) => decision_of_this_council(state, id, decision.decision),
        Event::DecisionNotAdopted(decision) => decision_of_this_council(state, id, decision.decision),
        Event::ActionAssigned(assigned) if Some(assigned.due) < effective.map(|e| e.from()) => {
            Err(Refusal::OutOfRange { field: "details/due", range: "not before the action is assigned" })
        }
        _ => Ok(()),
    }
}

fn charter_sound(charter: &Charter) -> Result<(), Refusal> {
    text("details/name", &charter.name, NAME_CHARS_MAX)?;
    if (charter.level == Level::Site) != charter.site.is_some() {
        return Err(Refusal::OutOfRange {
            field: "details/site",
            range: "given at level site, and only then",
        });
    }
    if charter.seats.is_empty() {
        return Err(Refusal::ListNotAllowed { field: "details/seats", max: 7 });
    }
    if !charter.seats.values().all(|seats| (1..=SEATS_MAX).contains(seats)) {
        return Err(Refusal::OutOfRange { field: "details/seats", range: "1 to 100" });
    }
    let (quorum, seats) = (&charter.quorum, charter.seats.values().sum::<u16>());
    if !(1..=seats).contains(&quorum.total) {
        return Err(Refusal::OutOfRange { field: "details/quorum/total", range: "1 to the number of seats" });
    }
    let within = |(constituency, quorum): (_, &u16)| {
        charter.seats.get(constituency).is_some_and(|seats| (1..=*seats).contains(quorum))
    };
    if !quorum.constituencies.iter().all(within) {
        let field = "details/quorum/constituencies";
        return Err(Refusal::OutOfRange { field, range: "1 to the constituency's seats" });
    }
    let mut named = charter.seats.keys().filter(|constituency| constituency.is_never_left_out());
    if let Some(constituency) = named.find(|c| !quorum.constituencies.contains_key(c)) {
        return Err(Refusal::QuorumLeavesOut { constituency: *constituency });
    }
    let mut topics = BTreeSet::new();
    for (field, list) in [
        ("details/decides", &charter.decides),
        ("details/advises", &charter.advises),
        ("details/told", &charter.told),
    ] {
        list.iter().try_for_each(|topic| code(field, topic))?;
        if list.len() > TOPICS_MAX || !list.iter().all(|topic| topics.insert(topic)) {
            return Err(Refusal::OutOfRange { field, range: "at most 50 topics, each in one list only" });
        }
    }
    Ok(())
}

/// An alias that stood in two councils would tell that one person sits on both.
fn member_of_this_council(state: &State, id: CouncilId, member: MemberId) -> Result<(), Refusal> {
    let names = |council: &Council| {
        let mut entries = council.history.entries().iter();
        entries.any(|entry| matches!(&entry.event, Event::MemberSeated(seated) if seated.member == member))
    };
    if state.councils.iter().any(|(other, council)| *other != id && names(council)) {
        return Err(Refusal::Taken { field: "details/member", value: member.to_string() });
    }
    Ok(())
}

fn decision_of_this_council(state: &State, id: CouncilId, decision: DecisionId) -> Result<(), Refusal> {
    match state.council_by_decision.get(&decision) {
        Some(other) if *other != id => {
            Err(Refusal::Taken { field: "details/decision", value: decision.to_string() })
        }
        Some(_) | None => Ok(()),
    }
}

/// Charters, terms and meetings may lie ahead; what was done is reported as the policy lets it.
fn on_time(
    state: &State,
    stamp: &Stamp,
    event: &Event,
    effective: Option<Effective>,
    was: Option<Option<Effective>>,
) -> Result<(), Refusal> {
    match event {
        Event::MemberSeated(_) => Ok(()),
        Event::CharterAmended(_) | Event::MeetingConvened(_) => one_day(effective).map(|_| ()),
        Event::CouncilChartered(_) | Event::MemberSteppedDown(_) => not_in_future(stamp, one_day(effective)?),
        _ => match was {
            Some(was) => day_corrected(state, stamp, effective, was).map(|_| ()),
            None => day_done(state, stamp, effective).map(|_| ()),
        },
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::council::DecisionRevisited;
    use crate::council::code::NotAdopted;

    /// A history of one decision on 2 March, and what is said of it afterwards.
    fn history(not_adopted: Option<NotAdopted>, set_aside: Option<Date>) -> Council {
        let id = Uuid::from_u128;
        let (decision, meeting, proposal) =
            (DecisionId::new(id(1)), MeetingId::new(id(2)), ProposalId::new(id(3)));
        let taken = match not_adopted {
            None => {
                let tally = Tally::default();
                let adopted = DecisionAdopted { decision, meeting, proposal, tally, grounds: None };
                Event::DecisionAdopted(adopted)
            }
            Some(reason) => Event::DecisionNotAdopted(DecisionNotAdopted {
                decision,
                meeting,
                proposal,
                reason,
                tally: None,
                grounds: None,
            }),
        };
        let revisited = Event::DecisionRevisited(DecisionRevisited { decision, meeting, stands: false });
        let events = [(date(2026, 3, 2), taken)].into_iter().chain(set_aside.map(|day| (day, revisited)));
        let mut council = Council::default();
        for (position, (day, event)) in (1..).zip(events) {
            let fact = event.clone().fact(id(9), Effective::Day(day));
            let recorded = Recorded { position, id: id(100), time: Timestamp(0), fact: &fact };
            council.record(&recorded, &event);
        }
        council
    }

    #[test]
    fn what_is_cited_stays_adopted_and_standing_on_the_days_on_which_it_is_cited() {
        let before = history(None, None);
        let cited = |_| vec![date(2026, 3, 2), date(2026, 4, 6)];
        let keeps = |after: Council| {
            keeps_cited(&Record::of(&before.history), &Record::of(&after.history), cited).is_ok()
        };
        assert!(keeps(before.clone()));
        assert!(keeps(history(None, Some(date(2026, 4, 7)))));
        assert!(!keeps(history(None, Some(date(2026, 4, 6)))));
        assert!(!keeps(history(Some(NotAdopted::NotCarried), None)));
        assert!(!keeps(Council::default()));
    }
}
