//! Claims about the register: what it remembers, through stops of every kind.

use domain::Standing;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;

fn place(commit: u64) -> Place {
    Place { verifier: vec![1, 2, 3], state: format!("{{\"at\":{commit}}}") }
}

fn key(n: u64) -> Key {
    Key::command(Uuid::from_u64_pair(n, 7))
}

fn value(n: u64) -> Remembered {
    Remembered::Accepted { hash: [n as u8; 16], commit: n / 10, position: n, count: 1 }
}

/// Fills keys `from..to` with a write after each `step`.
fn fill(register: &mut Register, keys: std::ops::Range<u64>, step: u64) {
    for n in keys {
        register.insert(key(n), value(n));
        if n % step == step - 1 {
            register.checkpoint(place(n)).unwrap();
        }
    }
}

/// Where the register of a ledger would be.
fn at(directory: &TempDir) -> PathBuf {
    directory.path().join("azusa-usd")
}

fn open(directory: &TempDir) -> (Register, Option<Place>) {
    Register::open(&at(directory), &Shelf::new(directory.path())).unwrap()
}

#[test]
fn every_row_survives_its_bytes() {
    let values = [
        Remembered::Accepted { hash: [9; 16], commit: U48_MAX, position: 1, count: 250 },
        Remembered::Event { commit: 1, position: U48_MAX, standing: Standing::Latest },
        Remembered::Event { commit: 3, position: 4, standing: Standing::CorrectedBy(U48_MAX) },
        Remembered::Event { commit: 3, position: 4, standing: Standing::VoidedBy(5) },
    ];
    for value in values {
        let row = Row { key: key(1), value };
        assert_eq!(Row::from_bytes(&row.to_bytes()), Some(row));
    }
}

const U48_MAX: u64 = (1 << 48) - 1;

#[test]
fn a_key_is_found_in_memory_on_its_way_and_in_runs_of_every_level() {
    let directory = TempDir::new().unwrap();
    let (mut register, found) = open(&directory);
    assert_eq!(found, None);
    fill(&mut register, 0..10_000, 100);
    for n in 0..10_000 {
        assert_eq!(register.get(&key(n)).unwrap(), Some(value(n)), "key {n}");
    }
    for n in 10_000..12_000 {
        assert_eq!(register.get(&key(n)).unwrap(), None);
    }
    assert!(register.runs.iter().any(|run| run.level() > 0), "a hundred runs were merged");
}

#[test]
fn the_newest_value_of_a_key_wins_before_and_after_a_merge() {
    let directory = TempDir::new().unwrap();
    let (mut register, _) = open(&directory);
    for round in 0..40 {
        register.insert(key(1), value(round));
        register.insert(key(100 + round), value(round));
        register.checkpoint(place(round)).unwrap();
        assert_eq!(register.get(&key(1)).unwrap(), Some(value(round)));
    }
    let (keys, _) = register.digest().unwrap();
    assert_eq!(keys, 41);
}

#[test]
fn a_closed_register_opens_at_its_place_with_the_same_digest() {
    let directory = TempDir::new().unwrap();
    let (mut register, _) = open(&directory);
    fill(&mut register, 0..1_234, 100);
    let digest = register.digest().unwrap();
    register.close(place(99)).unwrap();
    let (register, found) = open(&directory);
    assert_eq!(found, Some(place(99)));
    assert_eq!(register.digest().unwrap(), digest);
    assert_eq!(digest.0, 1_234);
}

#[test]
fn an_unclean_stop_goes_back_to_the_last_durable_place_and_forgets_what_came_after() {
    let directory = TempDir::new().unwrap();
    let (mut register, _) = open(&directory);
    fill(&mut register, 0..1_050, 100);
    drop(register);
    let (register, found) = open(&directory);
    assert_eq!(found, Some(place(999)));
    assert_eq!(register.get(&key(999)).unwrap(), Some(value(999)));
    assert_eq!(register.get(&key(1_000)).unwrap(), None);
}

#[test]
fn the_digest_does_not_depend_on_how_the_rows_came_in() {
    let digests = [7, 100, 10_000].map(|step| {
        let directory = TempDir::new().unwrap();
        let (mut register, _) = open(&directory);
        fill(&mut register, 0..3_000, step);
        register.digest().unwrap()
    });
    assert_eq!(digests[0], digests[1]);
    assert_eq!(digests[1], digests[2]);
}

#[test]
fn a_register_without_a_run_that_counts_is_made_again() {
    let directory = TempDir::new().unwrap();
    let (mut register, _) = open(&directory);
    fill(&mut register, 0..200, 100);
    drop(register);
    run::clear_all_but(&at(&directory), &[]).unwrap();
    let (register, found) = open(&directory);
    assert_eq!((found, register.rows()), (None, 0));
}

/// The file of a run, and what is in it.
fn file_of(directory: &TempDir, run: u64) -> (PathBuf, Vec<u8>) {
    let file = at(directory).join(format!("{run}.run"));
    let bytes = std::fs::read(&file).unwrap();
    (file, bytes)
}

#[test]
fn a_run_with_a_changed_row_is_found_after_an_unclean_stop() {
    let directory = TempDir::new().unwrap();
    let (mut register, _) = open(&directory);
    fill(&mut register, 0..100, 100);
    drop(register);
    let (file, mut bytes) = file_of(&directory, 1);
    bytes[20] ^= 1;
    std::fs::write(file, bytes).unwrap();
    assert_eq!(open(&directory).1, None);
}

