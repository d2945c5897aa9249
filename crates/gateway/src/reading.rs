//! Answers of views, and things as resources: each is a question to the projector.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use domain::{Kind, Slug};
use serde_json::{Value, json};
use uuid::Uuid;
use views::VIEWS;
use wire::ask::{Ask, Reply};
use wire::{Answer, HeadReply, Query};

use crate::Shared;
use crate::access::{Caller, no_such_ledger};
use crate::asked::{Asked, OfThing, read_id};
use crate::conditions::tag;
use crate::desk::failed;
use crate::facts;
use crate::paging::{Page, digest, link_next, tagged, with_tag, written};
use crate::problem::Problem;
use crate::things::Collection;
use crate::vantage::{Looking, Place, position_header};

/// The view with rows for tokens, to which their last use is added.
const ACCESS: &str = "access";

impl Shared {
    /// Asks a view.
    ///
    /// # Errors
    /// What the projector says.
    pub(crate) async fn query(&self, query: Query) -> Result<Answer, Problem> {
        let ledger = query.ledger.clone();
        match self.backend.ask(&ledger, Ask::Query { query }).await {
            Reply::Answer { mut answer } => {
                // The hashes of tokens are for the gateway alone.
                let members = answer.rows.iter_mut().filter_map(Value::as_object_mut);
                members.for_each(|row| drop(row.remove("secret_hash")));
                Ok(answer)
            }
            reply => Err(hidden(failed(reply))),
        }
    }

    /// Of a ledger that is not there nothing is told, and no list that is the same for all.
    ///
    /// # Errors
    /// When there is no such ledger.
    pub(crate) async fn must_exist(&self, ledger: &Slug) -> Result<(), Problem> {
        self.log.after(ledger, u64::MAX).await.map(drop)
    }
}

/// Names of other ledgers are not told.
pub(crate) fn hidden(problem: Problem) -> Problem {
    if problem.code() == "no-such-ledger" { no_such_ledger() } else { problem }
}

