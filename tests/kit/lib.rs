//! What every story needs: servers, folders, the binary, logs to write.

pub mod binary;
pub mod chain;
pub mod cluster;
pub mod commands;
pub mod disk;
pub mod http;
pub mod nats;
pub mod python;
pub mod receiver;
pub mod year;
