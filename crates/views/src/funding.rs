//! Funding: what was awarded, allocated, spent and matched, and what a delivered hour cost, by grant, program and site.
//!
//! A delivery counts for the grant whose award number is its funding code. Where the code is a program's instead, it
//! counts for that program and for none of its grants, so that nothing is counted twice. Every figure but the cost is
//! a sum: what is not yet allocated belongs to the grant's own line, which has no site, and all else to a site. What is
//! spent and delivered belongs to a school year, what is awarded, allocated, left and matched to none.

use std::collections::{BTreeMap, BTreeSet};

use domain::grant::{Category, Event, MatchKind};
use domain::{Effective, Event as AnyEvent, Kind, SchoolYear, Subject};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::RecordedEvent;

use crate::answer::group;
use crate::cells::{changes, code};
use crate::marks::{Mark, about, id_in, mark};
use crate::{Clues, Rows, View};

/// The view.
pub(crate) struct Funding;

const COLUMNS: &[&str] =
    &["grant", "program", "funder", "award", "site", "school_year", "status", "starts", "ends"];
/// What a row is without `by`: a grant.
const GRANT: &[&str] = &["grant", "program", "funder", "award", "status", "starts", "ends"];
const SUMS: &[&str] = &[
    "awarded_cents",
    "unallocated_cents",
    "allocated_cents",
    "spent_cents",
    "left_cents",
    "personnel_cents",
    "contracts_cents",
    "supplies_cents",
    "travel_cents",
    "indirect_cents",
    "other_cents",
    "expenditures",
    "in_kind_cents",
    "cash_cents",
    "deliveries",
    "delivered_minutes",
];

