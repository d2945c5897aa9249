//! Needs and assets: what the assessments of sites found, by school year, and which needs no offering meets.

use std::collections::{BTreeMap, BTreeSet};

use domain::assessment::{Assessment, Event, GoalSet, NeedIdentified, ProgressObserved};
use domain::code::ServiceKind;
use domain::id::{GoalId, OfferingId, SiteId};
use domain::offering::Offering;
use domain::{Effective, Event as AnyEvent, Kind, Subject};
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use wire::RecordedEvent;

use crate::cells::code;
use crate::marks::{about, id_in, kind};
use crate::{Clues, Rows, View};

mod traces;
pub(crate) use traces::sites;

/// The view.
pub(crate) struct NeedsAndAssets;

/// What every row has, whatever it is about.
const COLUMNS: &[&str] = &[
    "site",
    "school_year",
    "assessment",
    "assessment_status",
    "what",
    "id",
    "status",
    "barrier",
    "tier",
    "priority",
    "need",
    "kind",
    "partner",
    "indicator",
    "constituency",
];

/// Brings assessments and offerings up to an event, kept under the families `n` and `o`.
pub(crate) fn record(rows: &mut Rows, event: &RecordedEvent) {
    let id = &event.fact.subject.id;
    match &event.fact.event {
        AnyEvent::Assessment(change) => rows.update(&key(b'n', id), |assessment: &mut Assessment| {
            assessment.record(&event.recorded(), change);
        }),
        AnyEvent::Offering(change) => rows.update(&key(b'o', id), |offering: &mut Offering| {
            offering.record(&event.recorded(), change);
        }),
        _ => {}
    }
}

/// What is on offer at each site: placed there and not withdrawn.
#[derive(Default)]
pub(crate) struct OnOffer(BTreeMap<SiteId, Vec<(OfferingId, ServiceKind)>>);

impl OnOffer {
    pub(crate) fn of(rows: &Rows) -> Self {
        let mut sites = Self::default();
        rows.each(b"o", |key, offering: &Offering| {
            let details = offering.details().filter(|_| offering.withdrawn().is_none());
            if let Some(details) = details
                && let Some(site) = details.site
            {
                sites.0.entry(site).or_default().push((OfferingId::new(id(key)), details.kind));
            }
        });
        sites
    }

    /// The offerings at the site that meet the need; none is a gap.
    pub(crate) fn meeting(&self, site: SiteId, need: &NeedIdentified) -> Vec<OfferingId> {
        let kinds = need.barrier.services();
        let here = self.0.get(&site).into_iter().flatten();
        here.filter(|(_, kind)| kinds.contains(kind)).map(|(offering, _)| *offering).collect()
    }
}

fn key(family: u8, id: &Uuid) -> Vec<u8> {
    [&[family], id.as_bytes().as_slice()].concat()
}

/// The id in a key of one byte and a UUID.
pub(crate) fn id(key: &[u8]) -> Uuid {
    Uuid::from_slice(key.get(1..).unwrap_or_default()).unwrap_or_default()
}

impl View for NeedsAndAssets {
    fn name(&self) -> &'static str {
        "needs-and-assets"
    }
    fn revision(&self) -> u32 {
        1
    }
    fn about(&self) -> &'static str {
        "needs, assets, goals and voices by site and school year; a need that no offering at the site meets now is a gap"
    }
    fn columns(&self) -> &'static [&'static str] {
        COLUMNS
    }
    fn identity(&self) -> &'static [&'static str] {
        &["assessment", "what", "id", "constituency"]
    }
    fn traces(&self, rows: &Rows, event: &RecordedEvent) -> Vec<Value> {
        traces::traces(rows, event)
    }
    fn clues(&self, _: &Rows, row: &Value) -> Clues {
        let assessment = id_in(row, "assessment").map(|id| about(Subject { kind: Kind::Assessment, id }));
        let needed = (row.get("what") == Some(&Value::from("need"))).then(|| kind(Kind::Offering));
        Clues::default().knowing(assessment.into_iter().chain(needed))
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
        record(rows, event);
    }

    /// In the order of site, school year and assessment; then needs, priorities first, goals, assets and voices.
    fn list(&self, rows: &Rows, _: &[&str], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
        let offered = OnOffer::of(rows);
        let mut assessments = BTreeMap::new();
        rows.each(b"n", |key, assessment: &Assessment| {
            if let Some(opened) = assessment.opened() {
                let listed = listed(id(key), assessment, &offered).into_iter();
                let listed: Vec<_> = listed.filter(|row| wanted(row)).collect();
                assessments.insert((opened.site, opened.year, id(key)), listed);
            }
        });
        assessments.into_values().flatten().collect()
    }
}

