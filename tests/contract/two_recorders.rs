//! Two recorders on one ledger without a lease, each with its own connection, over a real server.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use domain::Slug;
use journal::{JetStream, Journal as _};
use recorder::{Recorder, Settings};
use runtime::SystemClock;
use runtime::random::SeededRandom;
use serde_json::{Value, json};
use tests::chain::slug;
use tests::nats::Nats;
use wire::{Interpreted, LedgerKeys, Outcome, Receipt, Submission};

const KEYS: LedgerKeys = LedgerKeys { command: [1; 32], source: [2; 32] };

fn submission(ledger: &Slug, command: &str, id: u128, body: Value) -> Submission {
    let id = uuid::Uuid::from_u128(id);
    let sent = json!({ "command": command, "version": 1, "id": id, "actor": "usr:ops-3", "body": body });
    Submission::from_json(sent.to_string().as_bytes(), ledger, &KEYS).unwrap()
}

pub fn open(ledger: &Slug) -> Submission {
    let policy = json!({ "suppress_under": 11, "late_days_max": 36500 });
    let body = json!({
        "owner": "Azusa Unified", "cds": "19642790000000", "time_zone": "America/Los_Angeles",
        "starts": "2025-07-01", "policy": policy,
    });
    submission(ledger, "open-ledger", 1, body)
}

pub fn act(ledger: &Slug, id: u128) -> Submission {
    submission(
        ledger,
        "record-operator-act",
        id,
        json!({ "operator": "usr:ops-3", "act": "drill", "reason": "load" }),
    )
}

fn site(ledger: &Slug, id: u128, number: u32) -> Submission {
    let details = json!({ "name": "Slauson", "cds": format!("1964279{number:07}"), "city": "Azusa" });
    let body =
        json!({ "id": uuid::Uuid::from_u128(number.into()), "effective": "2020-07-01", "details": details });
    submission(ledger, "register-site", id, body)
}

fn designate(ledger: &Slug, id: u128, number: u32) -> Submission {
    let details = json!({ "program": "ccspp", "cohort": 1, "phase": "engaging" });
    let body =
        json!({ "id": uuid::Uuid::from_u128(number.into()), "effective": "2025-07-01", "details": details });
    submission(ledger, "designate-site", id, body)
}

fn recorder(journal: JetStream, folder: &Path, seed: u64) -> Recorder {
    let settings = Settings::new(folder, slug("county"));
    Recorder::start(journal, settings, Arc::new(SystemClock::default()), Arc::new(SeededRandom::new(seed)))
}

fn receipt(outcome: &Outcome) -> &Receipt {
    match outcome {
        Outcome::Receipt(receipt) | Outcome::Repeated(receipt) => receipt,
        other => panic!("no receipt: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_doubled_or_refused_from_a_stale_state() {
    let (server, ledger) = (Nats::start(), slug("azusa-usd"));
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let one = recorder(server.journal().await, folders[0].path(), 1);
    let two = recorder(server.journal().await, folders[1].path(), 2);
    let _ = receipt(&one.submit(open(&ledger)).await.unwrap());

    // What one has acknowledged the other decides from, at once.
    for number in 1..=20 {
        let (here, there) = if number % 2 == 0 { (&one, &two) } else { (&two, &one) };
        let id = u128::from(number) * 10;
        let _ = receipt(&here.submit(site(&ledger, id, number)).await.unwrap());
        let _ = receipt(&there.submit(designate(&ledger, id + 1, number)).await.unwrap());
        let again = there.submit(site(&ledger, id + 2, number)).await.unwrap();
        assert!(matches!(&again, Outcome::Refusal(refusal) if refusal.code == "taken"), "{again:?}");
    }

    // Both get the same commands in small batches, and as many of their own.
    let load = |recorder: Recorder, own: u128| {
        let ledger = ledger.clone();
        async move {
            let mut receipts = BTreeMap::new();
            for batch in 0..60_u128 {
                let ids: Vec<u128> =
                    (0..5).flat_map(|n| [10_000 + batch * 5 + n, own + batch * 5 + n]).collect();
                let rows = ids.iter().map(|id| act(&ledger, *id)).collect();
                for (id, outcome) in ids.iter().zip(recorder.submit_all(&ledger, rows).await) {
                    receipts.insert(*id, receipt(&outcome.unwrap()).clone());
                }
            }
            receipts
        }
    };
    let (ones, twos) = tokio::join!(load(one.clone(), 20_000), load(two.clone(), 30_000));
    for (id, receipt) in &ones {
        if let Some(other) = twos.get(id) {
            assert_eq!(receipt, other, "the same command has one receipt");
        }
    }
    let journal = server.journal().await;
    let mut events = BTreeMap::new();
    let from = tests::chain::Chain::new(&ledger).reader();
    let mut commits = journal::read_events(&journal, &ledger, from, journal::Until::Head);
    while let Some(read) = futures::StreamExt::next(&mut commits).await {
        for event in read.unwrap().events {
            let Interpreted::Event(event) = event else { panic!("an event is not known") };
            assert_eq!(events.insert(event.envelope.command_id, event.envelope.position), None);
        }
    }
    assert_eq!(events.len(), 1 + 40 + 3 * 300);
    for (id, receipt) in ones.iter().chain(&twos) {
        assert_eq!(events.get(&uuid::Uuid::from_u128(*id)), receipt.positions.first());
    }
    assert_eq!(one.fingerprint(&ledger).await.unwrap(), two.fingerprint(&ledger).await.unwrap());
    assert!(journal.head(&ledger).await.unwrap().commit > 40);
    one.stop().await;
    two.stop().await;
}