#[test]
fn a_byte_that_changed_in_a_run_is_never_believed() {
    let directory = TempDir::new().unwrap();
    let (mut register, _) = open(&directory);
    fill(&mut register, 0..300, 300);
    register.close(place(1)).unwrap();
    let (file, whole) = file_of(&directory, 1);
    let rows = 300 * row::ROW_BYTES + 3 * 4;
    let filter = rows + 3 * 16;
    assert!(whole.len() > filter + 300);
    for changed in [20, 128 * row::ROW_BYTES, rows - 1, rows, filter, filter + 300, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[changed] ^= 1;
        std::fs::write(&file, bytes).unwrap();
        let (register, found) = open(&directory);
        // What is not read on opening is found when it is read.
        let damaged = (0..300).find_map(|n| register.get(&key(n)).err());
        assert!(found.is_none() || matches!(damaged, Some(RegisterError::Damaged(_))), "byte {changed}");
        assert_eq!(found.is_none(), changed >= rows, "byte {changed}");
        // As it was.
        drop(register);
        std::fs::remove_dir_all(at(&directory)).unwrap();
        let (mut register, _) = open(&directory);
        fill(&mut register, 0..300, 300);
        register.close(place(1)).unwrap();
        assert_eq!(file_of(&directory, 1).1, whole);
    }
}

#[test]
fn a_run_that_is_cut_short_is_never_believed() {
    for left in [0, 100, 5_000, 10_000] {
        let directory = TempDir::new().unwrap();
        let (mut register, _) = open(&directory);
        fill(&mut register, 0..300, 300);
        register.close(place(1)).unwrap();
        let (file, whole) = file_of(&directory, 1);
        assert!(whole.len() > left);
        std::fs::write(file, &whole[..left]).unwrap();
        assert_eq!(open(&directory).1, None, "{left} bytes");
    }
}

#[test]
fn what_earlier_versions_kept_of_a_register_is_removed() {
    let directory = TempDir::new().unwrap();
    let before = [directory.path().join("register-runs"), at(&directory).join("runs")];
    for folder in &before {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("conf"), "of sled").unwrap();
    }
    let _register = open(&directory);
    assert!(before.iter().all(|folder| !folder.exists()));
}

#[test]
fn a_register_at_rest_has_room_for_its_rows_only_and_knows_them_all() {
    let directory = TempDir::new().unwrap();
    let (mut register, _) = open(&directory);
    fill(&mut register, 0..2_000, 1_000);
    (2_000..2_010).for_each(|n| register.insert(key(n), value(n)));
    assert!(register.buffer.capacity() >= 1_000);
    register.rest();
    assert!(register.buffer.capacity() < 100);
    for n in 0..2_010 {
        assert_eq!(register.get(&key(n)).unwrap(), Some(value(n)), "key {n}");
    }
}

#[test]
fn a_damaged_bookmark_is_never_believed() {
    for cut in [0, 1, 40, 200] {
        let directory = TempDir::new().unwrap();
        let (mut register, _) = open(&directory);
        fill(&mut register, 0..100, 100);
        register.close(place(1)).unwrap();
        let file = at(&directory).join("bookmark.json");
        let mut text = std::fs::read(&file).unwrap();
        text[cut] ^= 1;
        std::fs::write(&file, text).unwrap();
        assert_eq!(open(&directory).1, None, "byte {cut}");
    }
}

#[test]
fn runs_that_were_merged_away_leave_the_disk() {
    let directory = TempDir::new().unwrap();
    let (mut register, _) = open(&directory);
    fill(&mut register, 0..6_400, 100);
    register.close(place(1)).unwrap();
    let (register, _) = open(&directory);
    let names = std::fs::read_dir(at(&directory)).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap());
    let mut stored: Vec<u64> = names.filter_map(|name| name.strip_suffix(".run")?.parse().ok()).collect();
    stored.sort_unstable();
    let mut counted: Vec<u64> = register.runs.iter().map(|run| run.id()).collect();
    counted.sort_unstable();
    assert_eq!(stored, counted);
}

#[test]
fn a_second_opening_of_the_same_directory_fails() {
    let directory = TempDir::new().unwrap();
    let (mut register, _) = open(&directory);
    fill(&mut register, 0..100, 100);
    let again = Register::open(&at(&directory), &Shelf::new(directory.path()));
    assert!(matches!(again, Err(RegisterError::InUse(_))));
    assert_eq!(register.get(&key(5)).unwrap(), Some(value(5)));
}

#[test]
fn registers_on_one_shelf_keep_apart_and_write_early_when_they_are_many() {
    let directory = TempDir::new().unwrap();
    let shelf = Shelf::new(directory.path());
    let ledgers = ["azusa-usd", "glendora-usd", "lock", "runs"].map(|name| directory.path().join(name));
    let mut registers = ledgers.clone().map(|ledger| Register::open(&ledger, &shelf).unwrap().0);
    for (register, n) in registers.iter_mut().zip(0..) {
        register.insert(key(n), value(n));
        register.checkpoint(place(n)).unwrap();
        register.insert(key(10 + n), value(n));
    }
    for (register, n) in registers.into_iter().zip(0_u64..) {
        let known: Vec<u64> = (0..4).filter(|n| register.get(&key(*n)).unwrap().is_some()).collect();
        assert_eq!(known, [n]);
        register.close(place(20 + n)).unwrap();
    }
    let mut registers = ledgers.map(|ledger| Register::open(&ledger, &shelf).unwrap());
    assert_eq!(registers[2].1, Some(place(22)));
    let [(full, _), (small, _), ..] = &mut registers;
    (0..GATHERED_ROWS as u64).for_each(|n| full.insert(key(n), value(n)));
    (0..BUFFER_ROWS_MIN as u64).for_each(|n| small.insert(key(n), value(n)));
    assert!(small.is_full());
    full.checkpoint(place(9)).unwrap();
    assert!(!small.is_full());
}
