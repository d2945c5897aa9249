//! What a plan leaves out, by example, and what somebody can make of the rest.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use report::Measure;
use report::suppression::{Adding, Cells, Key, Plan};

const UNDER: u64 = 11;

/// A total with counts by site.
fn sites(counts: &[u64]) -> Cells {
    let mut cells = Cells::from([(Key::total(), counts.iter().sum())]);
    cells.extend(counts.iter().zip('a'..).map(|(count, site)| (Key::total().with("site", site), *count)));
    cells
}

/// What is left out, by site; `total` for the total.
fn hidden(cells: &Cells, adding: Adding) -> String {
    let plan = Plan::new(cells, adding, UNDER, &BTreeSet::new());
    let name = |key: &Key| key.value("site").unwrap_or("total").to_owned();
    plan.hidden().iter().map(name).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_small_count_takes_the_smallest_other_with_it() {
    for (counts, wanted) in [
        (&[50, 40, 30][..], ""),
        (&[50, 40, 30, 3], "c d"),
        // Nobody is behind a zero, and it hides nobody.
        (&[50, 40, 0, 3], "b d"),
        // Two of which everybody knows the sum are no closer than the policy leaves open.
        (&[50, 10, 3], "b c"),
        (&[50, 40, 5, 5], "b c d"),
        (&[50, 6, 5], "b c"),
        // The only part is the whole.
        (&[12, 0], ""),
        (&[3, 0], "total a"),
        (&[20, 3], "a b"),
        (&[4, 3], "total a b"),
        (&[], ""),
    ] {
        assert_eq!(hidden(&sites(counts), Adding::Exactly), wanted, "{counts:?}");
    }
}

#[test]
fn distinct_counts_are_left_out_alike() {
    let mut cells = sites(&[50, 40, 3]);
    cells.insert(Key::total(), 90);
    assert_eq!(hidden(&cells, Adding::Distinct), "b c");
}

#[test]
fn a_second_table_does_not_give_a_count_back() {
    // By site and tier; the tiers of site a are 3 and 20, so 3 = 23 − 20, or from the other tables.
    let mut cells = Cells::new();
    for (site, tier, count) in
        [("a", "1", 20), ("a", "2", 3), ("b", "1", 60), ("b", "2", 70), ("c", "1", 80), ("c", "2", 90)]
    {
        let key = Key::total().with("site", site);
        for key in [Key::total(), key.clone(), Key::total().with("tier", tier), key.with("tier", tier)] {
            *cells.entry(key).or_default() += count;
        }
    }
    let plan = Plan::new(&cells, Adding::Exactly, UNDER, &BTreeSet::new());
    let at = |site: &str, tier: &str| Key::total().with("site", site).with("tier", tier);
    assert_eq!(*plan.hidden(), BTreeSet::from([at("a", "1"), at("a", "2"), at("b", "1"), at("b", "2")]));
}

const SHAPES: &[&[&str]] = &[
    &[],
    &["site"],
    &["tier"],
    &["partner"],
    &["field"],
    &["field", "kind"],
    &["site", "tier"],
    &["site", "partner"],
    &["site", "field"],
    &["site", "field", "kind"],
    &["field", "tier"],
    &["field", "kind", "tier"],
];

/// People at a place: how many, and where by dimension.
fn places() -> impl Strategy<Value = Vec<([u8; 4], u64)>> {
    let count = prop_oneof![1_u64..4, 1_u64..15, 5_u64..300];
    prop::collection::vec(((0_u8..3, 1_u8..4, 0_u8..3, 0_u8..4), count), 0..25)
        .prop_map(|places| places.into_iter().map(|((s, t, p, k), count)| ([s, t, p, k], count)).collect())
}

/// All cells of these shapes; distinct ones with some of the people in several parts.
fn cells(places: &[([u8; 4], u64)], shapes: &[&[&'static str]], overlap: u64) -> Cells {
    let mut cells: BTreeMap<Key, Vec<u64>> = BTreeMap::new();
    for ([site, tier, partner, kind], count) in places {
        for shape in shapes {
            let value = |dimension: &str| match dimension {
                "site" => site.to_string(),
                "tier" => tier.to_string(),
                "partner" => partner.to_string(),
                "field" => (kind / 2).to_string(),
                _ => kind.to_string(),
            };
            let key = shape.iter().fold(Key::total(), |key, dimension| key.with(dimension, value(dimension)));
            cells.entry(key).or_default().push(*count);
        }
    }
    let total = |counts: Vec<u64>| {
        let (sum, most) = (counts.iter().sum::<u64>(), counts.iter().copied().max().unwrap_or(0));
        sum - (sum - most) * overlap / 10
    };
    cells.into_iter().map(|(key, counts)| (key, total(counts))).collect()
}

/// What an attacker knows of a cell: it is from the first to the second.
pub(crate) type Known = BTreeMap<Key, (i64, i64)>;

/// Every whole with all its parts, also across coarser tables than the next.
fn sums(cells: &Cells) -> Vec<(Key, Vec<Key>)> {
    let shapes: BTreeSet<BTreeSet<&str>> = cells.keys().map(Key::shape).collect();
    let mut sums = Vec::new();
    for whole in cells.keys() {
        for shape in shapes.iter().filter(|shape| **shape != whole.shape() && whole.shape().is_subset(shape))
        {
            let is_part = |key: &&Key| key.shape() == *shape && key.is_within(whole);
            sums.push((whole.clone(), cells.keys().filter(is_part).cloned().collect()));
        }
    }
    sums
}

/// How the parts of a measure make its whole.
pub(crate) fn attack(measure: Measure) -> Adding {
    match measure {
        Measure::Students | Measure::Cases | Measure::Families => Adding::Distinct,
        _ => Adding::Exactly,
    }
}

/// Somebody who knows all that is published and every sum, and narrows down what is not published until nothing moves.
pub(crate) fn attacked(cells: &Cells, plan: &Plan, adding: Adding) -> Known {
    const MOST: i64 = 1_000_000;
    let start = |(key, count): (&Key, &u64)| {
        let count = i64::try_from(*count).unwrap();
        (key.clone(), if plan.hides(key) { (1, MOST) } else { (count, count) })
    };
    let mut known: Known = cells.iter().map(start).collect();
    let sums = sums(cells);
    for _ in 0..200 {
        let before = known.clone();
        for (whole, parts) in &sums {
            let least: i64 = parts.iter().map(|part| known[part].0).sum();
            let most: i64 = parts.iter().map(|part| known[part].1).sum();
            let largest = parts.iter().map(|part| known[part].0).max().unwrap_or(0);
            let bounds = known.get_mut(whole).unwrap();
            let floor = if adding == Adding::Exactly { least } else { largest };
            *bounds = (bounds.0.max(floor), bounds.1.min(most));
            let (whole_least, whole_most) = *bounds;
            for part in parts {
                let (own_least, own_most) = known[part];
                let others = if adding == Adding::Exactly { least - own_least } else { 0 };
                let bounds =
                    (own_least.max(whole_least - (most - own_most)), own_most.min(whole_most - others));
                known.insert(part.clone(), bounds);
            }
        }
        if known == before {
            break;
        }
    }
    known
}

/// What `attacked` leaves open is at least as much as the policy does.
fn is_safe(cells: &Cells, adding: Adding) -> Result<(), TestCaseError> {
    let plan = Plan::new(cells, adding, UNDER, &BTreeSet::new());
    for (key, (least, most)) in attacked(cells, &plan, adding) {
        let count = i64::try_from(cells[&key]).unwrap();
        prop_assert!((1..UNDER).contains(&cells[&key]) <= plan.hides(&key), "{key:?} is published");
        prop_assert!(least <= count && count <= most, "{key:?}");
        if plan.hides(&key) {
            prop_assert!(most - least + 1 >= 10, "{key:?}: {count} is known to be {least} to {most}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn nobody_finds_what_is_left_out_of_sums(places in places()) {
        is_safe(&cells(&places, SHAPES, 0), Adding::Exactly)?;
    }

    #[test]
    fn nobody_finds_what_is_left_out_of_distinct_counts(places in places(), overlap in 0_u64..10) {
        is_safe(&cells(&places, SHAPES, overlap), Adding::Distinct)?;
    }

    /// Other counts with all the same published figures: whatever is left out could be something else.
    #[test]
    fn other_counts_would_be_published_the_same(places in places()) {
        let cells = cells(&places, SHAPES, 0);
        let plan = Plan::new(&cells, Adding::Exactly, UNDER, &BTreeSet::new());
        prop_assert_eq!(plan.hidden(), &free(&cells, &plan));
    }
}

/// Cells that are not determined by the equations, found by elimination with fractions of small numbers.
fn free(cells: &Cells, plan: &Plan) -> BTreeSet<Key> {
    let hidden: Vec<&Key> = plan.hidden().iter().collect();
    let column = |key: &Key| hidden.iter().position(|hidden| *hidden == key);
    let mut rows: Vec<Vec<i128>> = Vec::new();
    for (whole, parts) in sums(cells) {
        let mut row = vec![0; hidden.len()];
        parts.iter().filter_map(column).for_each(|at| row[at] += 1);
        column(&whole).into_iter().for_each(|at| row[at] -= 1);
        rows.push(row);
    }
    let mut pivots = 0;
    for at in 0..hidden.len() {
        let Some(found) = (pivots..rows.len()).find(|row| rows[*row][at] != 0) else { continue };
        rows.swap(pivots, found);
        let pivot = rows[pivots].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(number, row)| *number != pivots && row[at] != 0)
        {
            let (a, b) = (pivot[at], row[at]);
            row.iter_mut().zip(&pivot).for_each(|(cell, pivot)| *cell = *cell * a - pivot * b);
            let divisor = row.iter().fold(0_i128, |divisor, cell| gcd(divisor, *cell)).max(1);
            row.iter_mut().for_each(|cell| *cell /= divisor);
        }
        pivots += 1;
    }
    let determined: BTreeSet<usize> = rows
        .iter()
        .filter(|row| row.iter().filter(|cell| **cell != 0).count() == 1)
        .filter_map(|row| row.iter().position(|cell| *cell != 0))
        .collect();
    hidden
        .iter()
        .enumerate()
        .filter(|(at, _)| !determined.contains(at))
        .map(|(_, key)| (*key).clone())
        .collect()
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}
