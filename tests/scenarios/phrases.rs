//! The words of stories: each phrase stands for commands in their general form, so a new one is a line of the table.
//!
//! `{name}` takes any words; a name of [`NUMBERS`] takes a number, one of [`DAYS`] a day. `{number}` is a number of its
//! own. Lines of a phrase are done one after the other, on the day said before the phrase unless they say one.

use jiff::civil::Date;

const NUMBERS: &[&str] = &["n", "minutes", "days", "under", "tier"];
const DAYS: &[&str] = &["day", "from", "to", "until"];

/// What a phrase says, and what is done.
pub(crate) const PHRASES: &[(&str, &[&str])] = &[
    // The ledger.
    (
        "a ledger from {from}, today {day}",
        &[
            "today is {day}",
            "open-ledger: owner Azul Unified, cds 19999990000000, time_zone America/Los_Angeles, starts {from}, \
             policy/suppress_under 11, policy/late_days_max 400",
        ],
    ),
    (
        "the policy suppresses under {under} and takes reports {days} days late",
        &["change-policy: policy/suppress_under {under}, policy/late_days_max {days}"],
    ),
    (
        "the policy names only enrolled persons",
        &["change-policy: policy/suppress_under 11, policy/late_days_max 400, policy/persons enrolled"],
    ),
    ("version {n} of {event} is registered", &["register-schema: event {event}, version {n}"]),
    // Tokens.
    (
        "the token {token} for {actor} until {until}, allowing {scopes}",
        &["grant-access {token}: label {token}, actor {actor}, scopes {scopes}, expires {until}, \
           secret_hash AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"],
    ),
    ("the token {token} is revoked: {reason}", &["revoke-access {token}: reason {reason}"]),
    // Sites.
    ("the site {site}", &["register-site {site} on 1999-09-01: name {site}, cds 1999999{number}, city Azul"]),
    (
        "{site} becomes a community school",
        &["designate-site {site}: program ccspp, cohort 1, phase visioning"],
    ),
    ("{site} closes", &["close-site {site}: reason closure"]),
    // Partners.
    (
        "the partner {partner}, vetted until {until}",
        &[
            "onboard-partner {partner} on 2025-07-01: name {partner}, kind community-organisation",
            "vet-partner {partner} on 2025-07-01: insurance_until {until}, clearance_until {until}, checked_by staff-4",
        ],
    ),
    (
        "the partner {partner}",
        &["onboard-partner {partner} on 2025-07-01: name {partner}, kind community-organisation"],
    ),
    (
        "{partner} is vetted until {until}",
        &["vet-partner {partner}: insurance_until {until}, clearance_until {until}, checked_by staff-4"],
    ),
    ("the partner {partner} is suspended: {reason}", &["suspend-partner {partner}: reason {reason}"]),
    ("the partner {partner} is reinstated", &["reinstate-partner {partner}: reason resolved"]),
    ("the partner {partner} leaves", &["offboard-partner {partner}: reason mutual-agreement"]),
    // Agreements.
    (
        "the agreement {agreement} with {partner} for {sites}, from {from} to {to}, covering {kinds}",
        &[
            "sign-agreement {agreement} from {from} to {to}: partner {partner}, reference {agreement}, kind mou, \
           terms/sites {sites}, terms/pillars student-supports, terms/kinds {kinds}, signatories superintendent",
        ],
    ),
    (
        "{agreement} is amended to {sites}, covering {kinds}",
        &["amend-agreement {agreement}: sites {sites}, pillars student-supports, kinds {kinds}"],
    ),
    ("{agreement} is renewed from {from} to {to}", &["renew-agreement {agreement} from {from} to {to}"]),
    ("{agreement} is suspended: {reason}", &["suspend-agreement {agreement}: reason {reason}"]),
    ("{agreement} is resumed", &["resume-agreement {agreement}: reason resolved"]),
    ("{agreement} ends: {reason}", &["end-agreement {agreement}: reason {reason}"]),
    // Offerings.
    (
        "{partner} offers {name}, tier {tier} {kind} at {site} under {agreement}",
        &[
            "offer-service {name}: partner {partner}, agreement {agreement}, site {site}, name {name}, kind {kind}, \
           pillar student-supports, tier {tier}",
        ],
    ),
    (
        "{partner} lists {name}, tier {tier} {kind}",
        &[
            "offer-service {name}: partner {partner}, name {name}, kind {kind}, pillar student-supports, tier {tier}",
        ],
    ),
    ("{name} is withdrawn: {reason}", &["withdraw-service {name}: reason {reason}"]),
    // Deliveries: few are named, many are counted, tier 3 has a case.
    (
        "{minutes} minutes of {kind} at {site} under {agreement} for {n} people",
        &[
            "record-delivery: agreement {agreement}, site {site}, kind {kind}, pillar student-supports, tier 1, \
           mode in-person, minutes {minutes}, headcount {n}",
        ],
    ),
    (
        "{minutes} minutes of {kind} at {site} under {agreement} for the case {case}",
        &[
            "record-delivery: agreement {agreement}, site {site}, kind {kind}, pillar student-supports, tier 3, \
           mode in-person, minutes {minutes}, case {case}",
        ],
    ),
    (
        "{minutes} minutes of {kind} at {site} under {agreement} for {students}",
        &[
            "record-delivery: agreement {agreement}, site {site}, kind {kind}, pillar student-supports, tier 2, \
           mode in-person, minutes {minutes}, participants {students}",
        ],
    ),
    (
        "{minutes} minutes of {offering} for {n} people",
        &["record-delivery: offering {offering}, mode in-person, minutes {minutes}, headcount {n}"],
    ),
    (
        "{minutes} minutes of {offering} for {students}",
        &["record-delivery: offering {offering}, mode in-person, minutes {minutes}, participants {students}"],
    ),
    // Engagements.
    ("the {kind} {name} is planned at {site}", &["plan-engagement {name}: site {site}, kind {kind}"]),
    (
        "the {kind} {name} is held at {site} for {minutes} minutes with {n} people",
        &[
            "record-engagement {name}: site {site}, kind {kind}, minutes {minutes}, interpreter no, headcount {n}",
        ],
    ),
    ("the family {family} attends {name}", &["record-family {name}: household {family}, role attended"]),
    ("the family {family} leads {name}", &["record-family {name}: household {family}, role led"]),
    (
        "the family {family} designs {name} with the school",
        &["record-family {name}: household {family}, role co-designed"],
    ),
    ("the engagement {name} is cancelled: {reason}", &["cancel-engagement {name}: reason {reason}"]),
    // Persons and consents.
    ("{person} of the family {family} is enrolled", &["enrol-person {person}: household {family}"]),
    ("{person} is merged into {other}", &["merge-persons {person}: into {other}"]),
    ("{person} is separated from {other}", &["separate-persons {person}: from {other}"]),
    (
        "the parents consent to {kinds} for the case {case}, from {from} to {to}, as {consent}",
        &["record-consent {consent} from {from} to {to}: case {case}, kinds {kinds}, basis parent-consent"],
    ),
    (
        "the case {case} is opened in {programme} at {site}",
        &["open-case {case}: programme {programme}, site {site}"],
    ),
    ("the case {case} is closed", &["close-case {case}"]),
    (
        "{fields} of {person} are shown to {organisation} for {purpose}",
        &[
            "record-disclosure: person {person}, recipient/organisation {organisation}, purpose {purpose}, fields {fields}",
        ],
    ),
    (
        "{fields} of the case {case} are shown to the partner {partner} for {purpose}",
        &["record-disclosure: case {case}, recipient/partner {partner}, purpose {purpose}, fields {fields}"],
    ),
    ("{consent} is withdrawn", &["withdraw-consent {consent}: reason family-choice"]),
    // Councils.
    (
        "the council {council} of {site} with seats for 2 students, 3 families and 2 educators, deciding by {rule}",
        &[
            "charter-council {council}: level site, site {site}, name {council}, seats/student 2, seats/family 3, \
           seats/educator 2, quorum/total 4, quorum/constituencies/student 1, quorum/constituencies/family 2, rule {rule}, \
           decides priorities",
        ],
    ),
    (
        "{member} sits in {council} for {constituency} until {until}",
        &["seat-member {council} from 2025-09-01 to {until}: member {member}, constituency {constituency}"],
    ),
    (
        "{council} meets as {meeting} with {members}",
        &[
            "convene-meeting {council}: meeting {meeting}, agenda priorities",
            "record-attendance {council}: meeting {meeting}, members {members}",
        ],
    ),
    (
        "the families propose {title} to {council}",
        &[
            "raise-proposal {council}: proposal {title}, constituency family, pillar family-engagement, title {title}",
        ],
    ),
    // Needs.
    (
        "the assessment {assessment} of {site} for {year}",
        &["open-assessment {assessment}: site {site}, year {year}, methods survey"],
    ),
    (
        "the need {need} of {barrier} is found in {assessment}",
        &["identify-need {assessment}: need {need}, barrier {barrier}, evidence survey-result, tier 1"],
    ),
    (
        "{need} comes first in {assessment} by the decision {decision}",
        &["set-priority {assessment}: need {need}, decision {decision}, rank 1"],
    ),
    // Money.
    (
        "the grant {grant} of {n} cents from {from} to {to}",
        &[
            "award-grant {grant} from {from} to {to}: program ccspp, funder State of Sample, award {grant}, cents {n}",
        ],
    ),
    (
        "{n} cents of {grant} are allocated to {site} as {allocation}",
        &["allocate-grant {grant}: allocation {allocation}, site {site}, cents {n}"],
    ),
    (
        "{n} cents of {allocation} in {grant} are spent on {category}",
        &["record-expenditure {grant}: allocation {allocation}, category {category}, cents {n}"],
    ),
];

