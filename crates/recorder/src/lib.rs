//! Decides commands, appends their events, remembers them for ever.
