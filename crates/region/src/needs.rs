//! Assessments: what a site's community says it needs and has, what comes first by its council's decision, and how far
//! it came by January and June. Some needs stay without a service.

use std::collections::BTreeSet;

use domain::assessment::code::{AssetKind, Evidence, Method, Progress, Unit};
use domain::assessment::{
    self as about, AssetIdentified, Closed, GoalSet, NeedIdentified, Opened, PrioritySet, ProgressObserved,
    VoicesHeard,
};
use domain::code::Tier;
use domain::command::{Act, Create};
use domain::council::code::Constituency;
use domain::id::{AssessmentId, AssetId, GoalId, NeedId, PartnerId, SiteId};
use domain::need::Barrier;
use domain::{Command, Event, Kind, SchoolYear};
use jiff::civil::{Date, date};

use crate::agenda::{Agenda, Step, Then, on};
use crate::calendar::{after, school_day_from};
use crate::chance::Chance;
use crate::council::Adopted;
use crate::opening::{Extent, Opening};

const OPENED: Date = date(2025, 8, 13);
const NEEDS_SEEN: Date = date(2025, 9, 2);
const LOOKED_AT: [Date; 2] = [date(2026, 1, 22), date(2026, 6, 3)];
const CLOSED: Date = date(2026, 6, 9);

/// Needs that schools have, with the tier that they call for.
const NEEDS: [(Barrier, Tier); 11] = [
    (Barrier::Attendance, Tier::Targeted),
    (Barrier::MentalHealth, Tier::Intensive),
    (Barrier::Food, Tier::Universal),
    (Barrier::Academic, Tier::Targeted),
    (Barrier::Legal, Tier::Targeted),
    (Barrier::Housing, Tier::Intensive),
    (Barrier::FamilySupport, Tier::Universal),
    (Barrier::Dental, Tier::Targeted),
    (Barrier::Safety, Tier::Universal),
    (Barrier::Vision, Tier::Targeted),
    (Barrier::BasicNeeds, Tier::Universal),
];
const NEEDS_A_SITE: usize = 4;

/// Voices: whose, how and how many.
const VOICES: [(Constituency, Method, u32, u32); 4] = [
    (Constituency::Family, Method::Survey, 60, 240),
    (Constituency::Student, Method::FocusGroup, 12, 40),
    (Constituency::Educator, Method::Survey, 12, 45),
    (Constituency::CommunityPartner, Method::ListeningSession, 4, 15),
];

/// What a goal is measured by: its code, its unit, where most sites stand and where they want to be.
const INDICATORS: [(&str, Unit, u32, u32); 3] = [
    ("chronic-absence", Unit::BasisPoints, 2_400, 1_900),
    ("families-at-meetings", Unit::Count, 40, 80),
    ("school-climate", Unit::Hundredths, 310, 360),
];

/// The assessment of a site while its year is planned.
struct Planning<'a> {
    id: AssessmentId,
    site: SiteId,
    /// Place of the site.
    at: u64,
    agenda: &'a mut Agenda,
    chance: &'a mut Chance,
}

impl Opening {
    /// Assesses the site at this place, with what its council adopted.
    pub(crate) fn assess(
        &mut self,
        (at, site): (usize, SiteId),
        adopted: &[Adopted],
        extent: Extent,
        chance: &mut Chance,
    ) {
        let at = at as u64;
        let id = AssessmentId::new(chance.id("assessment", at));
        let methods = [Method::Survey, Method::FocusGroup, Method::ListeningSession, Method::DataReview];
        let details = Opened { site, year: SchoolYear::of(OPENED), methods: BTreeSet::from(methods) };
        let open = about::Command::OpenAssessment(Create { id: Some(id), effective: on(OPENED), details });
        self.agenda.add(OPENED, Command::Assessment(open));
        let mut planning = Planning { id, site, at, agenda: &mut self.agenda, chance };
        planning.voices(extent.of(VOICES.len(), 2));
        let needs = planning.needs(extent.of(NEEDS_A_SITE, 2));
        planning.assets(&self.partners);
        if let Some(first) = adopted.first() {
            planning.priorities(&needs, *first);
        }
        planning.goals(needs.get(..extent.of(2, 1)).unwrap_or_default());
        planning.add(CLOSED, Closed { site: None, year: None }, about::Command::CloseAssessment);
    }
}

