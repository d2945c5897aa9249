//! From where somebody looks at a ledger: what was known then, and which day of the world is looked at.

use std::fmt;
use std::str::FromStr;

use domain::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::time;

/// What was known: the first axis of time. Corrections and late reports never change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum AsOf {
    /// All up to this position.
    Position(u64),
    /// All that was recorded up to this moment.
    Moment(Timestamp),
    /// All that was recorded up to the end of this day, in the ledger's time zone.
    Day(Date),
}

/// A position is a number, as it always was.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Position(u64),
    Text(String),
}

/// The text is neither a position, nor a day, nor a moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("give a position, a day YYYY-MM-DD or an RFC 3339 time with its offset")]
pub struct NotAsOf;

impl FromStr for AsOf {
    type Err = NotAsOf;
    fn from_str(text: &str) -> Result<Self, NotAsOf> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().map(Self::Position).map_err(|_| NotAsOf);
        }
        if text.len() == 10 {
            return text.parse().map(Self::Day).map_err(|_| NotAsOf);
        }
        let moment: jiff::Timestamp = text.parse().map_err(|_| NotAsOf)?;
        let moment = Timestamp(moment.as_microsecond());
        time::format(moment).map(|_| Self::Moment(moment)).ok_or(NotAsOf)
    }
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Position(position) => write!(f, "{position}"),
            Self::Moment(moment) => time::format(*moment).map_or(Err(fmt::Error), |text| text.fmt(f)),
            Self::Day(day) => write!(f, "{day}"),
        }
    }
}

impl From<AsOf> for Written {
    fn from(as_of: AsOf) -> Self {
        match as_of {
            AsOf::Position(position) => Self::Position(position),
            AsOf::Moment(_) | AsOf::Day(_) => Self::Text(as_of.to_string()),
        }
    }
}

impl TryFrom<Written> for AsOf {
    type Error = NotAsOf;
    fn try_from(written: Written) -> Result<Self, NotAsOf> {
        match written {
            Written::Position(position) => Ok(Self::Position(position)),
            Written::Text(text) => text.parse(),
        }
    }
}

/// Both axes of time. By default all that is known, of all days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Vantage {
    /// What was known.
    pub as_of: Option<AsOf>,
    /// The day of the world: what begins later is left out ([`domain::Fact::valid_on`]).
    pub valid_on: Option<Date>,
}

impl Vantage {
    /// Whether it is that of the live views.
    pub const fn is_now(&self) -> bool {
        self.as_of.is_none() && self.valid_on.is_none()
    }
}

impl fmt::Display for Vantage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(as_of) = self.as_of {
            let what = if matches!(as_of, AsOf::Position(_)) { "at position " } else { "on " };
            write!(f, ", as known {what}{as_of}")?;
        }
        if let Some(day) = self.valid_on {
            write!(f, ", true on {day}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_a_day_and_a_moment_have_one_spelling() {
        for (text, json) in [
            ("17", "17"),
            ("2026-03-01", "\"2026-03-01\""),
            ("2026-03-01T08:09:10.000000Z", "\"2026-03-01T08:09:10.000000Z\""),
        ] {
            let as_of: AsOf = text.parse().unwrap();
            assert_eq!(as_of.to_string(), text);
            assert_eq!(serde_json::to_string(&as_of).unwrap(), json);
            assert_eq!(serde_json::from_str::<AsOf>(json).unwrap(), as_of);
        }
        for text in ["", "yesterday", "2026-02-30", "2026-03-01T08:09:10", "-1"] {
            assert_eq!(text.parse::<AsOf>(), Err(NotAsOf), "{text}");
        }
    }
}
