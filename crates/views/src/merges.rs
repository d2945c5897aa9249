//! As whom a person counts after merges, by whatever tells persons apart in a view.

use std::collections::BTreeMap;

/// A person and those that it counts as, one after the other, each once. No merge leads back by the rules; but on a day on
/// which a separation has not begun yet, a later one may.
pub(crate) fn chain<T: Ord + Copy>(merges: &BTreeMap<T, T>, person: T) -> Vec<T> {
    let (mut passed, mut last) = (vec![person], person);
    while let Some(next) = merges.get(&last).filter(|next| !passed.contains(next)) {
        passed.push(*next);
        last = *next;
    }
    passed
}

/// As whom a person is counted: the last of its chain; of those who were merged in a circle, the first in order.
pub(crate) fn counted_as<T: Ord + Copy>(merges: &BTreeMap<T, T>, person: T) -> T {
    let passed = chain(merges, person);
    let last = passed.last().copied().unwrap_or(person);
    let circle = merges.get(&last).and_then(|back| passed.iter().skip_while(|passed| *passed != back).min());
    circle.copied().unwrap_or(last)
}
