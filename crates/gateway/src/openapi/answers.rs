//! What answers look like in the API document.

use serde_json::{Map, Value, json};

use crate::route::{Gives, Method, Route, Takes};
use crate::things::{Needs, Taken};

/// A reference to a schema of the document.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The answers of an address.
pub(super) fn responses(route: &Route) -> Value {
    let json = |name: &str| json!({ "application/json": { "schema": reference(name) } });
    let (about, content) = content(route.gives);
    let mut responses = Map::new();
    let mut good = |status: &str, answer: Value| responses.insert(status.to_owned(), answer);
    match route.gives {
        Gives::Nothing => drop(good("204", json!({ "description": about }))),
        _ => drop(good("200", json!({ "description": about, "content": content }))),
    }
    if route.gives == Gives::Import {
        good("201", json!({ "description": "The import, new", "content": content }));
        let later = "The import, which is worked on from now on";
        good("202", json!({ "description": later, "content": content }));
    }
    if let Takes::Command(Taken { needs: Needs::Nothing, .. }) = route.takes {
        responses.insert(
            "201".into(),
            json!({ "description": "Recorded; the receipt", "content": json("receipt") }),
        );
    }
    let problem = json!({ "description": "A problem", "content": { "application/problem+json": { "schema": reference("problem") } } });
    if matches!(
        route.gives,
        Gives::Rows | Gives::Thing | Gives::Things | Gives::Changes | Gives::Report | Gives::Object
    ) {
        responses.insert("304".into(), json!({ "description": "As you have it already" }));
    }
    if route.tag() == "webhooks" && route.method != Method::Get {
        responses.insert("2XX".into(), json!({ "description": about, "content": content }));
    }
    if route.exports() {
        let told = json!({ "description": "Seconds until there may be one more", "schema": number() });
        let mut refused = problem.clone();
        if let Some(members) = refused.as_object_mut() {
            members.insert("description".into(), json!("More exports, or requests, than the token may have"));
            members.insert("headers".into(), json!({ "Retry-After": told }));
        }
        responses.insert("429".into(), refused);
    }
    // OAuth has its own way to say what is wrong.
    let refused = json!({ "description": "As RFC 6749 says", "content": { "application/json": { "schema": any() },
        "application/problem+json": { "schema": reference("problem") } } });
    let is_oauth = matches!(route.takes, Takes::Form);
    responses.insert("4XX".into(), if is_oauth { refused } else { problem.clone() });
    responses.insert("5XX".into(), problem);
    Value::Object(responses)
}

/// What a good answer of this sort is.
fn content(gives: Gives) -> (&'static str, Value) {
    let json = |name: &str| json!({ "application/json": { "schema": reference(name) } });
    let text = |media: &str| json!({ media: { "schema": { "type": "string" } } });
    match gives {
        Gives::Receipt => ("The receipt, or what a dry run would do", json("receipt-or-dry-run")),
        Gives::Outcomes => (
            "How each ended",
            json!({
                "application/json": { "schema": reference("receipt-or-dry-run") },
                "application/x-ndjson": { "schema": { "type": "string" } },
            }),
        ),
        Gives::Rows => ("A page of rows", json("rows")),
        Gives::Events => (
            "A page of events",
            json!({
                "application/json": { "schema": reference("events") },
                "application/x-ndjson": { "schema": { "type": "string" } },
                "application/cloudevents-batch+json": { "schema": { "type": "array", "items": { "type": "object" } } },
            }),
        ),
        Gives::Event => {
            ("The event", json!({ "application/cloudevents+json": { "schema": { "type": "object" } } }))
        }
        // A schema would be taken for one of each event.
        Gives::Stream => ("Events as they are recorded", json!({ "text/event-stream": {} })),
        Gives::Report => (
            "The report",
            json!({
                "application/json": { "schema": { "type": "object" } },
                "text/csv": { "schema": { "type": "string" } },
                "text/html": { "schema": { "type": "string" } },
            }),
        ),
        Gives::Head => ("The head", json("head")),
        Gives::Thing => ("The thing", json("thing")),
        Gives::Things => ("A page of things", json("things")),
        Gives::Changes => ("What changed", json("changes")),
        Gives::Object => (
            "What it is",
            json!({
                "application/json": { "schema": { "type": "object" } },
                "application/schema+json": { "schema": { "type": "object" } },
            }),
        ),
        Gives::Import => ("The import", json("import")),
        Gives::Imports => ("Imports", json("imports")),
        Gives::Csv => ("Rows", text("text/csv")),
        Gives::Nothing => ("Done", json!({})),
        Gives::Page => (
            "A page",
            json!({
                "text/html": { "schema": { "type": "string" } },
                "application/json": { "schema": { "type": "object" } },
            }),
        ),
    }
}

