//! Webhooks over HTTP: made, changed, asked about. A gateway sends nothing itself: it writes what a webhook is, and what
//! its owner wishes for, and a courier reads that.

mod answers;
mod problems;
mod requests;
mod routes;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use courier::{Kept, Place, SECRETS_MAX, Source, Target, Wanted, Webhook};
use domain::{Slug, Timestamp};
use journal::bucket::BucketError;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Shared;
use crate::access::Caller;
use crate::asked::{Named, read_id};
use crate::body::Sent;
use crate::parameters::Parameters;
use crate::problem::Problem;

use answers::{deliveries, shown, with_secret};
use requests::{Changed, Made, Replayed, Rotated};

pub(crate) use answers::{channel, payload};
pub(crate) use problems::PROBLEMS;
pub(crate) use routes::routes;

/// Webhooks of a ledger.
const WEBHOOKS_MAX: usize = 50;
/// Wishes that the courier may not have heard yet.
const UNHEARD_MAX: usize = 16;
/// How often a change is tried while others change the same webhook.
const TRIES: usize = 5;
/// How long an old secret signs beside the new one, in hours, if nothing is said.
const OVERLAP_HOURS: u32 = 24;
const HOUR: i64 = 3_600_000_000;

impl Shared {
    async fn webhook(&self, ledger: &Slug, id: Uuid) -> Result<Kept<Webhook>, Problem> {
        let kept = self.webhooks.webhook(ledger, id).await.map_err(unkept)?;
        kept.ok_or_else(|| no_webhook(id))
    }

    /// The webhook with what is known of its state.
    async fn show(&self, webhook: &Webhook) -> Result<Value, Problem> {
        let state = self.webhooks.state(&webhook.ledger, webhook.id).await.map_err(unkept)?;
        Ok(shown(webhook, state.as_ref().map(|state| &state.value), &self.courier_key))
    }

    /// Changes a webhook, whoever else does at the same time.
    async fn change(
        &self,
        (ledger, id): (&Slug, Uuid),
        change: impl Fn(&mut Webhook) -> Result<(), Problem>,
    ) -> Result<Webhook, Problem> {
        for _ in 0..TRIES {
            let Kept { value: mut webhook, revision } = self.webhook(ledger, id).await?;
            change(&mut webhook)?;
            match self.webhooks.put(&webhook, revision).await {
                Err(BucketError::Changed) => {}
                Err(error) => return Err(unkept(error)),
                Ok(_) => return Ok(webhook),
            }
        }
        Err(Problem::new("busy", "others change this webhook at the same time"))
    }

    /// Has the courier do something.
    async fn wish(&self, (ledger, id): (&Slug, Uuid), wanted: Wanted) -> Result<Webhook, Problem> {
        let state = self.webhooks.state(ledger, id).await.map_err(unkept)?;
        let heard = state.map_or(0, |state| state.value.heard);
        let wished = |webhook: &mut Webhook| {
            if webhook.unheard(heard).count() >= UNHEARD_MAX {
                return Err(Problem::new("busy", "the courier has not come to what was asked before"));
            }
            webhook.paused &= wanted != Wanted::Enable;
            webhook.wish(wanted);
            Ok(())
        };
        self.change((ledger, id), wished).await
    }
}

/// What the bucket says instead of an answer.
fn unkept(error: BucketError) -> Problem {
    tracing::warn!(%error, "webhooks can't be read or written");
    Problem::new("unavailable", "what is kept of webhooks is out of reach")
}

fn no_webhook(id: Uuid) -> Problem {
    Problem::new("not-found", format!("there is no webhook {id} in this ledger"))
}

