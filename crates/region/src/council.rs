//! Councils: one for the district and one for each site that has one. They meet eight times in the year; most of what
//! is proposed is adopted, some is not, and sometimes too few families come to decide anything.

use std::collections::{BTreeMap, BTreeSet};

use domain::code::Pillar::{self, *};
use domain::code::ReasonCode;
use domain::command::{Act, Create};
use domain::council::code::Constituency::{self, *};
use domain::council::code::{DecisionRule, Level, NotAdopted};
use domain::council::{self as about, Charter, Quorum, Tally};
use domain::id::{ActionId, CouncilId, DecisionId, MeetingId, MemberId, ProposalId, SiteId};
use domain::{Command, Effective, Event, Kind};
use jiff::civil::{Date, date};

use crate::agenda::{Agenda, Step, Then, on};
use crate::calendar::{ENDS, after, school_day_from, school_day_until};
use crate::chance::Chance;
use crate::opening::{Extent, Opening};

/// Its first day.
const CHARTERED: Date = date(2025, 8, 18);
/// From here on another holds a family's seat.
const HANDED_OVER: Date = date(2026, 1, 21);
/// The district's council decides by another rule from here on.
const AMENDED: Date = date(2026, 1, 28);
/// The month of each meeting.
const MEETINGS: [Date; 8] = [
    date(2025, 9, 8),
    date(2025, 10, 6),
    date(2025, 11, 3),
    date(2025, 12, 1),
    date(2026, 2, 2),
    date(2026, 3, 2),
    date(2026, 4, 6),
    date(2026, 5, 4),
];

/// Whose seats, how many, and how many of them must attend.
const SEATS: [(Constituency, u16, u16); 6] = [
    (Student, 2, 1),
    (Family, 3, 2),
    (Educator, 2, 0),
    (ClassifiedStaff, 1, 0),
    (Administrator, 1, 0),
    (CommunityPartner, 1, 0),
];
const QUORUM: u16 = 6;

/// What is proposed, in turn; the first of the year is what comes first.
const PROPOSALS: [(Constituency, Pillar, &str); 12] = [
    (Family, StudentSupports, "Priorities of the year"),
    (Family, FamilyEngagement, "Longer hours of the parent centre"),
    (Student, ExtendedLearning, "A music room after school"),
    (Educator, StudentSupports, "A quiet room at lunch"),
    (Administrator, CollaborativeLeadership, "A shared calendar of partners"),
    (Family, StudentSupports, "A food pantry on Fridays"),
    (Student, CollaborativeLeadership, "Students greet newcomers"),
    (CommunityPartner, ExtendedLearning, "A garden with the neighbours"),
    (ClassifiedStaff, StudentSupports, "A late bus on club days"),
    (Family, FamilyEngagement, "Meetings with interpreters"),
    (Educator, ExtendedLearning, "Tutoring before exams"),
    (Student, StudentSupports, "Sports shoes to borrow"),
];

/// A decision that was adopted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Adopted {
    pub(crate) id: DecisionId,
    pub(crate) day: Date,
}

struct Member {
    id: MemberId,
    constituency: Constituency,
    from: Date,
    to: Date,
}

/// A council while its year is planned.
struct Planning<'a> {
    id: CouncilId,
    /// 0 is the district's.
    number: u64,
    charter: Charter,
    members: Vec<Member>,
    /// Raised and not decided yet.
    open: Vec<ProposalId>,
    raised: u64,
    adopted: Vec<Adopted>,
    agenda: &'a mut Agenda,
    chance: &'a mut Chance,
}

impl Opening {
    /// The council of the district; gives what it adopts.
    pub(crate) fn district_council(&mut self, chance: &mut Chance) -> Vec<Adopted> {
        council((0, None), Extent::Whole, &mut self.agenda, chance)
    }

