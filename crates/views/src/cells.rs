//! Service ledger: deliveries counted by site, partner, pillar, kind, tier, funding and month.

use std::borrow::Cow;

use domain::code::{Pillar, ServiceKind, Tier};
use domain::delivery::{Delivered, Event};
use domain::id::{PartnerId, SiteId};
use domain::{Effective, Event as AnyEvent, SchoolYear};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;
use wire::RecordedEvent;

use crate::answer::group;
use crate::marks::{Mark, mark};
use crate::{Clues, Rows, View};

/// The view.
pub(crate) struct ServiceLedger;

/// What deliveries are counted by. It is the key of a cell and stands nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    // The first day of the month.
    month: Date,
    site: SiteId,
    partner: PartnerId,
    kind: ServiceKind,
    tier: Tier,
    pillar: Pillar,
    // Empty for none.
    funding: Cow<'a, str>,
}

impl<'a> Place<'a> {
    pub(crate) fn of(delivered: &'a Delivered, effective: Option<Effective>) -> Option<Self> {
        let &Delivered { site, partner, kind, tier, pillar, .. } = delivered;
        let month = effective?.from().first_of_month();
        let funding = delivered.funding.as_deref().unwrap_or_default().into();
        Some(Self { month, site, partner, kind, tier, pillar, funding })
    }

    /// family 1 · year 2 · month 1 · site 16 · partner 16 · JSON of kind, tier, pillar and funding.
    pub(crate) fn key(&self, family: u8) -> Vec<u8> {
        let mut key = Vec::with_capacity(128);
        key.push(family);
        key.extend_from_slice(&self.month.year().to_be_bytes());
        key.extend_from_slice(&self.month.month().to_be_bytes());
        key.extend_from_slice(self.site.0.as_bytes());
        key.extend_from_slice(self.partner.0.as_bytes());
        // Writing codes to a vector can't fail.
        let _ = serde_json::to_writer(&mut key, &(self.kind, self.tier, self.pillar, &self.funding));
        key
    }

    /// The inverse of [`key`](Self::key); nothing for the key of another row.
    pub(crate) fn read(key: &[u8]) -> Option<Self> {
        let (_family, rest) = key.split_first()?;
        let (year, rest) = rest.split_first_chunk()?;
        let (month, rest) = rest.split_first_chunk()?;
        let (site, rest) = rest.split_first_chunk()?;
        let (partner, rest) = rest.split_first_chunk()?;
        let (kind, tier, pillar, funding) = serde_json::from_slice(rest).ok()?;
        Some(Self {
            month: Date::new(i16::from_be_bytes(*year), i8::from_be_bytes(*month), 1).ok()?,
            site: SiteId::new(Uuid::from_bytes(*site)),
            partner: PartnerId::new(Uuid::from_bytes(*partner)),
            kind,
            tier,
            pillar,
            funding,
        })
    }

    /// The cell that a row of an answer is, if it was grouped by what tells cells apart.
    pub(crate) fn in_row(row: &'a Value) -> Option<Self> {
        let text = |column: &str| row.get(column)?.as_str();
        let code = |column: &str| row.get(column);
        Some(Self {
            month: format!("{}-01", text("month")?).parse().ok()?,
            site: SiteId::new(text("site")?.parse().ok()?),
            partner: PartnerId::new(text("partner")?.parse().ok()?),
            kind: ServiceKind::deserialize(code("kind")?).ok()?,
            tier: Tier::deserialize(code("tier")?).ok()?,
            pillar: Pillar::deserialize(code("pillar")?).ok()?,
            funding: text("funding")?.into(),
        })
    }

    /// By which what is counted in it is found.
    pub(crate) fn mark(&self) -> Mark {
        mark("cell", &[&self.key(b'c')])
    }

    /// As columns of an answer.
    pub(crate) fn columns(&self) -> Map<String, Value> {
        let columns = [
            ("month", month(self.month).into()),
            ("school_year", SchoolYear::of(self.month).to_string().into()),
            ("site", self.site.to_string().into()),
            ("partner", self.partner.to_string().into()),
            ("pillar", code(&self.pillar).into()),
            ("kind", code(&self.kind).into()),
            ("mental_health", self.kind.is_mental_health().into()),
            ("tier", u8::from(self.tier).into()),
            ("funding", self.funding.as_ref().into()),
        ];
        columns.into_iter().map(|(column, value)| (column.to_owned(), value)).collect()
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
pub(crate) fn month(day: Date) -> String {
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

/// Where a delivery was counted and where it is counted now, as columns.
pub(crate) fn places(event: &RecordedEvent) -> Vec<Value> {
    let places = changes(event).into_iter().flatten();
    places.filter_map(|(delivered, day)| Some(Value::Object(Place::of(delivered, day)?.columns()))).collect()
}

fn delivered(event: &Event) -> Option<&Delivered> {
    match event {
        Event::ServiceDelivered(delivered) => Some(delivered),
        Event::DeliveryCorrected(_) | Event::DeliveryVoided(_) => None,
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Cell {
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
        3
    }
    fn about(&self) -> &'static str {
        "deliveries, minutes and attendances by site, partner, pillar, kind, tier, funding and month"
    }
    fn columns(&self) -> &'static [&'static str] {
        &["site", "partner", "pillar", "kind", "mental_health", "tier", "funding", "month", "school_year"]
    }
    fn identity(&self) -> &'static [&'static str] {
        &["month", "site", "partner", "pillar", "kind", "tier", "funding"]
    }
    fn traces(&self, _: &Rows, event: &RecordedEvent) -> Vec<Value> {
        places(event)
    }
    fn clues(&self, _: &Rows, row: &Value) -> Clues {
        Clues::made(Place::in_row(row).map(|place| place.mark()))
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
            });
        }
    }

    fn list(&self, rows: &Rows, by: &[&str], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
        let mut list = Vec::new();
        rows.each(b"c", |key, cell: &Cell| {
            let mut row = Place::read(key).map(|place| place.columns()).unwrap_or_default();
            let sums = [
                cell.deliveries,
                cell.minutes,
                cell.headcount,
                cell.attendances,
                cell.corrected,
                cell.voided,
            ];
            row.extend(SUMS.iter().zip(sums).map(|(column, sum)| ((*column).to_owned(), sum.into())));
            let row = Value::Object(row);
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
