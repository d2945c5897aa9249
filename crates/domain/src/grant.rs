//! A grant: money awarded for a period, allocated to sites and spent.
//!
//! Award, allocations, matches and closing are few and kept as they are. Expenditures grow with volume and are
//! corrected every day: of them the state keeps only the sum and the days of each allocation. An expenditure
//! needs no id of its own; its event's id names it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::code::ReasonCode;
use crate::command::{Act, Create};
use crate::correction::{CorrectEvent, Corrected, VoidEvent, Voided};
use crate::fact::Recorded;
use crate::history::History;
use crate::id::{AgreementId, AllocationId, GrantId, PartnerId, SiteId};
use crate::state::rekey;
use crate::{Effective, State};

mod rules;
pub(crate) use rules::decide;

/// What money was spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// Salaries and benefits.
    Personnel,
    /// Services bought from others.
    Contracts,
    /// Materials and equipment.
    Supplies,
    /// Travel.
    Travel,
    /// Indirect costs, at the agreed rate.
    Indirect,
    /// None of the above.
    Other,
}

/// In what form others match a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MatchKind {
    /// Time, space or goods, by their value.
    InKind,
    /// Money.
    Cash,
}

/// `grant-awarded`; `effective` is the period in which the money may be spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Awarded {
    /// Code of the program, such as `ccspp`.
    pub program: String,
    /// Name of the funder; an organisation, never a person.
    pub funder: String,
    /// Award number; one live grant has it.
    pub award: String,
    /// The award in cents, 0..=10,000,000,000,000.
    pub cents: u64,
}

/// `grant-allocated`: a part of the award is for this site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allocated {
    /// Which part; expenditures name it.
    pub allocation: AllocationId,
    /// Program of the grant.
    pub program: String,
    /// For which site.
    pub site: SiteId,
    /// Under which agreement, if one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agreement: Option<AgreementId>,
    /// For whose work, if a partner's; that of the agreement where one is named.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub partner: Option<PartnerId>,
    /// Cents, 0..=10,000,000,000,000.
    pub cents: u64,
}

/// What `allocate-grant` brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAllocation {
    /// Id of the part; minted by the ledger when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub allocation: Option<AllocationId>,
    /// For which site.
    pub site: SiteId,
    /// Under which agreement.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agreement: Option<AgreementId>,
    /// For whose work; the agreement's partner when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub partner: Option<PartnerId>,
    /// Cents.
    pub cents: u64,
}

/// `expenditure-recorded`. Program, site and partner are those of the allocation, so that no reader needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spent {
    /// Of which part of the award.
    pub allocation: AllocationId,
    /// Program of the grant.
    pub program: String,
    /// Site of the allocation.
    pub site: SiteId,
    /// Partner of the allocation, if it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub partner: Option<PartnerId>,
    /// On what.
    pub category: Category,
    /// Cents, 0..=10,000,000,000,000.
    pub cents: u64,
}

/// What `record-expenditure` brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExpenditure {
    /// Of which part of the award.
    pub allocation: AllocationId,
    /// On what.
    pub category: Category,
    /// Cents.
    pub cents: u64,
}

/// `match-recorded`: what others gave beside the award.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Matched {
    /// Program of the grant.
    pub program: String,
    /// In what form.
    pub kind: MatchKind,
    /// By which partner, if one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub partner: Option<PartnerId>,
    /// Cents, or value in cents, 0..=10,000,000,000,000.
    pub cents: u64,
}

/// What `record-match` brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMatch {
    /// In what form.
    pub kind: MatchKind,
    /// By which partner.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub partner: Option<PartnerId>,
    /// Cents, or value in cents.
    pub cents: u64,
}

/// `grant-closed`; nothing is spent after the day in `effective`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// Why.
    pub reason: ReasonCode,
}

/// Events about a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// Money was spent, on this day.
    ExpenditureRecorded(Spent),
    /// It was awarded; `effective` is its period.
    GrantAwarded(Awarded),
    /// A part of it is for a site.
    GrantAllocated(Allocated),
    /// Others added to it.
    MatchRecorded(Matched),
    /// It is closed.
    GrantClosed(Closed),
    /// One of the above was wrong.
    GrantCorrected(Box<Corrected<Event>>),
    /// One of the above did not happen.
    GrantVoided(Box<Voided<Event>>),
}

/// Commands to a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Records what was spent.
    RecordExpenditure(Act<GrantId, NewExpenditure>),
    /// Records the award.
    AwardGrant(Create<GrantId, Awarded>),
    /// Allocates a part of it.
    AllocateGrant(Act<GrantId, NewAllocation>),
    /// Records what others add.
    RecordMatch(Act<GrantId, NewMatch>),
    /// Closes it.
    CloseGrant(Act<GrantId, Closed>),
    /// Corrects an event.
    CorrectGrant(Box<CorrectEvent<Event>>),
    /// Voids an event.
    VoidGrant(VoidEvent),
}