#[derive(Default, Clone, Serialize, Deserialize)]
struct Grant {
    award: Option<Award>,
    // Every award number that it has had.
    awards: BTreeSet<String>,
    allocated: u64,
    in_kind: u64,
    cash: u64,
    closed: Option<Date>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Award {
    program: String,
    funder: String,
    award: String,
    cents: u64,
    period: Effective,
}

/// One grant at one site.
#[derive(Default, Serialize, Deserialize)]
struct AtSite {
    allocated: u64,
    years: BTreeMap<SchoolYear, Spent>,
}

/// What was spent in a school year.
#[derive(Default, Serialize, Deserialize)]
struct Spent {
    by: BTreeMap<Category, u64>,
    expenditures: u64,
}

impl Spent {
    fn cents(&self) -> u64 {
        self.by.values().fold(0, |sum, cents| sum.saturating_add(*cents))
    }
}

/// Deliveries at one site with one funding code, by school year.
type Delivered = BTreeMap<SchoolYear, Hours>;

#[derive(Default, Serialize, Deserialize)]
struct Hours {
    deliveries: u64,
    minutes: u64,
}

fn key(family: u8, parts: &[&[u8]]) -> Vec<u8> {
    [&[family], parts.concat().as_slice()].concat()
}

/// An event as plain events that enter (+1) and leave (−1), each with its date.
fn parts(event: &Event, effective: Option<Effective>) -> Vec<(&Event, Option<Effective>, i8)> {
    match event {
        Event::GrantCorrected(c) => vec![(&c.was.event, c.was.effective, -1), (&c.now, effective, 1)],
        Event::GrantVoided(v) => vec![(&v.was.event, v.was.effective, -1)],
        Event::ExpenditureRecorded(_)
        | Event::GrantAwarded(_)
        | Event::GrantAllocated(_)
        | Event::MatchRecorded(_)
        | Event::GrantClosed(_) => vec![(event, effective, 1)],
    }
}

/// The mark of deliveries at a site with a funding code.
pub(crate) fn paid(site: &Uuid, code: &str) -> Mark {
    mark("paid", &[site.as_bytes(), code.as_bytes()])
}

/// The mark of an event by which other codes may pay than before.
pub(crate) fn awards(event: &Event) -> Option<Mark> {
    let awarded = |(part, ..): &(&Event, _, _)| matches!(part, Event::GrantAwarded(_));
    parts(event, None).iter().any(awarded).then(|| mark("award", &[]))
}

fn add(sum: &mut u64, more: u64, sign: i8) {
    *sum = if sign > 0 { sum.saturating_add(more) } else { sum.saturating_sub(more) };
}

fn year_of(effective: Option<Effective>) -> Option<SchoolYear> {
    effective.map(|effective| SchoolYear::of(effective.from()))
}

fn count(rows: &mut Rows, id: &Uuid, event: &Event, effective: Option<Effective>, sign: i8) {
    let grant = key(b'g', &[id.as_bytes()]);
    match event {
        Event::GrantAwarded(awarded) => rows.update(&grant, |row: &mut Grant| {
            row.awards.insert(awarded.award.clone());
            row.award = effective.filter(|_| sign > 0).map(|period| Award {
                program: awarded.program.clone(),
                funder: awarded.funder.clone(),
                award: awarded.award.clone(),
                cents: awarded.cents,
                period,
            });
        }),
        Event::GrantAllocated(part) => {
            rows.update(&grant, |row: &mut Grant| add(&mut row.allocated, part.cents, sign));
            rows.update(&key(b's', &[id.as_bytes(), part.site.0.as_bytes()]), |row: &mut AtSite| {
                add(&mut row.allocated, part.cents, sign);
            });
        }
        Event::ExpenditureRecorded(spent) => {
            let Some(year) = year_of(effective) else { return };
            rows.update(&key(b's', &[id.as_bytes(), spent.site.0.as_bytes()]), |row: &mut AtSite| {
                let of_year = row.years.entry(year).or_default();
                add(of_year.by.entry(spent.category).or_default(), spent.cents, sign);
                add(&mut of_year.expenditures, 1, sign);
            });
        }
        Event::MatchRecorded(matched) => rows.update(&grant, |row: &mut Grant| match matched.kind {
            MatchKind::InKind => add(&mut row.in_kind, matched.cents, sign),
            MatchKind::Cash => add(&mut row.cash, matched.cents, sign),
        }),
        Event::GrantClosed(_) => rows.update(&grant, |row: &mut Grant| {
            row.closed = effective.filter(|_| sign > 0).map(|e| e.to());
        }),
        Event::GrantCorrected(_) | Event::GrantVoided(_) => {}
    }
}

impl View for Funding {
    fn name(&self) -> &'static str {
        "funding"
    }
    fn revision(&self) -> u32 {
        2
    }
    fn about(&self) -> &'static str {
        "grants awarded, allocated, spent by category and matched, and cost per delivered hour, by program, site and year"
    }
    fn columns(&self) -> &'static [&'static str] {
        COLUMNS
    }
    fn identity(&self) -> &'static [&'static str] {
        &["grant", "program", "site", "school_year"]
    }
    fn traces(&self, rows: &Rows, event: &RecordedEvent) -> Vec<Value> {
        let grants = Grants::of(rows);
        let mut traces = Vec::new();
        if let AnyEvent::Grant(change) = &event.fact.event {
            let id = event.fact.subject.id;
            let Some(award) = grants.0.get(&id).and_then(|grant| grant.award.as_ref()) else { return traces };
            for (part, effective, _) in parts(change, event.fact.effective) {
                let (own, site, year) = match part {
                    Event::GrantAllocated(part) => (true, Some(part.site.0), None),
                    Event::ExpenditureRecorded(spent) => (false, Some(spent.site.0), year_of(effective)),
                    _ => (true, None, None),
                };
                traces.extend(own.then(|| named(Some(id), &award.program, None, None)));
                // What is spent is no longer left of what was allocated.
                traces.extend(site.map(|site| named(Some(id), &award.program, Some(site), None)));
                traces.extend(year.map(|year| named(Some(id), &award.program, site, Some(year))));
            }
        }
        let paid = changes(event).into_iter().flatten().filter_map(|(delivered, effective)| {
            let (grant, program) = grants.paying(delivered.funding.as_deref()?)?;
            Some(named(grant, program, Some(delivered.site.0), year_of(effective)))
        });
        traces.extend(paid);
        traces
    }
    fn clues(&self, rows: &Rows, row: &Value) -> Clues {
        let (grant, site) = (id_in(row, "grant"), id_in(row, "site"));
        let mut codes = BTreeSet::new();
        match grant {
            Some(grant) => drop(rows.look(&key(b'g', &[grant.as_bytes()]), |grant: &Grant| {
                codes.extend(grant.awards.iter().cloned());
            })),
            None => codes.extend(row.get("program").and_then(Value::as_str).map(str::to_owned)),
        }
        let paid = site.into_iter().flat_map(|site| codes.iter().map(move |code| paid(&site, code)));
        let own = grant.map(|id| about(Subject { kind: Kind::Grant, id }));
        Clues::made(own.into_iter().chain(paid)).knowing([mark("award", &[])])
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
        if let AnyEvent::Grant(change) = &event.fact.event {
            for (part, effective, sign) in parts(change, event.fact.effective) {
                count(rows, &event.fact.subject.id, part, effective, sign);
            }
        }
        for (delivery, sign) in changes(event).into_iter().zip([-1, 1]) {
            let Some((delivered, effective)) = delivery else { continue };
            let Some((funding, year)) = delivered.funding.as_ref().zip(year_of(effective)) else { continue };
            rows.update(
                &key(b'd', &[delivered.site.0.as_bytes(), funding.as_bytes()]),
                |row: &mut Delivered| {
                    let hours = row.entry(year).or_default();
                    add(&mut hours.deliveries, 1, sign);
                    add(&mut hours.minutes, delivered.minutes.into(), sign);
                },
            );
        }
    }

    /// Without `by` a row is a grant; with a filter by site, what of it belongs to the site.
    fn list(&self, rows: &Rows, by: &[&str], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
        let mut lines = lines(rows);
        lines.retain(wanted);
        let by = if by.is_empty() { GRANT } else { by };
        let mut groups = group(lines, by, SUMS);
        for row in groups.iter_mut().filter_map(Value::as_object_mut) {
            let sum = |column: &str| row.get(column).and_then(Value::as_u64).unwrap_or(0);
            let cost = per_hour(sum("spent_cents"), sum("delivered_minutes"));
            row.insert("cents_per_hour".to_owned(), json!(cost));
        }
        groups
    }
}

