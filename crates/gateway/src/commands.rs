//! What records: one address for each command, and one that takes commands of any kind, one or many.
//!
//! The `Idempotency-Key` is the command's id and is kept for ever. Who acts is whoever the token names: a body can't
//! say otherwise.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use domain::Slug;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use uuid::Uuid;
use wire::Outcome;
use wire::submission::COMMAND_BYTES_MAX;

use crate::Shared;
use crate::access::Caller;
use crate::asked::read_id;
use crate::body::{Members, closest_member, media_type, must_be, whole};
use crate::conditions::{IfMatch, must_be_new, new_only};
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::reading::put;
use crate::things::{Needs, Taken, of_kind};
use crate::vantage::Place;

/// What a body may say of a command besides what the command is about.
pub(crate) const AROUND: &[&str] =
    &["onbehalfof", "basis", "purpose", "correlationid", "causationid", "source"];
/// Name of the header that carries the head after a command, or that an answer is complete to: `epoch:position`.
pub(crate) const POSITION: &str = "ledger-position";
/// Bytes of many commands at once, and how many.
const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;
const BATCH_MAX: usize = 1000;
pub(crate) const NDJSON: &str = "application/x-ndjson";

/// Records one command at its own address.
pub(crate) async fn act(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Extension(taken): Extension<Taken>,
    Path(path): Path<Vec<(String, String)>>,
    mut parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let dry_run = parameters.take::<bool>("dry_run")?.unwrap_or(false);
    parameters.finish()?;
    let key = idempotency_key(&headers)?;
    must_be(&headers, &["application/json"])?;
    let mut members = Members::read(&whole(body, COMMAND_BYTES_MAX, shared.limits.body).await?)?;
    let thing = thing(&taken, &path, key, &mut members)?;
    let (wanted, is_new) = (IfMatch::read(&headers, &taken, thing)?, must_be_new(&headers, &taken)?);
    let command = drafted(&taken, key, members, (&caller, dry_run))?;
    let ledger = &caller.ledger;
    let outcome = match wanted {
        Some(wanted) => shared.submit_if(&caller, &command, &wanted).await?,
        None => shared.desks.submit_one(ledger, &command).await?,
    };
    let outcome = pointed(outcome, &taken);
    let outcome = if is_new { new_only(outcome) } else { outcome };
    if taken.needs != Needs::Nothing {
        return answered(outcome, None, StatusCode::OK);
    }
    answered(outcome, thing.and_then(|id| location(&taken, ledger, &id)), StatusCode::CREATED)
}

/// The command of these members: what it is about, and what stands around it.
///
/// # Errors
/// Only for what is no JSON.
pub(crate) fn drafted(
    taken: &Taken,
    key: Uuid,
    mut members: Members,
    (caller, dry_run): (&Caller, bool),
) -> Result<Members, Problem> {
    let mut command = Members::default();
    command.put("command", &taken.name)?;
    command.put("version", &1)?;
    command.put("id", &key)?;
    for name in AROUND {
        if let Some(value) = members.take(name) {
            command.put(name, &value)?;
        }
    }
    command.put("body", &members.to_raw()?)?;
    signed(command, caller, dry_run)
}

/// Which thing it is about. A new one gets an id that follows from the key, so that a repetition is the same command.
fn thing(
    taken: &Taken,
    path: &[(String, String)],
    key: Uuid,
    members: &mut Members,
) -> Result<Option<Uuid>, Problem> {
    match taken.needs {
        Needs::Event => Ok(None),
        Needs::Id => {
            let text = path.iter().find(|(name, _)| name == "id").map_or("", |(_, id)| id);
            let id = read_id(text)?;
            if members.get("id").is_some() {
                let what = "the id stands in the address, and not again in the body";
                return Err(Problem::new("malformed-command", what).at("/id"));
            }
            members.put("id", &id)?;
            Ok(Some(id))
        }
        Needs::Nothing if !taken.names_id => Ok(None),
        Needs::Nothing => {
            if let Some(given) = members.take("id") {
                let id = serde_json::from_str(given.get()).map_err(|error| {
                    Problem::new("malformed-command", format!("id: {}", wire::unread(&error))).at("/id")
                })?;
                members.put("id", &id)?;
                return Ok(Some(id));
            }
            let id = Uuid::new_v5(&key, taken.kind.as_str().as_bytes());
            members.put("id", &id)?;
            Ok(Some(id))
        }
    }
}

/// What is in the command's body is at the top of what was sent.
pub(crate) fn pointed(outcome: Outcome, taken: &Taken) -> Outcome {
    match outcome {
        Outcome::Refusal(refusal) => {
            let field = refusal.field.map(|field| match field.strip_prefix("/body") {
                Some(rest) => rest.to_owned(),
                None => field,
            });
            let hint = match refusal.code.as_str() {
                "malformed-command" => Some(meant(&refusal.message, taken)),
                _ => refusal.hint,
            };
            Outcome::Refusal(wire::RefusalReply { field, hint, ..refusal })
        }
        other => other,
    }
}

