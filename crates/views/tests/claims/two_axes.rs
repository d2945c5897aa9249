//! Both axes of time: what was known then, and what is true on a day, against the plain reading of a history.

use domain::valid::ValidOn;
use domain::{Event, delivery, partner, site};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;
use views::{VIEWS, View, answer};
use wire::RecordedEvent;

use crate::kit::*;
use crate::table::{events, fold};

/// Views that tell of events themselves, and not of what they say.
const OF_EVENTS: [&str; 2] = ["activity-feed", "timeline"];

/// What happens, on which day of January, what is done next to something that happened, and to what.
type Step = (u8, i8, u8, prop::sample::Index);

fn some_steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0_u8..4, 1_i8..=28, 0_u8..4, any::<prop::sample::Index>()), 1..30)
}

/// Deliveries, phases and vettings of January, of which some are moved, within it or to February, and some voided.
fn world(steps: &[Step]) -> World {
    let mut world = World::working();
    let mut made: Vec<(&str, Uuid, Value)> = Vec::new();
    for (what, on, then, which) in steps {
        let day = date(2026, 1, *on).to_string();
        let phase = if on % 2 == 0 { "engaging" } else { "visioning" };
        let vetted = json!({
            "insurance_until": "2026-12-31", "clearance_until": date(2026, 6, *on), "checked_by": "staff-1",
        });
        let (thing, command, body) = match what {
            0 | 1 => ("delivery", "record-delivery", free_delivery(&day)),
            2 => ("site", "change-phase", act(SITE, &day, json!({ "phase": phase }))),
            _ => ("partner", "vet-partner", act(PARTNER, &day, vetted)),
        };
        if let Ok((event, fact)) = world.when(command, body) {
            made.push((thing, event, serde_json::to_value(&fact.event).unwrap()));
        }
        if made.is_empty() {
            continue;
        }
        let at = which.index(made.len());
        let (thing, event, now) = made[at].clone();
        let moved = date(2026, if then % 2 == 0 { 1 } else { 2 }, *on);
        let correct = json!({ "corrects": event, "reason": "entry-error", "effective": moved, "now": now });
        match then {
            0 | 1 => {
                if let Ok((event, _)) = world.when(&format!("correct-{thing}"), correct) {
                    made[at].1 = event;
                }
            }
            2 if world.when(&format!("void-{thing}"), void(event)).is_ok() => drop(made.remove(at)),
            _ => {}
        }
    }
    world
}

/// What a correction puts in the place of what it corrects.
fn corrected(event: &Event) -> Option<Event> {
    match event {
        Event::Delivery(delivery::Event::DeliveryCorrected(c)) => Some(Event::Delivery(c.now.clone())),
        Event::Site(site::Event::SiteCorrected(c)) => Some(Event::Site(c.now.clone())),
        Event::Partner(partner::Event::PartnerCorrected(c)) => Some(Event::Partner(c.now.clone())),
        _ => None,
    }
}

/// The plain reading of what is known: the last form of each event at the place of its first, and of these the ones that
/// have begun by the day.
fn plain(known: &[RecordedEvent], day: Date) -> Vec<RecordedEvent> {
    let mut plain: Vec<RecordedEvent> = Vec::new();
    for event in known {
        let Some(corrects) = event.fact.corrects else {
            plain.push(event.clone());
            continue;
        };
        let at = plain.iter().position(|event| event.envelope.id == corrects).unwrap();
        match corrected(&event.fact.event) {
            Some(now) => {
                plain[at].envelope.id = event.envelope.id;
                plain[at].fact.effective = event.fact.effective;
                plain[at].fact.event = now;
            }
            None => drop(plain.remove(at)),
        }
    }
    plain.retain(|event| event.fact.effective.is_none_or(|effective| effective.from() <= day));
    plain
}

/// The same as the fold of an answer sees it.
fn seen(known: &[RecordedEvent], day: Date) -> Vec<RecordedEvent> {
    let mut lens = ValidOn::new(day);
    let seen = known.iter().filter_map(|event| {
        let (position, fact) = lens.see(&event.recorded())?;
        let mut event = RecordedEvent { fact: fact.into_owned(), ..event.clone() };
        event.envelope.position = position;
        Some(event)
    });
    seen.collect()
}

/// What it answers, without how often something was corrected; rows that count nothing are none.
fn told(view: &dyn View, events: &[RecordedEvent]) -> Vec<Value> {
    let mut rows = answer(view, &fold(view, events), &Default::default(), None).unwrap();
    for row in &mut rows {
        let row = row.as_object_mut().unwrap();
        row.remove("corrected");
        row.remove("voided");
    }
    let counts = |row: &Value| {
        let mut numbers =
            row.as_object().unwrap().iter().filter(|(column, n)| *column != "tier" && n.is_number());
        row.get("name").is_some() || numbers.any(|(_, n)| *n != 0)
    };
    rows.retain(counts);
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_known_then_and_is_true_on_a_day_is_what_a_plain_reading_says(
        steps in some_steps(), known in any::<prop::sample::Index>(), month in 1_i8..=2, day in 1_i8..=28,
    ) {
        let all = events(&world(&steps));
        let known = &all[..=known.index(all.len())];
        let day = date(2026, month, day);
        let seen = seen(known, day);
        for view in VIEWS.iter().filter(|view| !OF_EVENTS.contains(&view.name())) {
            prop_assert_eq!(told(*view, &seen), told(*view, &plain(known, day)), "{}", view.name());
        }
    }
}

#[test]
fn a_correction_moves_what_is_true_and_never_what_was_known() {
    let mut world = World::working();
    let event = world.accepted("record-delivery", free_delivery("2026-01-12"));
    let before = events(&world).len();
    let now = with(free_delivery("2026-02-09")["details"].clone(), &[("partner", json!(id(PARTNER)))]);
    let moved = with(correct(event, "service-delivered", now), &[("effective", json!("2026-02-09"))]);
    world.accepted("correct-delivery", moved);
    let all = events(&world);
    let counted = |known: &[RecordedEvent], day: Date| {
        let rows = told(views::view("service-ledger").unwrap(), &seen(known, day));
        rows.iter().map(|row| row["month"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // True at the end of January: one by what was known first, none by what is known now.
    assert_eq!(counted(&all[..before], date(2026, 1, 31)), ["2026-01"]);
    assert_eq!(counted(&all, date(2026, 1, 31)), [""; 0]);
    assert_eq!(counted(&all, date(2026, 2, 28)), ["2026-02"]);
}
