//! Addresses of imports, and what makes, checks, commits and removes one.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::handler::Handler;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, on};
use axum::{Extension, Json};
use bytes::Bytes;
use domain::Slug;
use intake::Format;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::range::is_digest;
use super::record::{Asker, Import, Job};
use super::store::Unsaved;
use super::told::{self, told};
use super::upload;
use crate::Shared;
use crate::access::{Caller, Need};
use crate::body::{must_be, whole};
use crate::commands::idempotency_key;
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::route::{Gives, Route, Takes};

/// Bytes of what makes or commits an import.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// Characters of a file's name.
const NAME_CHARS_MAX: usize = 200;

/// All addresses of imports.
pub(crate) fn routes() -> Vec<Route> {
    let mut all = of_files();
    all.extend(of_work());
    all
}

fn of_files() -> Vec<Route> {
    let (get, post) = ((Method::GET, MethodFilter::GET), (Method::POST, MethodFilter::POST));
    let (put, delete) = ((Method::PUT, MethodFilter::PUT), (Method::DELETE, MethodFilter::DELETE));
    let one = |end: &str| format!("/{{id}}{end}");
    vec![
        route(
            (post, String::new(), "create-import"),
            "Begins an import: says what the rows of a file are",
            (Takes::Import, Gives::Import),
            create,
        ),
        route(
            (get.clone(), String::new(), "list-imports"),
            "Imports of the last thirty days, the newest first",
            (Takes::Nothing, Gives::Imports),
            list,
        ),
        route(
            (get.clone(), one(""), "get-import"),
            "An import: its phase, and rows by how they ended",
            (Takes::Nothing, Gives::Import),
            state,
        ),
        route(
            (delete, one(""), "delete-import"),
            "Removes an import with its data and reports; what it recorded stays",
            (Takes::Nothing, Gives::Nothing),
            remove,
        ),
        route(
            (put, one("/data"), "upload-import"),
            "Sends the file, whole or in parts",
            (Takes::Data, Gives::Import),
            upload::put,
        ),
        route(
            (get, one("/data"), "import-upload"),
            "Where an upload goes on, also by HEAD, in the header Upload-Offset",
            (Takes::Nothing, Gives::Import),
            uploaded,
        ),
    ]
}

fn of_work() -> Vec<Route> {
    let (get, post) = ((Method::GET, MethodFilter::GET), (Method::POST, MethodFilter::POST));
    let one = |end: &str| format!("/{{id}}{end}");
    vec![
        route(
            (post.clone(), one("/check"), "check-import"),
            "Decides every row against the ledger as it stands, each by itself, and records nothing",
            (Takes::Nothing, Gives::Import),
            check,
        ),
        route(
            (post, one("/commit"), "commit-import"),
            "Records the rows",
            (Takes::Commit, Gives::Import),
            commit,
        ),
        route(
            (get.clone(), one("/live"), "follow-import"),
            "Progress as server-sent events, until the work has ended",
            (Takes::Nothing, Gives::Stream),
            told::live,
        ),
        route(
            (get.clone(), one("/errors.csv"), "import-errors"),
            "Every row that was refused: row, column, code, message",
            (Takes::Nothing, Gives::Csv),
            told::errors,
        ),
        route(
            (get, one("/report.csv"), "import-report"),
            "Every row: how it ended, and the position of its first event",
            (Takes::Nothing, Gives::Csv),
            told::report,
        ),
    ]
}

fn route<H: Handler<T, Arc<Shared>>, T: 'static>(
    ((method, filter), end, operation): ((Method, MethodFilter), String, &str),
    summary: &str,
    (takes, gives): (Takes, Gives),
    handler: H,
) -> Route {
    let writes = method != Method::GET;
    Route {
        method,
        path: format!("/v1/{{ledger}}/imports{end}"),
        operation: operation.to_owned(),
        summary: summary.to_owned(),
        tag: "imports",
        need: Some(Need { what: "imports", writes }),
        parameters: &[],
        takes,
        gives,
        handler: on(filter, handler),
    }
}

