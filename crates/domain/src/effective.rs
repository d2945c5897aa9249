//! When something is true in the world: a civil date, or a span of dates, both ends included.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A civil date (`2026-03-01`) or a span (`2026-03-01/2026-06-30`), in the ledger's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Effective {
    /// One day.
    Day(Date),
    /// From the first to the second date, both included; the first is not after the second.
    Span(Date, Date),
}

impl Effective {
    /// The first day.
    pub const fn from(&self) -> Date {
        match self {
            Self::Day(d) | Self::Span(d, _) => *d,
        }
    }

    /// The last day; equal to the first for a single day.
    pub const fn to(&self) -> Date {
        match self {
            Self::Day(d) | Self::Span(_, d) => *d,
        }
    }

    /// Whether the day lies inside.
    pub fn contains(&self, day: Date) -> bool {
        self.from() <= day && day <= self.to()
    }
}

impl fmt::Display for Effective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(d) => write!(f, "{d}"),
            Self::Span(a, b) => write!(f, "{a}/{b}"),
        }
    }
}

/// The text is neither `YYYY-MM-DD` nor `YYYY-MM-DD/YYYY-MM-DD` in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotADateOrSpan;

impl fmt::Display for NotADateOrSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a date YYYY-MM-DD or a span YYYY-MM-DD/YYYY-MM-DD in order")
    }
}

impl FromStr for Effective {
    type Err = NotADateOrSpan;
    fn from_str(text: &str) -> Result<Self, NotADateOrSpan> {
        // jiff also takes other ISO forms; one date has one spelling here, so the length is part of the form.
        let date = |t: &str| match t.len() {
            10 => t.parse::<Date>().map_err(|_| NotADateOrSpan),
            _ => Err(NotADateOrSpan),
        };
        match text.split_once('/') {
            None => Ok(Self::Day(date(text)?)),
            Some((from, to)) => {
                let (from, to) = (date(from)?, date(to)?);
                if from > to { Err(NotADateOrSpan) } else { Ok(Self::Span(from, to)) }
            }
        }
    }
}

impl TryFrom<String> for Effective {
    type Error = NotADateOrSpan;
    fn try_from(text: String) -> Result<Self, NotADateOrSpan> {
        text.parse()
    }
}

impl From<Effective> for String {
    fn from(effective: Effective) -> Self {
        effective.to_string()
    }
}

impl JsonSchema for Effective {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Effective".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A civil date, or two joined by a slash, both included.",
            "pattern": r"^\d{4}-\d{2}-\d{2}(/\d{4}-\d{2}-\d{2})?$"
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_and_a_span_have_one_spelling() {
        for text in ["2026-03-02", "2026-03-02/2026-06-30", "2026-03-02/2026-03-02"] {
            assert_eq!(text.parse::<Effective>().unwrap().to_string(), text);
        }
        for text in
            ["", "2026-3-2", "20260302", "2026-02-30", "2026-03-02/", "2026-03-03/2026-03-02", "2026-W10-1"]
        {
            assert_eq!(text.parse::<Effective>(), Err(NotADateOrSpan), "{text}");
        }
    }

    #[test]
    fn both_ends_of_a_span_belong_to_it() {
        let span: Effective = "2026-03-02/2026-03-04".parse().unwrap();
        let inside = |day| span.contains(date(2026, 3, day));
        assert_eq!([1, 2, 4, 5].map(inside), [false, true, true, false]);
    }
}
