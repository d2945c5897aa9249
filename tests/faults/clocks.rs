//! Clocks that somebody sets, on a real broker.

use std::sync::Arc;

use domain::Timestamp;
use recorder::{Error, Recorder, Settings};
use runtime::{FixedClock, SeededRandom};
use tests::chain::slug;
use tests::nats::Nats;
use wire::{LedgerKeys, Origin, Outcome, Submission};

use crate::checker::check;
use crate::load::{act, open};

/// 2026-11-02.
const NOW: i64 = 1_793_642_400_000_000;
const SECOND: i64 = 1_000_000;

#[tokio::test]
async fn while_a_clock_is_unsure_nothing_is_recorded_and_afterwards_everything_is() {
    let (nats, ledger, folder) = (Nats::start(), slug("azusa-usd"), tempfile::tempdir().unwrap());
    let keys = LedgerKeys { command: [1; 32], source: [2; 32] };
    let clock = Arc::new(FixedClock::at(Timestamp(NOW)));
    let settings = Settings::new(folder.path(), slug("local"));
    let random = Arc::new(SeededRandom::new(1));
    let recorder = Recorder::start(nats.journal().await, settings, clock.clone(), random);
    let read = |command: &serde_json::Value| {
        Submission::from_json(command.to_string().as_bytes(), &ledger, &keys).unwrap()
    };
    let _ = recorder.submit(read(&open())).await.unwrap();
    let (mut told, mut unsure, mut right) = (Vec::new(), 0, NOW);
    let steps = [0, -3, -60, 2, -5, 7_200, 86_400 * 365, 1, -86_400, 3_599, 0, 4];
    for (number, step) in (1..).zip(steps) {
        right += 10 * SECOND;
        clock.set(Timestamp(right - 10 * SECOND));
        clock.pass(10 * SECOND);
        clock.set(Timestamp(right + step * SECOND));
        let (id, command) = act(1, number);
        if let Err(error) = recorder.submit(read(&command)).await {
            assert!(matches!(error, Error::ClockUnsure(_)), "{error}");
            unsure += 1;
            // Somebody puts it right, and the caller repeats; an hour later at the latest it is recorded.
            clock.set(Timestamp(right));
            if recorder.submit(read(&command)).await.is_err() {
                right += 3_600 * SECOND;
                clock.pass(3_600 * SECOND);
            }
        }
        match recorder.submit(read(&command)).await.unwrap() {
            Outcome::Receipt(receipt) | Outcome::Repeated(receipt) => told.push((id, receipt)),
            other => panic!("no receipt: {other:?}"),
        }
    }
    assert!(unsure >= 4, "{unsure}");
    recorder.stop().await;
    let origin = Origin { deployment: slug("local"), ledger };
    assert_eq!(check(&nats.journal().await, origin, &[told]).await, 1 + steps.len() as u64);
}
