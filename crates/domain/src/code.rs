//! The code lists of the field. A code is written in kebab case and never changes its meaning.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The four pillars of the state's program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pillar {
    /// Integrated student supports.
    StudentSupports,
    /// Family and community engagement.
    FamilyEngagement,
    /// Collaborative leadership and practices.
    CollaborativeLeadership,
    /// Extended learning time and opportunities.
    ExtendedLearning,
}

/// Tier of support: for all, for some, for few and individual. Written 1, 2, 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Tier {
    /// 1, for all.
    Universal,
    /// 2, for some.
    Targeted,
    /// 3, for few: individual.
    Intensive,
}

impl From<Tier> for u8 {
    fn from(tier: Tier) -> Self {
        match tier {
            Tier::Universal => 1,
            Tier::Targeted => 2,
            Tier::Intensive => 3,
        }
    }
}

impl TryFrom<u8> for Tier {
    type Error = &'static str;
    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            1 => Ok(Self::Universal),
            2 => Ok(Self::Targeted),
            3 => Ok(Self::Intensive),
            _ => Err("a tier is 1, 2 or 3"),
        }
    }
}

impl JsonSchema for Tier {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Tier".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "enum": [1, 2, 3], "description": "Tier of support." })
    }
}

/// Phase of growth in the annual progress report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// A shared vision is being made.
    Visioning,
    /// The work has begun.
    Engaging,
    /// The school has changed how it works.
    Transforming,
}

/// What sort of organisation a partner is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PartnerKind {
    /// An agency of the county.
    CountyAgency,
    /// A school district.
    District,
    /// A community organisation.
    CommunityOrganisation,
    /// A clinic, hospital or other provider of health care.
    Health,
    /// A college or university.
    HigherEducation,
    /// A business.
    Business,
    /// A foundation or other funder.
    Funder,
    /// A community of faith.
    Faith,
}

/// Kind of service: the taxonomy of what partners deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceKind {
    /// Help with school work.
    Tutoring,
    /// Care and activities before or after school.
    AfterSchoolProgram,
    /// Arts, science, sport and other enrichment.
    Enrichment,
    /// A steady adult beside a student.
    Mentoring,
    /// Programs in the school holidays.
    SummerProgram,
    /// College and career preparation.
    CollegeCareer,
    /// Counselling and therapy (mental health).
    MentalHealthCounseling,
    /// Prevention of suicide (mental health).
    SuicidePrevention,
    /// Help in a crisis (mental health).
    CrisisResponse,
    /// Treatment of dependency (mental health).
    SubstanceUseSupport,
    /// Restorative practices and school climate.
    RestorativePractice,
    /// Social and emotional learning.
    SocialEmotionalLearning,
    /// Medical care.
    HealthCare,
    /// Care of teeth.
    DentalCare,
    /// Care of eyes.
    VisionCare,
    /// Food and meals.
    Food,
    /// Housing and shelter.
    Housing,
    /// Clothing, hygiene and school supplies.
    BasicNeeds,
    /// Transport.
    Transportation,
    /// Legal and immigration help.
    LegalAid,
    /// Attendance support.
    AttendanceSupport,
    /// Classes and support for parents.
    ParentEducation,
    /// Language classes and interpretation.
    LanguageSupport,
    /// Work and income.
    WorkforceDevelopment,
    /// Support for early childhood.
    EarlyChildhood,
    /// Coordination of services around a student.
    CaseManagement,
    /// Information and referral.
    InformationReferral,
    /// None of the above.
    Other,
}

impl ServiceKind {
    /// Whether a delivery of this kind is a mental-health service, which names a case and never a person.
    pub const fn is_mental_health(self) -> bool {
        matches!(
            self,
            Self::MentalHealthCounseling
                | Self::SuicidePrevention
                | Self::CrisisResponse
                | Self::SubstanceUseSupport
        )
    }
}

