//! What a district does before its school year: it opens its ledger, registers its schools, takes in partners, signs
//! agreements and places services. What will happen on a fixed day of the year is decided here too.

use std::collections::BTreeSet;

use domain::code::{AgreementKind, Phase, Pillar, ReasonCode, ServiceKind, SignatoryRole, Tier};
use domain::command::{Act, Create};
use domain::id::{AgreementId, OfferingId, PartnerId, SiteId};
use domain::ledger::{OpenLedger, Persons, Policy};
use domain::{Command, Effective, agreement, ledger, offering, partner, site};
use jiff::civil::{Date, date};

use crate::calendar::{ENDS, STARTS};
use crate::chance::Chance;
use crate::council::council;
use crate::names::{LANGUAGES, PARTNERS, PartnerProfile, Profile, SCHOOLS};

/// Where and under what a service can be delivered.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) offering: Option<OfferingId>,
    pub(crate) agreement: AgreementId,
    pub(crate) partner: PartnerId,
    pub(crate) site: SiteId,
    pub(crate) kind: ServiceKind,
    pub(crate) pillar: Pillar,
    pub(crate) tier: Tier,
    pub(crate) funding: &'static str,
    /// Days on which it takes place.
    pub(crate) from: Date,
    pub(crate) until: Date,
    /// Days on which it pauses.
    pub(crate) pause: Option<(Date, Date)>,
}

impl Placed {
    /// Whether it takes place on that day.
    pub(crate) fn is_on(&self, day: Date) -> bool {
        self.from <= day && day <= self.until && self.pause.is_none_or(|(from, to)| day < from || to < day)
    }
}

/// A district ready for its year.
#[derive(Default)]
pub(crate) struct Opening {
    /// In order.
    pub(crate) commands: Vec<Command>,
    pub(crate) sites: Vec<SiteId>,
    pub(crate) placed: Vec<Placed>,
    /// What happens on a day of the year, latest first.
    pub(crate) milestones: Vec<(Date, Command)>,
}

/// The partner at this place is suspended for a month while its insurance has lapsed.
const SUSPENDED: usize = 3;
const SUSPENSION: (Date, Date) = (date(2026, 2, 2), date(2026, 3, 2));
/// The agreement with the partner at this place ends early.
const ENDED: usize = 6;
const LAST_SERVICE: Date = date(2026, 3, 20);
const EARLY_END: Date = date(2026, 3, 27);
/// Services take place from here on.
const SERVICES_START: Date = date(2025, 8, 1);

/// Opens the district.
pub(crate) fn open(profile: &Profile, chance: &mut Chance) -> Opening {
    let mut opening = Opening::default();
    opening.commands.push(Command::Ledger(ledger::Command::OpenLedger(OpenLedger {
        owner: profile.name.to_owned(),
        cds: cds(profile, 0),
        time_zone: "America/Los_Angeles".to_owned(),
        starts: STARTS,
        // The year of the sample lies ever further back.
        policy: Policy { suppress_under: 11, late_days_max: 36_500, persons: Persons::Any },
    })));
    for (at, name) in SCHOOLS.iter().take(profile.schools).enumerate() {
        opening.school(profile, at, name, chance);
    }
    for (at, partner) in PARTNERS.iter().take(profile.partners).enumerate() {
        opening.partner(at, partner, chance);
    }
    for site in opening.sites.iter().take(1) {
        let agenda = council(*site, chance);
        opening.commands.extend(agenda.commands);
        opening.milestones.extend(agenda.milestones);
    }
    opening.milestones.sort_by_key(|(day, _)| std::cmp::Reverse(*day));
    opening
}

/// The CDS code of school `number`, of the district itself for 0.
fn cds(profile: &Profile, number: usize) -> domain::CdsCode {
    let text = format!("{}{:07}", profile.cds, if number == 0 { 0 } else { 6_000_000 + number });
    // The prefixes are constants of this crate, so this can't fail; the tests see that it doesn't.
    text.parse().unwrap_or_else(|_| unreachable!("{text} is a CDS code"))
}

