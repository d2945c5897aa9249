//! Things by the key of the record that they come from, for systems that synchronise: what is new is recorded, what is the
//! same was, and what differs is refused. A ledger does not guess: who wants it otherwise sends a correction.
//!
//! The key goes to the door with the command and no further. So the id of a new thing does not follow from it, and what
//! stands there already is found by where the recorder says that it stands.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::Slug;
use serde::Deserialize;
use serde_json::json;
use uuid::{Builder, Uuid};
use wire::ask::{Ask, Reply};
use wire::submission::{COMMAND_BYTES_MAX, RawSource};
use wire::{Outcome, RefusalReply};

use crate::Shared;
use crate::access::Caller;
use crate::asked::Asked;
use crate::body::{Members, must_be, whole};
use crate::commands::{answered, drafted, idempotency_key, location, pointed};
use crate::conditions::{IfMatch, must_be_new};
use crate::desk::failed;
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::reading::{self, hidden};
use crate::things::{Collection, Taken};
use crate::vantage::Looking;

/// Records what comes from a record of another system, unless it is there.
pub(crate) async fn put(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Extension(taken): Extension<Taken>,
    Path((_, system, key)): Path<(String, String, String)>,
    mut parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let dry_run = parameters.take::<bool>("dry_run")?.unwrap_or(false);
    parameters.finish()?;
    IfMatch::read(&headers, &taken, None)?;
    let is_new = must_be_new(&headers, &taken)?;
    // Without a key it is safe to repeat all the same: the source record is accepted once.
    let command = match headers.contains_key("idempotency-key") {
        true => idempotency_key(&headers)?,
        false => Builder::from_random_bytes(shared.random.bytes()).into_uuid(),
    };
    must_be(&headers, &["application/json"])?;
    let mut members = Members::read(&whole(body, COMMAND_BYTES_MAX, shared.limits.body).await?)?;
    for name in ["id", "source"] {
        if members.get(name).is_some() {
            let what = format!("{name} follows from the address, and stands not in the body");
            return Err(Problem::new("malformed-command", what).at(format!("/{name}")));
        }
    }
    // The first part of the record, as an import has it: one record is one, whichever way it comes.
    members.put("source", &json!({ "system": system, "key": key, "part": 1 }))?;
    let submit = async |thing: Uuid| {
        let mut members = members.clone();
        members.put("id", &thing)?;
        let command = drafted(&taken, command, members, (&caller, dry_run))?;
        shared.desks.submit_one(&caller.ledger, &command).await
    };
    let mut thing = Uuid::new_v5(&command, taken.kind.as_str().as_bytes());
    let mut outcome = submit(thing).await?;
    let taken_at = match &outcome {
        Outcome::Refusal(RefusalReply { code, position, .. }) if code == "source-key-taken" => *position,
        _ => None,
    };
    let there = match taken_at {
        Some(position) => shared.subject_at(&caller.ledger, position).await?,
        None => None,
    };
    if let Some((_, there)) = there {
        // Under its id it is the same command if it says the same.
        (thing, outcome) = (there, submit(there).await?);
    }
    let there = location(&taken, &caller.ledger, &thing);
    answered(told(outcome, is_new, there.as_deref(), &taken), there.clone(), StatusCode::CREATED)
}

/// The thing that came from a record of another system, as at its own address, which stands in `Content-Location`. One of
/// another kind looks like one that is not there.
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(collection): Extension<&'static Collection>,
    Path((_, system, key)): Path<(String, String, String)>,
    asked: Asked,
) -> Result<Response, Problem> {
    let Asked { ref ledger, mut parameters, headers, .. } = asked;
    let mut looking = Looking::read(&mut parameters, &headers)?;
    parameters.finish()?;
    let source = RawSource { system, key, part: Some(1), reported: None };
    let position = match shared.backend.ask(ledger, Ask::Source { ledger: ledger.clone(), source }).await {
        Reply::Place { position } => position,
        reply => return Err(hidden(failed(reply))),
    };
    let none = || {
        let what = format!("no {} of this ledger came from this record", collection.word);
        Problem::new("not-found", what).hint("putting it here records it")
    };
    let position = position.ok_or_else(none)?;
    let (kind, id) = shared.subject_at(ledger, position).await?.ok_or_else(none)?;
    if kind != collection.word {
        return Err(none());
    }
    // It was recorded, so it is not told as if it were not there.
    let epoch = shared.log.after(ledger, position).await?.epoch;
    looking.min_position = looking.min_position.or(Some((epoch, position)));
    let mut response = shared.told(ledger, collection, id, &looking).await?.answer(&headers);
    let there = format!("/v1/{ledger}/{}/{id}", collection.name);
    reading::put(&mut response, ("content-location", there));
    Ok(response)
}

/// The outcome, with where to find what is in the way.
fn told(outcome: Outcome, is_new: bool, there: Option<&str>, taken: &Taken) -> Outcome {
    let exists = |message: &str| {
        let reply = RefusalReply::new("exists", message.to_owned());
        Outcome::Refusal(reply.hint(&format!("it is {}", there.unwrap_or_default())))
    };
    match pointed(outcome, taken) {
        Outcome::Repeated(_) if is_new => exists("this source record was accepted before"),
        Outcome::Refusal(refusal) if refusal.code == "source-key-taken" && is_new => exists(&refusal.message),
        Outcome::Refusal(refusal) if refusal.code == "source-key-taken" => {
            let hint = format!("it is {}; send a correction of that event", there.unwrap_or_default());
            Outcome::Refusal(refusal.hint(&hint))
        }
        other => other,
    }
}

impl Shared {
    /// Kind and id of the thing that the event at a position is about.
    async fn subject_at(&self, ledger: &Slug, position: u64) -> Result<Option<(String, Uuid)>, Problem> {
        #[derive(Deserialize)]
        struct Look<'a> {
            subject: &'a str,
        }
        let event = self.log.event(ledger, position).await?;
        let look = event.as_ref().and_then(|event| serde_json::from_str::<Look<'_>>(event.get()).ok());
        Ok(look.and_then(|look| {
            let (kind, id) = look.subject.split_once('/')?;
            Some((kind.to_owned(), id.parse().ok()?))
        }))
    }
}
