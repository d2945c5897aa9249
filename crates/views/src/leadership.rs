//! Leadership record: who has seats on councils, who comes, what is decided with whom, and what is done about it.
//!
//! A row of the sort `council` is a council in a school year, one of the sort `decision` a decision. An action counts
//! in the year of its decision. Grouped rows add up both.

use std::collections::{BTreeMap, BTreeSet};

use domain::council::code::Constituency;
use domain::council::{Council, Decision, Meeting, Record, Tally};
use domain::id::DecisionId;
use domain::{Event as AnyEvent, Kind, SchoolYear};
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use wire::RecordedEvent;

use crate::cells::code;
use crate::marks::of_thing;
use crate::{Clues, Rows, View};

mod small;

/// The view.
pub(crate) struct LeadershipRecord;

const COLUMNS: &[&str] = &[
    "row",
    "council",
    "level",
    "site",
    "name",
    "year",
    "rule",
    "decision",
    "outcome",
    "reason",
    "pillar",
    "raised_by",
    "stands",
    "families_present",
    "students_present",
];
/// How many of them, from the first, are also those of meetings.
const OF_MEETINGS: usize = 6;

/// What is added up. Attended and expected are only told as a share: beside seats that are not shown, the number of
/// members who could have come would give them back.
#[derive(Default, Clone, Copy)]
struct Sums {
    convened: u64,
    held: u64,
    attended: u64,
    expected: u64,
    decisions: u64,
    adopted: u64,
    set_aside: u64,
    with_dissent: u64,
    with_families: u64,
    with_students: u64,
    open: u64,
    completed: u64,
    dropped: u64,
}

/// A row before it is grouped: what it is about, what it adds to a group, what it says alone.
struct Part {
    row: Value,
    adds: Sums,
    says: Option<Sums>,
}

fn key(id: &uuid::Uuid) -> Vec<u8> {
    [b"c".as_slice(), id.as_bytes()].concat()
}

impl View for LeadershipRecord {
    fn name(&self) -> &'static str {
        "leadership-record"
    }
    fn revision(&self) -> u32 {
        1
    }
    fn about(&self) -> &'static str {
        "councils by school year: seats, attendance, decisions with families and students present, dissent, actions"
    }
    fn columns(&self) -> &'static [&'static str] {
        COLUMNS
    }
    fn identity(&self) -> &'static [&'static str] {
        &["council"]
    }
    fn traces(&self, _: &Rows, event: &RecordedEvent) -> Vec<Value> {
        // A decision rests on the whole of its council: who sat, who came, what was proposed.
        let AnyEvent::Council(_) = &event.fact.event else { return Vec::new() };
        vec![json!({ "council": event.fact.subject.id.to_string() })]
    }
    fn clues(&self, _: &Rows, row: &Value) -> Clues {
        of_thing(row, "council", Kind::Council)
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
        let AnyEvent::Council(change) = &event.fact.event else { return };
        rows.update(&key(&event.fact.subject.id), |council: &mut Council| {
            council.record(&event.recorded(), change);
        });
    }

    fn list(&self, rows: &Rows, by: &[&str], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
        let mut list = Vec::new();
        let mut groups: BTreeMap<Vec<String>, (Value, Sums)> = BTreeMap::new();
        // Meetings belong to no pillar and no outcome: by such columns only decisions are grouped.
        let of_meetings = COLUMNS.get(..OF_MEETINGS).unwrap_or_default();
        let has_meetings = by.iter().all(|column| of_meetings.contains(column));
        rows.each(b"c", |key, council: &Council| {
            let id = uuid::Uuid::from_slice(key.get(1..).unwrap_or_default()).unwrap_or_default();
            let parts = parts(id, council).into_iter().filter(|part| wanted(&part.row));
            for Part { row, adds, says } in parts {
                if by.is_empty() {
                    list.push(told(row, says));
                } else if has_meetings || says.is_none() {
                    let value = |column: &&str| row.get(*column).cloned().unwrap_or_default();
                    let key = by.iter().map(|column| value(column).to_string()).collect();
                    let place = || by.iter().map(|column| ((*column).to_owned(), value(column))).collect();
                    let (_, sums) =
                        groups.entry(key).or_insert_with(|| (Value::Object(place()), Sums::default()));
                    sums.add(adds);
                }
            }
        });
        list.extend(groups.into_values().map(|(place, sums)| told(place, Some(sums))));
        list
    }
}

