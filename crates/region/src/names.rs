//! Invented names: schools, partners and what they do.

use domain::code::PartnerKind::{self, *};
use domain::code::Pillar::{self, *};
use domain::code::ServiceKind::{self, *};
use domain::code::Tier::{self, *};

/// Names of schools.
pub(crate) const SCHOOLS: [&str; 29] = [
    "Marigold Street",
    "Quail Hollow",
    "Two Rivers",
    "Lantern Hill",
    "Sycamore Row",
    "Old Orchard",
    "Tidewater",
    "Cobblestone",
    "Windmill Road",
    "Blue Heron",
    "Saltgrass",
    "Juniper Flats",
    "Beacon Point",
    "Larkspur",
    "Granary Lane",
    "Copper Bridge",
    "Foxglove",
    "Harvest Moon",
    "Chestnut",
    "Sandpiper",
    "Mill Pond",
    "Orchard Gate",
    "Pepper Tree",
    "Long Meadow",
    "Stonecrop",
    "Rosewater",
    "Arroyo",
    "Clearwater",
    "Meadowlark",
];

/// A partner as the region has it.
pub(crate) struct PartnerProfile {
    /// Name.
    pub(crate) name: &'static str,
    /// What sort of organisation.
    pub(crate) kind: PartnerKind,
    /// What it does, each at a tier.
    pub(crate) services: &'static [(ServiceKind, Tier)],
    /// Under which pillar.
    pub(crate) pillar: Pillar,
    /// Who pays.
    pub(crate) funding: &'static str,
}

const fn partner(
    name: &'static str,
    kind: PartnerKind,
    (pillar, funding): (Pillar, &'static str),
    services: &'static [(ServiceKind, Tier)],
) -> PartnerProfile {
    PartnerProfile { name, kind, services, pillar, funding }
}

/// Every district works with the first few of them; the larger it is, with the more.
pub(crate) const PARTNERS: [PartnerProfile; 21] = [
    partner(
        "Lantern Tutors",
        CommunityOrganisation,
        (ExtendedLearning, "elop"),
        &[(Tutoring, Targeted), (Mentoring, Targeted)],
    ),
    partner(
        "Second Bell After School",
        CommunityOrganisation,
        (ExtendedLearning, "elop"),
        &[(AfterSchoolProgram, Universal), (Enrichment, Universal)],
    ),
    partner(
        "Open Table Food Bank",
        CommunityOrganisation,
        (StudentSupports, "ccspp"),
        &[(Food, Universal), (BasicNeeds, Universal)],
    ),
    partner(
        "Riverbend Community Clinic",
        Health,
        (StudentSupports, "medi-cal"),
        &[(HealthCare, Targeted), (VisionCare, Targeted)],
    ),
    partner(
        "County Department of Wellbeing",
        CountyAgency,
        (StudentSupports, "cybhi"),
        &[(MentalHealthCounseling, Intensive), (CrisisResponse, Intensive)],
    ),
    partner(
        "Parent Institute of the Valley",
        CommunityOrganisation,
        (FamilyEngagement, "ccspp"),
        &[(ParentEducation, Universal), (LanguageSupport, Universal)],
    ),
    partner(
        "Common Ground Circles",
        CommunityOrganisation,
        (CollaborativeLeadership, "ccspp"),
        &[(RestorativePractice, Universal), (SocialEmotionalLearning, Universal)],
    ),
    partner("Bright Smiles Van", Health, (StudentSupports, "medi-cal"), &[(DentalCare, Targeted)]),
    partner(
        "Bridge Home Alliance",
        CommunityOrganisation,
        (StudentSupports, "title-i"),
        &[(Housing, Targeted), (CaseManagement, Intensive)],
    ),
    partner(
        "Foothill Community College",
        HigherEducation,
        (ExtendedLearning, "lcff"),
        &[(CollegeCareer, Targeted), (Tutoring, Targeted)],
    ),
    partner(
        "Northside Congregations",
        Faith,
        (StudentSupports, "own-funds"),
        &[(Mentoring, Targeted), (BasicNeeds, Universal)],
    ),
    partner("Harbor Legal Aid", CommunityOrganisation, (StudentSupports, "ccspp"), &[(LegalAid, Targeted)]),
    partner(
        "County Office of Early Learning",
        CountyAgency,
        (ExtendedLearning, "lcff"),
        &[(EarlyChildhood, Universal)],
    ),
    partner(
        "Workshop West",
        Business,
        (ExtendedLearning, "own-funds"),
        &[(WorkforceDevelopment, Targeted), (CollegeCareer, Targeted)],
    ),
    partner(
        "Clear Path Recovery",
        Health,
        (StudentSupports, "cybhi"),
        &[(SubstanceUseSupport, Intensive), (SuicidePrevention, Universal)],
    ),
    partner("Copperline Transit", Business, (StudentSupports, "lcff"), &[(Transportation, Universal)]),
    partner(
        "The Almanac Fund",
        Funder,
        (ExtendedLearning, "own-funds"),
        &[(SummerProgram, Universal), (Enrichment, Universal)],
    ),
    partner(
        "Present and Counted",
        CommunityOrganisation,
        (StudentSupports, "lcff"),
        &[(AttendanceSupport, Targeted)],
    ),
    partner(
        "Neighbouring Unified Career Classes",
        District,
        (ExtendedLearning, "lcff"),
        &[(CollegeCareer, Targeted)],
    ),
    partner(
        "Tides and Stages Arts",
        CommunityOrganisation,
        (ExtendedLearning, "elop"),
        &[(Enrichment, Universal)],
    ),
    partner(
        "Neighbour Line",
        CommunityOrganisation,
        (FamilyEngagement, "ccspp"),
        &[(InformationReferral, Universal)],
    ),
];

/// Languages of the families, the more common ones more than once.
pub(crate) const LANGUAGES: [&str; 8] = ["es", "es", "es", "en", "en", "hy", "zh", "tl"];
