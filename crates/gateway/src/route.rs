//! Every address, in one list: the router and the API document are both made of it, so neither has what the other
//! has not.

use std::sync::Arc;

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodRouter, get, post, put};
use axum::{Extension, Router, middleware};

use crate::access::{Guarded, Need, guard, oauth};
use crate::things::{Collection, Needs, Taken, collections, of_ledger};
use crate::vantage::preferred;
use crate::{
    Shared, by_key, changes, commands, counts, edge, events, imports, live, pages, reading, reports,
};

/// An address under one method.
pub(crate) struct Route {
    /// The method.
    pub(crate) method: Method,
    /// With parameters in braces.
    pub(crate) path: String,
    /// Its name in generated clients; no two are alike.
    pub(crate) operation: String,
    /// One sentence.
    pub(crate) summary: String,
    /// Under which heading it stands.
    pub(crate) tag: &'static str,
    /// What the caller needs; nothing where anybody may ask.
    pub(crate) need: Option<Need>,
    /// Names of its parameters, which the API document describes.
    pub(crate) parameters: &'static [&'static str],
    /// What it takes.
    pub(crate) takes: Takes,
    /// What it gives.
    pub(crate) gives: Gives,
    pub(crate) handler: Handles,
}

impl Route {
    /// Whether it carries a ledger away, page by page or at once: what happened, what changed, reports, files of rows.
    pub(crate) const fn exports(&self) -> bool {
        matches!(self.gives, Gives::Events | Gives::Changes | Gives::Things | Gives::Report | Gives::Csv)
    }
}

/// What answers.
pub(crate) type Handles = MethodRouter<Arc<Shared>>;

/// What a body is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Takes {
    Nothing,
    /// One command, whose name and thing stand in the address.
    Command(Taken),
    /// Commands of any kind.
    Commands,
    /// A form.
    Form,
    /// What makes an import.
    Import,
    /// A file, or a part of one.
    Data,
    /// How much of an import is to be recorded.
    Commit,
    /// A JSON document of this schema.
    Document(fn() -> serde_json::Value),
}

/// What an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    /// A receipt; 201 when something was made.
    Receipt,
    /// Outcomes of one or many commands.
    Outcomes,
    /// Rows of a view, in pages.
    Rows,
    /// Events, in pages.
    Events,
    /// One event.
    Event,
    /// Server-sent events.
    Stream,
    /// A report.
    Report,
    /// A head.
    Head,
    /// A thing.
    Thing,
    /// Things that no view lists, in pages.
    Things,
    /// What changed, in pages.
    Changes,
    /// Some JSON object.
    Object,
    /// A page for people.
    Page,
    /// An import.
    Import,
    /// Imports.
    Imports,
    /// Rows as CSV.
    Csv,
    /// Nothing.
    Nothing,
}

const LOOKING: &[&str] = &["as_of", "valid_on", "min_position"];
const ROWS: &[&str] = &["as_of", "valid_on", "min_position", "page_size", "page_token", "by"];
const EVENTS: &[&str] =
    &["page_size", "page_token", "after", "type", "kind", "subject", "actor", "correlation"];
const OF_THING: &[&str] = &["as_of", "valid_on", "min_position", "page_size", "page_token"];
const REPORT: &[&str] =
    &["as_of", "valid_on", "min_position", "school_year", "site", "partner", "grant", "format"];

pub(crate) const fn reads(what: &'static str) -> Option<Need> {
    Some(Need { what, writes: false })
}

const fn writes(what: &'static str) -> Option<Need> {
    Some(Need { what, writes: true })
}

/// All of them.
pub(crate) fn routes() -> Vec<Route> {
    let mut all = of_everybody();
    all.extend(of_a_ledger());
    all.extend(counts::routes());
    all.extend(crate::webhooks::routes());
    all.extend(
        of_ledger().iter().map(|taken| command(taken, format!("/v1/{{ledger}}/{}", taken.name), "ledger")),
    );
    for collection in collections() {
        all.extend(of_things(collection));
    }
    all.extend(imports::routes());
    all
}

