//! Applies the log to the views and answers queries.
