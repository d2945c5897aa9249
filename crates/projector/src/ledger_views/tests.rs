//! A crash between rows and cursor, made on purpose: some rows are ahead, and replaying is exact all the same.

use super::*;

use domain::code::{Mode, Pillar, ServiceKind, Tier};
use domain::delivery::{Delivered, Event as DeliveryEvent};
use domain::id::{AgreementId, PartnerId, PersonId, SiteId};
use domain::{Effective, Event, Fact, Kind, Subject, Timestamp};
use jiff::civil::date;
use journal::FIRST_EPOCH;
use proptest::prelude::*;
use uuid::Uuid;
use wire::{Body, Commit, Envelope, RecordedEvent};

fn origin() -> Origin {
    Origin { deployment: "county".parse().unwrap(), ledger: "azusa-usd".parse().unwrap() }
}

fn event(position: u64, people: &[u8]) -> RecordedEvent {
    let id = Uuid::from_u64_pair;
    let delivered = Delivered {
        agreement: AgreementId::new(id(3, 0)),
        partner: PartnerId::new(id(2, 0)),
        site: SiteId::new(id(1, position % 2)),
        offering: None,
        kind: ServiceKind::Tutoring,
        pillar: Pillar::ExtendedLearning,
        tier: Tier::Universal,
        mode: Mode::InPerson,
        minutes: 30,
        participants: Some(people.iter().map(|n| PersonId::new(id(4, (*n).into()))).collect()),
        case: None,
        headcount: None,
        funding: None,
    };
    let envelope = Envelope {
        id: id(9, position),
        origin: origin(),
        time: Timestamp(1_772_470_800_000_000),
        position,
        epoch: FIRST_EPOCH,
        command_id: id(8, position),
        command_hash: [7; 16],
        correlation_id: None,
        causation_id: None,
        actor: "svc:azusa-sis".to_owned(),
        on_behalf_of: None,
        credential: None,
        basis: None,
        purpose: None,
        source: None,
        rules: 1,
        policy: 1,
        salt: [9; 16],
    };
    let fact = Fact {
        subject: Subject { kind: Kind::Delivery, id: id(9, position) },
        effective: Some(Effective::Day(date(2026, 3, 2))),
        corrects: None,
        event: Event::Delivery(DeliveryEvent::ServiceDelivered(delivered)),
    };
    RecordedEvent { envelope, fact, sealed: BTreeMap::new() }
}

/// Commits of one event each.
fn reads(people: &[Vec<u8>]) -> Vec<Read> {
    let mut verifier = Verifier::new(origin(), FIRST_EPOCH);
    let read = |(people, position): (&Vec<u8>, u64)| {
        let mut body = Body::new();
        body.push(&event(position, people)).unwrap();
        let commit = Commit::after(&verifier, body.finish());
        let events = verifier.accept_events(&commit).unwrap();
        Read { commit, events, verifier: verifier.clone() }
    };
    people.iter().zip(1..).map(read).collect()
}

fn apply(views: &mut LedgerViews, reads: &[Read]) {
    reads.iter().for_each(|read| views.apply(read).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn rows_that_a_crash_left_ahead_of_the_cursor_are_passed_over_exactly(
        people in prop::collection::vec(prop::collection::vec(0_u8..40, 1..6), 3..30),
        [flushed, crashed] in [1_usize..100, 1_usize..100],
        kept in prop::collection::vec(any::<bool>(), 200),
    ) {
        let reads = reads(&people);
        let crashed = (crashed * reads.len()).div_ceil(100);
        let flushed = flushed * crashed / 100;
        let folder = tempfile::tempdir().unwrap();
        let store = Store::try_open(folder.path(), 1 << 20).unwrap();
        let mut views = LedgerViews::open(&store, origin(), FIRST_EPOCH).unwrap();
        apply(&mut views, &reads[..flushed]);
        views.flush(&store).unwrap();
        apply(&mut views, &reads[flushed..crashed]);
        // The crash: it said where it was going and wrote some of the rows.
        store.intend(&views.ledger, &views.cursor()).unwrap();
        let some = views.changed().zip(kept.iter().cycle()).filter(|(_, kept)| **kept);
        store.put(some.map(|(row, _)| row)).unwrap();

        let mut views = LedgerViews::open(&store, origin(), FIRST_EPOCH).unwrap();
        prop_assert_eq!(views.head().position, flushed as u64);
        prop_assert_eq!(views.furthest().position, crashed as u64);
        // Half way there nothing is written, whoever asks for it.
        let half = flushed + (crashed - flushed) / 2;
        apply(&mut views, &reads[flushed..half]);
        views.flush(&store).unwrap();
        let mut views = LedgerViews::open(&store, origin(), FIRST_EPOCH).unwrap();
        prop_assert_eq!(views.furthest().position, crashed as u64);
        apply(&mut views, &reads[flushed..]);
        views.flush(&store).unwrap();

        let mut fresh = LedgerViews::in_memory(origin(), FIRST_EPOCH);
        apply(&mut fresh, &reads);
        prop_assert_eq!(views.digests(), fresh.digests());
        let again = LedgerViews::open(&store, origin(), FIRST_EPOCH).unwrap();
        prop_assert_eq!(again.digests(), fresh.digests());
        prop_assert_eq!(again.head(), fresh.head());
    }
}

#[test]
fn rows_ahead_in_a_history_that_the_log_does_not_have_stop_the_views() {
    let (ours, others) = (reads(&vec![vec![1, 2]; 6]), reads(&vec![vec![3]; 6]));
    let folder = tempfile::tempdir().unwrap();
    let store = Store::try_open(folder.path(), 1 << 20).unwrap();
    let mut views = LedgerViews::open(&store, origin(), FIRST_EPOCH).unwrap();
    views.flush(&store).unwrap();
    apply(&mut views, &ours);
    store.intend(&views.ledger, &views.cursor()).unwrap();
    store.put(views.changed()).unwrap();
    let mut views = LedgerViews::open(&store, origin(), FIRST_EPOCH).unwrap();
    apply(&mut views, &others[..5]);
    let why = views.apply(&others[5]).unwrap_err();
    assert!(why.contains("commit 6"), "{why}");
}
