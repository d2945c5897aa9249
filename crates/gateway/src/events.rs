//! The events of a ledger as they are stored: pages for who reads on, single ones, and those about one thing.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use domain::Slug;
use futures::StreamExt as _;
use journal::Until;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;
use wire::ask::{Ask, Reply};

use crate::Shared;
use crate::access::Caller;
use crate::asked::{Asked, OfThing};
use crate::commands::NDJSON;
use crate::desk::failed;
use crate::paging::{accepted, link_next, size, written};
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::reading::{hidden, nothing, positions, put};
use crate::seek::{events, unreadable};
use crate::vantage::Place;

/// Events that are looked through for one page; a page may then be short, and says where to go on.
pub(crate) const LOOKED_THROUGH_MAX: u64 = 20_000;
const BATCH: &str = "application/cloudevents-batch+json";

/// Which events are wanted.
#[derive(Debug, Default)]
struct Wanted {
    r#type: Option<String>,
    kind: Option<String>,
    subject: Option<String>,
    actor: Option<String>,
    correlation: Option<String>,
}

/// What is looked at of an event.
#[derive(Deserialize)]
struct Look<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    #[serde(borrow)]
    subject: Cow<'a, str>,
    #[serde(borrow)]
    actor: Cow<'a, str>,
    #[serde(borrow)]
    correlationid: Option<Cow<'a, str>>,
}

impl Wanted {
    fn read(parameters: &mut Parameters) -> Result<Self, Problem> {
        Ok(Self {
            r#type: parameters.take("type")?,
            kind: parameters.take("kind")?,
            subject: parameters.take("subject")?,
            actor: parameters.take("actor")?,
            correlation: parameters.take::<Uuid>("correlation")?.map(|correlation| correlation.to_string()),
        })
    }