/// A line by what tells it from all others.
fn named(grant: Option<Uuid>, program: &str, site: Option<Uuid>, year: Option<SchoolYear>) -> Value {
    json!({ "grant": grant, "program": program, "site": site, "school_year": year })
}

/// Cents per hour, rounded half up; nothing where nothing was delivered.
fn per_hour(cents: u64, minutes: u64) -> Option<u64> {
    let (cents, minutes) = (u128::from(cents), u128::from(minutes));
    let hourly = (cents * 120 + minutes).checked_div(minutes * 2)?;
    u64::try_from(hourly).ok()
}

/// The grants that were not voided.
struct Grants(BTreeMap<Uuid, Grant>);

impl Grants {
    fn of(rows: &Rows) -> Self {
        let mut grants = BTreeMap::new();
        rows.each(b"g", |key, grant: &Grant| {
            if let (Some(id), Some(_)) = (uuid_at(key, 1), &grant.award) {
                grants.insert(id, grant.clone());
            }
        });
        Self(grants)
    }

    /// The grant whose award number this is and its program, or no grant and the program whose code it is.
    fn paying(&self, funding: &str) -> Option<(Option<Uuid>, &str)> {
        let awards = || self.0.iter().filter_map(|(id, grant)| Some((*id, grant.award.as_ref()?)));
        let of_award = awards().find(|(_, award)| award.award == funding);
        let of_program = || awards().find(|(_, award)| award.program == funding);
        match of_award {
            Some((id, award)) => Some((Some(id), &award.program)),
            None => of_program().map(|(_, award)| (None, award.program.as_str())),
        }
    }
}

