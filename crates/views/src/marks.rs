//! Marks: what an event can be found by, made from the event alone; and the clues by which a row's events are found.
//!
//! Whoever folds the log keeps the marks of each stretch of it. A view says for a row which marks those events bear that
//! [`View::traces`] would name it for, and those that it must know of to tell. Reading the stretches that bear one of
//! them then tells the same events as reading everything.

use std::collections::BTreeSet;
use std::hash::Hasher as _;

use domain::{Event as AnyEvent, Kind, Subject};
use serde_json::Value;
use siphasher::sip::SipHasher13;
use uuid::Uuid;
use wire::RecordedEvent;

use crate::cells::{Place, changes};
use crate::{Rows, View, engagements, funding, partners, reach, referrals, sites};

/// Raised when the marks of an event change; what was kept of them is then made anew.
pub const MARKS_REVISION: u32 = 2;

/// A mark: SipHash-1-3 of what it says, the same in every build.
pub type Mark = u64;

pub(crate) fn mark(says: &str, parts: &[&[u8]]) -> Mark {
    let mut hasher = SipHasher13::new();
    for part in [says.as_bytes()].iter().chain(parts) {
        hasher.write(&(part.len() as u64).to_le_bytes());
        hasher.write(part);
    }
    hasher.finish()
}

/// The event is about this thing.
pub(crate) fn about(Subject { kind, id }: Subject) -> Mark {
    mark("about", &[kind.as_str().as_bytes(), id.as_bytes()])
}

/// It is about a thing of this kind, of which there are few.
pub(crate) fn kind(kind: Kind) -> Mark {
    mark("kind", &[kind.as_str().as_bytes()])
}

/// It is about something else, and names this thing.
pub(crate) fn names(kind: Kind, id: &Uuid) -> Mark {
    mark("names", &[kind.as_str().as_bytes(), id.as_bytes()])
}

/// All marks of an event; some may come twice.
pub fn marks(event: &RecordedEvent) -> Vec<Mark> {
    let mut marks = Vec::with_capacity(12);
    for (delivered, effective) in changes(event).into_iter().flatten() {
        marks.extend([
            names(Kind::Site, &delivered.site.0),
            names(Kind::Partner, &delivered.partner.0),
            names(Kind::Agreement, &delivered.agreement.0),
        ]);
        marks.extend(Place::of(delivered, effective).map(|place| place.mark()));
        marks.extend(delivered.funding.iter().map(|code| funding::paid(&delivered.site.0, code)));
    }
    let subject = event.fact.subject;
    marks.push(about(subject));
    match &event.fact.event {
        AnyEvent::Offering(_) | AnyEvent::Assessment(_) => marks.push(kind(subject.kind)),
        AnyEvent::Agreement(change) => {
            marks.push(kind(subject.kind));
            let signers = partners::signers(change).into_iter().flatten();
            marks.extend(signers.map(|partner| names(Kind::Partner, &partner.0)));
        }
        AnyEvent::Council(change) => {
            let sites = sites::charters(change).into_iter().filter_map(|charter| charter.site);
            marks.extend(sites.map(|site| names(Kind::Site, &site.0)));
        }
        AnyEvent::Engagement(change) => {
            let held = engagements::held(change).into_iter();
            marks.extend(held.map(|(held, _)| names(Kind::Site, &held.site.0)));
            marks.extend(engagements::cells(change, event.fact.effective));
        }
        AnyEvent::Referral(change) => marks.extend(referrals::cells(change, event.fact.effective)),
        AnyEvent::Person(change) => marks.extend(reach::merge(change)),
        AnyEvent::Grant(change) => marks.extend(funding::awards(change)),
        _ => {}
    }
    marks
}

/// By what the events that made a row are found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clues {
    /// Marks of events that may have made it.
    pub made: BTreeSet<Mark>,
    /// Marks of events that must be known to tell what later ones made; they may have made it, too.
    pub known: BTreeSet<Mark>,
    /// Positions of events that made it.
    pub positions: BTreeSet<u64>,
}

impl Clues {
    /// To all events about a thing.
    pub fn about(subject: Subject) -> Self {
        Self::default().knowing([about(subject)])
    }

    /// Of these marks the events bear that may have made a row.
    pub(crate) fn made(marks: impl IntoIterator<Item = Mark>) -> Self {
        Self { made: marks.into_iter().collect(), ..Self::default() }
    }

    /// The same, with marks of what must be known.
    pub(crate) fn knowing(self, marks: impl IntoIterator<Item = Mark>) -> Self {
        Self { known: marks.into_iter().collect(), ..self }
    }

    /// Of all rows of an answer that was grouped by the view's [`identity`](View::identity).
    pub fn of(view: &dyn View, rows: &Rows, answered: &[Value]) -> Self {
        let mut all = Self::default();
        for row in answered {
            let Self { made, known, positions } = view.clues(rows, row);
            all.made.extend(made);
            all.known.extend(known);
            all.positions.extend(positions);
        }
        all
    }
}

/// The id in a column.
pub(crate) fn id_in(row: &Value, column: &str) -> Option<Uuid> {
    row.get(column)?.as_str()?.parse().ok()
}

/// Clues to the events about the thing that a column names, and to those of others that name it.
pub(crate) fn of_thing(row: &Value, column: &str, kind: Kind) -> Clues {
    let marks = |id| [about(Subject { kind, id }), names(kind, &id)];
    Clues::made(id_in(row, column).map(marks).into_iter().flatten())
}
