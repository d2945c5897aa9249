//! Site profile: the hub on a page.

use std::collections::{BTreeMap, BTreeSet};

use domain::Event as AnyEvent;
use domain::id::{PartnerId, SiteId};
use domain::offering::Offering;
use domain::site::{Event, Site};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::RecordedEvent;

use crate::cells::{changes, code};
use crate::{Rows, View};

/// The view.
pub(crate) struct SiteProfile;

#[derive(Default, Serialize, Deserialize)]
struct Profile {
    site: Site,
    deliveries: u64,
    minutes: u64,
    engagements: u64,
    // Live deliveries by partner.
    partners: BTreeMap<PartnerId, u64>,
}

fn key(family: u8, id: &uuid::Uuid) -> Vec<u8> {
    [&[family], id.as_bytes().as_slice()].concat()
}

impl View for SiteProfile {
    fn name(&self) -> &'static str {
        "site-profile"
    }
    fn revision(&self) -> u32 {
        1
    }
    fn about(&self) -> &'static str {
        "sites with phase, coordinators, partners, offerings by pillar, deliveries and engagements"
    }
    fn columns(&self) -> &'static [&'static str] {
        &["site", "name", "cds", "city", "status", "phase", "partners"]
    }
    fn identity(&self) -> &'static [&'static str] {
        &["site"]
    }
    fn traces(&self, rows: &Rows, event: &RecordedEvent) -> Vec<Value> {
        let named = |id: &uuid::Uuid| json!({ "site": id.to_string() });
        match &event.fact.event {
            AnyEvent::Site(_) => vec![named(&event.fact.subject.id)],
            AnyEvent::Offering(change) => {
                let mut sites: BTreeSet<SiteId> = change.sites().into_iter().collect();
                rows.each(&key(b'o', &event.fact.subject.id), |_, offering: &Offering| {
                    sites.extend(offering.details().and_then(|details| details.site));
                });
                sites.iter().map(|site| named(&site.0)).collect()
            }
            AnyEvent::Engagement(change) => {
                crate::engagements::held(change).iter().map(|(held, _)| named(&held.site.0)).collect()
            }
            _ => changes(event).into_iter().flatten().map(|(d, _)| named(&d.site.0)).collect(),
        }
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
        let id = &event.fact.subject.id;
        match &event.fact.event {
            AnyEvent::Site(change) => rows.update(&key(b's', id), |profile: &mut Profile| {
                profile.site.record(&event.recorded(), change);
            }),
            AnyEvent::Offering(change) => rows.update(&key(b'o', id), |offering: &mut Offering| {
                offering.record(&event.recorded(), change);
            }),
            AnyEvent::Delivery(_) => deliveries(rows, event),
            AnyEvent::Engagement(change) => {
                for (held, sign) in crate::engagements::held(change) {
                    rows.update(&key(b's', &held.site.0), |profile: &mut Profile| {
                        profile.engagements = profile.engagements.saturating_add_signed(sign);
                    });
                }
            }
            _ => {}
        }
    }

    fn list(&self, rows: &Rows, _: &[&str], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
        let mut offered: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        rows.each(b"o", |_, offering: &Offering| {
            if let Some(details) = offering.details().filter(|_| offering.withdrawn().is_none())
                && let Some(site) = details.site
            {
                *offered.entry(site.to_string()).or_default().entry(code(&details.pillar)).or_default() += 1;
            }
        });
        let mut list = Vec::new();
        rows.each(b"s", |key, profile: &Profile| {
            let row = describe(key.get(1..).unwrap_or_default(), profile, &offered);
            list.extend(row.filter(|row| wanted(row)));
        });
        list
    }
}

fn deliveries(rows: &mut Rows, event: &RecordedEvent) {
    let [was, now] = changes(event);
    if let Some((was, _)) = was {
        rows.update(&key(b's', &was.site.0), |profile: &mut Profile| {
            profile.deliveries = profile.deliveries.saturating_sub(1);
            profile.minutes = profile.minutes.saturating_sub(was.minutes.into());
            let left = profile.partners.get(&was.partner).map_or(0, |n| n.saturating_sub(1));
            if left == 0 {
                profile.partners.remove(&was.partner)
            } else {
                profile.partners.insert(was.partner, left)
            };
        });
    }
    if let Some((now, _)) = now {
        rows.update(&key(b's', &now.site.0), |profile: &mut Profile| {
            profile.deliveries += 1;
            profile.minutes += u64::from(now.minutes);
            *profile.partners.entry(now.partner).or_default() += 1;
        });
    }
}

fn describe(
    id: &[u8],
    profile: &Profile,
    offered: &BTreeMap<String, BTreeMap<String, u64>>,
) -> Option<Value> {
    let registered = profile.site.registered()?;
    let id = uuid::Uuid::from_slice(id).unwrap_or_default().to_string();
    let phase = profile.site.history.holds_on(Date::MAX, |event| match event {
        Event::SiteDesignated(designated) => Some(designated.phase),
        Event::PhaseChanged(changed) => Some(changed.phase),
        Event::SiteRegistered(_)
        | Event::CoordinatorAssigned(_)
        | Event::CoordinatorReleased(_)
        | Event::SiteClosed(_)
        | Event::SiteCorrected(_)
        | Event::SiteVoided(_) => None,
    });
    let mut coordinators: BTreeMap<&str, u16> = BTreeMap::new();
    for entry in profile.site.history.entries() {
        if let Event::CoordinatorAssigned(assigned) = &entry.event {
            coordinators.insert(&assigned.staff, assigned.fte_hundredths);
        }
        if let Event::CoordinatorReleased(released) = &entry.event {
            coordinators.remove(released.staff.as_str());
        }
    }
    Some(json!({
        "name": registered.name,
        "cds": registered.cds.to_string(),
        "city": registered.city,
        "grades": registered.grades,
        "status": if profile.site.closed().is_some() { "closed" } else { "open" },
        "phase": phase.as_ref().map(code),
        "coordinators": coordinators.len(),
        "coordinator_fte_hundredths": coordinators.values().map(|fte| u64::from(*fte)).sum::<u64>(),
        "partners": profile.partners.keys().collect::<Vec<_>>(),
        "offerings": offered.get(&id),
        "deliveries": profile.deliveries,
        "delivered_minutes": profile.minutes,
        "engagements": profile.engagements,
        "site": id,
    }))
}
