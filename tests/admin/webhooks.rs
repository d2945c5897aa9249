//! What a courier tells of itself: what it has delivered, what waits, and when it must not go on.

use futures::StreamExt as _;
use journal::{Journal as _, Until};
use serde_json::{Value, json};
use tests::binary::Serving;
use tests::chain::{Chain, origin, slug};
use tests::http::{Figures, Port};
use tests::receiver::Receiver;
use wire::{Commit, Verifier};

use crate::kit::{Deployment, LEDGER, act, of, open};

/// A gateway and a recorder in one process, a courier in another, and a webhook of the ledger.
struct Told {
    receiver: Receiver,
    courier: Serving,
    /// Of the courier.
    admin: Port,
    gateway: Port,
    /// Of the server with the gateway.
    all: Port,
    webhook: String,
    // Ended before the broker is.
    _server: Serving,
    deployment: Deployment,
}

impl Told {
    fn start() -> Self {
        let (deployment, receiver) = (Deployment::start(), Receiver::start());
        let common = "deployment = \"county\"\ncourier.allow_private_targets = true\ncourier.look_ms = 20\n\
                      courier.first_retry_ms = 1";
        let http = "gateway.listen = \"127.0.0.1:0\"\ngateway.tokens = false\ncourier.enabled = false";
        let (server, all) = deployment.serve_with("all", "all", &format!("{common}\n{http}"));
        let (courier, admin) = deployment.serve_with("courier", "courier", common);
        let _ = deployment.record(&[open()]).ended(0);
        let gateway = Port::of_gateway(&server);
        let made = post(gateway, "", &json!({ "url": receiver.url() }));
        let webhook = made["id"].as_str().unwrap().to_owned();
        Self { receiver, courier, admin, gateway, all, webhook, _server: server, deployment }
    }

    fn act(&self, number: u32) {
        let _ = self.deployment.record(&[act(number)]).ended(0);
    }

    /// Reads the page again and again until it is so.
    fn wait(&self, until: impl Fn(&Figures) -> bool) -> Figures {
        loop {
            let figures = self.admin.figures();
            if until(&figures) {
                return figures;
            }
        }
    }
}

fn post(gateway: Port, end: &str, body: &Value) -> Value {
    let head = "Content-Type: application/json\r\nConnection: close\r\n";
    let answer = gateway.give("POST", &format!("/v1/{LEDGER}/webhooks{end}"), head, &body.to_string());
    assert!(answer.status < 300, "{answer:?}");
    answer.json()
}

fn courier(what: &str) -> String {
    of(&format!("hubledger_courier_{what}"), "")
}

#[test]
fn the_courier_s_figures_agree_with_what_it_did_and_with_what_waits() {
    let told = Told::start();
    let mut failures = 2;
    told.receiver.answer(move |_| {
        failures -= i32::from(failures > 0);
        if failures > 0 { 503 } else { 204 }
    });
    told.act(1);
    told.act(2);
    let figures = told.wait(|figures| figures.find(&courier("delivered_total")) == Some(2.0));
    assert_eq!(
        (figures.of(&courier("failed_tries_total")), figures.of(&courier("retries_total"))),
        (1.0, 1.0)
    );
    assert_eq!(figures.of(&courier("given_up_total")), 0.0);
    assert_eq!(figures.of(&courier("latency_seconds_count")), 2.0);
    let seconds = figures.of(&courier("latency_seconds_sum"));
    assert!(seconds > 0.0 && seconds < 120.0, "{seconds} s");
    for (what, count) in [("held", 1.0), ("paused", 0.0), ("disabled", 0.0), ("stopped", 0.0)] {
        assert_eq!(figures.of(&courier(&format!("{what}_webhooks"))), count, "{what}");
    }
    let nothing_waits = |figures: &Figures| {
        let zero = ["pending_deliveries", "parked_deliveries", "lag_events", "gap_seconds"];
        zero.iter().all(|what| figures.find(&courier(what)) == Some(0.0))
    };
    let _ = told.wait(nothing_waits);
    // A courier says nothing of what others do.
    assert!(figures.all().all(|(sample, _)| !sample.contains("recorder") && !sample.contains("projector")));

    // Who answers 410 is not sent more, what waits is told as parked, and the courier is ready all the same.
    told.receiver.answer(|_| 410);
    told.act(3);
    let figures = told.wait(|figures| figures.find(&courier("disabled_webhooks")) == Some(1.0));
    assert_eq!(figures.of(&courier("parked_deliveries")), 1.0);
    assert_eq!(figures.of(&courier("failed_tries_total")), 2.0);
    let ready = told.admin.get("/health/ready");
    assert_eq!((ready.status, ready.json()["role"].as_str()), (200, Some("courier")));

    // One that is slow is behind, by the age of what it has not got.
    let _ = post(told.gateway, &format!("/{}/enable", told.webhook), &json!({}));
    told.receiver.answer(|_| 500);
    let figures = told.wait(|figures| {
        figures.find(&courier("disabled_webhooks")) == Some(0.0)
            && figures.find(&courier("gap_seconds")).is_some_and(|gap| gap > 0.0)
    });
    assert!(figures.of(&courier("pending_deliveries")) >= 1.0);
    let id = &told.webhook;
    assert!(figures.all().all(|(sample, _)| !sample.contains(id) && !sample.contains("CANARY")));
    assert_eq!(told.courier.stop(), 0);
}

