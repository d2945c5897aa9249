//! A running server: recorder and projector in one process, and the ways to reach it.

pub(crate) mod socket;
