//! Reads an event in one pass: attributes borrowed from the bytes, the payload by its type.

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::version::newest;
use domain::{Event, Fact, Kind, Slug, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::tagged::Tagged;
use crate::{Envelope, Origin, RecordedEvent, SourceRecord, base64url, time, version};

/// One event of a verified commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interpreted {
    /// Known type and version.
    Event(Box<RecordedEvent>),
    /// Verified, but of a type or version that this build does not know, or with a payload that it can't read.
    Unknown {
        /// Its position.
        position: u64,
        /// Its `type`.
        kind: String,
        /// What is unknown about it.
        why: String,
    },
}

/// What the verifier needs of an event; everything else is passed over.
#[derive(Deserialize)]
pub(crate) struct Place<'a> {
    #[serde(borrow)]
    pub(crate) source: &'a str,
    pub(crate) time: &'a str,
    pub(crate) sequence: &'a str,
    pub(crate) epoch: u64,
}

/// Everything, as it stands in the bytes. Attributes that this build does not know are passed over.
#[derive(Deserialize)]
pub(crate) struct Attributes<'a> {
    id: Uuid,
    pub(crate) source: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    subject: &'a str,
    pub(crate) time: &'a str,
    pub(crate) sequence: &'a str,
    pub(crate) epoch: u64,
    effective: Option<&'a str>,
    commandid: Uuid,
    commandhash: &'a str,
    correlationid: Option<Uuid>,
    causationid: Option<Uuid>,
    #[serde(borrow)]
    actor: Cow<'a, str>,
    #[serde(borrow)]
    onbehalfof: Option<Cow<'a, str>>,
    #[serde(borrow)]
    credential: Option<Cow<'a, str>>,
    #[serde(borrow)]
    basis: Option<Cow<'a, str>>,
    #[serde(borrow)]
    purpose: Option<Cow<'a, str>>,
    #[serde(borrow)]
    sourcesystem: Option<Cow<'a, str>>,
    sourcekey: Option<&'a str>,
    part: Option<u32>,
    reportedtime: Option<&'a str>,
    rules: u32,
    policy: &'a str,
    corrects: Option<Uuid>,
    salt: &'a str,
    data: &'a RawValue,
}

impl Attributes<'_> {
    /// The event, of this origin, at a place that the verifier has checked.
    pub(crate) fn interpret(&self, origin: &Origin, position: u64, time: Timestamp) -> Interpreted {
        let unknown =
            |why: &str| Interpreted::Unknown { position, kind: self.kind.to_owned(), why: why.to_owned() };
        let Some((name, written)) = version::parse(self.kind) else {
            return unknown("this is not an event of a ledger");
        };
        let Some(kind) = Event::kind_of(name) else { return unknown("this event is not known") };
        if !(1..=newest(name)).contains(&written) {
            return unknown("this version is not known");
        }
        let read = version::upcast(name, written, self.data).and_then(|data| payload(kind, name, &data));
        let (event, sealed) = match read {
            Ok(read) => read,
            Err(error) => return unknown(&format!("the payload can't be read: {error}")),
        };
        if event.version() != written {
            return unknown("what it says is said in another version");
        }
        let Some(envelope) = self.envelope(origin, position, time) else {
            return unknown("an attribute is not in its form");
        };
        let effective = self.effective.map(str::parse).transpose();
        match (self.subject.parse(), effective) {
            (Ok(subject), Ok(effective)) => {
                let fact = Fact { subject, effective, corrects: self.corrects, event };
                Interpreted::Event(Box::new(RecordedEvent { envelope, fact, sealed }))
            }
            _ => unknown("its subject or effective date is not in its form"),
        }
    }

    fn envelope(&self, origin: &Origin, position: u64, time: Timestamp) -> Option<Envelope> {
        let text = |text: &Option<Cow<'_, str>>| text.as_ref().map(|t| t.clone().into_owned());
        let source = match (&self.sourcesystem, self.sourcekey) {
            (Some(system), Some(key)) => Some(SourceRecord {
                system: system.clone().into_owned(),
                key: base64url::decode(key)?,
                part: self.part,
                reported: match self.reportedtime {
                    Some(text) => Some(time::parse(text)?),
                    None => None,
                },
            }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return None,
        };
        Some(Envelope {
            id: self.id,
            origin: origin.clone(),
            time,
            position,
            epoch: self.epoch,
            command_id: self.commandid,
            command_hash: base64url::decode(self.commandhash)?,
            correlation_id: self.correlationid,
            causation_id: self.causationid,
            actor: self.actor.clone().into_owned(),
            on_behalf_of: text(&self.onbehalfof),
            credential: text(&self.credential),
            basis: text(&self.basis),
            purpose: text(&self.purpose),
            source,
            rules: self.rules,
            policy: self.policy.parse().ok()?,
            salt: base64url::decode(self.salt)?,
        })
    }
}

type Payload = (Event, BTreeMap<String, String>);

fn payload(kind: Kind, name: &str, data: &RawValue) -> Result<Payload, serde_json::Error> {
    match typed(kind, name, data) {
        Ok(event) => Ok((event, BTreeMap::new())),
        // Payloads know no member `sealed`; it is taken out only where one stands, which is rare.
        Err(_) if data.get().contains("\"sealed\":{") => {
            let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(data.get())?;
            let sealed = members.remove("sealed");
            let rest = serde_json::value::to_raw_value(&members)?;
            let sealed = sealed.map(|raw| serde_json::from_str(raw.get())).transpose()?;
            Ok((typed(kind, name, &rest)?, sealed.unwrap_or_default()))
        }
        Err(error) => Err(error),
    }
}

fn typed(kind: Kind, name: &str, payload: &RawValue) -> Result<Event, serde_json::Error> {
    Event::read(kind, Tagged { keys: ["event", "data"], name, payload })
}

/// One event that stands alone, as `events --json` prints it; unverified.
///
/// # Errors
/// The reason why it can't be read.
pub fn one(text: &str) -> Result<Interpreted, String> {
    let attributes: Attributes<'_> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let origin = origin(attributes.source).ok_or("source is not urn:hubledger:<deployment>:<ledger>")?;
    let position = attributes.sequence.parse().map_err(|_| "sequence is not a number")?;
    let time = time::parse(attributes.time).ok_or("time is not in its form")?;
    Ok(attributes.interpret(&origin, position, time))
}

fn origin(source: &str) -> Option<Origin> {
    let (deployment, ledger) = source.strip_prefix("urn:hubledger:")?.split_once(':')?;
    Some(Origin { deployment: deployment.parse::<Slug>().ok()?, ledger: ledger.parse().ok()? })
}
