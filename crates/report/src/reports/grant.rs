//! Grant report: what a source of money paid for, and mental-health services by tier with unduplicated counts.

use serde_json::Value;

use super::money;
use super::parts::{by, by_kind, by_tier, name, names, services};
use crate::book::{Book, Question, text};
use crate::names::{funding, plain};
use crate::suppression::Key;
use crate::{Argument, Measure, Report, Scope, Section, Trouble, Written, Year};

/// The report.
pub(crate) struct Grant;

impl Report for Grant {
    fn name(&self) -> &'static str {
        "grant"
    }
    fn about(&self) -> &'static str {
        "services that a grant paid for, with mental-health services by tier; without --grant, of every grant"
    }
    fn arguments(&self) -> &'static [Argument] {
        &[Argument { name: "grant", needed: false }]
    }
    fn questions(&self, scope: &Scope) -> Vec<Question> {
        let sites = Question::of("site-profile", &[]);
        Year::questions(scope).into_iter().chain(money::questions(scope)).chain([sites]).collect()
    }

    fn write(&self, scope: &Scope, books: &[Book]) -> Result<Written, Trouble> {
        let [book] = books else {
            return Err(Trouble::OneLedger { report: self.name(), given: books.len() });
        };
        let year = Year::read(book, scope);
        let (of, sections) = match &scope.grant {
            Some(asked) => {
                let Paid { named, codes, grants } = paid(book, &year, asked)?;
                (format!("{named}, {}", book.owner()), of_grant(book, scope, &year, &codes, &grants))
            }
            None => (book.owner().to_owned(), of_all(book, scope, &year)),
        };
        let subtitle = format!("{of}, school year {}", scope.school_year);
        Ok(Written { title: "Grant report".to_owned(), subtitle, sections })
    }
}

/// What is meant by a grant: its name, the funding codes that deliveries name it by, and its money.
struct Paid<'a> {
    named: String,
    codes: Vec<String>,
    grants: Vec<&'a Value>,
}

/// A grant by its id or award number, which deliveries may also name by its program; a program with all its grants; or
/// a code that only deliveries name.
fn paid<'a>(book: &'a Book, year: &Year, asked: &str) -> Result<Paid<'a>, Trouble> {
    let all = money::grants(book);
    if let Some(grant) = all.iter().find(|row| [text(row, "grant"), text(row, "award")].contains(&asked)) {
        let (award, program) = (text(grant, "award"), text(grant, "program"));
        let named = format!("{award} of {}", text(grant, "funder"));
        return Ok(Paid { named, codes: vec![award.to_owned(), program.to_owned()], grants: vec![grant] });
    }
    let grants: Vec<&Value> = all.into_iter().filter(|row| text(row, "program") == asked).collect();
    let is_named = year.values(Measure::Services, &Key::total(), "funding").contains(asked);
    if grants.is_empty() && !is_named {
        return Err(Trouble::None {
            ledger: book.source().head.ledger,
            what: "grant",
            asked: asked.to_owned(),
        });
    }
    let awards = grants.iter().map(|row| text(row, "award").to_owned());
    Ok(Paid {
        named: asked.to_owned(),
        codes: [asked.to_owned()].into_iter().chain(awards).collect(),
        grants,
    })
}

fn of_grant(book: &Book, scope: &Scope, year: &Year, codes: &[String], grants: &[&Value]) -> Vec<Section> {
    let paid = |code: &String| Key::total().with("funding", code);
    let named: Vec<(String, Key)> = codes.iter().map(|code| (code.clone(), paid(code))).collect();
    // A row of each code: numbers of people with one and with another can't be added up.
    let each = |rows: &dyn Fn(&Key) -> Vec<(String, Key)>| -> Vec<(String, Key)> {
        let rows = named.iter().flat_map(|(code, key)| {
            rows(key).into_iter().map(move |(label, key)| {
                (if codes.len() == 1 { label } else { format!("{label} ({code})") }, key)
            })
        });
        rows.filter(|(_, key)| codes.len() == 1 || !year.is_zero(Measure::Services, key)).collect()
    };
    let sites = names(book, "site-profile", "site");
    let health = |key: &Key| {
        let key = key.with("mental_health", "true");
        with_total(&key, by_tier(&key))
    };
    let mut sections = Vec::new();
    if !grants.is_empty() {
        sections.extend(money::awards(book, scope, year, grants));
        sections.extend([
            money::categories(book, scope, grants),
            money::sites(book, scope, grants, &sites, None),
        ]);
    }
    sections.extend([
        services(year, ["Services", "By the code that they named.", "Code"], named.clone()),
        services(year, ["Mental-health services, by tier", "", "Tier"], each(&health)),
        services(year, ["Services, by tier", "", "Tier"], each(&by_tier)),
        services(
            year,
            ["Kinds of service", "Mental-health services come last.", "Kind"],
            each(&|key| by_kind(year, key)),
        ),
        services(year, ["Sites", "", "Site"], each(&|key| by(year, key, "site", |id| name(&sites, id)))),
    ]);
    sections
}

fn of_all(book: &Book, scope: &Scope, year: &Year) -> Vec<Section> {
    let all = Key::total();
    let health = all.with("mental_health", "true");
    let grants = money::grants(book);
    let mut sections = money::awards(book, scope, year, &grants).to_vec();
    sections.extend([
        services(year, ["Services, by funding", "", "Funding"], by(year, &all, "funding", funding)),
        services(
            year,
            ["Mental-health services, by tier", "", "Tier"],
            with_total(&health, by_tier(&health)),
        ),
        services(year, ["Mental-health services, by kind", "", "Kind"], by(year, &health, "kind", plain)),
    ]);
    let paid = |code: &str| {
        let key = all.with("funding", code).with("mental_health", "true");
        (funding(code), key)
    };
    let codes = year.values(Measure::Services, &all, "funding");
    let rows: Vec<_> = codes
        .iter()
        .map(|code| paid(code))
        .filter(|(_, key)| !year.is_zero(Measure::Services, key))
        .collect();
    sections.push(services(year, ["Mental-health services, by funding", "", "Funding"], rows));
    sections
}

fn with_total(key: &Key, mut rows: Vec<(String, Key)>) -> Vec<(String, Key)> {
    rows.push(("All tiers, unduplicated".to_owned(), key.clone()));
    rows
}
