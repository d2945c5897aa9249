//! The binary `hubledger`.
fn main() {}
