//! What is owed, when it is tried, and what ends it.

use std::collections::BTreeSet;
use std::time::Duration;

use courier::{
    ENDED_KEPT, Moment, PENDING_MAX, Place, Source, State, TRIES, Told, Tried, Wanted, Why, Wish, wait,
};

use crate::{place, source, told};

const FIRST: Duration = Duration::from_secs(5);

fn moment(now: i64) -> Moment {
    Moment { now, chance: 100, first: FIRST }
}

fn failed() -> Tried {
    Tried::Failed { why: "the receiver answered 503".to_owned(), wait: None }
}

/// Events 1, 2, … about these things were read.
fn owing(things: &[u32]) -> State {
    let mut state = State::new(place(0));
    for (position, thing) in (1..).zip(things) {
        state.read(place(position), Some(told(position, *thing)), 0);
    }
    state
}

fn due(state: &State, now: i64) -> Vec<Source> {
    state.due(now, &BTreeSet::new()).map(|told| told.source).collect()
}

fn hear(state: &mut State, number: u64, wanted: Wanted) -> bool {
    state.hear(Wish { number, wanted }, |number| Told::test(number, String::new()), place(100), 0)
}

#[test]
fn ten_tries_take_three_days_whatever_chance_says() {
    for (chance, hours) in [(0, 68.0275), (100, 75.5847), (200, 83.1431)] {
        let waits: Vec<Duration> =
            (1..TRIES).map(|tries| wait(tries, FIRST, chance, None).unwrap()).collect();
        assert_eq!(waits.len(), 9);
        let all = waits.iter().sum::<Duration>().as_secs_f64() / 3600.0;
        assert!((all - hours).abs() < 0.01, "{all}");
    }
    assert_eq!(wait(1, FIRST, 100, None), Some(FIRST));
    assert_eq!(wait(9, FIRST, 100, None), Some(Duration::from_hours(24)));
    assert_eq!((wait(TRIES, FIRST, 0, None), wait(0, FIRST, 0, None)), (None, None));
}

#[test]
fn a_receiver_may_ask_for_a_longer_wait_up_to_a_day_and_for_no_shorter_one() {
    let asked = |seconds| wait(2, FIRST, 100, Some(Duration::from_secs(seconds))).unwrap().as_secs();
    assert_eq!([asked(1), asked(900), asked(1 << 40)], [300, 900, 24 * 3600]);
}

#[test]
fn the_first_about_each_thing_is_due_and_the_others_wait() {
    let mut state = owing(&[1, 1, 2, 1]);
    assert_eq!(due(&state, 0), [source(1), source(3)]);
    let on_its_way = BTreeSet::from([source(1)]);
    let rest: Vec<_> = state.due(0, &on_its_way).map(|told| told.source).collect();
    assert_eq!(rest, [source(3)]);
    state.tried(source(1), failed(), moment(0));
    assert_eq!(due(&state, 0), [source(3)]);
    assert_eq!(state.next(&BTreeSet::from([source(3)])), Some(5_000_000));
    assert_eq!(due(&state, 5_000_000), [source(1), source(3)]);
    state.tried(source(1), Tried::Delivered, moment(5_000_000));
    assert_eq!(due(&state, 5_000_000), [source(2), source(3)]);
}

#[test]
fn what_was_read_is_not_read_again() {
    let mut state = owing(&[1, 2]);
    state.tried(source(1), Tried::Delivered, moment(1));
    state.read(place(1), Some(told(1, 1)), 2);
    assert_eq!((state.cursor, state.pending.len()), (place(2), 1));
}

#[test]
fn what_is_not_wanted_is_passed_over() {
    let mut state = State::new(place(0));
    state.read(place(1), None, 0);
    assert_eq!((state.cursor, state.pending.len()), (place(1), 0));
}

#[test]
fn gone_disables_at_once_and_forgets_nothing() {
    let mut state = owing(&[1, 2]);
    state.tried(source(1), Tried::Gone, moment(1));
    assert_eq!((state.disabled, due(&state, 99), state.pending.len()), (Some(Why::Gone), vec![], 2));
    assert!(!hear(&mut state, 1, Wanted::Enable));
    assert_eq!((state.disabled, due(&state, 99)), (None, vec![source(1), source(2)]));
}

#[test]
fn ten_failures_with_nothing_delivered_meanwhile_disable() {
    let mut state = owing(&[1, 1]);
    for now in 0..i64::from(TRIES) {
        assert_eq!(state.disabled, None);
        state.tried(source(1), failed(), moment(now));
    }
    assert_eq!((state.disabled, state.pending.len(), state.ended.len()), (Some(Why::Failing), 2, 0));
    let _ = hear(&mut state, 1, Wanted::Enable);
    assert_eq!((due(&state, 0), state.pending[0].tries), (vec![source(1)], 0));
}

