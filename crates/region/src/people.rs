//! People, by random ids: who is enrolled, in which households, merged with whom, and who consented to what.

use std::collections::BTreeSet;

use domain::code::ServiceKind;
use domain::command::{Act, Create};
use domain::consent::{self, ConsentBasis, WithdrawalReason};
use domain::id::{CaseId, ConsentId, HouseholdId, PersonId, SiteId};
use domain::{Command, Effective, Event, Kind, person};
use jiff::civil::{Date, date};

use crate::agenda::{Step, Then, on};
use crate::calendar::{ENDS, after, school_day_from};
use crate::chance::Chance;
use crate::opening::Opening;
use crate::places::Profile;

/// Students, households and cases of a site.
const STUDENTS: u32 = 420;
pub(crate) const HOUSEHOLDS: u32 = 300;
pub(crate) const CASES: u32 = 24;
/// Where records name only who is enrolled, that is one event for each so many, and some at least.
const EVENTS_A_STUDENT: u64 = 40;
const STUDENTS_MIN: u64 = 12;
/// Students who have two ids for a while.
const DOUBLES: u32 = 4;
/// Cases of a site for which somebody consented.
const CONSENTS: u32 = 4;
const ENROLLED: Date = date(2025, 7, 28);

pub(crate) fn student(chance: &Chance, site: SiteId, number: u32) -> PersonId {
    PersonId::new(chance.id(&format!("person {site}"), u64::from(number)))
}

pub(crate) fn household(chance: &Chance, site: SiteId, number: u32) -> HouseholdId {
    HouseholdId::new(chance.id(&format!("household {site}"), u64::from(number)))
}

pub(crate) fn case(chance: &Chance, site: SiteId, number: u32) -> CaseId {
    CaseId::new(chance.id(&format!("case {site}"), u64::from(number)))
}

/// The consent in the case of this number.
pub(crate) fn consent(chance: &Chance, site: SiteId, number: u32) -> ConsentId {
    ConsentId::new(chance.id(&format!("consent {site}"), u64::from(number)))
}

fn enrol(chance: &Chance, site: SiteId, number: u32, day: Date) -> Command {
    let household = (number % 5 != 4).then(|| household(chance, site, 1 + number % HOUSEHOLDS));
    let details = person::Enrolled { household };
    let id = Some(student(chance, site, number));
    Command::Person(person::Command::EnrolPerson(Create { id, effective: on(day), details }))
}

impl Opening {
    /// Enrols every student that a record will name, where only such may be named.
    pub(crate) fn enrol(&mut self, profile: &Profile, quota: u64, chance: &Chance) {
        self.students = STUDENTS;
        if !profile.enrols() {
            return;
        }
        let each = quota / (EVENTS_A_STUDENT * profile.schools.max(1) as u64);
        let each = each.clamp(STUDENTS_MIN, u64::from(STUDENTS));
        // It is no more than the constant.
        self.students = u32::try_from(each).unwrap_or(STUDENTS);
        for site in self.sites.clone() {
            for number in 0..self.students {
                self.now(enrol(chance, site, number, ENROLLED));
            }
        }
    }

    /// What happens with people in the year, at the first so many sites.
    pub(crate) fn people(&mut self, enrolled: bool, sites: usize, chance: &mut Chance) {
        let Some(first) = self.sites.first().copied() else { return };
        if !enrolled {
            for number in 0..DOUBLES + 3 {
                let day = date(2025, 8, 20);
                self.agenda.add(day, enrol(chance, first, number, day));
            }
        }
        self.doubles(first, chance);
        self.households(first, chance);
        for (at, site) in self.sites.clone().into_iter().enumerate().take(sites) {
            self.consents(at, site, chance);
        }
    }

