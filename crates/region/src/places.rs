//! Where the region lies: its districts, from the largest to ever smaller ones, each with a name of its own.

use domain::{CdsCode, Slug};

/// A district as the region has it.
pub(crate) struct Profile {
    /// Slug of its ledger.
    pub(crate) slug: Slug,
    /// Name.
    pub(crate) name: String,
    /// City.
    pub(crate) city: String,
    /// The first seven digits of its CDS codes.
    cds: u32,
    /// Its place by size: 1 is the largest.
    pub(crate) rank: usize,
    /// Number of schools.
    pub(crate) schools: usize,
    /// Number of partners.
    pub(crate) partners: usize,
}

/// The largest three, which every region has.
const KNOWN: [(&str, bool, u32); 3] =
    [("Port Ellery", true, 1_999_303), ("Madrona", true, 1_999_202), ("Alder Creek", false, 1_999_101)];

/// Names of the others: each first half with each second.
const FIRST: [&str; 10] =
    ["Amber", "Birch", "Cedar", "Dove", "Ember", "Fern", "Heron", "Ivory", "Laurel", "Willow"];
const SECOND: [&str; 10] =
    ["Bay", "Canyon", "Field", "Gate", "Grove", "Hills", "Mesa", "Springs", "Valley", "Vista"];

impl Profile {
    /// The district of this place by size, from 1.
    pub(crate) fn of(rank: usize) -> Self {
        let known = KNOWN.get(rank.saturating_sub(1));
        let (city, unified, cds) = match known {
            Some((city, unified, cds)) => ((*city).to_owned(), *unified, *cds),
            None => {
                // Three is prime to ten, so that neighbours by size have no name in common.
                let (ones, tens) = (rank % 10, rank / 10 % 10);
                let half = |words: &[&'static str; 10], at: usize| words.get(at).copied().unwrap_or_default();
                let city = format!("{} {}", half(&FIRST, (3 * ones + tens) % 10), half(&SECOND, ones));
                (city, !rank.is_multiple_of(3), 1_999_400 + u32::try_from(rank).unwrap_or(0))
            }
        };
        let (short, long) = if unified { ("usd", "Unified") } else { ("esd", "Elementary") };
        let slug = format!("{}-{short}", city.to_lowercase().replace(' ', "-"));
        Self {
            // The words are constants of this crate, so this can't fail; the tests see that it doesn't.
            slug: slug.parse().unwrap_or_else(|_| unreachable!("{slug} is a slug")),
            name: format!("{city} {long}"),
            city,
            cds,
            rank,
            schools: (18 / rank.max(1)).max(2),
            partners: (24 / rank.max(1)).clamp(4, 21),
        }
    }

    /// The CDS code of school `number`, of the district itself for 0.
    pub(crate) fn cds(&self, number: usize) -> CdsCode {
        let text = format!("{:07}{:07}", self.cds, if number == 0 { 0 } else { 6_000_000 + number });
        text.parse().unwrap_or_else(|_| unreachable!("{text} is a CDS code"))
    }

    /// The ledger of another district, which students move to and services are coordinated with.
    pub(crate) fn neighbour(&self) -> Slug {
        Self::of(if self.rank == 1 { 2 } else { 1 }).slug
    }

    /// Whether records name only persons who are enrolled: so it is in some districts.
    pub(crate) const fn enrols(&self) -> bool {
        self.rank % 3 == 2
    }
}

/// How many events each has, from the largest district on: one to begin with, and of the others the n-th has an n-th
/// of what the first would have. The first has a little less, so that three have 50, 30 and 20 in a hundred.
pub(crate) fn quotas(events: u64, ledgers: usize) -> Vec<u64> {
    let weights: Vec<u64> = (1..=ledgers as u64).map(|rank| (60_000 / rank).min(50_000)).collect();
    let all = u128::from(weights.iter().sum::<u64>().max(1));
    let left = u128::from(events.saturating_sub(ledgers as u64));
    let share = |weight: &u64| 1 + u64::try_from(left * u128::from(*weight) / all).unwrap_or(0);
    let mut quotas: Vec<u64> = weights.iter().map(share).collect();
    let others: u64 = quotas.iter().skip(1).sum();
    if let Some(largest) = quotas.first_mut() {
        *largest = events.saturating_sub(others).max(1);
    }
    quotas
}
