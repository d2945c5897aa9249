//! Two recorders on one log, without a lease.

use std::collections::BTreeMap;

use wire::Outcome;

use crate::kit::Trouble::{AnswerLost, LandsLate, NeverArrives};
use crate::kit::*;

#[tokio::test(start_paused = true)]
async fn no_refusal_is_stale() {
    let one = Desk::open().await;
    let two = Desk::on(one.log.clone(), 2);
    for site in 1..60 {
        let (here, there) = if site % 2 == 0 { (&one, &two) } else { (&two, &one) };
        here.receipt(register_site(10 * site, site)).await;
        there.receipt(designate_site(10 * site + 1, site)).await;
        assert_eq!(here.refusal(register_site(10 * site + 2, site)).await.code, "taken");
        here.repeated(designate_site(10 * site + 1, site)).await;
        assert_eq!(there.refusal(dry(register_site(10 * site + 3, site))).await.code, "taken");
    }
}

#[tokio::test(start_paused = true)]
async fn under_load_and_trouble_nothing_is_lost_or_doubled() {
    let one = Desk::open().await;
    let two = Desk::on(one.log.clone(), 2);
    let script: Vec<Trouble> = (0..60).map(|n| [AnswerLost, NeverArrives, LandsLate][n % 3]).collect();
    one.log.trouble(&script);
    // Both get the same rows, one at a time, and rows of their own that collide.
    let load = |desk: &Desk, own: u64| {
        let recorder = desk.recorder.clone();
        async move {
            let mut answers = Vec::new();
            for n in 0..300 {
                let rows = vec![act(1_000 + n, "view-rebuilt"), register_site(own + n, n)];
                answers.extend(recorder.submit_all(&azusa(), rows).await);
            }
            answers
        }
    };
    let (ones, twos) = futures::future::join(load(&one, 10_000), load(&two, 20_000)).await;
    let events = one.log.events(&azusa()).await;
    assert_eq!(events.len(), 1 + 300 + 300);
    let by_id: BTreeMap<_, _> = events.iter().map(|e| (e.envelope.id, e.envelope.position)).collect();
    assert_eq!(by_id.len(), events.len());
    let (mut receipts, mut repeated, mut refused) = (0, 0, 0);
    for answer in ones.into_iter().chain(twos) {
        match answer.unwrap() {
            Outcome::Receipt(receipt) => {
                receipts += 1;
                assert_eq!(by_id.get(&receipt.event_ids[0]), Some(&receipt.positions[0]));
            }
            Outcome::Repeated(_) => repeated += 1,
            Outcome::Refusal(refusal) => {
                refused += 1;
                assert_eq!(refusal.code, "taken");
            }
            Outcome::WouldAccept { .. } => panic!("no dry run was sent"),
        }
    }
    assert_eq!((receipts, repeated, refused), (600, 300, 300));
    assert_eq!(one.recorder.fingerprint(&azusa()).await, two.recorder.fingerprint(&azusa()).await);
}

#[tokio::test(start_paused = true)]
async fn in_a_storm_of_conflicts_both_get_on() {
    let one = Desk::open().await;
    let two = Desk::on(one.log.clone(), 2);
    let rows = |from: u64| (from..from + 5_000).map(|n| act(n, "view-rebuilt")).collect();
    let ledger = azusa();
    let (ones, twos) = futures::future::join(
        one.recorder.submit_all(&ledger, rows(10_000)),
        two.recorder.submit_all(&ledger, rows(20_000)),
    )
    .await;
    assert!(ones.iter().chain(&twos).all(|a| matches!(a, Ok(Outcome::Receipt(_)))));
    assert_eq!(one.log.events(&azusa()).await.len(), 10_001);
}
