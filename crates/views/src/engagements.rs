//! Engagement summary: what was planned and held, and families that attended, led and co-designed, by site, kind,
//! language and month.

use std::collections::BTreeMap;

use domain::code::FamilyRole;
use domain::engagement::{Event, FamilyEngaged, Held};
use domain::{Effective, Event as AnyEvent, SchoolYear};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wire::RecordedEvent;

use crate::cells::{code, month};
use crate::marks::{Mark, mark};
use crate::{Clues, Digits, Rows, View};

/// The view.
pub(crate) struct EngagementSummary;

/// Occasions have no language of their own here: their row has the language `all`.
const ALL: &str = "all";
const SUMS: &[&str] = &[
    "planned",
    "held",
    "cancelled",
    "minutes",
    "headcount",
    "interpreted",
    "attended",
    "led",
    "co_designed",
];

#[derive(Default, Serialize, Deserialize)]
struct Cell {
    planned: i64,
    held: i64,
    cancelled: i64,
    minutes: i64,
    headcount: i64,
    interpreted: i64,
    attended: i64,
    led: i64,
    co_designed: i64,
    households: Digits,
}

/// What an event does to the engagements that took place: each with +1 or −1.
pub(crate) fn held(event: &Event) -> Vec<(&Held, i64)> {
    parts(event, None)
        .into_iter()
        .filter_map(
            |(part, _, sign)| if let Event::EngagementHeld(held) = part { Some((held, sign)) } else { None },
        )
        .collect()
}

/// An event as plain events that enter (+1) and leave (−1), each with its date.
fn parts(event: &Event, effective: Option<Effective>) -> Vec<(&Event, Option<Effective>, i64)> {
    match event {
        Event::EngagementCorrected(c) => vec![(&c.was.event, c.was.effective, -1), (&c.now, effective, 1)],
        Event::EngagementVoided(v) => vec![(&v.was.event, v.was.effective, -1)],
        Event::EngagementPlanned(_)
        | Event::EngagementHeld(_)
        | Event::FamilyEngaged(_)
        | Event::EngagementCancelled(_) => vec![(event, effective, 1)],
    }
}

impl View for EngagementSummary {
    fn name(&self) -> &'static str {
        "engagement-summary"
    }
    fn revision(&self) -> u32 {
        3
    }
    fn about(&self) -> &'static str {
        "engagements and families by site, kind, language and month: attended, led and co-designed"
    }
    fn columns(&self) -> &'static [&'static str] {
        &["site", "kind", "language", "month", "school_year"]
    }
    fn identity(&self) -> &'static [&'static str] {
        &["month", "site", "kind", "language"]
    }
    fn traces(&self, _: &Rows, event: &RecordedEvent) -> Vec<Value> {
        let AnyEvent::Engagement(change) = &event.fact.event else { return Vec::new() };
        let parts = parts(change, event.fact.effective).into_iter();
        let named = parts.filter_map(|(part, effective, _)| {
            let [site, kind, language] = place(part)?;
            let month = month(effective?.from());
            Some(json!({ "month": month, "site": site, "kind": kind, "language": language }))
        });
        named.collect()
    }
    fn clues(&self, _: &Rows, row: &Value) -> Clues {
        let text = |column: &str| row.get(column).and_then(Value::as_str).unwrap_or_default();
        Clues::made([cell(text("month"), &[text("site"), text("kind"), text("language")])])
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
        let AnyEvent::Engagement(change) = &event.fact.event else { return };
        for (part, effective, sign) in parts(change, event.fact.effective) {
            let Some(day) = effective.map(|e| e.from()) else { continue };
            let household = match part {
                Event::FamilyEngaged(family) => Some(rows.rank(b'h', &family.household.0)),
                Event::EngagementPlanned(_)
                | Event::EngagementHeld(_)
                | Event::EngagementCancelled(_)
                | Event::EngagementCorrected(_)
                | Event::EngagementVoided(_) => None,
            };
            let Some([site, kind, language]) = place(part) else { continue };
            let key = format!("c{}\0{site}\0{kind}\0{language}", month(day));
            rows.update(key.as_bytes(), |cell: &mut Cell| count(cell, part, sign, household));
        }
    }

    /// Households are counted once in each group; without `by` a row is one month, site, kind and language.
    fn list(&self, rows: &Rows, by: &[&str], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
        let by = if by.is_empty() { &["month", "school_year", "site", "kind", "language"] } else { by };
        let mut groups: BTreeMap<Vec<String>, (Map<String, Value>, RoaringBitmap)> = BTreeMap::new();
        rows.each(b"c", |key, cell: &Cell| {
            let mut place = key.get(1..).unwrap_or_default().split(|byte| *byte == 0);
            let [month, site, kind, language] =
                [(); 4].map(|()| String::from_utf8_lossy(place.next().unwrap_or_default()));
            let row = json!({
                "month": month, "school_year": school_year(&month), "site": site, "kind": kind, "language": language,
                "planned": cell.planned, "held": cell.held, "cancelled": cell.cancelled,
                "minutes": cell.minutes, "headcount": cell.headcount, "interpreted": cell.interpreted,
                "attended": cell.attended, "led": cell.led, "co_designed": cell.co_designed,
            });
            if !wanted(&row) {
                return;
            }
            let value = |column: &str| row.get(column).cloned().unwrap_or_default();
            let key = by.iter().map(|column| value(column).to_string()).collect();
            let (group, households) = groups.entry(key).or_insert_with(|| {
                let place = by.iter().map(|column| ((*column).to_owned(), value(column))).collect();
                (place, RoaringBitmap::new())
            });
            for column in SUMS {
                let sum = group.get(*column).and_then(Value::as_i64).unwrap_or(0);
                let more = value(column).as_i64().unwrap_or(0);
                group.insert((*column).to_owned(), Value::from(sum.saturating_add(more)));
            }
            *households |= cell.households.distinct();
        });
        let counted = |(mut row, households): (Map<String, Value>, RoaringBitmap)| {
            row.insert("families".to_owned(), households.len().into());
            Value::Object(row)
        };
        groups.into_values().map(counted).collect()
    }
}

