//! What is said of tokens. Neither their ids nor the hashes of their secrets are.

use domain::access::Event;

/// An event as a sentence.
pub(crate) fn sentence(event: &Event) -> String {
    match event {
        Event::AccessGranted(granted) => format!(
            "A token for {} ({}) was granted until {}: {}.",
            granted.actor,
            granted.label,
            granted.expires,
            granted.scopes.join(", ")
        ),
        Event::AccessRevoked(revoked) => format!("A token was revoked ({}).", revoked.reason),
    }
}
