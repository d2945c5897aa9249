//! Disks without room, for real: a small file system that a log fills to the last byte, and that is made larger.

use std::collections::BTreeMap;

use journal::Embedded;
use serde_json::{Value, json};
use tests::binary::{self, Ran, Serving};
use tests::chain::slug;
use tests::disk::{Disk, apart};
use tests::nats::{Nats, settings};
use uuid::Uuid;
use wire::{Origin, Receipt};

use crate::checker::check;
use crate::full;
use crate::kills::Place;
use crate::load::{Load, Told, act, open};

/// What a log of these stories fills in some seconds, and what holds it and more.
const SMALL_KIB: u64 = 3 * 1024;
const LARGE_KIB: u64 = 64 * 1024;
/// Commands in one batch.
const BATCH: u64 = 200;

/// A server on a disk of its own, with its data on it and nothing else.
struct OnDisk {
    disk: Disk,
    config: std::path::PathBuf,
    /// What was sent, batch by batch.
    sent: u64,
    told: BTreeMap<Uuid, Receipt>,
    _folder: tempfile::TempDir,
}

impl OnDisk {
    fn new(kib: u64, flush_events: u64) -> Self {
        let (disk, folder) = (Disk::of(kib), tempfile::tempdir().unwrap());
        let config = folder.path().join("hubledger.toml");
        let text = format!("data = {:?}\nprojector.flush_events = {flush_events}\n", disk.path());
        std::fs::write(&config, text).unwrap();
        Self { disk, config, sent: 0, told: BTreeMap::new(), _folder: folder }
    }

    fn verb(&self, verb: &[&str], input: &str) -> Ran {
        let place = ["--ledger", "azusa-usd", "--json", "--data", self.disk.path().to_str().unwrap()];
        binary::run_with(&[verb, &place].concat(), input)
    }

    /// Records a batch and keeps the receipts that came.
    fn record(&mut self, batch: u64) -> Ran {
        let (ids, commands): (Vec<Uuid>, Vec<Value>) = (1..=BATCH).map(|number| act(batch, number)).unzip();
        let lines: String = commands.iter().map(|command| format!("{command}\n")).collect();
        let ran = self.verb(&["record", "-"], &lines);
        let receipts =
            ran.lines().into_iter().map(|mut line| serde_json::from_value(line["receipt"].take()).unwrap());
        let told: Vec<(Uuid, Receipt)> = ids.into_iter().zip(receipts).collect();
        for (id, receipt) in told {
            let first = self.told.entry(id).or_insert_with(|| receipt.clone());
            assert_eq!(*first, receipt, "one command, one outcome");
        }
        ran
    }

    /// Records batch after batch until one finds no room.
    fn fill(&mut self) {
        loop {
            self.sent += 1;
            let ran = self.record(self.sent);
            if ran.code != 0 {
                assert!(ran.code == 5 && ran.err.contains("No space left"), "{ran:?}");
                assert!(ran.err.contains("repeating is safe"), "{ran:?}");
                assert!(self.disk.is_without(256));
                return;
            }
        }
    }

    /// The log holds every receipt, and is as its chain says. `events` are all that it may hold.
    fn is_whole(&self, events: std::ops::RangeInclusive<u64>) {
        let journal = Embedded::open_read_only(self.disk.path());
        let origin = Origin { deployment: slug("local"), ledger: slug("azusa-usd") };
        let mut told: Told = self.told.clone().into_iter().collect();
        told.sort_by_key(|(_, receipt)| receipt.positions.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let held = runtime.block_on(check(&journal, origin, &[told]));
        assert!(events.contains(&held), "{held} events, not {events:?}");
    }
}

#[test]
fn a_disk_without_room_loses_nothing_and_what_was_refused_goes_in_when_there_is_some() {
    apart("room::a_disk_without_room_loses_nothing_and_what_was_refused_goes_in_when_there_is_some", || {
        // At other sizes other files find no room first.
        for round in 0..if full() { 16 } else { 2 } {
            let mut on = OnDisk::new(SMALL_KIB - 36 * round, if round % 2 == 0 { 1 } else { 65_536 });
            let server = Serving::start(&on.config);
            let _ = on.verb(&["record", "-"], &format!("{}\n", open())).ended(0);
            on.fill();
            assert!(on.told.len() as u64 > BATCH);
            // What was recorded can still be read and asked for.
            let may_hold = 1 + on.told.len() as u64..=1 + BATCH * on.sent;
            on.is_whole(may_hold.clone());
            assert_eq!(on.verb(&["verify"], "").ended(0).json()["verdict"], "verified");
            let _ = on.record(1).ended(0);
            server.kill();
            // A server that is started on it serves what there is, or says at once that it has no room.
            match Serving::spawn(binary::command(&["serve", "all", "--config", on.config.to_str().unwrap()]))
            {
                Ok(server) => {
                    let _ = on.record(1).ended(0);
                    server.kill();
                }
                Err(said) => assert!(said.iter().any(|line| line.contains("No space left")), "{said:?}"),
            }
            on.is_whole(may_hold);

            on.disk.grow(LARGE_KIB);
            let server = Serving::start(&on.config);
            for batch in 1..=on.sent + 2 {
                let _ = on.record(batch).ended(0);
            }
            on.sent += 2;
            let events = 1 + BATCH * on.sent;
            on.is_whole(events..=events);
            assert_eq!(on.verb(&["verify"], "").ended(0).json()["events"], json!(events));
            assert_eq!(on.verb(&["replay"], "").ended(0).json()["equal"], true);
            assert_eq!(server.stop(), 0);
        }
    });
}

#[test]
fn a_server_goes_on_by_itself_when_its_disk_has_room_again() {
    apart("room::a_server_goes_on_by_itself_when_its_disk_has_room_again", || {
        let mut on = OnDisk::new(SMALL_KIB, 65_536);
        let server = Serving::start(&on.config);
        let _ = on.verb(&["record", "-"], &format!("{}\n", open())).ended(0);
        on.fill();
        on.disk.grow(LARGE_KIB);
        let _ = on.record(on.sent).ended(0);
        on.sent += 1;
        let _ = on.record(on.sent).ended(0);
        let events = 1 + BATCH * on.sent;
        on.is_whole(events..=events);
        assert_eq!(server.stop(), 0);
        // Whether the views were being written when there was no room is a matter of luck; a start builds on the log.
        let server = Serving::start(&on.config);
        assert_eq!(on.verb(&["replay"], "").ended(0).json()["equal"], true);
        assert_eq!(server.stop(), 0);
    });
}

#[test]
fn a_broker_s_disk_without_room_loses_nothing_and_a_restart_with_room_goes_on() {
    apart("room::a_broker_s_disk_without_room_loses_nothing_and_a_restart_with_room_goes_on", || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        for _ in 0..if full() { 4 } else { 1 } {
            runtime.block_on(broker_without_room());
        }
    });
}

