//! A district as a sender of commands: batch after batch, told in between what became of them.

use std::collections::VecDeque;

use domain::delivery::Delivered;
use domain::{Command, Slug, delivery};
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::calendar::Calendar;
use crate::chance::Chance;
use crate::names::Profile;
use crate::opening::open;
use crate::year::Year;

/// Commands of one batch.
pub const BATCH: usize = 500;

/// A district and the part of its year that is still to come.
pub struct District {
    slug: Slug,
    name: &'static str,
    chance: Chance,
    calendar: Calendar,
    opening: VecDeque<Command>,
    openings: u64,
    year: Year,
    quota: u64,
    made: u64,
    /// What the last batch delivered, by place in it.
    delivered: Vec<Option<Delivered>>,
}

impl District {
    pub(crate) fn new(profile: &Profile, seed: u64, quota: u64) -> Self {
        let mut chance = Chance::new(seed, profile.slug);
        let opening = open(profile, &mut chance);
        let slug = profile.slug.parse();
        Self {
            slug: slug.unwrap_or_else(|_| unreachable!("{} is a slug", profile.slug)),
            name: profile.name,
            chance,
            calendar: Calendar::new(),
            openings: opening.commands.len() as u64,
            year: Year::new(opening.sites, opening.placed, opening.milestones),
            opening: opening.commands.into(),
            quota,
            made: 0,
            delivered: Vec::new(),
        }
    }

    /// Slug of its ledger.
    pub const fn ledger(&self) -> &Slug {
        &self.slug
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Commands of its whole year, each of which becomes one event.
    pub const fn events(&self) -> u64 {
        self.quota
    }

    /// The next commands as a sender writes them, in order, [`BATCH`] at most; none at the end of the year.
    pub fn next_batch(&mut self) -> Vec<String> {
        let mut batch = Vec::with_capacity(BATCH);
        self.delivered.clear();
        while self.made < self.quota && batch.len() < BATCH {
            let (command, delivered) = match self.opening.pop_front() {
                Some(command) => (command, None),
                None => {
                    let day = self.day();
                    self.year.next(day, &mut self.chance)
                }
            };
            self.made += 1;
            batch.push(self.sent(&command, delivered.is_some()));
            self.delivered.push(delivered);
        }
        batch
    }

    /// Takes the event of each command of the last batch, in order, so that later commands can correct some.
    pub fn recorded(&mut self, events: &[Option<Uuid>]) {
        for (event, delivered) in events.iter().zip(std::mem::take(&mut self.delivered)) {
            if let (Some(event), Some(delivered)) = (event, delivered) {
                self.year.recorded(*event, delivered);
            }
        }
    }

    fn day(&self) -> Date {
        let year = self.quota.saturating_sub(self.openings);
        self.calendar.day(self.made.saturating_sub(self.openings), year)
    }

    fn sent(&self, command: &Command, from_system: bool) -> String {
        let mut sent = object(command);
        sent.insert("version".to_owned(), json!(1));
        sent.insert("id".to_owned(), json!(self.chance.id("command", self.made)));
        sent.insert("actor".to_owned(), json!(format!("svc:{}-sis", self.slug)));
        if let Some(law) = law(command) {
            sent.insert("basis".to_owned(), json!(format!("law:{law}")));
        }
        if from_system {
            sent.insert("purpose".to_owned(), json!("service-record"));
            let source =
                json!({ "system": format!("{}-sis", self.slug), "key": format!("sitting-{}", self.made) });
            sent.insert("source".to_owned(), source);
        }
        Value::Object(sent).to_string()
    }
}

/// The law under which a delivery is recorded: what is individual has one of its own (rule 3).
fn law(command: &Command) -> Option<&'static str> {
    let individual = match command {
        Command::Delivery(delivery::Command::RecordDelivery(new)) => new.details.case.is_some(),
        Command::Delivery(delivery::Command::CorrectDelivery(correction)) => match &correction.now {
            delivery::Event::ServiceDelivered(now) => now.is_individual(),
            delivery::Event::DeliveryCorrected(_) | delivery::Event::DeliveryVoided(_) => false,
        },
        _ => return None,
    };
    Some(if individual { "wic-5600" } else { "ec-8900" })
}

/// Name and body.
fn object(command: &Command) -> Map<String, Value> {
    match serde_json::to_value(command) {
        Ok(Value::Object(members)) => members,
        Ok(_) | Err(_) => unreachable!("a command is an object with a name and a body"),
    }
}