/// One line for each grant itself, each grant at each site, what was spent there in each school year, and each site's
/// deliveries of a school year by grant or program.
fn lines(rows: &Rows) -> Vec<Value> {
    let grants = Grants::of(rows);
    let mut lines: Vec<Value> = grants.0.iter().map(|(id, grant)| own_line(*id, grant)).collect();
    rows.each(b"s", |key, at: &AtSite| {
        let Some((id, site)) = uuid_at(key, 1).zip(uuid_at(key, 17)) else { return };
        let Some(grant) = grants.0.get(&id) else { return };
        let years = at.years.iter().filter(|(_, spent)| spent.expenditures > 0);
        lines.extend(years.clone().map(|(year, spent)| of_year(line(id, grant, Some(site)), *year, spent)));
        if at.allocated > 0 || years.count() > 0 {
            lines.push(at_site(line(id, grant, Some(site)), at));
        }
    });
    rows.each(b"d", |key, delivered: &Delivered| {
        let funding = std::str::from_utf8(key.get(17..).unwrap_or_default()).unwrap_or_default();
        let Some(site) = uuid_at(key, 1) else { return };
        let Some((grant, program)) = grants.paying(funding) else { return };
        for (year, hours) in delivered.iter().filter(|(_, hours)| hours.deliveries > 0) {
            let mut line = match grant.and_then(|id| Some((id, grants.0.get(&id)?))) {
                Some((id, grant)) => line(id, grant, Some(site)),
                None => empty(None, Some(program), Some(site)),
            };
            set(&mut line, "school_year", json!(year));
            set(&mut line, "deliveries", hours.deliveries.into());
            set(&mut line, "delivered_minutes", hours.minutes.into());
            lines.push(line);
        }
    });
    lines
}

fn uuid_at(key: &[u8], at: usize) -> Option<Uuid> {
    Uuid::from_slice(key.get(at..at + 16)?).ok()
}

fn set(line: &mut Value, column: &str, value: Value) {
    if let Some(line) = line.as_object_mut() {
        line.insert(column.to_owned(), value);
    }
}

/// A line of which nothing but its place is known.
fn empty(grant: Option<Uuid>, program: Option<&str>, site: Option<Uuid>) -> Value {
    let mut line = json!({});
    COLUMNS.iter().for_each(|column| set(&mut line, column, Value::Null));
    SUMS.iter().for_each(|column| set(&mut line, column, 0.into()));
    set(&mut line, "grant", json!(grant));
    set(&mut line, "program", json!(program));
    set(&mut line, "site", json!(site));
    line
}

fn line(id: Uuid, grant: &Grant, site: Option<Uuid>) -> Value {
    let Some(award) = &grant.award else { return empty(Some(id), None, site) };
    let mut line = empty(Some(id), Some(&award.program), site);
    set(&mut line, "funder", json!(award.funder));
    set(&mut line, "award", json!(award.award));
    set(&mut line, "status", if grant.closed.is_some() { "closed" } else { "open" }.into());
    set(&mut line, "starts", award.period.from().to_string().into());
    set(&mut line, "ends", award.period.to().to_string().into());
    line
}

fn own_line(id: Uuid, grant: &Grant) -> Value {
    let awarded = grant.award.as_ref().map_or(0, |award| award.cents);
    let mut line = line(id, grant, None);
    set(&mut line, "awarded_cents", awarded.into());
    set(&mut line, "unallocated_cents", awarded.saturating_sub(grant.allocated).into());
    set(&mut line, "in_kind_cents", grant.in_kind.into());
    set(&mut line, "cash_cents", grant.cash.into());
    line
}

fn at_site(mut line: Value, at: &AtSite) -> Value {
    let spent = at.years.values().fold(0, |sum: u64, spent| sum.saturating_add(spent.cents()));
    set(&mut line, "allocated_cents", at.allocated.into());
    set(&mut line, "left_cents", at.allocated.saturating_sub(spent).into());
    line
}

fn of_year(mut line: Value, year: SchoolYear, spent: &Spent) -> Value {
    set(&mut line, "school_year", json!(year));
    set(&mut line, "spent_cents", spent.cents().into());
    set(&mut line, "expenditures", spent.expenditures.into());
    for (category, cents) in &spent.by {
        set(&mut line, &format!("{}_cents", code(category)), (*cents).into());
    }
    line
}
