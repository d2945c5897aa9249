//! Any path that couriers can take, with crashes, failures and two that hold one webhook: nothing is lost, and each thing
//! keeps its order. The model is a log, one stored value with a revision, and a receiver that remembers what came.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use courier::{Moment, Source, State, Told, Tried, Wanted, Wish};
use proptest::prelude::*;

use crate::{place, source, told};

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// An event about this thing is recorded.
    Record(u32),
    /// This courier loads what is stored, whatever it did before: it crashed, or takes over.
    Start(usize),
    /// It reads an event.
    Read(usize),
    /// It sends what is due; the first is received or not, and answered well or not.
    Send { courier: usize, received: bool, answered: bool },
    /// It writes its state, if nobody else has.
    Write(usize),
    /// Time passes.
    Wait,
    /// Its owner enables it.
    Enable,
}

fn step() -> impl Strategy<Value = Step> {
    let courier = 0..2_usize;
    prop_oneof![
        4 => (0..3_u32).prop_map(Step::Record),
        1 => courier.clone().prop_map(Step::Start),
        6 => courier.clone().prop_map(Step::Read),
        8 => (courier.clone(), any::<bool>(), any::<bool>())
            .prop_map(|(courier, received, answered)| Step::Send { courier, received, answered }),
        3 => courier.prop_map(Step::Write),
        2 => Just(Step::Wait),
        1 => Just(Step::Enable),
    ]
}

/// A courier's memory: the state as it has it, and the revision that it has seen.
type Memory = Option<(State, u64)>;

struct World {
    log: Vec<Told>,
    stored: (State, u64),
    couriers: [Memory; 2],
    wishes: Vec<Wish>,
    came: Vec<Source>,
    now: i64,
}

impl World {
    fn new() -> Self {
        let stored = (State::new(place(0)), 1);
        Self { log: Vec::new(), stored, couriers: [None, None], wishes: Vec::new(), came: Vec::new(), now: 0 }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Record(thing) => {
                let position = self.log.len() as u64 + 1;
                self.log.push(told(position, thing));
            }
            Step::Start(courier) => self.couriers[courier] = Some(self.stored.clone()),
            Step::Read(courier) => {
                let Some((state, _)) = &mut self.couriers[courier] else { return };
                for wish in &self.wishes {
                    let _ = state.hear(*wish, |n| Told::test(n, String::new()), place(0), self.now);
                }
                let next = state.cursor.position + 1;
                if let Some(told) = self.log.get(next as usize - 1) {
                    state.read(place(next), Some(told.clone()), self.now);
                }
            }
            Step::Send { courier, received, answered } => {
                let Some((state, _)) = &mut self.couriers[courier] else { return };
                let none = BTreeSet::new();
                let Some(first) = state.due(self.now, &none).next().map(|told| told.source) else { return };
                if received {
                    self.came.push(first);
                }
                let failed = Tried::Failed { why: "no answer".to_owned(), wait: None };
                let tried = if received && answered { Tried::Delivered } else { failed };
                let moment = Moment { now: self.now, chance: 0, first: Duration::from_secs(5) };
                state.tried(first, tried, moment);
            }
            Step::Write(courier) => {
                let Some((state, revision)) = self.couriers[courier].take() else { return };
                if revision == self.stored.1 {
                    self.stored = (state, revision + 1);
                    self.couriers[courier] = Some(self.stored.clone());
                }
            }
            Step::Wait => self.now += 200_000 * 1_000_000,
            Step::Enable => {
                let number = self.wishes.len() as u64 + 1;
                self.wishes.push(Wish { number, wanted: Wanted::Enable });
            }
        }
    }

    /// The receiver is well again and one courier goes on.
    fn finish(&mut self) {
        self.take(Step::Enable);
        self.take(Step::Start(0));
        for _ in 0..self.log.len() + 1 {
            self.take(Step::Read(0));
        }
        for _ in 0..self.log.len() + 1 {
            self.take(Step::Wait);
            self.take(Step::Send { courier: 0, received: true, answered: true });
        }
        self.take(Step::Write(0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_comes_at_least_once_and_in_order_for_each_thing(steps in prop::collection::vec(step(), 0..200)) {
        let mut world = World::new();
        steps.into_iter().for_each(|step| world.take(step));
        world.finish();
        let ended_as_failed: BTreeSet<Source> =
            world.stored.0.ended.iter().filter(|ended| ended.failed.is_some()).map(|ended| ended.told.source).collect();
        let came: BTreeSet<Source> = world.came.iter().copied().collect();
        let owed: BTreeSet<Source> = (1..=world.log.len() as u64).map(source).collect();
        let lost: Vec<_> = owed.difference(&came).filter(|source| !ended_as_failed.contains(source)).collect();
        prop_assert!(lost.is_empty(), "{lost:?}");
        prop_assert!(world.stored.0.pending.is_empty());

        // First arrivals about each thing are in the order of the log, but for what ended as failed in between.
        let mut first = BTreeMap::new();
        for (place, source) in world.came.iter().enumerate() {
            first.entry(*source).or_insert(place);
        }
        let mut last = BTreeMap::new();
        for told in world.log.iter().filter(|told| !ended_as_failed.contains(&told.source)) {
            let arrived = first[&told.source];
            let before = last.insert(told.entity.clone(), arrived);
            prop_assert!(before.is_none_or(|before| before < arrived), "{:?}", world.came);
        }
    }
}
