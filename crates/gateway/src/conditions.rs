//! Conditions of a change (RFC 9110): `If-Match` has a command find its thing as its sender saw it, `If-None-Match: *` has
//! what it makes be new.
//!
//! A tag names the thing's version, which is the position of the last event of its own, and the whole answer. `If-Match`
//! goes by the version alone: what happened to the thing itself is in the way, figures in its answer that other things'
//! events have changed are not. The recorder decides it while it decides the command, so nothing comes in between.

use axum::http::HeaderMap;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use journal::FIRST_EPOCH;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use wire::{Outcome, RefusalReply};

use crate::Shared;
use crate::access::{Caller, Need};
use crate::body::Members;
use crate::problem::Problem;
use crate::reading::version;
use crate::things::{Collection, Needs, Taken, of_kind};
use crate::vantage::{Looking, Place};

/// How often a thing is looked up again while its ledger moves on by more than the recorder holds.
const LOOKS_MAX: usize = 3;
/// As what the recorder refuses a command whose thing is not, or may not be, as it was.
const REASONS: &[&str] = &["stale", "version-unknown"];

/// The tag of an answer about a thing: `"<epoch>-<position>-<thing>-<answer>"`.
pub(crate) fn tag(subject: &str, version: Place, answer: &str) -> String {
    let Place { epoch, position } = version;
    format!("\"{epoch}-{position}-{}-{answer}\"", mark(subject))
}

/// Tells things apart, so that the tag of another thing is never taken for this one's.
fn mark(subject: &str) -> String {
    Sha256::digest(subject).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// As which version a command must find its thing: as one of these.
#[derive(Debug, Clone)]
pub(crate) struct IfMatch {
    collection: &'static Collection,
    id: Uuid,
    /// Positions of their last events.
    versions: Vec<u64>,
}

impl IfMatch {
    /// What the headers ask of this command; nothing where they ask nothing, or only that the thing exists, which every
    /// command about one needs.
    ///
    /// # Errors
    /// When the address names no thing.
    pub(crate) fn read(
        headers: &HeaderMap,
        taken: &Taken,
        thing: Option<Uuid>,
    ) -> Result<Option<Self>, Problem> {
        let mut tags = headers.get_all(IF_MATCH).iter().peekable();
        if tags.peek().is_none() {
            return Ok(None);
        }
        let (Needs::Id, Some(id), Some(collection)) = (taken.needs, thing, of_kind(taken.kind)) else {
            let what = "If-Match is taken where the address names the thing that is changed";
            return Err(Problem::new("malformed-request", what).at("If-Match"));
        };
        let texts: Vec<&str> =
            tags.filter_map(|tag| tag.to_str().ok()).flat_map(|tag| tag.split(',')).collect();
        if texts.iter().any(|text| text.trim() == "*") {
            return Ok(None);
        }
        let subject = subject(collection, id);
        let versions = texts.iter().filter_map(|text| of_tag(text, &mark(&subject))).collect();
        Ok(Some(Self { collection, id, versions }))
    }
}

fn subject(collection: &Collection, id: Uuid) -> String {
    format!("{}/{id}", collection.word)
}

/// The version in a tag of this thing, quoted or not. A weak tag is never as strong as `If-Match` needs.
fn of_tag(text: &str, mark: &str) -> Option<u64> {
    let mut parts = text.trim().trim_matches('"').splitn(4, '-');
    let (epoch, position) = (parts.next()?.parse::<u64>().ok()?, parts.next()?.parse().ok()?);
    (epoch == FIRST_EPOCH && parts.next() == Some(mark)).then_some(position)
}

/// Whether what a command makes must be new.
///
/// # Errors
/// When the header says anything else, or nothing is made.
pub(crate) fn must_be_new(headers: &HeaderMap, taken: &Taken) -> Result<bool, Problem> {
    match headers.get(IF_NONE_MATCH).map(|value| value.to_str().unwrap_or_default().trim()) {
        None => Ok(false),
        Some("*") if taken.needs == Needs::Nothing => Ok(true),
        Some(_) => {
            let what = "If-None-Match is taken as * where a thing is made";
            Err(Problem::new("malformed-request", what).at("If-None-Match"))
        }
    }
}

/// The outcome for who asked that the thing be new.
pub(crate) fn new_only(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Refusal(refusal) if refusal.code == "taken" && refusal.field.as_deref() == Some("/id") => {
            Outcome::Refusal(RefusalReply { code: "exists".to_owned(), ..refusal })
        }
        other => other,
    }
}

