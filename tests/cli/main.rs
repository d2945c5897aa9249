//! The binary as a person meets it: what it prints, how it ends, and what survives.

mod asking;
mod crashes;
mod damage;
mod demo;
mod importing;
mod kit;
mod recording;
mod reporting;
mod roles;
mod schemas;
mod serving;
mod spread;
mod tokens;
