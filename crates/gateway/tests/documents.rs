//! The committed documents are those that are served, so that a change of the API is seen in a diff.

use serde_json::Value;

fn committed(name: &str, served: &Value) {
    let path = format!("{}/api/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let same = serde_json::from_str::<Value>(&text).unwrap() == *served;
    assert!(
        same,
        "crates/gateway/api/{name}.json is old: cargo run -- schema {name} > crates/gateway/api/{name}.json"
    );
}

#[test]
fn the_committed_openapi_document_is_the_served_one() {
    committed("openapi", &gateway::openapi());
}

#[test]
fn the_committed_asyncapi_document_is_the_served_one() {
    committed("asyncapi", &gateway::asyncapi());
}
