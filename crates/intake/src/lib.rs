//! Rows of files as commands: pure functions from a record to what is sent, or to what is wrong with it.
//!
//! Ids follow from names, so that a file can be sent again: the id of a thing from the directory's key, the id of a
//! command from the key and everything that it says. Each row is also a *source record*, which the ledger accepts
//! once: a row that says something else the next time is refused with the place of the first.
//!
//! A [`Format`] says what the rows of a file are, a [`Table`] finds them in bytes that come in pieces, [`Rows`] makes
//! commands of them, and [`ended`] says how each ended.

mod commands;
mod deliveries;
mod directory;
mod fault;
mod format;
mod kinds;
mod known;
mod orgs;
mod outcome;
mod record;
mod sender;
mod sites;
mod table;

use serde_json::value::RawValue;

pub use commands::Commands;
pub use deliveries::Deliveries;
pub use directory::{Organizations, Services};
pub use fault::{Code, Fault, Unreadable};
pub use format::{FORMATS, Format, format};
pub use known::{Known, Wanted};
pub use orgs::Orgs;
pub use outcome::{Ended, More, Told, ended};
pub use record::{Header, Record};
pub use sender::{Sender, uuid_of};
pub use sites::Sites;
pub use table::{Cells, ROW_BYTES_MAX, Step, Table};

/// Commands as they are sent.
pub type Made = Vec<Box<RawValue>>;

/// One kind of rows.
pub trait Rows: Send + Sync {
    /// The commands that a row makes, in order, put behind what is there. None where the row says nothing new.
    ///
    /// # Errors
    /// Everything that is wrong with the row, as far as it can be told without guessing; nothing was put then.
    fn commands(&self, sender: &Sender, row: &Record<'_>, made: &mut Made) -> Result<(), Vec<Fault>>;

    /// The row's key in the sender's system, as reports have it; none where it may be a number of a person.
    fn key<'a>(&self, row: &Record<'a>) -> Option<&'a str>;

    /// The column that a field of a refused command came from, or what a refusal's code is about.
    fn column(&self, field_or_code: &str) -> Option<&'static str>;

    /// Where in the row a refusal is about.
    fn place(&self, refusal: &wire::RefusalReply) -> Option<String> {
        let field = refusal.field.as_deref().map(|field| field.trim_start_matches("/body/"));
        let column = field.and_then(|field| self.column(field)).or_else(|| self.column(&refusal.code));
        column.map(str::to_owned)
    }

    /// What must be known of a row before it can be read: names that the views know things by.
    fn wanted(&self, _: &Record<'_>) -> [Option<Wanted>; 2] {
        [None, None]
    }

    /// Told what was found, a thing or none; not asked for again.
    fn learn(&mut self, _: Wanted, _: Option<uuid::Uuid>) {}
}
