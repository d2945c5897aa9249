//! Partners of a district, what is agreed with them, which services they offer, and what becomes of it in the year.

use std::collections::BTreeSet;

use domain::code::{AgreementKind, ReasonCode, ServiceKind, SignatoryRole, Tier};
use domain::command::{Act, Create};
use domain::id::{AgreementId, OfferingId, PartnerId, SiteId};
use domain::{Command, Effective, Event, Kind, agreement, offering, partner};
use jiff::civil::{Date, date};

use crate::agenda::{Step, Then, on};
use crate::calendar::{ENDS, STARTS};
use crate::chance::Chance;
use crate::names::{LANGUAGES, PartnerProfile};
use crate::opening::{Opening, Placed};

/// The partner at this place is suspended for a month while its insurance has lapsed.
const SUSPENDED: usize = 3;
const SUSPENSION: (Date, Date) = (date(2026, 2, 2), date(2026, 3, 2));
/// The agreement with the partner at this place ends early, and the partner leaves.
const ENDED: usize = 6;
const LAST_SERVICE: Date = date(2026, 3, 20);
const EARLY_END: Date = date(2026, 3, 27);
const LEAVES: Date = date(2026, 4, 30);
/// The agreement with the partner at this place rests for a month.
const RESTS: usize = 7;
const REST: (Date, Date) = (date(2025, 12, 15), date(2026, 1, 20));
/// The partner at this place has other details from November on.
const MOVED: usize = 4;
/// The first service of the partner at this place is on other days from February on.
const RESCHEDULED: usize = 1;
/// At these places something was entered wrong, or twice.
const ENTERED_WRONG: usize = 0;
const ENTERED_TWICE: usize = 2;
/// Services take place from here on.
const SERVICES_START: Date = date(2025, 8, 1);

impl Opening {
    pub(crate) fn partner(&mut self, at: usize, profile: &PartnerProfile, chance: &mut Chance) {
        let id = PartnerId::new(chance.id("partner", at as u64));
        let details = partner::Onboarded {
            name: profile.name.to_owned(),
            kind: profile.kind,
            ein: None,
            hsds: Some(format!("sample:{}", at + 1)),
            cds: None,
            pillars: vec![profile.pillar],
            languages: vec!["en".to_owned(), "es".to_owned()],
            service_area: None,
        };
        let new = Create { id: Some(id), effective: on(date(2025, 7, 7)), details: details.clone() };
        let onboard = Command::Partner(partner::Command::OnboardPartner(new));
        if at == ENTERED_WRONG {
            let languages = ["en", "es", "hy"].map(str::to_owned).to_vec();
            let now = partner::Event::PartnerOnboarded(partner::Onboarded { languages, ..details.clone() });
            self.now(Step::wrong(onboard, Then::Correct(Box::new(Event::Partner(now)))));
        } else {
            self.now(onboard);
        }
        let until = date(2026, 8, 31);
        let vetted = partner::Vetted {
            insurance_until: until,
            clearance_until: until,
            checked_by: "staff-7".to_owned(),
        };
        let vet = |day| {
            let act = Act { id, effective: on(day), details: vetted.clone() };
            Command::Partner(partner::Command::VetPartner(act))
        };
        self.now(vet(date(2025, 7, 10)));
        if at == ENTERED_TWICE {
            let day = date(2025, 9, 4);
            self.agenda.add(day, Step::wrong(vet(day), Then::Void(Kind::Partner)));
        }
        self.in_the_year(at, id, details);
        self.agreement(at, id, profile, chance);
    }

    fn in_the_year(&mut self, at: usize, id: PartnerId, details: partner::Onboarded) {
        let act = |day, command| (day, Command::Partner(command));
        let paused = |day, reason| Act { id, effective: on(day), details: partner::Paused { reason } };
        let steps = match at {
            SUSPENDED => {
                let (from, to) = SUSPENSION;
                vec![
                    act(from, partner::Command::SuspendPartner(paused(from, ReasonCode::VettingExpired))),
                    act(to, partner::Command::ReinstatePartner(paused(to, ReasonCode::Resolved))),
                ]
            }
            ENDED => {
                let left = paused(LEAVES, ReasonCode::MutualAgreement);
                vec![act(LEAVES, partner::Command::OffboardPartner(left))]
            }
            MOVED => {
                let day = date(2025, 11, 3);
                let details =
                    partner::Onboarded { service_area: Some("the whole county".to_owned()), ..details };
                let changed = Act { id, effective: on(day), details };
                vec![act(day, partner::Command::ChangePartnerDetails(changed))]
            }
            _ => Vec::new(),
        };
        for (day, command) in steps {
            self.agenda.add(day, command);
        }
    }

