//! What districts' systems find at the HTTP face of a real server.

mod access;
mod changes;
mod client;
mod commands;
mod conditions;
mod counts;
mod documents;
mod edge;
mod events;
mod imports;
mod kit;
mod reading;
mod traces;
