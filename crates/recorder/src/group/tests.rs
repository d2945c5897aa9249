//! Claims about commands of several events. No command makes more than one yet, so the facts are given to the group as
//! if they had been decided.

use domain::ledger::{self, OperatorActed};
use domain::{Event, Kind, Slug, Subject};
use journal::{FIRST_EPOCH, Memory};
use proptest::collection::vec;
use proptest::prelude::*;
use wire::{Interpreted, Verifier};

use wire::encode::EVENT_BYTES_MAX;

use super::*;

/// 2026-03-02.
const NOW: Timestamp = Timestamp(1_772_470_800_000_000);
/// An event without its reason takes less than this.
const FRAME: usize = 1_500;

/// What one command is to make: so many events, each with so long a reason.
#[derive(Debug, Clone, Copy)]
struct Size {
    events: usize,
    reason: usize,
}

impl Size {
    /// Whether it might be more than a command may make.
    fn may_be_too_large(self) -> bool {
        let event = self.reason + FRAME;
        self.events > COMMAND_EVENTS_MAX || event > EVENT_BYTES_MAX || self.events * event > COMMAND_BYTES_MAX
    }
}

/// A ledger that grows group by group.
struct House {
    knowledge: Knowledge,
    tentative: State,
    archive: Archive<Memory>,
    reader: Verifier,
    sent: u64,
}

impl House {
    fn new() -> Self {
        let ledger: Slug = "azusa-usd".parse().unwrap();
        let origin = Origin { deployment: "county".parse().unwrap(), ledger: ledger.clone() };
        Self {
            knowledge: Knowledge::nothing(&origin),
            tentative: State::default(),
            archive: Archive::new(Memory::default(), ledger),
            reader: Verifier::new(origin, FIRST_EPOCH),
            sent: 0,
        }
    }

    fn group(&self, events_max: usize) -> Group {
        let head = self.reader.head();
        let before = Before { epoch: FIRST_EPOCH, commit: head.commit, position: head.position };
        Group::new(NOW, before, events_max, Room::default())
    }

    /// Gives the group what the next command is said to have made.
    fn give(&mut self, group: &mut Group, size: Size) -> Decided {
        let submission = submission(self.sent + 1, size);
        let minted = Minted {
            recorded: NOW,
            seed: self.sent.to_be_bytes().repeat(2).try_into().unwrap(),
            salt: [9; 16],
        };
        let facts = std::iter::repeat_n(fact(size), size.events).collect();
        let made = Made {
            keys: CommandKeys::of(submission.command_id, None, None),
            minted: &minted,
            stamp: Stamp { recorded: NOW, today: Date::constant(2026, 3, 2), seed: minted.seed },
            facts,
        };
        let mut desk = Desk {
            origin: self.reader.origin(),
            knowledge: &self.knowledge,
            ahead: &[],
            tentative: &mut self.tentative,
            archive: &mut self.archive,
        };
        group.take(&mut desk, &submission, made).unwrap()
    }

    /// The command ids of the events in the commit that this group becomes, as a reader of the log finds them, and the
    /// bytes of its body.
    fn append(&mut self, group: Group) -> (Vec<(u64, Uuid)>, usize) {
        let (body, _) = group.into_parts();
        let (commit, _) = self.reader.clone().seal(body, NOW);
        let events = self.reader.accept_events(&commit).unwrap().into_iter().map(|event| match event {
            Interpreted::Event(event) => (event.envelope.position, event.envelope.command_id),
            Interpreted::Unknown { kind, .. } => panic!("{kind} is not known"),
        });
        (events.collect(), commit.body.len())
    }
}

fn acted(size: Size) -> OperatorActed {
    let text = |text: &str| text.to_owned();
    OperatorActed { operator: text("usr:ops-3"), act: text("drill"), reason: "x".repeat(size.reason) }
}

fn fact(size: Size) -> Fact {
    let event = Event::Ledger(ledger::Event::OperatorActed(acted(size)));
    Fact { subject: Subject { kind: Kind::Ledger, id: Uuid::nil() }, effective: None, corrects: None, event }
}

fn submission(number: u64, size: Size) -> Submission {
    Submission {
        ledger: "azusa-usd".parse().unwrap(),
        command_id: Uuid::from_u64_pair(1, number),
        command_hash: [7; 16],
        command: Command::Ledger(ledger::Command::RecordOperatorAct(acted(size))),
        actor: "usr:ops-3".to_owned(),
        on_behalf_of: None,
        credential: None,
        basis: None,
        purpose: None,
        source: None,
        correlation_id: None,
        causation_id: None,
        dry_run: false,
        unchanged: None,
    }
}

