//! Every role does its whole work with its own nkey, through the shipped users.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use journal::bucket::{IMPORTS, Stream};
use journal::{AnyBucket, Journal as _};
use projector::Projector;
use recorder::Recorder;
use runtime::{SeededRandom, SystemClock};
use serde_json::Value;
use tests::binary::{self, Ran, Serving};
use tests::chain::slug;
use tests::commands::{LEDGER, act, open};
use tests::http::Port;
use tests::nats::Nats;
use wire::ask::{Ask, Reply};
use wire::{LedgerKeys, Outcome, Query, Submission};

use crate::kit::raw;

fn lines(commands: &[Value]) -> String {
    commands.iter().map(|command| format!("{command}\n")).collect()
}

/// A configuration under a name of its own, signed in as this role.
fn config(nats: &Nats, folder: &Path, name: &str, signed_in_as: &str) -> PathBuf {
    let path = folder.join(format!("{name}.toml"));
    let (data, url, nkey) = (folder.join(name), nats.url(), nats.users().nkey(signed_in_as));
    let text = format!(
        "data = {data:?}\nrecorder.keys_dir = {:?}\n[journal]\nkind = \"jetstream\"\nurl = {url:?}\nnkey_file = {nkey:?}\n\
         accept_unchecked_sync = true\n",
        folder.join("keys")
    );
    std::fs::write(&path, text).unwrap();
    path
}

/// Starts a role with its own nkey.
fn serving(nats: &Nats, folder: &Path, role: &str) -> Serving {
    Serving::start_role(role, &config(nats, folder, role, role))
}

