//! What districts' systems find at the HTTP face of a real server.

mod access;
mod commands;
mod documents;
mod edge;
mod events;
mod kit;
mod reading;
mod tls;
