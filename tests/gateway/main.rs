//! What districts' systems find at the HTTP face of a real server.

mod access;
mod checklist;
mod commands;
mod documents;
mod edge;
mod events;
mod hostile;
mod kit;
mod operations;
mod reading;
mod tls;