/// A commit that a journal takes after the last one of this log, and that does not verify.
async fn forged(deployment: &Deployment) {
    let (journal, ledger) = (deployment.nats.journal().await, slug(LEDGER));
    let begin = Verifier::new(origin(&ledger), journal::FIRST_EPOCH);
    let mut commits = journal::read_events(&journal, &ledger, begin, Until::Head);
    let mut end = None;
    while let Some(read) = commits.next().await {
        end = Some(read.unwrap().verifier);
    }
    let next = Chain::after(end.unwrap()).draft("forged", 2);
    let forged = Commit::new(next.epoch, next.number, next.size, proof::leaf_hash(b"another"), next.body);
    journal.append(&ledger, &forged).await.unwrap();
}

#[test]
fn what_does_not_verify_is_sent_to_nobody_and_the_courier_says_so() {
    let told = Told::start();
    told.act(1);
    assert_eq!(told.receiver.next().position(), 2);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(forged(&told.deployment));
    let unready = told.admin.wait("/health/ready", |answer| answer.status == 503);
    let why = "the log does not verify; the server's log says where";
    let checks = unready.json()["checks"].as_array().unwrap().clone();
    let wrong: Vec<&Value> = checks.iter().filter(|check| check["ok"] == false).collect();
    assert_eq!(wrong, [&json!({ "what": "webhooks", "ledger": LEDGER, "ok": false, "why": why })]);
    assert_eq!(told.admin.figures().of(&courier("stopped_webhooks")), 1.0);
    told.courier.says(&["the log does not verify", "commit 3", "root-mismatch"]);
    // Nor does who reads events get it, and that is counted where the gateway is.
    let unverified = |figures: Figures| figures.of("hubledger_gateway_unverified_total");
    assert_eq!(unverified(told.all.figures()), 0.0);
    let events = told.gateway.ask("GET", &format!("/v1/{LEDGER}/events"), "Connection: close\r\n");
    assert_eq!((events.status, events.body.contains("forged")), (503, false), "{events:?}");
    assert_eq!(unverified(told.all.figures()), 1.0);
    // A test is no part of the log; it comes, and nothing came before it.
    let _ = post(told.gateway, &format!("/{}/test", told.webhook), &json!({}));
    assert_eq!(told.receiver.next().json()["type"], "hubledger.webhook-test.v1");
    assert!(told.receiver.is_empty());
    // Nobody else takes it for right after a start from where this one stood.
    assert_eq!(told.courier.stop(), 0);
    let (again, admin) = told.deployment.serve_with(
        "courier",
        "courier-2",
        "deployment = \"county\"\ncourier.allow_private_targets = true\ncourier.look_ms = 20",
    );
    let _ = admin.wait("/health/ready", |answer| answer.status == 503);
    assert!(told.receiver.is_empty());
    assert_eq!(again.stop(), 0);
}
