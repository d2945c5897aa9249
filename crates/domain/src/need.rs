//! What stands in a student's way, by category: the one list for needs of a school and for referrals.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
}
