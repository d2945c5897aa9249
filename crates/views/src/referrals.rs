//! Referrals: what became of needs that were passed on, by site, need, urgency and the month in which a referral was
//! opened. No case is told.
//!
//! Everything about a referral is counted in the month of its opening, so that what is still open is what was opened
//! less what ended.

use domain::id::SiteId;
use domain::need::Barrier;
use domain::referral::{About, Event, Opened, Urgency};
use domain::{Effective, Event as AnyEvent, SchoolYear};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::RecordedEvent;

use crate::answer::group;
use crate::cells::{code, month};
use crate::marks::{Mark, id_in, mark};
use crate::{Clues, Rows, View};

/// The view.
pub(crate) struct Referrals;

const SUMS: &[&str] = &[
    "opened",
    "accepted",
    "declined",
    "redirected",
    "completed",
    "closed_unmet",
    "open_now",
    "days_to_acceptance",
];

#[derive(Default, Serialize, Deserialize)]
struct Cell {
    opened: i64,
    accepted: i64,
    declined: i64,
    redirected: i64,
    completed: i64,
    closed_unmet: i64,
    // From the opening of each accepted referral to its acceptance, summed.
    days_to_acceptance: i64,
}

/// An event as plain events that enter (+1) and leave (−1), each with its date.
fn parts(event: &Event, effective: Option<Effective>) -> Vec<(&Event, Option<Effective>, i64)> {
    match event {
        Event::ReferralCorrected(c) => vec![(&c.was.event, c.was.effective, -1), (&c.now, effective, 1)],
        Event::ReferralVoided(v) => vec![(&v.was.event, v.was.effective, -1)],
        Event::ReferralOpened(_)
        | Event::ReferralAccepted(_)
        | Event::ReferralDeclined(_)
        | Event::ReferralRedirected(_)
        | Event::ReferralCompleted(_)
        | Event::ReferralClosedUnmet(_) => vec![(event, effective, 1)],
    }
}

/// What the referral of an event on a day is about.
fn about(event: &Event, day: Date) -> Option<About> {
    match event {
        Event::ReferralOpened(Opened { site, need, urgency, .. }) => {
            Some(About { site: *site, need: *need, urgency: *urgency, opened: day })
        }
        later => later.about().copied(),
    }
}

/// family 1 · year 2 · month 1 · site 16 · JSON of need and urgency.
fn key(about: &About) -> Vec<u8> {
    let mut key = vec![b'c'];
    key.extend_from_slice(&about.opened.year().to_be_bytes());
    key.extend_from_slice(&about.opened.month().to_be_bytes());
    key.extend_from_slice(about.site.0.as_bytes());
    // Writing codes to a vector can't fail.
    let _ = serde_json::to_writer(&mut key, &(about.need, about.urgency));
    key
}

/// The inverse of [`key`]: the first day of the month, site, need and urgency.
fn read(key: &[u8]) -> Option<(Date, Uuid, Barrier, Urgency)> {
    let (_family, rest) = key.split_first()?;
    let (year, rest) = rest.split_first_chunk()?;
    let (month, rest) = rest.split_first_chunk()?;
    let (site, rest) = rest.split_first_chunk()?;
    let (need, urgency) = serde_json::from_slice(rest).ok()?;
    let month = Date::new(i16::from_be_bytes(*year), i8::from_be_bytes(*month), 1).ok()?;
    Some((month, Uuid::from_bytes(*site), need, urgency))
}

/// Marks of the cells that an event changes.
pub(crate) fn cells(event: &Event, effective: Option<Effective>) -> impl Iterator<Item = Mark> {
    let parts = parts(event, effective).into_iter();
    parts.filter_map(|(part, day, _)| Some(mark("referred", &[&key(&about(part, day?.from())?)])))
}

fn count(cell: &mut Cell, event: &Event, days: i64, sign: i64) {
    match event {
        Event::ReferralOpened(_) => cell.opened += sign,
        Event::ReferralAccepted(_) => {
            cell.accepted += sign;
            cell.days_to_acceptance += sign * days;
        }
        Event::ReferralDeclined(_) => cell.declined += sign,
        Event::ReferralRedirected(_) => cell.redirected += sign,
        Event::ReferralCompleted(_) => cell.completed += sign,
        Event::ReferralClosedUnmet(_) => cell.closed_unmet += sign,
        Event::ReferralCorrected(_) | Event::ReferralVoided(_) => {}
    }
}

impl View for Referrals {
    fn name(&self) -> &'static str {
        "referrals"
    }
    fn revision(&self) -> u32 {
        1
    }
    fn about(&self) -> &'static str {
        "referrals opened, accepted, completed, unmet and open now, by site, need, urgency and month of opening"
    }
    fn columns(&self) -> &'static [&'static str] {
        &["site", "need", "urgency", "month", "school_year"]
    }
    fn identity(&self) -> &'static [&'static str] {
        &["month", "site", "need", "urgency"]
    }
    fn traces(&self, _: &Rows, event: &RecordedEvent) -> Vec<Value> {
        let AnyEvent::Referral(change) = &event.fact.event else { return Vec::new() };
        let parts = parts(change, event.fact.effective).into_iter();
        let named = parts.filter_map(|(part, effective, _)| {
            let About { site, need, urgency, opened } = about(part, effective?.from())?;
            Some(json!({
                "month": month(opened), "site": site.to_string(), "need": code(&need), "urgency": code(&urgency),
            }))
        });
        named.collect()
    }
    fn clues(&self, _: &Rows, row: &Value) -> Clues {
        let cell = |month: &str| {
            let code = |column: &str| row.get(column);
            let about = About {
                site: SiteId::new(id_in(row, "site")?),
                need: Barrier::deserialize(code("need")?).ok()?,
                urgency: Urgency::deserialize(code("urgency")?).ok()?,
                opened: format!("{month}-01").parse().ok()?,
            };
            Some(mark("referred", &[&key(&about)]))
        };
        Clues::made(row.get("month").and_then(Value::as_str).and_then(cell))
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
        let AnyEvent::Referral(change) = &event.fact.event else { return };
        for (part, effective, sign) in parts(change, event.fact.effective) {
            let Some(day) = effective.map(|e| e.from()) else { continue };
            let Some(about) = about(part, day) else { continue };
            let days = about.opened.until(day).map_or(0, |span| i64::from(span.get_days()));
            rows.update(&key(&about), |cell: &mut Cell| count(cell, part, days, sign));
        }
    }

    fn list(&self, rows: &Rows, by: &[&str], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
        let mut list = Vec::new();
        rows.each(b"c", |key, cell: &Cell| {
            let Some((first, site, need, urgency)) = read(key) else { return };
            let row = json!({
                "month": month(first), "school_year": SchoolYear::of(first).to_string(),
                "site": site.to_string(), "need": code(&need), "urgency": code(&urgency),
                "opened": cell.opened, "accepted": cell.accepted, "declined": cell.declined,
                "redirected": cell.redirected, "completed": cell.completed, "closed_unmet": cell.closed_unmet,
                "open_now": cell.opened - cell.completed - cell.closed_unmet,
                "days_to_acceptance": cell.days_to_acceptance,
            });
            if wanted(&row) {
                list.push(row);
            }
        });
        group(list, by, SUMS)
    }
}