/// Makes a webhook that begins at the log's head. The same key makes it once.
async fn make(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Sent(made): Sent<Made>,
) -> Result<Response, Problem> {
    made.check(shared.private_targets)?;
    let store = &shared.webhooks;
    let id = match headers.get("idempotency-key") {
        Some(key) => read_id(key.to_str().unwrap_or_default())
            .map_err(|_| Problem::new("malformed-request", "the key is no UUID").at("Idempotency-Key"))?,
        None => Uuid::from_bytes(shared.random.bytes()),
    };
    if store.list(Some(&caller.ledger)).await.map_err(unkept)?.len() >= WEBHOOKS_MAX {
        let what = format!("a ledger has {WEBHOOKS_MAX} webhooks at most");
        return Err(Problem::new("too-many-webhooks", what));
    }
    let found = shared.log.after(&caller.ledger, u64::MAX).await?;
    let from = Place { epoch: found.epoch, position: found.last };
    let webhook = made.webhook((id, caller.ledger.clone()), from, shared.clock.now().0);
    let (status, webhook) = match store.put(&webhook, 0).await {
        Ok(_) => (StatusCode::CREATED, webhook),
        Err(BucketError::Changed) => (StatusCode::OK, shared.webhook(&caller.ledger, id).await?.value),
        Err(error) => return Err(unkept(error)),
    };
    let told = with_secret(shared.show(&webhook).await?, &webhook, &shared.courier_key);
    let place = format!("/v1/{}/webhooks/{id}", caller.ledger);
    Ok((status, [("location", place)], Json(told)).into_response())
}

