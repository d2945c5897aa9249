//! Two gateways, two recorders and two projectors, each a process of its own with an nkey of its own: any of them, the
//! broker, or the leader of the log is killed or stopped while callers send commands over HTTP.
//!
//! A caller sees a receipt or what may safely be repeated: a problem 503, or a connection that breaks. Most repeat until
//! they have the receipt, some give up. Afterwards the log has each acknowledged key once and no other twice, and the
//! gateways tell of each key what the log does.

use std::path::PathBuf;
use std::time::Duration;

use domain::Slug;
use serde_json::Value;
use tests::binary::{self, Serving};
use tests::chain::slug;
use tests::cluster::Cluster;
use tests::http::Port;
use tests::nats::{Nats, Users};
use uuid::Uuid;
use wire::Receipt;

use crate::callers::{Callers, Gateways};
use crate::checker::check;
use crate::kills::Place;
use crate::load::{insist, open};
use crate::{dice, full};

/// Longest stop of a process, in milliseconds: beyond the patience of callers.
const STOPPED_MS: std::ops::Range<u64> = 20..3_000;
/// Roles, and the names of their processes; gateways come first.
const APART: [(&str, &str); 6] = [
    ("gateway", "g1"),
    ("gateway", "g2"),
    ("recorder", "r1"),
    ("recorder", "r2"),
    ("projector", "p1"),
    ("projector", "p2"),
];

/// Six processes on one log.
struct Apart {
    place: Place,
    ledger: Slug,
    configs: Vec<PathBuf>,
    servers: Vec<Serving>,
    gateways: Gateways,
}

impl Apart {
    /// Starts all of them behind this broker, with these further lines on the log.
    fn start(ledger: &Slug, journal: &str, users: &Users) -> Self {
        let place = Place::new(ledger);
        let http = "[gateway]\nlisten = \"127.0.0.1:0\"\nrequests_per_second = 1000000\n";
        let config = |(role, name): (&str, &str)| {
            let own = format!("{journal}nkey_file = {:?}\n{http}", users.nkey(role));
            place.config_of(name, &own)
        };
        let configs: Vec<PathBuf> = APART.into_iter().map(config).collect();
        let start = |(config, (role, _)): (&PathBuf, (&str, &str))| Serving::start_role(role, config);
        let servers: Vec<Serving> = configs.iter().zip(APART).map(start).collect();
        let gateways = Gateways::new([Port::of_gateway(&servers[0]), Port::of_gateway(&servers[1])]);
        Self { place, ledger: ledger.clone(), configs, servers, gateways }
    }

    /// Kills one; the others go on without it.
    fn kill(&mut self, number: usize) {
        self.servers.remove(number).kill();
    }

    /// Starts one again, and again where it finds no leader yet, as whoever keeps it up does. A gateway has another port
    /// each time.
    fn start_again(&mut self, number: usize) {
        let arguments = ["serve", APART[number].0, "--config", self.configs[number].to_str().unwrap()];
        let server = loop {
            match Serving::spawn(binary::command(&arguments)) {
                Ok(server) => break server,
                Err(said) => {
                    assert!(said.iter().any(|line| line.contains("the log can't be reached")), "{said:?}");
                }
            }
        };
        if APART[number].0 == "gateway" {
            self.gateways.moved(number, Port::of_gateway(&server));
        }
        self.servers.insert(number, server);
    }

    /// Holds what callers were told against what gateways tell now, and against the log.
    async fn is_sound(&mut self, callers: Callers, first: (Uuid, Receipt), journal: &impl journal::Journal) {
        let told = callers.finish();
        // What somebody gave up may still be on its way; a gateway that stops finishes it.
        for number in 0..2 {
            assert_eq!(self.servers.remove(number).stop(), 0);
            self.start_again(number);
        }
        let (mut known, mut given_up, mut never) = (vec![vec![first]], 0, 0);
        for caller in told {
            for (id, receipt) in &caller.acknowledged {
                assert_eq!(self.gateways.receipt(*id).as_ref(), Some(receipt), "{id}");
            }
            for id in caller.given_up {
                given_up += 1;
                match self.gateways.receipt(id) {
                    Some(receipt) => known.push(vec![(id, receipt)]),
                    None => never += 1,
                }
            }
            known.push(caller.acknowledged);
        }
        let events = check(journal, self.place.origin(), &known).await;
        // Beside the token, so what no receipt is known of is not in the log.
        assert_eq!(events, 1 + known.iter().map(|caller| caller.len() as u64).sum::<u64>());
        self.place.is_sound_at("p1", events);
        self.place.is_sound_at("p2", events);
        println!("{events} events; {given_up} keys given up, {never} of them not recorded");
        for server in self.servers.drain(..) {
            assert_eq!(server.stop(), 0);
        }
    }

