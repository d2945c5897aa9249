//! Which rows of needs and assets an event changed.

use std::collections::BTreeSet;

use domain::Event as AnyEvent;
use domain::assessment::{Assessment, Event};
use domain::id::SiteId;
use domain::offering::{self, Offering};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::RecordedEvent;

use super::{OnOffer, id, key, listed};
use crate::Rows;
use crate::cells::code;

/// What tells the rows apart that the event changed.
pub(super) fn traces(rows: &Rows, event: &RecordedEvent) -> Vec<Value> {
    match &event.fact.event {
        AnyEvent::Assessment(change) => {
            let named = forms(change).into_iter().flat_map(|form| of_form(rows, event.fact.subject.id, form));
            named.collect()
        }
        AnyEvent::Offering(change) => of_offering(rows, event.fact.subject.id, change),
        _ => Vec::new(),
    }
}

/// The sites whose assessments an event is about; `rows` hold the assessments.
pub(crate) fn sites(rows: &Rows, event: &RecordedEvent) -> BTreeSet<SiteId> {
    let AnyEvent::Assessment(change) = &event.fact.event else { return BTreeSet::new() };
    let opening = |form: &Event| if let Event::AssessmentOpened(o) = form { Some(o.site) } else { None };
    let mut sites: BTreeSet<SiteId> = forms(change).into_iter().filter_map(opening).collect();
    rows.each(&key(b'n', &event.fact.subject.id), |_, assessment: &Assessment| {
        sites.extend(assessment.opened().map(|opened| opened.site));
    });
    sites
}

/// What an event says, and what it replaces.
fn forms(event: &Event) -> Vec<&Event> {
    match event {
        Event::AssessmentCorrected(c) => vec![&c.was.event, &c.now],
        Event::AssessmentVoided(v) => vec![&v.was.event],
        _ => vec![event],
    }
}

fn of_form(rows: &Rows, assessment: Uuid, form: &Event) -> Vec<Value> {
    let name = |what: &str, id: Option<String>, constituency: Option<String>| json!({ "assessment": assessment.to_string(), "what": what, "id": id, "constituency": constituency });
    let one = |what: &str, id: Uuid| vec![name(what, Some(id.to_string()), None)];
    match form {
        Event::AssessmentOpened(_) | Event::AssessmentClosed(_) => {
            let mut all = Vec::new();
            rows.each(&key(b'n', &assessment), |_, found: &Assessment| {
                all.extend(listed(assessment, found, &OnOffer::default()));
            });
            all
        }
        Event::NeedIdentified(need) => {
            let mut named = one("need", need.need.0);
            // They tell of its barrier.
            rows.each(&key(b'n', &assessment), |_, found: &Assessment| {
                let answering = found.goals().filter(|goal| goal.need == Some(need.need));
                named.extend(answering.flat_map(|goal| one("goal", goal.goal.0)));
            });
            named
        }
        Event::PrioritySet(priority) => one("need", priority.need.0),
        Event::GoalSet(goal) => one("goal", goal.goal.0),
        Event::ProgressObserved(progress) => one("goal", progress.goal.0),
        Event::AssetIdentified(asset) => one("asset", asset.asset.0),
        Event::VoicesHeard(voices) => vec![name("voices", None, Some(code(&voices.constituency)))],
        Event::AssessmentCorrected(_) | Event::AssessmentVoided(_) => Vec::new(),
    }
}

/// The needs at the sites of an offering, which it may meet now or have met before.
fn of_offering(rows: &Rows, offering: Uuid, change: &offering::Event) -> Vec<Value> {
    let mut sites: BTreeSet<SiteId> = change.sites().into_iter().collect();
    rows.each(&key(b'o', &offering), |_, offering: &Offering| {
        sites.extend(offering.details().and_then(|details| details.site));
    });
    let mut named = Vec::new();
    rows.each(b"n", |key, assessment: &Assessment| {
        if assessment.opened().is_some_and(|opened| sites.contains(&opened.site)) {
            let listed = listed(id(key), assessment, &OnOffer::default()).into_iter();
            named.extend(listed.filter(|row| row.get("what") == Some(&Value::from("need"))));
        }
    });
    named
}
