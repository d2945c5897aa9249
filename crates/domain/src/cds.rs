//! CDS codes: county 2 digits, district 5, school 7.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A CDS code: 14 digits. A school part of zeros names the district itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CdsCode(u64);

impl CdsCode {
    /// County, 1..=58.
    pub const fn county(self) -> u8 {
        // At most 14 digits, so the quotient has two.
        (self.0 / 1_000_000_000_000) as u8
    }

    /// The code of the district this belongs to.
    pub const fn district(self) -> Self {
        Self(self.0 / 10_000_000 * 10_000_000)
    }

    /// Whether it names a district or county office and not a school.
    pub const fn is_district(self) -> bool {
        self.0.is_multiple_of(10_000_000)
    }
}

impl fmt::Display for CdsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:014}", self.0)
    }
}

/// The text is not 14 digits with a county of 01 to 58.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotACdsCode;

impl fmt::Display for NotACdsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a CDS code has 14 digits: county (01 to 58), district, school")
    }
}

impl FromStr for CdsCode {
    type Err = NotACdsCode;
    fn from_str(text: &str) -> Result<Self, NotACdsCode> {
        if text.len() != 14 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NotACdsCode);
        }
        let code = Self(text.parse().map_err(|_| NotACdsCode)?);
        if (1..=58).contains(&code.county()) { Ok(code) } else { Err(NotACdsCode) }
    }
}

impl TryFrom<String> for CdsCode {
    type Error = NotACdsCode;
    fn try_from(text: String) -> Result<Self, NotACdsCode> {
        text.parse()
    }
}

impl From<CdsCode> for String {
    fn from(code: CdsCode) -> Self {
        code.to_string()
    }
}

impl JsonSchema for CdsCode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CdsCode".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": r"^\d{14}$", "description": "County 2, district 5, school 7 digits." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_names_a_school_and_its_district() {
        let school: CdsCode = "19647331932383".parse().unwrap();
        assert_eq!((school.county(), school.is_district()), (19, false));
        assert_eq!(school.district().to_string(), "19647330000000");
        assert!(school.district().is_district());
        let first: CdsCode = "01100170000000".parse().unwrap();
        assert_eq!(first.to_string(), "01100170000000");
    }

    #[test]
    fn what_is_not_fourteen_digits_of_a_county_is_no_code() {
        for text in
            ["", "1964733193238", "196473319323830", "19-64733-1932383", "00647331932383", "59647331932383"]
        {
            assert!(text.parse::<CdsCode>().is_err(), "{text}");
        }
    }
}