    /// The council of the site at this place; gives what it adopts.
    pub(crate) fn site_council(
        &mut self,
        at: usize,
        site: SiteId,
        extent: Extent,
        chance: &mut Chance,
    ) -> Vec<Adopted> {
        council((1 + at as u64, Some(site)), extent, &mut self.agenda, chance)
    }
}

fn council(
    (number, site): (u64, Option<SiteId>),
    extent: Extent,
    agenda: &mut Agenda,
    chance: &mut Chance,
) -> Vec<Adopted> {
    let id = CouncilId::new(chance.id("council", number));
    let mut planning = Planning {
        id,
        number,
        charter: charter(number, site),
        members: Vec::new(),
        open: Vec::new(),
        raised: 0,
        adopted: Vec::new(),
        agenda,
        chance,
    };
    let new = Create { id: Some(id), effective: on(CHARTERED), details: planning.charter.clone() };
    planning.agenda.add(CHARTERED, Command::Council(about::Command::CharterCouncil(new)));
    planning.seat_all();
    for (at, month) in MEETINGS.iter().enumerate().take(extent.of(MEETINGS.len(), 2)) {
        // Not all meet on one day.
        let day = school_day_from(after(*month, 1 + u32::try_from(number % 9).unwrap_or(0)));
        planning.meeting(at, day);
    }
    planning.adopted
}

fn charter(number: u64, site: Option<SiteId>) -> Charter {
    let rules =
        [DecisionRule::Majority, DecisionRule::Consent, DecisionRule::TwoThirds, DecisionRule::Consensus];
    let rule = rules.get(usize::try_from(number % 4).unwrap_or(0)).copied();
    let topics = |topics: &[&str]| topics.iter().map(|topic| (*topic).to_owned()).collect::<BTreeSet<_>>();
    let least = SEATS.iter().filter(|(.., least)| *least > 0);
    Charter {
        level: if site.is_some() { Level::Site } else { Level::District },
        site,
        name: if site.is_some() { "Site council" } else { "District council" }.to_owned(),
        seats: SEATS.iter().map(|(constituency, seats, _)| (*constituency, *seats)).collect(),
        quorum: Quorum {
            total: QUORUM,
            constituencies: least.map(|(constituency, _, least)| (*constituency, *least)).collect(),
        },
        rule: rule.unwrap_or(DecisionRule::Majority),
        decides: topics(&["priorities"]),
        advises: topics(&["budget", "calendar"]),
        told: topics(&["staffing"]),
    }
}

