//! The one table of problems: code, status, what it means, what causes it and what cures it.

use std::borrow::Cow;
use std::sync::LazyLock;

/// A kind of problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kind {
    /// In kebab case; the last part of its address.
    pub(crate) code: &'static str,
    /// HTTP status.
    pub(crate) status: u16,
    /// A few words.
    pub(crate) title: Cow<'static, str>,
    /// What causes it.
    pub(crate) cause: Cow<'static, str>,
    /// What to do.
    pub(crate) cure: Cow<'static, str>,
    /// Seconds after which repeating may help, where it may.
    pub(crate) retry_after: Option<u32>,
}

/// Code, status, title, cause, cure, seconds to wait.
pub(crate) type Line = (&'static str, u16, &'static str, &'static str, &'static str, Option<u32>);

/// What the gateway and the roles behind it refuse; what rules refuse comes from the domain's catalogue.
const OWN: &[Line] = &[
    (
        "malformed-request",
        400,
        "The request can't be read",
        "A parameter, header or body is not what this address takes.",
        "The problem's `errors` name the place; the API page lists what is taken.",
        None,
    ),
    (
        "unknown-parameter",
        400,
        "There is no such parameter",
        "Parameters that are not known are refused, so that a slip of the pen is not an answer to another question.",
        "See the suggestion in the problem, or the API page.",
        None,
    ),
    (
        "malformed-command",
        400,
        "The command can't be read",
        "It is not JSON, has a member that is not known or twice, lacks one, or has a value of another type.",
        "The schema of each command is at /schemas; `errors` name the place.",
        None,
    ),
    (
        "unknown-command",
        404,
        "There is no such command",
        "The command's name or version is not known.",
        "GET /schemas lists all commands.",
        None,
    ),
    (
        "idempotency-key-needed",
        400,
        "An Idempotency-Key is needed",
        "Whatever appends needs a key of its own, so that repeating it after a lost answer records it once.",
        "Send `Idempotency-Key: <UUID>`, made once per thing that you record, and repeat with the same one.",
        None,
    ),
    (
        "not-authenticated",
        401,
        "A valid token is needed",
        "No token came, or it is not valid: mistyped, expired or revoked.",
        "Send `Authorization: Bearer <token>`; `hubledger token new` makes one, POST /oauth/token a short-lived one.",
        None,
    ),
    (
        "not-allowed",
        403,
        "The token does not allow this",
        "The token is valid, but its scopes do not cover what was asked.",
        "Ask whoever gave you the token for the scope that the problem names.",
        None,
    ),
    (
        "not-found",
        404,
        "There is no such thing here",
        "Nothing has this address, or what a body or a row of a file names is not in the ledger, or not for this token.",
        "Check the address, or the id or name in what you sent; record what is named before what names it.",
        None,
    ),
    (
        "no-such-ledger",
        404,
        "There is no such ledger here",
        "No ledger has this name, or none that this token may see; the two look the same.",
        "Check the ledger's name, and which ledgers your token is for.",
        None,
    ),
    (
        "no-such-view",
        404,
        "There is no such view",
        "No view has this name.",
        "GET /v1/{ledger}/views lists them with their columns.",
        None,
    ),
    (
        "no-such-report",
        404,
        "There is no such report",
        "No report has this name.",
        "GET /v1/{ledger}/reports lists them with what they take.",
        None,
    ),
    (
        "no-such-column",
        400,
        "The view has no such column",
        "A filter names a column that the view does not have.",
        "GET /v1/{ledger}/views lists the columns of each.",
        None,
    ),
    (
        "method-not-allowed",
        405,
        "The address does not take this method",
        "Something has this address, but not under this method.",
        "The header `Allow` and the API page list the methods.",
        None,
    ),
    (
        "cursor-gone",
        410,
        "The cursor leads nowhere now",
        "A page token, position or Last-Event-ID is of another epoch, or past the end of the log.",
        "Begin again without it; what you hold up to there may have to be read anew.",
        None,
    ),
    (
        "stale",
        412,
        "It has changed since you looked",
        "If-Match names another version of the thing than the one that stands.",
        "Get the thing again, look at what changed, and send your change with the new ETag.",
        None,
    ),
    (
        "exists",
        412,
        "It exists already",
        "If-None-Match: * asks that the thing be new.",
        "Nothing, if it is yours; otherwise choose another id.",
        None,
    ),
    (
        "too-large",
        413,
        "It is too large",
        "A body, a command, a batch or an answer is over its limit.",
        "Send less at once: smaller batches, or an import; ask for fewer rows, or for sums.",
        None,
    ),
    (
        "unsupported-media-type",
        415,
        "The body is of another type",
        "Content-Type is none that this address takes.",
        "The API page lists the types; most take application/json.",
        None,
    ),
    (
        "too-slow",
        408,
        "The request took too long to come",
        "The headers or the body did not come in time.",
        "Send it again, with the same Idempotency-Key.",
        Some(1),
    ),
    (
        "too-many-requests",
        429,
        "Too many requests",
        "This token sends more requests than it may.",
        "Wait as long as Retry-After says; send batches or an import where you send many commands.",
        Some(1),
    ),
    (
        "command-id-taken",
        422,
        "The Idempotency-Key was used for something else",
        "Another command was accepted under this key. Keys are remembered for ever.",
        "Give a new command a new key.",
        None,
    ),
    (
        "text-not-normalised",
        422,
        "A text is not normalised",
        "The same word can be written by different characters; the ledger takes Unicode normalisation form C alone, so that \
         equal texts are equal bytes.",
        "Normalise texts to form C before you send them.",
        None,
    ),
    (
        "attribute-out-of-range",
        422,
        "A member beside the body is empty or too long",
        "What stands around a command, such as its purpose or whom it is on behalf of, becomes an attribute of its events.",
        "Leave it out, or write 1 to 256 bytes.",
        None,
    ),
    (
        "payload-not-writable",
        422,
        "A value can't be written",
        "A value of the body has no form in JSON.",
        "Send another value; tell us the request's id.",
        None,
    ),
    (
        "time-zone-unknown",
        422,
        "There is no such time zone",
        "A ledger reckons its days in a zone of the IANA database.",
        "Name one that is there, such as America/Los_Angeles.",
        None,
    ),
    (
        "report-refused",
        422,
        "The report can't be made of this",
        "It needs an argument that is missing, takes none of the given, or what it is narrowed to is not there.",
        "GET /v1/{ledger}/reports lists what each takes.",
        None,
    ),
    (
        "view-behind",
        503,
        "The view is not there yet",
        "The views have not reached the position that was asked for.",
        "Repeat in a moment.",
        Some(1),
    ),
    (
        "busy",
        503,
        "The ledger is busy",
        "More waits than is taken; nothing of this request was done.",
        "Repeat in a moment, with the same Idempotency-Key.",
        Some(1),
    ),
    (
        "outcome-unknown",
        503,
        "The end is not known yet",
        "The log has not said whether it holds what was sent.",
        "Repeat with the same Idempotency-Key: it is recorded once.",
        Some(2),
    ),
    (
        "unavailable",
        503,
        "It is out of reach",
        "A role that is needed does not answer, or stops.",
        "Repeat in a moment, with the same Idempotency-Key.",
        Some(2),
    ),
    (
        "clock-unsure",
        503,
        "The clock is unsure",
        "The recorder's clock jumped, so nothing can be given a time.",
        "Repeat later; an operator has to look at the clock.",
        Some(30),
    ),
    (
        "out-of-order",
        503,
        "An operator has to look",
        "The log, its keys or its views can't be used as they are.",
        "Tell the operator; the server's log says why. Repeating with the same Idempotency-Key is safe.",
        Some(60),
    ),
    (
        "internal",
        500,
        "Something unexpected failed",
        "A defect of ours.",
        "Repeat with the same Idempotency-Key; tell us the request's id.",
        None,
    ),
    (
        "no-such-count",
        404,
        "There is no such count",
        "No count has this name.",
        "GET /v1/{ledger}/counts lists them with what they may be narrowed to.",
        None,
    ),
    (
        "version-unknown",
        503,
        "What happened since is not at hand",
        "A command that is to find its thing unchanged names a position that the recorder does not hold any more.",
        "Look at the thing again; where it is as you knew it, name the head that you looked at.",
        Some(1),
    ),
];

