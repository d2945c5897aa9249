//! The API document (OpenAPI 3.1), made of the list of routes and the schemas of the domain, and as a page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::commands::AROUND;
use crate::pages::escaped;
use crate::paging::{PAGE_SIZE, PAGE_SIZE_MAX};
use crate::route::{Gives, Route, Takes, routes};
use crate::things::{Needs, Taken, resolved};

/// The document.
pub(crate) fn document() -> Value {
    let mut components = answers();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for route in routes() {
        let method = route.method.as_str().to_lowercase();
        let operation = operation(&route, &mut components);
        paths.entry(route.path).or_default().insert(method, operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Hubledger",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "The shared, verifiable record of community-school partnerships. Whatever appends needs an \
                `Idempotency-Key`, a UUID that is kept for ever: repeat with the same key whenever an answer is lost. \
                What goes wrong is told as problem details (RFC 9457).",
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": "A key, or a pass from /oauth/token" },
            },
        },
    })
}

fn operation(route: &Route, components: &mut Map<String, Value>) -> Value {
    let mut parameters: Vec<Value> = in_path(&route.path);
    parameters.extend(route.parameters.iter().map(|name| in_query(name)));
    let appends = matches!(route.takes, Takes::Command(_));
    if appends {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": true,
            "description": "Id of the command, kept for ever",
            "schema": { "type": "string", "format": "uuid" },
        }));
    }
    let mut operation = Map::new();
    let mut put = |name: &str, value: Value| operation.insert(name.to_owned(), value);
    put("operationId", json!(route.operation));
    put("summary", json!(route.summary));
    put("tags", json!([route.tag]));
    put("parameters", json!(parameters));
    put("responses", responses(route));
    if let Some(body) = body(route, components) {
        put("requestBody", json!({ "required": true, "content": body }));
    }
    if let Some(need) = route.need {
        put("security", json!([{ "token": [] }]));
        put("description", json!(format!("Needs the scope `{need}`.")));
    }
    Value::Object(operation)
}

fn in_path(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name: &str| {
        let schema = match name {
            "id" => json!({ "type": "string", "format": "uuid" }),
            "ledger" => json!({ "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$" }),
            "position" | "version" => json!({ "type": "string", "pattern": "^[1-9][0-9]*$" }),
            "sort" => json!({ "enum": ["event", "command"] }),
            _ => json!({ "type": "string", "minLength": 1 }),
        };
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    };
    names.map(parameter).collect()
}

