//! A log that was deleted and made again while a recorder was idle.

use std::path::Path;
use std::sync::Arc;

use domain::Timestamp;
use journal::{JetStream, Journal as _};
use recorder::{Error, Recorder, Settings};
use runtime::clock::FixedClock;
use runtime::random::SeededRandom;
use tests::chain::slug;
use tests::nats::Nats;

use crate::kit::verified;
use crate::two_recorders::{act, open};

/// 2026-03-02, a Monday.
const NOW: Timestamp = Timestamp(1_772_470_800_000_000);

fn recorder(journal: JetStream, folder: &Path, clock: &Arc<FixedClock>, seed: u64) -> Recorder {
    let settings = Settings::new(folder, slug("county"));
    Recorder::start(journal, settings, clock.clone(), Arc::new(SeededRandom::new(seed)))
}

#[tokio::test]
async fn a_recorder_does_not_go_on_with_a_log_that_was_made_again_with_as_many_commits() {
    let (server, ledger, clock) = (Nats::start(), slug("azusa-usd"), Arc::new(FixedClock::at(NOW)));
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let journal = server.journal().await;
    let one = recorder(journal.clone(), folders[0].path(), &clock, 1);
    for command in [open(&ledger), act(&ledger, 2), act(&ledger, 3)] {
        let _ = one.submit(command).await.unwrap();
    }
    // Denying deletion does not stop whoever may delete streams.
    async_nats::jetstream::new(journal.client()).delete_stream("LEDGER_azusa-usd_1").await.unwrap();
    let two = recorder(server.journal().await, folders[1].path(), &clock, 2);
    for command in [open(&ledger), act(&ledger, 12), act(&ledger, 13)] {
        let _ = two.submit(command).await.unwrap();
    }
    clock.pass(2_000_000);
    let answer = one.submit(act(&ledger, 4)).await;
    assert!(matches!(answer, Err(Error::Halted { .. })), "{answer:?}");
    // What the other one holds is whole.
    let _ = two.submit(act(&ledger, 14)).await.unwrap();
    assert_eq!(verified(&journal, &ledger).await.len(), 4);
    assert_eq!(journal.head(&ledger).await.unwrap().commit, 4);
    one.stop().await;
    two.stop().await;
}
