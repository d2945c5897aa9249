//! JSON Schema (2020-12) of every event and command, from the types themselves.

use std::collections::BTreeSet;

use domain::Kind;
use domain::thing::{Asker, NAMES};
use domain::version::newest;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::submission::RawCommand;

/// Names of all events.
pub fn events() -> Vec<&'static str> {
    NAMES.iter().flat_map(|names| names.events).copied().collect()
}

/// Names of all commands.
pub fn commands() -> Vec<&'static str> {
    NAMES.iter().flat_map(|names| names.commands).copied().collect()
}

/// The schema of a whole event: attributes and payload. Nothing for an unknown name or version.
pub fn event(name: &str, version: u16) -> Option<Value> {
    let kind = domain::Event::kind_of(name).filter(|_| (1..=newest(name)).contains(&version))?;
    let (mut payload, mut definitions) = variant(kind, name, "data", true)?;
    crate::version::schema(name, version, &mut payload, &mut definitions);
    let mut properties = attributes(kind, name, version);
    keep_wanted(&mut definitions, &payload);
    properties.insert("data".into(), payload);
    let required = [
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "time",
        "datacontenttype",
        "dataschema",
        "sequence",
        "epoch",
        "commandid",
        "commandhash",
        "actor",
        "rules",
        "policy",
        "salt",
        "data",
    ];
    Some(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:hubledger:schema:{name}:{version}"),
        "title": name,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
        "$defs": definitions,
    }))
}

/// The schema of a whole command of version 1, as a sender writes it. Nothing for an unknown name.
pub fn command(name: &str) -> Option<Value> {
    let kind = domain::Command::kind_of(name)?;
    let (body, mut definitions) = variant(kind, name, "body", false)?;
    keep_wanted(&mut definitions, &body);
    let mut schema = serde_json::to_value(schemars::schema_for!(RawCommand)).ok()?;
    let properties = schema.get_mut("properties")?.as_object_mut()?;
    properties.insert("command".into(), json!({ "const": name }));
    properties.insert("version".into(), json!({ "const": 1 }));
    properties.insert("body".into(), body);
    let mut all = definitions.as_object().cloned().unwrap_or_default();
    if let Some(own) = schema.get("$defs").and_then(Value::as_object) {
        all.extend(own.clone());
    }
    let top = schema.as_object_mut()?;
    top.insert("$defs".into(), Value::Object(all));
    top.insert("title".into(), json!(name));
    top.insert("$id".into(), json!(format!("urn:hubledger:command:{name}:1")));
    Some(schema)
}

/// The payload schema of one variant of an adjacently tagged enum, and the definitions that it refers to.
fn variant(kind: Kind, name: &str, content: &str, event: bool) -> Option<(Value, Value)> {
    let mut generator = schemars::generate::SchemaSettings::draft2020_12().into_generator();
    let whole = if event {
        kind.ask_events(Root { generator: &mut generator })
    } else {
        kind.ask_commands(Root { generator: &mut generator })
    };
    let tag = if event { "event" } else { "command" };
    let of_name =
        |v: &&Value| v.pointer(&format!("/properties/{tag}/const")).and_then(Value::as_str) == Some(name);
    let found = whole.get("oneOf")?.as_array()?.iter().find(of_name)?;
    let payload = found.pointer(&format!("/properties/{content}"))?.clone();
    let definitions = serde_json::to_value(generator.take_definitions(true)).ok()?;
    Some((payload, definitions))
}

/// Leaves out definitions that nothing refers to: the enum that a payload is of has those of all its variants.
fn keep_wanted(definitions: &mut Value, payload: &Value) {
    let Some(all) = definitions.as_object_mut() else { return };
    let (mut wanted, mut known) = (Vec::new(), BTreeSet::new());
    refers(payload, &mut wanted);
    while let Some(name) = wanted.pop() {
        if let Some(definition) = all.get(&name).filter(|_| !known.contains(&name)) {
            refers(definition, &mut wanted);
            known.insert(name);
        }
    }
    all.retain(|name, _| known.contains(name));
}

/// Names of definitions that a schema refers to.
fn refers(schema: &Value, names: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            names.extend(reference.and_then(|to| to.strip_prefix("#/$defs/")).map(str::to_owned));
            members.values().for_each(|member| refers(member, names));
        }
        Value::Array(items) => items.iter().for_each(|item| refers(item, names)),
        _ => {}
    }
}

struct Root<'a> {
    generator: &'a mut SchemaGenerator,
}

impl Asker for Root<'_> {
    type Answer = Value;

    fn ask<T: JsonSchema>(self) -> Value {
        // The enum may refer to itself, so it is defined too; its own text is what is searched.
        self.generator.subschema_for::<T>();
        T::json_schema(self.generator).to_value()
    }
}

fn attributes(kind: Kind, name: &str, version: u16) -> Map<String, Value> {
    let text = || json!({ "type": "string", "minLength": 1 });
    let uuid = || json!({ "type": "string", "format": "uuid" });
    let sixteen = || json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{22}$" });
    let moment = || json!({ "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$" });
    let place = || json!({ "type": "string", "pattern": r"^\d{20}$" });
    let list = [
        ("specversion", json!({ "const": "1.0" })),
        ("id", uuid()),
        ("source", json!({ "type": "string", "pattern": "^urn:hubledger:[a-z0-9-]+:[a-z0-9-]+$" })),
        ("type", json!({ "const": format!("hubledger.{name}.v{version}") })),
        ("subject", json!({ "type": "string", "pattern": format!("^{}/[0-9a-f-]{{36}}$", kind.as_str()) })),
        ("time", moment()),
        ("datacontenttype", json!({ "const": "application/json" })),
        ("dataschema", json!({ "const": format!("urn:hubledger:schema:{name}:{version}") })),
        ("sequence", place()),
        ("epoch", json!({ "type": "integer", "minimum": 1 })),
        ("effective", json!({ "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}(/\d{4}-\d{2}-\d{2})?$" })),
        ("commandid", uuid()),
        ("commandhash", sixteen()),
        ("correlationid", uuid()),
        ("causationid", uuid()),
        ("actor", text()),
        ("onbehalfof", text()),
        ("credential", text()),
        ("basis", text()),
        ("purpose", text()),
        ("sourcesystem", text()),
        ("sourcekey", sixteen()),
        ("part", json!({ "type": "integer", "minimum": 1 })),
        ("reportedtime", moment()),
        ("rules", json!({ "type": "integer", "minimum": 1 })),
        ("policy", place()),
        ("corrects", uuid()),
        ("salt", sixteen()),
    ];
    list.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
