//! Site profile: the hub on a page.

use std::collections::{BTreeMap, BTreeSet};

use domain::assessment::{Assessment, NeedIdentified};
use domain::code::{Pillar, ServiceKind, Tier};
use domain::council::{self, Council};
use domain::id::{CouncilId, PartnerId, SiteId};
use domain::offering::Offering;
use domain::site::{Event, Site};
use domain::{Event as AnyEvent, Kind, SchoolYear};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;
use wire::RecordedEvent;

use crate::cells::{changes, code};
use crate::marks::{kind, of_thing};
use crate::needs::{id, record};
use crate::{Clues, Rows, View};

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

fn key(family: u8, id: &Uuid) -> Vec<u8> {
    [&[family], id.as_bytes().as_slice()].concat()
}

impl View for SiteProfile {
    fn name(&self) -> &'static str {
        "site-profile"
    }
    fn revision(&self) -> u32 {
        3
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
        let named = |id: &Uuid| json!({ "site": id.to_string() });
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
    fn clues(&self, _: &Rows, row: &Value) -> Clues {
        of_thing(row, "site", Kind::Site).knowing([Kind::Offering, Kind::Assessment].map(kind))
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
        let id = &event.fact.subject.id;
        match &event.fact.event {
            AnyEvent::Site(change) => rows.update(&key(b's', id), |profile: &mut Profile| {
                profile.site.record(&event.recorded(), change);
            }),
            AnyEvent::Offering(_) => place_offering(rows, event),
            AnyEvent::Assessment(_) => {
                record(rows, event);
                let opened = |assessment: &Assessment| assessment.opened().map(|opened| opened.site);
                if let Some(site) = rows.look(&key(b'n', id), opened).flatten() {
                    rows.update(&key(b'h', &site.0), |here: &mut Here| {
                        here.assessments.insert(*id);
                    });
                }
            }
            // Of a council only its charters; its meetings are many and say nothing of the site.
            AnyEvent::Council(change) if !charters(change).is_empty() => {
                rows.update(&key(b'c', id), |council: &mut Council| {
                    council.record(&event.recorded(), change);
                });
                for site in charters(change).into_iter().filter_map(|charter| charter.site) {
                    rows.update(&key(b'h', &site.0), |here: &mut Here| {
                        here.councils.insert(*id);
                    });
                }
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
        let mut list = Vec::new();
        rows.each(b"s", |key, profile: &Profile| {
            list.extend(page(rows, SiteId::new(id(key)), profile).filter(|row| wanted(row)));
        });
        list
    }

    fn find(
        &self,
        rows: &Rows,
        filters: &BTreeMap<String, String>,
        by: &[&str],
        wanted: &dyn Fn(&Value) -> bool,
    ) -> Vec<Value> {
        let Some(site) = filters.get("site") else { return self.list(rows, by, wanted) };
        let Ok(site) = site.parse().map(SiteId::new) else { return Vec::new() };
        let found = rows.look(&key(b's', &site.0), |profile: &Profile| page(rows, site, profile));
        found.flatten().filter(|row| wanted(row)).into_iter().collect()
    }
}

/// The charter that an event of a council states, and the one that it replaces.
pub(crate) fn charters(event: &council::Event) -> Vec<&council::Charter> {
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

/// Brings an offering up to an event, and with it what its site, or the one that it was at, has on offer.
fn place_offering(rows: &mut Rows, event: &RecordedEvent) {
    let id = &event.fact.subject.id;
    let placed = |offering: &Offering| {
        let details = offering.details().filter(|_| offering.withdrawn().is_none())?;
        Some((details.site?, Placed { pillar: details.pillar, tier: details.tier, kind: details.kind }))
    };
    let look = |rows: &Rows| rows.look(&key(b'o', id), placed).flatten();
    let was = look(rows);
    record(rows, event);
    let now = look(rows);
    if was == now {
        return;
    }
    if let Some((site, _)) = was {
        rows.update(&key(b'h', &site.0), |here: &mut Here| {
            here.offerings.remove(id);
        });
    }
    if let Some((site, placed)) = now {
        rows.update(&key(b'h', &site.0), |here: &mut Here| {
            here.offerings.insert(*id, placed);
        });
    }
}

/// A site's page, made of its own rows only: who asks for one site does not wait for all of them.
fn page(rows: &Rows, site: SiteId, profile: &Profile) -> Option<Value> {
    let mut row = describe(site, profile)?;
    let here = rows.look(&key(b'h', &site.0), Here::clone).unwrap_or_default();
    row.insert("offerings".to_owned(), json!(here.offered()));
    let (ids, names): (Vec<_>, Vec<_>) = councils(rows, site, &here).into_iter().unzip();
    row.insert("councils".to_owned(), json!(ids));
    row.insert("council_names".to_owned(), json!(names));
    row.extend(assessed(rows, site, &here).columns());
    Some(Value::Object(row))
}

/// An offering as a site's page counts it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Placed {
    pillar: Pillar,
    tier: Tier,
    kind: ServiceKind,
}

/// What there is at a site.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Here {
    // Placed and not withdrawn.
    offerings: BTreeMap<Uuid, Placed>,
    // These may have been corrected to another site since.
    assessments: BTreeSet<Uuid>,
    councils: BTreeSet<Uuid>,
}

impl Here {
    /// Numbers of offerings by pillar and tier; nothing where nothing is offered.
    fn offered(&self) -> Option<BTreeMap<String, BTreeMap<u8, u64>>> {
        let mut offered: BTreeMap<String, BTreeMap<u8, u64>> = BTreeMap::new();
        for placed in self.offerings.values() {
            *offered.entry(code(&placed.pillar)).or_default().entry(placed.tier.into()).or_default() += 1;
        }
        Some(offered).filter(|offered| !offered.is_empty())
    }

    /// Whether an offering meets the need; none is a gap.
    fn meets(&self, need: &NeedIdentified) -> bool {
        let kinds = need.barrier.services();
        self.offerings.values().any(|placed| kinds.contains(&placed.kind))
    }
}

/// Councils of a site, with their names as last chartered.
fn councils(rows: &Rows, site: SiteId, here: &Here) -> Vec<(CouncilId, String)> {
    let charter = |council: &Council| {
        let last = council.history.holds_on(Date::MAX, |event| match event {
            council::Event::CouncilChartered(charter) | council::Event::CharterAmended(charter) => {
                Some(charter)
            }
            _ => None,
        });
        last.filter(|charter| charter.site == Some(site)).map(|charter| charter.name.clone())
    };
    let named = here.councils.iter().filter_map(|council| {
        let name = rows.look(&key(b'c', council), charter).flatten()?;
        Some((CouncilId::new(*council), name))
    });
    named.collect()
}

/// What the assessments of a site's last assessed school year come to.
#[derive(Default)]
struct Assessed {
    year: Option<SchoolYear>,
    needs: u64,
    prioritised: u64,
    // By barrier.
    gaps: BTreeMap<String, u64>,
}

impl Assessed {
    fn add(&mut self, assessment: &Assessment, here: &Here) {
        for need in assessment.needs() {
            self.needs += 1;
            self.prioritised += u64::from(assessment.priority_on(need.need, Date::MAX).is_some());
            if !here.meets(need) {
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

fn assessed(rows: &Rows, site: SiteId, here: &Here) -> Assessed {
    let mut assessed = Assessed::default();
    for assessment in &here.assessments {
        rows.look(&key(b'n', assessment), |assessment: &Assessment| {
            let Some(opened) = assessment.opened().filter(|opened| opened.site == site) else { return };
            if assessed.year < Some(opened.year) {
                assessed = Assessed { year: Some(opened.year), ..Assessed::default() };
            }
            if assessed.year == Some(opened.year) {
                assessed.add(assessment, here);
            }
        });
    }
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
