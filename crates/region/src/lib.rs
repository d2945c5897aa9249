//! A made-up region: three districts of different size and their school year, as commands.
//!
//! For `demo`, benches and tests. The same seed gives the same commands; only what depends on receipts (a correction
//! names the event it corrects) comes from outside. Districts, schools, partners and people are invented, and the
//! people are random ids like everywhere. Every command is made to be accepted, with exactly one event.

mod calendar;
mod chance;
mod council;
mod district;
mod names;
mod opening;
mod year;

pub use district::{BATCH, District};

/// Commands that a ledger needs at least to be open.
const EVENTS_MIN: u64 = 1;

/// The districts of a region whose ledgers hold `events` events together, 3 at least.
pub fn region(seed: u64, events: u64) -> Vec<District> {
    let small = (events / 5).max(EVENTS_MIN);
    let middle = (events * 3 / 10).max(EVENTS_MIN);
    let large = events.saturating_sub(small + middle).max(EVENTS_MIN);
    let quotas = [small, middle, large];
    names::DISTRICTS.iter().zip(quotas).map(|(profile, quota)| District::new(profile, seed, quota)).collect()
}
