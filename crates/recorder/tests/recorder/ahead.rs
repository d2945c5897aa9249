//! What is decided while a group is on its way to the log.

use futures::future::join3;
use recorder::Error;
use wire::{Outcome, Receipt, Submission};

use crate::kit::Trouble::{Held, Refused};
use crate::kit::*;

/// Sends one command and holds it on its way; then sends the others, and lets it go once they are in hand.
async fn with_one_on_its_way(
    desk: &Desk,
    first: Submission,
    then: Vec<Submission>,
) -> (Result<Outcome, Error>, Vec<Result<Outcome, Error>>) {
    let sent = *desk.log.sent.borrow();
    desk.log.trouble(&[Held]);
    let first = desk.recorder.submit(first);
    let then = async {
        desk.log.sent(sent + 1).await;
        desk.recorder.submit_all(&azusa(), then).await
    };
    let open = async {
        desk.log.sent(sent + 1).await;
        // The task takes what was sent before it hears of the log's answer.
        tokio::task::yield_now().await;
        desk.log.open_the_gate();
    };
    let (first, then, ()) = join3(first, then, open).await;
    (first, then)
}

fn receipt(answer: &Result<Outcome, Error>) -> &Receipt {
    match answer {
        Ok(Outcome::Receipt(receipt)) => receipt,
        other => panic!("no receipt: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_a_group_is_on_its_way_becomes_the_next_commit() {
    let desk = Desk::open().await;
    let then = (2..50).map(|n| act(n, "view-rebuilt")).collect();
    let (first, then) = with_one_on_its_way(&desk, act(1, "view-rebuilt"), then).await;
    assert_eq!((receipt(&first).commit, receipt(&first).positions[0]), (2, 2));
    for (answer, position) in then.iter().zip(3..) {
        assert_eq!((receipt(answer).commit, receipt(answer).positions[0]), (3, position));
    }
    let head = desk.recorder.head(&azusa()).await.unwrap();
    assert_eq!((head.commit, head.position), (3, 50));
}

#[tokio::test(start_paused = true)]
async fn a_command_repeated_while_its_first_try_is_on_its_way_has_one_outcome() {
    let desk = Desk::open().await;
    let again = vec![act(1, "view-rebuilt"), act(1, "key-shown")];
    let (first, again) = with_one_on_its_way(&desk, act(1, "view-rebuilt"), again).await;
    assert!(matches!(&again[0], Ok(Outcome::Repeated(same)) if same == receipt(&first)), "{again:?}");
    assert!(matches!(&again[1], Ok(Outcome::Refusal(reply)) if reply.position == Some(2)), "{again:?}");
    assert_eq!(desk.log.events(&azusa()).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_on_its_way_counts_for_what_is_decided_meanwhile() {
    let desk = Desk::open().await;
    let then = vec![designate_site(2, 5), register_site(3, 5)];
    let (_, then) = with_one_on_its_way(&desk, register_site(1, 5), then).await;
    receipt(&then[0]);
    assert!(matches!(&then[1], Ok(Outcome::Refusal(reply)) if reply.code == "taken"), "{then:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lost_race_takes_back_what_was_decided_meanwhile() {
    let one = Desk::open().await;
    let two = Desk::on(one.log.clone(), 2);
    one.log.trouble(&[Held]);
    let first = one.recorder.submit(register_site(1, 5));
    let then = async {
        one.log.sent(2).await;
        one.recorder.submit_all(&azusa(), vec![designate_site(2, 5), register_site(3, 6)]).await
    };
    let rival = async {
        one.log.sent(2).await;
        two.receipt(register_site(10, 6)).await;
        one.log.open_the_gate();
    };
    let (first, then, ()) = join3(first, then, rival).await;
    assert!(receipt(&first).positions[0] > 2, "the rival was first: {first:?}");
    receipt(&then[0]);
    assert!(matches!(&then[1], Ok(Outcome::Refusal(reply)) if reply.code == "taken"), "{then:?}");
    let fingerprint = one.recorder.fingerprint(&azusa()).await.unwrap();
    assert_eq!(two.recorder.fingerprint(&azusa()).await.unwrap(), fingerprint);
    assert_eq!(one.log.events(&azusa()).await.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_refused_append_leaves_nothing_of_what_was_decided_on_it() {
    let desk = Desk::open().await;
    desk.log.trouble(&[Refused]);
    let answers =
        desk.recorder.submit_all(&azusa(), (1..=1_500).map(|n| register_site(n, n)).collect()).await;
    assert!(answers.iter().any(|answer| matches!(answer, Err(Error::Journal { .. }))));
    let again = desk.recorder.submit_all(&azusa(), (1..=1_500).map(|n| register_site(n, n)).collect()).await;
    assert!(again.iter().all(|answer| matches!(answer, Ok(Outcome::Receipt(_) | Outcome::Repeated(_)))));
    assert_eq!(desk.log.events(&azusa()).await.len(), 1_501);
}