impl Planning<'_> {
    fn add<D>(
        &mut self,
        day: Date,
        effective: Effective,
        details: D,
        to: fn(Act<CouncilId, D>) -> about::Command,
    ) {
        self.agenda.add(day, Command::Council(to(Act { id: self.id, effective, details })));
    }

    fn seat_all(&mut self) {
        let mut number = 0;
        for (constituency, seats, _) in SEATS {
            for seat in 0..seats {
                self.seat(number, constituency, CHARTERED);
                number += 1;
                // In every third council the first family hands over in January.
                if self.number % 3 == 1 && constituency == Family && seat == 0 {
                    self.hand_over();
                }
            }
        }
        if self.number == 0 {
            self.charter.rule = DecisionRule::Consent;
            self.add(AMENDED, on(AMENDED), self.charter.clone(), about::Command::AmendCharter);
            // Until then it is what it was.
            self.charter.rule = DecisionRule::Majority;
        }
    }

    fn seat(&mut self, number: u64, constituency: Constituency, from: Date) {
        let id = MemberId::new(self.chance.id("member", self.number * 100 + number));
        self.members.push(Member { id, constituency, from, to: ENDS });
        let details = about::MemberSeated { member: id, constituency };
        self.add(from, Effective::Span(from, ENDS), details, about::Command::SeatMember);
    }

    fn hand_over(&mut self) {
        let Some(member) = self.members.last_mut() else { return };
        let last = HANDED_OVER.saturating_sub(jiff::Span::new().days(1));
        member.to = last;
        let details = about::MemberSteppedDown { member: member.id };
        self.add(last, on(last), details, about::Command::ReleaseMember);
        self.seat(90, Family, HANDED_OVER);
    }

    fn meeting(&mut self, at: usize, day: Date) {
        if self.number == 0 && day >= AMENDED {
            self.charter.rule = DecisionRule::Consent;
        }
        let meeting = MeetingId::new(self.chance.id("meeting", self.number * 100 + at as u64));
        let agenda = if at == 0 { vec!["priorities".to_owned()] } else { vec!["budget".to_owned()] };
        let details = about::MeetingConvened { meeting, agenda };
        let called = school_day_until(day.saturating_sub(jiff::Span::new().days(7)));
        self.add(called, on(day), details, about::Command::ConveneMeeting);
        let present = self.attend(at, meeting, day);
        let first = ProposalId::new(self.chance.id("proposal", self.number * 1000 + self.raised));
        self.raise(first, day, at == 0 && self.number == 1);
        if self.chance.happens(250) {
            let second = ProposalId::new(self.chance.id("proposal", self.number * 1000 + self.raised));
            self.raise(second, day, false);
        }
        for proposal in std::mem::take(&mut self.open) {
            self.decide((at, meeting, day), proposal, &present);
        }
        let quorum = self.quorum(&present);
        // What the priorities rest on is not looked at again.
        if let Some(Adopted { id, .. }) = self.adopted.get(1).copied()
            && at + 1 == MEETINGS.len()
            && quorum
        {
            let stands = self.chance.happens(600);
            let details = about::DecisionRevisited { decision: id, meeting, stands };
            self.add(day, on(day), details, about::Command::RevisitDecision);
        }
    }

    /// Who comes; all to the first meeting, and now and then no family.
    fn attend(&mut self, at: usize, meeting: MeetingId, day: Date) -> BTreeMap<Constituency, u16> {
        let without_families = at > 0 && self.chance.happens(60);
        let mut members = BTreeSet::new();
        let mut present: BTreeMap<Constituency, u16> = BTreeMap::new();
        for member in &self.members {
            let comes = at == 0 || self.chance.happens(930);
            let away = without_families && member.constituency == Family;
            if comes && !away && member.from <= day && day <= member.to {
                members.insert(member.id);
                *present.entry(member.constituency).or_default() += 1;
            }
        }
        // Somebody opens the door.
        if members.is_empty() {
            let host = self.members.iter().find(|member| member.constituency == Administrator);
            members.extend(host.map(|member| member.id));
            present.insert(Administrator, 1);
        }
        let details = about::AttendanceRecorded { meeting, members };
        self.add(day, on(day), details, about::Command::RecordAttendance);
        present
    }

    fn quorum(&self, present: &BTreeMap<Constituency, u16>) -> bool {
        let quorum = &self.charter.quorum;
        present.values().sum::<u16>() >= quorum.total
            && quorum.constituencies.iter().all(|(c, least)| present.get(c).copied().unwrap_or(0) >= *least)
    }

    fn raise(&mut self, proposal: ProposalId, day: Date, misspelt: bool) {
        // Councils take them in another order, after the first.
        let at = if self.raised == 0 { 0 } else { 1 + (self.raised + self.number) % 11 };
        let chosen = PROPOSALS.get(usize::try_from(at).unwrap_or(0)).copied();
        let (constituency, pillar, title) = chosen.unwrap_or((Family, StudentSupports, "Other matters"));
        self.raised += 1;
        self.open.push(proposal);
        let raised =
            |title: &str| about::ProposalRaised { proposal, constituency, pillar, title: title.to_owned() };
        if misspelt {
            let act = Act { id: self.id, effective: on(day), details: raised("Priorites of the year") };
            let now = Event::Council(about::Event::ProposalRaised(raised(title)));
            let command = Command::Council(about::Command::RaiseProposal(act));
            self.agenda.add(day, Step::wrong(command, Then::Correct(Box::new(now))));
        } else {
            self.add(day, on(day), raised(title), about::Command::RaiseProposal);
        }
    }

    fn decide(
        &mut self,
        (at, meeting, day): (usize, MeetingId, Date),
        proposal: ProposalId,
        present: &BTreeMap<Constituency, u16>,
    ) {
        let id = DecisionId::new(self.chance.id(&format!("decision {proposal}"), at as u64));
        let declined = |reason, tally| about::DecisionNotAdopted {
            decision: id,
            meeting,
            proposal,
            reason,
            tally,
            grounds: None,
        };
        if !self.quorum(present) {
            // It comes back.
            self.open.push(proposal);
            let details = declined(NotAdopted::NoQuorum, None);
            return self.add(day, on(day), details, about::Command::DeclineDecision);
        }
        if at > 0 && self.chance.happens(40) {
            let details = declined(NotAdopted::Withdrawn, None);
            return self.add(day, on(day), details, about::Command::DeclineDecision);
        }
        let positions = self.positions(at, present);
        let tally = Tally::of(&positions);
        let details = about::PositionsRecorded { meeting, proposal, positions };
        self.add(day, on(day), details, about::Command::RecordPositions);
        if self.charter.rule.carries(tally) {
            let details = about::DecisionAdopted { decision: id, meeting, proposal, tally, grounds: None };
            self.add(day, on(day), details, about::Command::AdoptDecision);
            self.adopted.push(Adopted { id, day });
            self.act_on(id, day);
        } else {
            let details = declined(NotAdopted::NotCarried, Some(tally));
            self.add(day, on(day), details, about::Command::DeclineDecision);
        }
    }

    /// Most are for it; for what comes first all are.
    fn positions(
        &mut self,
        at: usize,
        present: &BTreeMap<Constituency, u16>,
    ) -> BTreeMap<Constituency, Tally> {
        // Some proposals divide a council, and most don't.
        let divides = at > 0 && self.chance.happens(330);
        let mut positions = BTreeMap::new();
        for (constituency, present) in present {
            let mut tally = Tally::default();
            for _ in 0..*present {
                let position = match self.chance.below(1000) {
                    _ if at == 0 => &mut tally.support,
                    0..300 if divides => &mut tally.oppose,
                    300..450 if divides => &mut tally.stand_aside,
                    0..60 => &mut tally.stand_aside,
                    60..120 => &mut tally.abstain,
                    _ => &mut tally.support,
                };
                *position += 1;
            }
            positions.insert(*constituency, tally);
        }
        positions
    }

    /// What somebody is to do about a decision, and whether they did.
    fn act_on(&mut self, decision: DecisionId, day: Date) {
        if !self.chance.happens(650) {
            return;
        }
        let number = self.number * 1000 + self.adopted.len() as u64;
        let action = ActionId::new(self.chance.id("action", number));
        let owners = [Administrator, Educator, ClassifiedStaff, CommunityPartner, Family];
        let owner = self.chance.pick(&owners).copied().unwrap_or(Administrator);
        let due = after(day, self.chance.between(20, 60));
        let assigned = |action| about::ActionAssigned { action, decision, owner, due };
        self.add(day, on(day), assigned(action), about::Command::AssignAction);
        if self.number == 1 && self.adopted.len() == 1 {
            let details = assigned(ActionId::new(self.chance.id("action-again", number)));
            let again = about::Command::AssignAction(Act { id: self.id, effective: on(day), details });
            self.agenda.add(day, Step::wrong(Command::Council(again), Then::Void(Kind::Council)));
        }
        let ended = school_day_from(after(day, self.chance.between(10, 70)));
        match self.chance.below(100) {
            0..70 => {
                let details = about::ActionCompleted { action };
                self.add(ended, on(ended), details, about::Command::CompleteAction);
            }
            70..85 => {
                let details = about::ActionDropped { action, reason: ReasonCode::Staffing };
                self.add(ended, on(ended), details, about::Command::DropAction);
            }
            // It is open at the end of the year.
            _ => {}
        }
    }
}
