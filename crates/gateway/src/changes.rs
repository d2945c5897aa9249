//! What changed of the things of a kind since a place in the log: each thing once a page, as it is now, in the order of its
//! last event there. It is read from the log, some thousand events a page, so no page needs more memory than another.
//!
//! A thing that changes while somebody reads on comes again, on a later page.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use domain::{Kind, Slug};
use futures::{StreamExt as _, TryStreamExt as _};
use journal::Until;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::Answer;

use crate::Shared;
use crate::asked::Asked;
use crate::events::LOOKED_THROUGH_MAX;
use crate::facts;
use crate::lists::Known;
use crate::paging::{size, tagged};
use crate::problem::Problem;
use crate::reading::{put, version};
use crate::seek::{events, unreadable};
use crate::things::Collection;
use crate::vantage::{Looking, Place};

/// Things that are looked up at once.
const LOOKED_UP_AT_ONCE: usize = 8;

/// What is looked at of an event.
#[derive(Deserialize)]
struct Look<'a> {
    r#type: &'a str,
    subject: &'a str,
}

/// A thing that changed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Change {
    pub(crate) id: Uuid,
    /// Of its last event that was read.
    pub(crate) position: u64,
    /// It is voided, or its view has nothing to say of it any more.
    pub(crate) deleted: bool,
    /// What its view says of it; of a delivery what was delivered; of other kinds without a view, its timeline.
    pub(crate) rows: Vec<Value>,
}

impl Change {
    /// A delivery, by the last event about it.
    pub(crate) fn of_delivery((id, Last { position, voids, facts }): (Uuid, Last)) -> Self {
        Self { id, position, deleted: voids, rows: facts.into_iter().collect() }
    }

    /// A thing by its timeline; nothing if it has changed again since, and comes later.
    pub(crate) fn by_timeline(id: Uuid, position: u64, timeline: Answer) -> Option<Self> {
        let deleted = is_voided(&timeline);
        let is_last = version(&timeline).is_none_or(|version| version <= position);
        let rows = if deleted { Vec::new() } else { timeline.rows };
        is_last.then_some(Self { id, position, deleted, rows })
    }
}

/// The things that changed, and how far was read.
pub(crate) struct Changed {
    pub(crate) changes: Vec<Change>,
    pub(crate) place: Place,
    pub(crate) at_head: bool,
}

/// The last event of a thing, and whether that voids it.
pub(crate) struct Last {
    pub(crate) position: u64,
    voids: bool,
    /// Of a delivery, what it says was delivered.
    pub(crate) facts: Option<Value>,
}

/// A part of the log as far as one page reads it: the last event of each thing of a kind.
pub(crate) struct Part {
    pub(crate) last: BTreeMap<Uuid, Last>,
    pub(crate) place: Place,
    /// Where the log ended when that began.
    head: u64,
    pub(crate) at_head: bool,
}

/// What changed since a place, or since the beginning.
pub(crate) async fn changes(
    State(shared): State<Arc<Shared>>,
    Extension(collection): Extension<&'static Collection>,
    Asked { ledger, mut parameters, headers, .. }: Asked,
) -> Result<Response, Problem> {
    let (since, size) = (parameters.take::<Place>("since")?, size(&mut parameters)?);
    parameters.finish()?;
    let again = format!(
        "begin again: get changes without since, or the list of {}, and go on from that answer's Ledger-Position",
        collection.name
    );
    let resync =
        |problem: Problem| if problem.code() == "cursor-gone" { problem.hint(again) } else { problem };
    let Changed { changes, place, at_head } =
        shared.changed(&ledger, collection, since, size).await.map_err(resync)?;
    let told = json!({
        "kind": collection.word,
        "changes": changes,
        "next": place.to_string(),
        "at_head": at_head,
    });
    let mut response = tagged(&told, &headers)?;
    put(&mut response, (crate::commands::POSITION, place.to_string()));
    Ok(response)
}

