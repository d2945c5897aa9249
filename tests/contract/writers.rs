//! A writer in a process of its own, killed between append and answer.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use futures::StreamExt as _;
use journal::{AnyJournal, Embedded, JetStream, Journal as _, Until, read};
use tests::chain::{Chain, slug};
use tests::nats::{Nats, settings};

use crate::kit::verified;

/// Tells a process of these tests that it is a writer, and where: `embedded <folder>` or `jetstream <url>`.
const WRITER: &str = "HUBLEDGER_CONTRACT_WRITER";
const ROUNDS: usize = 8;

async fn journal(place: &str) -> AnyJournal {
    match place.split_once(' ') {
        Some(("embedded", folder)) => AnyJournal::Embedded(Embedded::open(Path::new(folder)).unwrap()),
        Some(("jetstream", url)) => {
            AnyJournal::JetStream(Box::new(JetStream::connect(settings(url)).await.unwrap()))
        }
        _ => panic!("no journal is at {place}"),
    }
}

/// The history of the log before a commit.
async fn before(journal: &AnyJournal, number: u64) -> Chain {
    let ledger = slug("azusa-usd");
    let mut reader = Chain::new(&ledger).reader();
    let mut commits = read(journal, &ledger, reader.clone(), Until::Head);
    while let Some(commit) = commits.next().await {
        let (commit, _) = commit.unwrap();
        if commit.number < number {
            reader.accept(&commit).unwrap();
        }
    }
    Chain::after(reader)
}

/// What the others start: it appends until it is killed. Started by nobody it has nothing to do.
#[tokio::test]
async fn the_writer() {
    let Some(place) = std::env::var_os(WRITER) else { return };
    let (journal, ledger) = (journal(place.to_str().unwrap()).await, slug("azusa-usd"));
    journal.open(&ledger).await.unwrap();
    let mut chain = before(&journal, u64::MAX).await;
    let word = format!("writer-{}", std::process::id());
    // The harness has begun a line.
    println!();
    loop {
        let commit = chain.next(&word, 2);
        println!("sends {} {}", commit.number, commit.id());
        journal.append(&ledger, &commit).await.unwrap();
        println!("stored {} {}", commit.number, commit.id());
    }
}

fn start(place: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "writers::the_writer", "--nocapture"]).env(WRITER, place);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// What a writer said before it was killed: what was acknowledged, and what it sent last.
struct Said {
    process: u32,
    stored: Vec<(u64, String)>,
    last: (u64, String),
}

/// Lets a writer send so many commits and kills it as it sends the last one.
fn killed_while_it_sends(place: &str, sends: usize, server: Option<&Nats>) -> Said {
    let mut child = start(place);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let (mut sent, mut stored) = (Vec::new(), Vec::new());
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["sends", number, id] => sent.push((number.parse().unwrap(), id.to_owned())),
            ["stored", number, id] => stored.push((number.parse().unwrap(), id.to_owned())),
            _ => continue,
        }
        if sent.len() == sends && stored.len() < sends {
            // With the server stopped the answer can't come, and the message waits in its socket, or was never sent.
            server.iter().for_each(|server| server.pause());
            child.kill().unwrap();
        }
    }
    let process = child.id();
    child.wait().unwrap();
    server.iter().for_each(|server| server.resume());
    Said { process, stored, last: sent.pop().unwrap() }
}

/// Kills one writer after another; each goes on from what the log holds.
async fn nothing_is_lost_or_doubled(place: &str, server: Option<&Nats>) {
    let ledger = slug("azusa-usd");
    let rounds: Vec<Said> =
        (1..=ROUNDS).map(|round| killed_while_it_sends(place, 2 * round - 1, server)).collect();
    let journal = journal(place).await;
    let last = rounds.last().unwrap();
    // Whoever holds the bytes of an append without an answer sends them again.
    let again = before(&journal, last.last.0).await.draft(&format!("writer-{}", last.process), 2);
    assert_eq!(again.id().as_str(), last.last.1);
    assert_eq!(journal.append(&ledger, &again).await, Ok(()));

    let mut log = BTreeMap::new();
    for commit in verified(&journal, &ledger).await {
        let commit = commit.unwrap();
        assert_eq!(log.insert(commit.number, commit.id().to_string()), None);
    }
    let acknowledged = rounds.iter().flat_map(|said| &said.stored);
    for (number, id) in acknowledged.clone() {
        assert_eq!(log.get(number), Some(id), "commit {number} was acknowledged");
    }
    let sent = acknowledged.chain(rounds.iter().map(|said| &said.last));
    let known: BTreeMap<&String, u64> = sent.map(|(number, id)| (id, *number)).collect();
    assert!(log.iter().all(|(number, id)| known.get(id) == Some(number)), "nobody sent something in the log");
}

#[tokio::test]
async fn a_writer_to_files_killed_before_its_answer_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    nothing_is_lost_or_doubled(&format!("embedded {}", folder.path().display()), None).await;
}

#[tokio::test]
async fn a_writer_to_a_server_killed_before_its_answer_loses_and_doubles_nothing() {
    let server = Nats::start();
    nothing_is_lost_or_doubled(&format!("jetstream {}", server.url()), Some(&server)).await;
}
