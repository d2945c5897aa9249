//! A command that must find its thing as its sender saw it.

use domain::{Kind, Subject};
use wire::submission::Unchanged;
use wire::{Outcome, Submission};

use crate::kit::*;

/// The command, to be refused when the site had an event after this position.
fn since(position: u64, number: u64, submission: Submission) -> Submission {
    let subject = Subject { kind: Kind::Site, id: site_id(number).0 };
    Submission { unchanged: Some(Unchanged { subject, since: position }), ..submission }
}

#[tokio::test]
async fn an_event_of_the_thing_since_is_in_the_way_and_events_of_others_are_not() {
    let desk = Desk::open().await;
    desk.receipt(register_site(1, 1)).await;
    desk.receipt(register_site(2, 2)).await;
    let designated = desk.receipt(since(2, 1, designate_site(3, 1))).await;
    assert_eq!(designated.positions.to_vec(), vec![4]);
    let stale = desk.refusal(since(2, 1, designate_site(4, 1))).await;
    assert_eq!((stale.code.as_str(), stale.position), ("stale", Some(4)));
    assert_eq!(desk.log.events(&azusa()).await.len(), 4);
}

#[tokio::test]
async fn of_many_who_saw_the_same_one_is_taken_whether_they_come_together_or_while_it_is_on_its_way() {
    let desk = Desk::open().await;
    desk.receipt(register_site(1, 1)).await;
    let all = (0..1_500).map(|n| since(2, 1, designate_site(10 + n, 1))).collect();
    let answers = desk.recorder.submit_all(&azusa(), all).await;
    let taken = answers.iter().filter(|answer| matches!(answer, Ok(Outcome::Receipt(_)))).count();
    let stale = |answer: &_| matches!(answer, Ok(Outcome::Refusal(refusal)) if refusal.code == "stale");
    assert_eq!((taken, answers.iter().filter(|answer| stale(answer)).count()), (1, 1_499));
}

#[tokio::test]
async fn who_repeats_a_command_gets_its_receipt_whatever_has_happened_since() {
    let desk = Desk::open().await;
    desk.receipt(register_site(1, 1)).await;
    let first = desk.receipt(since(2, 1, designate_site(3, 1))).await;
    assert_eq!(desk.repeated(since(2, 1, designate_site(3, 1))).await, first);
    assert_eq!(desk.repeated(since(0, 1, designate_site(3, 1))).await, first);
    assert_eq!(desk.repeated(designate_site(3, 1)).await, first);
}

#[tokio::test]
async fn another_recorders_events_are_in_the_way_too() {
    let desk = Desk::open().await;
    desk.receipt(register_site(1, 1)).await;
    let other = Desk::on(desk.log.clone(), 2);
    other.receipt(designate_site(2, 1)).await;
    let stale = desk.refusal(since(2, 1, designate_site(3, 1))).await;
    assert_eq!((stale.code.as_str(), stale.position), ("stale", Some(3)));
}

#[tokio::test]
async fn after_a_restart_what_happened_before_is_not_known_and_since_the_head_it_is() {
    let desk = Desk::open().await;
    desk.receipt(register_site(1, 1)).await;
    desk.receipt(register_site(2, 2)).await;
    desk.recorder.stop().await;
    let again = start(&desk.log, desk.directory.path(), &desk.clock, 2);
    let Ok(Outcome::Refusal(unknown)) = again.submit(since(2, 1, designate_site(3, 1))).await else {
        panic!("it can't know")
    };
    assert_eq!((unknown.code.as_str(), unknown.position), ("version-unknown", Some(3)));
    let taken = again.submit(since(3, 1, designate_site(3, 1))).await;
    assert!(matches!(taken, Ok(Outcome::Receipt(_))), "{taken:?}");
    let stale = again.submit(since(3, 1, designate_site(4, 1))).await;
    assert!(matches!(stale, Ok(Outcome::Refusal(refusal)) if refusal.code == "stale"));
}
