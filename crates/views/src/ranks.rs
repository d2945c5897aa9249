//! Numbers of persons, households and cases in order of first mention: what bitmaps are made of.
//!
//! Most of what a view looks up is one of these, so they are kept apart from other rows, by plain numbers.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use uuid::Uuid;

use crate::rows::Kept;

/// First byte of the keys of ranks; the keys of other rows come before it.
const RANKS: u8 = 255;

/// Numbers given, by sort of what they are given to.
#[derive(Default)]
pub(crate) struct Ranks(BTreeMap<u8, Sort>);

/// What is in memory of one sort.
struct Sort {
    // How many have a number; the row before those of its sort.
    given: Number,
    of: BTreeMap<u128, Number>,
}

struct Number {
    value: u32,
    changed: bool,
}

impl Ranks {
    /// With what the keys of a sort begin; the row before them, of how many there are, too.
    pub(crate) const fn prefix(sort: u8) -> [u8; 2] {
        [RANKS, sort]
    }

    /// The number of this one; nothing is given when the store can't be read.
    pub(crate) fn of(&mut self, kept: &Kept, sort: u8, id: &Uuid) -> u32 {
        let stored = |key: &[u8]| Some(Number { value: kept.load(key)?, changed: false });
        let ranks = match self.0.entry(sort) {
            Entry::Occupied(found) => found.into_mut(),
            Entry::Vacant(none) => {
                let Some(given) = stored(&[RANKS, sort]) else { return 0 };
                none.insert(Sort { given, of: BTreeMap::new() })
            }
        };
        let number = match ranks.of.entry(id.as_u128()) {
            Entry::Occupied(found) => found.into_mut(),
            Entry::Vacant(none) => {
                let Some(number) = stored(&key(sort, id.as_u128())) else { return 0 };
                none.insert(number)
            }
        };
        if number.value == 0 {
            ranks.given = Number { value: ranks.given.value + 1, changed: true };
            *number = Number { value: ranks.given.value, changed: true };
        }
        number.value
    }

    /// Rows in order of their key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Vec<u8>, &u32)> {
        self.0.iter().flat_map(|(sort, ranks)| {
            let of = ranks.of.iter().map(|(id, number)| (key(*sort, *id), &number.value));
            std::iter::once((vec![RANKS, *sort], &ranks.given.value)).chain(of)
        })
    }

    /// Rows that changed since the last time, in order of their key.
    pub(crate) fn take_changed(&mut self) -> impl Iterator<Item = (Vec<u8>, u32)> {
        self.0.iter_mut().flat_map(|(sort, ranks)| {
            let of = ranks.of.iter_mut().map(|(id, number)| (key(*sort, *id), number));
            let all = std::iter::once((vec![RANKS, *sort], &mut ranks.given)).chain(of);
            all.filter_map(|(key, number)| std::mem::take(&mut number.changed).then_some((key, number.value)))
        })
    }

    /// Lets go of what has not changed.
    pub(crate) fn forget(&mut self) {
        for ranks in self.0.values_mut() {
            ranks.of.retain(|_, number| number.changed);
        }
    }

    /// Numbers in memory.
    pub(crate) fn len(&self) -> usize {
        self.0.values().map(|ranks| 1 + ranks.of.len()).sum()
    }
}

fn key(sort: u8, id: u128) -> Vec<u8> {
    [&[RANKS, sort], id.to_be_bytes().as_slice()].concat()
}
