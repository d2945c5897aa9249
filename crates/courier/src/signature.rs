//! Headers of a delivery by Standard Webhooks 1.0.0: id, time of the try, and signatures over both and the body.

use std::sync::Arc;

use uuid::Uuid;

use crate::secret::{CourierKey, Secret, Secrets};
use crate::webhook::{Source, Webhook, micros};

/// Header of a delivery's id.
pub(crate) const ID: &str = "webhook-id";
/// Header of the time of a try.
pub(crate) const TIMESTAMP: &str = "webhook-timestamp";
/// Header of its signatures.
pub(crate) const SIGNATURE: &str = "webhook-signature";

/// The headers that a receiver verifies by, and what they say.
pub const HEADERS: [(&str, &str); 3] = [
    (ID, "The same however often a delivery is sent"),
    (TIMESTAMP, "Seconds since 1970 at which it was sent"),
    (
        SIGNATURE,
        "`v1a,` with ed25519 or `v1,` with HMAC-SHA256; up to three, with a space between, while secrets are replaced",
    ),
];

/// The headers of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`, seconds since 1970.
    pub timestamp: String,
    /// `webhook-signature`: one signature, or more while secrets are being replaced, that of the newest first.
    pub signature: String,
}

/// The id of a delivery: the same for each try of it, also after a replay or from another process, so that a receiver
/// can pass over what it has had.
pub fn message_id(webhook: Uuid, source: Source) -> String {
    let named = Uuid::new_v5(&webhook, source.to_string().as_bytes());
    format!("msg_{}", named.simple())
}

/// Signs a body for a try at this time (microseconds since 1970).
pub fn sign(key: &CourierKey, webhook: &Webhook, source: Source, body: &str, now: i64) -> Signed {
    let secret = |generation| Arc::new(key.secret(webhook.id, webhook.scheme, generation));
    signed(secret, webhook, source, body, now)
}

/// The same with secrets that are at hand.
pub(crate) fn sign_with(
    secrets: &Secrets,
    webhook: &Webhook,
    (source, body): (Source, &str),
    now: i64,
) -> Signed {
    let secret = |generation| secrets.secret(webhook.id, webhook.scheme, generation);
    signed(secret, webhook, source, body, now)
}

fn signed(
    secret: impl Fn(u32) -> Arc<Secret>,
    webhook: &Webhook,
    source: Source,
    body: &str,
    now: i64,
) -> Signed {
    let (id, timestamp) = (message_id(webhook.id, source), (now / micros(1)).to_string());
    let signed = format!("{id}.{timestamp}.{body}");
    let signatures: Vec<String> =
        webhook.signing(now).map(|generation| secret(generation).sign(signed.as_bytes())).collect();
    Signed { id, timestamp, signature: signatures.join(" ") }
}
