//! What a person is told when a verb can't do its work: what went wrong, why, and what to do about it.
//!
//! A refused command is no error; it is a result and goes to stdout.

use std::fmt;
use std::io;
use std::path::Path;

use crate::exit::Exit;

/// A failure of a verb.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub(crate) struct Error {
    exit: Exit,
    what: String,
    why: Option<String>,
    hint: Option<String>,
}

impl Error {
    /// A failure that ends with `exit`; `what` is a sentence without a full stop.
    pub(crate) fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { exit, what: what.into(), why: None, hint: None }
    }

    /// Adds the cause.
    #[must_use]
    pub(crate) fn why(mut self, why: impl fmt::Display) -> Self {
        self.why = Some(why.to_string());
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A file or directory that can't be used.
    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        let exit = if error.kind() == io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Failure };
        Self::new(exit, format!("can't use {}", path.display())).why(error)
    }

    /// How the run ends.
    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// What · why · hint, for the terminal or for `--json`.
    pub(crate) fn parts(&self) -> (&str, Option<&str>, Option<&str>) {
        (&self.what, self.why.as_deref(), self.hint.as_deref())
    }
}

/// Stdout was closed by its reader (`| head`): the verb ends without a word and without blame.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Exit::Ok, "");
        }
        Self::new(Exit::Failure, "can't write the output").why(error)
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        if error.io_error_kind() == Some(io::ErrorKind::BrokenPipe) {
            return Self::new(Exit::Ok, "");
        }
        Self::new(Exit::Failure, "can't write JSON").why(error)
    }
}
