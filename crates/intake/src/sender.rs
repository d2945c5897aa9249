//! Commands as they are sent, written without a tree in between: a file of a million rows makes a million of them.

use domain::Slug;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{Code, Fault, Record};

/// Who sends, to which ledger.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The ledger.
    pub ledger: Slug,
    /// Name of the source, part of what ids follow from.
    pub source: String,
    /// The ledger's first day: the date of things whose file has none. Not looked up for formats that need none.
    pub starts: Option<Date>,
    /// The principal that commands name.
    pub actor: String,
    /// Id of the token that it came with.
    pub credential: Option<String>,
    /// Decide, but append nothing.
    pub dry_run: bool,
}

impl Sender {
    /// The id of a thing by its key in the source; UUIDv8.
    pub(crate) fn id(&self, kind: &str, key: &str) -> Uuid {
        uuid_of(&[self.ledger.as_str(), kind, key])
    }

    /// A command as it is sent, for part `part` of a source record. The body has its members in order of their names,
    /// because ids follow from its bytes.
    pub(crate) fn command(
        &self,
        (name, key, part): (&str, &str, u32),
        body: &str,
        basis: Option<&str>,
    ) -> Result<Box<RawValue>, Fault> {
        let id = uuid_of(&[self.ledger.as_str(), name, &self.source, key, body]);
        let mut source = Object::default();
        source.put("system", &self.source).put("key", key).put("part", &part);
        let mut command = Object::with_room(body.len() + 400);
        command.put("command", name).put("version", &1).put("id", &id);
        self.sign(&mut command);
        command.put_some("basis", basis).raw("body", body).raw("source", &source.end());
        raw(command.end())
    }

    /// Who acts, and whether it is tried only.
    pub(crate) fn sign(&self, command: &mut Object) {
        command.put("actor", &self.actor).put_some("credential", self.credential.as_ref());
        command.put_some("dryrun", self.dry_run.then_some(true));
    }
}

/// Text as JSON. It can't fail for what this crate has written.
pub(crate) fn raw(text: String) -> Result<Box<RawValue>, Fault> {
    RawValue::from_string(text).map_err(|error| Fault::new(None, Code::MalformedCommand, error.to_string()))
}

/// Joined by a byte that no part has, so that no two lists of parts are the same bytes.
pub fn uuid_of(parts: &[&str]) -> Uuid {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
        digest.update([0xff]);
    }
    uuid::Builder::from_custom_bytes(digest.finalize().first_chunk().copied().unwrap_or_default()).into_uuid()
}

/// A JSON object that is written member by member.
#[derive(Debug, Default)]
pub(crate) struct Object(Vec<u8>);

