//! A register full of keys, in a process of its own so that its memory is only that. Keys come in the order and mixture
//! of real use: a command id, a source record and an event id for each delivery.

use domain::Standing;
use recorder::register::{Key, Place, Register, Remembered, Shelf};
use runtime::{Clock as _, SystemClock};
use uuid::Uuid;
use wire::SourceRecord;

use crate::machine::{Failure, Figure, disk, peak_memory};

/// Fills a register and prints the figures, a line each.
pub(crate) fn child(keys: u64) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let (clock, shelf) = (SystemClock::default(), Shelf::new(folder.path()));
    let (mut register, _) = Register::open(&folder.path().join("azul-usd"), &shelf)?;
    let began = clock.elapsed();
    for n in 0..keys / 3 {
        remember(&mut register, n);
        if register.is_full() {
            register.checkpoint(place(n))?;
        }
    }
    let filled = (clock.elapsed() - began).as_secs_f64();
    let known = lookups(&register, |n| Key::command(id(1, n % (keys / 3).max(1))))?;
    let new = lookups(&register, |n| Key::command(id(9, n)))?;
    register.close(place(keys))?;
    let began = clock.elapsed();
    let (register, kept) = Register::open(&folder.path().join("azul-usd"), &shelf)?;
    let reopened = (clock.elapsed() - began).as_secs_f64();
    if kept.is_none() {
        return Err("the register forgot its place".into());
    }
    drop(register);
    let millions = keys as f64 / 1e6;
    let figures = [
        Figure::new("register: keys remembered", millions, "million"),
        Figure::new("register: peak memory", peak_memory(), "MB"),
        Figure::new("register: on disk, a key", disk(folder.path())? * 1e6 / keys as f64, "bytes"),
        Figure::new("register: fill", keys as f64 / filled, "keys/s"),
        Figure::new("register: p99 of finding a known key", known, "µs"),
        Figure::new("register: p99 of not finding a new key", new, "µs"),
        Figure::new("register: reopen", reopened, "s"),
    ];
    figures.iter().for_each(|figure| println!("{}", figure.json()));
    Ok(())
}

fn remember(register: &mut Register, n: u64) {
    let first = Remembered::Accepted { hash: *id(4, n).as_bytes(), commit: n / 1000, position: n, count: 1 };
    let (system, key) = ("azul-sis".to_owned(), *id(2, n).as_bytes());
    let source = SourceRecord { system, key, part: None, reported: None };
    register.insert(Key::command(id(1, n)), first);
    register.insert(Key::source(&source), first);
    let event = Remembered::Event { commit: n / 1000, position: n, standing: Standing::Latest };
    register.insert(Key::event(id(3, n)), event);
}

fn id(sort: u64, n: u64) -> Uuid {
    Uuid::from_u64_pair(n, sort)
}

fn place(commit: u64) -> Place {
    Place { verifier: vec![0; 512], state: format!("{{\"at\":{commit}}}") }
}

/// The 99th percentile of 20,000, in microseconds.
fn lookups(register: &Register, key: impl Fn(u64) -> Key) -> Result<f64, Failure> {
    let clock = SystemClock::default();
    let mut nanos = Vec::new();
    for n in 0..20_000_u64 {
        let key = key(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 8);
        let began = clock.elapsed();
        std::hint::black_box(register.get(&key)?);
        nanos.push((clock.elapsed() - began).as_nanos());
    }
    nanos.sort_unstable();
    Ok(nanos.get(nanos.len() * 99 / 100).copied().unwrap_or_default() as f64 / 1000.0)
}