    /// Makes a token, as a client that only NATS knows.
    fn token(&mut self, url: &str, users: &Users) {
        let made = binary::run(&[
            "token",
            "new",
            "--json",
            "--ledger",
            self.ledger.as_str(),
            "--nats",
            url,
            "--nkey",
            users.nkey("client").to_str().unwrap(),
            "--label",
            "Night job",
            "--actor",
            "svc:sis",
            "--scope",
            "read",
            "--scope",
            "write",
        ]);
        let made: Value = made.ended(0).json();
        self.gateways.token(&self.ledger, made["token"].as_str().unwrap());
    }
}

/// Opens the ledger, whose receipt comes back, and has a token granted.
async fn begin(
    apart: &mut Apart,
    client: &journal::JetStream,
    (url, users): (&str, &Users),
) -> (Uuid, Receipt) {
    let receipt = insist(&client.client(), &apart.ledger, &[open()]).await.remove(0);
    apart.token(url, users);
    (Uuid::from_u128(1), receipt)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_over_http_is_lost_or_doubled_whichever_process_dies() {
    let (rounds, callers) = if full() { (80, 12) } else { (8, 4) };
    let (mut dice, ledger, mut nats) = (dice(), slug("azusa-usd"), Nats::with_users());
    let journal = format!("url = {:?}\naccept_unchecked_sync = true\n", nats.url());
    let mut apart = Apart::start(&ledger, &journal, nats.users());
    let client = nats.journal_of("client").await;
    let (url, users) = (nats.url(), nats.users());
    let first = begin(&mut apart, &client, (&url, users)).await;
    let load = Callers::start(&apart.gateways, callers);
    for round in 0..rounds {
        load.progress(dice.u64(1..100));
        // In the short run each process is killed once, and the broker killed and stopped.
        let act = if round < 8 { round } else { dice.usize(0..10) };
        match act {
            0..6 => {
                apart.kill(act);
                load.progress(dice.u64(1..30));
                apart.start_again(act);
            }
            6 => {
                nats.kill();
                load.quiet(Duration::from_millis(dice.u64(STOPPED_MS)) / 8);
                nats.restart();
            }
            7 => {
                nats.pause();
                load.quiet(Duration::from_millis(dice.u64(STOPPED_MS)));
                nats.resume();
            }
            _ => {
                let number = dice.usize(0..APART.len());
                apart.servers[number].pause();
                load.quiet(Duration::from_millis(dice.u64(STOPPED_MS)));
                apart.servers[number].resume();
            }
        }
    }
    load.progress(50);
    let journal = nats.journal_of("recorder").await;
    apart.is_sound(load, first, &journal).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_over_http_is_lost_or_doubled_when_leaders_of_three_die() {
    let (rounds, callers) = if full() { (20, 8) } else { (2, 4) };
    let (mut dice, ledger, mut cluster) = (dice(), slug("azusa-usd"), Cluster::start());
    let journal = format!("url = {:?}\nreplicas = 3\n", cluster.url());
    let mut apart = Apart::start(&ledger, &journal, cluster.users());
    let client = cluster.journal_of("client").await;
    let (url, users) = (cluster.url(), cluster.users());
    let first = begin(&mut apart, &client, (&url, users)).await;
    let load = Callers::start(&apart.gateways, callers);
    for round in 0..rounds {
        load.progress(dice.u64(1..60));
        let leader = cluster.leader_of("LEDGER_azusa-usd_1");
        cluster.node(leader).kill();
        // Two of three go on without it, also while a process is missing.
        load.progress(dice.u64(1..30));
        let number = if round == 0 { 0 } else { dice.usize(0..APART.len()) };
        apart.kill(number);
        load.progress(dice.u64(1..30));
        apart.start_again(number);
        cluster.node(leader).restart();
        cluster.wait_until_healthy();
    }
    load.progress(30);
    let journal = cluster.journal_of("recorder").await;
    apart.is_sound(load, first, &journal).await;
}
