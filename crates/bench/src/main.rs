//! `cargo xtask bench core`: what recording, reading, projecting and remembering cost, each beside the raw limit that
//! was measured in the same run. `cargo xtask bench spine`: the bars of the services, in several rounds, beside what
//! people would take instead. `cargo xtask bench domain`: a county of ledgers with the whole domain, at growing sizes.
//! `cargo xtask bench gateway`: what HTTP costs. These machines are noisy: ratios hold where figures don't.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "figures are printed")]

mod bulk;
mod callers;
mod calls;
mod domain;
mod gateway;
mod hooks;
mod import;
mod lag;
mod machine;
mod postgres;
mod read;
mod rebuild;
mod remember;
mod rows;
mod spine;

use std::path::{Path, PathBuf};
use std::time::Duration;

use machine::{Failure, Figure, Measured};
use mimalloc::MiMalloc;
use serde_json::{Value, json};
use spine::Spine;

/// The allocator of `hubledger`.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// How much is measured.
struct Sizes {
    /// Deliveries of one import.
    deliveries: u64,
    /// Events of a year that is read and projected.
    events: u64,
    /// Keys that the register remembers.
    keys: u64,
    /// Runs of which the median is told.
    rounds: usize,
}

const USUAL: Sizes = Sizes { deliveries: 50_000, events: 200_000, keys: 10_000_000, rounds: 3 };
const FULL: Sizes = Sizes { deliveries: 200_000, events: 1_000_000, keys: 10_000_000, rounds: 3 };
/// Of the live projection, twice.
const STEADY: Duration = Duration::from_secs(15);
const SPINE: Spine = Spine {
    deliveries: 200_000,
    callers: 64,
    each: 1_000,
    appends: 1_000,
    events: 1_000_000,
    keys: 10_000_000,
    steady: STEADY,
    rounds: 5,
};
/// To see that it runs; its figures say nothing.
const SPINE_SHORT: Spine = Spine {
    deliveries: 5_000,
    callers: 8,
    each: 40,
    appends: 20,
    events: 20_000,
    keys: 300_000,
    steady: Duration::from_secs(2),
    rounds: 1,
};

/// Events of a county, from small to large; its ledgers are as many as a county has districts.
const COUNTY: &[u64] = &[100_000, 1_000_000, 10_000_000];
/// To see that it runs.
const COUNTY_SHORT: &[u64] = &[20_000];
const LEDGERS: usize = 80;

/// Threads for what blocks, as `hubledger` has them.
const BLOCKING_THREADS: usize = 16;

fn main() -> Result<(), Failure> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.enable_all().max_blocking_threads(BLOCKING_THREADS).build()?.block_on(run())
}

async fn run() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let has = |word| words.contains(&word);
    match words[..] {
        // Memory is measured in processes of their own.
        ["rebuild", folder] => rebuild::child(&PathBuf::from(folder)).await,
        // Parts of it, on a folder that is kept: for a profile, or to repeat one of them.
        ["year", folder, events] => rows::record_year(Path::new(folder), events.parse()?).await.map(drop),
        ["import", rows, rounds] => tell(import::jetstream(rows.parse()?, rounds.parse()?).await?),
        ["callers", each, rounds] => tell(callers::beside_postgres(each.parse()?, rounds.parse()?).await?),
        ["replay", folder] => tell(read::replay(Path::new(folder), 5).await?),
        ["lag", seconds] => tell(lag::steady(Duration::from_secs(seconds.parse()?)).await?),
        ["remember", keys] => remember::child(keys.parse()?),
        ["county-record", folder, events, ledgers] => {
            domain::record(Path::new(folder), events.parse()?, ledgers.parse()?).await
        }
        ["county-start", folder] => domain::start(Path::new(folder)).await,
        ["county-views", folder] => domain::views(Path::new(folder)).await,
        ["domain", ..] => county(if has("--short") { COUNTY_SHORT } else { COUNTY }, has("--json")).await,
        ["webhooks", events] => hooks::alone(events.parse()?).await,
        ["bulk", rows, rounds] => {
            bulk::bulk(rows.parse()?, rounds.parse()?).await?.iter().for_each(|bar| println!("{bar}"));
            Ok(())
        }
        ["gateway", ..] => http(has("--short"), has("--json")).await,
        ["core", ..] => core(if has("--full") { FULL } else { USUAL }, has("--json")).await,
        ["spine", ..] => services(if has("--short") { SPINE_SHORT } else { SPINE }, has("--json")).await,
        _ => Err(
            "bench core [--full] [--json] | bench spine [--short] [--json] | bench domain [--short] [--json] \
             | bench gateway [--short] [--json]"
                .into(),
        ),
    }
}

