//! A reader in another language, with nothing of ours: a NATS client, a CloudEvents parser and SHA-256.
//!
//! `watch.py` is that reader, one page. It needs the format and no library, and what it computes from the bytes is
//! what `hubledger` says.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use async_nats::HeaderMap;
use serde_json::{Value, json};
use tests::binary::{self, Serving};
use tests::commands::{LEDGER, act, command};
use tests::nats::Nats;
use tests::python;

fn watch(arguments: &[&str]) -> std::process::Command {
    let mut command = python::script("tests/watch/watch.py");
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A ledger with words that are not ASCII, sites, and acts.
fn commands() -> Vec<Value> {
    let policy = json!({ "suppress_under": 11, "late_days_max": 36500 });
    let owner = json!({
        "owner": "Unión Escolar de Azusa – «Ñandú» 🏫", "cds": "19642790000000",
        "time_zone": "America/Los_Angeles", "starts": "2025-07-01", "policy": policy,
    });
    let site = |number: u32| {
        let details = json!({ "name": format!("Escuela \"№ {number}\" \\ 学校"), "cds": format!("1964279{number:07}"), "city": "Azusa" });
        let id = format!("00000000-0000-4000-9000-{number:012}");
        command(
            "register-site",
            100 + number,
            json!({ "id": id, "effective": "2020-07-01", "details": details }),
        )
    };
    let opened = [command("open-ledger", 1, owner)];
    opened.into_iter().chain((1..=20).map(site)).chain((1..=300).map(act)).collect()
}

/// Starts a server and records.
fn recorded(nats: &Nats, folder: &std::path::Path, commands: &[Value]) -> Serving {
    let config = folder.join("hubledger.toml");
    let (data, url) = (folder.join("data"), nats.url());
    let journal = format!("[journal]\nkind = \"jetstream\"\nurl = {url:?}\naccept_unchecked_sync = true\n");
    std::fs::write(&config, format!("data = {data:?}\n{journal}")).unwrap();
    let serving = Serving::start(&config);
    record(nats, commands);
    serving
}

fn record(nats: &Nats, commands: &[Value]) {
    let lines: String = commands.iter().map(|command| format!("{command}\n")).collect();
    let _ = binary::run_with(&["record", "--ledger", LEDGER, "--json", "--nats", &nats.url(), "-"], &lines)
        .ended(0);
}

#[test]
fn a_reader_with_nothing_of_ours_recomputes_ids_leaves_and_root_from_the_bytes() {
    let (nats, folder) = (Nats::start(), tempfile::tempdir().unwrap());
    // In three goes, so that there are commits of one event and of many.
    let commands = commands();
    let (first, rest) = commands.split_at(30);
    let _serving = recorded(&nats, folder.path(), &first[..1]);
    record(&nats, first);
    record(&nats, rest);
    let read = watch(&["log", &nats.url(), LEDGER, "1"]).output().unwrap();
    assert!(read.status.success(), "{read:?}");
    let theirs: Value = serde_json::from_slice(&read.stdout).unwrap();
    let data = folder.path().join("data");
    let place = ["--ledger", LEDGER, "--json", "--data", data.to_str().unwrap()];
    let ours = binary::run(&[&["verify"][..], &place].concat()).ended(0).json();
    assert_eq!(theirs["events"], commands.len());
    for member in ["commits", "events", "root"] {
        assert_eq!(theirs[member], ours[member], "{member}");
    }
    // A receipt names the commit that the reader has computed the id of.
    let again =
        binary::run_with(&[&["record", "-"][..], &place].concat(), &commands[320].to_string()).ended(0);
    let receipt = again.json()["receipt"].clone();
    let number = receipt["commit"].as_u64().unwrap() as usize;
    assert_eq!(theirs["ids"][number - 1], receipt["commit_id"]);
}

#[test]
fn a_watcher_follows_the_live_feed_by_wildcard() {
    let (nats, folder) = (Nats::start(), tempfile::tempdir().unwrap());
    let commands = commands();
    let _serving = recorded(&nats, folder.path(), &commands[..1]);
    let follow = |subject: &str, count: usize| {
        let mut child = watch(&["follow", &nats.url(), subject, &count.to_string()]).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert_eq!(lines.next().unwrap(), "following");
        (child, lines)
    };
    let (mut all, everything) = follow("events.>", 50);
    let (mut some, sites) = follow("events.*.site-registered", 20);
    record(&nats, &commands[1..51]);
    let read = |lines: &mut dyn Iterator<Item = String>| -> Vec<Value> {
        lines.map(|line| serde_json::from_str(&line).unwrap()).collect()
    };
    let (everything, sites) = (read(&mut { everything }), read(&mut { sites }));
    assert!(all.wait().unwrap().success() && some.wait().unwrap().success());
    for (position, told) in (2..).zip(&everything) {
        let event = &told["event"];
        let named = if position <= 21 { ("site-registered", "site") } else { ("operator-acted", "ledger") };
        assert_eq!(event["position"], position);
        assert_eq!(told["subject"], format!("events.{LEDGER}.{}", named.0));
        assert_eq!(
            (&event["type"], &event["kind"]),
            (&json!(format!("hubledger.{}.v1", named.0)), &json!(named.1))
        );
        // Nothing about people or things: no id, no actor, no data.
        let members: Vec<&String> = event.as_object().unwrap().keys().collect();
        assert_eq!(members, ["kind", "position", "time", "type"]);
    }
    assert_eq!(sites[..], everything[..20]);
}

#[tokio::test]
async fn the_same_reader_notices_a_changed_byte() {
    let (nats, folder) = (Nats::start(), tempfile::tempdir().unwrap());
    let serving = recorded(&nats, folder.path(), &commands()[..40]);
    assert_eq!(serving.stop(), 0);
    let journal = nats.journal().await;
    let context = async_nats::jetstream::new(journal.client());
    let stream = context.get_stream(format!("LEDGER_{LEDGER}_1")).await.unwrap();
    let last = stream.cached_info().state.last_sequence;
    // The whole log once more on another server, its last message with a digit changed.
    let other = Nats::start();
    let forged = async_nats::jetstream::new(other.journal().await.client());
    forged.create_stream(stream.cached_info().config.clone()).await.unwrap();
    for sequence in 1..=last {
        let message = stream.get_raw_message(sequence).await.unwrap();
        let mut body = message.payload.to_vec();
        if sequence == last {
            let at = body.windows(5).position(|bytes| bytes == b"drill").unwrap();
            body[at] = b'D';
        }
        let headers: HeaderMap = message.headers;
        let sent =
            forged.publish_with_headers(format!("ledger.{LEDGER}.1"), headers, body.into()).await.unwrap();
        sent.await.unwrap();
    }
    let read = watch(&["log", &other.url(), LEDGER, "1"]).output().unwrap();
    let said = String::from_utf8_lossy(&read.stderr).into_owned();
    assert!(!read.status.success() && said.contains("a commit id is"), "{said}");
    let read = watch(&["log", &nats.url(), LEDGER, "1"]).output().unwrap();
    assert!(read.status.success(), "{read:?}");
}
