//! Access: tokens by which programs and people speak to the gateway. Each is granted and revoked by an event, so that
//! who could read and record what, and when, is part of the record.
//!
//! The ledger never holds a token's secret, only its SHA-256: the secret is 256 random bits, so the hash tells nothing.
//! These are acts upon the ledger and are not corrected: a token that should not be is revoked.

use std::collections::BTreeSet;

use jiff::ToSpan as _;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};
use uuid::Uuid;

use crate::command::{Act, Create};
use crate::fact::{Event as AnyEvent, Fact, Kind, Recorded, Subject};
use crate::id::AccessId;
use crate::text::{NAME_CHARS_MAX, code, day_done, text};
use crate::valid::{Validity, begun};
use crate::{Effective, Found, Refusal, Stamp, State};

/// Most scopes of a token.
const SCOPES_MAX: usize = 32;
/// Longest life of a token, in days after the one on which it is granted.
const DAYS_MAX: i32 = 400;

/// `access-granted`; `effective` is the day of the grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Granted {
    /// What it is for, in words, such as `student information system`.
    pub label: String,
    /// The principal that it speaks for, such as `svc:madrona-sis`.
    pub actor: String,
    /// What it allows, 1 to 32 and none twice: `read`, `write`, or narrower, such as `deliveries:write`.
    pub scopes: Vec<String>,
    /// SHA-256 of its secret's 32 bytes, 43 characters of base64url.
    pub secret_hash: String,
    /// The last day on which it is valid; at most 400 days after the grant.
    #[schemars(with = "String")]
    pub expires: Date,
}

/// `access-revoked`; `effective` is the day of the revocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Revoked {
    /// Code of the reason, such as `lost`, `rotated` or `left`.
    pub reason: String,
}

/// Events about a token. They can't be corrected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// It is valid, until it expires or is revoked.
    AccessGranted(Granted),
    /// It is valid no longer.
    AccessRevoked(Revoked),
}

/// Commands to a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Grants it.
    GrantAccess(Create<AccessId, Granted>),
    /// Revokes it.
    RevokeAccess(Act<AccessId, Revoked>),
}

named! {}

impl Event {
    /// Itself: what was granted and revoked stands.
    pub(crate) const fn told(&self) -> &Self {
        self
    }

    /// So from its day on.
    pub(crate) fn valid_on(&self, fact: &Fact, day: Date) -> Validity {
        if begun(fact.effective, day) { Validity::AsItIs } else { Validity::NotYet }
    }

    fn fact(self, id: Uuid, effective: Effective) -> Fact {
        let subject = Subject { kind: Kind::Access, id };
        Fact { subject, effective: Some(effective), corrects: None, event: AnyEvent::Access(self) }
    }
}

impl Command {
    /// None: what was granted and revoked stands.
    pub(crate) const fn corrects(&self) -> Option<Uuid> {
        None
    }
}

/// A token as rules see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The day on which it was granted.
    pub granted: Date,
    /// The day on which it was revoked, if it was.
    pub revoked: Option<Date>,
}

pub(crate) fn decide(
    state: &State,
    command: &Command,
    _: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    match command {
        Command::GrantAccess(new) => {
            let id = new.id.unwrap_or_else(|| AccessId::new(stamp.id(0)));
            if state.accesses.contains_key(&id) {
                return Err(Refusal::Taken { field: "id", value: id.to_string() });
            }
            sound(&new.details)?;
            let day = day_done(state, stamp, Some(new.effective))?;
            let expires = new.details.expires;
            if expires <= day || expires > day.saturating_add(DAYS_MAX.days()) {
                let range = "after the day of the grant, by 400 days at most";
                return Err(Refusal::OutOfRange { field: "details/expires", range });
            }
            Ok(vec![Event::AccessGranted(new.details.clone()).fact(id.0, new.effective)])
        }
        Command::RevokeAccess(act) => {
            let access = state.access(act.id)?;
            if access.revoked.is_some() {
                return Err(Refusal::NoChange { what: "the token is revoked already" });
            }
            code("details/reason", &act.details.reason)?;
            if day_done(state, stamp, Some(act.effective))? < access.granted {
                let range = "not before the day of the grant";
                return Err(Refusal::OutOfRange { field: "effective", range });
            }
            Ok(vec![Event::AccessRevoked(act.details.clone()).fact(act.id.0, act.effective)])
        }
    }
}

fn sound(granted: &Granted) -> Result<(), Refusal> {
    text("details/label", &granted.label, NAME_CHARS_MAX)?;
    code("details/actor", &granted.actor)?;
    let once: BTreeSet<&String> = granted.scopes.iter().collect();
    if once.len() != granted.scopes.len() || !(1..=SCOPES_MAX).contains(&once.len()) {
        return Err(Refusal::ListNotAllowed { field: "details/scopes", max: SCOPES_MAX });
    }
    granted.scopes.iter().try_for_each(|text| scope(text))?;
    if !is_hash(&granted.secret_hash) {
        let range = "43 characters of base64url, the SHA-256 of the token's secret";
        return Err(Refusal::OutOfRange { field: "details/secret_hash", range });
    }
    Ok(())
}

/// `read` and `write` are for everything of the ledger; before them may stand what they are for.
fn scope(text: &str) -> Result<(), Refusal> {
    let act = match text.rsplit_once(':') {
        Some((what, act)) => {
            code("details/scopes", what)?;
            act
        }
        None => text,
    };
    match act {
        "read" | "write" => Ok(()),
        _ => Err(Refusal::ScopeNotAllowed { scope: text.chars().take(NAME_CHARS_MAX).collect() }),
    }
}

/// 32 bytes as base64url without padding: the last character holds four bits, so that two are left over as zeros.
fn is_hash(text: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
    text.len() == 43 && text.bytes().all(known) && text.ends_with(|last| "AEIMQUYcgkosw048".contains(last))
}

pub(crate) fn evolve(state: &mut State, recorded: &Recorded<'_>, event: &Event) {
    let id = AccessId::new(recorded.fact.subject.id);
    let day = recorded.fact.effective.map_or(Date::MIN, |effective| effective.from());
    match event {
        Event::AccessGranted(_) => {
            state.accesses.insert(id, Access { granted: day, revoked: None });
        }
        Event::AccessRevoked(_) => {
            if let Some(access) = state.accesses.get_mut(&id) {
                access.revoked = Some(day);
            }
        }
    }
}