impl Object {
    pub(crate) fn with_room(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// A member. Its name needs no escapes.
    pub(crate) fn put<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> &mut Self {
        self.name(name);
        // Neither numbers nor text can fail, nor writing to memory.
        drop(serde_json::to_writer(&mut self.0, value));
        self
    }

    /// A member, where there is a value.
    pub(crate) fn put_some<T: Serialize>(&mut self, name: &str, value: Option<T>) -> &mut Self {
        match value {
            Some(value) => self.put(name, &value),
            None => self,
        }
    }

    /// A member that is JSON already.
    pub(crate) fn raw(&mut self, name: &str, json: &str) -> &mut Self {
        self.name(name);
        self.0.extend_from_slice(json.as_bytes());
        self
    }

    pub(crate) fn end(mut self) -> String {
        if self.0.is_empty() {
            self.0.push(b'{');
        }
        self.0.push(b'}');
        String::from_utf8(self.0).unwrap_or_default()
    }

    fn name(&mut self, name: &str) {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }
}

/// A body that creates a thing of this id.
pub(crate) fn creates(details: Object, effective: Option<Date>, id: Uuid) -> String {
    let mut body = Object::default();
    body.raw("details", &details.end()).put("effective", &effective).put("id", &id);
    body.end()
}

/// A date in either form that the state's directory has used: `2026-03-02` or `03/02/2026`.
pub(crate) fn date(row: &Record<'_>, column: &'static str) -> Result<Option<Date>, Fault> {
    let Some(text) = row.get(column) else { return Ok(None) };
    let read = match text.as_bytes() {
        [_, _, _, _, b'-', _, _, b'-', _, _] => text.parse().ok(),
        [_, _, b'/', _, _, b'/', _, _, _, _] => {
            let part = |from, to| text.get(from..to).unwrap_or_default();
            format!("{}-{}-{}", part(6, 10), part(0, 2), part(3, 5)).parse().ok()
        }
        _ => None,
    };
    let fault =
        || Fault::new(column, Code::NoDate, format!("{text:?} is no date; write YYYY-MM-DD or MM/DD/YYYY"));
    read.map(Some).ok_or_else(fault)
}

pub(crate) fn empty(column: &'static str) -> Fault {
    Fault::new(column, Code::Empty, format!("{column} is empty"))
}

/// A cell that must not be empty.
pub(crate) fn needed<'r>(row: &Record<'r>, column: &'static str) -> Result<&'r str, Fault> {
    row.get(column).ok_or_else(|| empty(column))
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{Format, Rows, Step, Table};

    pub(crate) fn sender() -> Sender {
        let ledger = "azul-usd".parse().unwrap();
        let starts = Some(jiff::civil::date(2025, 7, 1));
        let (source, actor) = ("sample".to_owned(), "svc:sample".to_owned());
        Sender { ledger, source, starts, actor, credential: None, dry_run: false }
    }

    /// What each row of a file makes.
    pub(crate) fn made(
        rows: &dyn Rows,
        format: &'static Format,
        text: &str,
    ) -> Vec<Result<Vec<Value>, Vec<Fault>>> {
        let (mut table, mut rest, mut all) = (Table::new(format), text.as_bytes(), Vec::new());
        loop {
            match table.next(&mut rest, true).unwrap() {
                Step::Row(cells) => {
                    let mut made = Vec::new();
                    let done = rows.commands(&sender(), &table.record(&cells).unwrap(), &mut made);
                    let read = |raw: Box<RawValue>| serde_json::from_str(raw.get()).unwrap();
                    all.push(done.map(|()| made.into_iter().map(read).collect()));
                }
                Step::More => panic!("all of it was there"),
                Step::End => return all,
            }
        }
    }

    /// Column and code of each fault of each row.
    pub(crate) fn faults(
        rows: &dyn Rows,
        format: &'static Format,
        text: &str,
    ) -> Vec<Vec<(Option<&'static str>, &'static str)>> {
        let of_row = |row: Result<_, Vec<Fault>>| row.err().unwrap_or_default().into_iter();
        let told = |fault: Fault| (fault.column, fault.code.as_str());
        made(rows, format, text).into_iter().map(|row| of_row(row).map(told).collect()).collect()
    }

    #[test]
    fn the_id_of_a_command_follows_from_all_that_it_says() {
        let sender = sender();
        let command = |key: &str, minutes: u32| {
            let mut body = Object::default();
            body.put("minutes", &minutes);
            let raw = sender.command(("record-delivery", key, 1), &body.end(), None).unwrap();
            serde_json::from_str::<Value>(raw.get()).unwrap()["id"].clone()
        };
        assert_eq!(command("row-1", 30), command("row-1", 30));
        assert_ne!(command("row-1", 30), command("row-1", 31));
        assert_ne!(command("row-1", 30), command("row-2", 30));
        // As it has always been: files that were sent long ago are repeated, not refused.
        assert_eq!(command("row-1", 30), json!("32fc8b32-179d-84bf-aaa1-0a7ba89c684d"));
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let mut object = Object::default();
        object.put("a", "\"\\\n\u{1F600}").put_some("b", None::<u8>).raw("c", "[1,2]");
        let read: Value = serde_json::from_str(&object.end()).unwrap();
        assert_eq!(read, json!({ "a": "\"\\\n\u{1F600}", "c": [1, 2] }));
        assert_eq!(Object::default().end(), "{}");
    }
}
