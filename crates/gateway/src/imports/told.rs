//! What is told of an import: its record, its progress as it changes, and its reports.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::sse::Event;
use axum::response::{IntoResponse as _, Response};
use futures::{Stream, StreamExt as _};
use intake::Told;
use serde_json::{Value, json};

use super::record::{Import, Job, Trouble};
use super::routes::OfImport;
use super::store::{Segment, pieces};
use crate::Shared;
use crate::problem::Problem;

/// How often progress is looked at, for whoever follows it.
const LOOK: Duration = Duration::from_millis(500);

/// An import as it is told.
pub(crate) fn told(import: &Import) -> Value {
    let job = import.job.as_ref();
    let counts = |counts: super::record::Counts| {
        json!({ "rows": counts.rows(), "accepted": counts.accepted, "repeated": counts.repeated,
            "refused": counts.refused, "passed_over": counts.passed_over })
    };
    let trouble = |trouble: &Trouble| json!({ "type": format!("/problems/{}", trouble.code), "detail": trouble.message });
    let at = |end: &str| format!("/v1/{}/imports/{}{end}", import.ledger, import.id);
    let mut told = json!({
        "id": import.id,
        "format": import.format,
        "source": import.source,
        "name": import.name,
        "created": jiff::Timestamp::from_microsecond(import.created).map(|time| time.to_string()).ok(),
        "phase": import.phase(),
        "received": import.received,
        "total": import.total,
        "checked": import.checked.map(counts),
        "counts": job.map(|job| counts(job.counts)),
        "bytes": job.map(|job| job.offset),
        "waits_for": job.and_then(|job| job.waits.clone()),
        "problem": job.and_then(|job| job.trouble.as_ref()).map(trouble),
        "links": { "self": at(""), "data": at("/data"), "errors": at("/errors.csv"), "report": at("/report.csv") },
    });
    // Of a file that came in parts it is not known before somebody has read it from end to end.
    if let (Some(digest), Some(members)) = (&import.digest, told.as_object_mut()) {
        members.insert("digest".to_owned(), digest.as_str().into());
    }
    told
}

/// Progress as it changes, until nobody works on it any more.
pub(crate) async fn live(
    State(shared): State<Arc<Shared>>,
    OfImport { import, .. }: OfImport,
) -> Result<Response, Problem> {
    shared.stream(progress(shared.clone(), import))
}

fn progress(shared: Arc<Shared>, first: Import) -> impl Stream<Item = Event> + Send + 'static {
    let (ledger, id) = (first.ledger.clone(), first.id);
    futures::stream::unfold(Some((first, true)), move |state| {
        let (shared, ledger) = (shared.clone(), ledger.clone());
        async move {
            let (mut import, mut is_new) = state?;
            while !is_new {
                tokio::time::sleep(LOOK).await;
                // What is out of reach now may be there in a moment.
                let Ok(now) = shared.imports.load(&ledger, id).await else { continue };
                let (now, _) = now?;
                is_new = told(&now) != told(&import);
                import = now;
            }
            let name = if import.is_open() { "progress" } else { "ended" };
            let event = Event::default().event(name).data(told(&import).to_string());
            let next = import.is_open().then_some((import, false));
            Some((event, next))
        }
    })
}

/// Every row that was refused.
pub(crate) async fn errors(State(shared): State<Arc<Shared>>, asked: OfImport) -> Response {
    sheet(&shared, asked.import, ("errors", Told::ERRORS, |job| &job.errors))
}

/// Every row, with how it ended and where it stands.
pub(crate) async fn report(State(shared): State<Arc<Shared>>, asked: OfImport) -> Response {
    sheet(&shared, asked.import, ("report", Told::REPORT, |job| &job.report))
}

/// Name of a report, its first line, and where its bytes are.
type Sort = (&'static str, &'static str, fn(&Job) -> &Vec<Segment>);

fn sheet(shared: &Shared, import: Import, (what, first, of): Sort) -> Response {
    let segments = import.job.as_ref().map(of).cloned().unwrap_or_default();
    let (store, ledger, id) = (shared.imports.clone(), import.ledger, import.id);
    let rest = futures::stream::iter(pieces(&segments, 0)).then(move |piece| {
        let (store, ledger) = (store.clone(), ledger.clone());
        async move {
            let gone = || std::io::Error::other("a part of the report is not kept any more");
            match store.get((what, &ledger, id), piece).await {
                Ok(bytes) => bytes.ok_or_else(gone),
                Err(problem) => Err(std::io::Error::other(problem.detail.clone())),
            }
        }
    });
    let first = futures::stream::once(std::future::ready(Ok(bytes::Bytes::from_static(first.as_bytes()))));
    let name = format!("attachment; filename=\"{what}.csv\"");
    let headers = [("content-type", "text/csv; charset=utf-8".to_owned()), ("content-disposition", name)];
    (headers, Body::from_stream(first.chain(rest))).into_response()
}
