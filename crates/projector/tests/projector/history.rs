//! Histories out of thin air: deliveries to people, corrected and voided, families, sites, acts.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::code::{EngagementKind, FamilyRole, Mode, Pillar, ServiceKind, Tier};
use domain::correction::{Corrected, CorrectionReason, Replaced, Voided};
use domain::delivery::{Delivered, Event as DeliveryEvent};
use domain::engagement::FamilyEngaged;
use domain::id::{AgreementId, HouseholdId, PartnerId, PersonId, SiteId};
use domain::ledger::OperatorActed;
use domain::{Effective, Event, Fact, Kind, Slug, Subject, Timestamp, engagement, ledger, site};
use jiff::civil::date;
use journal::FIRST_EPOCH;
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use uuid::Uuid;
use wire::{Body, Commit, Envelope, Origin, RecordedEvent, Verifier};

/// One event to be.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    what: u8,
    place: u8,
    which: usize,
    people: BTreeSet<u32>,
}

/// Any event, with a few people.
fn step() -> impl Strategy<Value = Step> {
    (0_u8..10, 0_u8..12, any::<usize>(), btree_set(0_u32..30, 1..6))
        .prop_map(|(what, place, which, people)| Step { what, place, which, people })
}

/// Any commits.
pub(crate) fn commits(events: usize) -> impl Strategy<Value = Vec<Vec<Step>>> {
    vec(vec(step(), 1..6), 1..events / 3)
}

/// A delivery to these people.
pub(crate) fn delivery(place: u8, people: impl IntoIterator<Item = u32>) -> Step {
    Step { what: 0, place, which: 0, people: people.into_iter().collect() }
}

/// A history in the making, as a recorder would write it.
#[derive(Clone)]
pub(crate) struct History {
    pub(crate) verifier: Verifier,
    // The latest event of each delivery that stands.
    standing: Vec<(Uuid, Subject, Delivered, Effective)>,
}

pub(crate) fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

pub(crate) fn origin(ledger: &Slug) -> Origin {
    Origin { deployment: slug("county"), ledger: ledger.clone() }
}

fn id(space: u64, n: impl Into<u64>) -> Uuid {
    Uuid::from_u64_pair(space, n.into())
}

impl History {
    pub(crate) fn new(ledger: &Slug) -> Self {
        Self { verifier: Verifier::new(origin(ledger), FIRST_EPOCH), standing: Vec::new() }
    }

    /// The next commit.
    pub(crate) fn next(&mut self, steps: &[Step]) -> Commit {
        let mut body = Body::new();
        for (step, position) in steps.iter().zip(self.verifier.head().position + 1..) {
            let fact = self.fact(step, id(9, position));
            body.push(&self.event(fact, position)).unwrap();
        }
        let commit = Commit::after(&self.verifier, body.finish());
        self.verifier.accept(&commit).unwrap();
        commit
    }

    fn fact(&mut self, step: &Step, event: Uuid) -> Fact {
        let effective = Effective::Day(date(2026, 1 + i8::try_from(step.place % 4).unwrap(), 3));
        let chosen = step.which % self.standing.len().max(1);
        let (subject, event, effective, corrects) = match (step.what, self.standing.is_empty()) {
            (0..=4, _) | (5 | 6, true) => {
                let subject = Subject { kind: Kind::Delivery, id: event };
                let now = delivered(step);
                self.standing.push((event, subject, now.clone(), effective));
                (subject, Event::Delivery(DeliveryEvent::ServiceDelivered(now)), Some(effective), None)
            }
            (5, false) => {
                let (latest, subject, old, day) = &mut self.standing[chosen];
                let (corrects, now) = (std::mem::replace(latest, event), delivered(step));
                let was = was(std::mem::replace(old, now.clone()), std::mem::replace(day, effective));
                let now = DeliveryEvent::ServiceDelivered(now);
                let corrected = Corrected { reason: CorrectionReason::EntryError, was, now };
                let event = DeliveryEvent::DeliveryCorrected(Box::new(corrected));
                (*subject, Event::Delivery(event), Some(effective), Some(corrects))
            }
            (6, false) => {
                let (corrects, subject, old, day) = self.standing.swap_remove(chosen);
                let voided = Voided { reason: CorrectionReason::NeverHappened, was: was(old, day) };
                (
                    subject,
                    Event::Delivery(DeliveryEvent::DeliveryVoided(Box::new(voided))),
                    None,
                    Some(corrects),
                )
            }
            (7, _) => {
                let subject = Subject { kind: Kind::Engagement, id: id(5, step.place) };
                (subject, Event::Engagement(family(step)), Some(effective), None)
            }
            (8, _) => {
                let subject = Subject { kind: Kind::Site, id: id(1, step.place % 3) };
                (subject, Event::Site(registered(step)), Some(effective), None)
            }
            _ => (Subject { kind: Kind::Ledger, id: Uuid::nil() }, acted(), None, None),
        };
        Fact { subject, effective, corrects, event }
    }

    fn event(&self, fact: Fact, position: u64) -> RecordedEvent {
        let envelope = Envelope {
            id: id(9, position),
            origin: self.verifier.origin().clone(),
            time: Timestamp(1_772_470_800_000_000 + i64::try_from(position).unwrap()),
            position,
            epoch: FIRST_EPOCH,
            command_id: id(8, position),
            command_hash: [7; 16],
            correlation_id: None,
            causation_id: None,
            actor: "svc:azusa-sis".to_owned(),
            on_behalf_of: None,
            credential: None,
            basis: None,
            purpose: None,
            source: None,
            rules: domain::state::RULES,
            policy: 1,
            salt: [9; 16],
        };
        RecordedEvent { envelope, fact, sealed: Default::default() }
    }
}

fn was(event: Delivered, effective: Effective) -> Replaced<DeliveryEvent> {
    Replaced { effective: Some(effective), event: DeliveryEvent::ServiceDelivered(event) }
}

fn delivered(step: &Step) -> Delivered {
    Delivered {
        agreement: AgreementId::new(id(3, step.place % 2)),
        partner: PartnerId::new(id(2, step.place % 2)),
        site: SiteId::new(id(1, step.place % 3)),
        offering: None,
        kind: ServiceKind::Tutoring,
        pillar: Pillar::ExtendedLearning,
        tier: Tier::Universal,
        mode: Mode::InPerson,
        minutes: 30 + u32::from(step.place),
        participants: Some(Arc::new(step.people.iter().map(|n| PersonId::new(id(4, *n))).collect())),
        case: None,
        headcount: None,
        funding: None,
    }
}

fn family(step: &Step) -> engagement::Event {
    engagement::Event::FamilyEngaged(FamilyEngaged {
        household: HouseholdId::new(id(6, step.people.first().copied().unwrap_or_default())),
        role: FamilyRole::Led,
        language: Some("es".to_owned()),
        site: Some(SiteId::new(id(1, step.place % 3))),
        kind: Some(EngagementKind::Workshop),
    })
}

fn registered(step: &Step) -> site::Event {
    site::Event::SiteRegistered(site::Registered {
        name: format!("School {}", step.place),
        cds: format!("1964279{:07}", step.place).parse().unwrap(),
        nces: None,
        grades: None,
        city: "Azusa".to_owned(),
    })
}

fn acted() -> Event {
    let text = |text: &str| text.to_owned();
    let act = OperatorActed { operator: text("usr:ops-3"), act: text("drill"), reason: text("routine") };
    Event::Ledger(ledger::Event::OperatorActed(act))
}
