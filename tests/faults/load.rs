//! Callers that send commands through NATS, repeat whatever got no answer, and keep every receipt.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_nats::Request;
use domain::Slug;
use journal::JetStream;
use journal::jetstream::Settings;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use uuid::Uuid;
use wire::ask::{Ask, Reply};
use wire::{Outcome, Receipt};

/// How long a caller waits before it repeats.
const PATIENCE: Duration = Duration::from_secs(2);
/// Commands that one caller sends together.
const TOGETHER: u64 = 3;

/// What one caller was told, in the order in which it was told.
pub type Told = Vec<(Uuid, Receipt)>;

/// Callers at work.
pub struct Load {
    callers: JoinSet<Told>,
    shared: Arc<Shared>,
}

struct Shared {
    receipts: AtomicU64,
    news: Notify,
    enough: AtomicBool,
}

/// Opens the ledger.
pub fn open() -> Value {
    let policy = json!({ "suppress_under": 11, "late_days_max": 36500 });
    let body = json!({
        "owner": "Azusa Unified", "cds": "19642790000000", "time_zone": "America/Los_Angeles",
        "starts": "2025-07-01", "policy": policy,
    });
    command("open-ledger", Uuid::from_u128(1), body)
}

fn command(name: &str, id: Uuid, body: Value) -> Value {
    json!({ "command": name, "version": 1, "id": id, "actor": "usr:clerk-1", "body": body })
}

/// An operator's act of this caller.
pub fn act(caller: u64, number: u64) -> (Uuid, Value) {
    let id = Uuid::from_u64_pair(caller, number);
    let body = json!({ "operator": "usr:ops-3", "act": "drill", "reason": format!("{caller}/{number}") });
    (id, command("record-operator-act", id, body))
}

/// Asks a recorder once.
pub async fn ask(client: &async_nats::Client, ledger: &Slug, commands: &[Value]) -> Option<Reply> {
    let raw = |command: &Value| RawValue::from_string(command.to_string()).unwrap();
    let ask = Ask::Submit { ledger: ledger.clone(), commands: commands.iter().map(raw).collect() };
    let payload = serde_json::to_vec(&ask).unwrap().into();
    let request = Request::new().payload(payload).timeout(Some(PATIENCE));
    let reply = client.send_request(format!("ask.recorder.{ledger}"), request).await.ok()?;
    Some(serde_json::from_slice(&reply.payload).unwrap())
}

/// Asks until every command has its receipt.
pub async fn insist(client: &async_nats::Client, ledger: &Slug, commands: &[Value]) -> Vec<Receipt> {
    loop {
        match ask(client, ledger, commands).await {
            Some(Reply::Outcomes { outcomes }) => return outcomes.into_iter().map(receipt).collect(),
            Some(Reply::Failed { refusal, repeat }) => {
                assert!(repeat, "{refusal:?}");
                // A server that says so at once would be asked without pause.
                tokio::task::yield_now().await;
            }
            Some(other) => panic!("no outcome: {other:?}"),
            None => {}
        }
    }
}

fn receipt(outcome: Outcome) -> Receipt {
    match outcome {
        Outcome::Receipt(receipt) | Outcome::Repeated(receipt) => receipt,
        other => panic!("no receipt: {other:?}"),
    }
}

impl Load {
    /// Opens the ledger and starts so many callers, each with a connection of its own.
    pub async fn start(ledger: &Slug, callers: u64, settings: Settings) -> Self {
        let shared = Arc::new(Shared {
            receipts: AtomicU64::new(0),
            news: Notify::new(),
            enough: AtomicBool::new(false),
        });
        let journal = JetStream::connect(settings.clone()).await.unwrap();
        let _ = insist(&journal.client(), ledger, &[open()]).await;
        let mut load = Self { callers: JoinSet::new(), shared };
        for caller in 1..=callers {
            let journal = JetStream::connect(settings.clone()).await.unwrap();
            load.callers.spawn(call(journal, ledger.clone(), caller, load.shared.clone()));
        }
        load
    }

    /// Receipts given so far.
    pub fn receipts(&self) -> u64 {
        self.shared.receipts.load(Ordering::Relaxed)
    }

    /// Waits for so many receipts more.
    pub async fn progress(&self, more: u64) {
        let enough = self.receipts() + more;
        loop {
            let news = self.shared.news.notified();
            if self.receipts() >= enough {
                return;
            }
            news.await;
        }
    }

    /// Waits as long as nothing goes on, but not longer than this.
    pub async fn quiet(&self, longest: Duration) {
        // It passes when the time is over: nobody is answered meanwhile.
        let _ = tokio::time::timeout(longest, self.progress(u64::MAX / 2)).await;
    }

    /// Lets everybody finish what is begun.
    pub async fn finish(self) -> Vec<Told> {
        self.shared.enough.store(true, Ordering::Relaxed);
        self.callers.join_all().await
    }
}

/// One caller: the next commands go out when the last have their receipts.
async fn call(journal: JetStream, ledger: Slug, caller: u64, shared: Arc<Shared>) -> Told {
    let (client, mut told, mut number) = (journal.client(), Vec::new(), 0);
    while !shared.enough.load(Ordering::Relaxed) {
        let together = 1 + (number + caller) % TOGETHER;
        let (ids, commands): (Vec<_>, Vec<_>) =
            (number + 1..=number + together).map(|n| act(caller, n)).unzip();
        number += together;
        told.extend(ids.into_iter().zip(insist(&client, &ledger, &commands).await));
        shared.receipts.fetch_add(together, Ordering::Relaxed);
        shared.news.notify_waiters();
    }
    told
}
