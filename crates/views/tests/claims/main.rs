//! What views answer: small tables of events and rows, and properties over many.
//!
//! The events are decided by the real rules, with the same given, when and then as the rules' own claims.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

mod accesses;
mod amendments;
mod assistances;
mod clues;
#[path = "../../../domain/tests/rules/council_kit.rs"]
#[expect(dead_code, reason = "views need only what is accepted")]
mod council_kit;
mod deliveries;
mod disclosures;
mod engagements;
mod funding;
#[path = "../../../domain/tests/rules/kit.rs"]
#[expect(dead_code, reason = "views need only what is accepted")]
mod kit;
mod leadership;
mod needs;
mod persons;
mod properties;
mod questions;
mod referrals;
mod registers;
mod sentences;
mod table;
mod timelines;
mod traces;
mod two_axes;