impl Shared {
    /// The things of a kind that changed since a place, as they are now.
    ///
    /// # Errors
    /// `cursor-gone` when the log has no such place; when it, or a view, can't be read.
    pub(crate) async fn changed(
        &self,
        ledger: &Slug,
        collection: &'static Collection,
        since: Option<Place>,
        size: usize,
    ) -> Result<Changed, Problem> {
        let Part { last, place, head, at_head } =
            self.part(ledger, collection, (since, size), &Known::All).await?;
        // No older than the log was, so that what has changed again since is known to come later.
        let min_position = Some((place.epoch, head.max(place.position)));
        let looking = Looking { min_position, ..Looking::default() };
        let mut changes = match (collection.view, collection.kind) {
            _ if last.is_empty() => Vec::new(),
            (Some(view), _) => self.by_view(ledger, view, &last, &looking).await?,
            (None, Kind::Delivery) => last.into_iter().map(Change::of_delivery).collect(),
            (None, _) => self.by_timeline(ledger, collection, last, &looking).await?,
        };
        changes.sort_by_key(|change| change.position);
        Ok(Changed { changes, place, at_head })
    }

    /// Reads on from a place until so many things have changed, or nothing more is known.
    ///
    /// # Errors
    /// `cursor-gone` when the log has no such place; when it can't be read.
    pub(crate) async fn part(
        &self,
        ledger: &Slug,
        collection: &Collection,
        (since, size): (Option<Place>, usize),
        known: &Known,
    ) -> Result<Part, Problem> {
        let found = self.log.since(ledger, since).await?;
        let from = since.map_or(0, |place| place.position);
        let place = Place { epoch: found.epoch, position: from };
        let mut part = Part { last: BTreeMap::new(), place, head: found.last, at_head: false };
        let mut commits = self.log.read(ledger, (found, from), Until::Head).await;
        while let Some(commit) = commits.next().await {
            let (commit, _) = commit.map_err(unreadable)?;
            for (position, event) in events(&commit)? {
                if position <= from {
                    continue;
                }
                if !known.has(position, event) {
                    part.at_head = true;
                    return Ok(part);
                }
                let look = serde_json::from_str::<Look<'_>>(event.get()).ok();
                let of_kind = look.and_then(|Look { r#type, subject }| {
                    let id = subject.strip_prefix(collection.word)?.strip_prefix('/')?.parse().ok()?;
                    Some((id, r#type.split('.').nth(1).is_some_and(|name| name.ends_with("-voided"))))
                });
                let is_more =
                    of_kind.is_some_and(|(id, _)| part.last.len() == size && !part.last.contains_key(&id));
                if is_more || position - from > LOOKED_THROUGH_MAX {
                    return Ok(part);
                }
                part.place.position = position;
                let Some((id, voids)) = of_kind else { continue };
                let facts = (collection.kind == Kind::Delivery).then(|| facts::row(event)).flatten();
                part.last.insert(id, Last { position, voids, facts });
            }
        }
        part.at_head = true;
        Ok(part)
    }

    /// What a view says of these things, from one answer.
    async fn by_view(
        &self,
        ledger: &Slug,
        (view, column): (&str, &str),
        last: &BTreeMap<Uuid, Last>,
        looking: &Looking,
    ) -> Result<Vec<Change>, Problem> {
        let mut rows: BTreeMap<Uuid, Vec<Value>> = BTreeMap::new();
        for row in self.query(looking.query(ledger, view)).await?.rows {
            let id = row.get(column).and_then(Value::as_str).and_then(|id| id.parse().ok());
            if let Some(id) = id.filter(|id| last.contains_key(id)) {
                rows.entry(id).or_default().push(row);
            }
        }
        let change = |(id, Last { position, .. }): (&Uuid, &Last)| {
            let rows = rows.remove(id).unwrap_or_default();
            Change { id: *id, position: *position, deleted: rows.is_empty(), rows }
        };
        Ok(last.iter().map(change).collect())
    }

    /// What was recorded of these things, one by one; without those that have changed again since, which come later.
    async fn by_timeline(
        &self,
        ledger: &Slug,
        collection: &'static Collection,
        last: BTreeMap<Uuid, Last>,
        looking: &Looking,
    ) -> Result<Vec<Change>, Problem> {
        let look = |(id, Last { position, .. })| async move {
            let timeline = self.timeline(ledger, collection, id, looking).await?;
            Ok(Change::by_timeline(id, position, timeline))
        };
        let looks = futures::stream::iter(last.into_iter().map(look)).buffered(LOOKED_UP_AT_ONCE);
        looks.try_filter_map(|change| std::future::ready(Ok(change))).try_collect().await
    }
}

/// Whether what made a thing does not count any more.
fn is_voided(timeline: &Answer) -> bool {
    let position = |row: &&Value| row.get("position").and_then(Value::as_u64);
    let first = timeline.rows.iter().min_by_key(position);
    first.is_none_or(|first| first.get("standing").and_then(Value::as_str) == Some("voided"))
}
