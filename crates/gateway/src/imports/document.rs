//! Imports in the API document.

use serde_json::{Value, json};

use crate::openapi::UUID;
use crate::route::Takes;

/// What an address of imports takes as its body.
pub(crate) fn takes(takes: Takes) -> Option<Value> {
    match takes {
        Takes::Import => {
            let formats: Vec<&str> = intake::FORMATS.iter().map(|format| format.name).collect();
            Some(json!({ "application/json": { "schema": {
                "type": "object", "required": ["format"], "additionalProperties": false,
                "properties": {
                    "format": { "enum": formats, "description": about() },
                    "source": { "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 63,
                        "description": sources() },
                    "name": { "type": "string", "maxLength": 200, "description": "The file's, for people" },
                    "digest": { "type": "string", "pattern": "^sha-256=:[A-Za-z0-9+/]{43}=:$",
                        "description": "Of the whole file; as in Content-Digest" },
                },
            } } }))
        }
        Takes::Data => Some(json!({
            "text/csv": { "schema": { "type": "string" } },
            "application/x-ndjson": { "schema": { "type": "string" } },
            "application/octet-stream": { "schema": { "type": "string", "format": "binary" } },
        })),
        _ => None,
    }
}

/// What a commit may say.
pub(super) fn commit() -> Value {
    let partial = json!({ "type": "boolean", "default": false,
        "description": "Record whatever is not refused, also without a check" });
    json!({ "type": "object", "additionalProperties": false, "properties": { "partial": partial } })
}

/// Each format with its columns.
fn about() -> String {
    let one = |format: &intake::Format| {
        let columns = match format.is_lines() {
            true => "a JSON object a line".to_owned(),
            false => format!("{}; {}", format.needed.join(" "), format.columns.join(" ")),
        };
        format!("`{}`: {} ({columns}).", format.name, format.about)
    };
    intake::FORMATS.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// What a source is for, and which is meant where none is given.
fn sources() -> String {
    let one = |format: &intake::Format| format!("{} for {}", format.source, format.name);
    let all: Vec<String> = intake::FORMATS.iter().map(one).collect();
    format!(
        "Name of the system that the rows come from. A row is known by it and its key together, so rows of two systems \
         don't meet, and a file is sent again under the same; ids of partners and services follow from it, too. Where it \
         is left out: {}",
        all.join(", ")
    )
}

/// Headers that an address of imports takes.
pub(crate) fn headers(takes: Takes) -> Vec<Value> {
    let header = |name: &str, required: bool, about: &str, schema: Value| json!({ "name": name, "in": "header", "required": required, "description": about, "schema": schema });
    let text = || json!({ "type": "string" });
    match takes {
        Takes::Import => {
            let uuid = json!({ "type": "string", "pattern": UUID });
            vec![header("Idempotency-Key", true, "Id of the import", uuid)]
        }
        Takes::Data => vec![
            header("Content-Range", false, "Which bytes come: bytes <first>-<last>/<total>", text()),
            header("Content-Digest", false, "Of what comes: sha-256=:<base64>:", text()),
        ],
        _ => Vec::new(),
    }
}

/// The schema of an import.
pub(crate) fn schema() -> Value {
    let text = || json!({ "type": ["string", "null"] });
    let number = || json!({ "type": ["integer", "null"] });
    let counts = json!({
        "type": ["object", "null"],
        "properties": {
            "rows": { "type": "integer" }, "accepted": { "type": "integer" }, "repeated": { "type": "integer" },
            "refused": { "type": "integer" }, "passed_over": { "type": "integer" },
        },
        "required": ["rows", "accepted", "repeated", "refused", "passed_over"],
    });
    json!({
        "type": "object",
        "properties": {
            "id": { "type": "string", "format": "uuid" }, "format": { "type": "string" },
            "source": { "type": "string", "description": "As it was given, or the format's own" },
            "name": text(), "created": text(),
            "phase": { "enum":
                ["uploading", "uploaded", "checking", "checked", "committing", "committed", "unusable"] },
            "received": { "type": "integer" }, "total": number(),
            "digest": { "type": "string",
                "description": "Of the whole file, once it was read from end to end: when it came at once, else by a check" },
            "checked": counts, "counts": counts, "bytes": number(), "waits_for": text(),
            "problem": { "type": ["object", "null"] }, "links": { "type": "object" },
        },
        "required": ["id", "format", "source", "phase", "received"],
    })
}
