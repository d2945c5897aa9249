//! Processes killed and stopped at any moment, disks that are full or slow, callers that vanish, readers that do not
//! read, clocks that step: on real servers.
//!
//! Everybody who was given a receipt holds it against the log afterwards. The ordinary run is short;
//! `cargo xtask test --faults` runs the same stories for longer.

mod callers;
mod checker;
mod clients;
mod clocks;
mod disks;
mod followers;
mod gateways;
mod kills;
mod leaders;
mod leases;
mod load;
mod room;
mod slow;

/// Whether this is the long run.
fn full() -> bool {
    std::env::var_os("HUBLEDGER_FAULTS").is_some_and(|form| form == "full")
}

/// The dice of a story. Their seed is printed with a failure, and can be given again.
fn dice() -> fastrand::Rng {
    let given = std::env::var_os("HUBLEDGER_FAULTS_SEED").and_then(|seed| seed.to_str()?.parse().ok());
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    println!("HUBLEDGER_FAULTS_SEED={seed}");
    fastrand::Rng::with_seed(seed)
}