    /// Some students of the first site came with two ids, which is seen later; one pair were two after all.
    fn doubles(&mut self, site: SiteId, chance: &Chance) {
        for number in 0..DOUBLES {
            let (id, into) = (student(chance, site, 10_000 + number), student(chance, site, number));
            self.doubles.push(id);
            let enrolment = person::Command::EnrolPerson(Create {
                id: Some(id),
                effective: on(ENROLLED),
                details: person::Enrolled { household: None },
            });
            self.now(Command::Person(enrolment));
            let day = school_day_from(after(date(2025, 10, 14), 9 * number));
            let merge = Act { id, effective: on(day), details: person::Merged { into } };
            self.agenda.add(day, Command::Person(person::Command::MergePersons(merge)));
            if number == 0 {
                let day = date(2026, 2, 10);
                let apart = Act { id, effective: on(day), details: person::Separated { from: into } };
                self.agenda.add(day, Command::Person(person::Command::SeparatePersons(apart)));
            }
        }
    }

    fn households(&mut self, site: SiteId, chance: &Chance) {
        let person = |number| student(chance, site, DOUBLES + number);
        let joins = |number: u32, other: u32, day| {
            let details = person::InHousehold { household: household(chance, site, other) };
            let act = Act { id: person(number), effective: on(day), details };
            Command::Person(person::Command::JoinHousehold(act))
        };
        self.agenda.add(date(2025, 10, 6), joins(0, 401, date(2025, 10, 6)));
        let details = person::InHousehold { household: household(chance, site, 401) };
        let left = Act { id: person(0), effective: on(date(2026, 3, 3)), details };
        self.agenda.add(date(2026, 3, 3), Command::Person(person::Command::LeaveHousehold(left)));
        // One joined another household than was entered, one none.
        let day = date(2025, 10, 20);
        let now = person::InHousehold { household: household(chance, site, 403) };
        let now = Event::Person(person::Event::HouseholdJoined(now));
        self.agenda.add(day, Step::wrong(joins(1, 402, day), Then::Correct(Box::new(now))));
        self.agenda.add(day, Step::wrong(joins(2, 404, day), Then::Void(Kind::Person)));
    }

    /// Consents for some cases of a site; at some sites one is entered wrong, and one twice.
    fn consents(&mut self, at: usize, site: SiteId, chance: &mut Chance) {
        let span = Effective::Span(date(2025, 8, 1), ENDS);
        for number in 1..=CONSENTS {
            let bases =
                [ConsentBasis::ParentConsent, ConsentBasis::ParentConsent, ConsentBasis::MinorConsent];
            let basis = chance.pick(&bases).copied().unwrap_or(ConsentBasis::ParentConsent);
            let consented = |further: &[ServiceKind]| consent::Consented {
                case: case(chance, site, number),
                kinds: INDIVIDUAL.iter().chain(further).copied().collect::<BTreeSet<_>>(),
                basis,
            };
            let record = |id, details| {
                let new = Create { id: Some(id), effective: span, details };
                Command::Consent(consent::Command::RecordConsent(new))
            };
            let day = school_day_from(after(date(2025, 8, 25), 3 * number));
            let id = consent(chance, site, number);
            let command = record(id, consented(&[]));
            match number {
                1 if at.is_multiple_of(4) => {
                    let now = consent::Event::ConsentRecorded(consented(&[ServiceKind::HealthCare]));
                    self.agenda.add(day, Step::wrong(command, Then::Correct(Box::new(Event::Consent(now)))));
                }
                2 if at.is_multiple_of(4) => {
                    self.agenda.add(day, command);
                    let again =
                        ConsentId::new(chance.id(&format!("consent-again {site}"), u64::from(number)));
                    let again = record(again, consented(&[]));
                    self.agenda.add(day, Step::wrong(again, Then::Void(Kind::Consent)));
                }
                3 => {
                    self.agenda.add(day, command);
                    let day = date(2026, 2, 24);
                    let details = consent::Withdrawn { reason: WithdrawalReason::FamilyChoice };
                    let act = Act { id, effective: on(day), details };
                    self.agenda.add(day, Command::Consent(consent::Command::WithdrawConsent(act)));
                }
                _ => self.agenda.add(day, command),
            }
        }
    }
}

/// Services to one person.
const INDIVIDUAL: [ServiceKind; 4] = [
    ServiceKind::MentalHealthCounseling,
    ServiceKind::CrisisResponse,
    ServiceKind::CaseManagement,
    ServiceKind::SubstanceUseSupport,
];
