//! Agreement register: what is agreed with whom, until when, pledged against delivered.

use std::collections::BTreeMap;

use domain::agreement::Agreement;
use domain::{Event as AnyEvent, Kind, SchoolYear};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wire::RecordedEvent;

use crate::cells::{changes, code};
use crate::marks::of_thing;
use crate::{Clues, Rows, View};

/// The view.
pub(crate) struct AgreementRegister;

#[derive(Default, Serialize, Deserialize)]
struct Entry {
    agreement: Agreement,
    // What was delivered under it, by school year.
    years: BTreeMap<SchoolYear, Delivered>,
}

#[derive(Default, Clone, Copy, Serialize, Deserialize)]
struct Delivered {
    deliveries: u64,
    minutes: u64,
}

fn key(id: &uuid::Uuid) -> Vec<u8> {
    [b"a".as_slice(), id.as_bytes()].concat()
}

impl View for AgreementRegister {
    fn name(&self) -> &'static str {
        "agreement-register"
    }
    fn revision(&self) -> u32 {
        2
    }
    fn about(&self) -> &'static str {
        "agreements with partner, span, terms, pledged minutes, and those delivered in all and by school year"
    }
    fn columns(&self) -> &'static [&'static str] {
        &["agreement", "partner", "reference", "kind", "site", "starts", "ends", "status", "kinds", "pillars"]
    }
    fn identity(&self) -> &'static [&'static str] {
        &["agreement"]
    }
    fn traces(&self, _: &Rows, event: &RecordedEvent) -> Vec<Value> {
        let named = |id: &uuid::Uuid| json!({ "agreement": id.to_string() });
        match &event.fact.event {
            AnyEvent::Agreement(_) => vec![named(&event.fact.subject.id)],
            _ => changes(event).into_iter().flatten().map(|(d, _)| named(&d.agreement.0)).collect(),
        }
    }
    fn clues(&self, _: &Rows, row: &Value) -> Clues {
        of_thing(row, "agreement", Kind::Agreement)
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
        match &event.fact.event {
            AnyEvent::Agreement(change) => rows.update(&key(&event.fact.subject.id), |entry: &mut Entry| {
                entry.agreement.record(&event.recorded(), change);
            }),
            AnyEvent::Delivery(_) => {
                let [was, now] = changes(event);
                if let Some((was, Some(effective))) = was {
                    rows.update(&key(&was.agreement.0), |entry: &mut Entry| {
                        let year = entry.years.entry(SchoolYear::of(effective.from())).or_default();
                        year.deliveries = year.deliveries.saturating_sub(1);
                        year.minutes = year.minutes.saturating_sub(was.minutes.into());
                    });
                }
                if let Some((now, Some(effective))) = now {
                    rows.update(&key(&now.agreement.0), |entry: &mut Entry| {
                        let year = entry.years.entry(SchoolYear::of(effective.from())).or_default();
                        year.deliveries += 1;
                        year.minutes += u64::from(now.minutes);
                    });
                }
            }
            _ => {}
        }
    }

    fn list(&self, rows: &Rows, _: &[&str], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
        let mut list = Vec::new();
        rows.each(b"a", |key, entry: &Entry| {
            let row = describe(key.get(1..).unwrap_or_default(), entry);
            list.extend(row.filter(|row| wanted(row)));
        });
        list
    }
}

fn describe(id: &[u8], entry: &Entry) -> Option<Value> {
    let signed = entry.agreement.signed()?;
    let span = entry.agreement.history.entries().first()?.effective?;
    let terms = entry.agreement.latest_terms().unwrap_or(&signed.terms);
    let ends = entry.agreement.last_day().unwrap_or(Date::MAX);
    let status = match (entry.agreement.ended(), entry.agreement.is_suspended_on(Date::MAX)) {
        (Some(_), _) => "ended",
        (None, true) => "suspended",
        (None, false) => "signed",
    };
    let delivered = || entry.years.iter().filter(|(_, year)| year.deliveries > 0);
    let by_year: Map<_, _> = delivered().map(|(year, of)| (year.to_string(), of.minutes.into())).collect();
    Some(json!({
        "agreement": uuid::Uuid::from_slice(id).unwrap_or_default().to_string(),
        "reference": signed.reference,
        "partner": signed.partner.to_string(),
        "kind": code(&signed.kind),
        "status": status,
        "starts": span.from().to_string(),
        "ends": ends.to_string(),
        "site": terms.sites.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "kinds": terms.kinds.iter().map(code).collect::<Vec<_>>(),
        "pillars": terms.pillars.iter().map(code).collect::<Vec<_>>(),
        "pledged_minutes": terms.pledged_minutes,
        "delivered_minutes": delivered().map(|(_, of)| of.minutes).sum::<u64>(),
        "deliveries": delivered().map(|(_, of)| of.deliveries).sum::<u64>(),
        "delivered_minutes_by_year": by_year,
    }))
}
