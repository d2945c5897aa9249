//! A running server: a recorder, a projector, a gateway or all, and the ways to reach it.

pub(crate) mod admin;
pub(crate) mod broker;
pub(crate) mod courier;
mod door;
pub(crate) mod failure;
pub(crate) mod feed;
pub(crate) mod figures;
mod health;
pub(crate) mod http;
mod incoming;
pub(crate) mod leases;
pub(crate) mod local;
pub(crate) mod members;
pub(crate) mod node;
mod passing;
pub(crate) mod presence;
pub(crate) mod socket;
mod spread;
pub(crate) mod trace;
pub(crate) mod waiting;