/// What an agreement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AgreementKind {
    /// Memorandum of understanding.
    Mou,
    /// Contract for money.
    Contract,
    /// Agreement on sharing data.
    DataSharing,
}

/// Who signed, by role; never by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SignatoryRole {
    /// The superintendent.
    Superintendent,
    /// A member of the governing board.
    BoardMember,
    /// A principal.
    Principal,
    /// The head of the partner.
    PartnerDirector,
    /// A county officer.
    CountyOfficer,
}

/// How a service took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// In one room.
    InPerson,
    /// By telephone or video.
    Remote,
}

/// Kind of occasion with families.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EngagementKind {
    /// A visit at home.
    HomeVisit,
    /// A workshop.
    Workshop,
    /// Hours of a parent centre.
    ParentCentre,
    /// A conference about a student.
    Conference,
    /// Listening to families.
    ListeningSession,
    /// Families volunteering.
    Volunteering,
    /// A celebration.
    Celebration,
}

/// What a family did in an engagement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FamilyRole {
    /// Was there.
    Attended,
    /// Led it.
    Led,
    /// Made it together with staff.
    CoDesigned,
}

/// Why something ended, closed, was withdrawn, suspended or resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonCode {
    /// Came to its planned end.
    Completed,
    /// Both sides agreed.
    MutualAgreement,
    /// Money ran out.
    Funding,
    /// People were missing.
    Staffing,
    /// A term was not kept.
    NonCompliance,
    /// Insurance or clearance ran out.
    VettingExpired,
    /// Safety.
    Safety,
    /// The cause of a suspension is gone.
    Resolved,
    /// Low demand.
    LowDemand,
    /// The organisation or school closed.
    Closure,
    /// Merged with another.
    Merged,
    /// Anything else.
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every code of a list is one word on the wire and comes back as itself.
    fn round_trip<C: Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(words: &[&str]) {
        for word in words {
            let json = serde_json::Value::from(*word);
            let code: C = serde_json::from_value(json.clone()).unwrap();
            assert_eq!(serde_json::to_value(&code).unwrap(), json);
        }
        assert!(serde_json::from_value::<C>("no-such-code".into()).is_err());
    }

    #[test]
    fn codes_are_read_as_they_are_written() {
        round_trip::<Pillar>(&[
            "student-supports",
            "family-engagement",
            "collaborative-leadership",
            "extended-learning",
        ]);
        round_trip::<Phase>(&["visioning", "engaging", "transforming"]);
        round_trip::<PartnerKind>(&["county-agency", "community-organisation", "higher-education"]);
        round_trip::<AgreementKind>(&["mou", "contract", "data-sharing"]);
        round_trip::<Mode>(&["in-person", "remote"]);
        round_trip::<FamilyRole>(&["attended", "led", "co-designed"]);
        round_trip::<EngagementKind>(&["home-visit", "parent-centre", "listening-session"]);
        round_trip::<ReasonCode>(&["mutual-agreement", "non-compliance", "vetting-expired", "low-demand"]);
    }

    #[test]
    fn a_tier_is_written_as_its_number() {
        for number in 1..=3_u8 {
            let tier: Tier = serde_json::from_value(number.into()).unwrap();
            assert_eq!(serde_json::to_value(tier).unwrap(), serde_json::json!(number));
        }
        for wrong in [serde_json::json!(0), serde_json::json!(4), serde_json::json!("1")] {
            assert!(serde_json::from_value::<Tier>(wrong).is_err());
        }
    }

    #[test]
    fn four_kinds_of_service_are_mental_health() {
        let kind = |word: &str| serde_json::from_value::<ServiceKind>(word.into()).unwrap();
        for word in
            ["mental-health-counseling", "suicide-prevention", "crisis-response", "substance-use-support"]
        {
            assert!(kind(word).is_mental_health(), "{word}");
        }
        for word in ["tutoring", "social-emotional-learning", "restorative-practice", "health-care"] {
            assert!(!kind(word).is_mental_health(), "{word}");
        }
    }
}