/// The rows of one council: its years, then its decisions.
fn parts(id: uuid::Uuid, council: &Council) -> Vec<Part> {
    let record = Record::of(&council.history);
    let mut parts = Vec::new();
    for (year, days) in years(council) {
        let held = record.meetings.values().filter(|meeting| meeting.attendance.is_some());
        let last_held = held.map(|meeting| meeting.day).filter(|day| SchoolYear::of(*day) == year).max();
        let Some(as_of) = last_held.or(days.last().copied()) else { continue };
        let Some(mut row) = place(id, &record, as_of) else { continue };
        let Some(charter) = record.charter_on(as_of) else { continue };
        let filled = small::filled(&charter.seats, &record.filled_on(as_of));
        // Every row has every column.
        row.extend(COLUMNS.iter().skip(OF_MEETINGS).map(|column| ((*column).to_owned(), Value::Null)));
        row.insert("row".to_owned(), json!("council"));
        row.insert("as_of".to_owned(), json!(as_of.to_string()));
        row.insert("rule".to_owned(), json!(code(&charter.rule)));
        row.insert("seats".to_owned(), json!(charter.seats));
        row.insert("filled".to_owned(), filled.cells);
        row.insert("filled_total".to_owned(), filled.total);
        row.insert("suppressed".to_owned(), json!(filled.suppressed));
        let of_year = |day: Date| SchoolYear::of(day) == year;
        let mut adds = Sums::default();
        for meeting in record.meetings.values().filter(|meeting| of_year(meeting.day)) {
            adds.add(met(&record, meeting));
        }
        let mut says = adds;
        for (decision, taken) in record.decisions.iter().filter(|(_, taken)| of_year(taken.day)) {
            says.add(decided(&record, *decision, taken));
        }
        parts.push(Part { row: Value::Object(row), adds, says: Some(says) });
    }
    let mut decisions: Vec<_> = record.decisions.iter().collect();
    decisions.sort_by_key(|(decision, taken)| (taken.day, **decision));
    let described = decisions.into_iter().filter_map(|(decision, taken)| {
        let row = describe(id, &record, *decision, taken)?;
        Some(Part { row: Value::Object(row), adds: decided(&record, *decision, taken), says: None })
    });
    parts.extend(described);
    parts
}

/// The days on which something is recorded of it, by school year.
fn years(council: &Council) -> BTreeMap<SchoolYear, BTreeSet<Date>> {
    let mut years: BTreeMap<SchoolYear, BTreeSet<Date>> = BTreeMap::new();
    for day in council.history.entries().iter().filter_map(|entry| entry.effective).map(|e| e.from()) {
        years.entry(SchoolYear::of(day)).or_default().insert(day);
    }
    years
}

fn place(id: uuid::Uuid, record: &Record<'_>, day: Date) -> Option<Map<String, Value>> {
    let charter = record.charter_on(day)?;
    let place = json!({
        "council": id.to_string(),
        "level": code(&charter.level),
        "site": charter.site.map(|site| site.to_string()),
        "name": charter.name,
        "year": SchoolYear::of(day).to_string(),
    });
    if let Value::Object(place) = place { Some(place) } else { None }
}

fn describe(
    id: uuid::Uuid,
    record: &Record<'_>,
    decision: DecisionId,
    taken: &Decision<'_>,
) -> Option<Map<String, Value>> {
    let mut row = place(id, record, taken.day)?;
    let charter = record.charter_on(taken.day)?;
    let proposal = record.proposals.get(&taken.proposal)?;
    let meeting = record.meetings.get(&taken.meeting)?;
    let (families, students) = represented(record, meeting);
    let positions = record.positions(taken.proposal, taken.meeting);
    let shown = positions.map(small::positions);
    let suppressed = shown.as_ref().map_or(0, |shown| shown.suppressed);
    let (cells, total) = shown.map_or_else(Default::default, |shown| (shown.cells, shown.total));
    let dissent = positions.and_then(small::total).map(Tally::dissent);
    let open = record.actions.values().filter(|action| action.decision == decision && action.ended.is_none());
    let more = json!({
        "row": "decision",
        "decision": decision.to_string(),
        "day": taken.day.to_string(),
        "outcome": if taken.not_adopted.is_none() { "adopted" } else { "not-adopted" },
        "reason": taken.not_adopted.as_ref().map(code),
        "rule": code(&charter.rule),
        "title": proposal.title,
        "pillar": code(&proposal.pillar),
        "raised_by": code(&proposal.constituency),
        "families_present": families,
        "students_present": students,
        "tally": total,
        "positions": cells,
        "dissent": dissent,
        "suppressed": suppressed,
        "revisits": taken.revisits,
        "stands": taken.set_aside().is_none(),
        "set_aside_on": taken.set_aside().map(|day| day.to_string()),
        "actions_open": open.clone().count(),
        "next_due": open.map(|action| action.due).min().map(|day| day.to_string()),
    });
    if let Value::Object(more) = more {
        row.extend(more);
    }
    Some(row)
}

