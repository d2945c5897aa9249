//! What the last events of a ledger were about, so that a command that must find its thing as its sender saw it can be
//! decided exactly.
//!
//! It is kept in memory only: who asks about a time before it is told so, and looks again.

use std::collections::VecDeque;

use domain::Subject;

/// Events whose subjects are held; 17 bytes each, so about a megabyte for a ledger at work.
const HELD_MAX: usize = 65_536;
/// The same of a ledger that rests.
const HELD_AT_REST: usize = 1_024;

/// Whether a thing had an event of its own after a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// It had none.
    Unchanged,
    /// Its last one stands here.
    Changed(u64),
    /// What happened up to this position is not held.
    Unknown(u64),
}

/// The subjects of the last events, without a gap.
pub(crate) struct Recent {
    /// Position before the first that is held.
    before: u64,
    subjects: VecDeque<Subject>,
}

impl Recent {
    /// Nothing is held of what happened up to this position.
    pub(crate) const fn after(position: u64) -> Self {
        Self { before: position, subjects: VecDeque::new() }
    }

    /// Takes in the next event.
    pub(crate) fn push(&mut self, position: u64, subject: Subject) {
        if position != self.before + self.subjects.len() as u64 + 1 {
            *self = Self::after(position.saturating_sub(1));
        }
        // Before it comes, so that there is never room for twice as many.
        self.keep(HELD_MAX - 1);
        self.subjects.push_back(subject);
    }

    /// Lets go of most.
    pub(crate) fn rest(&mut self) {
        self.keep(HELD_AT_REST);
        self.subjects.shrink_to_fit();
    }

    fn keep(&mut self, most: usize) {
        let over = self.subjects.len().saturating_sub(most);
        self.subjects.drain(..over);
        self.before += over as u64;
    }

    /// Whether this thing had an event after this position.
    pub(crate) fn since(&self, subject: Subject, position: u64) -> Since {
        let later = position.saturating_sub(self.before);
        let skip = usize::try_from(later).unwrap_or(usize::MAX);
        let changed = self.subjects.iter().skip(skip).rposition(|held| *held == subject);
        match changed {
            Some(place) => Since::Changed(self.before + (skip + place) as u64 + 1),
            None if position < self.before => Since::Unknown(self.before),
            None => Since::Unchanged,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Kind;
    use uuid::Uuid;

    use super::*;

    fn site(number: u64) -> Subject {
        Subject { kind: Kind::Site, id: Uuid::from_u64_pair(0, number) }
    }

    #[test]
    fn the_last_event_of_a_thing_is_found_and_those_before_a_position_do_not_count() {
        let mut recent = Recent::after(10);
        [1, 2, 1, 3].into_iter().zip(11..).for_each(|(number, position)| recent.push(position, site(number)));
        assert_eq!(recent.since(site(1), 10), Since::Changed(13));
        assert_eq!(recent.since(site(1), 12), Since::Changed(13));
        assert_eq!(recent.since(site(1), 13), Since::Unchanged);
        assert_eq!(recent.since(site(2), 11), Since::Changed(12));
        assert_eq!(recent.since(site(4), 10), Since::Unchanged);
        assert_eq!(recent.since(site(4), 99), Since::Unchanged);
    }

    #[test]
    fn what_is_not_held_is_not_said() {
        let mut recent = Recent::after(10);
        recent.push(11, site(1));
        assert_eq!(recent.since(site(1), 3), Since::Changed(11));
        assert_eq!(recent.since(site(2), 9), Since::Unknown(10));
        for position in 12..=11 + HELD_MAX as u64 {
            recent.push(position, site(3));
        }
        assert_eq!(recent.since(site(1), 10), Since::Unknown(11));
        recent.rest();
        let before = 11 + (HELD_MAX - HELD_AT_REST) as u64;
        assert_eq!(recent.since(site(1), before - 1), Since::Unknown(before));
        assert_eq!(recent.since(site(1), before), Since::Unchanged);
        assert_eq!(recent.since(site(3), before), Since::Changed(11 + HELD_MAX as u64));
    }
}
