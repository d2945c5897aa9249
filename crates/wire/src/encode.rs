//! Writes an event: a CloudEvents 1.0 JSON object, attributes in one fixed order, nothing twice, no `null`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write as _;

use domain::{Fact, Subject, Timestamp};
use unicode_normalization::is_nfc;
use uuid::Uuid;

use crate::{Origin, RecordedEvent, SourceRecord, base64url, time};

/// Most bytes of one event.
pub const EVENT_BYTES_MAX: usize = 32 * 1024;

/// Why an event can't be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// It has more than 32 KiB.
    #[error("the event has {0} bytes; at most 32768 fit")]
    TooLarge(usize),
    /// A text is not in Unicode's composed form, so that the same words would hash differently.
    #[error("a text is not in Unicode normalisation form C")]
    NotNfc,
    /// An attribute is outside what the format can say.
    #[error("the attribute {0} is outside its range")]
    OutOfRange(&'static str),
    /// The payload could not be written.
    #[error("the payload can't be written: {0}")]
    Payload(String),
}

/// An event that is about to be written: all that [`RecordedEvent`] holds, borrowed, so that nothing is copied only to
/// be written once.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "each field is said in `Envelope` and `RecordedEvent`")]
pub struct Draft<'a> {
    pub id: Uuid,
    pub origin: &'a Origin,
    pub time: Timestamp,
    pub position: u64,
    pub epoch: u64,
    pub command_id: Uuid,
    pub command_hash: &'a [u8; 16],
    pub correlation_id: Option<Uuid>,
    pub causation_id: Option<Uuid>,
    pub actor: &'a str,
    pub on_behalf_of: Option<&'a str>,
    pub credential: Option<&'a str>,
    pub basis: Option<&'a str>,
    pub purpose: Option<&'a str>,
    pub source: Option<&'a SourceRecord>,
    pub rules: u32,
    pub policy: u64,
    pub salt: [u8; 16],
    pub fact: &'a Fact,
    pub sealed: &'a BTreeMap<String, String>,
}

impl<'a> From<&'a RecordedEvent> for Draft<'a> {
    fn from(RecordedEvent { envelope, fact, sealed }: &'a RecordedEvent) -> Self {
        Self {
            id: envelope.id,
            origin: &envelope.origin,
            time: envelope.time,
            position: envelope.position,
            epoch: envelope.epoch,
            command_id: envelope.command_id,
            command_hash: &envelope.command_hash,
            correlation_id: envelope.correlation_id,
            causation_id: envelope.causation_id,
            actor: &envelope.actor,
            on_behalf_of: envelope.on_behalf_of.as_deref(),
            credential: envelope.credential.as_deref(),
            basis: envelope.basis.as_deref(),
            purpose: envelope.purpose.as_deref(),
            source: envelope.source.as_ref(),
            rules: envelope.rules,
            policy: envelope.policy,
            salt: envelope.salt,
            fact,
            sealed,
        }
    }
}

/// Appends the JSON of the event to `out`. On error `out` may hold a part of it.
///
/// # Errors
/// [`EncodeError`].
pub fn event<'a>(event: impl Into<Draft<'a>>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let start = out.len();
    let mut w = Writer { out };
    let draft = event.into();
    let fact = draft.fact;
    let name = fact.event.name();
    w.out.extend_from_slice(b"{\"specversion\":\"1.0\"");
    w.id("id", draft.id);
    let Origin { deployment, ledger } = draft.origin;
    w.put("source", &["urn:hubledger:", deployment.as_str(), ":", ledger.as_str()]);
    let version = digits(fact.event.version());
    w.put("type", &["hubledger.", name, ".v", &version]);
    w.subject(fact.subject);
    w.time("time", draft.time)?;
    w.out.extend_from_slice(b",\"datacontenttype\":\"application/json\"");
    w.put("dataschema", &["urn:hubledger:schema:", name, ":", &version]);
    w.digits("sequence", draft.position);
    w.integer("epoch", draft.epoch)?;
    if let Some(effective) = &fact.effective {
        // Writing to a vector can't fail.
        let _ = write!(w.out, ",\"effective\":\"{effective}\"");
    }
    w.id("commandid", draft.command_id);
    w.bytes("commandhash", draft.command_hash);
    for (key, id) in [("correlationid", draft.correlation_id), ("causationid", draft.causation_id)] {
        if let Some(id) = id {
            w.id(key, id);
        }
    }
    w.text("actor", draft.actor)?;
    for (key, text) in [
        ("onbehalfof", draft.on_behalf_of),
        ("credential", draft.credential),
        ("basis", draft.basis),
        ("purpose", draft.purpose),
    ] {
        if let Some(text) = text {
            w.text(key, text)?;
        }
    }
    if let Some(source) = draft.source {
        w.source(source)?;
    }
    w.integer("rules", draft.rules.into())?;
    w.digits("policy", draft.policy);
    if let Some(corrects) = fact.corrects {
        w.id("corrects", corrects);
    }
    w.bytes("salt", &draft.salt);
    w.payload(fact, draft.sealed)?;
    w.out.push(b'}');
    let length = out.len() - start;
    if length > EVENT_BYTES_MAX {
        return Err(EncodeError::TooLarge(length));
    }
    let written = out.get(start..).unwrap_or_default();
    if !written.is_ascii() && !std::str::from_utf8(written).is_ok_and(is_nfc) {
        return Err(EncodeError::NotNfc);
    }
    Ok(())
}

