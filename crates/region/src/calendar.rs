//! The school year 2025–26 of the region: which days it has and how busy they are.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday, date};

/// First day of the ledgers.
pub(crate) const STARTS: Date = date(2025, 7, 1);
/// Last day of the agreements.
pub(crate) const ENDS: Date = date(2026, 6, 30);
/// First day of school.
pub(crate) const FIRST_DAY: Date = date(2025, 8, 11);
/// Last day of school.
pub(crate) const LAST_DAY: Date = date(2026, 6, 11);

/// Days without school, first to last.
const HOLIDAYS: [(Date, Date); 8] = [
    (date(2025, 9, 1), date(2025, 9, 1)),
    (date(2025, 11, 11), date(2025, 11, 11)),
    (date(2025, 11, 24), date(2025, 11, 28)),
    (date(2025, 12, 22), date(2026, 1, 9)),
    (date(2026, 1, 19), date(2026, 1, 19)),
    (date(2026, 2, 16), date(2026, 2, 16)),
    (date(2026, 3, 30), date(2026, 4, 3)),
    (date(2026, 5, 25), date(2026, 5, 25)),
];

/// The days of school with the share of the year that is over after each, in millionths.
pub(crate) struct Calendar {
    days: Vec<(Date, u64)>,
}

impl Calendar {
    /// The year.
    pub(crate) fn new() -> Self {
        let mut days = Vec::new();
        let mut weight = 0;
        let mut day = FIRST_DAY;
        while day <= LAST_DAY {
            if is_school_day(day) {
                weight += weight_of(day);
                days.push((day, weight));
            }
            day = day.saturating_add(1.day());
        }
        for (_, share) in &mut days {
            *share = *share * 1_000_000 / weight.max(1);
        }
        Self { days }
    }

    /// The day on which `made` of `all` things of the year are done.
    pub(crate) fn day(&self, made: u64, all: u64) -> Date {
        let share = u128::from(made) * 1_000_000 / u128::from(all.max(1));
        let at = self.days.partition_point(|(_, over)| u128::from(*over) <= share);
        self.days.get(at).or(self.days.last()).map_or(FIRST_DAY, |(day, _)| *day)
    }
}

/// The first day of school from that day on.
pub(crate) fn school_day_from(mut day: Date) -> Date {
    while !is_school_day(day) && day < LAST_DAY {
        day = day.saturating_add(1.day());
    }
    day
}

/// The last day of school up to that day; the first of the year at the earliest.
pub(crate) fn school_day_until(mut day: Date) -> Date {
    while !is_school_day(day) && day > FIRST_DAY {
        day = day.saturating_sub(1.day());
    }
    day.max(FIRST_DAY)
}

/// The part of this that falls to the days of the year up to that day, and one more to begin with.
pub(crate) fn part_by(day: Date, all: u64) -> u64 {
    let days = |to: Date| u64::try_from((to - FIRST_DAY).get_days()).unwrap_or(0);
    1 + all * days(day) / days(LAST_DAY)
}

/// So many days later.
pub(crate) fn after(day: Date, days: u32) -> Date {
    day.saturating_add(i64::from(days).days())
}

fn is_school_day(day: Date) -> bool {
    let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    !weekend && !HOLIDAYS.iter().any(|(from, to)| (*from..=*to).contains(&day))
}

/// Programs start slowly, are busiest before the winter break and in spring, and fade out in June.
fn weight_of(day: Date) -> u64 {
    let month = match day.month() {
        8 => 5,
        9 | 1 => 9,
        12 => 8,
        3 | 5 | 10 => 12,
        6 => 4,
        _ => 10,
    };
    // Less happens on Fridays.
    if day.weekday() == Weekday::Friday { month * 6 } else { month * 10 }
}
