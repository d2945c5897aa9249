//! The school year of a district: deliveries, engagements with families, late reports, corrections.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use domain::amendment::Outcome;
use domain::code::{EngagementKind, FamilyRole, Mode, ReasonCode, ServiceKind, Tier};
use domain::command::{Act, Create};
use domain::correction::CorrectionReason;
use domain::delivery::{Delivered, NewDelivery};
use domain::id::{CaseId, ConsentId, EngagementId, PartnerId, PersonId, SiteId};
use domain::{Command, Effective, Event, Kind, case, consent, delivery, engagement, person};
use jiff::ToSpan as _;
use jiff::civil::Date;
use uuid::Uuid;

use crate::agenda::{Agenda, Step, Then, correct, on, void};
use crate::calendar::{after, part_by, school_day_from, school_day_until};
use crate::chance::Chance;
use crate::names::LANGUAGES;
use crate::opening::{Opening, Placed};
use crate::people::{CASES, HOUSEHOLDS, case, household, student};
use crate::referral::{Dispute, decided, refer};

/// Deliveries, and other events, that wait to be found wrong; the oldest is corrected first.
const CORRECTABLE_MAX: usize = 400;
/// Most referrals of a case, and most requests to amend a record at a site.
const REFERRALS_A_CASE: u64 = 3;
const DISPUTES_A_SITE: u64 = 4;

/// What happens in a year.
pub(crate) struct Year {
    agenda: Agenda,
    /// The last step was from the agenda, and the next is not, so that few events are no year of meetings alone.
    met: bool,
    sites: Vec<SiteId>,
    placed: Vec<Placed>,
    /// Partners who can take a referral.
    steady: Vec<PartnerId>,
    students: u32,
    /// Ids that some students of the first site have besides their own.
    doubles: Vec<PersonId>,
    /// Closed cases, with their last days.
    closed: BTreeMap<CaseId, Date>,
    /// Cases for which a consent is on record and not withdrawn.
    consents: BTreeMap<CaseId, ConsentId>,
    planned: VecDeque<Occasion>,
    held: VecDeque<Occasion>,
    correctable: VecDeque<(Uuid, Delivered)>,
    wrong: VecDeque<(Uuid, Then)>,
    engagements: u64,
    referrals: u64,
    disputes: u64,
}

#[derive(Clone, Copy)]
struct Occasion {
    id: EngagementId,
    site: SiteId,
    kind: EngagementKind,
    day: Date,
}

impl Year {
    pub(crate) fn new(opening: Opening) -> Self {
        Self {
            steady: opening.steady(),
            agenda: opening.agenda,
            met: false,
            sites: opening.sites,
            placed: opening.placed,
            students: opening.students,
            doubles: opening.doubles,
            closed: BTreeMap::new(),
            consents: BTreeMap::new(),
            planned: VecDeque::new(),
            held: VecDeque::new(),
            correctable: VecDeque::new(),
            wrong: VecDeque::new(),
            engagements: 0,
            referrals: 0,
            disputes: 0,
        }
    }

    /// What happens next, on this day.
    pub(crate) fn next(&mut self, day: Date, chance: &mut Chance) -> Step {
        if let Some(step) = self.agenda.pressing(day) {
            return step;
        }
        self.met = !self.met;
        if self.met
            && let Some(step) = self.agenda.other(day)
        {
            self.notice(&step.command);
            return step;
        }
        self.met = false;
        let other = match chance.below(10_000) {
            // Two to three in a hundred records are corrected or voided later.
            0..255 => self.correct(chance),
            255..455 => self.plan_or_hold(day, chance),
            455..1100 => self.family(chance),
            1100..1125 => self.refer(day, chance),
            1125..1133 => self.dispute(day, chance),
            _ => None,
        };
        match other {
            Some(step) => step,
            None => self.deliver(day, chance),
        }
    }

    /// What a step of the agenda means for what comes after it.
    fn notice(&mut self, command: &Command) {
        match command {
            Command::Person(person::Command::MergePersons(act)) => self.doubles.retain(|id| *id != act.id),
            Command::Person(person::Command::SeparatePersons(act)) => self.doubles.push(act.id),
            Command::Case(case::Command::CloseCase(act)) => {
                self.closed.insert(act.id, act.effective.to());
            }
            Command::Consent(consent::Command::RecordConsent(new)) => {
                if let Some(id) = new.id {
                    self.consents.entry(new.details.case).or_insert(id);
                }
            }
            Command::Consent(consent::Command::WithdrawConsent(act)) => {
                self.consents.retain(|_, id| *id != act.id);
            }
            _ => {}
        }
    }