/// What these words stand for, with the fields after them added to the last line; nothing if they are no phrase.
pub(crate) fn meaning(said: &str, number: u32) -> Option<Vec<String>> {
    let split = said.split_once(": ");
    let tries = [Some((said, None)), split.map(|(head, fields)| (head, Some(fields)))];
    tries.into_iter().flatten().find_map(|(head, fields)| {
        let fitting = PHRASES.iter().filter_map(|(says, lines)| Some((says, fits(says, head)?, lines)));
        let (_, found, lines) = fitting.max_by_key(|(says, ..)| literal(says))?;
        let fill = |line: &&str| {
            let line = line.replace("{number}", &format!("{number:07}"));
            found.iter().fold(line, |line, (name, words)| line.replace(&format!("{{{name}}}"), words))
        };
        let mut lines: Vec<String> = lines.iter().map(fill).collect();
        if let (Some(last), Some(fields)) = (lines.last_mut(), fields) {
            last.push_str(if last.contains(": ") { ", " } else { ": " });
            last.push_str(fields);
        }
        Some(lines)
    })
}

/// The words in the places of a pattern, if it fits as a whole.
fn fits<'a>(pattern: &'a str, said: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let Some((literal, rest)) = pattern.split_once('{') else {
        return (pattern == said).then(Vec::new);
    };
    let said = said.strip_prefix(literal)?;
    let (name, rest) = rest.split_once('}')?;
    let next = rest.split('{').next().unwrap_or_default();
    let ends = said.match_indices(next).map(|(at, _)| at).filter(|_| !next.is_empty());
    let ends = ends.chain(next.is_empty().then_some(said.len()));
    ends.filter(|end| is(name, &said[..*end])).find_map(|end| {
        let mut found = fits(rest, &said[end..])?;
        found.push((name, &said[..end]));
        Some(found)
    })
}

