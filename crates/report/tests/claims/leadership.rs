//! Leadership report: councils, seats and decisions, with small tallies left out.

use report::Scope;

use crate::council_kit::*;
use crate::kit::*;
use crate::shelf::{made, rows, scope};

#[test]
fn councils_are_told_with_what_they_decided_and_did() {
    let (mut world, _) = decided();
    world.accepted("assign-action", assign(ACTION, DECISION, DAY));
    let document = made("leadership", &scope(), &[&world]).unwrap();
    assert_eq!(
        rows(&document, "Councils"),
        ["Azul site council, Azul Elementary · 1 · 100 · 1 · 1 · 100 · 100 · 1 · 1 · 0 · 0"]
    );
    assert_eq!(rows(&document, "All councils together"), ["1 · 100 · 1 · 1 · 100 · 100 · 1 · 1 · 0 · 0"]);
    assert_eq!(
        rows(&document, "Decisions"),
        ["2026-03-02 · Azul site council, Azul Elementary · Longer opening hours of the parent centre · \
             Family and community engagement · Adopted · yes · yes · 4 · 2 · 0 · 0"]
    );
    // Two students, two families, a teacher and a principal.
    let seats = rows(&document, "Seats");
    assert_eq!(seats.len(), 4);
    assert!(seats.iter().all(|seat| seat.ends_with("suppressed · 2026-03-02")), "{seats:?}");
}

#[test]
fn a_site_has_its_own_councils_only() {
    let (world, _) = decided();
    let of = |site: u128| Scope { site: Some(id(site).to_string()), ..scope() };
    let here = made("leadership", &of(SITE), &[&world]).unwrap();
    assert_eq!(rows(&here, "Decisions").len(), 1);
    let there = made("leadership", &of(OTHER_SITE), &[&world]).unwrap();
    for heading in ["Councils", "Seats", "Decisions"] {
        assert!(rows(&there, heading).is_empty(), "{heading}");
    }
    let progress = made("annual-progress", &of(SITE), &[&world]).unwrap();
    assert_eq!(rows(&progress, "Councils"), rows(&here, "Councils"));
}
