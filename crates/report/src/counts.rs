//! Unduplicated counts of people, one by one, for systems: as reports publish them, by the plan of suppression of the year.

use crate::suppression::Key;
use crate::year::SERVED;
use crate::{Cell, Measure, Year};

/// Somebody who is counted once, however often they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Name in addresses.
    pub name: &'static str,
    /// One sentence.
    pub about: &'static str,
    measure: Measure,
}

/// Every count there is.
pub static COUNTS: &[Count] = &[
    Count {
        name: "students",
        about: "distinct persons who were served, in tiers 1 and 2",
        measure: Measure::Students,
    },
    Count {
        name: "cases",
        about: "distinct cases that were served, which stand for persons in tier 3 and mental health",
        measure: Measure::Cases,
    },
];

/// What a count may be narrowed to.
pub const DIMENSIONS: &[&str] = &["site", "partner", "pillar", "tier", "funding", "month"];

/// The count of this name.
pub fn count(name: &str) -> Option<&'static Count> {
    COUNTS.iter().find(|count| count.name == name)
}

/// What may be narrowed to together: tables that the plan of the year knows. Others could be held against them.
pub fn narrowings() -> impl Iterator<Item = &'static [&'static str]> {
    SERVED.iter().copied().filter(|shape| shape.iter().all(|dimension| DIMENSIONS.contains(dimension)))
}

impl Count {
    /// The count within a key, as it is published; nothing for a key of a shape that the plan of the year does not know.
    pub fn of(&self, year: &Year, within: &Key) -> Option<Cell> {
        let shape = within.shape();
        let known =
            narrowings().any(|known| known.len() == shape.len() && known.iter().all(|d| shape.contains(d)));
        known.then(|| year.figure(self.measure, within))
    }
}
