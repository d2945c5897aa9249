//! The read models: pure functions from events to rows.
