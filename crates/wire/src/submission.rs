//! The door: a command as a sender writes it becomes a command as the recorder takes it, with the raw key of the
//! source record replaced by its HMAC.

use domain::{Basis, Command, Slug, Subject, Timestamp};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::Sha256;
use uuid::Uuid;

use crate::canonical::Strict;
use crate::envelope::SourceRecord;
use crate::place::{self, Placing};
use crate::receipt::RefusalReply;
use crate::tagged::Tagged;
use crate::time;

/// Most bytes of one command as it is sent.
pub const COMMAND_BYTES_MAX: usize = 256 * 1024;
/// Deepest nesting of a command's body.
const DEPTH_MAX: usize = 8;

/// The two keys of a ledger, until the vault holds them.
#[derive(Clone)]
pub struct LedgerKeys {
    /// K_cmd: key of `commandhash`.
    pub command: [u8; 32],
    /// K_src: key of `sourcekey`.
    pub source: [u8; 32],
}

/// A command as the recorder takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The ledger it is for.
    pub ledger: Slug,
    /// The caller's idempotency key.
    pub command_id: Uuid,
    /// HMAC-SHA-256(K_cmd, canonical JSON of name, version and body)[..16].
    pub command_hash: [u8; 16],
    /// What is asked.
    pub command: Command,
    /// Who asks.
    pub actor: String,
    /// For whom.
    pub on_behalf_of: Option<String>,
    /// Token id.
    pub credential: Option<String>,
    /// Basis.
    pub basis: Option<String>,
    /// Purpose code.
    pub purpose: Option<String>,
    /// The record it came from.
    pub source: Option<SourceRecord>,
    /// Correlation.
    pub correlation_id: Option<Uuid>,
    /// The event that caused it.
    pub causation_id: Option<Uuid>,
    /// Decide, but append nothing.
    pub dry_run: bool,
    /// What must not have happened since the sender looked. No part of `command_hash`: who repeats a command that was
    /// accepted gets its receipt, whatever has happened since.
    pub unchanged: Option<Unchanged>,
}

/// A thing that had no event of its own after a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unchanged {
    /// The thing.
    pub subject: Subject,
    /// The position; its last event stands there or earlier.
    pub since: u64,
}

/// A command as a sender writes it. Unknown members are refused.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCommand<'a> {
    /// Name, such as `record-delivery`.
    pub command: String,
    /// Version of the body; 1.
    pub version: u16,
    /// The idempotency key.
    pub id: Uuid,
    /// Principal, such as `svc:azusa-sis`.
    pub actor: String,
    /// For whom.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub onbehalfof: Option<String>,
    /// Token id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub credential: Option<String>,
    /// Space-separated `law:<code>`, `consent:<id>`, `sharing:<id>`, `decision:<id>`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub basis: Option<String>,
    /// Purpose code.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub purpose: Option<String>,
    /// Correlation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub correlationid: Option<Uuid>,
    /// The event that caused it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub causationid: Option<Uuid>,
    /// The record in the sender's system.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<RawSource>,
    /// Decide, but append nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub dryrun: bool,
    /// Refuse it as `stale` when the thing had an event of its own since.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unchanged: Option<RawUnchanged>,
    /// What the command says.
    #[schemars(with = "serde_json::Value")]
    #[serde(borrow)]
    pub body: &'a RawValue,
}

/// The record in the sender's system, with its raw key: it never goes further than the door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSource {
    /// Name of the system.
    pub system: String,
    /// Key of the record there.
    pub key: String,
    /// Number of the part, from 1, when one record needs several events.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub part: Option<u32>,
    /// When the source recorded it: RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reported: Option<String>,
}

/// What must not have happened since the sender looked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawUnchanged {
    /// The thing, as `<kind>/<id>`.
    pub subject: String,
    /// A position; an event of the thing after it is in the way.
    pub since: u64,
}

