//! `time` on the wire: RFC 3339 in UTC with six decimals, `2026-03-01T08:09:10.123456Z`.
//!
//! Our own few lines, because every event is written and read through them; tests hold them to jiff.

use domain::Timestamp;
use jiff::civil::Date;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The text of a moment, or nothing outside the years 1970 to 9999.
pub fn format(time: Timestamp) -> Option<String> {
    let (days, rest) = (time.0.div_euclid(MICROS_PER_DAY), time.0.rem_euclid(MICROS_PER_DAY));
    let epoch = Date::constant(1970, 1, 1);
    if time.0 < 0 {
        return None;
    }
    let date = epoch.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
    let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z"))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn times_are_written_and_read_as_jiff_does(micros in 0_i64..253_402_207_200_000_000) {
            let text = format(Timestamp(micros)).unwrap();
            prop_assert_eq!(parse(&text), Some(Timestamp(micros)));
            let theirs: jiff::Timestamp = text.parse().unwrap();
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
