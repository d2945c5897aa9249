//! What a district does before its school year: it opens its ledger, registers its schools, takes in partners, signs
//! agreements and places services. What it will do on a day of the year is planned here too, as far as its share of
//! the events goes.

use domain::code::{Phase, Pillar, ServiceKind, Tier};
use domain::command::{Act, Create};
use domain::id::{AgreementId, OfferingId, PartnerId, PersonId, SiteId};
use domain::ledger::{OpenLedger, Persons, Policy};
use domain::{Command, Event, Kind, ledger, site};
use jiff::civil::{Date, date};

use crate::agenda::{Agenda, Step, Then, on};
use crate::calendar::{ENDS, STARTS};
use crate::chance::Chance;
use crate::names::{PARTNERS, SCHOOLS};
use crate::places::Profile;

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

    /// Whether it takes place all year.
    pub(crate) fn is_steady(&self) -> bool {
        self.until == ENDS && self.pause.is_none()
    }
}

/// A district ready for its year.
pub(crate) struct Opening {
    /// In order.
    pub(crate) steps: Vec<Step>,
    /// On a day of the year.
    pub(crate) agenda: Agenda,
    pub(crate) sites: Vec<SiteId>,
    /// Names of the partners, in their order.
    pub(crate) partners: Vec<&'static str>,
    pub(crate) placed: Vec<Placed>,
    /// How many students of a site records name.
    pub(crate) students: u32,
    /// Second ids of students of the first site.
    pub(crate) doubles: Vec<PersonId>,
}

/// Of every hundred events after the opening so many are of councils, assessments, money and the like, at most.
const PLANNED_PERCENT: u64 = 12;
/// Events that this takes at one site, and for the district as a whole.
const SITE_EVENTS: u64 = 127;
const DISTRICT_EVENTS: u64 = 183;
/// A district with fewer, but with so many after its opening, still has a council, an assessment and a grant, of which the
/// little is planned that makes them whole: some fifty events.
const LITTLE_EVENTS: u64 = 290;

/// How much is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// A whole year.
    Whole,
    /// A little of each.
    Little,
}

impl Extent {
    /// So many of a whole year's, or of a little.
    pub(crate) const fn of(self, whole: usize, little: usize) -> usize {
        match self {
            Self::Whole => whole,
            Self::Little => little,
        }
    }
}

/// Opens the district, and plans its year as far as its quota goes.
pub(crate) fn open(profile: &Profile, quota: u64, chance: &mut Chance) -> Opening {
    let mut opening = Opening {
        steps: Vec::new(),
        agenda: Agenda::default(),
        sites: Vec::new(),
        partners: Vec::new(),
        placed: Vec::new(),
        students: 0,
        doubles: Vec::new(),
    };
    let persons = if profile.enrols() { Persons::Enrolled } else { Persons::Any };
    opening.now(Command::Ledger(ledger::Command::OpenLedger(OpenLedger {
        owner: profile.name.clone(),
        cds: profile.cds(0),
        time_zone: "America/Los_Angeles".to_owned(),
        starts: STARTS,
        // The year of the sample lies ever further back.
        policy: Policy { suppress_under: 11, late_days_max: 36_500, persons },
    })));
    // Districts begin at different names.
    let names = SCHOOLS.iter().cycle().skip(7 * (profile.rank - 1)).take(profile.schools);
    for (at, name) in names.enumerate() {
        opening.school(profile, at, name, chance);
    }
    // The largest three work with the first ones, smaller ones with whoever is near.
    let partners = PARTNERS.iter().cycle().skip(4 * profile.rank.saturating_sub(3)).take(profile.partners);
    for (at, partner) in partners.enumerate() {
        opening.partners.push(partner.name);
        opening.partner(at, partner, chance);
    }
    opening.enrol(profile, quota, chance);
    let year = quota.saturating_sub(opening.steps.len() as u64);
    let left = year * PLANNED_PERCENT / 100;
    if left >= DISTRICT_EVENTS {
        let sites = ((left - DISTRICT_EVENTS) / SITE_EVENTS).clamp(1, profile.schools as u64);
        opening.plan(profile, usize::try_from(sites).unwrap_or(1), chance);
    } else if year >= LITTLE_EVENTS {
        opening.plan_little(chance);
    }
    opening
}

impl Opening {
    /// The next thing that is done.
    pub(crate) fn now(&mut self, step: impl Into<Step>) {
        self.steps.push(step.into());
    }

