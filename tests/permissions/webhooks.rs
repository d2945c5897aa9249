//! Gateway and couriers as processes of their own, each with its own nkey, on one log in NATS.

use std::path::PathBuf;

use journal::AnyBucket;
use journal::bucket::{IMPORTS, Stream, WEBHOOKS};
use serde_json::{Value, json};
use tests::binary::Serving;
use tests::commands::{LEDGER, act, open};
use tests::http::{Answer, Port};
use tests::nats::Nats;
use tests::receiver::{Received, Receiver};

/// A gateway before a recorder and projector, and what couriers need.
struct Deployment {
    // Ended before the broker is.
    _servers: [Serving; 2],
    port: Port,
    nats: Nats,
    folder: tempfile::TempDir,
}

impl Deployment {
    fn start() -> Self {
        let (nats, folder) = (Nats::with_users(), tempfile::tempdir().unwrap());
        let config = |role: &str, more: &str| config(&nats, folder.path(), (role, role), more);
        let all = Serving::start_role("all", &config("all", "[courier]\nenabled = false\n"));
        let more =
            "[gateway]\nlisten = \"127.0.0.1:0\"\ntokens = false\n[courier]\nallow_private_targets = true\n";
        let gateway = Serving::start_role("gateway", &config("gateway", more));
        let port = Port::of_gateway(&gateway);
        let deployment = Self { _servers: [gateway, all], port, nats, folder };
        assert_eq!(deployment.post("open-ledger", 1, &open()["body"]).status, 201);
        deployment
    }

    fn courier(&self, name: &str) -> Serving {
        let more =
            "[courier]\nallow_private_targets = true\nlook_ms = 50\nlease_seconds = 3\nfirst_retry_ms = 1\n";
        Serving::start_role("courier", &config(&self.nats, self.folder.path(), (name, "courier"), more))
    }

    fn post(&self, path: &str, key: u32, body: &Value) -> Answer {
        let head = format!(
            "Connection: close\r\nContent-Type: application/json\r\n\
             Idempotency-Key: 00000000-0000-4000-8000-{key:012}\r\n"
        );
        self.port.give("POST", &format!("/v1/{LEDGER}/{path}"), &head, &body.to_string())
    }

    fn act(&self, number: u32) {
        assert_eq!(self.post("record-operator-act", 100 + number, &act(number)["body"]).status, 201);
    }

    fn webhook(&self, receiver: &Receiver) -> String {
        let made = self.post("webhooks", 50, &json!({ "url": receiver.url() }));
        assert_eq!(made.status, 201, "{made:?}");
        made.json()["id"].as_str().unwrap().to_owned()
    }

    /// Waits until nothing is owed and everything to this position was read.
    fn settled(&self, webhook: &str, to: &str) {
        let path = format!("/v1/{LEDGER}/webhooks/{webhook}");
        let settled = |told: &Value| told["pending"] == 0 && told["read_to"] == to;
        while !settled(&self.port.ask("GET", &path, "Connection: close\r\n").json()) {
            std::thread::yield_now();
        }
    }
}

fn config(nats: &Nats, folder: &std::path::Path, (name, role): (&str, &str), more: &str) -> PathBuf {
    let path = folder.join(format!("{name}.toml"));
    let (data, url, nkey) = (folder.join(name), nats.url(), nats.users().nkey(role));
    let keys = folder.join("keys");
    let text = format!(
        "data = {data:?}\nrecorder.keys_dir = {keys:?}\n[journal]\nkind = \"jetstream\"\nurl = {url:?}\n\
         nkey_file = {nkey:?}\naccept_unchecked_sync = true\n{more}"
    );
    std::fs::write(&path, text).unwrap();
    path
}

fn positions(came: &[Received]) -> Vec<u64> {
    came.iter().map(Received::position).collect()
}

#[test]
fn a_courier_delivers_with_its_own_nkey_and_goes_on_where_one_before_it_stopped() {
    let (deployment, receiver) = (Deployment::start(), Receiver::start());
    let webhook = deployment.webhook(&receiver);
    let courier = deployment.courier("c1");
    (1..=3).for_each(|number| deployment.act(number));
    assert_eq!(positions(&receiver.take(3)), [2, 3, 4]);
    deployment.settled(&webhook, "1:4");
    assert_eq!(courier.stop(), 0);
    deployment.act(4);
    let courier = deployment.courier("c2");
    assert_eq!(positions(&receiver.take(1)), [5]);
    deployment.settled(&webhook, "1:5");
    assert!(receiver.is_empty());
    assert_eq!(courier.stop(), 0);
}

#[test]
fn of_two_couriers_one_delivers_and_the_other_goes_on_when_it_is_killed() {
    let (deployment, receiver) = (Deployment::start(), Receiver::start());
    let webhook = deployment.webhook(&receiver);
    let first = deployment.courier("c1");
    deployment.act(1);
    assert_eq!(positions(&receiver.take(1)), [2]);
    deployment.settled(&webhook, "1:2");
    // Both are there; the second holds nothing.
    let _second = deployment.courier("c2");
    (2..=4).for_each(|number| deployment.act(number));
    assert_eq!(positions(&receiver.take(3)), [3, 4, 5]);
    deployment.settled(&webhook, "1:5");
    assert!(receiver.is_empty());
    first.kill();
    (5..=7).for_each(|number| deployment.act(number));
    assert_eq!(positions(&receiver.take(3)), [6, 7, 8]);
    deployment.settled(&webhook, "1:8");
    assert!(receiver.is_empty());
}

#[test]
fn a_courier_that_stood_still_while_another_took_over_lets_go() {
    let (deployment, receiver) = (Deployment::start(), Receiver::start());
    let webhook = deployment.webhook(&receiver);
    let first = deployment.courier("c1");
    deployment.act(1);
    assert_eq!(positions(&receiver.take(1)), [2]);
    deployment.settled(&webhook, "1:2");
    first.pause();
    let second = deployment.courier("c2");
    deployment.act(2);
    assert_eq!(positions(&receiver.take(1)), [3]);
    deployment.settled(&webhook, "1:3");
    first.resume();
    first.says(&["does not hold the webhook any more"]);
    drop(second);
    deployment.act(3);
    let came = receiver.until(|came| came.iter().any(|one| one.position() == 4));
    // What it had read before it wrote may come from it too, under the same id.
    assert!(positions(&came).iter().all(|position| (3..=4).contains(position)), "{came:?}");
}

#[tokio::test]
async fn a_courier_keeps_what_is_owed_and_removes_nothing_and_has_no_other_bucket() {
    let nats = Nats::with_users();
    let courier = nats.journal_of("courier").await;
    let bucket = AnyBucket::Stream(Stream::open(&courier, WEBHOOKS).await.unwrap());
    let revision = bucket.create("azul.one.state", "made".into()).await.unwrap();
    bucket.update("azul.one.state", "done".into(), revision).await.unwrap();
    assert_eq!(bucket.keys("azul").await.unwrap(), ["azul.one.state"]);
    assert!(bucket.delete("azul.one.state").await.is_err());
    assert!(Stream::open(&courier, IMPORTS).await.is_err());
}
