//! Claims about the made-up region, through the door and the rules that every command meets.

#![expect(clippy::panic, clippy::indexing_slicing, reason = "a test says what it expects by failing")]

use std::collections::{BTreeMap, BTreeSet};

use domain::id::SiteId;
use domain::ledger::Persons;
use domain::need::Barrier;
use domain::thing::NAMES;
use domain::{
    Basis, Event, Fact, Found, FoundEvent, Recorded, Stamp, Standing, State, Timestamp, decide, evolve,
};
use domain::{assessment, council, ledger, offering, partner};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use region::{District, region, region_of};
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
            let found = |id: Uuid| {
                let (at, standing) = standing[&id];
                FoundEvent { position: at as u64 + 1, standing, fact: facts[at].clone() }
            };
            let (corrected, mentioned) =
                (submission.command.corrects().map(found), submission.command.mentions().map(found));
            let basis = submission
                .basis
                .as_deref()
                .map_or_else(Basis::default, |basis| basis.parse().unwrap_or_else(|_| panic!("{basis}")));
            let found = Found { corrected, mentioned, basis, ..Found::default() };
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

/// Events that no year of the region has, and why.
const NOT_IN_A_YEAR: [(&str, &str); 7] = [
    ("policy-changed", "the policy is set when the ledger opens"),
    ("schema-registered", "a new version is a matter of operators"),
    ("operator-acted", "a matter of operators"),
    ("report-published", "its hash comes from the views"),
    ("access-granted", "a token is made for somebody who will use it"),
    ("access-revoked", "the same"),
    ("site-closed", "no school closes while its year is shown"),
];

#[test]
fn a_year_has_every_event_that_a_district_has() {
    let facts: Vec<Fact> = region(1, 30_000).into_iter().flat_map(record).collect();
    let names: BTreeSet<&str> = facts.iter().map(|fact| fact.event.name()).collect();
    for name in NAMES.iter().flat_map(|names| names.events) {
        let has = !NOT_IN_A_YEAR.iter().any(|(other, _)| other == name);
        assert_eq!(names.contains(name), has, "{name}");
    }
    let kinds = facts.iter().filter_map(|fact| match &fact.event {
        Event::Partner(partner::Event::PartnerOnboarded(partner)) => Some(format!("{:?}", partner.kind)),
        _ => None,
    });
    assert_eq!(kinds.collect::<BTreeSet<_>>().len(), 8);
}

#[test]
fn most_events_are_deliveries_and_two_to_three_in_a_hundred_are_corrected_or_late() {
    let districts: Vec<Vec<Fact>> = region(1, 100_000).into_iter().map(record).collect();
    let facts = || districts.iter().flatten();
    let share = |part: usize| part * 1000 / facts().count();
    let deliveries = facts().filter(|fact| fact.event.name() == "service-delivered").count();
    assert!(share(deliveries) >= 800, "deliveries are {} in a thousand", share(deliveries));
    let corrections = share(facts().filter(|fact| fact.corrects.is_some()).count());
    assert!((20..=30).contains(&corrections), "corrections are {corrections} in a thousand");
    // A report is late that comes more than a week after one of a later day.
    let mut late = 0;
    for district in &districts {
        let mut latest = Date::MIN;
        for fact in district.iter().filter(|fact| fact.event.name() == "service-delivered") {
            let day = fact.effective.unwrap().from();
            latest = latest.max(day);
            late += usize::from(day < latest.saturating_sub(7.days()));
        }
    }
    let late = share(late);
    assert!((20..=30).contains(&late), "late reports are {late} in a thousand");
}

#[test]
fn a_school_year_has_its_seasons() {
    let facts: Vec<Fact> = region(1, 20_000).into_iter().flat_map(record).collect();
    let mut months: BTreeMap<i8, usize> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.event.name() == "service-delivered") {
        *months.entry(fact.effective.unwrap().from().month()).or_default() += 1;
    }
    // Winter break halves December, school ends in June, and there is none in July.
    assert!(months[&10] > months[&12] * 3 / 2, "{months:?}");
    assert!(months[&12] > months[&6] * 2, "{months:?}");
    assert!(!months.contains_key(&7), "{months:?}");
}