/// The caller's import of this id. One of another ledger, or of another principal, looks like one that is not there:
/// whoever could change its file would have it recorded under the other's name.
pub(crate) async fn found(shared: &Shared, caller: &Caller, id: &str) -> Result<(Import, u64), Problem> {
    let none = || Problem::new("not-found", format!("there is no import {id} in this ledger"));
    let id: Uuid = id.parse().map_err(|_| none())?;
    let found = shared.imports.load(&caller.ledger, id).await?;
    found.filter(|(import, _)| import.maker == caller.actor).ok_or_else(none)
}

/// What makes an import.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    format: String,
    source: Option<String>,
    name: Option<String>,
    digest: Option<String>,
}

async fn create(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let id = idempotency_key(&headers)?;
    must_be(&headers, &["application/json"])?;
    let new: New = read(&whole(body, BODY_BYTES_MAX, shared.limits.body).await?)?;
    let format = known(&new)?;
    may(&caller, format)?;
    let import = Import {
        id,
        ledger: caller.ledger.clone(),
        maker: caller.actor.clone(),
        format: new.format,
        source: new.source.unwrap_or_else(|| format.source.to_owned()),
        name: new.name,
        claimed: new.digest,
        created: shared.clock.now().0,
        runs: 0,
        data: Vec::new(),
        received: 0,
        total: None,
        digest: None,
        checked: None,
        job: None,
    };
    let location = ("location", format!("/v1/{}/imports/{id}", caller.ledger));
    match shared.imports.save(&import, None).await {
        Ok(_) => Ok((StatusCode::CREATED, [location], Json(told(&import))).into_response()),
        Err(Unsaved::Failed(problem)) => Err(problem),
        Err(Unsaved::Changed) => {
            let taken = |_| Problem::new("command-id-taken", format!("{id} is an import already"));
            let (there, _) = found(&shared, &caller, &id.to_string()).await.map_err(taken)?;
            let said = |import: &Import| {
                (import.format.clone(), import.source.clone(), import.name.clone(), import.claimed.clone())
            };
            if said(&there) != said(&import) {
                let what = format!("the import {id} is of something else");
                return Err(Problem::new("command-id-taken", what).at("Idempotency-Key"));
            }
            let replayed = ("idempotent-replayed", "true".to_owned());
            Ok(([location, replayed], Json(told(&there))).into_response())
        }
    }
}

fn read<'a, T: Deserialize<'a>>(body: &'a Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        Problem::new("malformed-request", format!("the body can't be read: {}", wire::unread(&error)))
    })
}

/// The format, if everything that is said is in order.
fn known(new: &New) -> Result<&'static Format, Problem> {
    let malformed = |at: &str, what: String| Problem::new("malformed-request", what).at(at);
    let names: Vec<&str> = intake::FORMATS.iter().map(|format| format.name).collect();
    let unknown =
        || malformed("/format", format!("{:?} is no format; these are: {}", new.format, names.join(", ")));
    let format = intake::format(&new.format).ok_or_else(unknown)?;
    if let Some(Err(error)) = new.source.as_ref().map(|source| source.parse::<Slug>()) {
        return Err(malformed("/source", format!("the source is a code such as sis-2: {error}")));
    }
    let is_odd = |name: &&String| name.chars().count() > NAME_CHARS_MAX || name.contains(char::is_control);
    if new.name.as_ref().filter(is_odd).is_some() {
        return Err(malformed("/name", format!("a name is one line of at most {NAME_CHARS_MAX} characters")));
    }
    if new.digest.as_ref().is_some_and(|digest| !is_digest(digest)) {
        let what = "a digest is written sha-256=:<base64 of 32 bytes>:";
        return Err(malformed("/digest", what.to_owned()));
    }
    Ok(format)
}

/// Whether the caller may send the commands of a format.
fn may(caller: &Caller, format: &Format) -> Result<(), Problem> {
    format.commands.iter().try_for_each(|command| caller.may_command(command))
}

