//! What a webhook is: who wants to be told of what, where, and signed how. Gateways write it; couriers only read it.

use std::fmt;
use std::str::FromStr;

use domain::Slug;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::payload::Told;

/// Requests to the courier that are kept; older ones were heard long ago.
const WISHES_KEPT: usize = 32;

/// So many seconds in microseconds.
pub(crate) const fn micros(seconds: i64) -> i64 {
    seconds * 1_000_000
}

/// A place in a log, written `epoch:position`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Epoch of the log.
    pub epoch: u64,
    /// Number of the event, from 1; 0 is before the first.
    pub position: u64,
}

/// What a delivery is about; there is one for each, whatever happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A test that somebody asked for; the number of the wish.
    Test(u64),
    /// An event.
    Event(Place),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Test(number) => write!(f, "test-{number}"),
            Self::Event(Place { epoch, position }) => write!(f, "{epoch}:{position}"),
        }
    }
}

impl FromStr for Source {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let test = text.strip_prefix("test-").and_then(|number| number.parse().ok()).map(Self::Test);
        let event = || {
            let (epoch, position) = text.split_once(':')?;
            Some(Self::Event(Place { epoch: epoch.parse().ok()?, position: position.parse().ok()? }))
        };
        test.or_else(event).ok_or("a delivery is named as 1:317 or test-1")
    }
}

/// How deliveries are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scheme {
    /// `v1a`: the receiver needs the public key only.
    #[serde(rename = "v1a")]
    Ed25519,
    /// `v1`: HMAC-SHA256; whoever can verify can also forge.
    #[serde(rename = "v1")]
    Hmac,
}

impl Scheme {
    /// As Standard Webhooks names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "v1a",
            Self::Hmac => "v1",
        }
    }
}

/// Something that the courier shall do once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    /// Deliver a test.
    Test,
    /// Go on after it was disabled.
    Enable,
    /// Deliver everything after this place again.
    Replay(Place),
    /// Deliver this now, pending or ended.
    Retry(Source),
}

/// A request to the courier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// From 1; the state says up to which one was heard.
    pub number: u64,
    /// What.
    pub wanted: Wanted,
}

/// Secrets that sign at once, at most: the present one and those that receivers may still trust.
pub const SECRETS_MAX: usize = 3;

/// A secret that was replaced and still signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlap {
    /// Its number.
    pub generation: u32,
    /// Until when, in microseconds since 1970.
    pub until: i64,
}

/// As many secrets sign as may; the first of the old ones ends at this time, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full {
    /// When.
    pub until: i64,
}

/// A webhook as it is kept under `<ledger>.<id>.webhook`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct Webhook {
    /// Its id.
    pub id: Uuid,
    /// Whose events it tells.
    pub ledger: Slug,
    /// Where to; read by [`Target`](crate::Target).
    pub url: String,
    /// Names of events that are told; all, if empty.
    pub types: Vec<String>,
    /// Kinds of things whose events are told; all, if empty.
    pub kinds: Vec<String>,
    /// How it is signed.
    pub scheme: Scheme,
    /// Its owner wants nothing for now.
    pub paused: bool,
    /// Number of the secret, from 1.
    pub generation: u32,
    /// Secrets before it that sign too, the newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overlaps: Vec<Overlap>,
    /// The log's head when it was made: nothing before it is told.
    pub from: Place,
    /// When it was made, in microseconds since 1970.
    pub made: i64,
    /// The last requests to the courier.
    pub wishes: Vec<Wish>,
}

/// A webhook in any form in which one was kept.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    id: Uuid,
    ledger: Slug,
    url: String,
    types: Vec<String>,
    kinds: Vec<String>,
    scheme: Scheme,
    paused: bool,
    generation: u32,
    #[serde(default)]
    overlaps: Vec<Overlap>,
    /// In the first form: until when the secret before signs.
    #[serde(default)]
    overlap_until: Option<i64>,
    from: Place,
    made: i64,
    wishes: Vec<Wish>,
}

impl From<Stored> for Webhook {
    fn from(stored: Stored) -> Self {
        let Stored { id, ledger, url, types, kinds, scheme, paused, generation, from, made, wishes, .. } =
            stored;
        let before = stored.overlap_until.and_then(|until| {
            let generation = generation.checked_sub(1).filter(|before| *before > 0)?;
            Some(Overlap { generation, until })
        });
        let overlaps =
            if stored.overlaps.is_empty() { before.into_iter().collect() } else { stored.overlaps };
        Self { id, ledger, url, types, kinds, scheme, paused, generation, overlaps, from, made, wishes }
    }
}

impl Webhook {
    /// Whether this event is one to tell.
    pub fn wants(&self, told: &Told) -> bool {
        let among = |wanted: &[String], is: &str| wanted.is_empty() || wanted.iter().any(|one| one == is);
        among(&self.types, told.name()) && among(&self.kinds, &told.kind)
    }

    /// Numbers of the secrets that sign at this time (microseconds since 1970), the newest first.
    pub fn signing(&self, now: i64) -> impl Iterator<Item = u32> + '_ {
        let before = self.overlaps.iter().filter(move |one| now < one.until).map(|one| one.generation);
        std::iter::once(self.generation).chain(before)
    }

    /// Replaces the secret; the present one signs for so many microseconds more, and those before it as long as was said.
    /// With 0, all of them end now.
    ///
    /// # Errors
    /// [`Full`] when too many would sign.
    pub fn rotate(&mut self, now: i64, overlap: i64) -> Result<(), Full> {
        let mut overlaps = Vec::new();
        if overlap > 0 {
            overlaps.push(Overlap { generation: self.generation, until: now.saturating_add(overlap) });
            overlaps.extend(self.overlaps.iter().filter(|one| now < one.until));
        }
        if overlaps.len() >= SECRETS_MAX {
            let ends = overlaps.iter().skip(1).map(|one| one.until).min();
            return Err(Full { until: ends.unwrap_or(now) });
        }
        self.overlaps = overlaps;
        self.generation += 1;
        Ok(())
    }

    /// Asks the courier for something; the number of the wish.
    pub fn wish(&mut self, wanted: Wanted) -> u64 {
        let number = self.wishes.last().map_or(1, |last| last.number + 1);
        self.wishes.push(Wish { number, wanted });
        let over = self.wishes.len().saturating_sub(WISHES_KEPT);
        self.wishes.drain(..over);
        number
    }

    /// What the courier has not heard yet.
    pub fn unheard(&self, heard: u64) -> impl Iterator<Item = Wish> + '_ {
        self.wishes.iter().copied().filter(move |wish| wish.number > heard)
    }
}