/// Whether families and students attended.
fn represented(record: &Record<'_>, meeting: &Meeting<'_>) -> (bool, bool) {
    let present = record.present(meeting);
    (present.contains_key(&Constituency::Family), present.contains_key(&Constituency::Student))
}

fn met(record: &Record<'_>, meeting: &Meeting<'_>) -> Sums {
    let mut sums = Sums { convened: 1, ..Sums::default() };
    if meeting.attendance.is_some() {
        let count = |counts: BTreeMap<_, u16>| counts.into_values().map(u64::from).sum();
        sums.held = 1;
        sums.attended = count(record.present(meeting));
        sums.expected = count(record.filled_on(meeting.day));
    }
    sums
}

fn decided(record: &Record<'_>, decision: DecisionId, taken: &Decision<'_>) -> Sums {
    let meeting = record.meetings.get(&taken.meeting);
    let (families, students) = meeting.map_or((false, false), |meeting| represented(record, meeting));
    let tally = record.positions(taken.proposal, taken.meeting).and_then(small::total);
    let mut sums = Sums {
        decisions: 1,
        adopted: u64::from(taken.not_adopted.is_none()),
        set_aside: u64::from(taken.set_aside().is_some()),
        with_dissent: u64::from(tally.is_some_and(|tally| tally.dissent() > 0)),
        with_families: u64::from(families),
        with_students: u64::from(students),
        ..Sums::default()
    };
    for action in record.actions.values().filter(|action| action.decision == decision) {
        match action.ended {
            None => sums.open += 1,
            Some((_, None)) => sums.completed += 1,
            Some((_, Some(_))) => sums.dropped += 1,
        }
    }
    sums
}

impl Sums {
    fn add(&mut self, more: Self) {
        let Self { convened, held, attended, expected, decisions, adopted, set_aside, .. } = more;
        let Self { with_dissent, with_families, with_students, open, completed, dropped, .. } = more;
        for (sum, more) in [
            (&mut self.convened, convened),
            (&mut self.held, held),
            (&mut self.attended, attended),
            (&mut self.expected, expected),
            (&mut self.decisions, decisions),
            (&mut self.adopted, adopted),
            (&mut self.set_aside, set_aside),
            (&mut self.with_dissent, with_dissent),
            (&mut self.with_families, with_families),
            (&mut self.with_students, with_students),
            (&mut self.open, open),
            (&mut self.completed, completed),
            (&mut self.dropped, dropped),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}

/// The row with its sums; shares are per cent, of attendance to the nearest five.
fn told(mut row: Value, sums: Option<Sums>) -> Value {
    let Some(sums) = sums else { return row };
    let percent = |part: u64, of: u64, step: u64| {
        let share = (part.saturating_mul(200) / step).saturating_add(of).checked_div(of.saturating_mul(2));
        share.map(|steps| steps.saturating_mul(step))
    };
    let said = json!({
        "meetings_convened": sums.convened,
        "meetings_held": sums.held,
        "attendance_percent": percent(sums.attended, sums.expected, 5),
        "decisions": sums.decisions,
        "adopted": sums.adopted,
        "not_adopted": sums.decisions.saturating_sub(sums.adopted),
        "set_aside": sums.set_aside,
        "with_dissent": sums.with_dissent,
        "with_families": sums.with_families,
        "with_families_percent": percent(sums.with_families, sums.decisions, 1),
        "with_students": sums.with_students,
        "with_students_percent": percent(sums.with_students, sums.decisions, 1),
        "actions_open": sums.open,
        "actions_completed": sums.completed,
        "actions_dropped": sums.dropped,
    });
    if let (Value::Object(row), Value::Object(said)) = (&mut row, said) {
        row.extend(said);
    }
    row
}
