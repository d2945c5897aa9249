//! Events over HTTP, as they are stored and as they come.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use futures::StreamExt as _;
use journal::{Embedded, Journal as _, Until};
use serde_json::{Value, json};
use tests::binary;
use tests::chain::{Chain, slug};
use wire::{Commit, Origin, Verifier};

use crate::kit::{Gateway, LEDGER, code, site_id};

fn positions(page: &Value) -> Vec<u64> {
    let position = |event: &Value| event["sequence"].as_str().unwrap().parse().unwrap();
    page["events"].as_array().unwrap().iter().map(position).collect()
}

#[test]
fn pages_of_events_go_on_where_they_ended_also_when_nothing_is_there_yet() {
    let gateway = Gateway::start();
    gateway.site(1);
    gateway.site(2);
    let first = gateway.read("events?page_size=2");
    assert_eq!((positions(&first), &first["at_head"]), (vec![1, 2], &json!(false)));
    let token = first["next_page_token"].as_str().unwrap().to_owned();
    let second = gateway.read(&format!("events?page_token={token}"));
    assert_eq!((positions(&second), &second["at_head"]), (vec![3], &json!(true)));
    let token = second["next_page_token"].as_str().unwrap();
    assert_eq!(gateway.read(&format!("events?page_token={token}"))["events"], json!([]));
    gateway.site(3);
    assert_eq!(positions(&gateway.read(&format!("events?page_token={token}"))), [4]);
    for beyond in ["1:99", "2:1"] {
        let gone = gateway.get(&format!("/v1/{LEDGER}/events?after={beyond}"));
        assert_eq!((gone.status, code(&gone)), (410, "cursor-gone".to_owned()));
    }
}

#[test]
fn events_are_the_stored_bytes_in_every_form() {
    let gateway = Gateway::start();
    gateway.site(1);
    let lines = gateway.get_with(&format!("/v1/{LEDGER}/events"), "Accept: application/x-ndjson\r\n");
    let batch = "Accept: application/cloudevents-batch+json\r\n";
    let batch = gateway.get_with(&format!("/v1/{LEDGER}/events"), batch);
    assert_eq!(batch.body, format!("[{}]", lines.body.trim_end().replace('\n', ",")));
    let one = gateway.get(&format!("/v1/{LEDGER}/events/2"));
    assert_eq!(one.header("content-type"), Some("application/cloudevents+json"));
    assert_eq!(Some(one.body.as_str()), lines.body.lines().nth(1));
    let id = one.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(gateway.get(&format!("/v1/{LEDGER}/events/{id}")).body, one.body);
    for nothing in ["0", "3", "x", &site_id(1)] {
        assert_eq!(gateway.get(&format!("/v1/{LEDGER}/events/{nothing}")).status, 404, "{nothing}");
    }
    let folder = gateway.stop();
    let data = folder.path().join("data");
    let printed = binary::run(&["events", "--ledger", LEDGER, "--data", data.to_str().unwrap()]).ended(0);
    assert_eq!(printed.out, lines.body);
}

#[test]
fn events_can_be_narrowed_to_what_they_are_about() {
    let gateway = Gateway::start();
    (1..=3).for_each(|number| drop(gateway.site(number)));
    let of = |query: &str| positions(&gateway.read(&format!("events?{query}")));
    assert_eq!(of("type=site-registered"), [2, 3, 4]);
    assert_eq!(of("type=hubledger.ledger-opened.v1"), [1]);
    assert_eq!(of("kind=site&page_size=1"), [2]);
    assert_eq!(of(&format!("subject=site/{}", site_id(2))), [3]);
    assert_eq!((of("actor=usr:local").len(), of("actor=usr:nobody").len()), (4, 0));
    let events = gateway.read(&format!("sites/{}/events?min_position=1:4", site_id(3)));
    assert_eq!(positions(&events), [4]);
    let timeline = gateway.read(&format!("sites/{}/timeline", site_id(3)));
    assert_eq!(timeline["rows"][0]["event"], "site-registered");
}

#[test]
fn a_live_reader_goes_on_where_it_was_without_gap_or_repeat() {
    let gateway = Gateway::start();
    gateway.site(1);
    let follow = |last: &str| {
        let mut stream = gateway.port.connect();
        let path = format!("/v1/{LEDGER}/events/live");
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nLast-Event-ID: {last}\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        BufReader::new(stream)
            .lines()
            .map(Result::unwrap)
            .filter(|line| ["id: ", "data: "].iter().any(|prefix| line.starts_with(prefix)))
    };
    let mut first = follow("1:0");
    assert_eq!(first.next().unwrap(), "id: 1:1");
    let told: Value = serde_json::from_str(first.next().unwrap().strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!((&told["position"], &told["kind"]), (&json!(1), &json!("ledger")));
    assert!(told.get("subject").is_none() && told.get("data").is_none());
    assert_eq!(first.next().unwrap(), "id: 1:2");
    gateway.site(2);
    assert_eq!(first.nth(1).unwrap(), "id: 1:3");
    drop(first);
    gateway.site(3);
    let mut second = follow("1:3");
    assert_eq!(second.next().unwrap(), "id: 1:4");
    let gone = gateway.get_with(&format!("/v1/{LEDGER}/events/live"), "Last-Event-ID: 1:99\r\n");
    assert_eq!((gone.status, code(&gone)), (410, "cursor-gone".to_owned()));
}

/// Appends a commit that the log takes and that does not verify.
async fn forge(data: &Path) {
    let (journal, ledger) = (Embedded::open(data).unwrap(), slug(LEDGER));
    journal.open(&ledger).await.unwrap();
    let origin = Origin { deployment: slug("local"), ledger: ledger.clone() };
    let begin = Verifier::new(origin, journal::FIRST_EPOCH);
    let mut commits = journal::read_events(&journal, &ledger, begin, Until::Head);
    let mut end = None;
    while let Some(read) = commits.next().await {
        end = Some(read.unwrap().verifier);
    }
    let next = Chain::after(end.unwrap()).draft("forged", 1);
    let forged = Commit::new(next.epoch, next.number, next.size, proof::leaf_hash(b"another"), next.body);
    journal.append(&ledger, &forged).await.unwrap();
}

#[test]
fn what_does_not_verify_is_told_to_nobody_and_what_comes_before_it_is() {
    let gateway = Gateway::start();
    gateway.site(1);
    let folder = gateway.stop();
    tokio::runtime::Runtime::new().unwrap().block_on(forge(&folder.path().join("data")));
    let gateway = Gateway::start_again(folder);
    for path in ["events?after=1:1", "events", "events/3", "sites/changes"] {
        let answer = gateway.get(&format!("/v1/{LEDGER}/{path}"));
        assert_eq!((answer.status, code(&answer)), (503, "out-of-order".to_owned()), "{path}");
        assert!(!answer.body.contains("forged"), "{answer:?}");
    }
    assert_eq!(positions(&gateway.read("events?page_size=1")), [1]);
    assert_eq!(gateway.get(&format!("/v1/{LEDGER}/events/2")).status, 200);
    let headers = "Last-Event-ID: 1:1\r\n";
    let live = gateway.get_with(&format!("/v1/{LEDGER}/events/live"), headers);
    let ids: Vec<&str> = live.body.lines().filter(|line| line.starts_with("id: ")).collect();
    assert_eq!(ids, ["id: 1:2"], "{live:?}");
    gateway.server().says(&["the log does not verify", "root-mismatch"]);
}