    /// Plans the year of the district as a whole and of its first so many sites.
    fn plan(&mut self, profile: &Profile, sites: usize, chance: &mut Chance) {
        self.people(profile.enrols(), sites, chance);
        let adopted = self.district_council(chance);
        self.sharings(profile, &adopted, chance);
        self.money(sites, Extent::Whole, chance);
        self.assistance(sites, chance);
        for at in 0..sites {
            let Some(site) = self.sites.get(at).copied() else { return };
            let adopted = self.site_council(at, site, Extent::Whole, chance);
            self.assess((at, site), &adopted, Extent::Whole, chance);
            self.cases(at, site, chance);
            self.shown(at, site, &profile.neighbour(), chance);
        }
    }

    /// Plans what a small district does at its first site.
    fn plan_little(&mut self, chance: &mut Chance) {
        let Some(site) = self.sites.first().copied() else { return };
        self.money(1, Extent::Little, chance);
        let adopted = self.site_council(0, site, Extent::Little, chance);
        self.assess((0, site), &adopted, Extent::Little, chance);
    }

    fn school(&mut self, profile: &Profile, at: usize, name: &str, chance: &mut Chance) {
        let (level, grades) = match at % 5 {
            3 => ("Middle", "6-8"),
            4 => ("High", "9-12"),
            _ => ("Elementary", "TK-5"),
        };
        let id = SiteId::new(chance.id("site", at as u64));
        self.sites.push(id);
        let act = |command| Command::Site(command);
        self.now(act(site::Command::RegisterSite(Create {
            id: Some(id),
            effective: on(date(2004, 8, 30)),
            details: site::Registered {
                name: format!("{name} {level}"),
                cds: profile.cds(at + 1),
                nces: None,
                grades: Some(grades.to_owned()),
                city: profile.city.clone(),
            },
        })));
        let phase = [Phase::Visioning, Phase::Engaging, Phase::Transforming].get(at % 3).copied();
        let phase = phase.unwrap_or(Phase::Engaging);
        self.now(act(site::Command::DesignateSite(Act {
            id,
            effective: on(STARTS),
            details: site::Designated { program: "ccspp".to_owned(), cohort: 1 + (at % 4) as u16, phase },
        })));
        self.coordinator(at, id, chance);
        if phase == Phase::Visioning {
            let details = site::PhaseChanged { phase: Phase::Engaging };
            let day = date(2026, 1, 12);
            self.agenda.add(day, act(site::Command::ChangePhase(Act { id, effective: on(day), details })));
        }
    }

    /// Every site has a coordinator; some have another from January on.
    fn coordinator(&mut self, at: usize, id: SiteId, chance: &mut Chance) {
        let assign = |staff: usize, fte_hundredths, day| {
            let details = site::CoordinatorAssigned { staff: format!("staff-{staff}"), fte_hundredths };
            site::Command::AssignCoordinator(Act { id, effective: on(day), details })
        };
        let fte = if chance.happens(700) { 100 } else { 50 };
        let assigned = Command::Site(assign(100 + at, fte, STARTS));
        if at == 0 {
            let (staff, fte_hundredths) = (format!("staff-{}", 100 + at), 80);
            let now = site::Event::CoordinatorAssigned(site::CoordinatorAssigned { staff, fte_hundredths });
            self.now(Step::wrong(assigned, Then::Correct(Box::new(Event::Site(now)))));
        } else {
            self.now(assigned);
        }
        let (last, first) = (date(2026, 1, 16), date(2026, 1, 20));
        if at % 6 == 1 {
            let details = site::CoordinatorReleased { staff: format!("staff-{}", 100 + at) };
            let release = site::Command::ReleaseCoordinator(Act { id, effective: on(last), details });
            self.agenda.add(last, Command::Site(release));
            // The first entry names somebody of another site.
            let wrong = Command::Site(assign(300 + at, 50, first));
            self.agenda.add(first, Step::wrong(wrong, Then::Void(Kind::Site)));
            self.agenda.add(first, Command::Site(assign(200 + at, fte, first)));
        }
    }

    /// Partners that stay all year.
    pub(crate) fn steady(&self) -> Vec<PartnerId> {
        let mut partners: Vec<PartnerId> =
            self.placed.iter().filter(|placed| placed.is_steady()).map(|placed| placed.partner).collect();
        partners.dedup();
        partners
    }
}
