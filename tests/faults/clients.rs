//! Callers that vanish in the middle of a request.

use std::io::Write as _;
use std::os::unix::net::UnixStream;

use tests::binary::Serving;
use tests::chain::slug;
use tests::nats::Nats;
use wire::ask::Ask;

use crate::checker::check;
use crate::kills::Place;
use crate::load::{act, insist, open};

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_vanishes_harms_nobody_and_can_come_back() {
    let (nats, ledger) = (Nats::start(), slug("azusa-usd"));
    let place = Place::new(&ledger);
    let config = place.config(&format!("url = {:?}\naccept_unchecked_sync = true\n", nats.url()));
    let server = Serving::start(&config);
    let patient = nats.journal().await.client();
    let mut told = vec![(uuid::Uuid::from_u128(1), insist(&patient, &ledger, &[open()]).await.remove(0))];

    // Through NATS: the request is on its way, and nobody waits for the reply.
    for number in 1..=20 {
        let (_, command) = act(7, number);
        let raw = serde_json::value::RawValue::from_string(command.to_string()).unwrap();
        let ask = serde_json::to_vec(&Ask::Submit { ledger: ledger.clone(), commands: vec![raw] }).unwrap();
        let hasty = async_nats::connect(nats.url()).await.unwrap();
        let inbox = hasty.new_inbox();
        hasty.publish_with_reply(format!("ask.recorder.{ledger}"), inbox, ask.into()).await.unwrap();
        hasty.flush().await.unwrap();
        drop(hasty);
    }
    // Through the local socket: half a question, and a whole one whose reply nobody reads.
    let socket = config.parent().unwrap().join("data/hubledger.sock");
    let mut half = UnixStream::connect(&socket).unwrap();
    half.write_all(&1_000_u32.to_be_bytes()).unwrap();
    half.write_all(b"{\"submit\":{\"led").unwrap();
    drop(half);

    for number in 1..=20 {
        let (id, command) = act(7, number);
        told.push((id, insist(&patient, &ledger, &[command]).await.remove(0)));
    }
    let mut by_position = told.clone();
    by_position.sort_by_key(|(_, receipt)| receipt.positions.clone());
    assert_eq!(check(&nats.journal().await, place.origin(), &[by_position]).await, 21);
    place.is_sound(21);
    assert_eq!(server.stop(), 0);
}
