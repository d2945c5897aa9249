//! School years: 1 July to 30 June, written `2025-26`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

/// A school year, by the calendar year of its July.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchoolYear(i16);

impl SchoolYear {
    /// The one year that the date belongs to.
    pub fn of(date: Date) -> Self {
        if date.month() >= 7 { Self(date.year()) } else { Self(date.year().saturating_sub(1)) }
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

impl FromStr for SchoolYear {
    type Err = NotASchoolYear;
    fn from_str(text: &str) -> Result<Self, NotASchoolYear> {
        let year = text.get(..4).and_then(|y| y.parse().ok()).map(Self).ok_or(NotASchoolYear)?;
        if year.to_string() == text { Ok(year) } else { Err(NotASchoolYear) }
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
}