impl Shared {
    /// Records a command that is to find its thing as one of these versions.
    ///
    /// # Errors
    /// `stale` with the present tag when the thing is not as one of them; as [`submit`](crate::desk::Desks::submit).
    pub(crate) async fn submit_if(
        &self,
        caller: &Caller,
        command: &Members,
        wanted: &IfMatch,
    ) -> Result<Outcome, Problem> {
        let IfMatch { collection, id, versions } = wanted;
        let subject = subject(collection, *id);
        let mut since = versions.iter().copied().max().unwrap_or(0);
        for _ in 0..LOOKS_MAX {
            let mut command = command.clone();
            command.put("unchanged", &json!({ "subject": subject, "since": since }))?;
            let refusal = match self.desks.submit_one(&caller.ledger, &command).await? {
                Outcome::Refusal(refusal) if REASONS.contains(&refusal.code.as_str()) => refusal,
                outcome => return Ok(outcome),
            };
            // Everything up to there is in the log.
            let min_position = refusal.position.map(|position| (FIRST_EPOCH, position));
            let looking = Looking { min_position, ..Looking::default() };
            if refusal.code == "stale" {
                return Err(self.stale(caller, wanted, &looking).await);
            }
            let timeline = self.timeline(&caller.ledger, collection, *id, &looking).await?;
            if !version(&timeline).is_some_and(|now| versions.contains(&now)) {
                return Err(self.stale(caller, wanted, &looking).await);
            }
            since = timeline.head.position;
        }
        Err(Problem::new("busy", "the ledger changes faster than it can be looked at"))
    }

    /// What is said to who changes a thing that is not as it was, with the present tag for who may read it.
    async fn stale(&self, caller: &Caller, wanted: &IfMatch, looking: &Looking) -> Problem {
        let IfMatch { collection, id, .. } = wanted;
        let problem = Problem::new("stale", format!("{} is not as you knew it", subject(collection, *id)));
        if caller.may(Need { what: collection.name, writes: false }).is_err() {
            return problem;
        }
        match self.told(&caller.ledger, collection, *id, looking).await {
            Ok(told) => problem.etag(told.tag),
            Err(_) => problem,
        }
    }
}

/// What the API document says of the headers that a command takes.
pub(crate) fn parameters(taken: &Taken) -> Vec<Value> {
    let header = |name: &str, about: &str, schema: Value| json!({ "name": name, "in": "header", "required": false, "description": about, "schema": schema });
    match taken.needs {
        Needs::Id => vec![header(
            "If-Match",
            "ETags of the thing; 412 when it had an event of its own since. What other things' events change is not in \
             the way",
            json!({ "type": "string" }),
        )],
        Needs::Nothing if taken.names_id => {
            vec![header(
                "If-None-Match",
                "412 when a thing has this id already",
                json!({ "type": "string", "pattern": "^[*]$" }),
            )]
        }
        Needs::Nothing | Needs::Event => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_gives_back_its_version_to_its_own_thing_alone_quoted_or_not() {
        let tag = tag("site/7", Place { epoch: 1, position: 317 }, "aB-_");
        let version = Some(317);
        assert_eq!(of_tag(&tag, &mark("site/7")), version);
        assert_eq!(of_tag(tag.trim_matches('"'), &mark("site/7")), version);
        assert_eq!(of_tag(&tag, &mark("site/8")), None);
        assert_eq!(of_tag(&format!("W/{tag}"), &mark("site/7")), None);
        assert_eq!(of_tag(tag.replacen('1', "2", 1).as_str(), &mark("site/7")), None);
        assert_eq!(of_tag("", &mark("site/7")), None);
    }
}
