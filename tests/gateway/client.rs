//! A district's developer, who has the API document and nothing of ours: openapi-python-client makes a client of it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tests::nats::root;
use tests::python;

use crate::kit::{Gateway, LEDGER, opened, token};

const FOLDER: &str = "target/tools/client";
const REQUIREMENTS: &str = "tests/gateway/client/requirements.txt";

/// Makes a client of the document that this gateway serves, without a warning.
fn generated(gateway: &Gateway, folder: &Path) {
    let python = python::environment(FOLDER, REQUIREMENTS);
    let root = root();
    let made = Command::new(python.with_file_name("openapi-python-client"))
        .args(["generate", "--fail-on-warning", "--overwrite", "--url"])
        .arg(format!("http://{}/openapi.json", gateway.port.0))
        .arg("--config")
        .arg(root.join("tests/gateway/client/config.yaml"))
        .arg("--output-path")
        .arg(folder)
        .output()
        .unwrap();
    let said = [made.stdout, made.stderr].concat();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn a_generated_client_does_what_a_district_does() {
    let gateway = Gateway::start_with("");
    opened(&gateway, LEDGER);
    let scopes =
        ["read", "sites:write", "partners:write", "agreements:write", "deliveries:write", "imports:write"];
    let (secret, id) = token(&gateway, &[LEDGER], &scopes);
    let secret = secret.rsplit('.').next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    generated(&gateway, folder.path());

    let mut district = Command::new(python::environment(FOLDER, REQUIREMENTS));
    district.arg(root().join("tests/gateway/client/district.py")).arg(folder.path());
    district.args([&format!("http://{}", gateway.port.0), LEDGER, &format!("{LEDGER}.{id}")]);
    district.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = district.spawn().unwrap();
    running.stdin.take().unwrap().write_all(secret.as_bytes()).unwrap();
    let ended = running.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let saw: Value = serde_json::from_slice(&ended.stdout).unwrap();

    assert_eq!(
        saw["again"],
        json!({ "status": 200, "receipt": saw["receipt"] }),
        "a repetition is the first"
    );
    let problem = &saw["late"]["problem"];
    assert_eq!(
        (&saw["late"]["status"], &problem["type"]),
        (&json!(422), &json!("/problems/agreement-not-active"))
    );
    assert_eq!(saw["sums"][0]["minutes"], 45, "{saw}");
    assert_eq!(saw["sites"], json!(["Slauson"]));
    let types: Vec<&str> =
        saw["types"].as_array().unwrap().iter().map(|named| named.as_str().unwrap()).collect();
    let recorded =
        ["ledger-opened", "access-granted", "site-registered", "partner-onboarded", "agreement-signed"];
    let expected: Vec<String> = recorded.iter().map(|name| format!("hubledger.{name}.v1")).collect();
    assert_eq!(types, [&expected[..], &["hubledger.service-delivered.v1".to_owned()]].concat());
}