#[test]
fn councils_adopt_and_decline_and_some_needs_stay_gaps() {
    let facts: Vec<Fact> = region(1, 20_000).into_iter().flat_map(record).collect();
    let (mut adopted, mut declined) = (0, BTreeMap::new());
    let (mut needed, mut offered) = (Vec::new(), BTreeSet::new());
    for fact in &facts {
        match &fact.event {
            Event::Council(council::Event::DecisionAdopted(_)) => adopted += 1,
            Event::Council(council::Event::DecisionNotAdopted(not)) => {
                *declined.entry(not.reason).or_insert(0) += 1;
            }
            Event::Assessment(assessment::Event::NeedIdentified(need)) => {
                needed.push((need.site.unwrap(), need.barrier));
            }
            Event::Offering(offering::Event::ServiceOffered(service)) => {
                offered.extend(service.site.map(|site| (site, service.kind)));
            }
            _ => {}
        }
    }
    assert_eq!(declined.len(), 3, "{declined:?}");
    assert!(adopted > declined.values().sum::<i32>() * 2, "{adopted} against {declined:?}");
    let gap = |(site, barrier): &&(SiteId, Barrier)| {
        !barrier.services().iter().any(|kind| offered.contains(&(*site, *kind)))
    };
    let gaps = needed.iter().filter(gap).count();
    assert!(gaps > 0 && gaps * 2 < needed.len(), "{gaps} of {} needs", needed.len());
}

#[test]
fn a_county_has_a_few_large_districts_and_many_small_ones_each_of_its_own() {
    let county = region_of(1, 200_000, 80);
    let sizes: Vec<u64> = county.iter().map(District::events).collect();
    assert!(sizes.is_sorted() && sizes.iter().sum::<u64>() == 200_000);
    assert!(sizes[79] > sizes[40] * 10, "{sizes:?}");
    let distinct = |all: Vec<String>| all.into_iter().collect::<BTreeSet<_>>().len();
    assert_eq!(distinct(sizes.iter().map(u64::to_string).collect()), 80);
    assert_eq!(distinct(county.iter().map(|district| district.ledger().to_string()).collect()), 80);
    assert_eq!(distinct(county.iter().map(|district| district.name().to_owned()).collect()), 80);
    let opened = region_of(1, 80, 80).into_iter().flat_map(record).map(|fact| match fact.event {
        Event::Ledger(ledger::Event::LedgerOpened(opened)) => (opened.cds.to_string(), opened.policy.persons),
        other => panic!("{other:?}"),
    });
    let (codes, persons): (Vec<String>, Vec<Persons>) = opened.unzip();
    assert_eq!(distinct(codes), 80);
    let enrolled = persons.iter().filter(|persons| **persons == Persons::Enrolled).count();
    assert!((20..40).contains(&enrolled), "{enrolled}");
    assert_eq!(region_of(1, 1_000, 500).len(), region::LEDGERS_MAX);
}

#[test]
fn every_command_of_a_small_year_is_accepted_too() {
    for events in [4, 30, 600, 3_000] {
        for district in region(3, events).into_iter().chain(region_of(4, events * 10, 12)) {
            let events = district.events();
            assert_eq!(record(district).len() as u64, events);
        }
    }
}

#[test]
fn a_small_district_has_a_council_that_met_an_assessment_with_a_need_and_a_grant_that_is_spent() {
    // The two largest have more schools and partners to begin with, and are never that small.
    for rank in [3, 5, 9, 20, 60] {
        let sized = (1..).find_map(|hundreds| {
            let district = region_of(1, 100 * hundreds, rank).into_iter().next()?;
            (district.events() >= 400).then_some(district)
        });
        let facts = record(sized.unwrap());
        let names: BTreeSet<&str> = facts.iter().map(|fact| fact.event.name()).collect();
        let expected = [
            "attendance-recorded",
            "decision-adopted",
            "need-identified",
            "priority-set",
            "voices-heard",
            "goal-set",
            "grant-awarded",
            "grant-allocated",
            "expenditure-recorded",
        ];
        for name in expected {
            assert!(names.contains(name), "{name} at place {rank}, of {names:?}");
        }
        let deliveries = facts.iter().filter(|fact| fact.event.name() == "service-delivered").count();
        assert!(deliveries * 2 > facts.len(), "{deliveries} of {}", facts.len());
    }
}

#[test]
fn three_districts_have_half_three_tenths_and_a_fifth() {
    let sizes = |events| region(1, events).iter().map(District::events).collect::<Vec<_>>();
    assert_eq!(sizes(20_000), [4_000, 6_000, 10_000]);
    assert_eq!(sizes(3), [1, 1, 1]);
}

#[test]
fn the_smallest_region_is_three_open_ledgers() {
    for district in region(1, 3) {
        let facts = record(district);
        assert!(matches!(&facts[..], [Fact { event: Event::Ledger(_), .. }]));
    }
}
