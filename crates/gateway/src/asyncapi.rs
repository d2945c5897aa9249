//! The document of the event streams (AsyncAPI 3.0): the log in JetStream, the live feed on core NATS, the same over HTTP,
//! and webhooks.

use domain::version::newest;
use serde_json::{Map, Value, json};

/// The document of every event stream: AsyncAPI 3.0.
pub fn document() -> Value {
    let mut messages = Map::new();
    for name in wire::schema::events() {
        for version in 1..=newest(name) {
            let Some(payload) = wire::schema::event(name, version) else { continue };
            messages.insert(format!("{name}.v{version}"), json!({
                "name": format!("hubledger.{name}.v{version}"),
                "contentType": "application/cloudevents+json",
                "payload": { "schemaFormat": "application/schema+json;version=draft-2020-12", "schema": payload },
            }));
        }
    }
    let references: Map<String, Value> = messages
        .keys()
        .map(|name| (name.clone(), json!({ "$ref": format!("#/components/messages/{name}") })))
        .collect();
    let (webhooks, webhook) = crate::webhooks::channel();
    let ledger = json!({ "ledger": { "description": "The ledger's slug" } });
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Hubledger events",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0" },
            "description": "A ledger's log is one JetStream stream; each message is a commit, a CloudEvents JSON batch of \
                1 to 1000 events. The feed tells watchers that something was recorded, without ids, and may lose events.",
        },
        "channels": {
            "log": {
                "address": "ledger.{ledger}.{epoch}",
                "description": "Commits, durable and in order: content type application/cloudevents-batch+json",
                "parameters": { "ledger": { "description": "The ledger's slug" }, "epoch": { "description": "1, and one more for each restore" } },
                "messages": references,
            },
            "feed": {
                "address": "events.{ledger}.{event}",
                "description": "One message for each event, on core NATS: not durable",
                "parameters": { "ledger": { "description": "The ledger's slug" }, "event": { "description": "The event's name" } },
                "messages": { "told": { "$ref": "#/components/messages/told" } },
            },
            "live": {
                "address": "/v1/{ledger}/events/live",
                "description": "The same as server-sent events over HTTP; Last-Event-ID goes on without a gap",
                "parameters": ledger,
                "messages": { "told": { "$ref": "#/components/messages/told" } },
            },
            "webhooks": webhooks,
        },
        "operations": {
            "read-log": { "action": "receive", "channel": { "$ref": "#/channels/log" } },
            "watch-feed": { "action": "receive", "channel": { "$ref": "#/channels/feed" } },
            "watch-live": { "action": "receive", "channel": { "$ref": "#/channels/live" } },
            "receive-webhook": { "action": "receive", "channel": { "$ref": "#/channels/webhooks" } },
        },
        "components": { "messages": with_told(messages, webhook) },
    })
}

fn with_told(mut messages: Map<String, Value>, webhook: Value) -> Value {
    messages.insert("webhook".to_owned(), webhook);
    messages.insert("told".to_owned(), json!({
        "name": "told",
        "contentType": "application/json",
        "payload": {
            "type": "object",
            "properties": {
                "position": { "type": "integer" }, "type": { "type": "string" }, "kind": { "type": "string" },
                "time": { "type": "string" }, "effective": { "type": "string" },
            },
            "required": ["position", "type", "kind", "time"],
        },
    }));
    Value::Object(messages)
}
