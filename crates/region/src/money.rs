//! Grants: awarded for the year, allocated to sites and partners, spent month by month, matched by others.

use domain::code::ReasonCode;
use domain::command::{Act, Create};
use domain::grant::{
    self, Awarded, Category, Closed, MatchKind, NewAllocation, NewExpenditure, NewMatch, Spent,
};
use domain::id::{AgreementId, AllocationId, GrantId, PartnerId, SiteId};
use domain::{Command, Effective, Event, Kind};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};

use crate::agenda::{Step, Then, on};
use crate::calendar::{ENDS, STARTS, after, school_day_from};
use crate::chance::Chance;
use crate::opening::{Extent, Opening, Placed};

/// Of each allocation, in cents.
const ALLOCATED: u64 = 12_000_000;
/// Months in which money is spent; the last day of each is the day of its expenditures.
const MONTHS: i64 = 10;
const CLOSED: Date = date(2026, 6, 9);

/// A part of a grant that is spent.
struct Part<'a> {
    grant: GrantId,
    program: &'static str,
    allocation: AllocationId,
    site: SiteId,
    partner: Option<PartnerId>,
    opening: &'a mut Opening,
}

impl Opening {
    /// The money of the district, spent at its first so many sites.
    pub(crate) fn money(&mut self, sites: usize, extent: Extent, chance: &mut Chance) {
        let sites: Vec<SiteId> = self.sites.iter().take(sites).copied().collect();
        let of_state = self.award(0, "ccspp", "State Department of Education", sites.len(), chance);
        for (number, site) in (0..).zip(&sites) {
            let part = self.allocate(of_state, ("ccspp", number, *site, None), chance);
            let on_what = [(Category::Personnel, 950_000), (Category::Supplies, 140_000)];
            part.spend(on_what.get(..extent.of(2, 1)).unwrap_or_default(), chance);
        }
        if extent == Extent::Little {
            return;
        }
        // What partners do individually is paid by another.
        let work: Option<Placed> = self
            .placed
            .iter()
            .filter(|placed| placed.is_steady())
            .max_by_key(|placed| (placed.funding == "cybhi", placed.partner))
            .cloned();
        if let Some(work) = work {
            let of_county = self.award(1, "cybhi", "County Fund for Young People", 1, chance);
            let under = Some((work.agreement, work.partner));
            let part = self.allocate(of_county, ("cybhi", 90, work.site, under), chance);
            part.spend(&[(Category::Contracts, 1_050_000)], chance);
            self.matches(of_county, work.partner);
            let details = Closed { reason: ReasonCode::Completed };
            self.to(CLOSED, of_county, on(CLOSED), details, grant::Command::CloseGrant);
        }
    }

    fn to<D>(
        &mut self,
        day: Date,
        id: GrantId,
        effective: Effective,
        details: D,
        to: fn(Act<GrantId, D>) -> grant::Command,
    ) {
        self.agenda.add(day, Command::Grant(to(Act { id, effective, details })));
    }

    fn award(&mut self, number: u64, program: &str, funder: &str, parts: usize, chance: &Chance) -> GrantId {
        let id = GrantId::new(chance.id("grant", number));
        let details = Awarded {
            program: program.to_owned(),
            funder: funder.to_owned(),
            award: format!("{program}-2025-{:03}", number + 1),
            // What is more than the parts stays with the district.
            cents: ALLOCATED * parts as u64 / 10 * 11,
        };
        let new = Create { id: Some(id), effective: Effective::Span(STARTS, ENDS), details };
        self.agenda.add(date(2025, 8, 11), Command::Grant(grant::Command::AwardGrant(new)));
        id
    }

    fn allocate(
        &mut self,
        grant: GrantId,
        (program, number, site, under): (&'static str, u64, SiteId, Option<(AgreementId, PartnerId)>),
        chance: &Chance,
    ) -> Part<'_> {
        let allocation = AllocationId::new(chance.id("allocation", number));
        let day = date(2025, 8, 14);
        let details = NewAllocation {
            allocation: Some(allocation),
            site,
            agreement: under.map(|(agreement, _)| agreement),
            partner: None,
            cents: ALLOCATED,
        };
        self.to(day, grant, on(day), details, grant::Command::AllocateGrant);
        Part { grant, program, allocation, site, partner: under.map(|(_, partner)| partner), opening: self }
    }

    fn matches(&mut self, grant: GrantId, partner: PartnerId) {
        for (day, kind, partner, cents) in [
            (date(2025, 10, 15), MatchKind::InKind, Some(partner), 420_000),
            (date(2026, 2, 18), MatchKind::Cash, None, 250_000),
            (date(2026, 5, 13), MatchKind::InKind, Some(partner), 380_000),
        ] {
            self.to(day, grant, on(day), NewMatch { kind, partner, cents }, grant::Command::RecordMatch);
        }
    }
}

impl Part<'_> {
    /// Spends up to so much in each month on each; some of it is entered wrong, or twice.
    fn spend(mut self, on_what: &[(Category, u32)], chance: &mut Chance) {
        for month in 0..MONTHS {
            let last = date(2025, 8, 31).saturating_add(month.months());
            let booked = school_day_from(after(last, 5));
            for (number, (category, most)) in (0..).zip(on_what) {
                let cents = u64::from(chance.between(most * 9 / 10, *most));
                // Whoever corrects it finds it was less, so that it goes on to fit.
                let then = match chance.below(100) {
                    0..5 => Then::Correct(Box::new(self.spent(*category, cents - 9_000))),
                    5..7 if number > 0 => Then::Void(Kind::Grant),
                    _ => Then::Nothing,
                };
                self.record(booked, last, (*category, cents), then);
            }
        }
        if self.allocation == AllocationId::new(chance.id("allocation", 0)) {
            // Of the first there is always something to see.
            let (last, booked) = (date(2025, 9, 30), date(2025, 10, 8));
            let cents = 45_000;
            let now = Then::Correct(Box::new(self.spent(Category::Travel, cents - 9_000)));
            self.record(booked, last, (Category::Travel, cents), now);
            self.record(booked, last, (Category::Travel, cents), Then::Void(Kind::Grant));
        }
    }

    fn record(&mut self, booked: Date, day: Date, (category, cents): (Category, u64), then: Then) {
        let details = NewExpenditure { allocation: self.allocation, category, cents };
        let act = Act { id: self.grant, effective: on(day), details };
        let command = Command::Grant(grant::Command::RecordExpenditure(act));
        self.opening.agenda.add(booked, Step::wrong(command, then));
    }

    fn spent(&self, category: Category, cents: u64) -> Event {
        let (allocation, site, partner) = (self.allocation, self.site, self.partner);
        let program = self.program.to_owned();
        Event::Grant(grant::Event::ExpenditureRecorded(Spent {
            allocation,
            program,
            site,
            partner,
            category,
            cents,
        }))
    }
}