impl Submission {
    /// Reads a command and closes the door behind it.
    ///
    /// # Errors
    /// A refusal with the code `malformed-command`, `unknown-command` or `too-large`.
    pub fn from_json(json: &[u8], ledger: &Slug, keys: &LedgerKeys) -> Result<Self, RefusalReply> {
        if json.len() > COMMAND_BYTES_MAX {
            let message = format!("the command has {} bytes; at most {COMMAND_BYTES_MAX} fit", json.len());
            return Err(RefusalReply::new("too-large", message));
        }
        let strict: Strict<'_> =
            serde_json::from_slice(json).map_err(|e| malformed(&e, place::in_json::<Strict<'_>>(json)))?;
        if strict.depth() > DEPTH_MAX + 1 {
            return Err(RefusalReply::new("malformed-command", "the command is nested too deeply".into()));
        }
        let raw: RawCommand<'_> = serde_json::from_slice(json)
            .map_err(|e| malformed(&e, place::in_json::<RawCommand<'_>>(json)))?;
        if let Some(Err(error)) = raw.basis.as_deref().map(str::parse::<Basis>) {
            return Err(RefusalReply::new("malformed-command", error.to_string()).field("/basis"));
        }
        let canonical =
            Canonical { body: strict.member("body"), command: &raw.command, version: raw.version };
        let canonical = serde_json::to_vec(&canonical).map_err(|e| malformed(&e, None))?;
        Ok(Self {
            ledger: ledger.clone(),
            command_id: raw.id,
            command_hash: keyed(&keys.command, &[&canonical]),
            command: command(&raw)?,
            source: raw.source.as_ref().map(|source| source.close(keys)).transpose()?,
            unchanged: raw.unchanged.as_ref().map(unchanged).transpose()?,
            actor: raw.actor,
            on_behalf_of: raw.onbehalfof,
            credential: raw.credential,
            basis: raw.basis,
            purpose: raw.purpose,
            correlation_id: raw.correlationid,
            causation_id: raw.causationid,
            dry_run: raw.dryrun,
        })
    }
}

/// What `commandhash` covers; members in canonical order.
#[derive(Serialize)]
struct Canonical<'a> {
    body: Option<&'a Strict<'a>>,
    command: &'a str,
    version: u16,
}

fn command(raw: &RawCommand<'_>) -> Result<Command, RefusalReply> {
    let unknown = || {
        RefusalReply::new(
            "unknown-command",
            format!("there is no command {} of version {}", raw.command, raw.version),
        )
        .hint("`hubledger schema list` names all commands")
    };
    let kind = Command::kind_of(&raw.command).filter(|_| raw.version == 1).ok_or_else(unknown)?;
    let tagged = || Tagged { keys: ["command", "body"], name: &raw.command, payload: raw.body };
    Command::read(kind, tagged()).map_err(|e| malformed(&e, Command::read(kind, Placing(tagged())).err()))
}

fn unchanged(raw: &RawUnchanged) -> Result<Unchanged, RefusalReply> {
    let subject = raw.subject.parse().map_err(|_| {
        let message = format!("{:?} is no thing, which is written <kind>/<id>", raw.subject);
        RefusalReply::new("malformed-command", message).field("/unchanged/subject")
    })?;
    Ok(Unchanged { subject, since: raw.since })
}

impl RawSource {
    /// The record as the log knows it, by the HMAC of its key.
    ///
    /// # Errors
    /// A refusal with the code `malformed-command`.
    pub fn close(&self, keys: &LedgerKeys) -> Result<SourceRecord, RefusalReply> {
        let reported = match &self.reported {
            Some(text) => Some(reported(text)?),
            None => None,
        };
        if self.system.is_empty() || self.key.is_empty() || self.part == Some(0) {
            let message = "source needs a system and a key, and parts count from 1".into();
            return Err(RefusalReply::new("malformed-command", message).field("/source"));
        }
        let lengths = [self.system.len(), self.key.len()].map(|n| (n as u64).to_be_bytes());
        let [system, key] = [self.system.as_bytes(), self.key.as_bytes()];
        let key = keyed(&keys.source, &[&lengths[0], system, &lengths[1], key]);
        Ok(SourceRecord { system: self.system.clone(), key, part: self.part, reported })
    }
}

fn reported(text: &str) -> Result<Timestamp, RefusalReply> {
    let moment: Result<jiff::Timestamp, _> = text.parse();
    let moment = moment.ok().map(|t| Timestamp(t.as_microsecond())).filter(|t| time::format(*t).is_some());
    moment.ok_or_else(|| {
        RefusalReply::new("malformed-command", format!("{text:?} is not an RFC 3339 time"))
            .field("/source/reported")
    })
}

/// HMAC-SHA-256 over the parts, cut to 16 bytes.
fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 16] {
    // A key shorter than a block is padded with zeros, by definition of HMAC.
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new((&block).into());
    parts.iter().for_each(|part| mac.update(part));
    let digest: [u8; 32] = mac.finalize().into_bytes().into();
    digest.first_chunk::<16>().copied().unwrap_or_default()
}

fn malformed(error: &serde_json::Error, field: Option<String>) -> RefusalReply {
    let reply = RefusalReply::new("malformed-command", crate::unread(error))
        .hint("`hubledger schema command NAME` prints what a command may say");
    match field {
        Some(field) => reply.field(&field),
        None => reply,
    }
}