pub(crate) fn read<H: Handler<T, Arc<Shared>>, T: 'static>(
    (path, operation, summary): (&str, &str, &str),
    (need, parameters, gives): (Option<Need>, &'static [&'static str], Gives),
    handler: H,
) -> Route {
    Route {
        method: Method::GET,
        path: path.to_owned(),
        operation: operation.to_owned(),
        summary: summary.to_owned(),
        tag: need.map_or("start", |need| need.what),
        need,
        parameters,
        takes: Takes::Nothing,
        gives,
        handler: get(handler),
    }
}

fn of_everybody() -> Vec<Route> {
    let free = |gives| (None, &[] as &[&str], gives);
    vec![
        read(
            ("/", "discover", "Where to begin: version, addresses, how to get a token"),
            free(Gives::Object),
            pages::discovery,
        ),
        read(("/livez", "live", "Whether the gateway is there"), free(Gives::Object), pages::alive),
        read(("/openapi.json", "openapi", "This document"), free(Gives::Object), pages::openapi),
        read(
            ("/asyncapi.json", "asyncapi", "The event streams, as AsyncAPI"),
            free(Gives::Object),
            pages::asyncapi,
        ),
        read(("/docs", "docs", "The API as a page that needs nothing else"), free(Gives::Page), pages::docs),
        read(
            ("/schemas", "schemas", "Every schema of events and commands"),
            free(Gives::Object),
            pages::schemas,
        ),
        read(
            ("/schemas/{sort}/{name}/{version}", "schema", "One schema: `event` or `command`"),
            free(Gives::Object),
            pages::schema,
        ),
        read(("/problems", "problems", "Every kind of problem"), free(Gives::Object), pages::problems),
        read(
            ("/problems/{code}", "problem", "What one kind of problem means, its cause and its cure"),
            free(Gives::Page),
            pages::problem,
        ),
        Route {
            method: Method::POST,
            path: "/oauth/token".to_owned(),
            operation: "get-token".to_owned(),
            summary: "A pass of half an hour for a key, by OAuth 2.0 client credentials".to_owned(),
            tag: "start",
            need: None,
            parameters: &[],
            takes: Takes::Form,
            gives: Gives::Object,
            handler: post(oauth::token),
        },
    ]
}

fn of_a_ledger() -> Vec<Route> {
    vec![
        read(
            ("/v1/{ledger}/head", "head", "Where the ledger stands"),
            (reads("ledger"), &[], Gives::Head),
            reading::head,
        ),
        read(
            ("/v1/{ledger}/views", "views", "Every view with its columns"),
            (reads("views"), &[], Gives::Object),
            reading::views,
        ),
        read(
            ("/v1/{ledger}/views/{view}", "view", "Rows of a view, filtered by its columns, or sums by them"),
            (reads("views"), ROWS, Gives::Rows),
            reading::view,
        ),
        read(
            ("/v1/{ledger}/events", "events", "Events as they are stored, in order"),
            (reads("events"), EVENTS, Gives::Events),
            events::page,
        ),
        read(
            ("/v1/{ledger}/events/live", "follow-events", "Events as they are recorded, without ids"),
            (reads("events"), &["after"], Gives::Stream),
            live::live,
        ),
        read(
            ("/v1/{ledger}/events/{event}", "event", "One event, by its position or its id"),
            (reads("events"), &[], Gives::Event),
            events::one,
        ),
        read(
            ("/v1/{ledger}/reports", "reports", "Every report with what it takes"),
            (reads("reports"), &[], Gives::Object),
            reports::list,
        ),
        read(
            ("/v1/{ledger}/reports/{report}", "report", "A report, with small counts suppressed"),
            (reads("reports"), REPORT, Gives::Report),
            reports::one,
        ),
        read(
            ("/v1/{ledger}/commands/{command}", "receipt", "The receipt of a command, after a lost answer"),
            (reads("commands"), &[], Gives::Receipt),
            reading::receipt,
        ),
        Route {
            method: Method::POST,
            path: "/v1/{ledger}/commands".to_owned(),
            operation: "record-commands".to_owned(),
            summary: "Records commands of any kind, one or one a line".to_owned(),
            tag: "commands",
            need: writes("commands"),
            parameters: &["dry_run"],
            takes: Takes::Commands,
            gives: Gives::Outcomes,
            handler: post(commands::batch),
        },
    ]
}

