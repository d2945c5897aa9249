//! The API document (OpenAPI 3.1), made of the list of routes and the schemas of the domain, and as a page.

mod answers;
mod page;
mod plain;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::commands::AROUND;
use crate::paging::{PAGE_SIZE, PAGE_SIZE_MAX};
use crate::route::{Method, Route, Takes, routes};
use crate::things::{Needs, Taken, resolved};

pub(crate) use page::page;

use answers::{reference, responses, schemas};

/// A UUID as it is written.
pub(crate) const UUID: &str = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$";

/// The document of every address: OpenAPI 3.1.
pub fn document() -> Value {
    let mut components = schemas();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for route in routes() {
        let operation = operation(&route, &mut components);
        paths.entry(route.path).or_default().insert(route.method.both().1.to_owned(), operation);
    }
    components.values_mut().for_each(plain::words);
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
        "webhooks": crate::webhooks::payload(),
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
            "name": "Idempotency-Key", "in": "header", "required": route.method != Method::Put,
            "description": "Id of the command, kept for ever: a UUID",
            // Not by its format: generated clients would put something into the header that is no text.
            "schema": { "type": "string", "pattern": UUID },
        }));
    }
    if route.parameters.contains(&"min_position") {
        parameters.push(json!({
            "name": "Prefer", "in": "header", "required": false,
            "description": "`wait=N`: wait up to N seconds, at most 30, for `min_position`; the answer says \
                `Preference-Applied`",
            "schema": { "type": "string" },
        }));
    }
    if let Takes::Command(taken) = route.takes {
        parameters.extend(crate::conditions::parameters(&taken));
    }
    parameters.extend(crate::imports::headers(route.takes));
    let mut operation = Map::new();
    let mut put = |name: &str, value: Value| operation.insert(name.to_owned(), value);
    put("operationId", json!(route.operation));
    put("summary", json!(route.summary));
    put("tags", json!([route.tag()]));
    put("parameters", json!(parameters));
    put("responses", responses(route));
    if let Some(body) = body(route, components) {
        let is_optional = matches!(route.takes, Takes::Document(_));
        let needed = body.pointer("/application~1json/schema/required").and_then(Value::as_array);
        let required = !is_optional || needed.is_some_and(|needed| !needed.is_empty());
        put("requestBody", json!({ "required": required, "content": body }));
    }
    if let Some(need) = route.need() {
        put("security", json!([{ "token": [] }]));
        let more =
            if route.exports() { " Counts as an export, of which a token has so many a minute." } else { "" };
        put("description", json!(format!("Needs the scope `{need}`.{more}")));
    }
    Value::Object(operation)
}

fn in_path(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name: &str| {
        let schema = match name {
            "delivery" => json!({ "type": "string", "pattern": "^(test-[0-9]+|[0-9]+:[0-9]+)$" }),
            "id" | "command" => json!({ "type": "string", "format": "uuid" }),
            "ledger" => json!({ "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$" }),
            "version" => json!({ "type": "string", "pattern": "^[1-9][0-9]*$" }),
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
        "since" => ("What changed after this epoch and position, as `next` said; all without it", place()),
        "after" => ("Events after this epoch and position", place()),
        "type" => ("Only events of this type, such as service-delivered", text()),
        "kind" => ("Only events about this kind of thing", text()),
        "subject" => ("Only events about this thing, as kind/id", text()),
        "actor" => ("Only events by this principal", text()),
        "correlation" => ("Only events of this correlation", json!({ "type": "string", "format": "uuid" })),
        "school_year" => ("Such as 2025-26", json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$" })),
        "format" => ("Instead of Accept", json!({ "enum": ["csv", "json", "html"] })),
        "state" => ("Only deliveries in this state", json!({ "enum": ["pending", "failed", "delivered"] })),
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
        Takes::Document(schema) => Some(json!({ "application/json": { "schema": schema() } })),
        Takes::Form => Some(json!({ "application/x-www-form-urlencoded": { "schema": {
            "type": "object",
            "required": ["grant_type"],
            "properties": {
                "grant_type": { "const": "client_credentials" },
                "client_id": { "type": "string" },
                "client_secret": { "type": "string" },
            },
        } } })),
        Takes::Import | Takes::Data => crate::imports::takes(route.takes),
    }
}

/// What an address takes for a command: its body, with what stands around it beside.
fn command(taken: &Taken, components: &mut Map<String, Value>) -> Option<Value> {
    let schema = wire::schema::command(taken.name)?;
    let mut body = resolved(&schema, schema.pointer("/properties/body")?).clone();
    let around = AROUND.iter().filter_map(|name| {
        let said = schema.pointer(&format!("/properties/{name}"))?;
        Some(((*name).to_owned(), said.clone()))
    });
    let properties = body.get_mut("properties").and_then(Value::as_object_mut)?;
    properties.extend(around);
    if taken.needs == Needs::Id {
        properties.remove("id");
        let required = body.get_mut("required").and_then(Value::as_array_mut);
        required.into_iter().for_each(|required| required.retain(|name| name != "id"));
    }
    // Two kinds have the same names for different things.
    let own = |name: &str| format!("{}.{name}", taken.kind.as_str());
    define(&schema, &mut body, &own, components);
    Some(body)
}

/// Defines everything that a schema refers to, once.
fn define(
    whole: &Value,
    part: &mut Value,
    own: &dyn Fn(&str) -> String,
    components: &mut Map<String, Value>,
) {
    let mut wanted = Vec::new();
    rename(part, own, &mut wanted);
    while let Some(name) = wanted.pop() {
        let Some(definition) = whole.pointer(&format!("/$defs/{name}")) else { continue };
        if !components.contains_key(&own(&name)) {
            let mut definition = definition.clone();
            rename(&mut definition, own, &mut wanted);
            components.insert(own(&name), definition);
        }
    }
}

/// Has references lead to where definitions are in this document, and tells which ones are wanted.
fn rename(schema: &mut Value, own: &dyn Fn(&str) -> String, wanted: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match value.as_str().and_then(|to| to.strip_prefix("#/$defs/")).map(str::to_owned) {
                    Some(definition) if name == "$ref" => {
                        *value = json!(format!("#/components/schemas/{}", own(&definition)));
                        wanted.push(definition);
                    }
                    _ => rename(value, own, wanted),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, own, wanted)),
        _ => {}
    }
}