#[test]
fn ten_failures_of_one_among_others_that_arrive_end_that_one() {
    let mut state = owing(&[1, 1, 2]);
    state.tried(source(1), failed(), moment(0));
    state.tried(source(3), Tried::Delivered, moment(1));
    for now in 2..=i64::from(TRIES) {
        state.tried(source(1), failed(), moment(now));
    }
    assert_eq!((state.disabled, due(&state, 99)), (None, vec![source(2)]));
    let last = state.ended.back().unwrap();
    assert_eq!(
        (last.told.source, last.tries, last.failed.as_deref()),
        (source(1), 10, Some("the receiver answered 503"))
    );
    // Somebody repaired it.
    let _ = hear(&mut state, 1, Wanted::Retry(source(1)));
    assert_eq!(due(&state, 99), [source(1)]);
}

#[test]
fn a_retry_of_what_waits_makes_it_due_now() {
    let mut state = owing(&[1]);
    state.tried(source(1), failed(), moment(0));
    assert_eq!(due(&state, 1), []);
    let _ = hear(&mut state, 1, Wanted::Retry(source(1)));
    assert_eq!((due(&state, 1), state.pending.len()), (vec![source(1)], 1));
}

#[test]
fn a_replay_reads_again_what_came_after_and_leaves_what_was_before() {
    let mut state = owing(&[1, 2, 3]);
    state.tried(source(3), Tried::Delivered, moment(1));
    assert!(hear(&mut state, 1, Wanted::Replay(place(1))), "what is on its way counts no more");
    assert_eq!((state.cursor, due(&state, 9)), (place(1), vec![source(1)]));
    for position in 2..=3 {
        state.read(place(position), Some(told(position, 9)), 9);
    }
    assert_eq!(due(&state, 9), [source(1), source(2)]);
    // Beyond the end of the log is its end.
    let _ = hear(&mut state, 2, Wanted::Replay(place(1000)));
    assert_eq!(state.cursor, place(100));
}

#[test]
fn a_wish_is_heard_once() {
    let mut state = owing(&[1]);
    let _ = hear(&mut state, 1, Wanted::Test);
    let _ = hear(&mut state, 1, Wanted::Test);
    assert_eq!(due(&state, 0), [Source::Test(1), source(1)]);
}

#[test]
fn another_log_disables_and_enabling_begins_at_its_end() {
    for end in [Place { epoch: 2, position: 50 }, place(1)] {
        let mut state = owing(&[1, 2]);
        state.found(end);
        assert_eq!((state.disabled, due(&state, 0)), (Some(Why::OtherLog), vec![]));
        let wish = Wish { number: 1, wanted: Wanted::Enable };
        let _ = state.hear(wish, |number| Told::test(number, String::new()), end, 0);
        assert_eq!((state.disabled, state.cursor, state.pending.len()), (None, end, 0));
    }
    let mut state = owing(&[1, 2]);
    state.found(place(2));
    assert_eq!(state.disabled, None);
}

#[test]
fn a_full_state_is_not_read_into_and_fits_into_its_bucket() {
    let long = |position: u64| {
        let mut told = told(position, u32::try_from(position).unwrap());
        told.r#type = format!("hubledger.{}.v1", "x".repeat(40));
        told
    };
    let mut state = State::new(place(0));
    for position in 1..=PENDING_MAX as u64 + 1 {
        assert_eq!(state.has_room(false), position <= PENDING_MAX as u64);
        state.read(place(position), Some(long(position)), i64::MAX / 2);
        state.tried(
            source(position),
            Tried::Failed { why: "w".repeat(60), wait: None },
            moment(i64::MAX / 4),
        );
    }
    assert!(!state.has_room(true));
    for position in 1..=PENDING_MAX as u64 / 2 + 2 {
        state.tried(source(position), Tried::Delivered, moment(1));
    }
    assert_eq!(state.ended.len(), ENDED_KEPT);
    assert!(state.has_room(true));
    let full = (0..PENDING_MAX / 2).map(|extra| 10_000 + extra as u64);
    full.for_each(|position| state.read(place(position), Some(long(position)), i64::MAX / 2));
    assert!(state.pending.len() >= PENDING_MAX - 2);
    let bytes = serde_json::to_vec(&state).unwrap().len();
    assert!(bytes < 512 * 1024, "{bytes}");
}
