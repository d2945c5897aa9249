//! What somebody could find out who knows everything that is published, and how it adds up.

use std::collections::BTreeMap;

use super::Adding;
use super::net::{Net, Relation};

/// Hidden cells that can be told: exactly, or more closely than "from 1 to just under the policy's number".
pub(super) fn told(net: &Net, adding: Adding) -> Vec<usize> {
    let mut told = by_bounds(net, adding);
    if told.is_empty() {
        // Also for distinct counts: where hardly anybody is in two parts, they add up all but exactly.
        told = by_equations(net);
    }
    told
}

/// The least and the most that a cell can be.
type Bounds = (u64, u64);

fn by_bounds(net: &Net, adding: Adding) -> Vec<usize> {
    // A zero would be shown, so a hidden cell is 1 or more.
    let start = |cell| if net.is_hidden(cell) { (1, u64::MAX) } else { (net.count(cell), net.count(cell)) };
    let mut bounds: Vec<Bounds> = (0..net.len()).map(start).collect();
    // Each round brings bounds closer; few are needed, and no more could be by hand.
    for _ in 0..64 {
        let mut closer = false;
        for relation in &net.relations {
            closer |= narrow(relation, adding, &mut bounds);
        }
        if !closer {
            break;
        }
    }
    // As many values as the policy itself leaves open, and never only one.
    let wanted = net.under.saturating_sub(1).max(2);
    let is_told = |cell: &usize| {
        let (least, most) = bounds.get(*cell).copied().unwrap_or_default();
        net.is_hidden(*cell) && most.saturating_sub(least).saturating_add(1) < wanted
    };
    (0..net.len()).filter(is_told).collect()
}

fn narrow(Relation { whole, parts }: &Relation, adding: Adding, bounds: &mut [Bounds]) -> bool {
    let of = |bounds: &[Bounds], cell: &usize| bounds.get(*cell).copied().unwrap_or_default();
    let add = |sum: u64, more: u64| sum.saturating_add(more);
    let least: u64 = parts.iter().map(|part| of(bounds, part).0).fold(0, add);
    let most: u64 = parts.iter().map(|part| of(bounds, part).1).fold(0, add);
    let unbounded = parts.iter().filter(|part| of(bounds, part).1 == u64::MAX).count();
    let largest = parts.iter().map(|part| of(bounds, part).0).max().unwrap_or(0);
    let (whole_least, whole_most) = of(bounds, whole);
    let floor = if adding == Adding::Exactly { least } else { largest };
    let mut closer = set(bounds, *whole, (floor, most));
    for part in parts {
        let (own_least, own_most) = of(bounds, part);
        let others_least = if adding == Adding::Exactly { least.saturating_sub(own_least) } else { 0 };
        let others_most = match (unbounded, own_most) {
            (0, _) => most.saturating_sub(own_most),
            (1, u64::MAX) => parts.iter().filter(|p| *p != part).map(|p| of(bounds, p).1).fold(0, add),
            _ => u64::MAX,
        };
        let ceiling =
            if whole_most == u64::MAX { whole_most } else { whole_most.saturating_sub(others_least) };
        closer |= set(bounds, *part, (whole_least.saturating_sub(others_most), ceiling));
    }
    closer
}

/// Brings bounds closer; whether they came closer.
fn set(bounds: &mut [Bounds], cell: usize, (least, most): Bounds) -> bool {
    let Some(bounds) = bounds.get_mut(cell) else { return false };
    let before = *bounds;
    *bounds = (before.0.max(least), before.1.min(most));
    *bounds != before
}

/// Arithmetic modulo this prime tells the same as with fractions, but for an accident in 2^61.
const PRIME: u64 = (1 << 61) - 1;
const MINUS_ONE: u64 = PRIME - 1;

fn times(a: u64, b: u64) -> u64 {
    u64::try_from(u128::from(a) * u128::from(b) % u128::from(PRIME)).unwrap_or(0)
}

/// The inverse by Fermat.
fn inverse(a: u64) -> u64 {
    let (mut result, mut square, mut exponent) = (1, a, PRIME - 2);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = times(result, square);
        }
        square = times(square, square);
        exponent >>= 1;
    }
    result
}

/// Coefficients by hidden cell.
type Row = BTreeMap<usize, u64>;

fn subtract(row: &mut Row, factor: u64, other: &Row) {
    for (cell, coefficient) in other {
        let now = row.get(cell).copied().unwrap_or(0) + PRIME - times(factor, *coefficient);
        match now % PRIME {
            0 => row.remove(cell),
            now => row.insert(*cell, now),
        };
    }
}

/// Hidden cells that follow from the equations whole = sum of the parts, however many must be taken together.
fn by_equations(net: &Net) -> Vec<usize> {
    let mut solved: BTreeMap<usize, Row> = BTreeMap::new();
    for relation in &net.relations {
        let mut row: Row = relation.parts.iter().filter(|p| net.is_hidden(**p)).map(|p| (*p, 1)).collect();
        if net.is_hidden(relation.whole) {
            row.insert(relation.whole, MINUS_ONE);
        }
        let leading: Vec<(usize, u64)> =
            row.iter().map(|(cell, coefficient)| (*cell, *coefficient)).collect();
        for (cell, coefficient) in leading {
            if let Some(pivot) = solved.get(&cell) {
                subtract(&mut row, coefficient, pivot);
            }
        }
        let Some((pivot, coefficient)) = row.first_key_value().map(|(cell, c)| (*cell, *c)) else { continue };
        let scale = inverse(coefficient);
        row.values_mut().for_each(|coefficient| *coefficient = times(*coefficient, scale));
        for other in solved.values_mut() {
            if let Some(factor) = other.get(&pivot).copied() {
                subtract(other, factor, &row);
            }
        }
        solved.insert(pivot, row);
    }
    solved.into_iter().filter(|(_, row)| row.len() == 1).map(|(cell, _)| cell).collect()
}
