//! Every address: those of imports, webhooks and counts stand with what answers them.

use super::Method::{Get, Post, Put};
use super::{Gives, Route, Takes};
use crate::access::oauth;
use crate::things::{Collection, Needs, Taken, collections, of_ledger};
use crate::{by_key, changes, commands, counts, events, imports, live, pages, reading, reports, webhooks};

const LOOKING: &[&str] = &["as_of", "valid_on", "min_position"];
const ROWS: &[&str] = &["as_of", "valid_on", "min_position", "page_size", "page_token", "by"];
const EVENTS: &[&str] =
    &["page_size", "page_token", "after", "type", "kind", "subject", "actor", "correlation"];
const OF_THING: &[&str] = &["as_of", "valid_on", "min_position", "page_size", "page_token"];
const REPORT: &[&str] =
    &["as_of", "valid_on", "min_position", "school_year", "site", "partner", "grant", "format"];

/// All of them.
pub(crate) fn routes() -> Vec<Route> {
    let mut all = of_everybody();
    all.extend(of_a_ledger());
    all.extend(counts::routes());
    all.extend(webhooks::routes());
    all.extend(
        of_ledger().iter().map(|taken| command(taken, &format!("/v1/{{ledger}}/{}", taken.name), "ledger")),
    );
    for collection in collections() {
        all.extend(of_things(collection));
    }
    all.extend(imports::routes());
    all
}

fn of_everybody() -> Vec<Route> {
    let about = "Where to begin: version, addresses, how to get a token";
    let token = "A pass of half an hour for a key, by OAuth 2.0 client credentials";
    let page = "What one kind of problem means, its cause and its cure";
    let docs = "The API as a page that needs nothing else";
    vec![
        Route::new((Get, "/", None), ("discover", about), pages::discovery),
        Route::new((Get, "/livez", None), ("live", "Whether the gateway is there"), pages::alive),
        Route::new((Get, "/openapi.json", None), ("openapi", "This document"), pages::openapi),
        Route::new(
            (Get, "/asyncapi.json", None),
            ("asyncapi", "The event streams, as AsyncAPI"),
            pages::asyncapi,
        ),
        Route::new((Get, "/docs", None), ("docs", docs), pages::docs).gives(Gives::Page),
        Route::new(
            (Get, "/schemas", None),
            ("schemas", "Every schema of events and commands"),
            pages::schemas,
        ),
        Route::new(
            (Get, "/schemas/{sort}/{name}/{version}", None),
            ("schema", "One schema: `event` or `command`"),
            pages::schema,
        ),
        Route::new((Get, "/problems", None), ("problems", "Every kind of problem"), pages::problems),
        Route::new((Get, "/problems/{code}", None), ("problem", page), pages::problem).gives(Gives::Page),
        Route::new((Post, "/oauth/token", None), ("get-token", token), oauth::token).takes(Takes::Form),
    ]
}

fn of_a_ledger() -> Vec<Route> {
    let mut all = of_the_log();
    all.extend([
        Route::new(
            (Get, "/v1/{ledger}/views", Some("views")),
            ("views", "Every view with its columns"),
            reading::views,
        ),
        Route::new(
            (Get, "/v1/{ledger}/views/{view}", Some("views")),
            ("view", "Rows of a view, filtered by its columns, or sums by them"),
            reading::view,
        )
        .with(ROWS)
        .gives(Gives::Rows),
        Route::new(
            (Get, "/v1/{ledger}/reports", Some("reports")),
            ("reports", "Every report with what it takes"),
            reports::list,
        ),
        Route::new(
            (Get, "/v1/{ledger}/reports/{report}", Some("reports")),
            ("report", "A report, with small counts suppressed"),
            reports::one,
        )
        .with(REPORT)
        .gives(Gives::Report),
        Route::new(
            (Get, "/v1/{ledger}/commands/{command}", Some("commands")),
            ("receipt", "The receipt of a command, after a lost answer"),
            reading::receipt,
        )
        .gives(Gives::Receipt),
        Route::new(
            (Post, "/v1/{ledger}/commands", Some("commands")),
            ("record-commands", "Records commands of any kind, one or one a line"),
            commands::batch,
        )
        .with(&["dry_run"])
        .takes(Takes::Commands)
        .gives(Gives::Outcomes),
    ]);
    all
}

