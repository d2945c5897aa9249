//! Slow disks: syncs of the embedded journal that take long, and a broker that stands still again and again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use domain::Slug;
use journal::Embedded;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tests::binary::{self, Serving};
use tests::chain::slug;
use tests::nats::{Nats, settings};
use wire::ask::{Ask, Reply};
use wire::{Origin, Outcome, Receipt};

use crate::checker::check;
use crate::kills::Place;
use crate::load::{Load, Told, act, open};
use crate::{dice, full};

/// Compiles the library that makes syncs slow.
fn slow_sync(folder: &Path) -> PathBuf {
    let (source, library) =
        (tests::nats::root().join("tests/faults/slow_sync.c"), folder.join("slow_sync.so"));
    let mut compile = Command::new("cc");
    compile.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"]).arg(&library).arg(source);
    let compiled = compile.output().unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    library
}

/// One who asks through the local socket, one command at a time.
struct Caller {
    socket: PathBuf,
    stream: UnixStream,
}

impl Caller {
    fn new(socket: &Path) -> Self {
        Self { socket: socket.to_owned(), stream: UnixStream::connect(socket).unwrap() }
    }

    fn send(&mut self, command: &Value) {
        let raw = RawValue::from_string(command.to_string()).unwrap();
        let ask =
            serde_json::to_vec(&Ask::Submit { ledger: slug("azusa-usd"), commands: vec![raw] }).unwrap();
        self.stream.write_all(&u32::try_from(ask.len()).unwrap().to_be_bytes()).unwrap();
        self.stream.write_all(&ask).unwrap();
    }

    fn receive(&mut self) -> Reply {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).unwrap();
        let mut reply = vec![0; u32::from_be_bytes(length) as usize];
        self.stream.read_exact(&mut reply).unwrap();
        serde_json::from_slice(&reply).unwrap()
    }

    /// Goes away in the middle and comes back.
    fn come_back(&mut self) {
        *self = Self::new(&self.socket);
    }

    /// Asks until there is a receipt; whether it is the first of this command.
    fn insist(&mut self, command: &Value) -> (bool, Receipt) {
        loop {
            self.send(command);
            match self.receive() {
                Reply::Outcomes { mut outcomes } => match outcomes.remove(0) {
                    Outcome::Receipt(receipt) => return (true, receipt),
                    Outcome::Repeated(receipt) => return (false, receipt),
                    other => panic!("no receipt: {other:?}"),
                },
                Reply::Failed { refusal, repeat } => assert!(repeat, "{refusal:?}"),
                other => panic!("no outcome: {other:?}"),
            }
        }
    }
}

/// Sends so many commands; some twice, and some from which it runs away first.
fn call(socket: &Path, caller: u64, commands: u64) -> Told {
    let (mut asking, mut told) = (Caller::new(socket), Told::new());
    for number in 1..=commands {
        let (id, command) = act(caller, number);
        let runs_away = (number + caller).is_multiple_of(5);
        if runs_away {
            asking.send(&command);
            asking.come_back();
        }
        let (first, receipt) = asking.insist(&command);
        assert!(first || runs_away);
        if number.is_multiple_of(4) {
            assert_eq!(asking.insist(&command), (false, receipt.clone()), "one command, one outcome");
        }
        told.push((id, receipt));
    }
    told
}

/// Who has events in which commit.
fn callers_of_commits(told: &[Told]) -> BTreeMap<u64, BTreeSet<u64>> {
    let mut commits: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    for (id, receipt) in told.iter().flatten() {
        commits.entry(receipt.commit).or_default().insert(id.as_u64_pair().0);
    }
    commits
}

#[test]
fn on_a_slow_disk_commands_share_syncs_and_each_has_one_outcome() {
    let (callers, commands) = if full() { (32, 60) } else { (12, 12) };
    let (folder, ledger) = (tempfile::tempdir().unwrap(), slug("azusa-usd"));
    let (config, data) = (folder.path().join("hubledger.toml"), folder.path().join("data"));
    std::fs::write(&config, format!("data = {data:?}\n")).unwrap();
    let mut slow = binary::command(&["serve", "all", "--config", config.to_str().unwrap()]);
    slow.env("LD_PRELOAD", slow_sync(folder.path()));
    let server = Serving::spawn(slow).unwrap();
    let socket = data.join("hubledger.sock");
    assert!(Caller::new(&socket).insist(&open()).0);
    let told: Vec<Told> = std::thread::scope(|scope| {
        let call = |caller| {
            let socket = &socket;
            scope.spawn(move || call(socket, caller, commands))
        };
        let calls: Vec<_> = (1..=callers).map(call).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    server.says(&["slow disk: fdatasync took"]);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let origin = Origin { deployment: slug("local"), ledger: ledger.clone() };
    let events = runtime.block_on(check(&Embedded::open_read_only(&data), origin, &told));
    assert_eq!(events, 1 + callers * commands);
    let commits = callers_of_commits(&told);
    println!("{events} events in {} commits", commits.len());
    assert!((commits.len() as u64) < callers * commands, "groups form");
    assert!(commits.values().any(|callers| callers.len() > 1), "of several callers");
    is_sound(&data, &ledger, events);
    assert_eq!(server.stop(), 0);
}

/// The log verifies, and the views are those of a fresh fold.
fn is_sound(data: &Path, ledger: &Slug, events: u64) {
    let place = ["--ledger", ledger.as_str(), "--json", "--data", data.to_str().unwrap()];
    let run = |verb: &str| binary::run(&[&[verb], &place[..]].concat()).ended(0).json();
    let verified = run("verify");
    assert_eq!((&verified["verdict"], &verified["events"]), (&json!("verified"), &json!(events)));
    assert_eq!(run("replay")["equal"], true);
}

/// How long a broker stands still: shorter than the patience of anybody.
const PULSE_MS: std::ops::Range<u64> = 5..300;

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_stands_still_again_and_again_is_slow_and_nothing_else() {
    let (pulses, callers) = if full() { (400, 16) } else { (30, 6) };
    let (mut dice, ledger, nats) = (dice(), slug("azusa-usd"), Nats::start());
    let place = Place::new(&ledger);
    let config = place.config(&format!("url = {:?}\naccept_unchecked_sync = true\n", nats.url()));
    let server = Serving::start(&config);
    let load = Load::start(&ledger, callers, settings(&nats.url())).await;
    for _ in 0..pulses {
        load.progress(dice.u64(1..20)).await;
        nats.pause();
        load.quiet(Duration::from_millis(dice.u64(PULSE_MS))).await;
        nats.resume();
    }
    load.progress(20).await;
    let told = load.finish().await;
    let events = check(&nats.journal().await, place.origin(), &told).await;
    assert_eq!(events, 1 + told.iter().map(|caller| caller.len() as u64).sum::<u64>());
    let commits = callers_of_commits(&told);
    println!("{pulses} pulses, {events} events in {} commits", commits.len());
    assert!((commits.len() as u64) < events - 1, "groups form");
    assert!(commits.values().any(|callers| callers.len() > 1), "of several callers");
    place.is_sound(events);
    assert_eq!(server.stop(), 0);
}
