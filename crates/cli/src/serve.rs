//! A running server: a recorder, a projector or both, and the ways to reach it.

pub(crate) mod admin;
pub(crate) mod broker;
mod door;
pub(crate) mod failure;
pub(crate) mod feed;
pub(crate) mod figures;
mod health;
pub(crate) mod local;
pub(crate) mod node;
pub(crate) mod socket;
