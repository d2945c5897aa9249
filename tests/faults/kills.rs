//! Server and broker, killed and stopped at any moment under load.

use std::path::PathBuf;
use std::time::Duration;

use domain::Slug;
use serde_json::json;
use tests::binary::{self, Serving};
use tests::chain::slug;
use tests::nats::{Nats, settings};
use wire::Origin;

use crate::checker::check;
use crate::load::Load;
use crate::{dice, full};

/// Longest stop of a process: beyond the patience of callers, and beyond that of the broker's clients.
const STOPPED_MS: std::ops::Range<u64> = 20..4_000;

/// A data directory for `serve`.
pub struct Place {
    folder: tempfile::TempDir,
    ledger: Slug,
}

impl Place {
    /// Nothing there yet.
    pub fn new(ledger: &Slug) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), ledger: ledger.clone() }
    }

    /// A configuration on this log for the only server.
    pub fn config(&self, journal: &str) -> PathBuf {
        self.config_of("data", journal)
    }

    /// The same for one of several, which share the ledgers' keys.
    pub fn config_of(&self, name: &str, journal: &str) -> PathBuf {
        let path = self.folder.path().join(format!("{name}.toml"));
        let (data, keys) = (self.data(name), self.folder.path().join("keys"));
        let text = format!(
            "data = {data:?}\nrecorder.keys_dir = {keys:?}\n[journal]\nkind = \"jetstream\"\n{journal}"
        );
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The data directory of one of several.
    pub fn data(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The log verifies against the heads that the server remembers, and its views are those of a fresh fold.
    pub fn is_sound(&self, events: u64) {
        self.is_sound_at("data", events);
    }

    /// The same for one of several.
    pub fn is_sound_at(&self, name: &str, events: u64) {
        let data = self.data(name);
        let run = |verb: &str| {
            let place = ["--ledger", self.ledger.as_str(), "--json", "--data", data.to_str().unwrap()];
            loop {
                let ran = binary::run(&[&[verb][..], &place].concat());
                // Three servers may be between two leaders for a moment, and say that they can't be reached.
                if ran.code != 5 {
                    return ran.ended(0).json();
                }
            }
        };
        let verified = run("verify");
        assert_eq!((&verified["verdict"], &verified["events"]), (&json!("verified"), &json!(events)));
        assert_eq!(run("replay")["equal"], true);
    }

    /// Whose events these are.
    pub fn origin(&self) -> Origin {
        Origin { deployment: slug("local"), ledger: self.ledger.clone() }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_and_its_broker_are_killed_and_stopped_at_any_moment() {
    let (rounds, callers) = if full() { (80, 16) } else { (6, 6) };
    let (mut dice, ledger, mut nats) = (dice(), slug("azusa-usd"), Nats::start());
    let place = Place::new(&ledger);
    let config = place.config(&format!("url = {:?}\naccept_unchecked_sync = true\n", nats.url()));
    let mut server = Serving::start(&config);
    let load = Load::start(&ledger, callers, settings(&nats.url())).await;
    for round in 0..rounds {
        load.progress(dice.u64(1..150)).await;
        let stopped = Duration::from_millis(dice.u64(STOPPED_MS));
        // In the short run each happens at least once.
        match if round < 4 { round } else { dice.u32(0..5) } {
            0 => {
                server.kill();
                server = Serving::start(&config);
            }
            1 => {
                nats.kill();
                load.quiet(stopped / 8).await;
                nats.restart();
            }
            2 => {
                server.pause();
                load.quiet(stopped).await;
                server.resume();
            }
            3 => {
                nats.pause();
                load.quiet(stopped).await;
                nats.resume();
            }
            _ => {
                nats.kill();
                server.kill();
                nats.restart();
                server = Serving::start(&config);
            }
        }
    }
    load.progress(100).await;
    let told = load.finish().await;
    let events = check(&nats.journal().await, place.origin(), &told).await;
    assert_eq!(events, 1 + told.iter().map(|caller| caller.len() as u64).sum::<u64>());
    place.is_sound(events);
    println!("{rounds} faults, {events} events");
    assert_eq!(server.stop(), 0);
}

/// What is told of the processes of one deployment.
const APART: [(&str, &str); 4] =
    [("recorder", "r1"), ("recorder", "r2"), ("projector", "p1"), ("projector", "p2")];

#[tokio::test(flavor = "multi_thread")]
async fn two_recorders_and_two_projectors_survive_each_other_s_death() {
    let (rounds, callers) = if full() { (80, 16) } else { (6, 6) };
    let (mut dice, ledger, mut nats) = (dice(), slug("azusa-usd"), Nats::start());
    let place = Place::new(&ledger);
    let journal = format!("url = {:?}\naccept_unchecked_sync = true\n", nats.url());
    let configs = APART.map(|(_, name)| place.config_of(name, &journal));
    let start = |number: usize| Serving::start_role(APART[number].0, &configs[number]);
    let mut servers: Vec<Serving> = (0..APART.len()).map(start).collect();
    let load = Load::start(&ledger, callers, settings(&nats.url())).await;
    for round in 0..rounds {
        load.progress(dice.u64(1..150)).await;
        // In the short run each process is killed at least once.
        let (number, act) = if round < 4 { (round, 0) } else { (dice.usize(0..4), dice.u32(0..4)) };
        match act {
            0 => {
                servers.remove(number).kill();
                // The others go on without it.
                load.progress(dice.u64(1..50)).await;
                servers.insert(number, start(number));
            }
            1 => {
                servers[number].pause();
                load.quiet(Duration::from_millis(dice.u64(STOPPED_MS))).await;
                servers[number].resume();
            }
            2 => {
                nats.kill();
                nats.restart();
            }
            _ => {
                nats.pause();
                load.quiet(Duration::from_millis(dice.u64(STOPPED_MS))).await;
                nats.resume();
            }
        }
    }
    load.progress(100).await;
    let told = load.finish().await;
    let events = check(&nats.journal().await, place.origin(), &told).await;
    assert_eq!(events, 1 + told.iter().map(|caller| caller.len() as u64).sum::<u64>());
    place.is_sound_at("p1", events);
    place.is_sound_at("p2", events);
    println!("{rounds} faults, {events} events");
    for server in servers {
        assert_eq!(server.stop(), 0);
    }
}