const fn day(day: Date) -> Effective {
    Effective::Day(day)
}

impl Opening {
    fn school(&mut self, profile: &Profile, at: usize, name: &str, chance: &mut Chance) {
        let (level, grades) = match at % 5 {
            3 => ("Middle", "6-8"),
            4 => ("High", "9-12"),
            _ => ("Elementary", "TK-5"),
        };
        let id = SiteId::new(chance.id("site", at as u64));
        self.sites.push(id);
        let act = |command| Command::Site(command);
        self.commands.push(act(site::Command::RegisterSite(Create {
            id: Some(id),
            effective: day(date(2004, 8, 30)),
            details: site::Registered {
                name: format!("{name} {level}"),
                cds: cds(profile, at + 1),
                nces: None,
                grades: Some(grades.to_owned()),
                city: profile.city.to_owned(),
            },
        })));
        let phase = [Phase::Visioning, Phase::Engaging, Phase::Transforming].get(at % 3).copied();
        let phase = phase.unwrap_or(Phase::Engaging);
        self.commands.push(act(site::Command::DesignateSite(Act {
            id,
            effective: day(STARTS),
            details: site::Designated { program: "ccspp".to_owned(), cohort: 1 + (at % 4) as u16, phase },
        })));
        self.commands.push(act(site::Command::AssignCoordinator(Act {
            id,
            effective: day(STARTS),
            details: site::CoordinatorAssigned {
                staff: format!("staff-{}", 100 + at),
                fte_hundredths: if chance.happens(700) { 100 } else { 50 },
            },
        })));
        if phase == Phase::Visioning {
            let details = site::PhaseChanged { phase: Phase::Engaging };
            let command = site::Command::ChangePhase(Act { id, effective: day(date(2026, 1, 12)), details });
            self.milestones.push((date(2026, 1, 12), act(command)));
        }
    }

    fn partner(&mut self, at: usize, profile: &PartnerProfile, chance: &mut Chance) {
        let id = PartnerId::new(chance.id("partner", at as u64));
        let act = |command| Command::Partner(command);
        self.commands.push(act(partner::Command::OnboardPartner(Create {
            id: Some(id),
            effective: day(date(2025, 7, 7)),
            details: partner::Onboarded {
                name: profile.name.to_owned(),
                kind: profile.kind,
                ein: None,
                hsds: Some(format!("sample:{}", at + 1)),
                cds: None,
                pillars: vec![profile.pillar],
                languages: vec!["en".to_owned(), "es".to_owned()],
                service_area: None,
            },
        })));
        let until = date(2026, 8, 31);
        self.commands.push(act(partner::Command::VetPartner(Act {
            id,
            effective: day(date(2025, 7, 10)),
            details: partner::Vetted {
                insurance_until: until,
                clearance_until: until,
                checked_by: "staff-7".to_owned(),
            },
        })));
        if at == SUSPENDED {
            let (from, to) = SUSPENSION;
            let paused = |reason| partner::Paused { reason };
            let details = paused(ReasonCode::VettingExpired);
            let suspend = partner::Command::SuspendPartner(Act { id, effective: day(from), details });
            let details = paused(ReasonCode::Resolved);
            let reinstate = partner::Command::ReinstatePartner(Act { id, effective: day(to), details });
            self.milestones.extend([(from, act(suspend)), (to, act(reinstate))]);
        }
        self.agreement(at, id, profile, chance);
    }

