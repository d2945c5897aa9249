//! Three servers that copy each other, with the shipped users: the leader of the log is killed under load.

use tests::binary::Serving;
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
