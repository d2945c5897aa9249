//! What the recorder itself says when it does not take a command; what rules say comes from the domain.

use domain::Subject;
use wire::encode::EVENT_BYTES_MAX;
use wire::{EncodeError, Outcome, RefusalReply};

use super::{COMMAND_BYTES_MAX, COMMAND_EVENTS_MAX, Decided, Verdict};
use crate::recent::Since;

pub(super) fn refused(reply: RefusalReply) -> Decided {
    Decided::Taken(Verdict::Settled(Outcome::Refusal(reply)))
}

pub(super) fn command_id_taken(position: u64) -> RefusalReply {
    let message = format!("this command id was accepted before with other content, at position {position}");
    let reply =
        RefusalReply::new("command-id-taken", message).hint("give a new command a new id").field("/id");
    RefusalReply { position: Some(position), ..reply }
}

pub(super) fn unwritable(error: &EncodeError) -> RefusalReply {
    match error {
        EncodeError::TooLarge(bytes) => too_large(&format!("an event of {bytes} bytes")),
        EncodeError::NotNfc => RefusalReply::new("text-not-normalised", error.to_string())
            .hint("send texts in Unicode normalisation form C"),
        EncodeError::OutOfRange(attribute) => {
            RefusalReply::new("attribute-out-of-range", error.to_string()).field(&format!("/{attribute}"))
        }
        EncodeError::Payload(_) => RefusalReply::new("payload-not-writable", error.to_string()),
    }
}

pub(super) fn too_large(what: &str) -> RefusalReply {
    let (event, command) = (EVENT_BYTES_MAX / 1024, COMMAND_BYTES_MAX / 1024);
    let limits =
        format!("at most {COMMAND_EVENTS_MAX} events, {event} KiB an event and {command} KiB in all");
    RefusalReply::new("too-large", format!("the command makes {what}; {limits}"))
        .hint("send it as several commands, numbered with part")
}

/// What is said to who wanted a thing as it was and does not get it so; nothing where it is.
pub(super) fn changed(subject: Subject, since: Since) -> Option<RefusalReply> {
    let (code, position, message, hint) = match since {
        Since::Unchanged => return None,
        Since::Changed(position) => (
            "stale",
            position,
            format!("{subject} had an event since, at position {position}"),
            "look at it again before you change it",
        ),
        Since::Unknown(position) => (
            "version-unknown",
            position,
            format!("what happened up to position {position} is not at hand here"),
            "look at the thing again; where it is as you knew it, name the head that you looked at",
        ),
    };
    Some(RefusalReply { position: Some(position), ..RefusalReply::new(code, message).hint(hint) })
}
