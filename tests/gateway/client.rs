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
    let [wrong, mended, again] = &saw["nights"].as_array().unwrap()[..] else { panic!("{saw}") };
    let errors = wrong["errors"].as_array().unwrap();
    assert!(errors.len() == 1 && errors[0].as_str().unwrap().starts_with("317,,minutes,"), "{errors:?}");
    let ended = |night: &Value| {
        let count = |name: &str| night["counts"][name].as_u64().unwrap();
        (night["phase"].as_str().unwrap().to_owned(), ["accepted", "repeated", "refused"].map(count))
    };
    assert_eq!(ended(wrong), ("checked".to_owned(), [399, 0, 1]));
    assert_eq!(ended(mended), ("committed".to_owned(), [400, 0, 0]));
    assert_eq!(ended(again), ("committed".to_owned(), [0, 400, 0]), "the same file changes nothing");
    assert_eq!(saw["changed"], 400);
    let recorded = [
        "access-granted",
        "agreement-signed",
        "ledger-opened",
        "partner-onboarded",
        "service-delivered",
        "site-registered",
    ];
    assert_eq!(saw["types"], json!(recorded.map(|name| format!("hubledger.{name}.v1"))));
    assert_eq!(saw["events"], 406);
}