fn of_the_log() -> Vec<Route> {
    vec![
        Route::new(
            (Get, "/v1/{ledger}/head", Some("ledger")),
            ("head", "Where the ledger stands"),
            reading::head,
        )
        .gives(Gives::Head),
        Route::new(
            (Get, "/v1/{ledger}/events", Some("events")),
            ("events", "Events as they are stored, in order"),
            events::page,
        )
        .with(EVENTS)
        .gives(Gives::Events),
        Route::new(
            (Get, "/v1/{ledger}/events/live", Some("events")),
            ("follow-events", "Events as they are recorded, without ids"),
            live::live,
        )
        .with(&["after"])
        .gives(Gives::Stream),
        Route::new(
            (Get, "/v1/{ledger}/events/{event}", Some("events")),
            ("event", "One event, by its position or its id"),
            events::one,
        )
        .gives(Gives::Event),
    ]
}

fn command(taken: &Taken, path: &str, what: &'static str) -> Route {
    let told = (taken.name, &*format!("The command {}", taken.name));
    recorded(Route::new((Post, path, Some(what)), told, commands::act), taken)
}

/// What every address of one command has.
fn recorded(route: Route, taken: &Taken) -> Route {
    route.with(&["dry_run"]).takes(Takes::Command(*taken)).gives(Gives::Receipt).about(*taken)
}

fn of_things(collection: &'static Collection) -> Vec<Route> {
    let Collection { name, word, .. } = *collection;
    let root = format!("/v1/{{ledger}}/{name}");
    let mut all = Vec::new();
    if let Some(taken) = collection.creates() {
        all.push(Route { operation: format!("create-{word}"), ..command(taken, &root, name) });
        if taken.names_id && !collection.is_of_one_person() {
            let path = format!("{root}/by-key/{{system}}/{{key}}");
            let summary =
                format!("The command {} for a record of another system, unless it is there", taken.name);
            let told = (&*format!("put-{word}-by-key"), &*summary);
            all.push(recorded(Route::new((Put, &path, Some(name)), told, by_key::put), taken));
            let summary = format!("The {word} that came from a record of another system");
            let told = (&*format!("get-{word}-by-key"), &*summary);
            let found = Route::new((Get, &path, Some(name)), told, by_key::get).about(collection);
            all.push(found.with(LOOKING).gives(Gives::Thing));
        }
    }
    for taken in &collection.commands {
        let end = match taken.needs {
            Needs::Id => "/{id}",
            Needs::Nothing | Needs::Event => "",
        };
        all.push(command(taken, &format!("{root}{end}/{}", taken.name), name));
    }
    all.extend(shown(collection, &root));
    all
}

/// Where things of a kind are looked at.
fn shown(collection: &'static Collection, root: &str) -> Vec<Route> {
    let Collection { name, word, .. } = *collection;
    let at = |end: &str| format!("{root}{end}");
    let (list, all) = (format!("list-{name}"), format!("All {name}, in pages"));
    let list = match collection.view {
        Some(_) => {
            Route::new((Get, root, Some(name)), (&list, &all), reading::list).with(ROWS).gives(Gives::Rows)
        }
        None => Route::new((Get, root, Some(name)), (&list, &all), changes::list)
            .with(&["page_size", "page_token"])
            .gives(Gives::Things),
    };
    let changed = (&*format!("{name}-changes"), &*format!("What changed of {name}, with tombstones"));
    let one = (&*format!("get-{word}"), &*format!("One {word}, with all that was recorded of it"));
    let timeline = (&*format!("{word}-timeline"), "What was recorded of it, as sentences");
    let events = (&*format!("{word}-events"), "Its events as they are stored");
    let all = [
        list,
        Route::new((Get, &at("/changes"), Some(name)), changed, changes::changes)
            .with(&["since", "page_size"])
            .gives(Gives::Changes),
        Route::new((Get, &at("/{id}"), Some(name)), one, reading::thing).with(LOOKING).gives(Gives::Thing),
        Route::new((Get, &at("/{id}/timeline"), Some(name)), timeline, reading::timeline).with(LOOKING),
        Route::new((Get, &at("/{id}/events"), Some(name)), events, events::of_thing)
            .with(OF_THING)
            .gives(Gives::Events),
    ];
    all.map(|route| route.about(collection)).into()
}
