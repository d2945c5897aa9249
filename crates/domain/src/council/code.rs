//! The code lists of councils, and when a proposal is carried.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::Display;

use crate::council::Tally;

/// Whom a seat of a council is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Constituency {
    /// Students.
    Student,
    /// Parents, caregivers and other family.
    Family,
    /// Teachers and others with a credential.
    Educator,
    /// Staff without a credential: offices, kitchens, transport, aides.
    ClassifiedStaff,
    /// Principals and other administrators.
    Administrator,
    /// Organisations that work with the site.
    CommunityPartner,
    /// Unions.
    Labour,
}

impl Constituency {
    /// Whether rule 8 has it in every quorum as soon as it has seats.
    pub const fn is_never_left_out(self) -> bool {
        matches!(self, Self::Student | Self::Family)
    }
}

/// What a council is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// One site.
    Site,
    /// The district.
    District,
    /// The county.
    County,
}

/// When a proposal is carried. At least one member supports it, whatever the rule.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum DecisionRule {
    /// Nobody opposes, and more support it than stand aside.
    Consensus,
    /// Nobody opposes.
    Consent,
    /// More support than oppose it.
    Majority,
    /// At least two thirds of those who support or oppose it support it.
    TwoThirds,
}

impl DecisionRule {
    /// Whether these positions carry a proposal. Who abstains counts for the quorum only.
    pub fn carries(self, tally: Tally) -> bool {
        let [support, stand_aside, oppose] = [tally.support, tally.stand_aside, tally.oppose].map(u32::from);
        support > 0
            && match self {
                Self::Consensus => oppose == 0 && support > stand_aside,
                Self::Consent => oppose == 0,
                Self::Majority => support > oppose,
                Self::TwoThirds => 3 * support >= 2 * (support + oppose),
            }
    }
}

/// Why a proposal was not adopted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NotAdopted {
    /// Too few attended, in total or of a constituency; it may come before the council again.
    NoQuorum,
    /// The positions did not carry it.
    NotCarried,
    /// Who raised it took it back.
    Withdrawn,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_carries_what_it_says_and_no_more() {
        let tally =
            |[support, stand_aside, oppose]: [u16; 3]| Tally { support, stand_aside, oppose, abstain: 9 };
        let carried = |rule: DecisionRule, positions| rule.carries(tally(positions));
        for (positions, by) in [
            ([0, 0, 0], [false; 4]),
            ([0, 3, 0], [false; 4]),
            ([1, 0, 0], [true; 4]),
            ([3, 2, 0], [true; 4]),
            ([2, 2, 0], [false, true, true, true]),
            ([1, 9, 0], [false, true, true, true]),
            ([2, 0, 1], [false, false, true, true]),
            ([3, 0, 2], [false, false, true, false]),
            ([2, 0, 2], [false, false, false, false]),
            ([u16::MAX, 0, u16::MAX], [false; 4]),
        ] {
            use DecisionRule::{Consensus, Consent, Majority, TwoThirds};
            let found = [Consensus, Consent, Majority, TwoThirds].map(|rule| carried(rule, positions));
            assert_eq!(found, by, "{positions:?}");
        }
    }
}