async fn county(sizes: &[u64], as_json: bool) -> Result<(), Failure> {
    for (events, measured) in domain::county(sizes, LEDGERS).await? {
        if as_json {
            let bars: Vec<Value> = measured.iter().map(Measured::json).collect();
            println!("{}", json!({ "bench": "domain", "events": events, "ledgers": LEDGERS, "bars": bars }));
        } else {
            println!("{events} events in {LEDGERS} ledgers, files synced per commit");
            measured.iter().for_each(|bar| println!("{bar}"));
        }
    }
    Ok(())
}

async fn http(short: bool, as_json: bool) -> Result<(), Failure> {
    let (callers, each, rounds) = if short { (8, 20, 1) } else { (64, 500, 5) };
    let (rows, imports) = if short { (2_000, 1) } else { (1_000_000, 1) };
    let mut measured = gateway::gateway(callers, each, rounds).await?;
    measured.extend(bulk::bulk(rows, imports).await?);
    if as_json {
        let bars: Vec<Value> = measured.iter().map(Measured::json).collect();
        println!("{}", json!({ "bench": "gateway", "callers": callers, "rows": rows, "bars": bars }));
    } else {
        println!("{callers} callers; recorder, projector, gateway and nats-server apart; {rounds} rounds");
        println!("imports of {rows} rows; {imports} round");
        measured.iter().for_each(|bar| println!("{bar}"));
    }
    Ok(())
}

async fn core(sizes: Sizes, as_json: bool) -> Result<(), Failure> {
    let mut figures = Vec::new();
    eprintln!("importing {} deliveries, {} rounds each", sizes.deliveries, sizes.rounds);
    figures.extend(import::embedded(sizes.deliveries, sizes.rounds).await?);
    figures.extend(import::jetstream(sizes.deliveries, sizes.rounds).await?);
    eprintln!("recording a year of {} events to read", sizes.events);
    let folder = tempfile::tempdir()?;
    rows::record_year(folder.path(), sizes.events).await?;
    figures.extend(read::replay(folder.path(), sizes.rounds).await?);
    figures.extend(own_process(&["rebuild", path(folder.path())?])?);
    eprintln!("recording and projecting at a steady rate");
    figures.extend(lag::steady(STEADY).await?);
    eprintln!("remembering {} keys", sizes.keys);
    figures.extend(own_process(&["remember", &sizes.keys.to_string()])?);
    if as_json {
        let figures: Vec<Value> = figures.iter().map(Figure::json).collect();
        println!("{}", json!({ "bench": "core", "figures": figures }));
    } else {
        for figure in &figures {
            println!("{figure}");
        }
    }
    Ok(())
}

async fn services(size: Spine, as_json: bool) -> Result<(), Failure> {
    let cores = std::thread::available_parallelism()?;
    let setting = format!(
        "{cores} cores; NATS JetStream R1, sync_interval always; files synced per commit; PostgreSQL with fsync; {} rounds",
        size.rounds
    );
    eprintln!("{} rounds of imports and callers", size.rounds);
    let mut measured = spine::spine(&size).await?;
    if !as_json {
        println!("{setting}; median [least – most]");
        measured.drain(..).for_each(|bar| println!("{bar}"));
    }
    eprintln!("the same with a log of {} events, and a register of {} keys", size.events, size.keys);
    measured.extend(spine::long(&size).await?);
    if as_json {
        let bars: Vec<Value> = measured.iter().map(Measured::json).collect();
        println!("{}", json!({ "bench": "spine", "setting": setting, "bars": bars }));
    } else {
        measured.iter().for_each(|bar| println!("{bar}"));
    }
    Ok(())
}

fn tell(figures: Vec<Figure>) -> Result<(), Failure> {
    figures.iter().for_each(|figure| println!("{figure}"));
    Ok(())
}

fn path(folder: &Path) -> Result<&str, Failure> {
    folder.to_str().ok_or_else(|| "the folder's name is no text".into())
}

/// The figures that this program prints when it is run with these words.
fn own_process(words: &[&str]) -> Result<Vec<Figure>, Failure> {
    let ran = std::process::Command::new(std::env::current_exe()?).args(words).output()?;
    if !ran.status.success() {
        return Err(String::from_utf8_lossy(&ran.stderr).into_owned().into());
    }
    Ok(String::from_utf8(ran.stdout)?.lines().filter_map(Figure::read).collect())
}
