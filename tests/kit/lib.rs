//! What every story needs: servers, folders, the binary.

pub mod binary;