    fn agreement(&mut self, at: usize, partner: PartnerId, profile: &PartnerProfile, chance: &mut Chance) {
        let id = AgreementId::new(chance.id("agreement", at as u64));
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
        let signed = agreement::Signed {
            partner,
            reference: Some(format!("MOU-2025-{:03}", at + 1)),
            kind: if at % 4 == 1 { AgreementKind::Contract } else { AgreementKind::Mou },
            terms: terms(&sites),
            signatories: BTreeSet::from([SignatoryRole::Superintendent, SignatoryRole::PartnerDirector]),
        };
        let copy = AgreementId::new(chance.id("agreement-copy", at as u64));
        self.sign(at, id, copy, signed);
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
            pause: match at {
                SUSPENDED => Some(SUSPENSION),
                RESTS => Some(REST),
                _ => None,
            },
        };
        let services = sites.iter().flat_map(|site| profile.services.iter().map(move |s| (*site, *s)));
        for (number, (site, (kind, tier))) in services.enumerate() {
            let placed = Placed { site, kind, tier, ..sample.clone() };
            // Not every service is announced as an offering.
            let number = (number == 0 || chance.happens(750)).then_some((at * 1000 + number) as u64);
            let placed = self.place(placed, number, profile, chance);
            self.placed.push(placed);
        }
        let covers_all = sites.len() == self.sites.len();
        let wider = (!covers_all).then(|| terms(&self.sites));
        self.later(at, id, wider);
    }

    fn sign(&mut self, at: usize, id: AgreementId, copy: AgreementId, signed: agreement::Signed) {
        let sign = |id, details| {
            let new = Create { id: Some(id), effective: Effective::Span(STARTS, ENDS), details };
            Command::Agreement(agreement::Command::SignAgreement(new))
        };
        match at {
            ENTERED_WRONG => {
                let mut now = signed.clone();
                now.signatories.insert(SignatoryRole::BoardMember);
                let now = Event::Agreement(agreement::Event::AgreementSigned(now));
                self.now(Step::wrong(sign(id, signed), Then::Correct(Box::new(now))));
            }
            ENTERED_TWICE => {
                let again = agreement::Signed { reference: None, ..signed.clone() };
                self.now(sign(id, signed));
                self.agenda
                    .add(date(2025, 9, 8), Step::wrong(sign(copy, again), Then::Void(Kind::Agreement)));
            }
            _ => self.now(sign(id, signed)),
        }
    }

    /// What becomes of an agreement during the year; `wider` are terms for every school.
    fn later(&mut self, at: usize, id: AgreementId, wider: Option<agreement::Terms>) {
        let act = |command| Command::Agreement(command);
        let paused = |day, reason| Act { id, effective: on(day), details: agreement::Paused { reason } };
        if at == ENDED {
            let ended = agreement::Command::EndAgreement(paused(EARLY_END, ReasonCode::Funding));
            self.agenda.add(EARLY_END, act(ended));
        } else if at == RESTS {
            let (from, to) = REST;
            let suspended = agreement::Command::SuspendAgreement(paused(from, ReasonCode::Staffing));
            self.agenda.add(from, act(suspended));
            let resumed = agreement::Command::ResumeAgreement(paused(to, ReasonCode::Resolved));
            self.agenda.add(to, act(resumed));
        } else if at.is_multiple_of(3) {
            let effective = Effective::Span(date(2026, 7, 1), date(2027, 6, 30));
            let details = agreement::Renewed {};
            let command = agreement::Command::RenewAgreement(Act { id, effective, details });
            self.agenda.add(date(2026, 6, 8), act(command));
        } else if let Some(details) = wider {
            // From the second semester on it covers every school.
            let effective = Effective::Span(date(2026, 1, 12), ENDS);
            let command = agreement::Command::AmendAgreement(Act { id, effective, details });
            self.agenda.add(date(2026, 1, 12), act(command));
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
        let offered = offering::Offered {
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
        };
        let offer = |id, details| {
            let new = Create { id: Some(id), effective: on(SERVICES_START), details };
            Command::Offering(offering::Command::OfferService(new))
        };
        let first = |at: usize| number == (at * 1000) as u64;
        if first(ENTERED_WRONG) {
            let now = offering::Offered { capacity: Some(75), ..offered.clone() };
            let now = Event::Offering(offering::Event::ServiceOffered(now));
            self.now(Step::wrong(offer(id, offered), Then::Correct(Box::new(now))));
        } else {
            if first(ENTERED_TWICE) {
                let copy = OfferingId::new(chance.id("copy", number));
                let again = offer(copy, offered.clone());
                self.agenda.add(date(2025, 9, 10), Step::wrong(again, Then::Void(Kind::Offering)));
            }
            if first(RESCHEDULED) {
                let day = date(2026, 2, 4);
                let details =
                    offering::Offered { schedule: Some("tue-thu-1500".to_owned()), ..offered.clone() };
                let changed = offering::Command::ChangeOffering(Act { id, effective: on(day), details });
                self.agenda.add(day, Command::Offering(changed));
            }
            self.now(offer(id, offered));
        }
        if number / 1000 == ENDED as u64 {
            let details = offering::Withdrawn { reason: ReasonCode::Funding };
            let act = Act { id, effective: on(EARLY_END), details };
            self.agenda.add(EARLY_END, Command::Offering(offering::Command::WithdrawService(act)));
        }
        Placed { offering: Some(id), ..placed }
    }
}