/// By itself the broker would keep to three quarters of its disk, and refuse for certain.
const MORE_THAN_THERE_IS: &str = "max_file_store: 1GB";

async fn broker_without_room() {
    let (disk, ledger) = (Disk::of(SMALL_KIB / 2), slug("azusa-usd"));
    let mut nats = Nats::start_in(disk.path(), MORE_THAN_THERE_IS);
    let place = Place::new(&ledger);
    let config = place.config(&format!("url = {:?}\naccept_unchecked_sync = true\n", nats.url()));
    let server = Serving::start(&config);
    let load = Load::start(&ledger, 8, settings(&nats.url())).await;
    // The broker does not say that it could not write; it says nothing, and the recorder sends the same again.
    tokio::task::block_in_place(|| server.says(&["append in doubt"]));
    assert!(disk.is_without(256));
    let before = load.receipts();
    assert!(before > 0);
    // Room alone does not help it: once it could not write to a file it writes no more to it.
    disk.grow(LARGE_KIB);
    nats.kill();
    nats.restart();
    load.progress(200).await;
    let told = load.finish().await;
    let events = check(&nats.journal().await, place.origin(), &told).await;
    assert_eq!(events, 1 + told.iter().map(|caller| caller.len() as u64).sum::<u64>());
    place.is_sound(events);
    println!("{before} receipts before there was no room, {events} events");
    assert_eq!(server.stop(), 0);
}

#[test]
fn views_without_room_stop_and_say_why_and_a_start_with_room_has_them_all() {
    apart("room::views_without_room_stop_and_say_why_and_a_start_with_room_has_them_all", || {
        let (small, mut on) = (Disk::of(64), OnDisk::new(LARGE_KIB, 1));
        std::os::unix::fs::symlink(small.path(), on.disk.path().join("views")).unwrap();
        let server = Serving::start(&on.config);
        let _ = on.verb(&["record", "-"], &format!("{}\n", open())).ended(0);
        let stopped = loop {
            on.sent += 1;
            // The log has room, so nobody who records is told of it.
            let _ = on.record(on.sent).ended(0);
            let head = (1 + BATCH * on.sent).to_string();
            let ran = on.verb(&["query", "activity-feed", "--min-position", &head], "");
            if ran.code != 0 {
                break ran.ended(10);
            }
        };
        assert!(stopped.err.contains("No space left"), "{}", stopped.err);
        on.sent += 1;
        let _ = on.record(on.sent).ended(0);
        assert_eq!(server.stop(), 0);

        small.grow(LARGE_KIB);
        let server = Serving::start(&on.config);
        let events = 1 + BATCH * on.sent;
        let query = ["query", "activity-feed", "--limit", "1", "--min-position", &events.to_string()];
        assert_eq!(on.verb(&query, "").ended(0).json()["head"]["position"], json!(events));
        assert_eq!(on.verb(&["replay"], "").ended(0).json()["equal"], true);
        on.is_whole(events..=events);
        assert_eq!(server.stop(), 0);
    });
}

#[test]
fn a_register_without_room_is_made_again_from_the_log() {
    apart("room::a_register_without_room_is_made_again_from_the_log", || {
        let (small, mut on) = (Disk::of(64), OnDisk::new(LARGE_KIB, 65_536));
        std::os::unix::fs::symlink(small.path(), on.disk.path().join("register")).unwrap();
        for start in 1..=3 {
            let server = Serving::start(&on.config);
            if start == 1 {
                let _ = on.verb(&["record", "-"], &format!("{}\n", open())).ended(0);
            }
            for _ in 0..8 {
                on.sent += 1;
                let _ = on.record(on.sent).ended(0);
            }
            // What it finds in the register, or in the log where the register was not written, it does not take twice.
            for batch in 1..=on.sent {
                let _ = on.record(batch).ended(0);
            }
            let events = 1 + BATCH * on.sent;
            on.is_whole(events..=events);
            // Stopping is when it writes the register, and there is no room the first two times.
            assert_eq!(server.stop(), 0);
            assert!(start > 2 || small.is_without(64));
            if start == 2 {
                small.grow(LARGE_KIB);
            }
        }
        assert!(on.disk.path().join("register/azusa-usd/bookmark.json").exists());
    });
}
