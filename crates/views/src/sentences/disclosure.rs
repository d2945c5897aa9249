//! Disclosures: to whom and what for, and never about whom, about how many or what: a feed is read widely.

use domain::disclosure::{Event, Recipient};

use crate::cells::code;

/// An event as a sentence.
pub(crate) fn sentence(event: &Event) -> String {
    let Event::DisclosureRecorded(disclosed) = event;
    let what = if disclosed.subjects.is_some() { "Records of people were" } else { "A record was" };
    let recipient = match &disclosed.recipient {
        Recipient::Partner(_) => "a partner".to_owned(),
        other => other.to_string(),
    };
    format!("{what} shown to {recipient} ({}).", code(&disclosed.purpose))
}
