//! What is kept of marks is read as it was written, and what was not written is not read.

use domain::Slug;
use proptest::prelude::*;

use super::*;

fn origin() -> Origin {
    let slug = |text: &str| -> Slug { text.parse().unwrap() };
    Origin { deployment: slug("county"), ledger: slug("azusa-usd") }
}

fn stretch() -> Stretch {
    Stretch { from: Verifier::new(origin(), 1), commit: 3, position: 40 }
}

proptest! {
    #[test]
    fn marks_are_read_as_they_were_written(borne in prop::collection::vec(any::<u64>(), 0..600)) {
        let (first, bytes) = kept(&stretch(), borne.clone());
        let (read, marks) = open(&origin(), &bytes).unwrap();
        let mut expected: Vec<_> = borne.into_iter().map(shortened).collect();
        expected.sort_unstable();
        expected.dedup();
        prop_assert_eq!((first, read, marks), (1, stretch(), expected));
    }

    #[test]
    fn what_two_lists_have_in_common_is_found(
        one in prop::collection::btree_set(0_u32..60, 0..20),
        other in prop::collection::btree_set(0_u32..60, 0..20),
    ) {
        let lists = [&one, &other].map(|set| set.iter().copied().collect::<Vec<_>>());
        prop_assert_eq!(has_common(&lists[0], &lists[1]), !one.is_disjoint(&other));
    }
}

#[test]
fn bytes_that_are_not_a_stretch_are_none() {
    let (_, bytes) = kept(&stretch(), vec![u64::MAX]);
    assert!(open(&origin(), &bytes[..30]).is_none());
    assert!(open(&origin(), b"").is_none());
    let too_far = [&bytes[..], &[255; 6]].concat();
    assert!(open(&origin(), &too_far).is_none());
}

#[test]
fn a_log_with_a_hole_in_what_is_kept_of_it_is_told_by_nobody() {
    let one = kept(&stretch(), vec![7]);
    let search = || Search::new(Clues::default(), 0);
    let look = |kept: Vec<Kept>, commit| {
        let stored = kept.into_iter().map(Ok);
        search().among(&origin(), stored, Vec::new(), (commit, 9)).unwrap().is_some()
    };
    assert!(look(vec![one.clone()], 3));
    assert!(!look(vec![one.clone()], 4));
    assert!(!look(vec![(2, one.1)], 3));
    assert!(!look(vec![], 3));
}
