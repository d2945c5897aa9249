//! Events as they are recorded, as server-sent events. Each tells position, type, kind and times and nothing of what
//! happened to whom: who may read events gets them by their positions. `Last-Event-ID` goes on where a reader was.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse as _, Response, Sse};
use futures::future::ready;
use futures::{Stream, StreamExt as _};
use journal::Until;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wire::Commit;

use crate::Shared;
use crate::asked::Asked;
use crate::problem::Problem;
use crate::seek::{events, unreadable};
use crate::vantage::Place;

/// Readers at once; each reads the log, or an import, for itself.
pub(crate) const READERS_MAX: usize = 256;
/// How often something is sent to a reader when nothing happens, so that both sides know the other is there.
const ALIVE: Duration = Duration::from_secs(15);

/// What is told of an event.
#[derive(Serialize)]
struct Line<'a> {
    position: u64,
    r#type: &'a str,
    kind: &'a str,
    time: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    effective: Option<&'a str>,
}

#[derive(Deserialize)]
struct Look<'a> {
    r#type: &'a str,
    subject: &'a str,
    time: &'a str,
    #[serde(default)]
    effective: Option<&'a str>,
}

/// Tells events from a place on, or from now.
pub(crate) async fn live(
    State(shared): State<Arc<Shared>>,
    Asked { ledger, mut parameters, headers, .. }: Asked,
) -> Result<Response, Problem> {
    let last = headers.get("last-event-id").map(|last| last.to_str().unwrap_or_default().parse::<Place>());
    let malformed = |why: &str| Problem::new("malformed-request", why).at("Last-Event-ID");
    let after = match last.transpose().map_err(malformed)? {
        Some(place) => Some(place),
        None => parameters.take::<Place>("after")?,
    };
    parameters.finish()?;
    let found = match after {
        Some(_) => shared.log.since(&ledger, after).await?,
        None => shared.log.after(&ledger, u64::MAX).await?,
    };
    let from = after.map_or(found.last, |place| place.position);
    let commits = shared.log.read(&ledger, (found, from), Until::Follow).await;
    // What can't be read or does not verify ends the stream; who asks again is told why.
    let verified =
        commits.map(|commit| commit.map_err(unreadable).ok()).take_while(|commit| ready(commit.is_some()));
    let told =
        verified.filter_map(ready).flat_map(move |(commit, _)| futures::stream::iter(tell(&commit, from)));
    shared.stream(told)
}

impl Shared {
    /// Tells these to one reader until it goes, or it is time to stop.
    ///
    /// # Errors
    /// When there are as many readers as may be.
    pub(crate) fn stream(
        &self,
        told: impl Stream<Item = Event> + Send + 'static,
    ) -> Result<Response, Problem> {
        let busy = |_| Problem::new("busy", format!("{READERS_MAX} readers follow already"));
        let reader = self.readers.clone().try_acquire_owned().map_err(busy)?;
        let shutdown = self.shutdown.clone();
        let told = told.map(move |event| {
            let _reader = &reader;
            Ok::<_, Infallible>(event)
        });
        let told = told.take_until(async move { shutdown.triggered().await });
        Ok(Sse::new(told).keep_alive(KeepAlive::new().interval(ALIVE)).into_response())
    }
}

/// The lines of a commit's events after a position.
fn tell(commit: &Commit, from: u64) -> Vec<Event> {
    let Ok(events) = events(commit) else { return Vec::new() };
    let told = events.filter(|(position, _)| *position > from);
    told.filter_map(|(position, event)| line(commit.epoch, position, event)).collect()
}

fn line(epoch: u64, position: u64, event: &RawValue) -> Option<Event> {
    let Look { r#type, subject, time, effective } = serde_json::from_str(event.get()).ok()?;
    let kind = subject.split('/').next().unwrap_or_default();
    let name = r#type.split('.').nth(1).unwrap_or_default();
    let line = serde_json::to_string(&Line { position, r#type, kind, time, effective }).ok()?;
    Some(Event::default().id(Place { epoch, position }.to_string()).event(name).data(line))
}