fn in_query(name: &str) -> Value {
    let place = || json!({ "type": "string", "pattern": "^[0-9]+:[0-9]+$" });
    let text = || json!({ "type": "string" });
    let (about, schema) = match name {
        "as_of" => ("By what was known then: a position, a day or a time", text()),
        "valid_on" => ("For this day of the world", json!({ "type": "string", "format": "date" })),
        "min_position" => {
            ("Not before this epoch and position; also as the header Ledger-Min-Position", place())
        }
        "page_size" => (
            "How many at most",
            json!({ "type": "integer", "minimum": 1, "maximum": PAGE_SIZE_MAX, "default": PAGE_SIZE }),
        ),
        "page_token" => ("Where the page before ended", text()),
        "by" => ("Columns to sum by, joined by commas", text()),
        "after" => ("Events after this epoch and position", place()),
        "type" => ("Only events of this type, such as service-delivered", text()),
        "kind" => ("Only events about this kind of thing", text()),
        "subject" => ("Only events about this thing, as kind/id", text()),
        "actor" => ("Only events by this principal", text()),
        "correlation" => ("Only events of this correlation", json!({ "type": "string", "format": "uuid" })),
        "school_year" => ("Such as 2025-26", json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$" })),
        "format" => ("Instead of Accept", json!({ "enum": ["csv", "json", "html"] })),
        "dry_run" => ("Decide, but append nothing", json!({ "type": "boolean", "default": false })),
        _ => ("What the report is narrowed to", text()),
    };
    json!({ "name": name, "in": "query", "description": about, "schema": schema, "required": name == "school_year" })
}

fn body(route: &Route, components: &mut Map<String, Value>) -> Option<Value> {
    match route.takes {
        Takes::Nothing => None,
        Takes::Command(taken) => {
            let name = format!("{}.body", taken.name);
            if !components.contains_key(&name) {
                let schema = command(&taken, components)?;
                components.insert(name.clone(), schema);
            }
            Some(json!({ "application/json": { "schema": reference(&name) } }))
        }
        Takes::Commands => {
            let whole = json!({ "type": "object", "required": ["command", "version", "id", "body"], "properties": {
                "command": { "enum": wire::schema::commands() },
                "version": { "const": 1 },
                "id": { "type": "string", "format": "uuid", "description": "The Idempotency-Key" },
                "body": { "type": "object", "description": "As the command's schema says; see /schemas" },
            }, "description": "A command of any kind; beside these the members of every command's own address" });
            Some(json!({
                "application/json": { "schema": whole },
                "application/x-ndjson": { "schema": { "type": "string", "description": "A command a line" } },
            }))
        }
        Takes::Form => Some(json!({ "application/x-www-form-urlencoded": { "schema": {
            "type": "object",
            "required": ["grant_type"],
            "properties": {
                "grant_type": { "const": "client_credentials" },
                "client_id": { "type": "string" },
                "client_secret": { "type": "string" },
            },
        } } })),
    }
}

/// What an address takes for a command: its body, with what stands around it beside.
fn command(taken: &Taken, components: &mut Map<String, Value>) -> Option<Value> {
    let mut schema = wire::schema::command(taken.name)?;
    let body = resolved(&schema, schema.pointer("/properties/body")?).clone();
    let around: Vec<(String, Value)> = AROUND
        .iter()
        .filter_map(|name| {
            Some(((*name).to_owned(), schema.pointer(&format!("/properties/{name}"))?.clone()))
        })
        .collect();
    // Definitions of one command are its own: others have the same names for other things.
    let own = |name: &str| format!("{}.{name}", taken.name);
    if let Some(definitions) = schema.get_mut("$defs").map(Value::take).as_ref().and_then(Value::as_object) {
        for (name, definition) in definitions {
            let mut definition = definition.clone();
            rename(&mut definition, &own);
            components.insert(own(name), definition);
        }
    }
    let mut body = body;
    if let Some(properties) = body.get_mut("properties").and_then(Value::as_object_mut) {
        if taken.needs == Needs::Id {
            properties.remove("id");
        }
        properties.extend(around);
    }
    if taken.needs == Needs::Id
        && let Some(required) = body.get_mut("required").and_then(Value::as_array_mut)
    {
        required.retain(|name| name != "id");
    }
    rename(&mut body, &own);
    Some(body)
}

fn rename(schema: &mut Value, own: &dyn Fn(&str) -> String) {
    match schema {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match value.as_str().and_then(|to| to.strip_prefix("#/$defs/")) {
                    Some(definition) if name == "$ref" => {
                        *value = json!(format!("#/components/schemas/{}", own(definition)));
                    }
                    _ => rename(value, own),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, own)),
        _ => {}
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn responses(route: &Route) -> Value {
    let json = |name: &str| json!({ "application/json": { "schema": reference(name) } });
    let text = |media: &str| json!({ media: { "schema": { "type": "string" } } });
    let (about, content) = match route.gives {
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
        Gives::Stream => ("Events as they are recorded", text("text/event-stream")),
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
        Gives::Object => (
            "What it is",
            json!({
                "application/json": { "schema": { "type": "object" } },
                "application/schema+json": { "schema": { "type": "object" } },
            }),
        ),
        Gives::Page => (
            "A page",
            json!({
                "text/html": { "schema": { "type": "string" } },
                "application/json": { "schema": { "type": "object" } },
            }),
        ),
    };
    let mut responses = Map::new();
    responses.insert("200".into(), json!({ "description": about, "content": content }));
    if let Takes::Command(Taken { needs: Needs::Nothing, .. }) = route.takes {
        responses.insert(
            "201".into(),
            json!({ "description": "Recorded; the receipt", "content": json("receipt") }),
        );
    }
    let problem = json!({ "description": "A problem", "content": { "application/problem+json": { "schema": reference("problem") } } });
    if matches!(route.gives, Gives::Rows | Gives::Thing | Gives::Report | Gives::Object) {
        responses.insert("304".into(), json!({ "description": "As you have it already" }));
    }
    responses.insert("4XX".into(), problem.clone());
    responses.insert("5XX".into(), problem);
    Value::Object(responses)
}

/// Schemas of answers.
fn answers() -> Map<String, Value> {
    let text = || json!({ "type": "string" });
    let number = || json!({ "type": "integer", "minimum": 0 });
    let list = |items: Value| json!({ "type": "array", "items": items });
    let object = |properties: Value, required: &[&str]| json!({ "type": "object", "properties": properties, "required": required });
    let receipt = object(
        json!({
            "ledger": text(), "epoch": number(), "commit": number(), "commit_id": text(),
            "positions": list(number()), "event_ids": list(json!({ "type": "string", "format": "uuid" })), "root": text(),
        }),
        &["ledger", "epoch", "commit", "commit_id", "positions", "event_ids", "root"],
    );
    let dry_run = object(
        json!({ "would_accept": object(json!({ "events": number() }), &["events"]) }),
        &["would_accept"],
    );
    let pointed = object(
        json!({ "pointer": text(), "code": text(), "detail": text() }),
        &["pointer", "code", "detail"],
    );
    let problem = object(
        json!({
            "type": text(), "title": text(), "status": number(), "detail": text(), "hint": text(),
            "errors": list(pointed), "position": number(), "requestId": text(),
        }),
        &["type", "title", "status", "detail"],
    );
    let head = object(
        json!({ "ledger": text(), "epoch": number(), "commit": number(), "position": number(), "root": text() }),
        &["ledger", "epoch", "commit", "position", "root"],
    );
    let rows = object(
        json!({
            "view": text(), "revision": number(), "head": reference("head"), "parked": number(),
            "as_of": { "type": ["string", "integer", "null"] }, "valid_on": { "type": ["string", "null"] },
            "rows": list(json!({ "type": "object" })), "next_page_token": { "type": ["string", "null"] },
        }),
        &["view", "revision", "head", "parked", "rows"],
    );
    let events = object(
        json!({ "events": list(json!({ "type": "object" })), "next_page_token": text(), "at_head": { "type": "boolean" } }),
        &["events", "next_page_token", "at_head"],
    );
    let thing = object(
        json!({
            "id": text(), "kind": text(), "version": text(), "head": reference("head"),
            "as_of": { "type": ["string", "integer", "null"] }, "valid_on": { "type": ["string", "null"] },
            "rows": list(json!({ "type": "object" })), "timeline": list(json!({ "type": "object" })),
        }),
        &["id", "kind", "version", "head", "rows", "timeline"],
    );
    let either = json!({ "anyOf": [reference("receipt"), dry_run] });
    let all = [
        ("receipt", receipt),
        ("receipt-or-dry-run", either),
        ("problem", problem),
        ("head", head),
        ("rows", rows),
        ("events", events),
        ("thing", thing),
    ];
    all.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// The document as a page: every address with what it takes and gives, by heading.
pub(crate) fn page(document: &Value) -> String {
    let mut by_tag: BTreeMap<&str, String> = BTreeMap::new();
    let none = Map::new();
    for (path, methods) in document.get("paths").and_then(Value::as_object).unwrap_or(&none) {
        for (method, operation) in methods.as_object().unwrap_or(&none) {
            let text = |member: &str| operation.get(member).and_then(Value::as_str).unwrap_or_default();
            let tag = operation.pointer("/tags/0").and_then(Value::as_str).unwrap_or_default();
            let part = by_tag.entry(tag).or_default();
            let (method, path) = (method.to_uppercase(), escaped(path));
            let _ = write!(
                part,
                "<h3 id=\"{}\"><span class=\"method\">{method}</span> <code>{path}</code></h3>",
                text("operationId")
            );
            let _ = write!(part, "<p>{} {}</p>", escaped(text("summary")), escaped(text("description")));
            part.push_str(&parameters(operation));
            if let Some(body) = operation
                .pointer("/requestBody/content/application~1json/schema/$ref")
                .and_then(Value::as_str)
            {
                let name = body.rsplit('/').next().unwrap_or_default();
                let command = name.strip_suffix(".body").unwrap_or(name);
                let _ =
                    write!(part, "<p>Takes JSON: <a href=\"/schemas/command/{command}/1\">{command}</a></p>");
            }
        }
    }
    let about = document.pointer("/info/description").and_then(Value::as_str).unwrap_or_default();
    let mut page = format!(
        "<h1>Hubledger API</h1><p>{}</p><p>The same for programs: <a href=\"/openapi.json\">openapi.json</a>, <a href=\"/asyncapi.json\">asyncapi.json</a>, <a href=\"/problems\">problems</a>.</p>",
        escaped(about)
    );
    for (tag, part) in by_tag {
        let _ = write!(page, "<h2>{tag}</h2>{part}");
    }
    page
}

fn parameters(operation: &Value) -> String {
    let parameters = operation.get("parameters").and_then(Value::as_array).filter(|all| !all.is_empty());
    let Some(parameters) = parameters else { return String::new() };
    let mut table = String::from("<table><tr><th>parameter</th><th>in</th><th>about</th></tr>");
    for parameter in parameters {
        let text = |member: &str| escaped(parameter.get(member).and_then(Value::as_str).unwrap_or_default());
        let _ = write!(
            table,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
            text("name"),
            text("in"),
            text("description")
        );
    }
    table.push_str("</table>");
    table
}