/// The number of a version; nearly always the first.
fn digits(version: u16) -> Cow<'static, str> {
    if version == 1 { Cow::Borrowed("1") } else { Cow::Owned(version.to_string()) }
}

/// Writes members straight into the bytes: the machinery of `fmt` costs more than all the rest of an event.
struct Writer<'a> {
    out: &'a mut Vec<u8>,
}

impl Writer<'_> {
    fn key(&mut self, key: &str) {
        self.out.extend_from_slice(b",\"");
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// A value of parts that need no escape: ids, dates, codes.
    fn put(&mut self, key: &str, parts: &[&str]) {
        self.key(key);
        self.out.push(b'"');
        for part in parts {
            self.out.extend_from_slice(part.as_bytes());
        }
        self.out.push(b'"');
    }

    fn id(&mut self, key: &str, id: Uuid) {
        self.put(key, &[id.hyphenated().encode_lower(&mut Uuid::encode_buffer())]);
    }

    fn subject(&mut self, subject: Subject) {
        let mut buffer = Uuid::encode_buffer();
        let id = subject.id.hyphenated().encode_lower(&mut buffer);
        self.put("subject", &[subject.kind.as_str(), "/", id]);
    }

    fn time(&mut self, key: &'static str, time: Timestamp) -> Result<(), EncodeError> {
        let text = time::format(time).ok_or(EncodeError::OutOfRange(key))?;
        self.put(key, &[text.as_str()]);
        Ok(())
    }

    fn bytes(&mut self, key: &str, bytes: &[u8; 16]) {
        self.key(key);
        self.out.push(b'"');
        base64url::append(bytes, self.out);
        self.out.push(b'"');
    }

    /// Twenty digits, so that numbers sort as text.
    fn digits(&mut self, key: &str, mut number: u64) {
        let mut digits = [b'0'; 20];
        for digit in digits.iter_mut().rev() {
            *digit += (number % 10) as u8;
            number /= 10;
        }
        self.key(key);
        self.out.push(b'"');
        self.out.extend_from_slice(&digits);
        self.out.push(b'"');
    }

    fn integer(&mut self, key: &'static str, value: u64) -> Result<(), EncodeError> {
        // CloudEvents integers have 32 bits with a sign.
        let value = i32::try_from(value).map_err(|_| EncodeError::OutOfRange(key))?;
        self.key(key);
        self.json(&value)
    }

    fn text(&mut self, key: &'static str, value: &str) -> Result<(), EncodeError> {
        if value.is_empty() || value.len() > 256 {
            return Err(EncodeError::OutOfRange(key));
        }
        // What needs no escape, nearly always, is written as it is.
        if value.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\') {
            self.put(key, &[value]);
            return Ok(());
        }
        if value.chars().any(char::is_control) {
            return Err(EncodeError::OutOfRange(key));
        }
        self.key(key);
        self.json(value)
    }

    fn source(&mut self, source: &SourceRecord) -> Result<(), EncodeError> {
        self.text("sourcesystem", &source.system)?;
        self.bytes("sourcekey", &source.key);
        if let Some(part) = source.part {
            self.integer("part", part.into())?;
        }
        if let Some(reported) = source.reported {
            self.time("reportedtime", reported)?;
        }
        Ok(())
    }

    fn json(&mut self, value: &(impl serde::Serialize + ?Sized)) -> Result<(), EncodeError> {
        serde_json::to_writer(&mut *self.out, value).map_err(|e| EncodeError::Payload(e.to_string()))
    }

    /// The payload alone: serde writes the adjacently tagged `{"event":"<name>","data":<payload>}`, of which the
    /// frame is cut off. Sealed values go last.
    fn payload(&mut self, fact: &Fact, sealed: &BTreeMap<String, String>) -> Result<(), EncodeError> {
        self.out.extend_from_slice(b",\"data\":");
        let start = self.out.len();
        self.json(&fact.event)?;
        let frame = "{\"event\":\"".len() + fact.event.name().len() + "\",\"data\":".len();
        self.out.drain(start..start + frame);
        self.out.pop();
        if !sealed.is_empty() {
            self.out.pop();
            self.out.extend_from_slice(if self.out.last() == Some(&b'{') {
                b"\"sealed\":"
            } else {
                b",\"sealed\":"
            });
            self.json(sealed)?;
            self.out.push(b'}');
        }
        Ok(())
    }
}
