//! Claims about the made-up region, through the door and the rules that every command meets.

#![expect(clippy::panic, clippy::indexing_slicing, reason = "a test says what it expects by failing")]

use std::collections::BTreeMap;

use domain::{
    Basis, Event, Fact, Found, FoundEvent, Recorded, Stamp, Standing, State, Timestamp, decide, evolve,
};
use jiff::civil::date;
use region::{District, region};
use uuid::Uuid;
use wire::{LedgerKeys, Submission};

const KEYS: LedgerKeys = LedgerKeys { command: [1; 32], source: [2; 32] };

/// Decides a district's year as a recorder would; returns its facts.
fn record(mut district: District) -> Vec<Fact> {
    let mut state = State::default();
    let mut facts: Vec<Fact> = Vec::new();
    let mut standing: BTreeMap<Uuid, (usize, Standing)> = BTreeMap::new();
    loop {
        let batch = district.next_batch();
        if batch.is_empty() {
            return facts;
        }
        let mut events = Vec::new();
        for text in batch {
            let submission = Submission::from_json(text.as_bytes(), district.ledger(), &KEYS)
                .unwrap_or_else(|refusal| panic!("{refusal:?}\n{text}"));
            let corrected = submission.command.corrects().map(|id| {
                let (at, standing) = standing[&id];
                FoundEvent { position: at as u64 + 1, standing, fact: facts[at].clone() }
            });
            let basis = submission
                .basis
                .as_deref()
                .map_or_else(Basis::default, |basis| basis.parse().unwrap_or_else(|_| panic!("{basis}")));
            let found = Found { corrected, basis, ..Found::default() };
            let stamp = Stamp { recorded: Timestamp(0), today: date(2026, 11, 2), seed: [3; 16] };
            let decided = decide(&state, &submission.command, &found, &stamp)
                .unwrap_or_else(|refusal| panic!("{refusal}\n{text}"));
            let [fact] = &decided[..] else { panic!("one event each, not {decided:?}") };
            let position = facts.len() as u64 + 1;
            let id = Uuid::from_u128(u128::from(position));
            evolve(&mut state, Recorded { position, id, time: Timestamp(0), fact });
            standing.insert(id, (facts.len(), Standing::Latest));
            facts.push(fact.clone());
            events.push(Some(id));
        }
        district.recorded(&events);
    }
}

#[test]
fn every_command_of_a_year_is_accepted_with_one_event() {
    for district in region(1, 12_000) {
        let events = district.events();
        assert_eq!(record(district).len() as u64, events);
    }
}

#[test]
fn the_same_seed_gives_the_same_year_and_another_seed_another() {
    let year = |seed| region(seed, 2_000).into_iter().map(record).collect::<Vec<_>>();
    assert_eq!(year(7), year(7));
    assert_ne!(year(7), year(8));
}

#[test]
fn a_year_has_everything_that_a_view_shows() {
    let facts: Vec<Fact> = region(1, 20_000).into_iter().flat_map(record).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for fact in &facts {
        *counts.entry(fact.event.name()).or_default() += 1;
    }
    for name in [
        "site-designated",
        "phase-changed",
        "partner-vetted",
        "partner-suspended",
        "partner-reinstated",
        "agreement-amended",
        "agreement-renewed",
        "agreement-ended",
        "service-offered",
        "engagement-held",
        "engagement-cancelled",
        "family-engaged",
        "delivery-corrected",
        "delivery-voided",
        "council-chartered",
        "decision-adopted",
        "decision-not-adopted",
        "action-completed",
        "action-dropped",
    ] {
        assert!(counts.contains_key(name), "{name} is missing: {counts:?}");
    }
    let corrections = counts["delivery-corrected"] + counts["delivery-voided"];
    let share = corrections * 1000 / facts.len();
    assert!((15..=35).contains(&share), "corrections are {share} in a thousand");
}

#[test]
fn the_smallest_region_is_three_open_ledgers() {
    for district in region(1, 3) {
        let facts = record(district);
        assert!(matches!(&facts[..], [Fact { event: Event::Ledger(_), .. }]));
    }
}
