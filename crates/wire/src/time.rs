//! `time` on the wire: RFC 3339 in UTC with six decimals, `2026-03-01T08:09:10.123456Z`.
//!
//! Our own few lines, because every event is written and read through them; tests hold them to jiff.

use std::fmt;

use domain::Timestamp;
use jiff::civil::Date;

const MICROS_PER_DAY: i64 = 86_400_000_000;
const MICROS_OF_YEAR_10000: i64 = days_since_epoch(10_000, 1, 1) * MICROS_PER_DAY;

/// A moment as it is written: 27 bytes of ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeText([u8; 27]);

impl TimeText {
    /// The text.
    pub fn as_str(&self) -> &str {
        // Only ASCII is ever put in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for TimeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text of a moment, or nothing outside the years 1970 to 9999.
pub fn format(time: Timestamp) -> Option<TimeText> {
    if !(0..MICROS_OF_YEAR_10000).contains(&time.0) {
        return None;
    }
    let (days, rest) = (time.0 / MICROS_PER_DAY, time.0 % MICROS_PER_DAY);
    let (year, month, day) = civil(days);
    let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    for (last, mut number) in [
        (3, year),
        (6, month),
        (9, day),
        (12, seconds / 3600),
        (15, seconds / 60 % 60),
        (18, seconds % 60),
        (25, micros),
    ] {
        for digit in text.iter_mut().take(last + 1).rev() {
            if number == 0 {
                break;
            }
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
    }
    Some(TimeText(text))
}

/// The moment of a text of exactly that form, or nothing.
pub fn parse(text: &str) -> Option<Timestamp> {
    let b: &[u8; 27] = text.as_bytes().try_into().ok()?;
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (26, b'Z')];
    if marks.iter().any(|(at, mark)| b.get(*at) != Some(mark)) {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<i64> {
        b.get(from..to)?
            .iter()
            .try_fold(0_i64, |n, d| d.is_ascii_digit().then(|| n * 10 + i64::from(d - b'0')))
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second, micros) = (number(11, 13)?, number(14, 16)?, number(17, 19)?, number(20, 26)?);
    if hour > 23 || minute > 59 || second > 59 || year < 1970 {
        return None;
    }
    // Rejects the 31st of February; the count of days is arithmetic.
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    let seconds = ((days_since_epoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(Timestamp(seconds * 1_000_000 + micros))
}

/// Days from 1970-01-01 to a civil date of the proleptic Gregorian calendar, by eras of 400 years that begin
/// in March so that the leap day is last.
const fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_since_epoch`], for days since 1970.
const fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn times_are_written_and_read_as_jiff_does(micros in 0_i64..253_402_207_200_000_000) {
            let text = format(Timestamp(micros)).unwrap();
            prop_assert_eq!(parse(text.as_str()), Some(Timestamp(micros)));
            let theirs: jiff::Timestamp = text.as_str().parse().unwrap();
            prop_assert_eq!(theirs.as_microsecond(), micros);
        }
    }

    #[test]
    fn another_spelling_of_a_moment_is_not_read() {
        for text in [
            "2026-03-01T08:09:10.123456",
            "2026-03-01T08:09:10.123456+00:00",
            "2026-03-01T08:09:10Z",
            "2026-02-30T08:09:10.123456Z",
            "2026-03-01t08:09:10.123456z",
            "2026-03-01T24:00:00.000000Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
