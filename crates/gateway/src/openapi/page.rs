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