fn command(taken: &Taken, path: String, tag: &'static str) -> Route {
    Route {
        method: Method::POST,
        path,
        operation: taken.name.to_owned(),
        summary: format!("The command {}", taken.name),
        tag,
        need: writes(tag),
        parameters: &["dry_run"],
        takes: Takes::Command(*taken),
        gives: Gives::Receipt,
        handler: post(commands::act).layer(Extension(*taken)),
    }
}

fn of_things(collection: &'static Collection) -> Vec<Route> {
    let Collection { name, word, .. } = *collection;
    let root = format!("/v1/{{ledger}}/{name}");
    let mut all = Vec::new();
    if let Some(taken) = collection.creates() {
        let route = command(taken, root.clone(), name);
        all.push(Route { operation: format!("create-{word}"), ..route });
        if taken.names_id && !collection.is_of_one_person() {
            all.push(Route {
                method: Method::PUT,
                operation: format!("put-{word}-by-key"),
                summary: format!(
                    "The command {} for a record of another system, unless it is there",
                    taken.name
                ),
                handler: put(by_key::put).layer(Extension(*taken)),
                ..command(taken, format!("{root}/by-key/{{system}}/{{key}}"), name)
            });
        }
    }
    for taken in &collection.commands {
        let path = match taken.needs {
            Needs::Id => format!("{root}/{{id}}/{}", taken.name),
            Needs::Nothing | Needs::Event => format!("{root}/{}", taken.name),
        };
        all.push(command(taken, path, name));
    }
    let shows =
        |end: &str, (operation, summary): (String, String), (parameters, gives), handler: Handles| Route {
            method: Method::GET,
            path: format!("{root}{end}"),
            operation,
            summary,
            tag: name,
            need: reads(name),
            parameters,
            takes: Takes::Nothing,
            gives,
            handler: handler.layer(Extension(collection)),
        };
    let told = (format!("list-{name}"), format!("All {name}, in pages"));
    all.push(match collection.view {
        Some(_) => shows("", told, (ROWS, Gives::Rows), get(reading::list)),
        None => shows("", told, (&["page_size", "page_token"], Gives::Things), get(changes::list)),
    });
    let told = (format!("{name}-changes"), format!("What changed of {name}, with tombstones"));
    all.push(shows("/changes", told, (&["since", "page_size"], Gives::Changes), get(changes::changes)));
    let told = (format!("get-{word}"), format!("One {word}, with all that was recorded of it"));
    all.push(shows("/{id}", told, (LOOKING, Gives::Thing), get(reading::thing)));
    let told = (format!("{word}-timeline"), "What was recorded of it, as sentences".to_owned());
    all.push(shows("/{id}/timeline", told, (LOOKING, Gives::Object), get(reading::timeline)));
    let told = (format!("{word}-events"), "Its events as they are stored".to_owned());
    all.push(shows("/{id}/events", told, (OF_THING, Gives::Events), get(events::of_thing)));
    all
}

/// The router of all routes.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let mut router = Router::new();
    for route in routes() {
        let exports = route.exports();
        let Route { path, need, handler, parameters, .. } = route;
        let handler = match parameters.contains(&"min_position") {
            true => handler.layer(middleware::from_fn(preferred)),
            false => handler,
        };
        let handler = match need {
            Some(need) => {
                let guarded = Guarded { shared: shared.clone(), need, exports };
                handler.layer(middleware::from_fn_with_state(guarded, guard))
            }
            None => handler,
        };
        router = router.route(&path, handler);
    }
    let panics = tower_http::catch_panic::CatchPanicLayer::custom(edge::panicked);
    router
        .fallback(edge::nowhere)
        .method_not_allowed_fallback(edge::other_method)
        .layer(panics)
        .layer(middleware::from_fn_with_state(shared.clone(), edge::edge))
        .with_state(shared.clone())
}
