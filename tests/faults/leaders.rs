//! Three servers that copy each other, with the shipped users: the leader of the log is killed under load, or there is
//! none when a role starts.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Child;

use tests::binary::{self, Serving};
use tests::chain::slug;
use tests::cluster::Cluster;

use crate::checker::check;
use crate::kills::Place;
use crate::load::Load;
use crate::{dice, full};

#[tokio::test(flavor = "multi_thread")]
async fn leaders_are_killed_under_load() {
    let (rounds, callers) = if full() { (20, 8) } else { (2, 4) };
    let (mut dice, ledger, mut cluster) = (dice(), slug("azusa-usd"), Cluster::start());
    let place = Place::new(&ledger);
    let config = place.config(&format!(
        "url = {:?}\nreplicas = 3\nnkey_file = {:?}\n",
        cluster.url(),
        cluster.users().nkey("all")
    ));
    let server = Serving::start(&config);
    let load = Load::start(&ledger, callers, cluster.settings_of("client")).await;
    for _ in 0..rounds {
        load.progress(dice.u64(1..100)).await;
        let leader = cluster.leader_of("LEDGER_azusa-usd_1");
        cluster.node(leader).kill();
        // Two of three go on without it.
        load.progress(dice.u64(1..50)).await;
        cluster.node(leader).restart();
        cluster.wait_until_healthy();
    }
    load.progress(50).await;
    let told = load.finish().await;
    let events = check(&cluster.journal_of("recorder").await, place.origin(), &told).await;
    assert_eq!(events, 1 + told.iter().map(|caller| caller.len() as u64).sum::<u64>());
    place.is_sound(events);
    println!("{rounds} leaders killed, {events} events");
    assert_eq!(server.stop(), 0);
}

/// Tells a role's lines one by one.
fn lines(role: &str, config: &Path) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut role = binary::command(&["serve", role, "--config", config.to_str().unwrap()]).spawn().unwrap();
    let lines = BufReader::new(role.stderr.take().unwrap()).lines();
    (role, lines.map_while(Result::ok))
}

#[test]
fn a_gateway_and_a_courier_wait_for_a_leader_and_serve_once_there_is_one() {
    let (ledger, mut cluster) = (slug("azusa-usd"), Cluster::start());
    let place = Place::new(&ledger);
    for gone in [0, 1] {
        cluster.node(gone).kill();
    }
    // One of three leads nobody.
    let mut waiting: Vec<_> = ["gateway", "courier"]
        .into_iter()
        .map(|role| {
            let nkey = cluster.users().nkey(role);
            let journal = format!("url = {:?}\nreplicas = 3\nnkey_file = {nkey:?}\n", cluster.url());
            let config = place.config_of(role, &format!("{journal}[gateway]\nlisten = \"127.0.0.1:0\"\n"));
            let (child, mut lines) = lines(role, &config);
            let said: Vec<String> =
                lines.by_ref().take_while(|line| !line.contains("waiting for the log")).collect();
            assert!(said.iter().all(|line| !line.contains("serving")), "{role} {said:?}");
            (role, child, lines)
        })
        .collect();
    for back in [0, 1] {
        cluster.node(back).restart();
    }
    for (role, child, lines) in &mut waiting {
        assert!(lines.any(|line| line.contains("serving")), "{role} ended");
        binary::signal(child, "-TERM");
        assert_eq!(lines.filter(|line| line.contains("stopped")).count(), 1, "{role}");
        assert_eq!(child.wait().unwrap().code(), Some(0), "{role}");
    }
}
