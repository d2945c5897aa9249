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
    let cure = "cargo run -- schema openapi > crates/gateway/api/openapi.json";
    assert!(is_committed("openapi", &gateway::openapi()), "it is old: {cure}");
}

#[test]
fn the_committed_asyncapi_document_is_the_served_one() {
    let cure = "cargo run -- schema asyncapi > crates/gateway/api/asyncapi.json";
    assert!(is_committed("asyncapi", &gateway::asyncapi()), "it is old: {cure}");
}
