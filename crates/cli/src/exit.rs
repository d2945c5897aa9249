//! How a run ends, as a number that scripts may rely on. `hubledger help exit-codes` prints this table.

/// Every way to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done; for `verify`, verified.
    Ok = 0,
    /// Something unexpected failed.
    Failure = 1,
    /// The command line or the input can't be read.
    Usage = 2,
    /// The work was done, but some commands or rows were refused.
    Refused = 3,
    /// No such ledger, view, file or schema.
    NotFound = 4,
    /// Busy or out of reach; safe to repeat.
    Unavailable = 5,
    /// Something must be set up first.
    SetupMissing = 6,
    /// The configuration is wrong.
    Configuration = 7,
    /// The log is broken, or views differ from it.
    Broken = 10,
    /// Nothing is wrong with what was read, but it can't be shown to be everything.
    Incomplete = 11,
    /// Interrupted from the keyboard.
    Interrupted = 130,
}

impl Exit {
    /// Every code with its meaning, in rising order.
    pub(crate) const TABLE: &[(Self, &'static str)] = &[
        (Self::Ok, "done; for verify: verified"),
        (Self::Failure, "an unexpected failure"),
        (Self::Usage, "the command line or the input can't be read"),
        (Self::Refused, "done, but some commands or rows were refused (each is reported)"),
        (Self::NotFound, "no such ledger, view, file or schema"),
        (Self::Unavailable, "busy or out of reach; safe to repeat"),
        (Self::SetupMissing, "something must be set up first"),
        (Self::Configuration, "the configuration is wrong"),
        (Self::Broken, "the log is broken, or views differ from it"),
        (Self::Incomplete, "nothing wrong was found, but it can't be shown that this is everything"),
        (Self::Interrupted, "interrupted"),
    ];

    /// The number.
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }
}
