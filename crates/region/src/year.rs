//! The school year of a district: deliveries, engagements with families, late reports, corrections.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use domain::code::{EngagementKind, FamilyRole, Mode, ReasonCode, ServiceKind, Tier};
use domain::command::{Act, Create};
use domain::correction::{CorrectEvent, CorrectionReason, VoidEvent};
use domain::delivery::{Delivered, NewDelivery};
use domain::id::{CaseId, EngagementId, HouseholdId, PersonId, SiteId};
use domain::{Command, Effective, delivery, engagement};
use jiff::ToSpan as _;
use jiff::civil::Date;
use uuid::Uuid;

use crate::calendar::FIRST_DAY;
use crate::chance::Chance;
use crate::names::LANGUAGES;
use crate::opening::Placed;

/// Students, households and cases of a site.
const STUDENTS: u32 = 420;
const HOUSEHOLDS: u32 = 300;
const CASES: u32 = 24;
/// Deliveries that wait to be found wrong; the oldest is corrected first.
const CORRECTABLE_MAX: usize = 400;

/// What happens in a year.
pub(crate) struct Year {
    sites: Vec<SiteId>,
    placed: Vec<Placed>,
    milestones: Vec<(Date, Command)>,
    planned: VecDeque<Occasion>,
    held: VecDeque<Occasion>,
    correctable: VecDeque<(Uuid, Delivered)>,
    engagements: u64,
}

#[derive(Clone, Copy)]
struct Occasion {
    id: EngagementId,
    site: SiteId,
    kind: EngagementKind,
    day: Date,
}

impl Year {
    pub(crate) fn new(sites: Vec<SiteId>, placed: Vec<Placed>, milestones: Vec<(Date, Command)>) -> Self {
        let (planned, held, correctable) = Default::default();
        Self { sites, placed, milestones, planned, held, correctable, engagements: 0 }
    }

    /// What happens next, on this day; with what was delivered, if that is what it is.
    pub(crate) fn next(&mut self, day: Date, chance: &mut Chance) -> (Command, Option<Delivered>) {
        if self.milestones.last().is_some_and(|(due, _)| *due <= day)
            && let Some((_, command)) = self.milestones.pop()
        {
            return (command, None);
        }
        let other = match chance.below(1000) {
            // Two to three in a hundred records are corrected or voided later.
            0..25 => self.correct(chance),
            25..45 => self.plan_or_hold(day, chance),
            45..110 => self.family(chance),
            _ => None,
        };
        match other {
            Some(command) => (command, None),
            None => self.deliver(day, chance),
        }
    }

    /// A recorded delivery; some of them turn out to be wrong.
    pub(crate) fn recorded(&mut self, event: Uuid, delivered: Delivered) {
        if self.correctable.len() < CORRECTABLE_MAX {
            self.correctable.push_back((event, delivered));
        }
    }

    fn deliver(&mut self, day: Date, chance: &mut Chance) -> (Command, Option<Delivered>) {
        // Some reports come weeks late.
        let late = if chance.happens(25) { chance.between(7, 40) } else { 0 };
        let day = day.saturating_sub(i64::from(late).days()).max(FIRST_DAY);
        let mut placed = None;
        while placed.is_none_or(|placed: &Placed| !placed.is_on(day)) {
            placed = chance.pick(&self.placed);
        }
        let Some(placed) = placed.cloned() else { unreachable!("some services take place all year") };
        let delivered = delivered(&placed, chance);
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
        let new = Create { id: None, effective: Effective::Day(day), details };
        (Command::Delivery(delivery::Command::RecordDelivery(new)), Some(delivered))
    }

    fn correct(&mut self, chance: &mut Chance) -> Option<Command> {
        let (corrects, mut now) = self.correctable.pop_front()?;
        if chance.happens(200) {
            let reason = CorrectionReason::NeverHappened;
            return Some(Command::Delivery(delivery::Command::VoidDelivery(VoidEvent { corrects, reason })));
        }
        now.minutes = if now.minutes > 30 { now.minutes - 15 } else { now.minutes + 15 };
        Some(Command::Delivery(delivery::Command::CorrectDelivery(Box::new(CorrectEvent {
            corrects,
            reason: CorrectionReason::EntryError,
            effective: None,
            now: delivery::Event::ServiceDelivered(now),
        }))))
    }

    /// Plans an engagement, or holds or cancels one whose day has come.
    fn plan_or_hold(&mut self, day: Date, chance: &mut Chance) -> Option<Command> {
        let act = |command| Some(Command::Engagement(command));
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
            return act(engagement::Command::RecordEngagement(Create { id: Some(id), effective, details }));
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

    fn family(&self, chance: &mut Chance) -> Option<Command> {
        let at = chance.below(self.held.len() as u64);
        let occasion = self.held.get(usize::try_from(at).unwrap_or(0))?;
        let role = match chance.below(100) {
            0..8 => FamilyRole::CoDesigned,
            8..20 => FamilyRole::Led,
            _ => FamilyRole::Attended,
        };
        let household = u64::from(chance.between(1, HOUSEHOLDS));
        let details = engagement::FamilyEngaged {
            household: HouseholdId::new(chance.id(&format!("household {}", occasion.site), household)),
            role,
            language: chance.pick(&LANGUAGES).map(|language| (*language).to_owned()),
            site: None,
            kind: None,
        };
        let effective = Effective::Day(occasion.day);
        Some(Command::Engagement(engagement::Command::RecordFamily(Act {
            id: occasion.id,
            effective,
            details,
        })))
    }
}

/// One sitting. Who took part is named where a service is for some, counted where it is for all, and only a case
/// where it is for one.
fn delivered(placed: &Placed, chance: &mut Chance) -> Delivered {
    let (mut participants, mut case, mut headcount) = (None, None, None);
    if placed.tier == Tier::Intensive {
        let number = u64::from(chance.between(1, CASES));
        case = Some(CaseId::new(chance.id(&format!("case {}", placed.site), number)));
    } else if placed.tier == Tier::Targeted && !placed.kind.is_mental_health() {
        let group = chance.between(1, 6);
        let first = chance.between(1, STUDENTS);
        let student = |number: u32| {
            PersonId::new(chance.id(&format!("person {}", placed.site), u64::from(number % STUDENTS)))
        };
        participants = Some(Arc::new((first..first + group).map(student).collect()));
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
