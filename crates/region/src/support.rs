//! What comes from beyond the district and goes there: technical assistance, and sharings that its council decides.

use std::collections::BTreeSet;

use domain::assistance::{self, Evaluated, Provided, Request, Requested, Scheduled, Strategy};
use domain::code::{Mode, ReasonCode};
use domain::command::{Act, Create};
use domain::id::{AssistanceId, SharingId, SiteId};
use domain::sharing::code::{SharedData, SharingPurpose};
use domain::sharing::{self, Approved, Proposed, Recipient, Revoked};
use domain::{Command, Effective, Event, Kind};
use jiff::civil::{Date, date};

use crate::agenda::{Step, Then, on};
use crate::calendar::{ENDS, after, school_day_from};
use crate::chance::Chance;
use crate::council::Adopted;
use crate::opening::Opening;
use crate::places::Profile;

/// What is asked for, in turn, and which capacity it builds.
const TOPICS: [(&str, Strategy); 5] = [
    ("asset-mapping", Strategy::CommunityBasedLearning),
    ("council-facilitation", Strategy::CollaborativeLeadership),
    ("shared-vision", Strategy::SharedCommitment),
    ("partner-agreements", Strategy::StrategicPartnerships),
    ("braided-funding", Strategy::SustainingResources),
];
const PROVIDER: &str = "county-assistance-team";
/// With whom totals are shared.
const OFFICE: &str = "county-office";
const EXPIRES: Date = ENDS;

impl Opening {
    /// Asks for help: for the district, and for every third of its first so many sites.
    pub(crate) fn assistance(&mut self, sites: usize, chance: &mut Chance) {
        let sites: Vec<SiteId> = self.sites.iter().take(sites).step_by(3).copied().collect();
        for (number, site) in (0..).zip(std::iter::once(None).chain(sites.into_iter().map(Some))) {
            self.assist(number, site, chance);
        }
    }

    fn assist(&mut self, number: u32, site: Option<SiteId>, chance: &mut Chance) {
        let id = AssistanceId::new(chance.id("assistance", u64::from(number)));
        let known = TOPICS.iter().cycle().nth(number as usize % TOPICS.len());
        let (topic, strategy) = known.copied().unwrap_or(("other", Strategy::SharedCommitment));
        let day = school_day_from(after(date(2025, 9, 17), 13 * (number % 12)));
        let details = Requested { site, topic: topic.to_owned(), strategy };
        let new = Create { id: Some(id), effective: on(day), details };
        self.agenda.add(day, Command::Assistance(assistance::Command::RequestAssistance(new)));
        let (called, met) = (school_day_from(after(day, 4)), school_day_from(after(day, 21)));
        let act = |day, details| Act { id, effective: on(day), details };
        let scheduled = act(met, Scheduled { provider: PROVIDER.to_owned(), request: None });
        let schedule = assistance::Command::ScheduleAssistance(scheduled);
        self.agenda.add(called, Command::Assistance(schedule));
        let provided = Provided {
            provider: PROVIDER.to_owned(),
            minutes: 30 * chance.between(2, 6),
            mode: if chance.happens(400) { Mode::Remote } else { Mode::InPerson },
            participants: chance.between(6, 30),
            request: None,
        };
        let request = Request { site, topic: topic.to_owned(), strategy, day };
        let now =
            Provided { participants: provided.participants + 3, request: Some(request), ..provided.clone() };
        let then = if number == 0 {
            Then::Correct(Box::new(Event::Assistance(assistance::Event::AssistanceProvided(now))))
        } else {
            Then::Nothing
        };
        let act = Act { id, effective: on(met), details: provided };
        let provide = Command::Assistance(assistance::Command::ProvideAssistance(act));
        self.agenda.add(met, Step::wrong(provide, then));
        self.evaluate(number, id, school_day_from(after(met, 2)), chance);
    }

    /// Each score that was given is an event; one is entered twice.
    fn evaluate(&mut self, number: u32, id: AssistanceId, day: Date, chance: &mut Chance) {
        for score in [5, 4, 3] {
            let details = Evaluated { score, n: chance.between(1, u32::from(score) * 2), request: None };
            let act = Act { id, effective: on(day), details };
            let evaluate = || {
                let command = assistance::Command::EvaluateAssistance(act.clone());
                Command::Assistance(command)
            };
            self.agenda.add(day, evaluate());
            if number == 0 && score == 3 {
                self.agenda.add(day, Step::wrong(evaluate(), Then::Void(Kind::Assistance)));
            }
        }
    }

    /// What the district shares by its council's decision; one sharing is revoked, one waits for a decision.
    pub(crate) fn sharings(&mut self, profile: &Profile, adopted: &[Adopted], chance: &Chance) {
        let Some(adopted) = adopted.first().copied() else { return };
        let office = Recipient::Organisation(OFFICE.to_owned());
        let totals = |purpose| Proposed {
            to: office.clone(),
            what: BTreeSet::from([SharedData::ServiceTotals, SharedData::Directory]),
            purpose,
        };
        let with_neighbour = Proposed {
            to: Recipient::Ledger(profile.neighbour()),
            what: BTreeSet::from([SharedData::Directory]),
            purpose: SharingPurpose::ServiceCoordination,
        };
        let id = |number| SharingId::new(chance.id("sharing", number));
        let proposed = date(2025, 9, 3);
        self.propose(id(0), proposed, totals(SharingPurpose::GrantReporting), Then::Nothing);
        self.propose(id(1), proposed, with_neighbour, Then::Nothing);
        for number in 0..2 {
            let day = school_day_from(after(adopted.day, 1));
            let details = Approved { decision: adopted.id, proposed: None };
            let act = Act { id: id(number), effective: Effective::Span(day, EXPIRES), details };
            self.agenda.add(day, Command::Sharing(sharing::Command::ApproveSharing(act)));
        }
        let day = date(2026, 3, 16);
        let details = Revoked { reason: ReasonCode::MutualAgreement, proposed: None };
        let act = Act { id: id(1), effective: on(day), details };
        self.agenda.add(day, Command::Sharing(sharing::Command::RevokeSharing(act)));
        let now = totals(SharingPurpose::ProgramEvaluation);
        let now = Event::Sharing(sharing::Event::SharingProposed(now));
        let (day, other) = (date(2026, 4, 22), totals(SharingPurpose::TechnicalAssistance));
        self.propose(id(2), day, other.clone(), Then::Correct(Box::new(now)));
        self.propose(id(3), day, other, Then::Void(Kind::Sharing));
        self.told(id(0), OFFICE, school_day_from(after(adopted.day, 2)));
    }

    fn propose(&mut self, id: SharingId, day: Date, details: Proposed, then: Then) {
        let new = Create { id: Some(id), effective: on(day), details };
        let propose = Command::Sharing(sharing::Command::ProposeSharing(new));
        self.agenda.add(day, Step::wrong(propose, then));
    }
}
