//! The API document and the addresses are the same.

use std::path::Path;

use serde_json::Value;
use tests::nats::root;

use crate::kit::{Gateway, LEDGER, key_of};

/// A path of the document with a value for each parameter.
pub fn filled(path: &str) -> String {
    let pairs = [
        ("{ledger}", LEDGER),
        ("{view}", "site-profile"),
        ("{report}", "annual-progress"),
        ("{event}", "1"),
        ("{code}", "taken"),
        ("{sort}", "event"),
        ("{name}", "ledger-opened"),
        ("{version}", "1"),
    ];
    let path = pairs.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
    path.replace("{id}", &key_of(99)).replace("{command}", &key_of(1))
}

#[test]
fn every_address_of_the_document_is_served_and_takes_no_other_method() {
    let gateway = Gateway::start();
    let document = gateway.get("/openapi.json").json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let methods = methods.as_object().unwrap();
        for method in ["get", "post", "put", "delete", "patch"] {
            if path.ends_with("/live") && method == "get" {
                continue;
            }
            let head = "Connection: close\r\nContent-Type: application/json\r\n";
            let answer = gateway.port.give(&method.to_uppercase(), &filled(path), head, "");
            let nowhere = answer.body.contains("nothing has this address");
            assert_eq!(answer.status == 405, !methods.contains_key(method), "{method} {path}: {answer:?}");
            assert!(!nowhere && answer.status < 500, "{method} {path}: {answer:?}");
        }
        operations.extend(methods.values().map(|operation| operation["operationId"].clone()));
    }
    let all = operations.len();
    operations.sort_by_key(Value::to_string);
    operations.dedup();
    assert_eq!(operations.len(), all, "no two operations have one name");
    assert!(all > 150, "{all}");
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let gateway = Gateway::start();
    for path in ["/openapi.json", "/asyncapi.json"] {
        let document = gateway.get(path).json();
        let mut wanted = Vec::new();
        references(&document, &mut wanted);
        assert!(!wanted.is_empty());
        for reference in wanted.iter().filter(|reference| !reference.starts_with("#/$defs/")) {
            assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{path}: {reference}");
        }
    }
}

#[test]
fn what_a_receiver_of_a_webhook_is_sent_stands_alike_in_both_documents() {
    let gateway = Gateway::start();
    let (open, streams) = (gateway.get("/openapi.json").json(), gateway.get("/asyncapi.json").json());
    let post = &open["webhooks"]["event"]["post"];
    let message = &streams["components"]["messages"]["webhook"];
    assert_eq!(post["requestBody"]["content"]["application/json"]["schema"], message["payload"]);
    let parameters = post["parameters"].as_array().unwrap();
    let names: Vec<&Value> = parameters.iter().map(|parameter| &parameter["name"]).collect();
    assert_eq!(names, message["headers"]["required"].as_array().unwrap().iter().collect::<Vec<_>>());
    assert_eq!(names, ["webhook-id", "webhook-timestamp", "webhook-signature"]);
    for parameter in parameters {
        let header = &message["headers"]["properties"][parameter["name"].as_str().unwrap()];
        assert_eq!(header["description"], parameter["description"]);
    }
    let channel = &streams["operations"]["receive-webhook"]["channel"]["$ref"];
    assert_eq!(channel, "#/channels/webhooks");
    assert_eq!(
        streams["channels"]["webhooks"]["messages"]["webhook"]["$ref"],
        "#/components/messages/webhook"
    );
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn schemas_and_problems_have_pages() {
    let gateway = Gateway::start();
    let schemas = gateway.get("/schemas").json();
    for sort in ["events", "commands"] {
        for schema in schemas[sort].as_array().unwrap() {
            assert_eq!(gateway.get(schema["url"].as_str().unwrap()).status, 200, "{schema}");
        }
    }
    for problem in gateway.get("/problems").json()["problems"].as_array().unwrap() {
        let page = gateway.get(problem["type"].as_str().unwrap());
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    }
    assert_eq!(gateway.get("/schemas/event/ledger-opened/9").status, 404);
    let docs = gateway.get("/docs").body;
    // Also what an import and a webhook are made of, with the columns of each format.
    assert!(docs.contains("<code>format</code>") && docs.contains("<code>url</code>"));
    assert!(docs.contains("record-delivery") && !docs.contains("http://") && !docs.contains("<script"));
}

#[test]
fn every_refusal_of_the_roles_behind_has_a_page() {
    let gateway = Gateway::start();
    let mut codes = Vec::new();
    for role in ["wire", "recorder", "projector", "cli"] {
        sources(&root().join("crates").join(role).join("src"), &mut |text| {
            let said = text.split("RefusalReply::new(\"").skip(1);
            codes.extend(said.map(|rest| rest.split('"').next().unwrap().to_owned()));
        });
    }
    assert!(codes.len() > 15, "{codes:?}");
    for code in codes {
        assert_eq!(gateway.get(&format!("/problems/{code}")).status, 200, "{code}");
    }
}

fn sources(folder: &Path, read: &mut impl FnMut(&str)) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match entry.is_dir() {
            true => sources(&entry, read),
            false => read(&std::fs::read_to_string(entry).unwrap()),
        }
    }
}
