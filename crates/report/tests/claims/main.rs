//! What reports say and leave out: golden bytes, suppression by example and by attack, and each report over a small world.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

mod bytes;
#[path = "../../../domain/tests/rules/council_kit.rs"]
#[expect(dead_code, reason = "reports need only what is accepted")]
mod council_kit;
#[path = "../../../domain/tests/rules/kit.rs"]
#[expect(dead_code, reason = "reports need only what is accepted")]
mod kit;
mod leadership;
mod money;
mod needs;
mod people;
mod reports;
mod shelf;
mod suppression;
#[path = "../../../views/tests/claims/table.rs"]
#[expect(dead_code, reason = "reports read whole answers")]
mod table;
mod tags;
mod year;