/// What the roles behind call otherwise than the table does.
const ALSO: &[(&str, &str)] = &[
    ("recorder-stopped", "unavailable"),
    ("log-unavailable", "unavailable"),
    ("other-role", "unavailable"),
    ("views-locked", "unavailable"),
    ("ledger-halted", "out-of-order"),
    ("log-broken", "out-of-order"),
    ("log-denied", "out-of-order"),
    ("log-unusable", "out-of-order"),
    ("keys-unusable", "out-of-order"),
    ("views-stopped", "out-of-order"),
    ("view-store-failed", "out-of-order"),
    ("other-epoch", "cursor-gone"),
    ("ledger-not-open", "no-such-ledger"),
    ("not-understood", "internal"),
    ("log-not-told", "not-allowed"),
];

/// All kinds, by code.
static ALL: LazyLock<Vec<Kind>> = LazyLock::new(all);

/// The kind with this code; `internal` for a code that nobody knows.
pub(crate) fn kind(code: &str) -> Option<&'static Kind> {
    let code = ALSO.iter().find(|(also, _)| *also == code).map_or(code, |(_, code)| code);
    let place = ALL.binary_search_by(|kind| kind.code.cmp(code)).ok()?;
    ALL.get(place)
}

/// All kinds, by code.
pub(crate) fn every() -> &'static [Kind] {
    &ALL
}

/// Those of every module.
fn own() -> impl Iterator<Item = &'static Line> {
    let apart =
        [crate::access::PROBLEMS, crate::webhooks::PROBLEMS, crate::imports::PROBLEMS, crate::imports::ROWS];
    OWN.iter().chain(apart.into_iter().flatten())
}

fn all() -> Vec<Kind> {
    let kinds = own().map(|&(code, status, title, cause, cure, retry_after)| {
        let [title, cause, cure] = [title, cause, cure].map(Cow::Borrowed);
        Kind { code, status, title, cause, cure, retry_after }
    });
    let mut all: Vec<Kind> = kinds.collect();
    let told_otherwise = |code: &str| own().any(|(known, ..)| *known == code) || code == "ledger-not-open";
    all.extend(super::rules::kinds().filter(|kind| !told_otherwise(kind.code)));
    all.sort_unstable_by_key(|kind| kind.code);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_there_once_and_what_the_roles_say_leads_to_one() {
        assert!(every().windows(2).all(|pair| pair[0].code < pair[1].code));
        assert!(ALSO.iter().all(|(_, code)| kind(code).is_some()));
        assert!(kind("never-heard-of").is_none());
    }
}