/// All rows of an assessment.
fn listed(id: Uuid, assessment: &Assessment, offered: &OnOffer) -> Vec<Value> {
    let Some(opened) = assessment.opened() else { return Vec::new() };
    let common = json!({
        "site": opened.site.to_string(),
        "school_year": opened.year.to_string(),
        "assessment": id.to_string(),
        "assessment_status": if assessment.closed().is_some() { "closed" } else { "open" },
        "assessment_methods": opened.methods.iter().map(code).collect::<Vec<_>>(),
    });
    let found =
        [needs(assessment, opened.site, offered), goals(assessment), assets(assessment), voices(assessment)];
    found.concat().into_iter().map(|own| whole(&common, own)).collect()
}

/// A row of all columns: what is the same for the assessment, and what the thing has of its own.
fn whole(common: &Value, own: Value) -> Value {
    let mut row: Map<String, Value> =
        COLUMNS.iter().map(|column| ((*column).to_owned(), Value::Null)).collect();
    for part in [common.clone(), own] {
        if let Value::Object(part) = part {
            row.extend(part);
        }
    }
    Value::Object(row)
}

fn needs(assessment: &Assessment, site: SiteId, offered: &OnOffer) -> Vec<Value> {
    let mut needs: Vec<_> =
        assessment.needs().map(|n| (n, assessment.priority_on(n.need, Date::MAX))).collect();
    needs.sort_by_key(|(_, priority)| priority.map_or(u16::MAX, |p| p.rank));
    let row = |(need, priority): (&NeedIdentified, Option<&domain::assessment::PrioritySet>)| {
        let meeting = offered.meeting(site, need);
        json!({
            "what": "need",
            "id": need.need.to_string(),
            "barrier": code(&need.barrier),
            "tier": u8::from(need.tier),
            "evidence": need.evidence.iter().map(code).collect::<Vec<_>>(),
            "status": if meeting.is_empty() { "gap" } else { "offered" },
            "offerings": meeting,
            "priority": priority.map(|p| p.rank),
            "decision": priority.map(|p| p.decision.to_string()),
        })
    };
    needs.into_iter().map(row).collect()
}

fn goals(assessment: &Assessment) -> Vec<Value> {
    let latest = latest(assessment);
    let barriers: BTreeMap<_, _> = assessment.needs().map(|need| (need.need, need.barrier)).collect();
    let row = |goal: &GoalSet| {
        let observed = latest.get(&goal.goal);
        json!({
            "what": "goal",
            "id": goal.goal.to_string(),
            "need": goal.need.map(|need| need.to_string()),
            "barrier": goal.need.and_then(|need| barriers.get(&need)).map(code),
            "indicator": goal.indicator,
            "unit": code(&goal.unit),
            "baseline": goal.baseline,
            "target": goal.target,
            "by": goal.by.to_string(),
            "status": observed.map_or_else(|| "set".to_owned(), |(_, progress)| code(&progress.status)),
            "value": observed.map(|(_, progress)| progress.value),
            "n": observed.map(|(_, progress)| progress.n),
            "observed": observed.map(|(day, _)| day.to_string()),
        })
    };
    assessment.goals().map(row).collect()
}

/// What was last observed of each goal; of several on one day, what was recorded last.
fn latest(assessment: &Assessment) -> BTreeMap<GoalId, (Date, &ProgressObserved)> {
    let mut latest: BTreeMap<GoalId, (Date, &ProgressObserved)> = BTreeMap::new();
    for entry in assessment.history.entries() {
        let Event::ProgressObserved(progress) = &entry.event else { continue };
        let Some(Effective::Day(day)) = entry.effective else { continue };
        if latest.get(&progress.goal).is_none_or(|(before, _)| *before <= day) {
            latest.insert(progress.goal, (day, progress));
        }
    }
    latest
}

fn assets(assessment: &Assessment) -> Vec<Value> {
    let row = |entry: &domain::history::Entry<Event>| {
        let Event::AssetIdentified(asset) = &entry.event else { return None };
        Some(json!({
            "what": "asset",
            "id": asset.asset.to_string(),
            "kind": code(&asset.kind),
            "partner": asset.partner.map(|partner| partner.to_string()),
            "label": asset.label,
            "status": "identified",
        }))
    };
    assessment.history.entries().iter().filter_map(row).collect()
}

/// Voices by constituency: how many people were heard, and by which methods.
fn voices(assessment: &Assessment) -> Vec<Value> {
    let mut heard: BTreeMap<String, (u64, BTreeSet<String>)> = BTreeMap::new();
    for entry in assessment.history.entries() {
        if let Event::VoicesHeard(voices) = &entry.event {
            let (count, methods) = heard.entry(code(&voices.constituency)).or_default();
            *count = count.saturating_add(voices.count.into());
            methods.insert(code(&voices.method));
        }
    }
    let row = |(constituency, (count, methods)): (String, (u64, BTreeSet<String>))| {
        json!({
            "what": "voices", "constituency": constituency, "count": count, "methods": methods, "status": "heard",
        })
    };
    heard.into_iter().map(row).collect()
}
