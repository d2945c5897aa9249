//! Files of rows, recorded in bulk: made, sent in parts, checked, committed.
//!
//! What is known of an import is one record in a bucket that all gateways share ([`record`]); its data and reports lie
//! beside it in chunks ([`store`]). Whoever takes a record's *lease* does its work ([`worker`], [`job`]), and goes on
//! from the last checkpoint of whoever held it before. Nothing is right because of a lease: ids of commands follow from
//! rows, so what is sent twice is recorded once.

mod document;
mod job;
mod problems;
mod range;
mod record;
mod routes;
mod sheet;
mod store;
mod told;
mod upload;
mod worker;

pub(crate) use document::{headers, schema, takes};
pub(crate) use problems::{PROBLEMS, ROWS};
pub(crate) use routes::routes;
pub(crate) use store::Store;
pub(crate) use upload::OFFSET;
pub(crate) use worker::{Bell, work};
