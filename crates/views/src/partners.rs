//! Partner directory: who works with the ledger's owner, vetted until when, under which agreements, and what was
//! delivered where.

use std::collections::{BTreeMap, BTreeSet};

use domain::agreement::{self, Agreement};
use domain::id::{AgreementId, PartnerId, SiteId};
use domain::partner::{Event, Partner};
use domain::{Event as AnyEvent, Kind};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::RecordedEvent;

use crate::cells::{changes, code};
use crate::marks::{kind, of_thing};
use crate::{Clues, Rows, View};

/// The view.
pub(crate) struct PartnerDirectory;

#[derive(Default, Serialize, Deserialize)]
struct Entry {
    partner: Partner,
    deliveries: u64,
    minutes: u64,
    // Live deliveries by site.
    sites: BTreeMap<SiteId, u64>,
}

fn key(family: u8, id: &uuid::Uuid) -> Vec<u8> {
    [&[family], id.as_bytes().as_slice()].concat()
}

impl View for PartnerDirectory {
    fn name(&self) -> &'static str {
        "partner-directory"
    }
    fn revision(&self) -> u32 {
        2
    }
    fn about(&self) -> &'static str {
        "partners with kind, vetting, status, agreements and what they delivered at which sites"
    }
    fn columns(&self) -> &'static [&'static str] {
        &[
            "partner",
            "name",
            "kind",
            "ein",
            "hsds",
            "status",
            "vetted_until",
            "pillars",
            "languages",
            "agreements",
            "sites",
        ]
    }
    fn identity(&self) -> &'static [&'static str] {
        &["partner"]
    }
    fn traces(&self, rows: &Rows, event: &RecordedEvent) -> Vec<Value> {
        let named = |id: &uuid::Uuid| json!({ "partner": id.to_string() });
        match &event.fact.event {
            AnyEvent::Partner(_) => vec![named(&event.fact.subject.id)],
            AnyEvent::Agreement(change) => {
                let mut partners: BTreeSet<PartnerId> = signers(change).into_iter().flatten().collect();
                rows.each(&key(b'a', &event.fact.subject.id), |_, agreement: &Agreement| {
                    partners.extend(agreement.partner());
                });
                partners.iter().map(|partner| named(&partner.0)).collect()
            }
            _ => changes(event).into_iter().flatten().map(|(d, _)| named(&d.partner.0)).collect(),
        }
    }
    fn clues(&self, _: &Rows, row: &Value) -> Clues {
        of_thing(row, "partner", Kind::Partner).knowing([kind(Kind::Agreement)])
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
        let id = &event.fact.subject.id;
        match &event.fact.event {
            AnyEvent::Partner(change) => rows.update(&key(b'p', id), |entry: &mut Entry| {
                entry.partner.record(&event.recorded(), change);
            }),
            AnyEvent::Agreement(change) => rows.update(&key(b'a', id), |agreement: &mut Agreement| {
                agreement.record(&event.recorded(), change);
            }),
            AnyEvent::Delivery(_) => deliveries(rows, event),
            _ => {}
        }
    }

    fn list(&self, rows: &Rows, _: &[&str], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
        let mut agreed: BTreeMap<PartnerId, Vec<AgreementId>> = BTreeMap::new();
        rows.each(b"a", |key, agreement: &Agreement| {
            let id = uuid::Uuid::from_slice(key.get(1..).unwrap_or_default()).unwrap_or_default();
            // A voided one has no partner.
            if let Some(partner) = agreement.partner().filter(|_| agreement.ended().is_none()) {
                agreed.entry(partner).or_default().push(AgreementId::new(id));
            }
        });
        let mut list = Vec::new();
        rows.each(b"p", |key, entry: &Entry| {
            let row = describe(key.get(1..).unwrap_or_default(), entry, &agreed);
            list.extend(row.filter(|row| wanted(row)));
        });
        list
    }
}

/// Whom an event names as the partner of an agreement, and whom the one that it takes back.
pub(crate) fn signers(change: &agreement::Event) -> [Option<PartnerId>; 2] {
    let partner = |event: &agreement::Event| match event {
        agreement::Event::AgreementSigned(signed) => Some(signed.partner),
        _ => None,
    };
    match change {
        agreement::Event::AgreementCorrected(c) => [partner(&c.was.event), partner(&c.now)],
        agreement::Event::AgreementVoided(v) => [partner(&v.was.event), None],
        event => [partner(event), None],
    }
}

fn deliveries(rows: &mut Rows, event: &RecordedEvent) {
    let [was, now] = changes(event);
    if let Some((was, _)) = was {
        rows.update(&key(b'p', &was.partner.0), |entry: &mut Entry| {
            entry.deliveries = entry.deliveries.saturating_sub(1);
            entry.minutes = entry.minutes.saturating_sub(was.minutes.into());
            let left = entry.sites.get(&was.site).map_or(0, |n| n.saturating_sub(1));
            if left == 0 {
                entry.sites.remove(&was.site)
            } else {
                entry.sites.insert(was.site, left)
            };
        });
    }
    if let Some((now, _)) = now {
        rows.update(&key(b'p', &now.partner.0), |entry: &mut Entry| {
            entry.deliveries += 1;
            entry.minutes += u64::from(now.minutes);
            *entry.sites.entry(now.site).or_default() += 1;
        });
    }
}

fn describe(id: &[u8], entry: &Entry, agreed: &BTreeMap<PartnerId, Vec<AgreementId>>) -> Option<Value> {
    let details = entry.partner.details()?;
    let id = uuid::Uuid::from_slice(id).unwrap_or_default();
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
        "partner": id.to_string(),
        "name": details.name,
        "kind": code(&details.kind),
        "ein": details.ein,
        "hsds": details.hsds,
        "status": status,
        "vetted_until": vetted.max().map(|day| day.to_string()),
        "pillars": details.pillars.iter().map(code).collect::<Vec<_>>(),
        "languages": details.languages,
        "agreements": agreed.get(&PartnerId::new(id)).map(Vec::as_slice).unwrap_or_default(),
        "sites": entry.sites.keys().collect::<Vec<_>>(),
        "deliveries": entry.deliveries,
        "delivered_minutes": entry.minutes,
    }))
}
