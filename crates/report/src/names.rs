//! Codes as people say them.

/// The name of a pillar, as the state's program has it.
pub(crate) fn pillar(code: &str) -> String {
    match code {
        "student-supports" => "Integrated student supports".to_owned(),
        "family-engagement" => "Family and community engagement".to_owned(),
        "collaborative-leadership" => "Collaborative leadership and practices".to_owned(),
        "extended-learning" => "Extended learning time and opportunities".to_owned(),
        other => plain(other),
    }
}

/// The four pillars, in the order of the program.
pub(crate) const PILLARS: [&str; 4] =
    ["student-supports", "family-engagement", "collaborative-leadership", "extended-learning"];

/// The three tiers.
pub(crate) const TIERS: [&str; 3] = ["1", "2", "3"];

/// What a tier is.
pub(crate) fn tier(number: &str) -> String {
    match number {
        "1" => "Tier 1, for all".to_owned(),
        "2" => "Tier 2, for some".to_owned(),
        "3" => "Tier 3, for few".to_owned(),
        other => plain(other),
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `2026-03` as `March 2026`.
pub(crate) fn month(code: &str) -> String {
    let name = |(year, month): (&str, &str)| {
        let number: usize = month.parse().ok()?;
        Some(format!("{} {year}", MONTHS.get(number.checked_sub(1)?)?))
    };
    code.split_once('-').and_then(name).unwrap_or_else(|| code.to_owned())
}

/// Where the money comes from; an empty code is none.
pub(crate) fn funding(code: &str) -> String {
    if code.is_empty() { "Not named".to_owned() } else { code.to_owned() }
}

/// `after-school-program` as `After school program`.
pub(crate) fn plain(code: &str) -> String {
    if code == "mou" {
        return "MOU".to_owned();
    }
    let spaced = code.replace('-', " ");
    let mut letters = spaced.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
