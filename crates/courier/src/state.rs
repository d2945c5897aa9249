//! What is owed to one webhook: how far the log was read, what waits to be delivered, and how the last ones ended.
//!
//! Every transition is a function of values; time (microseconds since 1970) and chance come in. A delivery leaves
//! `pending` only here, and a courier believes it only once the state is written: a crash in between sends again, under
//! the same id. Deliveries about one thing are sent one after the other; while one of them waits, the later ones wait.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use wire::Verifier;

use crate::payload::Told;
use crate::schedule;
use crate::webhook::{Place, Source, Wanted, Wish};

/// Deliveries that wait at most; the log is not read on until some have ended.
pub const PENDING_MAX: usize = 800;
/// With so many waiting, reading goes on.
const PENDING_AGAIN: usize = PENDING_MAX / 2;
/// Deliveries that are remembered after their end.
pub const ENDED_KEPT: usize = 100;

/// Why nothing is sent any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The receiver answered 410.
    Gone,
    /// All tries of a delivery failed, and nothing else was delivered meanwhile.
    Failing,
    /// The log is another one than before: of another epoch, or shorter.
    OtherLog,
}

/// A delivery that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// What is told.
    pub told: Told,
    /// Tries that failed.
    pub tries: u32,
    /// Time of the first try.
    pub since: Option<i64>,
    /// Not tried before this time.
    pub next: i64,
    /// How the last try failed.
    pub failed: Option<String>,
}

/// A delivery that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// What was told.
    pub told: Told,
    /// How often it was tried.
    pub tries: u32,
    /// When it ended.
    pub at: i64,
    /// How its last try failed; nothing, if it was delivered.
    pub failed: Option<String>,
}

/// How a try went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// The receiver answered 2xx.
    Delivered,
    /// It answered 410: it wants nothing any more.
    Gone,
    /// Anything else.
    Failed {
        /// In a few words, without anything from the address.
        why: String,
        /// How long the receiver asked to wait.
        wait: Option<Duration>,
    },
}

/// What a try came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// It was not the first of its delivery.
    pub again: bool,
    /// How it ended.
    pub end: End,
    /// When what it tells was recorded; nothing for a test.
    pub recorded: Option<Timestamp>,
}

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The receiver has it.
    Delivered,
    /// It failed, and is tried again.
    Waits,
    /// It failed, and was the last.
    GivenUp,
    /// It failed, and the webhook is disabled.
    Disabled,
}

/// What waiting depends on, beside the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Now, in microseconds since 1970.
    pub now: i64,
    /// Random.
    pub chance: u64,
    /// The wait after a first try.
    pub first: Duration,
}

/// The state of a webhook, as it is kept under `<ledger>.<id>.state`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The courier that sends.
    pub holder: Option<String>,
    /// The last event that was read.
    pub cursor: Place,
    /// The last wish that was heard.
    pub heard: u64,
    /// Why nothing is sent any more, if so.
    pub disabled: Option<Why>,
    /// When something was delivered last.
    pub delivered: Option<i64>,
    /// What waits, in the order of the log.
    pub pending: VecDeque<Pending>,
    /// What has ended, the last at the end.
    pub ended: VecDeque<Ended>,
    /// The reader's place at or before the cursor, from which the log is verified; bytes of a `Verifier` in base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

impl State {
    /// Of a webhook that begins here.
    pub const fn new(from: Place) -> Self {
        Self {
            holder: None,
            cursor: from,
            heard: 0,
            disabled: None,
            delivered: None,
            pending: VecDeque::new(),
            ended: VecDeque::new(),
            place: None,
        }
    }

    /// Keeps the reader's place.
    pub fn stand(&mut self, place: &Verifier) {
        self.place = Some(URL_SAFE_NO_PAD.encode(place.to_bytes()));
    }

    /// The bytes of the place that was kept, if there is one.
    pub fn stood(&self) -> Option<Vec<u8>> {
        URL_SAFE_NO_PAD.decode(self.place.as_ref()?).ok()
    }

    /// Whether the log may be read on; a reader that was full waits until there is good room.
    pub fn has_room(&self, was_full: bool) -> bool {
        self.pending.len() < if was_full { PENDING_AGAIN } else { PENDING_MAX }
    }

    /// An event was read; it is to be told if it is wanted. What was read before changes nothing.
    pub fn read(&mut self, place: Place, wanted: Option<Told>, now: i64) {
        if place <= self.cursor {
            return;
        }
        self.cursor = place;
        if let Some(told) = wanted {
            self.owe(told, now);
        }
    }

    /// The log was found to be of this epoch and to end here.
    pub fn found(&mut self, end: Place) {
        if end.epoch != self.cursor.epoch || end.position < self.cursor.position {
            self.disabled = Some(Why::OtherLog);
        }
    }

