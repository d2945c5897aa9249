//! What is sent about webhooks, read strictly.

use courier::{Scheme, Webhook};
use domain::{Kind, Slug};
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::target;
use crate::body::given;
use crate::parameters::closest;
use crate::problem::Problem;
use crate::vantage::Place;

/// How long an old secret may sign beside the new one: 30 days.
pub(super) const OVERLAP_HOURS_MAX: u32 = 30 * 24;

/// What a new webhook is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Made {
    url: String,
    #[serde(default)]
    types: Vec<String>,
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default = "default_scheme")]
    scheme: Scheme,
}

const fn default_scheme() -> Scheme {
    Scheme::Ed25519
}

/// What is another.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Changed {
    #[serde(default, deserialize_with = "given")]
    url: Option<String>,
    #[serde(default, deserialize_with = "given")]
    types: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    kinds: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    paused: Option<bool>,
}

/// From where on everything is delivered again.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Replayed {
    #[serde(deserialize_with = "place")]
    pub(super) after: Place,
}

/// How a secret is replaced.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rotated {
    #[serde(default, deserialize_with = "given")]
    pub(super) overlap_hours: Option<u32>,
}

fn place<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Place, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

impl Made {
    /// Whether it may be made.
    ///
    /// # Errors
    /// When it leads where none may, or names what is not there.
    pub(super) fn check(&self, private_too: bool) -> Result<(), Problem> {
        target(&self.url, private_too)?;
        known("types", &self.types)?;
        known("kinds", &self.kinds)
    }

    /// The webhook.
    pub(super) fn webhook(self, (id, ledger): (Uuid, Slug), from: courier::Place, made: i64) -> Webhook {
        let Self { url, types, kinds, scheme } = self;
        let (paused, generation, overlaps, wishes) = (false, 1, Vec::new(), Vec::new());
        Webhook { id, ledger, url, types, kinds, scheme, paused, generation, overlaps, from, made, wishes }
    }
}

impl Changed {
    /// Whether it may be changed so.
    ///
    /// # Errors
    /// As [`Made::check`].
    pub(super) fn check(&self, private_too: bool) -> Result<(), Problem> {
        self.url.as_ref().map_or(Ok(()), |url| target(url, private_too))?;
        self.types.as_ref().map_or(Ok(()), |types| known("types", types))?;
        self.kinds.as_ref().map_or(Ok(()), |kinds| known("kinds", kinds))
    }

    pub(super) fn apply(&self, webhook: &mut Webhook) {
        let Self { url, types, kinds, paused } = self;
        url.iter().for_each(|url| webhook.url.clone_from(url));
        types.iter().for_each(|types| webhook.types.clone_from(types));
        kinds.iter().for_each(|kinds| webhook.kinds.clone_from(kinds));
        webhook.paused = paused.unwrap_or(webhook.paused);
    }
}

fn known(member: &str, names: &[String]) -> Result<(), Problem> {
    let all = if member == "types" { wire::schema::events() } else { kinds() };
    let Some((place, name)) = names.iter().enumerate().find(|(_, name)| !all.contains(&name.as_str())) else {
        return Ok(());
    };
    let what = format!("there is no {name:?} among the {member}");
    let problem = Problem::new("malformed-request", what).at(format!("/{member}/{place}"));
    Err(match closest(name, all) {
        Some(close) => problem.hint(format!("did you mean {close}?")),
        None => problem.hint("GET /schemas lists all"),
    })
}

fn kinds() -> Vec<&'static str> {
    Kind::ALL.iter().map(|kind| kind.as_str()).collect()
}

fn described(required: &[&str], with: &[(&str, Value)]) -> Value {
    let url = json!({ "type": "string", "format": "uri", "maxLength": 2048,
        "description": "https, and not in a private network" });
    let types = json!({ "type": "array", "items": { "enum": wire::schema::events() }, "description": "All events, if empty" });
    let kinds = json!({ "type": "array", "items": { "enum": kinds() }, "description": "Of all kinds of things, if empty" });
    let mut properties = json!({ "url": url, "types": types, "kinds": kinds });
    if let Some(properties) = properties.as_object_mut() {
        properties.extend(with.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())));
    }
    json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false })
}

/// Schema of [`Made`].
pub(super) fn made() -> Value {
    let scheme = json!({ "enum": ["v1a", "v1"], "default": "v1a", "description": "ed25519, or HMAC-SHA256" });
    described(&["url"], &[("scheme", scheme)])
}

/// Schema of [`Changed`].
pub(super) fn changed() -> Value {
    described(
        &[],
        &[("paused", json!({ "type": "boolean", "description": "Nothing is sent, and nothing lost" }))],
    )
}

/// Schema of [`Replayed`].
pub(super) fn replayed() -> Value {
    let after =
        json!({ "type": "string", "pattern": "^[0-9]+:[0-9]+$", "description": "Epoch and position" });
    json!({ "type": "object", "required": ["after"], "properties": { "after": after }, "additionalProperties": false })
}

/// Schema of [`Rotated`].
pub(super) fn rotated() -> Value {
    let hours = json!({ "type": "integer", "minimum": 0, "maximum": OVERLAP_HOURS_MAX, "default": super::OVERLAP_HOURS });
    json!({ "type": "object", "properties": { "overlap_hours": hours }, "additionalProperties": false })
}
