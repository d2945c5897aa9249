//! Whatever way a recorder comes to a head, it knows the same.

use recorder::{Fingerprint, Recorder};
use tempfile::TempDir;
use wire::{Origin, Outcome, Submission};

use crate::kit::*;

fn rows(from: u64) -> Vec<Submission> {
    let site = |n| [register_site(2 * n, n), from_record(n as u8, designate_site(2 * n + 1, n))];
    (from..from + 100).flat_map(site).collect()
}

async fn fingerprint(recorder: &Recorder) -> Fingerprint {
    recorder.fingerprint(&azusa()).await.unwrap()
}

#[tokio::test]
async fn a_clean_stop_and_a_start_from_nothing_give_the_same() {
    let desk = Desk::open().await;
    desk.recorder.submit_all(&azusa(), rows(1)).await;
    let before = fingerprint(&desk.recorder).await;
    desk.recorder.stop().await;
    let origin = Origin { deployment: slug("county"), ledger: azusa() };
    assert_eq!(recorder::register::held(desk.directory.path(), &origin), Some(before.head));
    let again = start(&desk.log, desk.directory.path(), &desk.clock, 2);
    assert_eq!(fingerprint(&again).await, before);
    let elsewhere = TempDir::new().unwrap();
    let from_nothing = start(&desk.log, elsewhere.path(), &desk.clock, 3);
    assert_eq!(fingerprint(&from_nothing).await, before);
    let repeated = again.submit_all(&azusa(), rows(1)).await;
    assert!(repeated.iter().all(|a| matches!(a, Ok(Outcome::Repeated(_)))));
}

#[test]
fn a_recorder_that_was_killed_catches_up() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    let (desk, before) = first.block_on(async {
        let desk = Desk::open().await;
        desk.recorder.submit_all(&azusa(), rows(1)).await;
        desk.recorder.stop().await;
        let again = start(&desk.log, desk.directory.path(), &desk.clock, 2);
        again.submit_all(&azusa(), rows(200)).await;
        let before = fingerprint(&again).await;
        // Neither stopped nor dropped: its task dies with the runtime.
        std::mem::forget(again);
        (desk, before)
    });
    drop(first);
    runtime().block_on(async {
        let killed = start(&desk.log, desk.directory.path(), &desk.clock, 3);
        assert_eq!(fingerprint(&killed).await, before);
    });
}

#[tokio::test]
async fn a_register_beyond_the_log_stops_the_ledger() {
    let desk = Desk::open().await;
    desk.receipt(act(1, "view-rebuilt")).await;
    desk.recorder.stop().await;
    for commits in [0, 1, 2] {
        let other = Desk::new();
        if commits > 0 {
            other.receipt(submission(5, open_ledger().command)).await;
        }
        if commits > 1 {
            other.receipt(act(6, "key-shown")).await;
        }
        if commits == 0 {
            journal::Journal::open(&other.log, &azusa()).await.unwrap();
        }
        let confused = start(&other.log, desk.directory.path(), &desk.clock, 2);
        let answer = confused.submit(act(7, "view-rebuilt")).await;
        assert!(matches!(answer, Err(recorder::Error::Halted { .. })), "{answer:?}");
        confused.stop().await;
    }
    let right = start(&desk.log, desk.directory.path(), &desk.clock, 2);
    assert!(right.submit(act(7, "view-rebuilt")).await.is_ok());
}
