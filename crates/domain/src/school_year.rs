//! School years: 1 July to 30 June, written `2025-26`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A school year, by the calendar year of its July.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SchoolYear(i16);

impl SchoolYear {
    /// The one year that the date belongs to.
    pub fn of(date: Date) -> Self {
        if date.month() >= 7 { Self(date.year()) } else { Self(date.year().saturating_sub(1)) }
    }

    /// Its first day, a 1 July.
    pub fn first_day(self) -> Date {
        // Only years of four digits are read and only years of dates are made.
        Date::new(self.0, 7, 1).unwrap_or(Date::MAX)
    }

    /// Its last day, a 30 June.
    pub fn last_day(self) -> Date {
        Date::new(self.0.saturating_add(1), 6, 30).unwrap_or(Date::MAX)
    }
}

impl fmt::Display for SchoolYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0, self.0.saturating_add(1).rem_euclid(100))
    }
}

/// The text is not a school year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotASchoolYear;

impl fmt::Display for NotASchoolYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a school year such as 2025-26")
    }
}

impl FromStr for SchoolYear {
    type Err = NotASchoolYear;
    fn from_str(text: &str) -> Result<Self, NotASchoolYear> {
        let year = text.get(..4).and_then(|y| y.parse().ok()).map(Self).ok_or(NotASchoolYear)?;
        if year.to_string() == text { Ok(year) } else { Err(NotASchoolYear) }
    }
}

impl TryFrom<String> for SchoolYear {
    type Error = NotASchoolYear;
    fn try_from(text: String) -> Result<Self, NotASchoolYear> {
        text.parse()
    }
}

impl From<SchoolYear> for String {
    fn from(year: SchoolYear) -> Self {
        year.to_string()
    }
}

impl JsonSchema for SchoolYear {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SchoolYear".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A school year, 1 July to 30 June, such as 2025-26.",
            "pattern": r"^\d{4}-\d{2}$"
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_school_year_turns_on_the_first_of_july() {
        assert_eq!(SchoolYear::of(date(2025, 6, 30)).to_string(), "2024-25");
        assert_eq!(SchoolYear::of(date(2025, 7, 1)).to_string(), "2025-26");
        assert_eq!(SchoolYear::of(date(2099, 12, 31)).to_string(), "2099-00");
    }

    #[test]
    fn a_school_year_is_read_as_it_is_written() {
        assert_eq!("2025-26".parse(), Ok(SchoolYear::of(date(2026, 1, 1))));
        for text in ["2025", "2025-27", "2025-2026", "25-26", "2025/26"] {
            assert_eq!(text.parse::<SchoolYear>(), Err(NotASchoolYear), "{text}");
        }
    }

    #[test]
    fn a_school_year_runs_from_july_to_june() {
        let year: SchoolYear = "2025-26".parse().unwrap();
        assert_eq!((year.first_day(), year.last_day()), (date(2025, 7, 1), date(2026, 6, 30)));
        assert_eq!([year.first_day(), year.last_day()].map(SchoolYear::of), [year; 2]);
    }

    #[test]
    fn a_school_year_is_one_text_on_the_wire() {
        let year: SchoolYear = serde_json::from_str("\"2025-26\"").unwrap();
        assert_eq!(serde_json::to_string(&year).unwrap(), "\"2025-26\"");
        assert!(serde_json::from_str::<SchoolYear>("\"2025-27\"").is_err());
        assert!(serde_json::from_str::<SchoolYear>("2025").is_err());
    }
}