/// What was meant by a member that is not known, as far as what was said of it tells; and where all are listed.
fn meant(said: &str, taken: &Taken) -> String {
    let schema = format!("/schemas/command/{}/1 says what it takes", taken.name);
    match closest_member(said) {
        Some(close) => format!("did you mean {close}? {schema}"),
        None => schema,
    }
}

pub(crate) fn location(taken: &Taken, ledger: &Slug, id: &Uuid) -> Option<String> {
    Some(format!("/v1/{ledger}/{}/{id}", of_kind(taken.kind)?.name))
}

/// The caller's key, which is the command's id.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Uuid, Problem> {
    let needed = |what: &str| Problem::new("idempotency-key-needed", what).at("Idempotency-Key");
    let key = headers.get("idempotency-key").ok_or_else(|| needed("no Idempotency-Key came"))?;
    let key = key.to_str().unwrap_or_default().trim_matches('"');
    key.parse().map_err(|_| needed("the Idempotency-Key is no UUID"))
}

/// The command with who acts.
fn signed(mut command: Members, caller: &Caller, dry_run: bool) -> Result<Members, Problem> {
    command.put("actor", &caller.actor)?;
    if let Some(credential) = &caller.credential {
        command.put("credential", &credential)?;
    }
    if dry_run {
        command.put("dryrun", &true)?;
    }
    Ok(command)
}

/// Records commands of any kind: one object, or one a line.
pub(crate) async fn batch(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    mut parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let dry_run = parameters.take::<bool>("dry_run")?.unwrap_or(false);
    parameters.finish()?;
    must_be(&headers, &["application/json", NDJSON])?;
    let many = media_type(&headers).as_deref() == Some(NDJSON);
    let most = if many { BATCH_BYTES_MAX } else { COMMAND_BYTES_MAX };
    let body = whole(body, most, shared.limits.body).await?;
    let lines: Vec<&[u8]> = match many {
        true => body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).collect(),
        false => vec![&body],
    };
    if lines.len() > BATCH_MAX {
        return Err(Problem::new(
            "too-large",
            format!("{} commands at once; at most {BATCH_MAX}", lines.len()),
        ));
    }
    let mut commands = Vec::with_capacity(lines.len());
    for (place, line) in lines.into_iter().enumerate() {
        let read = whole_command(line, &caller, dry_run);
        commands.push(
            read.map_err(|problem| if many { problem.at(format!("line {}", place + 1)) } else { problem })?,
        );
    }
    let outcomes = shared.desks.submit(&caller.ledger, commands).await?;
    if many {
        let mut text = Vec::new();
        for outcome in &outcomes {
            text.extend(serde_json::to_vec(&told(outcome)).unwrap_or_default());
            text.push(b'\n');
        }
        return Ok(([("content-type", NDJSON)], text).into_response());
    }
    let outcome = outcomes.into_iter().next().ok_or_else(|| Problem::new("internal", "no outcome came"))?;
    answered(outcome, None, StatusCode::OK)
}

fn whole_command(json: &[u8], caller: &Caller, dry_run: bool) -> Result<Box<RawValue>, Problem> {
    let mut command = Members::read(json)?;
    let dry_run = match command.take("dryrun") {
        Some(said) => dry_run || said.get() == "true",
        None => dry_run,
    };
    for name in ["actor", "credential"] {
        if command.get(name).is_some() {
            let what = format!("{name} is not for the sender to say: it follows from the token");
            return Err(Problem::new("malformed-command", what).at(format!("/{name}")));
        }
    }
    caller.may_command(command.get("command").map_or("", RawValue::get).trim_matches('"'))?;
    signed(command, caller, dry_run)?.to_raw()
}

pub(crate) fn answered(
    outcome: Outcome,
    location: Option<String>,
    made: StatusCode,
) -> Result<Response, Problem> {
    let (receipt, repeated) = match outcome {
        Outcome::Refusal(refusal) => return Err(Problem::from(refusal)),
        Outcome::WouldAccept { events } => {
            return Ok(Json(json!({ "would_accept": { "events": events } })).into_response());
        }
        Outcome::Receipt(receipt) => (receipt, false),
        Outcome::Repeated(receipt) => (receipt, true),
    };
    let mut response = (if repeated { StatusCode::OK } else { made }, Json(&receipt)).into_response();
    let position = receipt.positions.last().copied().unwrap_or_default();
    put(&mut response, (POSITION, Place { epoch: receipt.epoch, position }.to_string()));
    if repeated {
        put(&mut response, ("idempotent-replayed", "true".to_owned()));
    }
    if let Some(location) = location {
        put(&mut response, ("location", location));
    }
    Ok(response)
}

/// An outcome as a line among many.
fn told(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Receipt(receipt) => json!({ "receipt": receipt }),
        Outcome::Repeated(receipt) => json!({ "receipt": receipt, "repeated": true }),
        Outcome::WouldAccept { events } => json!({ "would_accept": { "events": events } }),
        Outcome::Refusal(refusal) => json!({ "problem": *Problem::from(refusal.clone()) }),
    }
}