impl Planning<'_> {
    fn command<D>(&self, day: Date, details: D, to: fn(Act<AssessmentId, D>) -> about::Command) -> Command {
        Command::Assessment(to(Act { id: self.id, effective: on(day), details }))
    }

    fn add<D>(&mut self, day: Date, details: D, to: fn(Act<AssessmentId, D>) -> about::Command) {
        let command = self.command(day, details, to);
        self.agenda.add(day, command);
    }

    fn voices(&mut self, heard: usize) {
        for (number, (constituency, method, low, high)) in (0..).zip(VOICES).take(heard) {
            let day = school_day_from(after(OPENED, 5 + 3 * number));
            let count = self.chance.between(low, high);
            let voices = VoicesHeard { constituency, method, count, site: None, year: None };
            if self.at == 0 && number == 0 {
                // The ledger has filled in the place of what is corrected.
                let (site, year) = (Some(self.site), Some(SchoolYear::of(OPENED)));
                let now = VoicesHeard { count: count + 30, site, year, ..voices.clone() };
                let now = Box::new(Event::Assessment(about::Event::VoicesHeard(now)));
                let command = self.command(day, voices, about::Command::RecordVoices);
                self.agenda.add(day, Step::wrong(command, Then::Correct(now)));
            } else {
                self.add(day, voices, about::Command::RecordVoices);
            }
        }
    }

    fn needs(&mut self, seen: usize) -> Vec<NeedId> {
        let first = self.chance.below(NEEDS.len() as u64);
        (0..seen as u64)
            .map(|number| {
                // Three is prime to eleven, so that all are different.
                let at = usize::try_from((first + 3 * number) % 11).unwrap_or(0);
                let (barrier, tier) = NEEDS.get(at).copied().unwrap_or((Barrier::Other, Tier::Universal));
                let need = NeedId::new(self.chance.id("need", self.at * 10 + number));
                let seen = if barrier == Barrier::Attendance {
                    Evidence::AttendanceData
                } else {
                    Evidence::SurveyResult
                };
                let evidence = BTreeSet::from([Evidence::Voices, seen]);
                let details = NeedIdentified { need, barrier, evidence, tier, site: None, year: None };
                self.add(NEEDS_SEEN, details, about::Command::IdentifyNeed);
                need
            })
            .collect()
    }

    fn assets(&mut self, partners: &[&str]) {
        let asset = |chance: &Chance, number| AssetId::new(chance.id("asset", self.at * 10 + number));
        let [partner, place, skill, again] = [0, 1, 2, 3].map(|number| asset(self.chance, number));
        let known = self.at % 4;
        let label = usize::try_from(known).ok().and_then(|at| partners.get(at)).copied().unwrap_or_default();
        let by = Some(PartnerId::new(self.chance.id("partner", known)));
        let details = |asset, kind, partner, label: &str| AssetIdentified {
            asset,
            kind,
            partner,
            label: label.to_owned(),
            site: None,
            year: None,
        };
        let assets = [
            details(partner, AssetKind::Partner, by, label),
            details(place, AssetKind::Place, None, "The library across the street"),
            details(skill, AssetKind::Skill, None, "Families who cook for many"),
        ];
        for asset in assets {
            self.add(NEEDS_SEEN, asset, about::Command::IdentifyAsset);
        }
        if self.at == 0 {
            let twice = details(again, AssetKind::Place, None, "The library across the street");
            let command = self.command(NEEDS_SEEN, twice, about::Command::IdentifyAsset);
            self.agenda.add(NEEDS_SEEN, Step::wrong(command, Then::Void(Kind::Assessment)));
        }
    }

    /// What comes first, by the council's decision.
    fn priorities(&mut self, needs: &[NeedId], adopted: Adopted) {
        let day = school_day_from(after(adopted.day, 2));
        for (rank, need) in (1..).zip(needs.iter().take(3)) {
            let (need, decision) = (*need, adopted.id);
            let details = PrioritySet { need, decision, rank, site: None, year: None };
            self.add(day, details, about::Command::SetPriority);
        }
    }

    fn goals(&mut self, needs: &[NeedId]) {
        let day = date(2025, 10, 1);
        let known = INDICATORS.iter().cycle().skip(usize::try_from(self.at % 3).unwrap_or(0));
        for (number, ((indicator, unit, from, to), need)) in (0..).zip(known.zip(needs)) {
            let goal = GoalId::new(self.chance.id("goal", self.at * 10 + number));
            let baseline = i64::from(from + self.chance.between(0, from / 10));
            let target = i64::from(*to);
            let details = GoalSet {
                goal,
                need: Some(*need),
                indicator: (*indicator).to_owned(),
                unit: *unit,
                baseline,
                target,
                by: CLOSED,
                site: None,
                year: None,
            };
            self.add(day, details, about::Command::SetGoal);
            self.progress(goal, baseline, target);
        }
    }

    fn progress(&mut self, goal: GoalId, baseline: i64, target: i64) {
        for (half, day) in (1..).zip(LOOKED_AT) {
            // Of the way to the target, in hundredths; not every site comes nearer.
            let come = i64::from(self.chance.between(0, 70)) * half - 20;
            let value = baseline + (target - baseline) * come / 100;
            let status = match come {
                ..-5 => Progress::Decline,
                -5..5 => Progress::NoProgress,
                _ => Progress::Progressing,
            };
            let n = self.chance.between(200, 900);
            let details = ProgressObserved { goal, value, n, status, site: None, year: None };
            self.add(day, details, about::Command::ObserveProgress);
        }
    }
}
