//! Every event is a CloudEvent 1.0 for readers that know nothing of us: its JSON schema and its type rules.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use serde_json::{Value, json};

const EVENTS: &str = include_str!("golden/events.ndjson");

fn events() -> Vec<serde_json::Map<String, Value>> {
    EVENTS.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The constraints of the CloudEvents 1.0 JSON schema (`cloudevents.json` of its specification), retyped.
fn schema() -> Value {
    let text = || json!({ "type": "string", "minLength": 1 });
    let optional = |format: &str| json!({ "type": ["string", "null"], "format": format, "minLength": 1 });
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {
            "id": text(),
            "source": { "type": "string", "format": "uri-reference", "minLength": 1 },
            "specversion": text(),
            "type": text(),
            "datacontenttype": { "type": ["string", "null"], "minLength": 1 },
            "dataschema": optional("uri"),
            "subject": { "type": ["string", "null"], "minLength": 1 },
            "time": optional("date-time"),
            "data": { "type": ["object", "string", "number", "array", "boolean", "null"] },
            "data_base64": { "type": ["string", "null"], "contentEncoding": "base64" }
        },
        "required": ["id", "source", "specversion", "type"]
    })
}

#[test]
fn every_event_meets_the_schema_of_cloudevents() {
    let validator = jsonschema::options().should_validate_formats(true).build(&schema()).unwrap();
    for event in events() {
        let name = event["type"].clone();
        assert!(validator.is_valid(&Value::Object(event)), "{name}");
    }
}

#[test]
fn attribute_names_and_values_keep_the_type_rules() {
    for event in events() {
        for (name, value) in event.iter().filter(|(name, _)| *name != "data") {
            assert!((1..=20).contains(&name.len()), "{name}");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{name}");
            let fits = match value {
                Value::String(text) => !text.is_empty() && !text.chars().any(char::is_control),
                Value::Number(number) => number.as_i64().is_some_and(|n| i32::try_from(n).is_ok()),
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
            };
            assert!(fits, "{name}: {value}");
        }
    }
}

#[test]
fn addresses_are_absolute_and_sequences_sort_as_strings() {
    let events = events();
    for event in &events {
        for name in ["source", "dataschema"] {
            assert!(event[name].as_str().unwrap().starts_with("urn:hubledger:"), "{name}");
        }
    }
    let sequences: Vec<&str> = events.iter().map(|event| event["sequence"].as_str().unwrap()).collect();
    let mut sorted = sequences.clone();
    sorted.sort_unstable();
    assert_eq!(sequences, sorted);
}