    fn agreement(&mut self, at: usize, partner: PartnerId, profile: &PartnerProfile, chance: &mut Chance) {
        let id = AgreementId::new(chance.id("agreement", at as u64));
        let act = |command| Command::Agreement(command);
        let sites = chance.some(&self.sites, 600);
        let terms = |sites: &[SiteId]| agreement::Terms {
            sites: sites.iter().copied().collect(),
            pillars: BTreeSet::from([profile.pillar]),
            kinds: profile.services.iter().map(|(kind, _)| *kind).collect(),
            funding: vec![profile.funding.to_owned()],
            data_scope: Vec::new(),
            pledged_minutes: Some(60_000 * sites.len() as u64),
            pledged_cents: None,
        };
        let year = Effective::Span(STARTS, ENDS);
        self.commands.push(act(agreement::Command::SignAgreement(Create {
            id: Some(id),
            effective: year,
            details: agreement::Signed {
                partner,
                reference: Some(format!("MOU-2025-{:03}", at + 1)),
                kind: if at % 4 == 1 { AgreementKind::Contract } else { AgreementKind::Mou },
                terms: terms(&sites),
                signatories: BTreeSet::from([SignatoryRole::Superintendent, SignatoryRole::PartnerDirector]),
            },
        })));
        let sample = Placed {
            offering: None,
            agreement: id,
            partner,
            site: SiteId::new(uuid::Uuid::nil()),
            kind: ServiceKind::Other,
            pillar: profile.pillar,
            tier: Tier::Universal,
            funding: profile.funding,
            from: SERVICES_START,
            until: if at == ENDED { LAST_SERVICE } else { ENDS },
            pause: (at == SUSPENDED).then_some(SUSPENSION),
        };
        for (number, (site, service)) in sites
            .iter()
            .flat_map(|site| profile.services.iter().map(move |service| (site, service)))
            .enumerate()
        {
            let placed = Placed { site: *site, kind: service.0, tier: service.1, ..sample.clone() };
            // Not every service is announced as an offering.
            let number = chance.happens(750).then_some((at * 1000 + number) as u64);
            let placed = self.place(placed, number, profile, chance);
            self.placed.push(placed);
        }
        let covers_all = sites.len() == self.sites.len();
        let wider = (!covers_all).then(|| terms(&self.sites));
        self.later(at, id, wider);
    }

    /// What becomes of an agreement during the year; `wider` are terms for every school.
    fn later(&mut self, at: usize, id: AgreementId, wider: Option<agreement::Terms>) {
        let act = |command| Command::Agreement(command);
        if at == ENDED {
            let details = agreement::Paused { reason: ReasonCode::Funding };
            let command = agreement::Command::EndAgreement(Act { id, effective: day(EARLY_END), details });
            self.milestones.push((EARLY_END, act(command)));
        } else if at.is_multiple_of(3) {
            let effective = Effective::Span(date(2026, 7, 1), date(2027, 6, 30));
            let details = agreement::Renewed {};
            let command = agreement::Command::RenewAgreement(Act { id, effective, details });
            self.milestones.push((date(2026, 6, 8), act(command)));
        } else if let Some(details) = wider {
            // From the second semester on it covers every school.
            let effective = Effective::Span(date(2026, 1, 12), ENDS);
            let command = agreement::Command::AmendAgreement(Act { id, effective, details });
            self.milestones.push((date(2026, 1, 12), act(command)));
        }
    }

    fn place(
        &mut self,
        placed: Placed,
        number: Option<u64>,
        profile: &PartnerProfile,
        chance: &mut Chance,
    ) -> Placed {
        let Some(number) = number else { return placed };
        let id = OfferingId::new(chance.id("offering", number));
        let language = chance.pick(&LANGUAGES).copied().unwrap_or("en");
        self.commands.push(Command::Offering(offering::Command::OfferService(Create {
            id: Some(id),
            effective: day(SERVICES_START),
            details: offering::Offered {
                partner: placed.partner,
                agreement: Some(placed.agreement),
                site: Some(placed.site),
                name: format!("{} at school", profile.name),
                kind: placed.kind,
                pillar: placed.pillar,
                tier: placed.tier,
                languages: vec![language.to_owned()],
                schedule: Some("mon-wed-1500".to_owned()),
                capacity: Some(10 * chance.between(1, 6)),
                taxonomy: None,
            },
        })));
        Placed { offering: Some(id), ..placed }
    }
}