/// All webhooks of the ledger.
async fn list(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Value>, Problem> {
    let mut all = Vec::new();
    for (ledger, id) in shared.webhooks.list(Some(&caller.ledger)).await.map_err(unkept)? {
        // It may be gone by now.
        if let Some(kept) = shared.webhooks.webhook(&ledger, id).await.map_err(unkept)? {
            all.push(shared.show(&kept.value).await?);
        }
    }
    Ok(Json(json!({ "webhooks": all })))
}

/// One webhook.
async fn one(State(shared): State<Arc<Shared>>, Named { ledger, id }: Named) -> Result<Json<Value>, Problem> {
    let kept = shared.webhook(&ledger, id).await?;
    Ok(Json(shared.show(&kept.value).await?))
}

/// Changes where it leads, what it tells, or whether it rests.
async fn change(
    State(shared): State<Arc<Shared>>,
    Named { ledger, id }: Named,
    Sent(changed): Sent<Changed>,
) -> Result<Json<Value>, Problem> {
    changed.check(shared.private_targets)?;
    let change = |webhook: &mut Webhook| {
        changed.apply(webhook);
        Ok(())
    };
    let webhook = shared.change((&ledger, id), change).await?;
    Ok(Json(shared.show(&webhook).await?))
}

/// Removes it; what was owed to it is forgotten.
async fn remove(
    State(shared): State<Arc<Shared>>,
    Named { ledger, id }: Named,
) -> Result<StatusCode, Problem> {
    let webhook = shared.webhook(&ledger, id).await?.value;
    shared.webhooks.remove(&webhook.ledger, webhook.id).await.map_err(unkept)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Has a test delivered.
async fn test(State(shared): State<Arc<Shared>>, Named { ledger, id }: Named) -> Result<Response, Problem> {
    let webhook = shared.wish((&ledger, id), Wanted::Test).await?;
    let number = webhook.wishes.last().map_or(0, |wish| wish.number);
    let told = json!({ "delivery": Source::Test(number).to_string() });
    Ok((StatusCode::ACCEPTED, Json(told)).into_response())
}

/// Goes on after it was disabled or paused.
async fn enable(State(shared): State<Arc<Shared>>, Named { ledger, id }: Named) -> Result<Response, Problem> {
    let url = shared.webhook(&ledger, id).await?.value.url;
    target(&url, shared.private_targets)?;
    let webhook = shared.wish((&ledger, id), Wanted::Enable).await?;
    Ok((StatusCode::ACCEPTED, Json(shared.show(&webhook).await?)).into_response())
}

/// Delivers everything after a place again.
async fn replay(
    State(shared): State<Arc<Shared>>,
    Named { ledger, id }: Named,
    Sent(Replayed { after }): Sent<Replayed>,
) -> Result<Response, Problem> {
    let found = shared.log.after(&ledger, u64::MAX).await?;
    if after.epoch != found.epoch || after.position > found.last {
        let what = format!("the log of epoch {} ends at position {}", found.epoch, found.last);
        return Err(Problem::new("cursor-gone", what).at("/after"));
    }
    let place = Place { epoch: after.epoch, position: after.position };
    let webhook = shared.wish((&ledger, id), Wanted::Replay(place)).await?;
    Ok((StatusCode::ACCEPTED, Json(shared.show(&webhook).await?)).into_response())
}

/// Makes a new secret; the old ones sign too as long as was said.
async fn rotate(
    State(shared): State<Arc<Shared>>,
    Named { ledger, id }: Named,
    Sent(Rotated { overlap_hours }): Sent<Rotated>,
) -> Result<Json<Value>, Problem> {
    let hours = overlap_hours.unwrap_or(OVERLAP_HOURS);
    if hours > requests::OVERLAP_HOURS_MAX {
        let what = format!("overlap_hours is 0 to {}, not {hours}", requests::OVERLAP_HOURS_MAX);
        return Err(Problem::new("malformed-request", what).at("/overlap_hours"));
    }
    let now = shared.clock.now().0;
    let rotate = |webhook: &mut Webhook| webhook.rotate(now, i64::from(hours) * HOUR).map_err(trusted);
    let webhook = shared.change((&ledger, id), rotate).await?;
    Ok(Json(with_secret(shared.show(&webhook).await?, &webhook, &shared.courier_key)))
}

/// What waits and how the last ones ended.
async fn owed(
    State(shared): State<Arc<Shared>>,
    Named { ledger, id }: Named,
    mut parameters: Parameters,
) -> Result<Json<Value>, Problem> {
    let wanted = parameters.take("state")?;
    let webhook = shared.webhook(&ledger, id).await?.value;
    let state = shared.webhooks.state(&webhook.ledger, webhook.id).await.map_err(unkept)?;
    Ok(Json(deliveries(webhook.id, state.as_ref().map(|state| &state.value), wanted)))
}

/// Delivers one now, waiting or ended.
async fn retry(
    State(shared): State<Arc<Shared>>,
    Named { ledger, id }: Named,
    Path((_, _, delivery)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let webhook = shared.webhook(&ledger, id).await?.value;
    let none = || Problem::new("not-found", format!("no delivery {delivery} waits or is remembered"));
    let source: Source = delivery.parse().map_err(|_| none())?;
    let state = shared.webhooks.state(&webhook.ledger, id).await.map_err(unkept)?.ok_or_else(none)?.value;
    let waits = state.pending.iter().any(|pending| pending.told.source == source);
    if !waits && !state.ended.iter().any(|ended| ended.told.source == source) {
        return Err(none());
    }
    shared.wish((&ledger, id), Wanted::Retry(source)).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "delivery": delivery }))).into_response())
}

/// Why a secret can't be replaced now.
fn trusted(courier::Full { until }: courier::Full) -> Problem {
    let until = wire::time::format(Timestamp(until)).map(|time| time.to_string()).unwrap_or_default();
    let what = format!("{SECRETS_MAX} secrets sign already; the first of the old ones ends at {until}");
    let hint = "ask again then; or with overlap_hours 0, which ends all but the new one at once";
    Problem::new("too-many-secrets", what).hint(hint)
}

/// Whether a webhook may lead there.
///
/// # Errors
/// When it may not; the problem says why.
fn target(url: &str, private_too: bool) -> Result<(), Problem> {
    let refused = |refused: courier::Refused| Problem::new("webhook-target-refused", refused.to_string());
    Target::read(url, private_too).map(drop).map_err(|error| refused(error).at("/url"))
}
