//! Site profile: the hub on a page.

use std::collections::{BTreeMap, BTreeSet};

use domain::assessment::Assessment;
use domain::council::{self, Council};
use domain::id::{CouncilId, PartnerId, SiteId};
use domain::offering::Offering;
use domain::site::{Event, Site};
use domain::{Event as AnyEvent, SchoolYear};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wire::RecordedEvent;

use crate::cells::{changes, code};
use crate::needs::{OnOffer, id, record};
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
        2
    }
    fn about(&self) -> &'static str {
        "sites with phase, coordinators, councils, partners, offerings by pillar and tier, needs and gaps, deliveries and engagements"
    }
    fn columns(&self) -> &'static [&'static str] {
        &[
            "site",
            "name",
            "cds",
            "city",
            "status",
            "phase",
            "partners",
            "councils",
            "assessed",
            "gap_barriers",
        ]
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
            AnyEvent::Assessment(_) => {
                crate::needs::sites(rows, event).iter().map(|site| named(&site.0)).collect()
            }
            AnyEvent::Council(change) => {
                charters(change).into_iter().filter_map(|c| c.site).map(|site| named(&site.0)).collect()
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
            AnyEvent::Offering(_) | AnyEvent::Assessment(_) => record(rows, event),
            // Of a council only its charters; its meetings are many and say nothing of the site.
            AnyEvent::Council(change) if !charters(change).is_empty() => {
                rows.update(&key(b'c', id), |council: &mut Council| {
                    council.record(&event.recorded(), change);
                });
            }
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
        let (offered, assessed, councils) = (offered(rows), assessed(rows), councils(rows));
        let mut list = Vec::new();
        rows.each(b"s", |key, profile: &Profile| {
            let site = SiteId::new(id(key));
            if let Some(mut row) = describe(site, profile) {
                row.insert("offerings".to_owned(), json!(offered.get(&site)));
                let (ids, names): (Vec<_>, Vec<_>) =
                    councils.get(&site).cloned().unwrap_or_default().into_iter().unzip();
                row.insert("councils".to_owned(), json!(ids));
                row.insert("council_names".to_owned(), json!(names));
                row.extend(assessed.get(&site).cloned().unwrap_or_default().columns());
                let row = Value::Object(row);
                list.extend(Some(row).filter(|row| wanted(row)));
            }
        });
        list
    }
}

/// The charter that an event of a council states, and the one that it replaces.
fn charters(event: &council::Event) -> Vec<&council::Charter> {
    let forms = match event {
        council::Event::CouncilCorrected(c) => vec![&c.was.event, &c.now],
        _ => vec![event.told()],
    };
    let charters = forms.into_iter().filter_map(|form| match form {
        council::Event::CouncilChartered(charter) | council::Event::CharterAmended(charter) => Some(charter),
        _ => None,
    });
    charters.collect()
}

/// Councils by site, with their names as last chartered.
fn councils(rows: &Rows) -> BTreeMap<SiteId, Vec<(CouncilId, String)>> {
    let mut councils: BTreeMap<SiteId, Vec<(CouncilId, String)>> = BTreeMap::new();
    rows.each(b"c", |key, council: &Council| {
        let charter = council.history.holds_on(Date::MAX, |event| match event {
            council::Event::CouncilChartered(charter) | council::Event::CharterAmended(charter) => {
                Some(charter)
            }
            _ => None,
        });
        if let Some(charter) = charter
            && let Some(site) = charter.site
        {
            councils.entry(site).or_default().push((CouncilId::new(id(key)), charter.name.clone()));
        }
    });
    councils
}

/// Offerings placed and not withdrawn, by site, pillar and tier.
fn offered(rows: &Rows) -> BTreeMap<SiteId, BTreeMap<String, BTreeMap<u8, u64>>> {
    let mut offered: BTreeMap<SiteId, BTreeMap<String, BTreeMap<u8, u64>>> = BTreeMap::new();
    rows.each(b"o", |_, offering: &Offering| {
        if let Some(details) = offering.details().filter(|_| offering.withdrawn().is_none())
            && let Some(site) = details.site
        {
            let tiers = offered.entry(site).or_default().entry(code(&details.pillar)).or_default();
            *tiers.entry(details.tier.into()).or_default() += 1;
        }
    });
    offered
}

/// What the assessments of a site's last assessed school year come to.
#[derive(Clone, Default)]
struct Assessed {
    year: Option<SchoolYear>,
    needs: u64,
    prioritised: u64,
    // By barrier.
    gaps: BTreeMap<String, u64>,
}

impl Assessed {
    fn add(&mut self, assessment: &Assessment, site: SiteId, on_offer: &OnOffer) {
        for need in assessment.needs() {
            self.needs += 1;
            self.prioritised += u64::from(assessment.priority_on(need.need, Date::MAX).is_some());
            if on_offer.meeting(site, need).is_empty() {
                *self.gaps.entry(code(&need.barrier)).or_default() += 1;
            }
        }
    }

    fn columns(self) -> Map<String, Value> {
        let columns = [
            ("assessed", json!(self.year.map(|year| year.to_string()))),
            ("needs", self.needs.into()),
            ("needs_prioritised", self.prioritised.into()),
            ("needs_offered", self.needs.saturating_sub(self.gaps.values().sum()).into()),
            ("gaps", self.gaps.values().sum::<u64>().into()),
            ("gap_barriers", json!(self.gaps.keys().collect::<Vec<_>>())),
        ];
        columns.into_iter().map(|(column, value)| (column.to_owned(), value)).collect()
    }
}

fn assessed(rows: &Rows) -> BTreeMap<SiteId, Assessed> {
    let on_offer = OnOffer::of(rows);
    let mut assessed: BTreeMap<SiteId, Assessed> = BTreeMap::new();
    rows.each(b"n", |_, assessment: &Assessment| {
        let Some(opened) = assessment.opened() else { return };
        let site = assessed.entry(opened.site).or_default();
        if site.year < Some(opened.year) {
            *site = Assessed { year: Some(opened.year), ..Assessed::default() };
        }
        if site.year == Some(opened.year) {
            site.add(assessment, opened.site, &on_offer);
        }
    });
    assessed
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

fn describe(site: SiteId, profile: &Profile) -> Option<Map<String, Value>> {
    let registered = profile.site.registered()?;
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
    let row = json!({
        "name": registered.name,
        "cds": registered.cds.to_string(),
        "city": registered.city,
        "grades": registered.grades,
        "status": if profile.site.closed().is_some() { "closed" } else { "open" },
        "phase": phase.as_ref().map(code),
        "coordinators": coordinators.len(),
        "coordinator_fte_hundredths": coordinators.values().map(|fte| u64::from(*fte)).sum::<u64>(),
        "partners": profile.partners.keys().collect::<Vec<_>>(),
        "deliveries": profile.deliveries,
        "delivered_minutes": profile.minutes,
        "engagements": profile.engagements,
        "site": site.to_string(),
    });
    row.as_object().cloned()
}
