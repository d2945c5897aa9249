//! Pages that are the same for everybody: where to begin, what schemas and problems mean, the API document.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse as _, Response};
use domain::version::newest;
use journal::FIRST_EPOCH;
use serde_json::{Value, json};

use crate::Shared;
use crate::paging::accepted;
use crate::problem::{Kind, Problem, every, kind};

static DOCUMENT: LazyLock<Value> = LazyLock::new(crate::openapi::document);

/// Where to begin.
pub(crate) async fn discovery(State(shared): State<Arc<Shared>>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({
        "name": "Hubledger",
        "version": env!("CARGO_PKG_VERSION"),
        "deployment": shared.deployment,
        "epoch": FIRST_EPOCH,
        "needs_token": !shared.is_open,
        "urls": {
            "token": "/oauth/token",
            "openapi": "/openapi.json",
            "asyncapi": "/asyncapi.json",
            "docs": "/docs",
            "schemas": "/schemas",
            "problems": "/problems",
            "ledger": "/v1/{ledger}/head",
        },
    })))
}

/// Whether it is there.
pub(crate) async fn alive() -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "live": true })))
}

/// The API document.
pub(crate) async fn openapi() -> Result<Json<&'static Value>, Problem> {
    Ok(Json(&DOCUMENT))
}

/// The document of the event streams.
pub(crate) async fn asyncapi() -> Result<Json<Value>, Problem> {
    Ok(Json(crate::asyncapi::document()))
}

/// Every schema.
pub(crate) async fn schemas() -> Result<Json<Value>, Problem> {
    let event = |name: &'static str| {
        (1..=newest(name)).map(move |version| json!({ "name": name, "version": version, "url": format!("/schemas/event/{name}/{version}") }))
    };
    let command =
        |name: &str| json!({ "name": name, "version": 1, "url": format!("/schemas/command/{name}/1") });
    let events: Vec<Value> = wire::schema::events().into_iter().flat_map(event).collect();
    let commands: Vec<Value> = wire::schema::commands().into_iter().map(command).collect();
    Ok(Json(json!({ "events": events, "commands": commands })))
}

/// One schema.
pub(crate) async fn schema(
    Path((sort, name, version)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let found = match (sort.as_str(), version.parse()) {
        ("event", Ok(version)) => wire::schema::event(&name, version),
        ("command", Ok(1)) => wire::schema::command(&name),
        _ => None,
    };
    let none = || Problem::new("not-found", format!("there is no schema of {sort} {name} {version}"));
    let schema = found.ok_or_else(none)?;
    Ok(([("content-type", "application/schema+json")], schema.to_string()).into_response())
}

/// Every kind of problem.
pub(crate) async fn problems() -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "problems": every().iter().map(told).collect::<Vec<_>>() })))
}

/// One kind of problem, as a page or as JSON.
pub(crate) async fn problem(Path(code): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    // Also by the name that a role behind gives it.
    let kind = kind(&code).ok_or_else(|| Problem::new("not-found", format!("there is no problem {code}")))?;
    if accepted(&headers).contains("json") {
        return Ok(Json(told(kind)).into_response());
    }
    let mut page = String::new();
    let Kind { code, status, title, cause, cure, .. } = kind;
    let (title, cause, cure) = (escaped(title), escaped(cause), escaped(cure));
    let _ = write!(
        page,
        "<h1>{title}</h1><p><code>{code}</code>, status {status}</p><h2>Cause</h2><p>{cause}</p><h2>Cure</h2><p>{cure}</p>"
    );
    Ok(Html(framed(&title, &page)).into_response())
}

fn told(kind: &Kind) -> Value {
    let Kind { code, status, title, cause, cure, retry_after } = kind;
    json!({ "type": format!("/problems/{code}"), "status": status, "title": title, "cause": cause, "cure": cure, "retry_after": retry_after })
}

/// The API as a page.
pub(crate) async fn docs() -> Result<Html<String>, Problem> {
    Ok(Html(framed("Hubledger API", &crate::openapi::page(&DOCUMENT))))
}

/// Text that means only itself in HTML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A whole page, readable without anything else.
fn framed(title: &str, content: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head><body><main>{content}\
         </main></body></html>"
    )
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1b1b1b;background:#fff}\
main{max-width:60rem;margin:0 auto;padding:2rem 1rem}h2{margin-top:2.5rem;border-bottom:1px solid #ccc}\
h3{margin:1.8rem 0 .3rem;font-size:1rem}code,pre{font:14px/1.4 ui-monospace,monospace;background:#f4f4f2}\
pre{padding:.8rem;overflow:auto}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;\
padding:.3rem .6rem .3rem 0;border-bottom:1px solid #e4e4e0}.method{font-weight:700;display:inline-block;min-width:3.5rem}";