    /// A recorded event; some turn out to be wrong.
    pub(crate) fn recorded(&mut self, event: Uuid, then: Then) {
        match then {
            Then::Nothing => {}
            Then::Delivered(delivered) if self.correctable.len() < CORRECTABLE_MAX => {
                self.correctable.push_back((event, delivered));
            }
            Then::Granted(id, day) => {
                self.agenda.add(day, decided(id, day, Outcome::Granted, Some(event)));
            }
            Then::Void(_) | Then::Correct(_) if self.wrong.len() < CORRECTABLE_MAX => {
                self.wrong.push_back((event, then));
            }
            Then::Delivered(_) | Then::Void(_) | Then::Correct(_) => {}
        }
    }

    fn deliver(&mut self, day: Date, chance: &mut Chance) -> Step {
        // Some reports come weeks late.
        let late = if chance.happens(26) { chance.between(9, 40) } else { 0 };
        let day = school_day_until(day.saturating_sub(i64::from(late).days()));
        let mut placed = None;
        while placed.is_none_or(|placed: &Placed| !placed.is_on(day)) {
            placed = chance.pick(&self.placed);
        }
        let Some(placed) = placed.cloned() else { unreachable!("some services take place all year") };
        let delivered = self.delivered(&placed, day, chance);
        let Delivered { mode, minutes, participants, case, headcount, funding, .. } = delivered.clone();
        let free = placed.offering.is_none();
        let details = NewDelivery {
            offering: placed.offering,
            agreement: free.then_some(placed.agreement),
            site: free.then_some(placed.site),
            kind: free.then_some(placed.kind),
            pillar: free.then_some(placed.pillar),
            tier: free.then_some(placed.tier),
            mode,
            minutes,
            participants,
            case,
            headcount,
            funding,
        };
        let new = Create { id: None, effective: on(day), details };
        Step {
            command: Command::Delivery(delivery::Command::RecordDelivery(new)),
            consent: case.and_then(|case| self.consents.get(&case).copied()),
            then: Then::Delivered(delivered),
        }
    }

    fn correct(&mut self, chance: &mut Chance) -> Option<Step> {
        if chance.happens(500)
            && let Some((event, then)) = self.wrong.pop_front()
        {
            let command = match then {
                Then::Correct(now) => correct(event, *now),
                Then::Void(kind) => void(event, kind, CorrectionReason::Duplicate),
                Then::Nothing | Then::Delivered(_) | Then::Granted(..) => None,
            };
            return command.map(Step::from);
        }
        let (event, mut now) = self.correctable.pop_front()?;
        let command = if chance.happens(200) {
            void(event, Kind::Delivery, CorrectionReason::NeverHappened)
        } else {
            now.minutes = corrected(now.minutes);
            correct(event, Event::Delivery(delivery::Event::ServiceDelivered(now)))
        };
        command.map(Step::from)
    }

    /// How many of what may happen so often a year at a site may have happened by that day, however many events a
    /// year has.
    fn by(&self, day: Date, at_a_site: u64) -> u64 {
        part_by(day, at_a_site * self.sites.len() as u64)
    }

    /// A case is passed to a partner.
    fn refer(&mut self, day: Date, chance: &mut Chance) -> Option<Step> {
        if self.referrals >= self.by(day, REFERRALS_A_CASE * u64::from(CASES)) {
            return None;
        }
        let site = *chance.pick(&self.sites)?;
        let first = *chance.pick(&self.steady)?;
        let second = *self.steady.iter().find(|partner| **partner != first)?;
        self.referrals += 1;
        let case = self.case(site, day, chance);
        Some(refer(self.referrals, (site, case), day, [first, second], (&mut self.agenda, chance)))
    }

    /// A family asks that a record be amended. Every second request is granted.
    fn dispute(&mut self, day: Date, chance: &mut Chance) -> Option<Step> {
        if self.disputes >= self.by(day, DISPUTES_A_SITE) {
            return None;
        }
        let (event, mut now) = self.correctable.pop_front()?;
        self.disputes += 1;
        let number = self.disputes;
        let dispute = Dispute::new(number, event, day, chance);
        if number % 6 == 2 {
            self.agenda.add(day, dispute.again(number, chance));
        }
        if number % 2 == 1 {
            dispute.deny(number % 4 == 1, &mut self.agenda);
        } else {
            now.minutes = corrected(now.minutes);
            let day = school_day_from(after(day, 10));
            let command = correct(event, Event::Delivery(delivery::Event::ServiceDelivered(now)))?;
            self.agenda.add(day, Step::wrong(command, Then::Granted(dispute.id, day)));
        }
        Some(dispute.request(number))
    }