/// Every view.
pub(crate) async fn views(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Value>, Problem> {
    shared.must_exist(&caller.ledger).await?;
    let view = |view: &&dyn views::View| json!({ "view": view.name(), "about": view.about(), "columns": view.columns(), "identity": view.identity(), "revision": view.revision() });
    Ok(Json(json!({ "views": VIEWS.iter().map(view).collect::<Vec<_>>() })))
}

/// The ledger's head.
pub(crate) async fn head(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Problem> {
    let ledger = &caller.ledger;
    match shared.backend.ask(ledger, Ask::Head { ledger: ledger.clone() }).await {
        Reply::Head { head } => {
            let position = position_header(&head);
            Ok(([position], Json(head)).into_response())
        }
        reply => Err(hidden(failed(reply))),
    }
}

/// The receipt of a command, after a lost answer. Without one nothing was accepted, and sending it is safe.
pub(crate) async fn receipt(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path((_, command)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (ledger, command) = (caller.ledger, read_id(&command)?);
    match shared.backend.ask(&ledger, Ask::Receipt { ledger: ledger.clone(), command }).await {
        Reply::Receipt { receipt: Some(receipt) } => Ok(Json(receipt).into_response()),
        Reply::Receipt { receipt: None } => {
            Err(Problem::new("not-found", format!("no command {command} was accepted so far"))
                .hint("sending it, or sending it again, with this Idempotency-Key is safe"))
        }
        reply => Err(hidden(failed(reply))),
    }
}

/// Rows of a view, filtered by its columns, or sums by them.
pub(crate) async fn view(
    State(shared): State<Arc<Shared>>,
    Path((_, name)): Path<(String, String)>,
    asked: Asked,
) -> Result<Response, Problem> {
    let view = views::view(&name);
    let view = view.ok_or_else(|| Problem::new("no-such-view", format!("there is no view {name}")))?;
    rows(&shared, view, asked).await
}

/// Things of a kind: rows of the view that has them.
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    Extension(collection): Extension<&'static Collection>,
    asked: Asked,
) -> Result<Response, Problem> {
    let view = collection.view.and_then(|(view, _)| views::view(view));
    let view = view.ok_or_else(|| Problem::new("not-found", "these things are not listed"))?;
    rows(&shared, view, asked).await
}

async fn rows(shared: &Shared, view: &'static dyn views::View, asked: Asked) -> Result<Response, Problem> {
    let Asked { ledger, mut parameters, headers, uri } = asked;
    let looking = Looking::read(&mut parameters, &headers)?;
    let page = Page::read(&mut parameters)?;
    let mut query = looking.query(&ledger, view.name());
    query.filters = parameters.columns(view.columns())?;
    let by: Vec<String> =
        query.filters.get("by").map_or_else(Vec::new, |by| by.split(',').map(str::to_owned).collect());
    let answer = shared.query(query).await?;
    // Sums are told apart by what they are summed by.
    let summed: Vec<&str> = by.iter().map(String::as_str).collect();
    let identity = if by.is_empty() { view.identity() } else { &summed };
    let (mut rows, next) = page.of(answer.rows, identity, answer.head.epoch)?;
    if view.name() == ACCESS && looking.is_now() {
        shared.uses.add(&ledger, &mut rows).await;
    }
    let told = json!({
        "view": answer.view,
        "revision": answer.revision,
        "head": answer.head,
        "as_of": looking.as_of,
        "valid_on": looking.valid_on,
        "parked": answer.parked,
        "rows": rows,
        "next_page_token": next,
    });
    let mut response = tagged(&told, &headers)?;
    put(&mut response, position_header(&answer.head));
    link_next(&mut response, &uri, next.as_deref());
    Ok(response)
}

/// One thing: what its view says, and all that was recorded of it.
pub(crate) async fn thing(State(shared): State<Arc<Shared>>, asked: OfThing) -> Result<Response, Problem> {
    let OfThing { ledger, collection, id, looking, parameters, headers } = asked;
    parameters.finish()?;
    Ok(shared.told(&ledger, collection, id, &looking).await?.answer(&headers))
}

/// What is told of a thing.
pub(crate) struct Told {
    body: Vec<u8>,
    /// Of its version and of all that is told: a delivery at a site changes what its row says and nothing that was
    /// recorded of the site.
    pub(crate) tag: String,
    head: HeadReply,
}

impl Told {
    /// As it is answered.
    pub(crate) fn answer(self, headers: &HeaderMap) -> Response {
        let Self { body, tag, head } = self;
        let mut response = with_tag(&tag, headers, ("application/json", body));
        put(&mut response, position_header(&head));
        response
    }
}

/// All that was recorded of a thing, as sentences, with corrections folded.
pub(crate) async fn timeline(State(shared): State<Arc<Shared>>, asked: OfThing) -> Result<Response, Problem> {
    let OfThing { ledger, collection, id, looking, parameters, headers } = asked;
    parameters.finish()?;
    let answer = shared.timeline(&ledger, collection, id, &looking).await?;
    if answer.rows.is_empty() {
        return Err(nothing(collection, id));
    }
    let mut response = tagged(&json!({ "head": answer.head, "rows": answer.rows }), &headers)?;
    put(&mut response, position_header(&answer.head));
    Ok(response)
}

impl Shared {
    /// What its view says of a thing, and all that was recorded of it.
    ///
    /// # Errors
    /// When there is no such thing, or the projector can't say.
    pub(crate) async fn told(
        &self,
        ledger: &Slug,
        collection: &Collection,
        id: Uuid,
        looking: &Looking,
    ) -> Result<Told, Problem> {
        let timeline = self.timeline(ledger, collection, id, looking).await?;
        let version = version(&timeline).ok_or_else(|| nothing(collection, id))?;
        let rows = match collection.view {
            Some((view, column)) => {
                let mut query = looking.query(ledger, view);
                query.filters.insert(column.to_owned(), id.to_string());
                let mut rows = self.query(query).await?.rows;
                if view == ACCESS && looking.is_now() {
                    self.uses.add(ledger, &mut rows).await;
                }
                rows
            }
            None if collection.kind == Kind::Delivery => {
                let last = self.log.event(ledger, version).await?;
                last.as_deref().and_then(facts::row).into_iter().collect()
            }
            None => Vec::new(),
        };
        let Answer { head, rows: timeline, .. } = timeline;
        let version = Place { epoch: head.epoch, position: version };
        let told = json!({
            "id": id,
            "kind": collection.word,
            "version": version.to_string(),
            "head": head,
            "as_of": looking.as_of,
            "valid_on": looking.valid_on,
            "rows": rows,
            "timeline": timeline,
        });
        let body = written(&told)?;
        let tag = tag(&format!("{}/{id}", collection.word), version, &digest(&body));
        Ok(Told { body, tag, head })
    }

    /// The timeline of a thing; without rows when there is no such thing.
    pub(crate) async fn timeline(
        &self,
        ledger: &Slug,
        collection: &Collection,
        id: Uuid,
        looking: &Looking,
    ) -> Result<Answer, Problem> {
        let mut query = looking.query(ledger, "timeline");
        query.filters.insert("subject".to_owned(), format!("{}/{id}", collection.word));
        self.query(query).await
    }
}

/// Positions of all events about a thing, rising.
pub(crate) fn positions(timeline: &Answer) -> Vec<u64> {
    let chain = |row: &Value| row.get("chain").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut positions: Vec<u64> =
        timeline.rows.iter().flat_map(chain).filter_map(|position| position.as_u64()).collect();
    positions.sort_unstable();
    positions
}

/// Position of the last event about a thing.
pub(crate) fn version(timeline: &Answer) -> Option<u64> {
    positions(timeline).pop()
}

pub(crate) fn nothing(collection: &Collection, id: Uuid) -> Problem {
    Problem::new("not-found", format!("there is no {} {id} in this ledger", collection.word))
}

pub(crate) fn put(response: &mut Response, (name, value): (&'static str, String)) {
    if let Ok(value) = HeaderValue::from_str(&value) {
        response.headers_mut().insert(name, value);
    }
}