    /// A wish was heard; whether what is on its way counts no more. `end` is where the log ends.
    pub fn hear(&mut self, wish: Wish, test: impl FnOnce(u64) -> Told, end: Place, now: i64) -> bool {
        if wish.number <= self.heard {
            return false;
        }
        self.heard = wish.number;
        match wish.wanted {
            Wanted::Test => self.owe(test(wish.number), now),
            Wanted::Enable => self.enable(end, now),
            Wanted::Replay(after) => {
                // They are read again, in order.
                self.pending.retain(|pending| pending.told.source <= Source::Event(after));
                self.cursor = after.min(end);
                return true;
            }
            Wanted::Retry(source) => self.retry(source, now),
        }
        false
    }

    fn enable(&mut self, end: Place, now: i64) {
        if self.disabled == Some(Why::OtherLog) {
            // What was owed is about a log that is gone.
            self.pending.clear();
            self.cursor = end;
        }
        self.disabled = None;
        for pending in &mut self.pending {
            (pending.tries, pending.since, pending.next) = (0, None, now);
        }
    }

    fn retry(&mut self, source: Source, now: i64) {
        if let Some(pending) = self.pending.iter_mut().find(|pending| pending.told.source == source) {
            pending.next = now;
        } else if let Some(place) = self.ended.iter().rposition(|ended| ended.told.source == source)
            && let Some(Ended { told, .. }) = self.ended.remove(place)
        {
            self.owe(told, now);
        }
    }

    fn owe(&mut self, told: Told, now: i64) {
        let place = self.pending.partition_point(|pending| pending.told.source < told.source);
        if self.pending.get(place).is_none_or(|there| there.told.source != told.source) {
            self.pending.insert(place, Pending { told, tries: 0, since: None, next: now, failed: None });
        }
    }

    /// What may be sent now, in order and without what is on its way: the first that waits about each thing.
    pub fn due<'a>(&'a self, now: i64, on_its_way: &'a BTreeSet<Source>) -> impl Iterator<Item = &'a Told> {
        self.firsts(on_its_way).filter(move |first| first.next <= now).map(|first| &first.told)
    }

    /// When something may be sent next.
    pub fn next(&self, on_its_way: &BTreeSet<Source>) -> Option<i64> {
        self.firsts(on_its_way).map(|first| first.next).min()
    }

    fn firsts<'a>(&'a self, on_its_way: &'a BTreeSet<Source>) -> impl Iterator<Item = &'a Pending> {
        let mut seen = BTreeSet::new();
        let may = self.disabled.is_none();
        let firsts =
            self.pending.iter().filter(move |pending| may && seen.insert(pending.told.entity.as_str()));
        firsts.filter(|first| !on_its_way.contains(&first.told.source))
    }

    /// A try has ended; what it came to, if its delivery still waited.
    pub fn tried(&mut self, source: Source, tried: Tried, moment: Moment) -> Option<Outcome> {
        let Moment { now, chance, first } = moment;
        let place = self.pending.iter().position(|pending| pending.told.source == source)?;
        let pending = self.pending.get_mut(place)?;
        pending.tries += 1;
        let (again, since) = (pending.tries > 1, *pending.since.get_or_insert(now));
        let recorded = match source {
            Source::Event(_) => wire::time::parse(&pending.told.time),
            Source::Test(_) => None,
        };
        let end = match tried {
            Tried::Delivered => {
                self.delivered = Some(now);
                self.end(place, None, now);
                End::Delivered
            }
            Tried::Gone => {
                pending.failed = Some("the receiver answered 410".to_owned());
                pending.next = now;
                self.disabled = Some(Why::Gone);
                End::Disabled
            }
            Tried::Failed { why, wait } => match schedule::wait(pending.tries, first, chance, wait) {
                Some(wait) => {
                    let wait = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
                    (pending.failed, pending.next) = (Some(why), now.saturating_add(wait));
                    End::Waits
                }
                // Nobody is there: what waits is kept until somebody says that there is.
                None if self.delivered.is_none_or(|delivered| delivered < since) => {
                    (pending.failed, pending.next) = (Some(why), now);
                    self.disabled = Some(Why::Failing);
                    End::Disabled
                }
                None => {
                    self.end(place, Some(why), now);
                    End::GivenUp
                }
            },
        };
        Some(Outcome { again, end, recorded })
    }

    fn end(&mut self, place: usize, failed: Option<String>, now: i64) {
        let Some(Pending { told, tries, .. }) = self.pending.remove(place) else { return };
        self.ended.push_back(Ended { told, tries, at: now, failed });
        if self.ended.len() > ENDED_KEPT {
            self.ended.pop_front();
        }
    }
}
