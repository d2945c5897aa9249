//! A made-up region: districts of different size and their school year, as commands.
//!
//! For `demo`, benches and tests. The same seed gives the same commands; only what depends on receipts (a correction
//! names the event it corrects) comes from outside. Districts, schools, partners and people are invented, and the
//! people are random ids like everywhere. Every command is made to be accepted, with exactly one event.
//!
//! `places` are the districts, `opening` what each begins with, `agenda` what it does on a day of the year, planned in
//! a file for each sort of thing, and `year` what happens in between: services, families, late reports, corrections.

mod agenda;
mod calendar;
mod cases;
mod chance;
mod council;
mod district;
mod money;
mod names;
mod needs;
mod opening;
mod partners;
mod people;
mod places;
mod referral;
mod support;
mod year;

pub use district::{BATCH, District};

/// Most districts of a region.
pub const LEDGERS_MAX: usize = 100;

/// Three districts, from small to large, whose ledgers hold `events` events together, 3 at least.
pub fn region(seed: u64, events: u64) -> Vec<District> {
    region_of(seed, events, 3)
}

/// So many districts, 1 to [`LEDGERS_MAX`], from small to large: a few large ones and many small ones, whose ledgers
/// hold `events` events together, one each at least.
pub fn region_of(seed: u64, events: u64, ledgers: usize) -> Vec<District> {
    one_by_one(seed, events, ledgers).collect()
}

/// The same, each made when it is asked for: what a large one will do in its year takes tens of megabytes.
pub fn one_by_one(seed: u64, events: u64, ledgers: usize) -> impl Iterator<Item = District> {
    let quotas = places::quotas(events, ledgers.clamp(1, LEDGERS_MAX));
    let ranked = quotas.into_iter().enumerate().rev();
    ranked.map(move |(before, quota)| District::new(&places::Profile::of(before + 1), seed, quota))
}
