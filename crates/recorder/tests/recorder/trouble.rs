//! Appends whose outcome is unknown, and logs that refuse.

use recorder::Error;
use wire::Outcome;

use crate::kit::Trouble::{AnswerLost, LandsLate, NeverArrives, Refused};
use crate::kit::*;

#[tokio::test(start_paused = true)]
async fn an_append_of_unknown_outcome_is_sent_again_until_answered() {
    let scripts: [&[Trouble]; 4] =
        [&[AnswerLost], &[NeverArrives; 9], &[LandsLate], &[NeverArrives, LandsLate, AnswerLost, Refused]];
    for script in scripts {
        let desk = Desk::open().await;
        desk.log.trouble(script);
        let group = vec![act(1, "view-rebuilt"), designate_site(2, 5), act(1, "view-rebuilt")];
        let answers = desk.recorder.submit_all(&azusa(), group).await;
        assert!(matches!(&answers[0], Ok(Outcome::Receipt(_))), "{script:?}: {answers:?}");
        assert!(matches!(&answers[1], Ok(Outcome::Refusal(_))));
        assert!(matches!(&answers[2], Ok(Outcome::Repeated(_))));
        assert_eq!(desk.log.events(&azusa()).await.len(), 2, "{script:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_answered_while_an_outcome_is_unknown() {
    let desk = Desk::open().await;
    desk.log.trouble(&[NeverArrives; 50]);
    let first = desk.recorder.submit(act(1, "view-rebuilt"));
    let second = desk.recorder.submit(designate_site(2, 5));
    let order = std::sync::Mutex::new(Vec::new());
    let note = |name, answer: Result<Outcome, Error>| order.lock().unwrap().push((name, answer.is_ok()));
    futures::future::join(async { note("append", first.await) }, async { note("refusal", second.await) })
        .await;
    assert_eq!(*order.lock().unwrap(), [("append", true), ("refusal", true)]);
    assert_eq!(*desk.log.sent.borrow(), 52);
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_a_log_that_never_answers() {
    let desk = Desk::open().await;
    desk.log.trouble(&[NeverArrives; 1_000]);
    let answer = desk.recorder.submit(act(1, "view-rebuilt"));
    let sent = async {
        desk.log.sent.subscribe().wait_for(|sent| *sent >= 4).await.unwrap();
        desk.recorder.stop().await;
    };
    let (answer, ()) = futures::future::join(answer, sent).await;
    assert_eq!(answer, Err(Error::OutcomeUnknown(azusa())));
}

#[tokio::test]
async fn a_refusal_of_the_log_is_told_and_harms_nothing() {
    let desk = Desk::open().await;
    desk.log.trouble(&[Refused]);
    let answers = desk.recorder.submit_all(&azusa(), vec![register_site(1, 5), designate_site(2, 5)]).await;
    assert!(answers.iter().all(|a| matches!(a, Err(Error::Journal { .. }))), "{answers:?}");
    assert_eq!(desk.refusal(designate_site(2, 5)).await.code, "not-found");
    desk.receipt(register_site(1, 5)).await;
    desk.receipt(designate_site(2, 5)).await;
}

#[tokio::test]
async fn repeated_rows_do_not_read_the_log_once_each() {
    let desk = Desk::open().await;
    let rows: Vec<_> = (1..=3_000).map(|n| act(n, "view-rebuilt")).collect();
    desk.recorder.submit_all(&azusa(), rows.clone()).await;
    let again = desk.recorder.submit_all(&azusa(), rows).await;
    assert!(again.iter().all(|a| matches!(a, Ok(Outcome::Repeated(_)))));
    let looked_up = desk.log.looked_up.load(std::sync::atomic::Ordering::Relaxed);
    assert!(looked_up <= 8, "{looked_up} commits looked up for three commits of rows");
}