correctable! { Grant: GrantCorrected, GrantVoided; CorrectGrant, VoidGrant }

/// What is spent of one allocation: its sum, and the number of live expenditures by day.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Sum {
    cents: u64,
    days: BTreeMap<Date, u32>,
}

/// A grant as rules see it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Grant {
    /// What happened to it, but for expenditures.
    pub history: History<Event>,
    spent: BTreeMap<AllocationId, Sum>,
}

impl Grant {
    /// Brings it up to a recorded event about it.
    pub fn record(&mut self, recorded: &Recorded<'_>, event: &Event) {
        match event {
            Event::ExpenditureRecorded(now) => self.spend(now, recorded.fact.effective),
            Event::GrantCorrected(c) => match (&c.was.event, &c.now) {
                (Event::ExpenditureRecorded(was), Event::ExpenditureRecorded(now)) => {
                    self.unspend(was, c.was.effective);
                    self.spend(now, recorded.fact.effective);
                }
                _ => self.history.record(recorded, event),
            },
            Event::GrantVoided(v) => match &v.was.event {
                Event::ExpenditureRecorded(was) => self.unspend(was, v.was.effective),
                _ => self.history.record(recorded, event),
            },
            Event::GrantAwarded(_)
            | Event::GrantAllocated(_)
            | Event::MatchRecorded(_)
            | Event::GrantClosed(_) => self.history.record(recorded, event),
        }
    }

    /// The award and its period.
    pub fn awarded(&self) -> Option<(&Awarded, Effective)> {
        awarded(&self.history)
    }

    /// The day on which it was closed, if it was.
    pub fn closed(&self) -> Option<Date> {
        closed(&self.history)
    }

    /// Its allocations, oldest first.
    pub fn allocations(&self) -> impl Iterator<Item = &Allocated> {
        self.history.entries().iter().filter_map(|entry| match &entry.event {
            Event::GrantAllocated(allocated) => Some(allocated),
            _ => None,
        })
    }

    /// What others added.
    pub fn matches(&self) -> impl Iterator<Item = &Matched> {
        self.history.entries().iter().filter_map(|entry| match &entry.event {
            Event::MatchRecorded(matched) => Some(matched),
            _ => None,
        })
    }

    /// Cents spent of an allocation.
    pub fn spent(&self, allocation: AllocationId) -> u64 {
        self.spent.get(&allocation).map_or(0, |sum| sum.cents)
    }

    pub(crate) fn names_site(&self, site: SiteId) -> bool {
        self.allocations().any(|allocated| allocated.site == site)
    }

    pub(crate) fn names_agreement(&self, agreement: AgreementId) -> bool {
        self.allocations().any(|allocated| allocated.agreement == Some(agreement))
    }

    pub(crate) fn names_partner(&self, partner: PartnerId) -> bool {
        self.allocations().any(|allocated| allocated.partner == Some(partner))
            || self.matches().any(|matched| matched.partner == Some(partner))
    }

    fn spend(&mut self, now: &Spent, effective: Option<Effective>) {
        let Some(day) = effective.map(|e| e.from()) else { return };
        let sum = self.spent.entry(now.allocation).or_default();
        // Decided: never more than the allocation.
        sum.cents = sum.cents.saturating_add(now.cents);
        let count = sum.days.entry(day).or_default();
        *count = count.saturating_add(1);
    }

    fn unspend(&mut self, was: &Spent, effective: Option<Effective>) {
        let Some(day) = effective.map(|e| e.from()) else { return };
        let Some(sum) = self.spent.get_mut(&was.allocation) else { return };
        sum.cents = sum.cents.saturating_sub(was.cents);
        let left = sum.days.get(&day).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            sum.days.remove(&day)
        } else {
            sum.days.insert(day, left)
        };
        // An allocation without expenditures has no entry, so that what is in use is seen at once.
        if sum.days.is_empty() {
            self.spent.remove(&was.allocation);
        }
    }
}

fn awarded(history: &History<Event>) -> Option<(&Awarded, Effective)> {
    history.entries().iter().find_map(|entry| match &entry.event {
        Event::GrantAwarded(awarded) => entry.effective.map(|period| (awarded, period)),
        _ => None,
    })
}

fn closed(history: &History<Event>) -> Option<Date> {
    let closing = history.entries().iter().find(|entry| matches!(entry.event, Event::GrantClosed(_)))?;
    closing.effective.map(|e| e.to())
}

pub(crate) fn evolve(state: &mut State, recorded: &Recorded<'_>, event: &Event) {
    let id = GrantId::new(recorded.fact.subject.id);
    let grant = state.grants.entry(id).or_default();
    let award = |grant: &Grant| grant.awarded().map(|(awarded, _)| awarded.award.clone());
    let before = award(grant);
    grant.record(recorded, event);
    let after = award(grant);
    if grant.history.is_empty() {
        state.grants.remove(&id);
    }
    if before != after {
        rekey(&mut state.grant_by_award, before, after, id);
    }
}
