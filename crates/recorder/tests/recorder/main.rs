//! Claims about the recorder, through its handle, on a log in memory that can be made troublesome.

mod answers;
mod kit;
mod restarts;
mod trouble;
mod two_recorders;
