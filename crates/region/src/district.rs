//! A district as a sender of commands: batch after batch, told in between what became of them.

use std::collections::VecDeque;

use domain::{Command, Slug, delivery, disclosure, referral};
use jiff::civil::Date;
use serde::Serialize;
use uuid::Uuid;

use crate::agenda::{Step, Then};
use crate::calendar::Calendar;
use crate::chance::Chance;
use crate::opening::open;
use crate::places::Profile;
use crate::year::Year;

/// Commands of one batch.
pub const BATCH: usize = 500;

/// A district and the part of its year that is still to come.
pub struct District {
    slug: Slug,
    name: String,
    actor: String,
    system: String,
    chance: Chance,
    calendar: Calendar,
    opening: VecDeque<Step>,
    openings: u64,
    year: Year,
    quota: u64,
    made: u64,
    /// What comes of the last batch, by place in it.
    then: Vec<Then>,
}

impl District {
    pub(crate) fn new(profile: &Profile, seed: u64, quota: u64) -> Self {
        let mut chance = Chance::new(seed, profile.slug.as_str());
        let mut opening = open(profile, quota, &mut chance);
        let steps = VecDeque::from(std::mem::take(&mut opening.steps));
        Self {
            slug: profile.slug.clone(),
            name: profile.name.clone(),
            actor: format!("svc:{}-sis", profile.slug),
            system: format!("{}-sis", profile.slug),
            chance,
            calendar: Calendar::new(),
            openings: steps.len() as u64,
            opening: steps,
            year: Year::new(opening),
            quota,
            made: 0,
            then: Vec::new(),
        }
    }

    /// Slug of its ledger.
    pub const fn ledger(&self) -> &Slug {
        &self.slug
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Commands of its whole year, each of which becomes one event.
    pub const fn events(&self) -> u64 {
        self.quota
    }

    /// The next commands as a sender writes them, in order, [`BATCH`] at most; none at the end of the year.
    pub fn next_batch(&mut self) -> Vec<String> {
        let mut batch = Vec::with_capacity(BATCH);
        self.then.clear();
        while self.made < self.quota && batch.len() < BATCH {
            let step = match self.opening.pop_front() {
                Some(step) => step,
                None => {
                    let day = self.day();
                    self.year.next(day, &mut self.chance)
                }
            };
            self.made += 1;
            batch.push(self.sent(&step));
            self.then.push(step.then);
        }
        batch
    }

    /// Takes the event of each command of the last batch, in order, so that later commands can correct some.
    pub fn recorded(&mut self, events: &[Option<Uuid>]) {
        for (event, then) in events.iter().zip(std::mem::take(&mut self.then)) {
            if let Some(event) = event {
                self.year.recorded(*event, then);
            }
        }
    }

    fn day(&self) -> Date {
        let year = self.quota.saturating_sub(self.openings);
        self.calendar.day(self.made.saturating_sub(self.openings), year)
    }

    fn sent(&self, step: &Step) -> String {
        let from_system = matches!(step.then, Then::Delivered(_));
        let sent = Sent {
            command: &step.command,
            version: 1,
            id: self.chance.id("command", self.made),
            actor: &self.actor,
            basis: basis(step),
            purpose: from_system.then_some("service-record"),
            source: from_system
                .then(|| Source { system: &self.system, key: format!("sitting-{}", self.made) }),
        };
        serde_json::to_string(&sent).unwrap_or_else(|error| unreachable!("a command is JSON: {error}"))
    }
}

/// A command as the door takes it.
#[derive(Serialize)]
struct Sent<'a> {
    /// Name and body.
    #[serde(flatten)]
    command: &'a Command,
    version: u16,
    id: Uuid,
    actor: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    basis: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source<'a>>,
}

#[derive(Serialize)]
struct Source<'a> {
    system: &'a str,
    key: String,
}

/// On what grounds it is sent: a consent, a sharing, or a law; what is individual has one of its own (rule 3), and so has
/// what is disclosed.
fn basis(step: &Step) -> Option<String> {
    if let Some(consent) = step.consent {
        return Some(format!("consent:{consent}"));
    }
    if let Command::Disclosure(disclosure::Command::RecordDisclosure(new)) = &step.command {
        let sharing = new.details.sharing.map(|sharing| format!("sharing:{sharing}"));
        return Some(sharing.unwrap_or_else(|| "law:ferpa-99.31".to_owned()));
    }
    let individual = match &step.command {
        Command::Delivery(delivery::Command::RecordDelivery(new)) => new.details.case.is_some(),
        Command::Delivery(delivery::Command::CorrectDelivery(correction)) => match &correction.now {
            delivery::Event::ServiceDelivered(now) => now.is_individual(),
            delivery::Event::DeliveryCorrected(_) | delivery::Event::DeliveryVoided(_) => false,
        },
        Command::Referral(referral::Command::OpenReferral(_)) => true,
        _ => return None,
    };
    Some(if individual { "law:wic-5600" } else { "law:ec-8900" }.to_owned())
}
