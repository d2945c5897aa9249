//! Checks on values that commands bring: texts, dates, counts.

use jiff::civil::Date;

use crate::{Effective, Refusal, Stamp, State};

/// Longest name of a thing, in characters.
pub(crate) const NAME_CHARS_MAX: usize = 200;
/// Longest code, alias or reference, in characters.
pub(crate) const CODE_CHARS_MAX: usize = 64;

/// A text is not empty, not longer than `max` characters, has no space at its ends and no control character.
pub(crate) fn text(field: &'static str, value: &str, max: usize) -> Result<(), Refusal> {
    let sound = !value.is_empty()
        && value.chars().count() <= max
        && value.trim() == value
        && !value.chars().any(char::is_control);
    if sound { Ok(()) } else { Err(Refusal::TextNotAllowed { field, max }) }
}

/// A code is 1 to 64 characters of a–z, A–Z, 0–9 and `-._:/`.
pub(crate) fn code(field: &'static str, value: &str) -> Result<(), Refusal> {
    let sound = (1..=CODE_CHARS_MAX).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:/".contains(&b));
    if sound { Ok(()) } else { Err(Refusal::CodeNotAllowed { field }) }
}

/// Every code of a list.
pub(crate) fn codes(field: &'static str, values: &[String]) -> Result<(), Refusal> {
    values.iter().try_for_each(|value| code(field, value))
}

/// Rule 4: minutes are 1..=1440.
pub(crate) fn minutes(minutes: u32) -> Result<(), Refusal> {
    if (1..=1440).contains(&minutes) { Ok(()) } else { Err(Refusal::MinutesOutOfRange { minutes }) }
}

/// Most cents of one amount: a hundred thousand million dollars. Sums of amounts under it stay exact in any reader.
pub(crate) const CENTS_MAX: u64 = 10_000_000_000_000;

/// Rule 4: cents are 0..=[`CENTS_MAX`].
pub(crate) fn cents(cents: u64) -> Result<(), Refusal> {
    if cents <= CENTS_MAX { Ok(()) } else { Err(Refusal::CentsOutOfRange { cents }) }
}

/// Rule 4: headcounts are 1..=10,000.
pub(crate) fn headcount(headcount: u32) -> Result<(), Refusal> {
    if (1..=10_000).contains(&headcount) { Ok(()) } else { Err(Refusal::HeadcountOutOfRange { headcount }) }
}

/// Rule 4: what was done lies inside the ledger's life, not in the future and not further back than the policy
/// lets a late report go. It is one day.
pub(crate) fn day_done(state: &State, stamp: &Stamp, effective: Option<Effective>) -> Result<Date, Refusal> {
    let day = one_day(effective)?;
    not_in_future(stamp, day)?;
    let ledger = state.ledger();
    if day < ledger.starts {
        return Err(Refusal::DateBeforeLedger { date: day, starts: ledger.starts });
    }
    let oldest = stamp.today.saturating_sub(jiff::Span::new().days(i32::from(ledger.policy.late_days_max)));
    if day < oldest {
        return Err(Refusal::DateTooOld { date: day, oldest });
    }
    Ok(day)
}

/// The same for a correction: what stays on its day is never too late to be put right.
pub(crate) fn day_corrected(
    state: &State,
    stamp: &Stamp,
    now: Option<Effective>,
    was: Option<Effective>,
) -> Result<Date, Refusal> {
    if now == was { one_day(now) } else { day_done(state, stamp, now) }
}

/// A single day, given.
pub(crate) fn one_day(effective: Option<Effective>) -> Result<Date, Refusal> {
    match effective {
        Some(Effective::Day(day)) => Ok(day),
        Some(Effective::Span(..)) | None => Err(Refusal::OneDayNeeded),
    }
}

/// Rule 4: not in the future.
pub(crate) fn not_in_future(stamp: &Stamp, day: Date) -> Result<(), Refusal> {
    if day > stamp.today {
        return Err(Refusal::DateInFuture { date: day, today: stamp.today });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_counted_in_characters_and_has_no_edges_of_space() {
        for sound in ["a", "Niños y niñas", "ñññ"] {
            assert_eq!(text("name", sound, 13), Ok(()), "{sound}");
        }
        for unsound in ["", " a", "a\n", "a\u{0}b", "fourteen chars"] {
            assert!(text("name", unsound, 13).is_err(), "{unsound:?}");
        }
    }

    #[test]
    fn a_code_has_the_characters_of_codes() {
        let long = "a".repeat(64);
        for sound in ["a", "MOU-2025/17", "sample:3.b_c", &long] {
            assert_eq!(code("code", sound), Ok(()), "{sound}");
        }
        for unsound in ["", "a b", "ñ", "a\"b", &format!("{long}a")] {
            assert!(code("code", unsound).is_err(), "{unsound:?}");
        }
    }
}