/// Marks of the cells that an event changes.
pub(crate) fn cells(event: &Event, effective: Option<Effective>) -> impl Iterator<Item = Mark> {
    let parts = parts(event, effective).into_iter();
    parts.filter_map(|(part, day, _)| {
        let [site, kind, language] = place(part)?;
        Some(cell(&month(day?.from()), &[&site, &kind, &language]))
    })
}

fn cell(month: &str, [site, kind, language]: &[&str; 3]) -> Mark {
    mark("engaged", &[month.as_bytes(), site.as_bytes(), kind.as_bytes(), language.as_bytes()])
}

/// The school year of a month such as `2026-03`.
fn school_year(month: &str) -> Option<String> {
    let first = format!("{month}-01").parse().ok()?;
    Some(SchoolYear::of(first).to_string())
}

fn place(part: &Event) -> Option<[String; 3]> {
    let (site, kind, language) = match part {
        Event::EngagementPlanned(planned) => (planned.site, planned.kind, ALL),
        Event::EngagementHeld(held) => (held.site, held.kind, ALL),
        Event::FamilyEngaged(FamilyEngaged { site, kind, language, .. }) => {
            ((*site)?, (*kind)?, language.as_deref().unwrap_or("unknown"))
        }
        Event::EngagementCancelled(cancelled) => (cancelled.site?, cancelled.kind?, ALL),
        Event::EngagementCorrected(_) | Event::EngagementVoided(_) => return None,
    };
    Some([site.to_string(), code(&kind), language.to_owned()])
}

fn count(cell: &mut Cell, part: &Event, sign: i64, household: Option<u32>) {
    match part {
        Event::EngagementPlanned(_) => cell.planned += sign,
        Event::EngagementCancelled(_) => cell.cancelled += sign,
        Event::EngagementHeld(held) => {
            cell.held += sign;
            cell.minutes += sign * i64::from(held.minutes);
            cell.headcount += sign * i64::from(held.headcount);
            cell.interpreted += sign * i64::from(held.interpreter);
        }
        Event::FamilyEngaged(family) => {
            match family.role {
                FamilyRole::Attended => cell.attended += sign,
                FamilyRole::Led => cell.led += sign,
                FamilyRole::CoDesigned => cell.co_designed += sign,
            }
            let household: RoaringBitmap = household.into_iter().collect();
            if sign > 0 { cell.households.add(&household) } else { cell.households.remove(&household) }
        }
        Event::EngagementCorrected(_) | Event::EngagementVoided(_) => {}
    }
}
