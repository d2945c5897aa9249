//! Killed in the middle of recording: nothing acknowledged is lost, nothing is doubled, and the views follow.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::{Value, json};
use tests::binary::{self, Serving};
use tests::nats::Nats;

use crate::kit::{LEDGER, Place, act, open, record};

const COMMANDS: u32 = 3_000;

/// `record` with many commands on its stdin.
fn recording(to: &[&str]) -> Child {
    let arguments = [&["record", "--ledger", LEDGER, "--json", "-"], to].concat();
    let mut child = binary::command(&arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::spawn(move || {
        for number in 1..=COMMANDS {
            // It may be killed before it has read everything.
            if writeln!(stdin, "{}", act(number)).is_err() {
                break;
            }
        }
    });
    child
}

/// Reads so many receipts.
fn receipts(child: &mut Child, count: usize) -> Vec<Value> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.take(count).map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect()
}

/// Sends everything again and sees that each command was recorded once, and that the views follow from the log.
fn settled(place: &Place, to: &[&str], seen: &[Value]) {
    let commands: Vec<Value> = (1..=COMMANDS).map(act).collect();
    let again = record(to, &commands).ended(0).lines();
    for (first, again) in seen.iter().zip(&again) {
        assert_eq!(first["receipt"], again["receipt"]);
        assert_eq!(again["repeated"], true);
    }
    let verified = place.run(&["verify"]).ended(0).json();
    assert_eq!((&verified["verdict"], &verified["events"]), (&json!("verified"), &json!(1 + COMMANDS)));
    assert_eq!(place.run(&["replay"]).ended(0).json()["equal"], true);
}

#[test]
fn a_verb_killed_while_it_records_can_be_run_again() {
    let place = Place::opened();
    let data = place.data();
    let to = ["--data", data.to_str().unwrap()];
    for count in [1, 700, 1_600] {
        let mut child = recording(&to);
        let seen = receipts(&mut child, count);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(seen.len(), count);
        assert_eq!(place.run(&["replay"]).ended(0).json()["equal"], true);
    }
    settled(&place, &to, &[]);
}

/// Kills the server under a recording client a few times.
fn survives_kills(place: &Place, config: &Path, to: &[&str]) {
    let server = Serving::start(config);
    let _ = record(to, &[open()]).ended(0);
    let mut server = Some(server);
    let mut seen = Vec::new();
    for count in [1, 900, 2_000] {
        let serving = server.take().unwrap_or_else(|| Serving::start(config));
        let mut child = recording(to);
        let told = receipts(&mut child, count);
        serving.kill();
        let _ = child.kill();
        child.wait().unwrap();
        for (first, again) in seen.iter().zip(&told) {
            let (first, again): (&Value, &Value) = (first, again);
            assert_eq!(first["receipt"], again["receipt"]);
        }
        if told.len() > seen.len() {
            seen = told;
        }
    }
    let server = Serving::start(config);
    settled(place, to, &seen);
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_server_on_the_embedded_journal_survives_kills_under_load() {
    let place = Place::empty();
    let data = place.data();
    survives_kills(&place, &place.config(""), &["--data", data.to_str().unwrap()]);
}

#[test]
fn a_server_on_jetstream_survives_kills_under_load() {
    let (place, nats) = (Place::empty(), Nats::start());
    let journal =
        format!("[journal]\nkind = \"jetstream\"\nurl = {:?}\naccept_unchecked_sync = true\n", nats.url());
    let url = nats.url();
    survives_kills(&place, &place.config(&journal), &["--nats", &url]);
}

#[test]
fn verbs_work_through_nats_alone() {
    let (place, nats) = (Place::empty(), Nats::start());
    let journal =
        format!("[journal]\nkind = \"jetstream\"\nurl = {:?}\naccept_unchecked_sync = true\n", nats.url());
    let config = place.config(&journal);
    let url = nats.url();
    let on = |verb: &[&str]| binary::run(&[verb, &["--ledger", LEDGER, "--json", "--nats", &url]].concat());
    let asked = on(&["query", "activity-feed"]).ended(5);
    assert!(asked.err.contains("hubledger serve all"), "{}", asked.err);

    let server = Serving::start(&config);
    let _ = record(&["--nats", &url], &[open(), act(1), act(2)]).ended(0);
    let answer = on(&["query", "activity-feed", "--min-position", "3"]).ended(0).json();
    assert_eq!(answer["rows"].as_array().unwrap().len(), 3);
    assert_eq!(on(&["tail", "--no-follow"]).ended(0).lines().len(), 3);
    assert_eq!(on(&["events"]).ended(0).out.lines().count(), 3);
    assert_eq!(on(&["replay"]).ended(0).json()["equal"], true);
    // Nobody remembers a head over NATS alone; a receipt does.
    assert_eq!(on(&["verify"]).ended(11).json()["verdict"], "incomplete");
    let receipt = record(&["--nats", &url], &[act(2)]).ended(0).lines().remove(0);
    let head = crate::kit::write_json(&place.data(), "receipt.json", &receipt);
    assert_eq!(on(&["verify", "--head", &head]).ended(0).json()["verdict"], "verified");
    assert_eq!(server.stop(), 0);
}
