//! What a caller is told.

use domain::correction::{CorrectEvent, CorrectionReason, VoidEvent};
use domain::{Command, site};
use recorder::Error;
use wire::Outcome;

use crate::kit::*;

#[tokio::test]
async fn a_receipt_names_the_commit_the_positions_and_the_root() {
    let desk = Desk::open().await;
    let receipt = desk.receipt(act(1, "view-rebuilt")).await;
    assert_eq!((receipt.epoch, receipt.commit, receipt.positions.to_vec()), (1, 2, vec![2]));
    let events = desk.log.events(&azusa()).await;
    assert_eq!(receipt.event_ids.to_vec(), vec![events[1].envelope.id]);
    assert_eq!(Some(receipt.commit_id), desk.log.tip(&azusa()).await.id);
    let head = desk.recorder.head(&azusa()).await.unwrap();
    assert_eq!(receipt.root, head.root);
}

#[tokio::test]
async fn commands_that_wait_together_become_one_commit() {
    let desk = Desk::open().await;
    let many = (1..=500).map(|n| act(n, "view-rebuilt")).collect();
    let answers = desk.recorder.submit_all(&azusa(), many).await;
    assert_eq!(desk.log.tip(&azusa()).await.commit, 2);
    for (answer, position) in answers.into_iter().zip(2..) {
        let Ok(Outcome::Receipt(receipt)) = answer else { panic!("{answer:?}") };
        assert_eq!((receipt.commit, receipt.positions.to_vec()), (2, vec![position]));
    }
}

#[tokio::test]
async fn a_group_closes_at_a_thousand_events() {
    let desk = Desk::open().await;
    let many = (1..=2_500).map(|n| act(n, "view-rebuilt")).collect();
    let answers = desk.recorder.submit_all(&azusa(), many).await;
    assert!(answers.iter().all(|a| matches!(a, Ok(Outcome::Receipt(_)))));
    assert_eq!(desk.log.tip(&azusa()).await.commit, 4);
    assert_eq!(desk.recorder.head(&azusa()).await.unwrap().position, 2_501);
}

#[tokio::test]
async fn the_same_command_again_gets_the_first_receipt() {
    let desk = Desk::open().await;
    let first = desk.receipt(act(1, "view-rebuilt")).await;
    desk.receipt(act(2, "view-rebuilt")).await;
    assert_eq!(desk.repeated(act(1, "view-rebuilt")).await, first);
    assert_eq!(desk.log.events(&azusa()).await.len(), 3);
}

#[tokio::test]
async fn a_command_id_with_another_body_is_refused_with_the_first_position() {
    let desk = Desk::open().await;
    desk.receipt(act(1, "view-rebuilt")).await;
    let refusal = desk.refusal(act(1, "key-shown")).await;
    assert_eq!((refusal.code.as_str(), refusal.position), ("command-id-taken", Some(2)));
}

#[tokio::test]
async fn the_same_row_twice_in_one_group_counts_once() {
    let desk = Desk::open().await;
    let rows =
        vec![act(1, "view-rebuilt"), act(2, "view-rebuilt"), act(1, "view-rebuilt"), act(1, "key-shown")];
    let answers = desk.recorder.submit_all(&azusa(), rows).await;
    let Ok([Outcome::Receipt(first), Outcome::Receipt(_), Outcome::Repeated(again), Outcome::Refusal(taken)]) =
        answers.into_iter().collect::<Result<Vec<_>, _>>().map(|v| <[Outcome; 4]>::try_from(v).unwrap())
    else {
        panic!("other answers")
    };
    assert_eq!(first, again);
    assert_eq!((taken.code.as_str(), taken.position), ("command-id-taken", Some(2)));
    assert_eq!(desk.log.events(&azusa()).await.len(), 3);
}

#[tokio::test]
async fn a_source_record_is_accepted_once_whatever_command_brings_it() {
    let desk = Desk::open().await;
    let first = desk.receipt(from_record(7, act(1, "view-rebuilt"))).await;
    assert_eq!(desk.repeated(from_record(7, act(2, "view-rebuilt"))).await, first);
    let refusal = desk.refusal(from_record(7, act(3, "key-shown"))).await;
    assert_eq!((refusal.code.as_str(), refusal.position), ("source-key-taken", Some(2)));
    let in_one_group = vec![from_record(8, act(4, "view-rebuilt")), from_record(8, act(5, "view-rebuilt"))];
    let answers = desk.recorder.submit_all(&azusa(), in_one_group).await;
    assert!(matches!(&answers[..], [Ok(Outcome::Receipt(a)), Ok(Outcome::Repeated(b))] if a == b));
}

#[tokio::test]
async fn a_command_is_decided_on_the_events_of_those_before_it_in_the_group() {
    let desk = Desk::open().await;
    let rows = vec![designate_site(1, 5), register_site(2, 5), designate_site(3, 5), register_site(4, 5)];
    let answers = desk.recorder.submit_all(&azusa(), rows).await;
    assert!(matches!(&answers[0], Ok(Outcome::Refusal(r)) if r.code == "not-found"), "{answers:?}");
    assert!(matches!(&answers[1], Ok(Outcome::Receipt(_))));
    assert!(matches!(&answers[2], Ok(Outcome::Receipt(_))));
    assert!(matches!(&answers[3], Ok(Outcome::Refusal(r)) if r.code == "taken"));
    assert_eq!(desk.log.tip(&azusa()).await.commit, 2);
}