/// For whom work is done that the caller asks for.
fn asker(caller: &Caller, import: &Import) -> Result<Asker, Problem> {
    let gone = || Problem::new("internal", "nobody knows this format any more");
    let format = intake::format(&import.format).ok_or_else(gone)?;
    may(caller, format)?;
    let all = || wire::schema::commands().into_iter();
    let some = format.is_lines() && all().any(|command| caller.may_command(command).is_err());
    let allowed = || all().filter(|name| caller.may_command(name).is_ok()).map(str::to_owned).collect();
    let may = some.then(allowed);
    let home = Some(&caller.home).filter(|home| **home != caller.ledger).cloned();
    Ok(Asker { actor: caller.actor.clone(), credential: caller.credential.clone(), home, may })
}

async fn list(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    parameters: Parameters,
) -> Result<Json<Value>, Problem> {
    parameters.finish()?;
    let mut all = shared.imports.list(&caller.ledger).await?;
    all.retain(|import| import.maker == caller.actor);
    all.sort_by_key(|import| (std::cmp::Reverse(import.created), import.id));
    Ok(Json(json!({ "imports": all.iter().map(told).collect::<Vec<_>>() })))
}

async fn state(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path((_, id)): Path<(String, String)>,
    parameters: Parameters,
) -> Result<Json<Value>, Problem> {
    parameters.finish()?;
    let (import, _) = found(&shared, &caller, &id).await?;
    Ok(Json(told(&import)))
}

async fn uploaded(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path((_, id)): Path<(String, String)>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let (import, _) = found(&shared, &caller, &id).await?;
    Ok(([(upload::OFFSET, import.received.to_string())], Json(told(&import))).into_response())
}

async fn remove(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path((_, id)): Path<(String, String)>,
    parameters: Parameters,
) -> Result<StatusCode, Problem> {
    parameters.finish()?;
    let (import, _) = found(&shared, &caller, &id).await?;
    shared.imports.forget(&import.ledger, import.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn check(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path((_, id)): Path<(String, String)>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.finish()?;
    ask(&shared, &caller, &id, |import, asker| import.ask_check(asker)).await
}

/// What a commit may say.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Commit {
    #[serde(default)]
    partial: bool,
}

async fn commit(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path((_, id)): Path<(String, String)>,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let body = whole(body, BODY_BYTES_MAX, shared.limits.body).await?;
    let Commit { partial } = match body.is_empty() {
        true => Commit::default(),
        false => {
            must_be(&headers, &["application/json"])?;
            read(&body)?
        }
    };
    ask(&shared, &caller, &id, move |import, asker| import.ask_commit(asker, partial)).await
}

/// Asks for work on an import. The reports of work before it go.
async fn ask(
    shared: &Shared,
    caller: &Caller,
    id: &str,
    change: impl Fn(&mut Import, Asker) -> Result<(), Problem>,
) -> Result<Response, Problem> {
    loop {
        let (mut import, revision) = found(shared, caller, id).await?;
        let before = import.job.clone();
        let asker = asker(caller, &import)?;
        change(&mut import, asker)?;
        if import.is_open() {
            // Before the record: work that is asked for must be found.
            shared.imports.open(&import).await?;
        }
        if import.job != before {
            match shared.imports.save(&import, Some(revision)).await {
                Ok(_) => {
                    // Whoever looked in between has found nothing to do.
                    shared.imports.open(&import).await?;
                    forget_reports(shared, &import, before).await?;
                }
                Err(Unsaved::Changed) => continue,
                Err(Unsaved::Failed(problem)) => return Err(problem),
            }
        }
        shared.bell.ring();
        return Ok((StatusCode::ACCEPTED, Json(told(&import))).into_response());
    }
}

async fn forget_reports(shared: &Shared, import: &Import, before: Option<Job>) -> Result<(), Problem> {
    let Some(before) = before else { return Ok(()) };
    for (what, segments) in [("report", before.report), ("errors", before.errors)] {
        for segment in segments {
            shared.imports.remove((what, &import.ledger, import.id), Some(segment.run)).await?;
        }
    }
    Ok(())
}
