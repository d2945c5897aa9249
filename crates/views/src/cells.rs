//! Service ledger: deliveries counted by site, partner, pillar, kind, tier, funding and month.

use domain::delivery::{Delivered, Event};
use domain::{Effective, Event as AnyEvent};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::RecordedEvent;

use crate::answer::group;
use crate::{Rows, View};

/// The view.
pub(crate) struct ServiceLedger;

/// What deliveries are counted by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) site: String,
    pub(crate) partner: String,
    pub(crate) pillar: String,
    pub(crate) kind: String,
    pub(crate) tier: u8,
    pub(crate) funding: String,
    pub(crate) month: String,
    pub(crate) school_year: String,
}

impl Place {
    pub(crate) fn of(delivered: &Delivered, effective: Option<Effective>) -> Option<Self> {
        let day = effective?.from();
        Some(Self {
            site: delivered.site.to_string(),
            partner: delivered.partner.to_string(),
            pillar: code(&delivered.pillar),
            kind: code(&delivered.kind),
            tier: delivered.tier.into(),
            funding: delivered.funding.clone().unwrap_or_default(),
            month: month(day),
            school_year: domain::SchoolYear::of(day).to_string(),
        })
    }

    pub(crate) fn key(&self, family: u8) -> Vec<u8> {
        let mut key = vec![family];
        let tier = self.tier.to_string();
        let parts = [&self.month, &self.site, &self.partner, &self.kind, &tier, &self.pillar, &self.funding];
        for part in parts {
            key.extend_from_slice(part.as_bytes());
            key.push(0);
        }
        key
    }
}

/// A code as it is written on the wire.
pub(crate) fn code(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// `2026-03`.
pub(crate) fn month(day: jiff::civil::Date) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

/// A delivery event as what leaves and what enters, each with its day.
pub(crate) fn changes(event: &RecordedEvent) -> [Option<(&Delivered, Option<Effective>)>; 2] {
    let AnyEvent::Delivery(delivery) = &event.fact.event else { return [None, None] };
    match delivery {
        Event::ServiceDelivered(now) => [None, Some((now, event.fact.effective))],
        Event::DeliveryCorrected(c) => [
            delivered(&c.was.event).map(|was| (was, c.was.effective)),
            delivered(&c.now).map(|now| (now, event.fact.effective)),
        ],
        Event::DeliveryVoided(v) => [delivered(&v.was.event).map(|was| (was, v.was.effective)), None],
    }
}

fn delivered(event: &Event) -> Option<&Delivered> {
    match event {
        Event::ServiceDelivered(delivered) => Some(delivered),
        Event::DeliveryCorrected(_) | Event::DeliveryVoided(_) => None,
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Cell {
    place: Place,
    deliveries: u64,
    minutes: u64,
    headcount: u64,
    attendances: u64,
    corrected: u64,
    voided: u64,
}

const SUMS: &[&str] = &["deliveries", "minutes", "headcount", "attendances", "corrected", "voided"];

impl View for ServiceLedger {
    fn name(&self) -> &'static str {
        "service-ledger"
    }
    fn revision(&self) -> u32 {
        1
    }
    fn about(&self) -> &'static str {
        "deliveries, minutes and attendances by site, partner, pillar, kind, tier, funding and month"
    }
    fn columns(&self) -> &'static [&'static str] {
        &["site", "partner", "pillar", "kind", "tier", "funding", "month", "school_year"]
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
        let [was, now] = changes(event);
        let voided = now.is_none();
        if let Some((was, place)) = was.and_then(|w| Some((w.0, Place::of(w.0, w.1)?))) {
            rows.update(&place.key(b'c'), |cell: &mut Cell| {
                add(cell, was, u64::saturating_sub);
                if voided { cell.voided += 1 } else { cell.corrected += 1 }
            });
        }
        if let Some((now, place)) = now.and_then(|n| Some((n.0, Place::of(n.0, n.1)?))) {
            rows.update(&place.key(b'c'), |cell: &mut Cell| {
                add(cell, now, u64::saturating_add);
                cell.place = place.clone();
            });
        }
    }

    fn list(&self, rows: &Rows, by: &[&str], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
        let mut list = Vec::new();
        rows.each(b"c", |_, cell: &Cell| {
            let p = &cell.place;
            let row = json!({
                "month": p.month, "school_year": p.school_year, "site": p.site, "partner": p.partner,
                "pillar": p.pillar, "kind": p.kind, "tier": p.tier, "funding": p.funding,
                "deliveries": cell.deliveries, "minutes": cell.minutes, "headcount": cell.headcount,
                "attendances": cell.attendances, "corrected": cell.corrected, "voided": cell.voided,
            });
            if wanted(&row) {
                list.push(row);
            }
        });
        group(list, by, SUMS)
    }
}

fn add(cell: &mut Cell, delivered: &Delivered, change: fn(u64, u64) -> u64) {
    let people = delivered.participants.as_ref().map_or(0, |p| p.len() as u64);
    let headcount = u64::from(delivered.headcount.unwrap_or(0));
    cell.deliveries = change(cell.deliveries, 1);
    cell.minutes = change(cell.minutes, delivered.minutes.into());
    cell.headcount = change(cell.headcount, headcount);
    cell.attendances = change(cell.attendances, people + u64::from(delivered.case.is_some()));
}
