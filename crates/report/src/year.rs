//! One ledger's school year in figures: everything that any report shows of people, with what is suppressed.
//!
//! Every table that any report shows is a shape here, so the plan knows all that could be held against each other. A
//! report that needs another table adds its shape; then all reports suppress by it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::book::{Book, Question, number, plain};
use crate::suppression::{Adding, Cells, Key, Plan};
use crate::{Cell, Scope};

/// Something that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Deliveries.
    Services,
    /// Minutes of deliveries.
    Minutes,
    /// Times that somebody took part in a delivery: headcounts and attendances; not unduplicated.
    Participations,
    /// Of them the headcounts of services that name nobody; no report shows it.
    Unnamed,
    /// Distinct persons, who are named in tiers 1 and 2 only.
    Students,
    /// Distinct cases, which stand for persons in tier 3 and mental health.
    Cases,
    /// Engagements that took place.
    Occasions,
    /// Headcounts of engagements; not unduplicated.
    Headcount,
    /// Times that a family took part, by role.
    FamilyTurns,
    /// Distinct families.
    Families,
    /// Engagements that were planned.
    Planned,
    /// Engagements that were cancelled.
    Cancelled,
    /// Minutes of engagements that took place.
    OccasionMinutes,
    /// Engagements that took place with an interpreter.
    Interpreted,
    /// Referrals; each is of one case, so few of them are of few people.
    Referrals,
    /// People who were heard by assessments; not unduplicated.
    Voices,
}

impl Measure {
    /// The measure by which it is suppressed: sessions with few people would tell how few they were.
    const fn leader(self) -> Self {
        match self {
            Self::Services | Self::Minutes | Self::Unnamed | Self::Participations => Self::Participations,
            other => other,
        }
    }

    /// Whether it counts people, so that small numbers of it are left out.
    const fn is_of_people(self) -> bool {
        match self {
            Self::Participations
            | Self::Students
            | Self::Cases
            | Self::Headcount
            | Self::FamilyTurns
            | Self::Families
            | Self::Referrals
            | Self::Voices => true,
            Self::Services
            | Self::Minutes
            | Self::Unnamed
            | Self::Occasions
            | Self::Planned
            | Self::Cancelled
            | Self::OccasionMinutes
            | Self::Interpreted => false,
        }
    }

    const fn adding(self) -> Adding {
        match self {
            Self::Students | Self::Cases | Self::Families => Adding::Distinct,
            _ => Adding::Exactly,
        }
    }
}

/// What deliveries are counted by. `kind` never stands without `mental_health`, which follows from it.
pub(crate) const SERVED: &[&[&str]] = &[
    &[],
    &["site"],
    &["pillar"],
    &["tier"],
    &["mental_health"],
    &["mental_health", "kind"],
    &["partner"],
    &["funding"],
    &["month"],
    &["site", "pillar"],
    &["site", "tier"],
    &["site", "mental_health"],
    &["site", "mental_health", "kind"],
    &["site", "partner"],
    &["partner", "mental_health"],
    &["partner", "mental_health", "kind"],
    &["partner", "tier"],
    &["mental_health", "tier"],
    &["mental_health", "kind", "tier"],
    &["funding", "tier"],
    &["funding", "site"],
    &["funding", "mental_health"],
    &["funding", "mental_health", "tier"],
    &["funding", "mental_health", "kind"],
];

/// What engagements are counted by.
const ENGAGED: &[&[&str]] =
    &[&[], &["site"], &["kind"], &["language"], &["site", "kind"], &["site", "language"]];

/// What referrals are counted by, in all and by what became of them.
const REFERRED: &[&[&str]] = &[&[], &["need"], &["site"]];
/// What became of them: as a key says it, and the column. They make up all that were opened.
const OUTCOMES: [(&str, &str); 3] =
    [("completed", "completed"), ("unmet", "closed_unmet"), ("open", "open_now")];

/// What voices are counted by.
const HEARD: &[&[&str]] = &[&[], &["site"], &["constituency"], &["site", "constituency"]];

/// Families of occasions themselves, which have no language.
const NO_LANGUAGE: &str = "all";
const ROLES: [(&str, &str); 3] = [("attended", "attended"), ("led", "led"), ("co-designed", "co_designed")];

fn question(view: &'static str, shape: &[&str], scope: &Scope) -> Question {
    // There is one school year, so grouping by it too sums everything where the shape is empty.
    let by = [&["school_year"], shape].concat().join(",");
    Question::of(view, &[("school_year", &scope.school_year.to_string()), ("by", &by)])
}

/// For the voices of the assessments of the school year.
pub(crate) fn voices(scope: &Scope) -> Question {
    Question::of("needs-and-assets", &[("school_year", &scope.school_year.to_string()), ("what", "voices")])
}

/// The figures.
#[derive(Debug)]
pub struct Year {
    cells: BTreeMap<Measure, Cells>,
    plans: BTreeMap<Measure, Plan>,
}

impl Year {
    /// What it asks of the views.
    pub fn questions(scope: &Scope) -> Vec<Question> {
        let served = SERVED
            .iter()
            .flat_map(|shape| ["service-ledger", "reach"].map(|view| question(view, shape, scope)));
        let engaged = ENGAGED.iter().map(|shape| question("engagement-summary", shape, scope));
        let referred = REFERRED.iter().map(|shape| question("referrals", shape, scope));
        served.chain(engaged).chain(referred).chain([voices(scope)]).collect()
    }