#[tokio::test]
async fn a_dry_run_appends_nothing_and_says_what_would_be() {
    let desk = Desk::open().await;
    assert_eq!(desk.submit(dry(register_site(1, 5))).await, Outcome::WouldAccept { events: 1 });
    assert_eq!(desk.submit(dry(designate_site(2, 5))).await, desk.submit(designate_site(3, 5)).await);
    desk.receipt(register_site(1, 5)).await;
    assert_eq!(desk.log.events(&azusa()).await.len(), 2);
}

#[tokio::test]
async fn a_mistyped_ledger_is_refused_and_leaves_nothing() {
    use journal::Journal;
    let desk = Desk::new();
    assert_eq!(desk.refusal(act(1, "view-rebuilt")).await.code, "ledger-not-open");
    assert_eq!(desk.submit(dry(open_ledger())).await, Outcome::WouldAccept { events: 1 });
    assert_eq!(desk.refusal(act(1, "view-rebuilt")).await.code, "ledger-not-open");
    assert!(desk.log.ledgers().await.unwrap().is_empty());
    assert_eq!(std::fs::read_dir(desk.directory.path()).unwrap().count(), 0);
    desk.receipt(open_ledger()).await;
    assert_eq!(desk.refusal(submission(9, open_ledger().command)).await.code, "ledger-already-open");
}

fn correct(n: u64, corrects: uuid::Uuid, name: &str) -> wire::Submission {
    let now = site::Event::SiteRegistered(registered(5, name));
    let correction = CorrectEvent { corrects, reason: CorrectionReason::EntryError, effective: None, now };
    submission(n, Command::Site(site::Command::CorrectSite(Box::new(correction))))
}

fn void(n: u64, corrects: uuid::Uuid) -> wire::Submission {
    let void = VoidEvent { corrects, reason: CorrectionReason::EntryError };
    submission(n, Command::Site(site::Command::VoidSite(void)))
}

#[tokio::test]
async fn a_chain_of_corrections_is_followed_through_the_log_and_through_a_group() {
    let desk = Desk::open().await;
    let original = desk.receipt(register_site(1, 5)).await.event_ids[0];
    let corrected = desk.receipt(correct(2, original, "Slauson Middle")).await;
    let refusal = desk.refusal(correct(3, original, "Slauson High")).await;
    assert_eq!((refusal.code.as_str(), refusal.position), ("already-corrected", Some(3)));
    let group = vec![void(4, corrected.event_ids[0]), correct(5, corrected.event_ids[0], "Slauson High")];
    let answers = desk.recorder.submit_all(&azusa(), group).await;
    assert!(matches!(&answers[0], Ok(Outcome::Receipt(_))), "{answers:?}");
    assert!(
        matches!(&answers[1], Ok(Outcome::Refusal(r)) if r.code == "already-voided" && r.position == Some(4))
    );
    let refusal = desk.refusal(correct(6, uuid::Uuid::from_u64_pair(3, 3), "Slauson High")).await;
    assert_eq!(refusal.code, "event-not-found");
}

#[tokio::test]
async fn an_event_that_is_too_large_is_refused() {
    let desk = Desk::open().await;
    let mut large = act(1, "view-rebuilt");
    large.basis = Some("law:ferpa ".repeat(20).trim().to_owned());
    assert!(matches!(desk.submit(large.clone()).await, Outcome::Receipt(_)));
    large.basis = Some("x".repeat(300));
    large.command_id = uuid::Uuid::from_u64_pair(1, 2);
    assert_eq!(desk.refusal(large).await.code, "attribute-out-of-range");
    assert_eq!(desk.log.events(&azusa()).await.len(), 2);
}

#[tokio::test]
async fn an_unsure_clock_stops_appends_until_it_is_sane() {
    let desk = Desk::open().await;
    desk.clock.set(domain::Timestamp(NOW.0 - 6_000_000));
    let answer = desk.recorder.submit(act(1, "view-rebuilt")).await;
    assert!(matches!(answer, Err(Error::ClockUnsure(_))), "{answer:?}");
    desk.clock.set(domain::Timestamp(NOW.0 - 2_000_000));
    desk.receipt(act(1, "view-rebuilt")).await;
    let events = desk.log.events(&azusa()).await;
    assert_eq!(events[1].envelope.time, NOW, "time never runs backwards");
}

#[tokio::test]
async fn a_stopped_recorder_says_so() {
    let desk = Desk::open().await;
    desk.recorder.stop().await;
    assert_eq!(desk.recorder.submit(act(1, "view-rebuilt")).await, Err(Error::Stopped));
}

#[tokio::test]
async fn a_full_queue_is_busy_and_submit_all_waits_for_room() {
    let desk = Desk::open().await;
    let singles = (0..6_000).map(|n| desk.recorder.submit(act(10_000 + n, "view-rebuilt")));
    let answers = futures::future::join_all(singles).await;
    let busy = answers.iter().filter(|a| matches!(a, Err(Error::Busy(_)))).count();
    let accepted = answers.iter().filter(|a| matches!(a, Ok(Outcome::Receipt(_)))).count();
    assert_eq!(busy + accepted, 6_000);
    assert!(accepted >= 4_096, "{accepted}");
    let many = (0..6_000).map(|n| act(n + 1, "view-rebuilt")).collect();
    let answers = desk.recorder.submit_all(&azusa(), many).await;
    assert!(answers.iter().all(|a| matches!(a, Ok(Outcome::Receipt(_)))));
}
