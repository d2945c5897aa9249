//! The API document as a page for people, readable without anything else.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::pages::escaped;

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
            part.push_str(&takes(operation));
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

/// What a body is: a link to the schema of a command, the members of a document, or the media type of a file.
fn takes(operation: &Value) -> String {
    let mut told = String::new();
    let none = Map::new();
    let content = operation.pointer("/requestBody/content").and_then(Value::as_object).unwrap_or(&none);
    for (media, body) in content {
        let schema = body.get("schema").unwrap_or(&Value::Null);
        let named = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.rsplit('/').next());
        if let Some(name) = named {
            let command = name.strip_suffix(".body").unwrap_or(name);
            let _ = write!(told, "<p>Takes JSON: <a href=\"/schemas/command/{command}/1\">{command}</a></p>");
            continue;
        }
        let _ = write!(told, "<p>Takes <code>{media}</code></p>");
        if let Some(members) = schema.get("properties").and_then(Value::as_object) {
            told.push_str("<table><tr><th>member</th><th>about</th></tr>");
            for (name, member) in members {
                let about = member.get("description").and_then(Value::as_str).unwrap_or_default();
                let words = member.get("enum").or_else(|| member.get("const")).map(Value::to_string);
                let words = words.unwrap_or_default();
                let _ = write!(
                    told,
                    "<tr><td><code>{name}</code></td><td>{} <small>{}</small></td></tr>",
                    escaped(about),
                    escaped(&words)
                );
            }
            told.push_str("</table>");
        }
    }
    told
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