    /// Reads the answers and plans what is suppressed.
    pub fn read(book: &Book, scope: &Scope) -> Self {
        let mut cells: BTreeMap<Measure, Cells> = BTreeMap::new();
        let mut put = |measure: Measure, key: Key, count: u64| {
            *cells.entry(measure).or_default().entry(key).or_default() += count;
        };
        for shape in SERVED {
            for row in book.rows(&question("service-ledger", shape, scope)) {
                let key = key(row, shape);
                put(Measure::Services, key.clone(), number(row, "deliveries"));
                put(Measure::Minutes, key.clone(), number(row, "minutes"));
                put(Measure::Unnamed, key.clone(), number(row, "headcount"));
                put(Measure::Participations, key, number(row, "headcount") + number(row, "attendances"));
            }
            for row in book.rows(&question("reach", shape, scope)) {
                put(Measure::Students, key(row, shape), number(row, "persons"));
                put(Measure::Cases, key(row, shape), number(row, "cases"));
            }
        }
        for shape in ENGAGED {
            for row in book.rows(&question("engagement-summary", shape, scope)) {
                engaged(row, shape, &mut put);
            }
        }
        for shape in REFERRED {
            for row in book.rows(&question("referrals", shape, scope)) {
                let here = key(row, shape);
                put(Measure::Referrals, here.clone(), number(row, "opened"));
                for (outcome, column) in OUTCOMES {
                    put(Measure::Referrals, here.with("outcome", outcome), number(row, column));
                }
            }
        }
        for row in book.rows(&voices(scope)) {
            HEARD.iter().for_each(|shape| put(Measure::Voices, key(row, shape), number(row, "count")));
        }
        let under = book.suppress_under();
        let few = few(&cells, under);
        let plan = |(measure, cells): (&Measure, &Cells)| {
            let none = BTreeSet::new();
            let few = if *measure == Measure::Participations { &few } else { &none };
            measure.is_of_people().then(|| (*measure, Plan::new(cells, measure.adding(), under, few)))
        };
        let plans = cells.iter().filter_map(plan).collect();
        Self { cells, plans }
    }

    /// A figure as it is published.
    pub fn figure(&self, measure: Measure, key: &Key) -> Cell {
        if self.plans.get(&measure.leader()).is_some_and(|plan| plan.hides(key)) {
            return Cell::Suppressed;
        }
        Cell::Number(self.cells.get(&measure).and_then(|cells| cells.get(key)).copied().unwrap_or(0))
    }

    /// Whether nothing took place there.
    pub fn is_zero(&self, measure: Measure, key: &Key) -> bool {
        self.cells.get(&measure).and_then(|cells| cells.get(key)).is_none_or(|count| *count == 0)
    }

    /// The values of a dimension within a key, of what took place: rows of a table.
    pub fn values(&self, measure: Measure, within: &Key, dimension: &'static str) -> BTreeSet<String> {
        let mut shape = within.shape();
        shape.insert(dimension);
        let cells = self.cells.get(&measure).into_iter().flatten();
        let taken = cells.filter(|(key, count)| **count > 0 && key.shape() == shape && key.is_within(within));
        taken.filter_map(|(key, _)| key.value(dimension).map(str::to_owned)).collect()
    }

    /// Whether anything is suppressed of what is counted in parts of this key.
    pub fn hides_within(&self, measure: Measure, key: &Key) -> bool {
        let plan = self.plans.get(&measure.leader());
        plan.is_some_and(|plan| plan.hidden().iter().any(|hidden| hidden.is_within(key)))
    }

    /// The plans and what they are over, for whoever wants to attack them.
    pub fn plans(&self) -> impl Iterator<Item = (Measure, &Cells, &Plan)> {
        self.plans.iter().filter_map(|(measure, plan)| Some((*measure, self.cells.get(measure)?, plan)))
    }
}

/// Where few took part, if it was they alone: how often they did, by sessions, would tell how many they are.
fn few(cells: &BTreeMap<Measure, Cells>, under: u64) -> BTreeSet<Key> {
    let count = |measure: Measure, key: &Key| {
        cells.get(&measure).and_then(|cells| cells.get(key)).copied().unwrap_or(0)
    };
    let keys = [Measure::Students, Measure::Cases].into_iter().filter_map(|measure| cells.get(&measure));
    let is_few = |key: &&Key| {
        let people = count(Measure::Students, key) + count(Measure::Cases, key);
        (1..under).contains(&people) && count(Measure::Unnamed, key) == 0
    };
    keys.flat_map(Cells::keys).filter(is_few).cloned().collect()
}

fn key(row: &Value, shape: &[&'static str]) -> Key {
    shape.iter().fold(Key::total(), |key, column| key.with(column, plain(row, column)))
}

fn engaged(row: &Value, shape: &[&'static str], put: &mut impl FnMut(Measure, Key, u64)) {
    let here = key(row, shape);
    if here.value("language") == Some(NO_LANGUAGE) {
        return;
    }
    put(Measure::Families, here.clone(), number(row, "families"));
    if here.value("language").is_some() {
        return;
    }
    put(Measure::Occasions, here.clone(), number(row, "held"));
    put(Measure::Planned, here.clone(), number(row, "planned"));
    put(Measure::Cancelled, here.clone(), number(row, "cancelled"));
    put(Measure::OccasionMinutes, here.clone(), number(row, "minutes"));
    put(Measure::Interpreted, here.clone(), number(row, "interpreted"));
    put(Measure::Headcount, here.clone(), number(row, "headcount"));
    for (role, column) in ROLES {
        // No report adds the roles up.
        put(Measure::FamilyTurns, here.with("role", role), number(row, column));
    }
}