    fn is_all(&self) -> bool {
        matches!(self, Self { r#type: None, kind: None, subject: None, actor: None, correlation: None })
    }

    fn has(&self, event: &RawValue) -> bool {
        if self.is_all() {
            return true;
        }
        let Ok(look) = serde_json::from_str::<Look<'_>>(event.get()) else { return false };
        let is =
            |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        // `service-delivered` as well as `hubledger.service-delivered.v1`.
        let name = look.r#type.split('.').nth(1).unwrap_or_default();
        let kind = look.subject.split('/').next().unwrap_or_default();
        (is(&self.r#type, &look.r#type) || is(&self.r#type, name))
            && is(&self.kind, kind)
            && is(&self.subject, &look.subject)
            && is(&self.actor, &look.actor)
            && is(&self.correlation, look.correlationid.as_deref().unwrap_or_default())
    }
}

/// A page of events.
#[derive(Serialize)]
struct Told<'a> {
    events: &'a [Box<RawValue>],
    /// Where to go on, also when nothing more is there yet.
    next_page_token: String,
    /// Whether this was the end of the log.
    at_head: bool,
}

/// A page of the events after a place, in order.
pub(crate) async fn page(
    State(shared): State<Arc<Shared>>,
    Asked { ledger, mut parameters, headers, uri }: Asked,
) -> Result<Response, Problem> {
    let size = size(&mut parameters)?;
    let after = match parameters.take::<Place>("page_token")? {
        Some(place) => Some(place),
        None => parameters.take::<Place>("after")?,
    };
    let wanted = Wanted::read(&mut parameters)?;
    parameters.finish()?;
    let Read { events, place, at_head } = read(&shared, &ledger, after, size, &wanted).await?;
    let next = place.to_string();
    let accept = accepted(&headers);
    let mut response = if accept.contains(NDJSON) {
        ([("content-type", NDJSON)], lines(&events)).into_response()
    } else if accept.contains(BATCH) {
        ([("content-type", BATCH)], written(&events)?).into_response()
    } else {
        let told = Told { events: &events, next_page_token: next.clone(), at_head };
        ([("content-type", "application/json")], written(&told)?).into_response()
    };
    put(&mut response, ("next-page-token", next.clone()));
    link_next(&mut response, &uri, Some(&*next).filter(|_| !at_head));
    Ok(response)
}

struct Read {
    events: Vec<Box<RawValue>>,
    place: Place,
    at_head: bool,
}

async fn read(
    shared: &Shared,
    ledger: &Slug,
    after: Option<Place>,
    size: usize,
    wanted: &Wanted,
) -> Result<Read, Problem> {
    let from = after.map_or(0, |place| place.position);
    let found = shared.log.since(ledger, after).await?;
    let mut read =
        Read { events: Vec::new(), place: Place { epoch: found.epoch, position: from }, at_head: false };
    let mut commits = shared.log.read(ledger, (found, from), Until::Head).await;
    let mut before = None;
    while let Some(commit) = commits.next().await {
        let (commit, after) = commit.map_err(unreadable)?;
        for (position, event) in events(&commit)? {
            if position <= from {
                continue;
            }
            if read.events.len() == size || position - from > LOOKED_THROUGH_MAX {
                before.into_iter().for_each(|place| shared.log.leave(place));
                return Ok(read);
            }
            read.place.position = position;
            if wanted.has(event) {
                read.events.push(event.to_owned());
            }
        }
        before = Some(after);
    }
    before.into_iter().for_each(|place| shared.log.leave(place));
    read.at_head = true;
    Ok(read)
}

/// One event, by its position or its id.
pub(crate) async fn one(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path((_, position)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let none = || Problem::new("not-found", format!("there is no event {position} in this ledger"));
    let place = match (position.parse::<u64>(), position.parse::<Uuid>()) {
        (Ok(place), _) => Some(place),
        (_, Ok(event)) => shared.place(&caller.ledger, event).await?,
        _ => None,
    };
    let position = place.ok_or_else(none)?;
    let event = shared.log.event(&caller.ledger, position).await?.ok_or_else(none)?;
    Ok(([("content-type", "application/cloudevents+json")], event.get().to_owned()).into_response())
}

impl Shared {
    /// The position of an event with this id.
    async fn place(&self, ledger: &Slug, event: Uuid) -> Result<Option<u64>, Problem> {
        match self.backend.ask(ledger, Ask::Place { ledger: ledger.clone(), event }).await {
            Reply::Place { position } => Ok(position),
            reply => Err(hidden(failed(reply))),
        }
    }
}

/// The events about one thing.
pub(crate) async fn of_thing(State(shared): State<Arc<Shared>>, asked: OfThing) -> Result<Response, Problem> {
    let OfThing { ledger, collection, id, looking, mut parameters, .. } = asked;
    let after = parameters.take::<Place>("page_token")?;
    let size = size(&mut parameters)?;
    parameters.finish()?;
    let timeline = shared.timeline(&ledger, collection, id, &looking).await?;
    let epoch = timeline.head.epoch;
    if after.is_some_and(|place| place.epoch != epoch) {
        return Err(Problem::new("cursor-gone", format!("the ledger is in epoch {epoch}")));
    }
    let all = positions(&timeline);
    if all.is_empty() {
        return Err(nothing(collection, id));
    }
    let from = after.map_or(0, |place| place.position);
    let page: Vec<u64> = all.iter().copied().filter(|position| *position > from).take(size).collect();
    let mut events = Vec::with_capacity(page.len());
    for position in &page {
        events.extend(shared.log.event(&ledger, *position).await?);
    }
    let last = page.last().copied().unwrap_or(from);
    let told = Told {
        events: &events,
        next_page_token: Place { epoch, position: last }.to_string(),
        at_head: all.last() == Some(&last),
    };
    Ok(([("content-type", "application/json")], written(&told)?).into_response())
}

fn lines(events: &[Box<RawValue>]) -> String {
    events.iter().flat_map(|event| [event.get(), "\n"]).collect()
}
