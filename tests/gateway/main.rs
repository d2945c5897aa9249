//! What districts' systems find at the HTTP face of a real server.

mod access;
mod canary;
mod changes;
mod checklist;
mod client;
mod commands;
mod conditions;
mod counts;
mod documents;
mod edge;
mod events;
mod hostile;
mod imports;
mod kit;
mod limits;
mod operations;
mod reading;
mod readme;
mod strangers;
mod tls;
mod traces;
mod webhooks;