    /// Plans an engagement, or holds or cancels one whose day has come.
    fn plan_or_hold(&mut self, day: Date, chance: &mut Chance) -> Option<Step> {
        let act = |command| Some(Command::Engagement(command).into());
        let languages: BTreeSet<&str> = chance.some(&LANGUAGES, 300).into_iter().collect();
        let languages: Vec<String> = languages.into_iter().map(str::to_owned).collect();
        if self.planned.front().is_some_and(|planned| planned.day <= day)
            && let Some(Occasion { id, site, kind, day }) = self.planned.pop_front()
        {
            let effective = Effective::Day(day);
            if chance.happens(80) {
                let details = engagement::Cancelled { reason: ReasonCode::Staffing, site: None, kind: None };
                return act(engagement::Command::CancelEngagement(Act { id, effective, details }));
            }
            self.held.push_back(Occasion { id, site, kind, day });
            if self.held.len() > 6 {
                self.held.pop_front();
            }
            let details = engagement::Held {
                site,
                kind,
                minutes: 30 * chance.between(1, 5),
                interpreter: languages.len() > 1,
                languages,
                headcount: chance.between(4, 90),
            };
            let then = if chance.happens(40) {
                let now = engagement::Held { headcount: details.headcount + 2, ..details.clone() };
                Then::Correct(Box::new(Event::Engagement(engagement::Event::EngagementHeld(now))))
            } else {
                Then::Nothing
            };
            let new = Create { id: Some(id), effective, details };
            let held = Command::Engagement(engagement::Command::RecordEngagement(new));
            return Some(Step::wrong(held, then));
        }
        let kinds = [
            EngagementKind::Workshop,
            EngagementKind::ParentCentre,
            EngagementKind::ListeningSession,
            EngagementKind::HomeVisit,
            EngagementKind::Celebration,
        ];
        self.engagements += 1;
        let id = EngagementId::new(chance.id("engagement", self.engagements));
        let (site, kind) = (*chance.pick(&self.sites)?, *chance.pick(&kinds)?);
        let day = day.saturating_add(i64::from(chance.between(3, 6)).days());
        self.planned.push_back(Occasion { id, site, kind, day });
        let details = engagement::Planned { site, kind, languages };
        let effective = Effective::Day(day);
        act(engagement::Command::PlanEngagement(Create { id: Some(id), effective, details }))
    }

    fn family(&self, chance: &mut Chance) -> Option<Step> {
        let at = chance.below(self.held.len() as u64);
        let occasion = self.held.get(usize::try_from(at).unwrap_or(0))?;
        let role = match chance.below(100) {
            0..8 => FamilyRole::CoDesigned,
            8..20 => FamilyRole::Led,
            _ => FamilyRole::Attended,
        };
        let number = chance.between(1, HOUSEHOLDS);
        let details = engagement::FamilyEngaged {
            household: household(chance, occasion.site, number),
            role,
            language: chance.pick(&LANGUAGES).map(|language| (*language).to_owned()),
            site: None,
            kind: None,
        };
        let act = Act { id: occasion.id, effective: on(occasion.day), details };
        let command = Command::Engagement(engagement::Command::RecordFamily(act));
        let then = if chance.happens(6) { Then::Void(Kind::Engagement) } else { Then::Nothing };
        Some(Step::wrong(command, then))
    }

    /// One sitting. Who took part is named where a service is for some, counted where it is for all, and only a case
    /// where it is for one.
    fn delivered(&self, placed: &Placed, day: Date, chance: &mut Chance) -> Delivered {
        let (mut participants, mut case, mut headcount) = (None, None, None);
        if placed.tier == Tier::Intensive {
            case = Some(self.case(placed.site, day, chance));
        } else if placed.tier == Tier::Targeted && !placed.kind.is_mental_health() {
            participants = Some(Arc::new(self.group(placed.site, chance)));
        } else {
            headcount = Some(chance.between(8, 60));
        }
        let remote = placed.kind == ServiceKind::MentalHealthCounseling && chance.happens(300);
        Delivered {
            agreement: placed.agreement,
            partner: placed.partner,
            site: placed.site,
            offering: placed.offering,
            kind: placed.kind,
            pillar: placed.pillar,
            tier: placed.tier,
            mode: if remote { Mode::Remote } else { Mode::InPerson },
            minutes: 15 * chance.between(1, 8),
            participants,
            case,
            headcount,
            funding: Some(placed.funding.to_owned()),
        }
    }

    /// A case of a site that was not closed before that day.
    fn case(&self, site: SiteId, day: Date, chance: &mut Chance) -> CaseId {
        let first = chance.between(1, CASES);
        let mut cases = (first..=CASES).chain(1..first).map(|number| case(chance, site, number));
        let open = |id: &CaseId| self.closed.get(id).is_none_or(|last| day <= *last);
        cases.find(open).unwrap_or_else(|| case(chance, site, first))
    }

    fn group(&self, site: SiteId, chance: &mut Chance) -> BTreeSet<PersonId> {
        let (size, first) = (chance.between(1, 6), chance.between(1, self.students));
        let numbers = (first..first + size).map(|number| number % self.students.max(1));
        let mut group: BTreeSet<PersonId> = numbers.map(|number| student(chance, site, number)).collect();
        if self.sites.first() == Some(&site) && chance.happens(50) {
            group.extend(chance.pick(&self.doubles));
        }
        group
    }
}

/// Minutes as they were, after they were entered wrong.
const fn corrected(minutes: u32) -> u32 {
    if minutes > 30 { minutes - 15 } else { minutes + 15 }
}
