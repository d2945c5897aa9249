//! What is told about webhooks. A secret is told when it is made and never again; a public key is no secret.

use std::str::FromStr;

use courier::{CourierKey, Ended, HEADERS, Overlap, Pending, Place, Scheme, State, Webhook, message_id};
use domain::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// What is said of deliveries.
const ABOUT: &str = "By Standard Webhooks 1.0.0, at least once and in order for each thing. No body has an id of a person or a \
    case. Answer 2xx within 20 seconds; 410 ends the webhook.";

/// A webhook with what is known of its state.
pub(super) fn shown(webhook: &Webhook, state: Option<&State>, key: &CourierKey) -> Value {
    let disabled = state.and_then(|state| state.disabled);
    let status = match (webhook.paused, disabled) {
        (true, _) => "paused",
        (false, Some(_)) => "disabled",
        (false, None) => "active",
    };
    let place = |Place { epoch, position }| format!("{epoch}:{position}");
    let public = (webhook.scheme == Scheme::Ed25519)
        .then(|| key.secret(webhook.id, webhook.scheme, webhook.generation).told());
    json!({
        "id": webhook.id,
        "url": webhook.url,
        "types": webhook.types,
        "kinds": webhook.kinds,
        "scheme": webhook.scheme,
        "public_key": public,
        "status": status,
        "why": disabled,
        "made": time(webhook.made),
        "generation": webhook.generation,
        "overlap_until": webhook.overlaps.iter().map(|one| one.until).max().and_then(time),
        "overlaps": webhook.overlaps.iter().map(overlap).collect::<Vec<_>>(),
        "read_to": place(state.map_or(webhook.from, |state| state.cursor)),
        "pending": state.map_or(0, |state| state.pending.len()),
        "last_delivered": state.and_then(|state| state.delivered).and_then(time),
    })
}

/// A secret that was replaced and still signs.
fn overlap(Overlap { generation, until }: &Overlap) -> Value {
    json!({ "generation": generation, "until": time(*until) })
}

/// The same with what the receiver verifies by.
pub(super) fn with_secret(mut shown: Value, webhook: &Webhook, key: &CourierKey) -> Value {
    if webhook.scheme == Scheme::Hmac
        && let Some(shown) = shown.as_object_mut()
    {
        let secret = key.secret(webhook.id, webhook.scheme, webhook.generation);
        shown.insert("secret".to_owned(), json!(secret.told()));
    }
    shown
}

/// Which deliveries are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Not ended yet.
    Pending,
    /// Ended without having arrived.
    Failed,
    /// Arrived.
    Delivered,
}

impl Wanted {
    const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
        }
    }
}

impl FromStr for Wanted {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let all = [Self::Pending, Self::Failed, Self::Delivered];
        all.into_iter().find(|one| one.name() == text).ok_or("it is pending, failed or delivered")
    }
}

/// What waits, and how the last ones ended.
pub(super) fn deliveries(webhook: Uuid, state: Option<&State>, wanted: Option<Wanted>) -> Value {
    let is = |state: Wanted| wanted.is_none_or(|wanted| wanted == state);
    let pending = state.into_iter().flat_map(|state| &state.pending).filter(|_| is(Wanted::Pending));
    let pending = pending.map(|Pending { told, tries, next, failed, .. }| {
        let (id, next) = (message_id(webhook, told.source), time(*next));
        json!({ "delivery": told.source.to_string(), "id": id, "type": told.r#type, "kind": told.kind,
                "state": "pending", "tries": tries, "next_try": next, "failed": failed })
    });
    let ended = state.into_iter().flat_map(|state| &state.ended).filter_map(|ended| {
        let Ended { told, tries, at, failed } = ended;
        let state = if failed.is_some() { Wanted::Failed } else { Wanted::Delivered };
        let id = message_id(webhook, told.source);
        is(state).then(|| {
            json!({ "delivery": told.source.to_string(), "id": id, "type": told.r#type, "kind": told.kind,
                    "state": state.name(), "tries": tries, "ended": time(*at), "failed": failed })
        })
    });
    json!({ "deliveries": ended.chain(pending).collect::<Vec<_>>() })
}

fn time(micros: i64) -> Option<String> {
    wire::time::format(Timestamp(micros)).map(|time| time.to_string())
}

/// What a receiver is sent: the member `webhooks` of the API document.
pub(crate) fn payload() -> Value {
    let header = |(name, about)| json!({ "name": name, "in": "header", "required": true, "description": about, "schema": { "type": "string" } });
    json!({ "event": { "post": {
        "operationId": "receive-event",
        "summary": "An event was recorded; ask for it by its position",
        "description": ABOUT,
        "parameters": HEADERS.map(header),
        "requestBody": { "required": true, "content": { "application/json": { "schema": courier::schema() } } },
        "responses": { "2XX": { "description": "Received" } },
    } } })
}

/// The same as a channel and a message of the document of event streams.
pub(crate) fn channel() -> (Value, Value) {
    let channel = json!({
        "address": null,
        "description": format!("A POST to the address that a webhook leads to, for each event. {ABOUT}"),
        "messages": { "webhook": { "$ref": "#/components/messages/webhook" } },
    });
    let header =
        |(name, about): (&str, &str)| (name.to_owned(), json!({ "type": "string", "description": about }));
    let message = json!({
        "name": "webhook",
        "title": "An event was recorded; ask for it by its position",
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "required": HEADERS.map(|(name, _)| name),
            "properties": HEADERS.into_iter().map(header).collect::<Map<_, _>>(),
        },
        "payload": courier::schema(),
    });
    (channel, message)
}
