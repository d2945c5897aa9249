//! Fills a register with keys and says what that costs: `cargo run --release -p recorder --example remember -- 10000000`.
//!
//! Keys come in the order and mixture of real use: a command id, a source record and an event id each delivery.

use std::path::Path;

use domain::Standing;
use recorder::register::{Key, Place, Register, Remembered};
use runtime::Clock;
use runtime::clock::SystemClock;
use uuid::Uuid;
use wire::SourceRecord;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let keys: u64 = std::env::args().nth(1).map_or(Ok(1_000_000), |n| n.parse())?;
    let directory = std::env::temp_dir().join(format!("hubledger-remember-{}", std::process::id()));
    let clock = SystemClock::default();
    let (mut register, _) = Register::open(&directory)?;

    let began = clock.elapsed();
    for n in 0..keys / 3 {
        remember(&mut register, n);
        if register.is_full() {
            register.checkpoint(place(n))?;
        }
    }
    let seconds = (clock.elapsed() - began).as_secs_f64();
    println!("insert   {:>9.0} keys/s, {seconds:.1} s for {keys}", keys as f64 / seconds);
    println!("memory   {}", memory());

    lookups("known", clock, &register, |n| Key::command(id(1, n % (keys / 3))))?;
    lookups("new", clock, &register, |n| Key::command(id(9, n)))?;
    println!("memory   {}", memory());

    let began = clock.elapsed();
    register.close(place(keys))?;
    println!(
        "close    {:.1} s, disk {} MB",
        (clock.elapsed() - began).as_secs_f64(),
        size(&directory)? / 1_000_000
    );

    let began = clock.elapsed();
    let (register, place) = Register::open(&directory)?;
    println!("reopen   {:.2} s, clean: {}", (clock.elapsed() - began).as_secs_f64(), place.is_some());
    drop(register);
    let began = clock.elapsed();
    let (register, place) = Register::open(&directory)?;
    println!(
        "reopen   {:.2} s after an unclean stop, kept: {}",
        (clock.elapsed() - began).as_secs_f64(),
        place.is_some()
    );
    println!("memory   {}", memory());
    drop(register);
    std::fs::remove_dir_all(&directory)?;
    Ok(())
}

fn remember(register: &mut Register, n: u64) {
    let first = Remembered::Accepted { hash: *id(4, n).as_bytes(), commit: n / 1000, position: n, count: 1 };
    let source = SourceRecord {
        system: "azusa-sis".to_owned(),
        key: *id(2, n).as_bytes(),
        part: None,
        reported: None,
    };
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

fn lookups(
    what: &str,
    clock: SystemClock,
    register: &Register,
    key: impl Fn(u64) -> Key,
) -> Result<(), Failure> {
    let mut nanos = Vec::new();
    for n in 0..20_000_u64 {
        let key = key(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 8);
        let began = clock.elapsed();
        std::hint::black_box(register.get(&key)?);
        nanos.push((clock.elapsed() - began).as_nanos());
    }
    nanos.sort_unstable();
    let at = |share: usize| nanos.get(nanos.len() * share / 100).copied().unwrap_or_default() as f64 / 1000.0;
    println!("{what:<8} p50 {:.1} µs, p99 {:.1} µs", at(50), at(99));
    Ok(())
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let wanted = status.lines().filter(|l| l.starts_with("VmHWM") || l.starts_with("VmRSS"));
    wanted.map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join(", ")
}

fn size(directory: &Path) -> std::io::Result<u64> {
    let mut total = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        total += if entry.file_type()?.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(total)
}
