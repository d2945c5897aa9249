//! x
pub(crate) mod socket;