/// Gives groups these commands one after the other, each to the next group when the one before is full, and checks.
fn record(sizes: &[Size], events_max: usize) -> Result<u64, TestCaseError> {
    let mut house = House::new();
    let (mut group, mut spans) = (house.group(events_max), Vec::new());
    let mut recorded = Vec::new();
    let mut append = |house: &mut House, group: Group, spans: &mut Vec<(Uuid, Span)>| {
        let commit = house.reader.head().commit + 1;
        let (events, bytes) = house.append(group);
        prop_assert!(bytes <= BODY_BYTES_MAX && events.len() <= EVENTS_MAX);
        prop_assert!(events.len() <= events_max || spans.len() == 1, "{} in a small group", events.len());
        let told: Vec<_> = spans.iter().flat_map(|(id, span)| span.positions().map(|at| (at, *id))).collect();
        prop_assert_eq!(&events, &told, "each command whole, in order of sending");
        prop_assert!(spans.drain(..).all(|(_, span)| span.commit == commit));
        recorded.extend(events);
        Ok(())
    };
    for size in sizes {
        let decided = match house.give(&mut group, *size) {
            Decided::Full => {
                prop_assert!(!group.is_empty(), "one command alone always fits");
                append(&mut house, group, &mut spans)?;
                group = house.group(events_max);
                house.give(&mut group, *size)
            }
            decided => decided,
        };
        house.sent += 1;
        match decided {
            Decided::Taken(Verdict::Stands { span, repeated: false }) => {
                prop_assert_eq!(usize::from(span.count), size.events);
                prop_assert!(
                    size.events <= COMMAND_EVENTS_MAX && size.events * size.reason <= COMMAND_BYTES_MAX
                );
                spans.push((Uuid::from_u64_pair(1, house.sent), span));
            }
            Decided::Taken(Verdict::Settled(Outcome::Refusal(reply))) => {
                prop_assert_eq!(reply.code, "too-large");
                prop_assert!(size.may_be_too_large(), "{:?}", size);
            }
            Decided::Taken(_) | Decided::Full => prop_assert!(false, "neither taken nor refused: {:?}", size),
        }
    }
    if !group.is_empty() {
        append(&mut house, group, &mut spans)?;
    }
    prop_assert!(recorded.iter().map(|(position, _)| *position).eq(1..=recorded.len() as u64));
    Ok(house.reader.head().commit)
}

/// Few small ones mostly, and all around the limits.
fn size() -> impl Strategy<Value = Size> {
    let small = (1_usize..9, 0_usize..400);
    let many = (1_usize..=COMMAND_EVENTS_MAX + 3, 0_usize..900);
    let large = (1_usize..12, 10_000..EVENT_BYTES_MAX + 100);
    prop_oneof![6 => small, 3 => many, 2 => large].prop_map(|(events, reason)| Size { events, reason })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_command_of_several_events_never_spans_two_commits(
        sizes in vec(size(), 1..60),
        events_max in prop_oneof![4 => Just(EVENTS_MAX), 1 => Just(1_usize), 1 => 2_usize..400],
    ) {
        record(&sizes, events_max)?;
    }
}

#[test]
fn a_commit_is_filled_to_its_last_event_and_no_further() {
    let quarter = Size { events: COMMAND_EVENTS_MAX, reason: 0 };
    let one = Size { events: 1, reason: 0 };
    assert_eq!(record(&[quarter; 4], EVENTS_MAX).unwrap(), 1);
    assert_eq!(record(&[quarter, quarter, quarter, one, quarter], EVENTS_MAX).unwrap(), 2);
    assert_eq!(record(&[quarter, quarter, quarter, quarter, one], EVENTS_MAX).unwrap(), 2);
}

#[test]
fn a_commit_of_few_events_is_closed_by_its_bytes() {
    // Some 250 KiB each, of which 900 KiB hold three.
    let large = Size { events: 8, reason: 31 * 1024 };
    assert_eq!(record(&[large; 7], EVENTS_MAX).unwrap(), 3);
}

#[test]
fn a_command_of_more_than_it_may_make_is_refused_whole_and_leaves_nothing() {
    let (mut house, one) = (House::new(), Size { events: 1, reason: 0 });
    let mut group = house.group(EVENTS_MAX);
    assert!(matches!(house.give(&mut group, one), Decided::Taken(Verdict::Stands { .. })));
    let before = group.room();
    for (size, what) in [
        (Size { events: COMMAND_EVENTS_MAX + 1, reason: 0 }, "251 events"),
        (Size { events: 2 * EVENTS_MAX, reason: 0 }, "2000 events"),
        (Size { events: 1, reason: EVENT_BYTES_MAX }, "an event of"),
        (Size { events: 10, reason: 30 * 1024 }, "events of"),
        (Size { events: COMMAND_EVENTS_MAX, reason: 4 * 1024 }, "events of"),
    ] {
        house.sent += 1;
        match house.give(&mut group, size) {
            Decided::Taken(Verdict::Settled(Outcome::Refusal(reply))) => {
                assert_eq!(reply.code, "too-large");
                assert!(reply.message.contains(what), "{}", reply.message);
            }
            _ => panic!("{size:?} was not refused"),
        }
        let Room { events, bytes, rows } = group.room();
        assert_eq!((events, bytes, rows), (before.events, before.bytes, before.rows), "{size:?}");
    }
    house.sent += 1;
    let last = house.give(&mut group, one);
    assert!(matches!(last, Decided::Taken(Verdict::Stands { span: Span { position: 2, count: 1, .. }, .. })));
    assert_eq!(house.append(group).0.len(), 2);
}
