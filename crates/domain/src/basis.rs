//! On what grounds something may be recorded: laws, consents, decisions of a council, sharings.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use uuid::Uuid;

use crate::code::ServiceKind;
use crate::id::{CaseId, ConsentId};
use crate::text::code;
use crate::{Refusal, State};

/// What a command's attribute `basis` names, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Basis {
    /// Codes of laws: `law:wic-5600`.
    pub laws: Vec<String>,
    /// Consents of this ledger: `consent:<id>`.
    pub consents: Vec<ConsentId>,
    /// Adopted decisions of a council: `decision:<id>`.
    pub decisions: Vec<Uuid>,
    /// Sharings under which something is read: `sharing:<id>`.
    pub sharings: Vec<Uuid>,
}

/// The text is not `law:<code>`, `consent:<id>`, `decision:<id>` and `sharing:<id>` with one space between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotABasis;

impl fmt::Display for NotABasis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "basis must be law:<code>, consent:<id>, decision:<id> or sharing:<id>, several with one space between",
        )
    }
}

impl FromStr for Basis {
    type Err = NotABasis;
    fn from_str(text: &str) -> Result<Self, NotABasis> {
        // An id has one spelling here.
        let id = |id: &str| match id.len() {
            36 => Uuid::try_parse(id).map_err(|_| NotABasis),
            _ => Err(NotABasis),
        };
        let mut basis = Self::default();
        for ground in text.split(' ') {
            match ground.split_once(':').ok_or(NotABasis)? {
                ("law", law) => {
                    code("basis", law).map_err(|_| NotABasis)?;
                    basis.laws.push(law.to_owned());
                }
                ("consent", consent) => basis.consents.push(ConsentId::new(id(consent)?)),
                ("decision", decision) => basis.decisions.push(id(decision)?),
                ("sharing", sharing) => basis.sharings.push(id(sharing)?),
                _ => return Err(NotABasis),
            }
        }
        Ok(basis)
    }
}

/// What needs a law or a consent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    /// The case that it is about, where one is named.
    pub(crate) case: Option<CaseId>,
    /// The kind of service, where it is one.
    pub(crate) kind: Option<ServiceKind>,
    /// The day on which it takes place.
    pub(crate) day: Date,
}

impl Basis {
    /// Rule 3: a law or a consent is named, and every consent that is named covers what is needed.
    pub(crate) fn allows(&self, state: &State, need: Need) -> Result<(), Refusal> {
        if self.laws.is_empty() && self.consents.is_empty() {
            return Err(Refusal::BasisNeeded);
        }
        self.consents_cover(state, need)
    }

    /// Nobody cites a consent that does not hold, whatever else is cited.
    pub(crate) fn consents_cover(&self, state: &State, need: Need) -> Result<(), Refusal> {
        self.consents.iter().try_for_each(|consent| state.consent(*consent)?.covers(need))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basis_names_grounds_with_one_space_between() {
        let id = "018f0000-0000-7000-8000-000000000001";
        let all = format!("law:wic-5600 consent:{id} decision:{id} sharing:{id} law:ferpa-99.31");
        let basis: Basis = all.parse().unwrap();
        assert_eq!(basis.laws, ["wic-5600", "ferpa-99.31"]);
        let id = Uuid::try_parse(id).unwrap();
        assert_eq!(
            (basis.consents, basis.decisions, basis.sharings),
            (vec![ConsentId::new(id)], vec![id], vec![id])
        );
    }

    #[test]
    fn what_is_no_ground_is_no_basis() {
        for text in [
            "",
            " ",
            "law",
            "law:",
            "law:a b",
            "law:a  law:b",
            " law:a",
            "law:a ",
            "Law:a",
            "law:§",
            "consent:1",
            "consent:018f000000007000800000000000001",
            "grant:a",
        ] {
            assert_eq!(text.parse::<Basis>(), Err(NotABasis), "{text:?}");
        }
    }
}
