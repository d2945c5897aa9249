//! A gateway with a courier that may reach receivers on this machine, and has little patience.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tests::nats::root;
use tests::python;
use tests::receiver::{Received, Receiver};

use crate::kit::{Answer, Gateway, LEDGER, code};

const LAB: &str = "gateway.tokens = false\ncourier.allow_private_targets = true\ncourier.first_retry_ms = 1\n\
                       courier.look_ms = 20";
const JSON: &str = "Content-Type: application/json\r\nConnection: close\r\n";

/// An open ledger, where webhooks may lead anywhere.
pub fn lab() -> Gateway {
    let gateway = Gateway::start_with(LAB);
    let opened = gateway.record(&format!("/v1/{LEDGER}/open-ledger"), 1, &tests::commands::open()["body"]);
    assert_eq!(opened.status, 201);
    gateway
}

/// Asks about webhooks of the ledger.
pub fn ask(gateway: &Gateway, method: &str, end: &str, body: &Value) -> Answer {
    gateway.port.give(method, &format!("/v1/{LEDGER}/webhooks{end}"), JSON, &body.to_string())
}

/// The same when it must be answered with this.
pub fn asked(gateway: &Gateway, (method, end): (&str, &str), body: &Value, status: u16) -> Value {
    let answer = ask(gateway, method, end, body);
    assert_eq!(answer.status, status, "{method} {end}: {answer:?}");
    if answer.body.is_empty() { Value::Null } else { answer.json() }
}

/// What asking is refused with.
pub fn refused(gateway: &Gateway, method: &str, end: &str, body: &Value) -> (u16, String) {
    let answer = ask(gateway, method, end, body);
    (answer.status, code(&answer))
}

/// Makes a webhook that leads to the receiver, with more said of it: the webhook, and its address's end.
pub fn made(gateway: &Gateway, receiver: &Receiver, more: &Value) -> (Value, String) {
    let mut body = json!({ "url": receiver.url() });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let webhook = asked(gateway, ("POST", ""), &body, 201);
    let end = format!("/{}", webhook["id"].as_str().unwrap());
    (webhook, end)
}

/// Asks for the webhook until this is so; each question is a request.
pub fn wait(gateway: &Gateway, end: &str, mut so: impl FnMut(&Value) -> bool) -> Value {
    loop {
        let told = asked(gateway, ("GET", end), &json!({}), 200);
        if so(&told) {
            return told;
        }
        std::thread::yield_now();
    }
}

/// Records an operator's act of this number: all are about the ledger.
pub fn act(gateway: &Gateway, number: u32) {
    let body = tests::commands::act(number)["body"].clone();
    let acted = gateway.record(&format!("/v1/{LEDGER}/record-operator-act"), 5000 + number, &body);
    assert_eq!(acted.status, 201, "{acted:?}");
}

/// Records a site of this number.
pub fn site(gateway: &Gateway, number: u32) {
    assert_eq!(gateway.site(number).status, 201);
}

/// A Python with what a receiver verifies with.
pub fn environment() -> PathBuf {
    python::environment("target/tools/webhooks", "tests/gateway/webhooks/requirements.txt")
}

/// Whether a receiver that is not ours accepts the delivery by this secret or public key.
pub fn verifies(secret: &str, received: &Received, body: &str) -> bool {
    let mut verify = Command::new(environment());
    verify.arg(root().join("tests/gateway/webhooks/verify.py"));
    verify.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = verify.spawn().unwrap();
    let delivery = json!({ "secret": secret, "headers": received.headers, "body": body });
    running.stdin.take().unwrap().write_all(delivery.to_string().as_bytes()).unwrap();
    let ended = running.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    let refused = said.contains("no signature fits") || said.contains("No matching signature found");
    assert!(ended.status.success() != refused, "{said}");
    ended.status.success()
}
