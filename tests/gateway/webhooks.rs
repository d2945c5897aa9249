//! Webhooks, from a command that is recorded to a receiver that is not ours.

mod asking;
mod delivering;
mod kit;
mod trouble;
