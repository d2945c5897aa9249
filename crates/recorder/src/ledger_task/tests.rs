//! Claims about what a ledger's task holds while nobody asks.

use domain::ledger::{self, OpenLedger, OperatorActed, Persons, Policy};
use domain::{Command, Timestamp};
use jiff::civil::date;
use journal::Memory;
use runtime::clock::FixedClock;
use runtime::random::SeededRandom;
use tempfile::TempDir;
use tokio::sync::Semaphore;
use uuid::Uuid;
use wire::{Outcome, Submission};

use super::*;
use crate::addressee::Addressee;

/// 2026-03-02.
const NOW: Timestamp = Timestamp(1_772_470_800_000_000);

/// A ledger's task, taken through its turns by hand, and the way to it.
struct House {
    task: LedgerTask<Memory>,
    sender: mpsc::UnboundedSender<Request>,
    requests: Requests,
    _stop: watch::Sender<bool>,
    _directory: TempDir,
}

impl House {
    fn on(log: &Memory) -> Self {
        let directory = TempDir::new().unwrap();
        let settings = Settings::new(directory.path(), "county".parse().unwrap());
        let (stop, stopped) = watch::channel(false);
        let (sender, requests) = mpsc::unbounded_channel();
        let task = LedgerTask::new(
            log.clone(),
            "azusa-usd".parse().unwrap(),
            (settings, Shelf::new(directory.path())),
            (Arc::new(FixedClock::at(NOW)), Randomness::new(Arc::new(SeededRandom::new(1)))),
            stopped,
        );
        Self { task, sender, requests, _stop: stop, _directory: directory }
    }

    /// Turns until everybody is answered.
    async fn turns(&mut self) {
        while !self.task.waiting.is_empty() || !self.task.questions.is_empty() {
            self.task.turn(&mut self.requests).await.unwrap();
        }
    }

    async fn outcome(&mut self, submission: Submission) -> Outcome {
        let (answer, answered) = oneshot::channel();
        let addressee = Addressee::Alone(answer);
        let waiting = Waiting { submission: Box::new(submission), minted: None, addressee };
        let room = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        self.sender.send(Request::Submit(vec![waiting], room)).unwrap();
        assert!(self.task.gather(&mut self.requests).await);
        self.turns().await;
        answered.await.unwrap().unwrap()
    }

    /// Nobody asks for so long, on a clock that waits for nobody; then somebody asks for everything that is known.
    async fn after(&mut self, quiet: Duration) -> Fingerprint {
        let (answer, answered) = oneshot::channel();
        let Self { task, sender, requests, .. } = self;
        let asks = async {
            tokio::time::sleep(quiet).await;
            sender.send(Request::Fingerprint(answer)).unwrap();
        };
        let (goes_on, ()) = tokio::join!(task.gather(requests), asks);
        assert!(goes_on);
        self.turns().await;
        answered.await.unwrap().unwrap()
    }
}

fn submission(number: u64, command: ledger::Command) -> Submission {
    Submission {
        ledger: "azusa-usd".parse().unwrap(),
        command_id: Uuid::from_u64_pair(1, number),
        command_hash: [number as u8; 16],
        command: Command::Ledger(command),
        actor: "svc:azusa-sis".to_owned(),
        on_behalf_of: None,
        credential: None,
        basis: None,
        purpose: None,
        source: None,
        correlation_id: None,
        causation_id: None,
        dry_run: false,
        unchanged: None,
    }
}

fn open() -> Submission {
    let open = OpenLedger {
        owner: "Azusa Unified".to_owned(),
        cds: "19642790000000".parse().unwrap(),
        time_zone: "America/Los_Angeles".to_owned(),
        starts: date(2019, 9, 1),
        policy: Policy { suppress_under: 11, late_days_max: 400, persons: Persons::Any },
    };
    submission(0, ledger::Command::OpenLedger(open))
}

fn act(number: u64) -> Submission {
    let text = |text: &str| text.to_owned();
    let acted = OperatorActed { operator: text("usr:ops-3"), act: text("drill"), reason: text("routine") };
    submission(number, ledger::Command::RecordOperatorAct(acted))
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_nobody_asks_for_long_holds_one_state_and_answers_as_before() {
    let log = Memory::default();
    let mut house = House::on(&log);
    for submission in [open(), act(1), act(2)] {
        assert!(matches!(house.outcome(submission).await, Outcome::Receipt(_)));
    }
    let before = house.after(Duration::from_secs(2)).await;
    assert!(house.task.tentative.is_some(), "who comes again soon is answered soon");
    assert!(house.task.room.events > 0);

    assert_eq!(house.after(Duration::from_secs(60)).await, before);
    assert!(house.task.tentative.is_none());
    assert_eq!(house.task.room.events, 0);
    assert!(!house.task.is_untidy(), "it does not look again and again");

    assert!(matches!(house.outcome(act(2)).await, Outcome::Repeated(_)));
    assert!(matches!(house.outcome(open()).await, Outcome::Repeated(_)));
    let again = submission(9, open_again());
    assert!(matches!(house.outcome(again).await, Outcome::Refusal(_)), "the state is the one it was");
    assert!(matches!(house.outcome(act(3)).await, Outcome::Receipt(_)));
    let other = House::on(&log).after(Duration::ZERO).await;
    assert_eq!(house.after(Duration::from_secs(60)).await, other);
}

fn open_again() -> ledger::Command {
    match open().command {
        Command::Ledger(command) => command,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_was_only_started_holds_one_state() {
    let log = Memory::default();
    let mut house = House::on(&log);
    assert!(matches!(house.outcome(open()).await, Outcome::Receipt(_)));
    let mut started = House::on(&log);
    started.after(Duration::ZERO).await;
    assert!(started.task.tentative.is_none());
    assert!(matches!(started.outcome(act(1)).await, Outcome::Receipt(_)));
    assert!(started.task.tentative.is_some());
}
