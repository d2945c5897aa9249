//! Partner directory: who works with the ledger's owner, vetted until when, and how much was delivered.

use domain::Event as AnyEvent;
use domain::partner::{Event, Partner};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::RecordedEvent;

use crate::cells::{changes, code};
use crate::{Rows, View};

/// The view.
pub(crate) struct PartnerDirectory;

#[derive(Default, Serialize, Deserialize)]
struct Entry {
    partner: Partner,
    deliveries: u64,
    minutes: u64,
}

fn key(id: &uuid::Uuid) -> Vec<u8> {
    [b"p".as_slice(), id.as_bytes()].concat()
}

impl View for PartnerDirectory {
    fn name(&self) -> &'static str {
        "partner-directory"
    }
    fn revision(&self) -> u32 {
        1
    }
    fn about(&self) -> &'static str {
        "partners with kind, vetting, status and what they delivered"
    }
    fn columns(&self) -> &'static [&'static str] {
        &["partner", "name", "kind", "ein", "hsds", "status", "vetted_until", "pillars", "languages"]
    }
    fn identity(&self) -> &'static [&'static str] {
        &["partner"]
    }
    fn traces(&self, _: &Rows, event: &RecordedEvent) -> Vec<Value> {
        let named = |id: &uuid::Uuid| json!({ "partner": id.to_string() });
        match &event.fact.event {
            AnyEvent::Partner(_) => vec![named(&event.fact.subject.id)],
            _ => changes(event).into_iter().flatten().map(|(d, _)| named(&d.partner.0)).collect(),
        }
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
        match &event.fact.event {
            AnyEvent::Partner(change) => rows.update(&key(&event.fact.subject.id), |entry: &mut Entry| {
                entry.partner.record(&event.recorded(), change);
            }),
            AnyEvent::Delivery(_) => {
                let [was, now] = changes(event);
                if let Some((was, _)) = was {
                    rows.update(&key(&was.partner.0), |entry: &mut Entry| {
                        entry.deliveries = entry.deliveries.saturating_sub(1);
                        entry.minutes = entry.minutes.saturating_sub(was.minutes.into());
                    });
                }
                if let Some((now, _)) = now {
                    rows.update(&key(&now.partner.0), |entry: &mut Entry| {
                        entry.deliveries += 1;
                        entry.minutes += u64::from(now.minutes);
                    });
                }
            }
            _ => {}
        }
    }

    fn list(&self, rows: &Rows, _: &[&str], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
        let mut list = Vec::new();
        rows.each(b"p", |key, entry: &Entry| {
            let row = describe(key.get(1..).unwrap_or_default(), entry);
            list.extend(row.filter(|row| wanted(row)));
        });
        list
    }
}

fn describe(id: &[u8], entry: &Entry) -> Option<Value> {
    let details = entry.partner.details()?;
    let vetted = entry.partner.history.entries().iter().filter_map(|e| {
        if let Event::PartnerVetted(v) = &e.event {
            Some(v.insurance_until.min(v.clearance_until))
        } else {
            None
        }
    });
    let status = match (entry.partner.offboarded(), entry.partner.is_suspended_on(Date::MAX)) {
        (Some(_), _) => "offboarded",
        (None, true) => "suspended",
        (None, false) => "active",
    };
    Some(json!({
        "partner": uuid::Uuid::from_slice(id).unwrap_or_default().to_string(),
        "name": details.name,
        "kind": code(&details.kind),
        "ein": details.ein,
        "hsds": details.hsds,
        "status": status,
        "vetted_until": vetted.max().map(|day| day.to_string()),
        "pillars": details.pillars.iter().map(code).collect::<Vec<_>>(),
        "languages": details.languages,
        "deliveries": entry.deliveries,
        "delivered_minutes": entry.minutes,
    }))
}
