//! kill -9 in the middle of projection: afterwards the views equal a fresh fold of the log.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use journal::{Embedded, Journal as _};
use projector::{Folded, Projector, fold};
use tempfile::TempDir;
use views::VIEWS;
use wire::{Vantage, ViewDigest};

use crate::history::{History, delivery, origin};
use crate::kit::{azusa, question, settings};

/// Names the folder to a process that is to be killed.
const FOLDER: &str = "HUBLEDGER_TEST_PROJECTED";
const ROUNDS: u64 = 30;
const EVENTS: u64 = 480;
const PER_COMMIT: u64 = 6;
const PEOPLE: u64 = 60;
/// Sixteen times more while it catches up. The pages of so many events are more than sled keeps back before it writes
/// to its file: a kill can fall into the middle of a batch.
const FLUSH_EVENTS: u64 = 10;

/// A log with so many people that their rows are most of the work.
async fn prepare(folder: &Path) -> u64 {
    let log = Embedded::open(folder).unwrap();
    log.open(&azusa()).await.unwrap();
    let mut history = History::new(&azusa());
    for commit in 0..EVENTS / PER_COMMIT {
        let steps: Vec<_> = (0..PER_COMMIT)
            .map(|n| {
                let event = commit * PER_COMMIT + n;
                // Most are new, and some come again.
                let person = |m: u64| ((event * PEOPLE + m * m) % 20_011) as u32;
                delivery((event % 12) as u8, (0..PEOPLE).map(person))
            })
            .collect();
        log.append(&azusa(), &history.next(&steps)).await.unwrap();
    }
    history.verifier.head().position
}

/// What the process to be killed does: projects, and prints each commit's end as it passes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn projects_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let log = Embedded::open_read_only(folder);
    let projector = Projector::start(log, settings(folder, FLUSH_EVENTS)).await.unwrap();
    for position in (PER_COMMIT..=EVENTS).step_by(PER_COMMIT as usize) {
        projector.query(&question(&azusa(), "activity-feed", position)).await.unwrap();
        let mut out = std::io::stdout();
        writeln!(out, "at {position}").and_then(|()| out.flush()).unwrap();
    }
    // The last rows are written when it is idle; whoever started it decides when it ends.
    std::future::pending::<()>().await;
}

fn start(folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "crashes::projects_until_it_is_killed", "--nocapture"]).env(FOLDER, folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// When a process is killed.
enum Moment {
    /// When it has told so many positions.
    Told(u64),
    /// When the store's file has grown so many times, which it does in the middle of writing.
    Grown(u64),
}

/// Lets a process project until then, or to the end, and kills it.
fn kill_at(folder: &Path, moment: Moment) {
    let mut child = start(folder);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let positions = lines.filter(|line| line.contains("at "));
    match moment {
        Moment::Told(told) => {
            let seen = positions.take(usize::try_from(told).unwrap()).count();
            assert!(seen > 0, "it projected nothing");
        }
        Moment::Grown(times) => {
            let done = Arc::new(AtomicBool::new(false));
            let told = done.clone();
            let reader = std::thread::spawn(move || {
                positions.take(usize::try_from(EVENTS / PER_COMMIT).unwrap()).for_each(drop);
                told.store(true, Ordering::Release);
            });
            let file = folder.join("views").join("db");
            let length = || std::fs::metadata(&file).map_or(0, |metadata| metadata.len());
            let (mut last, mut seen) = (length(), 0);
            while seen < times && !done.load(Ordering::Acquire) {
                let now = length();
                seen += u64::from(now != last);
                last = now;
                std::thread::yield_now();
            }
            child.kill().unwrap();
            reader.join().unwrap();
        }
    }
    // Some are dead by now.
    let _ = child.kill();
    child.wait().unwrap();
}

/// Opens the views, lets them finish and gives their digests.
async fn finish(folder: &Path, position: u64) -> Vec<ViewDigest> {
    let projector = Projector::start(Embedded::open_read_only(folder), settings(folder, 1000)).await.unwrap();
    let (head, digests) = projector.digests(&azusa(), position).await.unwrap();
    assert_eq!(head.position, position);
    projector.stop().await;
    digests
}

#[tokio::test]
async fn after_a_kill_at_any_moment_the_views_equal_a_fresh_fold() {
    let folder = TempDir::new().unwrap();
    let position = prepare(folder.path()).await;
    let log = Embedded::open_read_only(folder.path());
    let expected =
        fold(&log, Folded::new(origin(&azusa()), VIEWS, Vantage::default()), |_| {}).await.unwrap().digests();
    for round in 0..ROUNDS {
        // By turns between two commits, in the middle of writing, and both: the second may find rows ahead.
        if round % 3 != 1 {
            kill_at(folder.path(), Moment::Told((round * 37) % (EVENTS / PER_COMMIT / 2) + 1));
        }
        if round % 3 != 0 {
            kill_at(folder.path(), Moment::Grown(round % 6 + 3));
        }
        assert_eq!(finish(folder.path(), position).await, expected, "round {round}");
        std::fs::remove_dir_all(folder.path().join("views")).unwrap();
    }
}
