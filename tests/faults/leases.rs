//! Holders of a ledger that die, stand still, or are two at once.

use async_nats::Subscriber;
use futures::StreamExt as _;
use serde_json::Value;
use serde_json::value::RawValue;
use tests::binary::Serving;
use tests::chain::slug;
use tests::nats::{Nats, settings};
use wire::ask::{Ask, Reply};
use wire::{Outcome, Receipt};

use crate::checker::check;
use crate::kills::Place;
use crate::load::{Load, act, insist, open};
use crate::{dice, full};

/// Short, so that little time is spent on waiting for those who stand still.
const LEASES: &str = "[leases]\nseconds = 1\n";
const OFF: &str = "[leases]\nenabled = false\n";

fn start(place: &Place, nats: &Nats, (role, name): (&str, &str), leases: &str) -> Serving {
    let journal = format!("url = {:?}\naccept_unchecked_sync = true\n{leases}", nats.url());
    Serving::start_role(role, &place.config_of(name, &journal))
}

/// The instance that a server is, as it said.
fn instance(server: &Serving) -> &str {
    let after = server.ready().split("instance=\"").nth(1).unwrap();
    after.split('"').next().unwrap()
}

/// Which of these holds the ledger, by the next request that another passes on.
async fn holder(nats: &Nats, servers: &[Serving]) -> usize {
    let client = nats.journal().await.client();
    let mut passed_on: Subscriber = client.subscribe("ask.recorder.*.*").await.unwrap();
    loop {
        let message = passed_on.next().await.unwrap();
        let to = message.subject.rsplit('.').next().unwrap();
        if let Some(holder) = servers.iter().position(|server| instance(server) == to) {
            return holder;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_that_is_killed_or_stands_still_loses_nothing_and_another_goes_on() {
    let (rounds, callers) = if full() { (40, 16) } else { (4, 6) };
    let (mut dice, ledger, nats) = (dice(), slug("azusa-usd"), Nats::start());
    let place = Place::new(&ledger);
    let names = ["r1", "r2"];
    let mut servers =
        names.map(|name| start(&place, &nats, ("recorder", name), LEASES)).into_iter().collect::<Vec<_>>();
    let projector = start(&place, &nats, ("projector", "p1"), LEASES);
    let load = Load::start(&ledger, callers, settings(&nats.url())).await;
    for round in 0..rounds {
        load.progress(dice.u64(1..150)).await;
        let number = holder(&nats, &servers).await;
        if round % 2 == 0 {
            servers.remove(number).kill();
            load.progress(dice.u64(30..60)).await;
            servers.insert(number, start(&place, &nats, ("recorder", names[number]), LEASES));
        } else {
            servers[number].pause();
            load.progress(dice.u64(30..60)).await;
            servers[number].resume();
        }
    }
    load.progress(100).await;
    let told = load.finish().await;
    let events = check(&nats.journal().await, place.origin(), &told).await;
    assert_eq!(events, 1 + told.iter().map(|caller| caller.len() as u64).sum::<u64>());
    place.is_sound_at("p1", events);
    println!("{rounds} faults, {events} events");
    for server in servers.into_iter().chain([projector]) {
        assert_eq!(server.stop(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_holders_at_once_lose_races_and_nothing_else() {
    let (ledger, nats) = (slug("azusa-usd"), Nats::start());
    let place = Place::new(&ledger);
    let servers = [("recorder", "r1"), ("recorder", "r2"), ("projector", "p1")]
        .map(|server| start(&place, &nats, server, OFF));
    // A caller that is refused anything ends the test.
    let load = Load::start(&ledger, 8, settings(&nats.url())).await;
    load.progress(if full() { 5_000 } else { 500 }).await;
    let told = load.finish().await;
    let events = check(&nats.journal().await, place.origin(), &told).await;
    assert_eq!(events, 1 + told.iter().map(|caller| caller.len() as u64).sum::<u64>());
    for name in ["r1", "r2"] {
        assert!(
            recorder::register::directory(&place.data(name), &ledger).exists(),
            "{name} recorded nothing"
        );
    }
    place.is_sound_at("p1", events);
    for server in servers {
        assert_eq!(server.stop(), 0);
    }
}

/// Sends a command to one instance, which does it itself; where its reply comes.
async fn send(client: &async_nats::Client, server: &Serving, command: &Value) -> Subscriber {
    let raw = RawValue::from_string(command.to_string()).unwrap();
    let ask = Ask::Submit { ledger: slug("azusa-usd"), commands: vec![raw] };
    let inbox = client.new_inbox();
    let replies = client.subscribe(inbox.clone()).await.unwrap();
    let subject = format!("ask.recorder.azusa-usd.{}", instance(server));
    client.publish_with_reply(subject, inbox, serde_json::to_vec(&ask).unwrap().into()).await.unwrap();
    client.flush().await.unwrap();
    replies
}

async fn outcome(mut replies: Subscriber) -> (bool, Receipt) {
    let reply = serde_json::from_slice(&replies.next().await.unwrap().payload).unwrap();
    let Reply::Outcomes { mut outcomes } = reply else { panic!("no outcome: {reply:?}") };
    match outcomes.remove(0) {
        Outcome::Receipt(receipt) => (false, receipt),
        Outcome::Repeated(receipt) => (true, receipt),
        other => panic!("no receipt: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_try_that_is_repeated_at_another_recorder_has_one_outcome() {
    let (ledger, nats) = (slug("azusa-usd"), Nats::start());
    let place = Place::new(&ledger);
    let [one, two] = ["r1", "r2"].map(|name| start(&place, &nats, ("recorder", name), LEASES));
    let client = nats.journal().await.client();
    let _ = insist(&client, &ledger, &[open()]).await;
    let mut told = Vec::new();
    for number in 1..=20 {
        let (id, command) = act(1, number);
        let stands_still = number % 2 == 0;
        if stands_still {
            one.pause();
        }
        let first = send(&client, &one, &command).await;
        let second = outcome(send(&client, &two, &command).await).await;
        if stands_still {
            one.resume();
        }
        let first = outcome(first).await;
        assert_eq!(first.1, second.1);
        assert_eq!(u32::from(first.0) + u32::from(second.0), 1, "one of them recorded it");
        told.push((id, second.1));
    }
    assert_eq!(check(&nats.journal().await, place.origin(), &[told]).await, 21);
    for server in [one, two] {
        assert_eq!(server.stop(), 0);
    }
}
