//! Those who read what is recorded, and stand still: nobody who records waits for them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};
use tests::binary::{self, Ran, Serving};
use tests::chain::slug;
use tests::nats::Nats;
use wire::ask::{Ask, Reply};

use crate::full;
use crate::kills::Place;
use crate::load::{act, open};

/// Commands in one batch.
const BATCH: u64 = 500;

/// A deployment with roles apart.
struct Apart {
    nats: Nats,
    place: Place,
}

impl Apart {
    fn new() -> Self {
        Self { nats: Nats::start(), place: Place::new(&slug("azusa-usd")) }
    }

    fn serve(&self, role: &str, name: &str) -> Serving {
        let journal = format!("url = {:?}\naccept_unchecked_sync = true\n", self.nats.url());
        Serving::start_role(role, &self.place.config_of(name, &journal))
    }

    fn verb(&self, verb: &[&str], input: &str) -> Ran {
        let url = self.nats.url();
        binary::run_with(&[verb, &["--ledger", "azusa-usd", "--json", "--nats", &url]].concat(), input)
    }

    /// Records these; each has its receipt when this returns.
    fn record(&self, commands: &[Value]) {
        let lines: String = commands.iter().map(|command| format!("{command}\n")).collect();
        let receipts = self.verb(&["record", "-"], &lines).ended(0).lines();
        assert_eq!(receipts.len(), commands.len());
        assert!(receipts.iter().all(|line| line["receipt"]["positions"].is_array()));
    }

    fn record_batch(&self, batch: u64) {
        self.record(&(1..=BATCH).map(|number| act(batch, number).1).collect::<Vec<_>>());
    }

    /// Where the recorder says that the ledger is.
    async fn head(&self) -> u64 {
        let ask = serde_json::to_vec(&Ask::Head { ledger: slug("azusa-usd") }).unwrap();
        let client = self.nats.journal().await.client();
        let reply = client.request("ask.recorder.azusa-usd", ask.into()).await.unwrap();
        match serde_json::from_slice(&reply.payload).unwrap() {
            Reply::Head { head } => head.position,
            other => panic!("no head: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_projector_that_stands_still_does_not_hold_the_recorder_up() {
    let batches = if full() { 40 } else { 6 };
    let apart = Apart::new();
    let (recorder, projector) = (apart.serve("recorder", "r1"), apart.serve("projector", "p1"));
    apart.record(&[open()]);
    apart.record_batch(1);
    let begun =
        apart.verb(&["query", "activity-feed", "--min-position", &(1 + BATCH).to_string()], "").ended(0);
    assert_eq!(begun.json()["head"]["position"], 1 + BATCH);

    projector.pause();
    for batch in 2..=batches {
        apart.record_batch(batch);
        assert_eq!(apart.head().await, 1 + batch * BATCH);
    }
    assert!(projector.is_paused(), "everybody has a receipt, and the projector has not moved");
    projector.resume();

    let events = (1 + batches * BATCH).to_string();
    let query = ["query", "activity-feed", "--limit", "1", "--min-position", &events];
    let caught_up = apart.verb(&query, "").ended(0).json();
    assert_eq!(caught_up["head"]["position"], json!(1 + batches * BATCH));
    assert_eq!(apart.verb(&["replay"], "").ended(0).json()["equal"], true);
    apart.place.is_sound_at("p1", 1 + batches * BATCH);
    for server in [recorder, projector] {
        assert_eq!(server.stop(), 0);
    }
}

/// Each event goes so often to the watcher that its connection is soon full.
const SUBSCRIPTIONS: usize = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_that_never_reads_is_cut_off_and_does_not_hold_the_recorder_up() {
    let apart = Apart::new();
    let recorder = apart.serve("recorder", "r1");
    apart.record(&[open()]);
    let watcher = TcpStream::connect(apart.nats.url().trim_start_matches("nats://")).unwrap();
    let mut asked = String::from("CONNECT {\"verbose\":false}\r\n");
    for id in 1..=SUBSCRIPTIONS {
        asked.push_str(&format!("SUB events.azusa-usd.* {id}\r\n"));
    }
    (&watcher).write_all((asked + "PING\r\n").as_bytes()).unwrap();
    let mut heard = BufReader::new(&watcher).lines().map(Result::unwrap);
    assert!(heard.any(|line| line == "PONG"), "the broker has its subscriptions");
    // From here on nobody reads what comes.
    let mut batches = 0;
    while apart.nats.slow_consumers() == 0 {
        batches += 1;
        apart.record_batch(batches);
    }
    apart.record_batch(batches + 1);
    assert_eq!(apart.head().await, 1 + (batches + 1) * BATCH);
    println!("cut off after {batches} batches");
    drop(watcher);
    assert_eq!(recorder.stop(), 0);
}