/// The phrase that this act is said in.
pub(crate) fn phrase_of(said: &str) -> Option<&'static str> {
    let head = said.split_once(": ").map_or(said, |(head, _)| head);
    let says = PHRASES.iter().map(|(says, _)| *says);
    let fitting = says.filter(|says| fits(says, said).is_some() || fits(says, head).is_some());
    fitting.max_by_key(|says| literal(says))
}

/// How much a phrase says itself: of several that fit, the one that says most is meant.
fn literal(says: &str) -> usize {
    says.split('{').map(|part| part.split_once('}').map_or(part, |(_, after)| after).len()).sum()
}

fn is(name: &str, words: &str) -> bool {
    if NUMBERS.contains(&name) {
        words.parse::<u64>().is_ok()
    } else if DAYS.contains(&name) {
        words.parse::<Date>().is_ok()
    } else {
        !words.is_empty() && !words.contains(": ")
    }
}

#[test]
fn phrases_are_told_apart_by_their_numbers_and_days() {
    let first = |said: &str| meaning(said, 7).unwrap().remove(0);
    assert_eq!(first("the partner A leaves"), "offboard-partner A: reason mutual-agreement");
    assert!(first("the site Manzanita").ends_with("name Manzanita, cds 19999990000007, city Azul"));
    assert!(first("45 minutes of food at A under B for 20 people").ends_with("headcount 20"));
    assert!(first("45 minutes of food at A under B for 20 students").ends_with("participants 20 students"));
    assert!(first("45 minutes of Homework club for 2 students: funding ccspp").ends_with(", funding ccspp"));
    assert_eq!(meaning("the moon rises", 1), None);
}
