//! What stands in a student's way, by category: the one list for needs of a school and for referrals.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::code::ServiceKind;

/// Category of a barrier, and of the need that it makes. Written in kebab case; never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Barrier {
    /// Learning, and help with school work.
    Academic,
    /// Coming to school.
    Attendance,
    /// Conduct, and the climate around it.
    Behaviour,
    /// Mental health.
    MentalHealth,
    /// Physical health.
    PhysicalHealth,
    /// Teeth.
    Dental,
    /// Eyes.
    Vision,
    /// Food.
    Food,
    /// Housing.
    Housing,
    /// Clothing, hygiene, school supplies and transport.
    BasicNeeds,
    /// Safety at school, at home and on the way.
    Safety,
    /// Support of the family: parenting, language, work.
    FamilySupport,
    /// Legal and immigration matters.
    Legal,
    /// None of the above.
    Other,
}

impl Barrier {
    /// The kinds of service that meet such a need: at a site with none of them on offer the need is a gap. A need
    /// of no category is met by a service of no kind.
    pub const fn services(self) -> &'static [ServiceKind] {
        use ServiceKind as S;
        match self {
            Self::Academic => &[
                S::Tutoring,
                S::AfterSchoolProgram,
                S::Enrichment,
                S::Mentoring,
                S::SummerProgram,
                S::CollegeCareer,
                S::EarlyChildhood,
            ],
            Self::Attendance => &[S::AttendanceSupport, S::Mentoring, S::CaseManagement, S::Transportation],
            Self::Behaviour => &[S::RestorativePractice, S::SocialEmotionalLearning, S::Mentoring],
            Self::MentalHealth => &[
                S::MentalHealthCounseling,
                S::SuicidePrevention,
                S::CrisisResponse,
                S::SubstanceUseSupport,
                S::SocialEmotionalLearning,
            ],
            Self::PhysicalHealth => &[S::HealthCare],
            Self::Dental => &[S::DentalCare],
            Self::Vision => &[S::VisionCare],
            Self::Food => &[S::Food],
            Self::Housing => &[S::Housing],
            Self::BasicNeeds => &[S::BasicNeeds, S::Transportation],
            Self::Safety => &[S::CrisisResponse, S::RestorativePractice, S::Transportation],
            Self::FamilySupport => &[
                S::ParentEducation,
                S::LanguageSupport,
                S::WorkforceDevelopment,
                S::EarlyChildhood,
                S::CaseManagement,
                S::InformationReferral,
            ],
            Self::Legal => &[S::LegalAid],
            Self::Other => &[S::Other],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_barrier_is_one_word_on_the_wire() {
        let words = ["academic", "behaviour", "mental-health", "basic-needs", "family-support", "other"];
        for word in words {
            let barrier: Barrier = serde_json::from_value(word.into()).unwrap();
            assert_eq!(serde_json::to_value(barrier).unwrap(), serde_json::json!(word));
        }
        assert!(serde_json::from_value::<Barrier>("no-such-barrier".into()).is_err());
    }

    #[test]
    fn a_barrier_is_met_by_services_of_its_own() {
        use ServiceKind as S;
        let met = |barrier: Barrier, kind| barrier.services().contains(&kind);
        for (barrier, kind) in [
            (Barrier::Food, S::Food),
            (Barrier::MentalHealth, S::MentalHealthCounseling),
            (Barrier::MentalHealth, S::CrisisResponse),
            (Barrier::Academic, S::Tutoring),
            (Barrier::FamilySupport, S::ParentEducation),
        ] {
            assert!(met(barrier, kind), "{barrier:?} {kind:?}");
        }
        assert!(!met(Barrier::Food, S::Tutoring) && !met(Barrier::Other, S::Food));
    }
}
