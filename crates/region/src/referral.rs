//! Referrals of cases to partners, and families' requests to amend a record: what begins on a day goes on for weeks.

use domain::amendment::{self, Decided, Grounds, Outcome, Requested, StatementPlaced};
use domain::command::{Act, Create};
use domain::id::{AmendmentId, CaseId, PartnerId, ReferralId, SiteId};
use domain::need::Barrier;
use domain::referral::{
    self, About, ByPartner, ClosedUnmet, Completed, Declined, Opened, ReferralReason, Urgency,
};
use domain::{Command, Event, Kind};
use jiff::civil::Date;
use uuid::Uuid;

use crate::agenda::{Agenda, Step, Then, on};
use crate::calendar::{after, school_day_from};
use crate::chance::Chance;

/// Needs that are referred, the more common ones more than once.
const NEEDS: [Barrier; 10] = [
    Barrier::MentalHealth,
    Barrier::MentalHealth,
    Barrier::MentalHealth,
    Barrier::Housing,
    Barrier::Housing,
    Barrier::Attendance,
    Barrier::FamilySupport,
    Barrier::Behaviour,
    Barrier::Legal,
    Barrier::Dental,
];

/// A referral while it is planned.
struct Course<'a> {
    id: ReferralId,
    about: About,
    /// Who is asked first, and who then.
    partners: [PartnerId; 2],
    agenda: &'a mut Agenda,
}

/// Opens the referral of this number, and plans what becomes of it.
pub(crate) fn refer(
    number: u64,
    (site, case): (SiteId, CaseId),
    day: Date,
    partners: [PartnerId; 2],
    (agenda, chance): (&mut Agenda, &mut Chance),
) -> Step {
    let need = chance.pick(&NEEDS).copied().unwrap_or(Barrier::Other);
    let urgency = match chance.below(10) {
        0 => Urgency::Urgent,
        1..4 => Urgency::Soon,
        _ => Urgency::Routine,
    };
    let id = ReferralId::new(chance.id("referral", number));
    let new = Create { id: Some(id), effective: on(day), details: Opened { case, site, need, urgency } };
    let open = Command::Referral(referral::Command::OpenReferral(new));
    // Some are entered twice; nothing comes of the copy.
    if number % 16 == 9 {
        return Step::wrong(open, Then::Void(Kind::Referral));
    }
    let about = About { site, need, urgency, opened: day };
    Course { id, about, partners, agenda }.plan(number, chance);
    open.into()
}

impl Course<'_> {
    fn add<D>(&mut self, days: u32, details: D, to: fn(Act<ReferralId, D>) -> referral::Command) {
        let day = school_day_from(after(self.about.opened, days));
        let command = to(Act { id: self.id, effective: on(day), details });
        self.agenda.add(day, Command::Referral(command));
    }

    fn accept(&mut self, days: u32, partner: PartnerId) {
        self.add(days, ByPartner { partner, about: None }, referral::Command::AcceptReferral);
    }

    fn decline(&mut self, days: u32, misread: bool) {
        let [partner, _] = self.partners;
        let declined = |reason, about| Declined { partner, reason, about };
        let details = declined(ReferralReason::NoCapacity, None);
        if misread {
            let day = school_day_from(after(self.about.opened, days));
            let now = declined(ReferralReason::Language, Some(self.about));
            let now = Box::new(Event::Referral(referral::Event::ReferralDeclined(now)));
            let act = Act { id: self.id, effective: on(day), details };
            let command = Command::Referral(referral::Command::DeclineReferral(act));
            self.agenda.add(day, Step::wrong(command, Then::Correct(now)));
        } else {
            self.add(days, details, referral::Command::DeclineReferral);
        }
    }

    fn unmet(&mut self, days: u32, reason: ReferralReason) {
        self.add(days, ClosedUnmet { reason, about: None }, referral::Command::CloseReferralUnmet);
    }

    fn plan(mut self, number: u64, chance: &mut Chance) {
        let [first, second] = self.partners;
        let soon = chance.between(1, 8);
        let done = soon + chance.between(20, 60);
        match number % 10 {
            1 | 2 => {
                self.decline(soon, number % 20 == 2);
                let to = ByPartner { partner: second, about: None };
                self.add(soon + 3, to, referral::Command::RedirectReferral);
                self.accept(soon + 6, second);
                self.add(done + 6, Completed { about: None }, referral::Command::CompleteReferral);
            }
            3 => {
                self.decline(soon, false);
                self.unmet(soon + 14, ReferralReason::NoService);
            }
            4 => {
                self.accept(soon, first);
                self.unmet(done, ReferralReason::Moved);
            }
            // Nobody has answered yet.
            5 => {}
            _ => {
                self.accept(soon, first);
                self.add(done, Completed { about: None }, referral::Command::CompleteReferral);
            }
        }
    }
}

/// A request to amend a record.
pub(crate) struct Dispute {
    pub(crate) id: AmendmentId,
    pub(crate) day: Date,
    event: Uuid,
}

impl Dispute {
    /// The request of this number about an event.
    pub(crate) fn new(number: u64, event: Uuid, day: Date, chance: &Chance) -> Self {
        Self { id: AmendmentId::new(chance.id("amendment", number)), day, event }
    }

    /// The family asks.
    pub(crate) fn request(&self, number: u64) -> Step {
        let requested = |grounds| Requested { event: self.event, grounds };
        let grounds = [Grounds::Inaccurate, Grounds::Misleading, Grounds::Privacy];
        let grounds = grounds.into_iter().cycle().nth(usize::try_from(number % 3).unwrap_or(0));
        let details = requested(grounds.unwrap_or(Grounds::Inaccurate));
        let new = Create { id: Some(self.id), effective: on(self.day), details };
        let command = Command::Amendment(amendment::Command::RequestAmendment(new));
        match number % 8 {
            3 => {
                let now = amendment::Event::AmendmentRequested(requested(Grounds::Privacy));
                Step::wrong(command, Then::Correct(Box::new(Event::Amendment(now))))
            }
            _ => command.into(),
        }
    }

    /// The same request, entered again by mistake.
    pub(crate) fn again(&self, number: u64, chance: &Chance) -> Step {
        let id = AmendmentId::new(chance.id("amendment-again", number));
        let copy = Self { id, day: self.day, event: self.event };
        Step::wrong(copy.request(0).command, Then::Void(Kind::Amendment))
    }

    /// The district denies it, and the family may place a statement.
    pub(crate) fn deny(&self, statement: bool, agenda: &mut Agenda) {
        let day = school_day_from(after(self.day, 14));
        agenda.add(day, decided(self.id, day, Outcome::Denied, None));
        if statement {
            let day = school_day_from(after(day, 7));
            let act = Act { id: self.id, effective: on(day), details: StatementPlaced { event: None } };
            agenda.add(day, Command::Amendment(amendment::Command::PlaceStatement(act)));
        }
    }
}

/// What the district decided.
pub(crate) fn decided(id: AmendmentId, day: Date, outcome: Outcome, correction: Option<Uuid>) -> Command {
    let details = Decided { outcome, correction, event: None, requested: None };
    Command::Amendment(amendment::Command::DecideAmendment(Act { id, effective: on(day), details }))
}
