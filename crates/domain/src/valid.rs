//! The second axis of time: what is so in the world on a day, by all that is known.
//!
//! A reader who looks at a day takes each fact through here first and learns nothing of what begins later. A correction
//! that moves an event across that day becomes what it is for him: the event itself, or its end.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::civil::Date;
use uuid::Uuid;

use crate::correction::{Change, Correctable, Voided};
use crate::{Effective, Fact, Kind, Recorded};

/// What a fact is for whoever looks at a day.
pub(crate) enum Validity {
    /// What it says.
    AsItIs,
    /// Another one.
    Another(Box<Fact>),
    /// Not yet so.
    NotYet,
}

/// Whether it has begun by that day. What names no day is so from when it was recorded.
pub(crate) fn begun(effective: Option<Effective>, day: Date) -> bool {
    effective.is_none_or(|effective| effective.from() <= day)
}

pub(crate) fn of<E: Correctable>(event: &E, fact: &Fact, day: Date) -> Validity {
    let was = event.was().map(|(reason, was)| (begun(was.effective, day), reason, was));
    let now = match event.change() {
        Change::Add(now) | Change::Replace(now) => begun(fact.effective, day).then_some(now),
        Change::Remove => None,
    };
    match (was, now) {
        // An event, a correction within the days that are looked at, a void of what had begun.
        (None, Some(_)) | (Some((true, ..)), Some(_)) => Validity::AsItIs,
        (Some((true, ..)), None) if matches!(event.change(), Change::Remove) => Validity::AsItIs,
        (Some((true, reason, was)), None) => {
            let event = E::voided(Voided { reason, was: was.clone() }).into_event();
            Validity::Another(Box::new(Fact { effective: was.effective, event, ..fact.clone() }))
        }
        (Some((false, ..)), Some(now)) => {
            let event = now.clone().into_event();
            Validity::Another(Box::new(Fact { corrects: None, event, ..fact.clone() }))
        }
        (None | Some((false, ..)), None) => Validity::NotYet,
    }
}

/// A reader's view of a ledger on one day: takes every recorded fact in order.
#[derive(Debug, Clone)]
pub struct ValidOn {
    day: Date,
    // Position of the first form of each event that may move into the days looked at, by the id of its last form.
    places: BTreeMap<Uuid, u64>,
}

impl ValidOn {
    /// Looks at this day.
    pub const fn new(day: Date) -> Self {
        Self { day, places: BTreeMap::new() }
    }

    /// The fact as it is on the day, with the position that it then has: what moves into the days that are looked at
    /// takes the place where it was first recorded. None when it has not begun.
    pub fn see<'a>(&mut self, recorded: &Recorded<'a>) -> Option<(u64, Cow<'a, Fact>)> {
        let fact = recorded.fact;
        let place = self.place(recorded);
        match fact.event.valid_on(fact, self.day) {
            Validity::AsItIs => Some((recorded.position, Cow::Borrowed(fact))),
            Validity::Another(fact) => Some((place, Cow::Owned(*fact))),
            Validity::NotYet => None,
        }
    }

    fn place(&mut self, recorded: &Recorded<'_>) -> u64 {
        // Sums don't ask in which order these came, and there are many.
        if matches!(recorded.fact.event.kind(), Kind::Delivery | Kind::Engagement | Kind::Grant) {
            return recorded.position;
        }
        let before = recorded.fact.corrects.and_then(|corrects| self.places.remove(&corrects));
        let place = before.unwrap_or(recorded.position);
        self.places.insert(recorded.id, place);
        place
    }
}
