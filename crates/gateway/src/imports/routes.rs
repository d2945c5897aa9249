//! Addresses of imports, and what makes, checks, commits and removes one.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use domain::Slug;
use intake::Format;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::document;
use super::range::is_digest;
use super::record::{Asker, Import, Job};
use super::store::Unsaved;
use super::told::{self, told};
use super::upload;
use crate::Shared;
use crate::access::Caller;
use crate::asked::Named;
use crate::body::{Sent, given};
use crate::commands::idempotency_key;
use crate::problem::Problem;
use crate::route::Method::{Delete, Get, Post, Put};
use crate::route::{Gives, Route, Takes};

/// Characters of a file's name.
const NAME_CHARS_MAX: usize = 200;

/// All addresses of imports.
pub(crate) fn routes() -> Vec<Route> {
    let mut all = of_files();
    all.extend(of_work());
    all
}

const ROOT: &str = "/v1/{ledger}/imports";
const ONE: &str = "/v1/{ledger}/imports/{id}";
const DATA: &str = "/v1/{ledger}/imports/{id}/data";
const WHAT: Option<&str> = Some("imports");

fn of_files() -> Vec<Route> {
    vec![
        Route::new(
            (Post, ROOT, WHAT),
            ("create-import", "Begins an import: says what the rows of a file are"),
            create,
        )
        .takes(Takes::Import)
        .gives(Gives::Import),
        Route::new(
            (Get, ROOT, WHAT),
            ("list-imports", "Imports of the last thirty days, the newest first"),
            list,
        )
        .gives(Gives::Imports),
        Route::new(
            (Get, ONE, WHAT),
            ("get-import", "An import: its phase, and rows by how they ended"),
            state,
        )
        .gives(Gives::Import),
        Route::new(
            (Delete, ONE, WHAT),
            ("delete-import", "Removes an import with its data and reports; what it recorded stays"),
            remove,
        )
        .gives(Gives::Nothing),
        Route::new((Put, DATA, WHAT), ("upload-import", "Sends the file, whole or in parts"), upload::put)
            .takes(Takes::Data)
            .gives(Gives::Import),
        Route::new(
            (Get, DATA, WHAT),
            ("import-upload", "Where an upload goes on, also by HEAD, in the header Upload-Offset"),
            uploaded,
        )
        .gives(Gives::Import),
    ]
}

fn of_work() -> Vec<Route> {
    let of_one = |end: &str| format!("{ONE}/{end}");
    let about = "Decides every row against the ledger as it stands, each by itself, and records nothing";
    vec![
        Route::new((Post, &of_one("check"), WHAT), ("check-import", about), check).gives(Gives::Import),
        Route::new((Post, &of_one("commit"), WHAT), ("commit-import", "Records the rows"), commit)
            .takes(Takes::Document(document::commit))
            .gives(Gives::Import),
        Route::new(
            (Get, &of_one("live"), WHAT),
            ("follow-import", "Progress as server-sent events, until the work has ended"),
            told::live,
        )
        .gives(Gives::Stream),
        Route::new(
            (Get, &of_one("errors.csv"), WHAT),
            ("import-errors", "Every fault of every row that was refused: row, key, column, code, message"),
            told::errors,
        )
        .gives(Gives::Csv),
        Route::new(
            (Get, &of_one("report.csv"), WHAT),
            ("import-report", "Every row with its key: how it ended, and the position of its first event"),
            told::report,
        )
        .gives(Gives::Csv),
    ]
}

/// The caller's import that an address names, as it was when its handler began.
pub(crate) struct OfImport {
    caller: Caller,
    pub(crate) import: Import,
    pub(crate) revision: u64,
}

impl FromRequestParts<Arc<Shared>> for OfImport {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let Named { id, .. } = Named::from_request_parts(parts, shared).await?;
        let caller = Caller::of(parts)?.clone();
        let (import, revision) = found(shared, &caller, id).await?;
        Ok(Self { caller, import, revision })
    }
}

/// The caller's import of this id. One of another ledger, or of another principal, looks like one that is not there:
/// whoever could change its file would have it recorded under the other's name.
async fn found(shared: &Shared, caller: &Caller, id: Uuid) -> Result<(Import, u64), Problem> {
    let found = shared.imports.load(&caller.ledger, id).await?;
    let none = || Problem::new("not-found", format!("there is no import {id} in this ledger"));
    found.filter(|(import, _)| import.maker == caller.actor).ok_or_else(none)
}

/// What makes an import.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    format: String,
    #[serde(default, deserialize_with = "given")]
    source: Option<String>,
    #[serde(default, deserialize_with = "given")]
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    digest: Option<String>,
}

async fn create(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Sent(new): Sent<New>,
) -> Result<Response, Problem> {
    let id = idempotency_key(&headers)?;
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
            let (there, _) = found(&shared, &caller, id).await.map_err(taken)?;
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
) -> Result<Json<Value>, Problem> {
    let mut all = shared.imports.list(&caller.ledger).await?;
    all.retain(|import| import.maker == caller.actor);
    all.sort_by_key(|import| (std::cmp::Reverse(import.created), import.id));
    Ok(Json(json!({ "imports": all.iter().map(told).collect::<Vec<_>>() })))
}

async fn state(OfImport { import, .. }: OfImport) -> Json<Value> {
    Json(told(&import))
}

async fn uploaded(OfImport { import, .. }: OfImport) -> Response {
    ([(upload::OFFSET, import.received.to_string())], Json(told(&import))).into_response()
}

async fn remove(
    State(shared): State<Arc<Shared>>,
    OfImport { import, .. }: OfImport,
) -> Result<StatusCode, Problem> {
    shared.imports.forget(&import.ledger, import.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn check(State(shared): State<Arc<Shared>>, asked: OfImport) -> Result<Response, Problem> {
    ask(&shared, asked, |import, asker| import.ask_check(asker)).await
}

/// What a commit may say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Commit {
    #[serde(default)]
    partial: bool,
}

async fn commit(
    State(shared): State<Arc<Shared>>,
    asked: OfImport,
    Sent(Commit { partial }): Sent<Commit>,
) -> Result<Response, Problem> {
    ask(&shared, asked, |import, asker| import.ask_commit(asker, partial)).await
}

/// Asks for work on an import. The reports of work before it go.
async fn ask(
    shared: &Shared,
    OfImport { caller, mut import, mut revision }: OfImport,
    change: impl Fn(&mut Import, Asker) -> Result<(), Problem>,
) -> Result<Response, Problem> {
    loop {
        let before = import.job.clone();
        let asker = asker(&caller, &import)?;
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
                Err(Unsaved::Changed) => {
                    (import, revision) = found(shared, &caller, import.id).await?;
                    continue;
                }
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
