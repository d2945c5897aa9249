//! The API document and the addresses are the same.

use std::collections::{BTreeMap, BTreeSet};
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
fn every_code_that_an_answer_or_a_report_may_carry_has_a_page_with_its_own_title_cause_and_cure() {
    let gateway = Gateway::start();
    let rules = domain::refusal::catalogue();
    let rules = rules.iter().map(|rule| rule.code);
    let mut codes: BTreeSet<String> =
        rules.chain(intake::Code::ALL.iter().copied()).map(str::to_owned).collect();
    let told = codes.len();
    assert!(told > 100, "{codes:?}");
    for role in ["wire", "recorder", "projector", "cli", "gateway"] {
        let before = codes.len();
        sources(&root().join("crates").join(role).join("src"), &mut |text| codes.extend(said(text)));
        assert!(codes.len() > before, "{role} says nothing of its own");
    }
    // A made-up code in a test of the table itself.
    codes.retain(|code| code != "never-heard-of");
    let mut titles = BTreeMap::new();
    for code in codes {
        let page = gateway.get_with(&format!("/problems/{code}"), "Accept: application/json\r\n");
        assert_eq!(page.status, 200, "{code}");
        let kind = page.json();
        let member = |name: &str| kind[name].as_str().unwrap_or_default().to_owned();
        assert!(!member("cause").is_empty() && !member("cure").is_empty(), "{code}");
        // What one role calls otherwise than another is one kind.
        let other = titles.insert(member("title"), member("type"));
        assert!(other.is_none_or(|other| other == member("type")), "{code}: {}", member("title"));
    }
}

/// Codes that a source file gives to what it refuses: where a refusal or a problem is made, and where errors have theirs.
fn said(text: &str) -> Vec<String> {
    let makers = ["RefusalReply::new(", "Problem::new(", "Failure::new(", "Self::new("];
    let made = makers.iter().flat_map(|maker| text.split(maker).skip(1)).filter_map(|rest| {
        let rest = rest.trim_start().strip_prefix('"')?;
        rest.split('"').next().map(str::to_owned)
    });
    let codes = text.split("fn code(&self) -> &'static str {").skip(1).flat_map(|rest| {
        let body = rest.split("\n    }").next().unwrap_or_default();
        body.split('"').skip(1).step_by(2).map(str::to_owned)
    });
    made.chain(codes).collect()
}

fn sources(folder: &Path, read: &mut impl FnMut(&str)) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match entry.is_dir() {
            true => sources(&entry, read),
            false => read(&std::fs::read_to_string(entry).unwrap()),
        }
    }
}
