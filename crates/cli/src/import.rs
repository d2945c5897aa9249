//! Rows of files as commands: pure functions from a record to what is sent, or to what is wrong with it.
//!
//! Ids follow from names, so that a file can be sent again: the id of a thing from the directory's key, the id of a
//! command from the key and everything that it says. Each row is also a *source record*, which the ledger accepts
//! once: a row that says something else the next time is refused with the place of the first.

mod deliveries;
mod directory;
mod kinds;
mod record;
mod sites;

use domain::Slug;
use jiff::civil::Date;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub(crate) use deliveries::{Deliveries, Known};
pub(crate) use directory::{Organizations, Services};
pub(crate) use record::{Header, Record, open, unreadable as records_error};
pub(crate) use sites::Sites;

/// What is wrong with a row before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The column, as the file names it.
    pub(crate) column: Option<&'static str>,
    /// Stable code.
    pub(crate) code: &'static str,
    /// A sentence.
    pub(crate) message: String,
}

impl Fault {
    fn new(column: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self { column: Some(column), code, message: message.into() }
    }
}

/// One kind of file.
pub(crate) trait Rows {
    /// Columns that must be there.
    const COLUMNS: &'static [&'static str];
    /// The commands that a row makes, in order, one at least.
    ///
    /// # Errors
    /// What is wrong with the row.
    fn commands(&self, sender: &Sender, row: &Record<'_>) -> Result<Vec<Value>, Fault>;
    /// The column that a field of a refused command came from, or what a refusal's code is about.
    fn column(&self, field_or_code: &str) -> Option<&'static str>;
}

/// Who sends, to which ledger.
pub(crate) struct Sender {
    /// The ledger.
    pub(crate) ledger: Slug,
    /// Name of the source, part of what ids follow from.
    pub(crate) source: String,
    /// The ledger's first day: the date of things whose file has none. Not looked up for kinds that need none.
    pub(crate) starts: Option<Date>,
}

impl Sender {
    /// The id of a thing by its key in the source; UUIDv8.
    pub(crate) fn id(&self, kind: &str, key: &str) -> Uuid {
        uuid_of(&[self.ledger.as_str(), kind, key])
    }

    /// A command as it is sent, for part `part` of a source record.
    fn command(&self, name: &str, key: &str, part: u32, body: &Value) -> Value {
        let id = uuid_of(&[self.ledger.as_str(), name, &self.source, key, &body.to_string()]);
        json!({
            "command": name, "version": 1, "id": id, "actor": format!("svc:{}", self.source), "body": body,
            "source": { "system": self.source, "key": key, "part": part },
        })
    }
}

/// Joined by a byte that no part has, so that no two lists of parts are the same bytes.
pub(crate) fn uuid_of(parts: &[&str]) -> Uuid {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
        digest.update([0xff]);
    }
    uuid::Builder::from_custom_bytes(digest.finalize().first_chunk().copied().unwrap_or_default()).into_uuid()
}

/// A date in either form that the state's directory has used: `2026-03-02` or `03/02/2026`.
fn date(row: &Record<'_>, column: &'static str) -> Result<Option<Date>, Fault> {
    let Some(text) = row.get(column) else { return Ok(None) };
    let iso = match text.split('/').collect::<Vec<_>>()[..] {
        [month, day, year] if text.len() == 10 => format!("{year}-{month}-{day}"),
        _ => text.to_owned(),
    };
    let read = (iso.len() == 10).then(|| iso.parse().ok()).flatten();
    let fault =
        || Fault::new(column, "no-date", format!("{text:?} is no date; write YYYY-MM-DD or MM/DD/YYYY"));
    read.map(Some).ok_or_else(fault)
}

/// A cell that must not be empty.
fn needed<'r>(row: &'r Record<'_>, column: &'static str) -> Result<&'r str, Fault> {
    row.get(column).ok_or_else(|| Fault::new(column, "empty", format!("{column} is empty")))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::record::records;
    use super::*;

    pub(crate) fn sender() -> Sender {
        let ledger = "azul-usd".parse().unwrap();
        Sender { ledger, source: "sample".to_owned(), starts: Some(jiff::civil::date(2025, 7, 1)) }
    }

    /// What each row of a file makes.
    pub(crate) fn made<R: Rows>(rows: &R, text: &str) -> Vec<Result<Vec<Value>, Fault>> {
        let mut reader = records(text.as_bytes());
        let header = Header::read(&mut reader, R::COLUMNS).unwrap();
        let mut made = Vec::new();
        for record in reader.records() {
            let record = record.unwrap();
            made.push(rows.commands(&sender(), &Record::new(&header, &record)));
        }
        made
    }

    #[test]
    fn the_id_of_a_command_follows_from_all_that_it_says() {
        let sender = sender();
        let command = |key: &str, minutes: u32| {
            sender.command("record-delivery", key, 1, &json!({ "minutes": minutes }))["id"].clone()
        };
        assert_eq!(command("row-1", 30), command("row-1", 30));
        assert_ne!(command("row-1", 30), command("row-1", 31));
        assert_ne!(command("row-1", 30), command("row-2", 30));
    }
}
