//! Stores without room: a broker's, and a file of the embedded journal.

use std::sync::Arc;

use recorder::{Error, Recorder, Settings};
use runtime::{SeededRandom, SystemClock};
use serde_json::{Value, json};
use tests::binary::{self, Serving};
use tests::chain::slug;
use tests::nats::Nats;
use wire::{LedgerKeys, Origin, Outcome, Submission};

use crate::checker::check;
use crate::load::{act, open};

const KEYS: LedgerKeys = LedgerKeys { command: [1; 32], source: [2; 32] };

#[tokio::test]
async fn a_broker_without_room_refuses_for_certain_and_goes_on_when_it_has_some() {
    let (mut nats, ledger) = (Nats::start_with("max_file_store: 1MB"), slug("azusa-usd"));
    let folder = tempfile::tempdir().unwrap();
    let (clock, random) = (Arc::new(SystemClock::default()), Arc::new(SeededRandom::new(1)));
    let settings = Settings::new(folder.path(), slug("local"));
    let recorder = Recorder::start(nats.journal().await, settings, clock, random);
    let read =
        |command: &Value| Submission::from_json(command.to_string().as_bytes(), &ledger, &KEYS).unwrap();
    let _ = recorder.submit(read(&open())).await.unwrap();
    let (mut told, mut refused) = (Vec::new(), Vec::new());
    for number in 1.. {
        let acts: Vec<_> = (1..=100).map(|n| act(number, n)).collect();
        let submissions = acts.iter().map(|(_, command)| read(command)).collect();
        for ((id, command), outcome) in acts.into_iter().zip(recorder.submit_all(&ledger, submissions).await)
        {
            match outcome {
                Ok(Outcome::Receipt(receipt)) => told.push((id, receipt)),
                Err(Error::Journal { reason, .. }) => {
                    assert!(reason.contains("no room"), "{reason}");
                    refused.push((id, command));
                }
                other => panic!("neither receipt nor failure: {other:?}"),
            }
        }
        if !refused.is_empty() {
            break;
        }
    }
    // What was recorded can still be asked for while there is no room.
    let (_, first) = act(1, 1);
    assert!(matches!(recorder.submit(read(&first)).await, Ok(Outcome::Repeated(_))));
    nats.restart_with("max_file_store: 100MB");
    for (id, command) in refused {
        let outcome = loop {
            match recorder.submit(read(&command)).await {
                Ok(outcome) => break outcome,
                // Until the recorder has found the broker again.
                Err(error) => assert!(matches!(error, Error::Journal { .. }), "{error}"),
            }
        };
        match outcome {
            Outcome::Receipt(receipt) => told.push((id, receipt)),
            other => panic!("what was refused was not recorded: {other:?}"),
        }
    }
    recorder.stop().await;
    let origin = Origin { deployment: slug("local"), ledger };
    assert_eq!(check(&nats.journal().await, origin, &[told.clone()]).await, 1 + told.len() as u64);
}

/// No file of its may grow beyond this, in blocks of 512 bytes; the rest of the server needs less.
const BLOCKS: u32 = 4_096;

#[test]
fn a_file_without_room_is_a_failure_that_can_be_repeated_and_the_log_stays_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (config, data) = (folder.path().join("hubledger.toml"), folder.path().join("data"));
    std::fs::write(&config, format!("data = {data:?}\n")).unwrap();
    let place = ["--ledger", "azusa-usd", "--json", "--data", data.to_str().unwrap()];
    let record = |commands: &[Value]| {
        let lines: String = commands.iter().map(|command| format!("{command}\n")).collect();
        binary::run_with(&[&["record", "-"][..], &place].concat(), &lines)
    };
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", &format!("trap '' XFSZ; ulimit -f {BLOCKS}; exec \"$0\" \"$@\"")]);
    limited.arg(binary::path()).args(["serve", "all", "--config", config.to_str().unwrap()]);
    limited.stdin(std::process::Stdio::null()).stderr(std::process::Stdio::piped());
    let server = Serving::spawn(limited).unwrap();
    let _ = record(&[open()]).ended(0);
    let mut receipts = Vec::new();
    let mut sent = Vec::new();
    for caller in 1.. {
        let commands: Vec<Value> = (1..=200).map(|number| act(caller, number).1).collect();
        let ran = record(&commands);
        sent.push(commands);
        receipts.extend(ran.lines());
        if ran.code != 0 {
            assert!(ran.code == 5 && ran.err.contains("log"), "{ran:?}");
            break;
        }
    }
    assert!(receipts.len() > 1_000, "{}", receipts.len());
    server.kill();

    let server = Serving::start(&config);
    let again: Vec<Value> = sent.iter().flat_map(|commands| record(commands).ended(0).lines()).collect();
    for (first, again) in receipts.iter().zip(&again) {
        assert_eq!(first["receipt"], again["receipt"]);
        assert_eq!(again["repeated"], true);
    }
    let run = |verb: &str| binary::run(&[&[verb][..], &place].concat()).ended(0).json();
    assert_eq!(run("verify")["events"], json!(1 + 200 * sent.len()));
    assert_eq!(run("replay")["equal"], true);
    assert_eq!(server.stop(), 0);
}
