//! The committed document is the one that is served, so that a change of the API is seen in a diff.

use serde_json::Value;

/// Whether the committed document is this one.
fn is_committed(name: &str, served: &Value) -> bool {
    let path = format!("{}/api/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    serde_json::from_str::<Value>(&text).ok().as_ref() == Some(served)
}

#[test]
fn the_committed_openapi_document_is_the_served_one() {
    let cure = "cargo run -- schema openapi > crates/gateway/api/openapi.json";
    assert!(is_committed("openapi", &gateway::openapi()), "it is old: {cure}");
}
