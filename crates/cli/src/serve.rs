//! A running server: recorder and projector in one process, and the ways to reach it.

pub(crate) mod broker;
pub(crate) mod failure;
pub(crate) mod local;
pub(crate) mod node;
pub(crate) mod socket;