#[test]
fn a_gateway_records_and_reads_with_its_own_nkey() {
    let (nats, folder) = (Nats::with_users(), tempfile::tempdir().unwrap());
    let server = serving(&nats, folder.path(), "all");
    let path = config(&nats, folder.path(), "gateway", "gateway");
    let mut text = std::fs::read_to_string(&path).unwrap();
    text.push_str("[gateway]\nlisten = \"127.0.0.1:0\"\ntokens = false\n");
    std::fs::write(&path, text).unwrap();
    let gateway = Serving::start_role("gateway", &path);
    let port = Port::of_gateway(&gateway);
    let head = "Connection: close\r\nContent-Type: application/json\r\n\
                Idempotency-Key: 00000000-0000-4000-8000-000000000001\r\n";
    let opened = port.give("POST", &format!("/v1/{LEDGER}/open-ledger"), head, &open()["body"].to_string());
    assert_eq!(opened.status, 201, "{opened:?}");
    let get = |path: &str| port.ask("GET", &format!("/v1/{LEDGER}/{path}"), "Connection: close\r\n");
    for path in [
        "head",
        "events",
        "events/1",
        "views/activity-feed?min_position=1:1",
        "commands/00000000-0000-4000-8000-000000000001",
        "reports/annual-progress?school_year=2025-26",
    ] {
        let answer = get(path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
    }
    assert_eq!((gateway.stop(), server.stop()), (0, 0));
}

#[test]
fn a_client_records_and_an_operator_reads_through_one_server() {
    let (nats, folder) = (Nats::with_users(), tempfile::tempdir().unwrap());
    let server = serving(&nats, folder.path(), "all");
    works(&nats);
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_client_records_and_an_operator_reads_through_recorder_and_projector() {
    let (nats, folder) = (Nats::with_users(), tempfile::tempdir().unwrap());
    let servers = ["recorder", "projector"].map(|role| serving(&nats, folder.path(), role));
    works(&nats);
    for server in servers {
        assert_eq!(server.stop(), 0);
    }
}

#[test]
fn two_of_each_role_share_ledgers_under_their_nkeys() {
    let (nats, folder) = (Nats::with_users(), tempfile::tempdir().unwrap());
    let all =
        [("recorder", "r1"), ("recorder", "r2"), ("projector", "p1"), ("projector", "p2"), ("all", "a1")];
    let servers =
        all.map(|(role, name)| (role, Serving::start_role(role, &config(&nats, folder.path(), name, role))));
    for (role, server) in &servers {
        server.says(&["an instance is there", if *role == "all" { "projector" } else { role }, "members=3"]);
    }
    works(&nats);
    for (_, server) in servers {
        assert_eq!(server.stop(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_see_the_log_is_not_told_it_by_a_service_either() {
    let (nats, folder) = (Nats::with_users(), tempfile::tempdir().unwrap());
    let _server = serving(&nats, folder.path(), "all");
    works(&nats);
    let client = raw(&nats, "client").await.client;
    let ask = serde_json::to_vec(&Ask::Read { ledger: slug(LEDGER), after: 0 }).unwrap();
    for role in ["recorder", "projector"] {
        let answer = client.request(format!("ask.{role}.{LEDGER}"), ask.clone().into()).await.unwrap();
        let reply: Reply = serde_json::from_slice(&answer.payload).unwrap();
        assert!(
            matches!(&reply, Reply::Failed { refusal, .. } if refusal.code == "log-not-told"),
            "{reply:?}"
        );
    }
}

#[test]
fn a_server_signed_in_as_another_role_ends_and_is_not_deaf() {
    let (nats, folder) = (Nats::with_users(), tempfile::tempdir().unwrap());
    for (role, other) in [("recorder", "projector"), ("projector", "recorder"), ("all", "client")] {
        let config = config(&nats, folder.path(), role, other);
        let ran = binary::run(&["serve", role, "--config", config.to_str().unwrap()]).ended(6);
        assert!(ran.err.contains("Permissions Violation"), "{}", ran.err);
    }
}

fn works(nats: &Nats) {
    let (url, key) = (nats.url(), |role: &str| nats.users().nkey(role).to_str().unwrap().to_owned());
    let run = |role: &str, verb: &[&str], input: &str| -> Ran {
        let place = ["--ledger", LEDGER, "--json", "--nats", &url, "--nkey", &key(role)];
        binary::run_with(&[verb, &place[..]].concat(), input)
    };
    let commands: Vec<Value> = [open()].into_iter().chain((1..=50).map(act)).collect();
    let _ = run("client", &["record", "-"], &lines(&commands)).ended(0);
    for role in ["client", "operator"] {
        let asked = ["query", "activity-feed", "--min-position", "51", "--limit", "3"];
        assert_eq!(run(role, &asked, "").ended(0).json()["head"]["position"], 51);
    }
    assert_eq!(run("operator", &["tail", "--from", "start", "--no-follow"], "").ended(0).lines().len(), 51);
    assert_eq!(run("operator", &["events"], "").ended(0).out.lines().count(), 51);
    assert_eq!(run("operator", &["replay"], "").ended(0).json()["equal"], true);
    assert_eq!(run("operator", &["verify"], "").ended(11).json()["events"], 51);
    let _ = run("operator", &["rebuild", "activity-feed"], "").ended(0);

    // What a role may not is said at once, with the cure, and not by a time-out.
    for (role, verb, what) in [
        ("operator", &["record", "-"][..], "ask.recorder.azusa-usd"),
        ("client", &["events"], "$JS.API.STREAM.NAMES"),
    ] {
        let refused = run(role, verb, &lines(&[act(60)])).ended(6);
        assert!(
            refused.err.contains("Permissions Violation") && refused.err.contains(what),
            "{}",
            refused.err
        );
        assert!(refused.err.contains("config/nats/users.conf"), "{}", refused.err);
    }
    let nobody = binary::run(&["events", "--ledger", LEDGER, "--nats", &url]).ended(6);
    assert!(nobody.err.contains("--nkey"), "{}", nobody.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_and_a_projector_need_no_more_than_their_own_nkeys() {
    let (nats, ledger) = (Nats::with_users(), slug(LEDGER));
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let keys = LedgerKeys { command: [1; 32], source: [2; 32] };
    let settings = recorder::Settings::new(folders[0].path(), slug("county"));
    let (clock, random) = (Arc::new(SystemClock::default()), Arc::new(SeededRandom::new(1)));
    let recorder = Recorder::start(nats.journal_of("recorder").await, settings.clone(), clock, random);
    let submission =
        |command: &Value| Submission::from_json(command.to_string().as_bytes(), &ledger, &keys).unwrap();
    for command in [open()].iter().chain(&(1..=20).map(act).collect::<Vec<_>>()) {
        let outcome = recorder.submit(submission(command)).await.unwrap();
        assert!(matches!(outcome, Outcome::Receipt(_)), "{outcome:?}");
    }
    let views = projector::Settings {
        data_dir: folders[1].path().to_owned(),
        deployment: slug("county"),
        flush_events: 1_000,
        cache_bytes: 16 << 20,
        wait: std::time::Duration::from_secs(30),
    };
    let projector = Projector::start(nats.journal_of("projector").await, views).await.unwrap();
    let query = Query {
        ledger: ledger.clone(),
        view: "activity-feed".to_owned(),
        filters: Default::default(),
        as_of: None,
        valid_on: None,
        min_position: Some((1, 21)),
        limit: None,
        wait: None,
    };
    assert_eq!(projector.query(&query).await.unwrap().rows.len(), 21);
    projector.stop().await;
    recorder.stop().await;

    // A recorder that starts again catches up from the log, with the same rights.
    let (clock, random) = (Arc::new(SystemClock::default()), Arc::new(SeededRandom::new(2)));
    let elsewhere = recorder::Settings { data_dir: folders[1].path().join("other"), ..settings };
    let recorder = Recorder::start(nats.journal_of("recorder").await, elsewhere, clock, random);
    assert_eq!(recorder.head(&ledger).await.unwrap().position, 21);
    recorder.stop().await;
    assert_eq!(nats.journal_of("operator").await.ledgers().await.unwrap(), [ledger]);
}

#[tokio::test]
async fn a_gateway_keeps_what_is_no_record_and_no_projector_can() {
    let nats = Nats::with_users();
    let bucket = Stream::open(&nats.journal_of("gateway").await, IMPORTS).await.unwrap();
    let bucket = AnyBucket::Stream(bucket);
    let revision = bucket.create("azul.one.status", "made".into()).await.unwrap();
    bucket.update("azul.one.status", "done".into(), revision).await.unwrap();
    assert_eq!(bucket.keys("azul").await.unwrap(), ["azul.one.status"]);
    bucket.delete_all("azul").await.unwrap();
    assert_eq!(bucket.get("azul.one.status").await.unwrap(), None);
    let stranger = Stream::open(&nats.journal_of("projector").await, IMPORTS).await.unwrap();
    assert!(AnyBucket::Stream(stranger).put("azul.one.status", "mine".into()).await.is_err());
}
