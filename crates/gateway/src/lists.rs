//! Things of a kind that no view lists, in pages, from any vantage: those that are there, in the order of their last
//! events. They are found in the log, as far as it was known; what is told of each is what was delivered, or its timeline.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use domain::{Kind, Slug, Timestamp};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use wire::{AsOf, Vantage};

use crate::Shared;
use crate::asked::Asked;
use crate::changes::{Change, Changed, Last, Part};
use crate::folding::{not_yet, stopped};
use crate::paging::{link_next, size, tagged};
use crate::problem::Problem;
use crate::reading::{put, timeline_of, version};
use crate::things::Collection;
use crate::vantage::{Looking, Place};

/// How far the log is known from a vantage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Known {
    /// To its end.
    All,
    /// To this position.
    Position(u64),
    /// To this moment.
    Moment(Timestamp),
    /// To the end of this day in this time zone.
    Day(String, Date),
}

impl Known {
    /// Whether an event is known. Times only grow along the log, so nothing after one that is not known is.
    pub(crate) fn has(&self, position: u64, event: &RawValue) -> bool {
        #[derive(Deserialize)]
        struct Look<'a> {
            time: &'a str,
        }
        let time = || {
            let look: Look<'_> = serde_json::from_str(event.get()).ok()?;
            wire::time::parse(look.time)
        };
        match self {
            Self::All => true,
            Self::Position(last) => position <= *last,
            Self::Moment(last) => time().is_some_and(|time| time <= *last),
            Self::Day(zone, last) => {
                time().and_then(|time| runtime::calendar_day(zone, time)).is_some_and(|day| day <= *last)
            }
        }
    }
}

/// Things of a kind that no view lists.
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    Extension(collection): Extension<&'static Collection>,
    Asked { ledger, mut parameters, headers, uri }: Asked,
) -> Result<Response, Problem> {
    let looking = Looking::read(&mut parameters, &headers)?;
    let (after, size) = (parameters.take::<Place>("page_token")?, size(&mut parameters)?);
    parameters.finish()?;
    shared.must_hold(&ledger, &looking).await?;
    let Changed { changes, place, at_head } = match looking.is_now() {
        true => shared.changed(&ledger, collection, after, size).await?,
        false => shared.seen(&ledger, collection, (after, size), &looking).await?,
    };
    let there = changes.into_iter().filter(|change| !change.deleted);
    let row = |Change { id, position, rows, .. }| json!({ "id": id, "position": position, "rows": rows });
    let next = (!at_head).then(|| place.to_string());
    let told = json!({
        "kind": collection.word,
        "as_of": looking.as_of,
        "valid_on": looking.valid_on,
        "rows": there.map(row).collect::<Vec<_>>(),
        "next_page_token": next,
    });
    let mut response = tagged(&told, &headers)?;
    put(&mut response, (crate::commands::POSITION, place.to_string()));
    link_next(&mut response, &uri, next.as_deref());
    Ok(response)
}

impl Shared {
    /// Whether the log holds what the reader wants in it; a position that anybody was told is there.
    async fn must_hold(&self, ledger: &Slug, looking: &Looking) -> Result<(), Problem> {
        let Some((epoch, position)) = looking.min_position else { return Ok(()) };
        self.log.since(ledger, Some(Place { epoch, position })).await.map(drop)
    }

    /// How far the log is known from a vantage.
    async fn known(&self, ledger: &Slug, as_of: Option<AsOf>) -> Result<Known, Problem> {
        let zone = async || {
            let opened = self.log.event(ledger, 1).await?;
            Ok::<_, Problem>(opened.and_then(|event| zone(&event)).unwrap_or_else(|| "UTC".to_owned()))
        };
        Ok(match as_of {
            None => Known::All,
            Some(AsOf::Moment(last)) => Known::Moment(last),
            Some(AsOf::Day(last)) => Known::Day(zone().await?, last),
            Some(AsOf::Position(to)) => match self.log.after(ledger, to).await?.last {
                last if last < to => return Err(not_yet(to, last)),
                _ => Known::Position(to),
            },
        })
    }

    /// The things of a kind that can be seen from a vantage which is not that of today.
    async fn seen(
        &self,
        ledger: &Slug,
        collection: &'static Collection,
        (after, size): (Option<Place>, usize),
        looking: &Looking,
    ) -> Result<Changed, Problem> {
        let known = self.known(ledger, looking.as_of).await?;
        let Part { last, place, at_head, .. } = self.part(ledger, collection, (after, size), &known).await?;
        let mut changes: Vec<Change> = if collection.kind == Kind::Delivery {
            let begun = |(_, last): &(_, Last)| {
                last.facts.as_ref().is_none_or(|facts| begun(facts, looking.valid_on))
            };
            last.into_iter().filter(begun).map(Change::of_delivery).collect()
        } else if last.is_empty() {
            Vec::new()
        } else {
            let vantage = Vantage { as_of: looking.as_of, valid_on: looking.valid_on };
            let views: Vec<_> = views::view("timeline").into_iter().collect();
            let folded = self.fold(ledger, &views, vantage).await?;
            let from = after.map_or(0, |place| place.position);
            let mut changes = Vec::new();
            for id in last.into_keys() {
                let timeline =
                    folded.answer(&timeline_of(ledger, collection, id, looking)).map_err(stopped)?;
                // What can't be seen from here brings nothing onto a page, and moves nothing to a later one.
                let seen = version(&timeline).filter(|seen| (from + 1..=place.position).contains(seen));
                changes.extend(seen.and_then(|seen| Change::by_timeline(id, seen, timeline)));
            }
            changes
        };
        changes.sort_by_key(|change| change.position);
        Ok(Changed { changes, place, at_head })
    }
}

/// Whether what was delivered had been by that day.
fn begun(facts: &Value, day: Option<Date>) -> bool {
    let effective = facts.get("effective").and_then(Value::as_str).and_then(|text| text.split('/').next());
    let from: Option<Date> = effective.and_then(|text| text.parse().ok());
    day.is_none_or(|day| from.is_none_or(|from| from <= day))
}

/// The ledger's time zone, from its first event.
fn zone(opened: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Look {
        data: Opened,
    }
    #[derive(Deserialize)]
    struct Opened {
        time_zone: String,
    }
    serde_json::from_str(opened.get()).ok().map(|Look { data }| data.time_zone)
}
