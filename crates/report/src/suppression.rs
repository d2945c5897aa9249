//! Suppression: which counts of people a publication leaves out, so that none of those few can be found.
//!
//! Counts from 1 to just under the policy's number are left out. What is left out could be had back from a margin, from
//! the difference of two reports or from a second table, so more is left out until nobody who knows everything that is
//! published, and how it adds up, can tell a count that is left out more closely than the policy itself does: "from 1
//! to just under". The plan is made once over all cells that any report of the ledger and school year shows, so that
//! all of them leave out the same.

mod attack;
mod net;

use std::collections::{BTreeMap, BTreeSet};

use net::{Net, Relation};

/// Where a count stands: values by dimension. The key without dimensions is the total.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(BTreeMap<&'static str, String>);

impl Key {
    /// Of everything.
    pub const fn total() -> Self {
        Self(BTreeMap::new())
    }

    /// Narrowed to one value of a dimension.
    #[must_use]
    pub fn with(&self, dimension: &'static str, value: impl Into<String>) -> Self {
        let mut key = self.clone();
        key.0.insert(dimension, value.into());
        key
    }

    /// The value of a dimension.
    pub fn value(&self, dimension: &str) -> Option<&str> {
        self.0.get(dimension).map(String::as_str)
    }

    /// The dimensions that it names.
    pub fn shape(&self) -> BTreeSet<&'static str> {
        self.0.keys().copied().collect()
    }

    /// Whether it names everything that `whole` names, and with the same values.
    pub fn is_within(&self, whole: &Self) -> bool {
        whole.0.iter().all(|(dimension, value)| self.value(dimension) == Some(value))
    }

    /// What it says of these dimensions alone.
    fn only(&self, dimensions: &BTreeSet<&'static str>) -> Self {
        let kept = self.0.iter().filter(|(dimension, _)| dimensions.contains(*dimension));
        Self(kept.map(|(dimension, value)| (*dimension, value.clone())).collect())
    }
}

/// Counts by where they stand; what is not there is zero.
pub type Cells = BTreeMap<Key, u64>;

/// How parts make a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adding {
    /// The whole is the sum of its parts.
    Exactly,
    /// Who is in several parts is counted once in the whole: it lies between the largest part and their sum.
    Distinct,
}

/// What is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    hidden: BTreeSet<Key>,
}

impl Plan {
    /// For these cells, of which any may be published. Those that `few` names are left out whatever they count.
    pub fn new(cells: &Cells, adding: Adding, under: u64, few: &BTreeSet<Key>) -> Self {
        // Nobody is behind a zero: it is always shown, and adds nothing.
        let keys: Vec<&Key> = cells.iter().filter(|(_, count)| **count > 0).map(|(key, _)| key).collect();
        let counts = keys.iter().filter_map(|key| cells.get(*key)).copied().collect();
        let mut net = Net::new(counts, relations(&keys), under);
        for (cell, _) in keys.iter().enumerate().filter(|(_, key)| few.contains(**key)) {
            net.hide(cell);
        }
        loop {
            while net.balance() {}
            let told = attack::told(&net, adding);
            let mut more = false;
            for cell in told {
                more |= net.hide_beside(cell);
            }
            // Where nothing is shown nothing is told, so this ends.
            if !more {
                break;
            }
        }
        let hidden = keys.into_iter().enumerate().filter(|(cell, _)| net.is_hidden(*cell));
        Self { hidden: hidden.map(|(_, key)| key.clone()).collect() }
    }

    /// Whether the count that stands here is left out.
    pub fn hides(&self, key: &Key) -> bool {
        self.hidden.contains(key)
    }

    /// Everything that is left out.
    pub const fn hidden(&self) -> &BTreeSet<Key> {
        &self.hidden
    }
}

/// Every whole with the parts that make it, by number: the cells of a shape are parts of those of the next coarser ones.
fn relations(keys: &[&Key]) -> Vec<Relation> {
    let shapes: BTreeSet<BTreeSet<&'static str>> = keys.iter().map(|key| key.shape()).collect();
    let number: BTreeMap<&Key, usize> = keys.iter().enumerate().map(|(number, key)| (*key, number)).collect();
    let mut relations = Vec::new();
    for fine in &shapes {
        let is_coarser =
            |shape: &BTreeSet<_>, than: &BTreeSet<_>| shape.len() < than.len() && shape.is_subset(than);
        let between = |shape: &BTreeSet<&'static str>| {
            shapes.iter().any(|middle| is_coarser(middle, fine) && is_coarser(shape, middle))
        };
        for coarse in shapes.iter().filter(|shape| is_coarser(shape, fine) && !between(shape)) {
            let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            for (part, key) in keys.iter().enumerate().filter(|(_, key)| key.shape() == *fine) {
                if let Some(whole) = number.get(&key.only(coarse)) {
                    parts.entry(*whole).or_default().push(part);
                }
            }
            relations.extend(parts.into_iter().map(|(whole, parts)| Relation { whole, parts }));
        }
    }
    relations
}
