//! Cases of a site, of which some are closed within the year, and what others are shown about them, about students and
//! about all of them together.
//!
//! Districts also name cases that were opened before they kept them here, so not every case is opened.

use domain::case::{self, Closed, ClosingReason, Opened};
use domain::command::{Act, Create};
use domain::disclosure::{self, Disclosed, DisclosurePurpose, Recipient, RecordDisclosure};
use domain::id::{CaseId, ConsentId, SharingId, SiteId};
use domain::{Command, Event, Kind, Slug};
use jiff::civil::{Date, date};

use crate::agenda::{Step, Then, on};
use crate::calendar::{after, school_day_from};
use crate::chance::Chance;
use crate::opening::Opening;
use crate::people::{case, consent, student};

/// Cases of a site that are opened in the year, and in which programme.
const OPENED: [(u32, &str); 6] = [
    (1, "counseling"),
    (2, "counseling"),
    (3, "case-management"),
    (4, "counseling"),
    (5, "case-management"),
    (6, "counseling"),
];
/// Those of them that are closed, on which last day and why.
const CLOSED: [(u32, Date, ClosingReason); 2] =
    [(5, date(2026, 3, 10), ClosingReason::GoalsMet), (6, date(2026, 5, 12), ClosingReason::Moved)];
/// The case of a site that was opened in another programme than was entered, and the one that was opened twice.
const MISREAD: u32 = 3;
const TWICE: u32 = 4;
/// The case whose consent a disclosure rests on.
const CONSENTED: u32 = 4;
/// When a funder is told about how many people.
const REPORTED: [(Date, u32); 3] =
    [(date(2025, 10, 15), 240), (date(2026, 1, 21), 410), (date(2026, 4, 15), 530)];

impl Opening {
    /// What happens with the cases of the site at this place.
    pub(crate) fn cases(&mut self, at: usize, site: SiteId, chance: &Chance) {
        for (number, programme) in OPENED {
            let day = school_day_from(after(date(2025, 8, 20), 2 * number));
            let opened = |programme: &str| Opened { programme: programme.to_owned(), site };
            let open = |id, programme| {
                let new = Create { id: Some(id), effective: on(day), details: opened(programme) };
                Command::Case(case::Command::OpenCase(new))
            };
            let id = case(chance, site, number);
            if number == MISREAD && at.is_multiple_of(4) {
                let now = Event::Case(case::Event::CaseOpened(opened(programme)));
                let wrong = open(id, "counseling");
                self.agenda.add(day, Step::wrong(wrong, Then::Correct(Box::new(now))));
            } else {
                self.agenda.add(day, open(id, programme));
            }
            if number == TWICE && at.is_multiple_of(4) {
                let again = CaseId::new(chance.id(&format!("case-again {site}"), u64::from(number)));
                self.agenda.add(day, Step::wrong(open(again, programme), Then::Void(Kind::Case)));
            }
        }
        for (number, day, reason) in CLOSED {
            let id = case(chance, site, number);
            let act = Act { id, effective: on(day), details: Closed { reason, about: None } };
            self.agenda.add(day, Command::Case(case::Command::CloseCase(act)));
        }
    }

    /// What others are shown about the students and cases of the site at this place.
    pub(crate) fn shown(&mut self, at: usize, site: SiteId, neighbour: &Slug, chance: &Chance) {
        let later = |day| school_day_from(after(day, 3 * u32::try_from(at % 10).unwrap_or(0)));
        let to = Recipient::Ledger(neighbour.clone());
        let moves = Disclosed {
            person: Some(student(chance, site, 1)),
            ..to_whom(to, DisclosurePurpose::SchoolTransfer, &["attendance", "grades", "services"])
        };
        self.show(later(date(2025, 11, 5)), None, moves);
        let to = Recipient::Organisation("family".to_owned());
        let asked = Disclosed {
            person: Some(student(chance, site, 2)),
            ..to_whom(to, DisclosurePurpose::FamilyRequest, &["services"])
        };
        self.show(later(date(2026, 2, 4)), None, asked);
        // Somebody who stays all year.
        let Some(to) = self.steady().first().copied().map(Recipient::Partner) else { return };
        let coordinated = Disclosed {
            case: Some(case(chance, site, CONSENTED)),
            ..to_whom(to.clone(), DisclosurePurpose::ServiceCoordination, &["referrals", "services"])
        };
        self.show(later(date(2025, 10, 8)), Some(consent(chance, site, CONSENTED)), coordinated);
        let endangered = Disclosed {
            case: Some(case(chance, site, 2)),
            ..to_whom(to, DisclosurePurpose::HealthOrSafety, &["emergency-contact"])
        };
        self.show(later(date(2026, 4, 8)), None, endangered);
    }

    /// What a funder is told under a sharing with it, from its first day on.
    pub(crate) fn told(&mut self, sharing: SharingId, funder: &str, from: Date) {
        for (day, people) in REPORTED.into_iter().filter(|(day, _)| from <= *day) {
            let to = Recipient::Organisation(funder.to_owned());
            let totals = Disclosed {
                subjects: Some(people),
                sharing: Some(sharing),
                ..to_whom(to, DisclosurePurpose::GrantReporting, &["service-totals"])
            };
            self.show(day, None, totals);
        }
    }

    fn show(&mut self, day: Date, consent: Option<ConsentId>, details: Disclosed) {
        let body = RecordDisclosure { effective: on(day), details };
        let command = Command::Disclosure(disclosure::Command::RecordDisclosure(body));
        self.agenda.add(day, Step { command, consent, then: Then::Nothing });
    }
}

/// A disclosure about nobody yet.
fn to_whom(recipient: Recipient, purpose: DisclosurePurpose, fields: &[&str]) -> Disclosed {
    let fields = fields.iter().map(|code| (*code).to_owned()).collect();
    Disclosed { person: None, case: None, subjects: None, recipient, purpose, fields, sharing: None }
}
