//! What is told of an event: where it stands, what sort it is and when it was; nothing of what happened to whom. Ids of
//! persons and cases are in no body, because bodies end up in logs of other people's systems; who may know more asks for
//! the event by its position, which is guarded and can be followed up.

use domain::Slug;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::webhook::{Place, Source};

/// Type of a test.
pub const TEST_TYPE: &str = "hubledger.webhook-test.v1";

/// What is kept and told of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Which.
    pub source: Source,
    /// `hubledger.service-delivered.v1`.
    pub r#type: String,
    /// The kind of thing that it is about.
    pub kind: String,
    /// The thing, where its id tells nothing of a person or case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Stands for the thing in the order of deliveries; no way leads back from it.
    pub entity: String,
    /// When it was recorded.
    pub time: String,
    /// When it holds in the world, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<String>,
}

#[derive(Deserialize)]
struct Look<'a> {
    r#type: &'a str,
    subject: &'a str,
    time: &'a str,
    #[serde(default)]
    effective: Option<&'a str>,
}

impl Told {
    /// What is told of a stored event; nothing, if it is none.
    pub fn read(place: Place, event: &RawValue) -> Option<Self> {
        let Look { r#type, subject, time, effective } = serde_json::from_str(event.get()).ok()?;
        let kind = subject.split('/').next().unwrap_or_default();
        let shown = views::shown_subject(subject);
        Some(Self {
            source: Source::Event(place),
            r#type: r#type.to_owned(),
            kind: kind.to_owned(),
            subject: (shown != kind).then(|| shown.to_owned()),
            entity: entity(subject),
            time: time.to_owned(),
            effective: effective.map(str::to_owned),
        })
    }

    /// A test of this number, asked for at this time.
    pub fn test(number: u64, time: String) -> Self {
        let source = Source::Test(number);
        let (kind, effective) = ("webhook".to_owned(), None);
        Self {
            source,
            r#type: TEST_TYPE.to_owned(),
            kind,
            subject: None,
            entity: source.to_string(),
            time,
            effective,
        }
    }

    /// The event's name: `service-delivered`.
    pub fn name(&self) -> &str {
        self.r#type.split('.').nth(1).unwrap_or_default()
    }

    /// The body of its delivery, some hundred bytes.
    pub fn body(&self, ledger: &Slug) -> String {
        let mut data = json!({ "ledger": ledger, "kind": self.kind });
        let place = match self.source {
            Source::Event(Place { epoch, position }) => {
                vec![("epoch", json!(epoch)), ("position", json!(position))]
            }
            Source::Test(number) => vec![("test", json!(number))],
        };
        let more = [("subject", &self.subject), ("effective", &self.effective)];
        let more = more.into_iter().filter_map(|(name, value)| Some((name, json!(value.as_ref()?))));
        if let Some(data) = data.as_object_mut() {
            data.extend(place.into_iter().chain(more).map(|(name, value)| (name.to_owned(), value)));
        }
        json!({ "type": self.r#type, "timestamp": self.time, "data": data }).to_string()
    }
}

/// JSON Schema of every body.
pub fn schema() -> Value {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let number = |about: &str| json!({ "type": "integer", "minimum": 0, "description": about });
    let data = json!({
        "type": "object",
        "required": ["ledger", "kind"],
        "additionalProperties": false,
        "properties": {
            "ledger": text("The ledger's slug"),
            "epoch": number("Epoch of its log"),
            "position": number("Position of the event, by which it is asked for"),
            "kind": text("The kind of thing that it is about"),
            "subject": text("The thing, where its id tells nothing of a person or case"),
            "effective": text("When it holds in the world, if it says so"),
            "test": number("Number of a test, which is no event"),
        },
    });
    json!({
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "additionalProperties": false,
        "properties": {
            "type": text("The event's type, such as hubledger.service-delivered.v1, or that of a test"),
            "timestamp": { "type": "string", "format": "date-time", "description": "When it was recorded" },
            "data": data,
        },
    })
}

/// 16 digits of the SHA-256 of a subject: equal for equal things, and useless to who knows no id.
fn entity(subject: &str) -> String {
    let digest = Sha256::digest(subject.as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
