//! Small numbers of members are not shown, and nothing that is shown gives them back.
//!
//! Councils are small and who sits on them is known: the positions of two students are those of two people.

use std::collections::BTreeMap;

use domain::council::Tally;
use domain::council::code::Constituency;
use serde_json::{Map, Value, json};

/// Fewest members whose tally is shown.
const MEMBERS_MIN: u64 = 3;

/// What is shown, and how many cells are not.
pub(super) struct Shown {
    pub(super) cells: Value,
    pub(super) total: Value,
    pub(super) suppressed: u64,
}

/// Positions of each constituency of at least three members, and the total.
///
/// The total less what is shown is the tally of the constituencies that are not: they have three members or more
/// together, else the smallest that could be shown is left out as well.
pub(super) fn positions(positions: &BTreeMap<Constituency, Tally>) -> Shown {
    let mut by_size: Vec<_> = positions.iter().collect();
    by_size.sort_by_key(|(constituency, tally)| (tally.members(), **constituency));
    let mut together = 0_u64;
    let mut shown = Map::new();
    let mut suppressed = 0;
    for (constituency, tally) in by_size {
        let members = u64::from(tally.members());
        let is_small = members < MEMBERS_MIN || (1..MEMBERS_MIN).contains(&together);
        if is_small {
            (together, suppressed) = (together.saturating_add(members), suppressed + 1);
        }
        shown.insert(constituency.to_string(), if is_small { Value::Null } else { json!(tally) });
    }
    let total = Tally::of(positions);
    let is_small = u64::from(total.members()) < MEMBERS_MIN;
    suppressed += u64::from(is_small);
    Shown {
        cells: Value::Object(shown),
        total: if is_small { Value::Null } else { json!(total) },
        suppressed,
    }
}

/// All positions together, if they are those of three members or more.
pub(super) fn total(positions: &BTreeMap<Constituency, Tally>) -> Option<Tally> {
    Some(Tally::of(positions)).filter(|tally| u64::from(tally.members()) >= MEMBERS_MIN)
}

/// Filled seats of each constituency: none, or at least three. There is no total beside a number that is not shown.
pub(super) fn filled(seats: &BTreeMap<Constituency, u16>, filled: &BTreeMap<Constituency, u16>) -> Shown {
    let mut shown = Map::new();
    let (mut suppressed, mut total) = (0, 0_u64);
    for constituency in seats.keys() {
        let members = u64::from(filled.get(constituency).copied().unwrap_or(0));
        let is_small = (1..MEMBERS_MIN).contains(&members);
        suppressed += u64::from(is_small);
        total = total.saturating_add(members);
        shown.insert(constituency.to_string(), if is_small { Value::Null } else { json!(members) });
    }
    let is_told = suppressed == 0;
    suppressed += u64::from(!is_told);
    Shown { cells: Value::Object(shown), total: if is_told { json!(total) } else { Value::Null }, suppressed }
}

#[cfg(test)]
mod tests {
    use domain::council::code::Constituency::{Educator, Family, Student};

    use super::*;

    fn said(counts: &[(Constituency, u16)]) -> (Vec<bool>, bool, u64) {
        let tally = |support| Tally { support, ..Tally::default() };
        let given = counts.iter().map(|(constituency, members)| (*constituency, tally(*members))).collect();
        let Shown { cells, total, suppressed } = positions(&given);
        let cells = cells.as_object().unwrap().values().map(|cell| !cell.is_null()).collect();
        (cells, !total.is_null(), suppressed)
    }

    #[test]
    fn what_is_left_out_of_a_total_is_never_fewer_than_three_members() {
        // In the order educator, family, student.
        let of = |educators, families, students| {
            said(&[(Educator, educators), (Family, families), (Student, students)])
        };
        assert_eq!(of(3, 4, 5), (vec![true, true, true], true, 0));
        assert_eq!(of(1, 2, 5), (vec![false, false, true], true, 2));
        // Two students alone would be the total less the others: the smallest of the others goes as well.
        assert_eq!(of(3, 4, 2), (vec![false, true, false], true, 2));
        assert_eq!(of(4, 3, 2), (vec![true, false, false], true, 2));
        assert_eq!(of(1, 1, 4), (vec![false, false, false], true, 3));
        assert_eq!(said(&[(Student, 2)]), (vec![false], false, 2));
        assert_eq!(said(&[(Student, 3)]), (vec![true], true, 0));
    }

    #[test]
    fn filled_seats_have_no_total_beside_a_number_that_is_not_shown() {
        let count = |counts: &[(Constituency, u16)]| counts.iter().copied().collect::<BTreeMap<_, _>>();
        let seats = count(&[(Educator, 4), (Family, 4), (Student, 4)]);
        let some = filled(&seats, &count(&[(Educator, 3), (Student, 2)]));
        assert_eq!(some.cells, json!({ "educator": 3, "family": 0, "student": null }));
        assert_eq!((some.total, some.suppressed), (Value::Null, 2));
        let all = filled(&seats, &count(&[(Educator, 3), (Family, 4)]));
        assert_eq!((all.total, all.suppressed), (json!(7), 0));
    }
}