/// Schemas of answers.
pub(super) fn schemas() -> Map<String, Value> {
    let receipt = object(
        json!({
            "ledger": text(), "epoch": number(), "commit": number(), "commit_id": text(), "positions": list(number()),
            "event_ids": list(json!({ "type": "string", "format": "uuid" })), "root": text(),
        }),
        &["ledger", "epoch", "commit", "commit_id", "positions", "event_ids", "root"],
    );
    let would_accept = object(json!({ "events": number() }), &["events"]);
    let dry_run = object(json!({ "would_accept": reference("would-accept") }), &["would_accept"]);
    let head = object(
        json!({ "ledger": text(), "epoch": number(), "commit": number(), "position": number(), "root": text() }),
        &["ledger", "epoch", "commit", "position", "root"],
    );
    let events = object(
        json!({ "events": list(any()), "next_page_token": text(), "at_head": { "type": "boolean" } }),
        &["events", "next_page_token", "at_head"],
    );
    let all = [
        ("receipt", receipt),
        ("dry-run", dry_run),
        ("would-accept", would_accept),
        ("receipt-or-dry-run", json!({ "anyOf": [reference("receipt"), reference("dry-run")] })),
        ("problem", problem()),
        ("head", head),
        ("rows", rows()),
        ("events", events),
        ("thing", thing()),
        ("things", things()),
        ("changes", changes()),
        ("import", crate::imports::schema()),
        ("imports", object(json!({ "imports": list(reference("import")) }), &["imports"])),
    ];
    all.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

fn problem() -> Value {
    let pointed = object(
        json!({ "pointer": text(), "code": text(), "detail": text() }),
        &["pointer", "code", "detail"],
    );
    object(
        json!({
            "type": text(), "title": text(), "status": number(), "detail": text(), "hint": text(),
            "errors": list(pointed), "position": number(), "requestId": text(), "etag": text(),
        }),
        &["type", "title", "status", "detail"],
    )
}

fn rows() -> Value {
    object(
        json!({
            "view": text(), "revision": number(), "head": reference("head"), "parked": number(),
            "as_of": { "type": ["string", "integer", "null"] }, "valid_on": { "type": ["string", "null"] },
            "rows": list(any()), "next_page_token": { "type": ["string", "null"] },
        }),
        &["view", "revision", "head", "parked", "rows"],
    )
}

fn thing() -> Value {
    object(
        json!({
            "id": text(), "kind": text(), "version": text(), "head": reference("head"),
            "as_of": { "type": ["string", "integer", "null"] }, "valid_on": { "type": ["string", "null"] },
            "rows": list(any()), "timeline": list(any()),
        }),
        &["id", "kind", "version", "head", "rows", "timeline"],
    )
}

fn things() -> Value {
    let one = object(
        json!({ "id": text(), "position": number(), "rows": list(any()) }),
        &["id", "position", "rows"],
    );
    object(
        json!({ "kind": text(), "rows": list(one), "next_page_token": { "type": ["string", "null"] } }),
        &["kind", "rows", "next_page_token"],
    )
}

fn changes() -> Value {
    let one = object(
        json!({ "id": text(), "position": number(), "deleted": { "type": "boolean" }, "rows": list(any()) }),
        &["id", "position", "deleted", "rows"],
    );
    object(
        json!({ "kind": text(), "changes": list(one), "next": text(), "at_head": { "type": "boolean" } }),
        &["kind", "changes", "next", "at_head"],
    )
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn number() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn any() -> Value {
    json!({ "type": "object" })
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required })
}
