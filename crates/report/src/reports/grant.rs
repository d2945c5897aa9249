//! Grant report: what a source of money paid for, and mental-health services by tier with unduplicated counts.

use super::parts::{by, by_kind, by_tier, name, names, services};
use crate::book::{Book, Question};
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
        Year::questions(scope).into_iter().chain([Question::of("site-profile", &[])]).collect()
    }

    fn write(&self, scope: &Scope, books: &[Book]) -> Result<Written, Trouble> {
        let [book] = books else {
            return Err(Trouble::OneLedger { report: self.name(), given: books.len() });
        };
        let year = Year::read(book, scope);
        let (of, sections) = match &scope.grant {
            Some(code) => {
                if !year.values(Measure::Services, &Key::total(), "funding").contains(code) {
                    let ledger = book.source().head.ledger;
                    return Err(Trouble::None { ledger, what: "grant", asked: code.clone() });
                }
                (format!("{code}, {}", book.owner()), of_grant(book, &year, code))
            }
            None => (book.owner().to_owned(), of_all(&year)),
        };
        let subtitle = format!("{of}, school year {}", scope.school_year);
        Ok(Written { title: "Grant report".to_owned(), subtitle, sections })
    }
}

fn of_grant(book: &Book, year: &Year, code: &str) -> Vec<Section> {
    let paid = Key::total().with("funding", code);
    let health = paid.with("mental_health", "true");
    let sites = names(book, "site-profile", "site");
    vec![
        services(year, ["Services", "All that named this funding.", "Of"], [(code.to_owned(), paid.clone())]),
        services(
            year,
            ["Mental-health services, by tier", "", "Tier"],
            with_total(&health, by_tier(&health)),
        ),
        services(year, ["Services, by tier", "", "Tier"], by_tier(&paid)),
        services(
            year,
            ["Kinds of service", "Mental-health services come last.", "Kind"],
            by_kind(year, &paid),
        ),
        services(year, ["Sites", "", "Site"], by(year, &paid, "site", |id| name(&sites, id))),
    ]
}

fn of_all(year: &Year) -> Vec<Section> {
    let all = Key::total();
    let health = all.with("mental_health", "true");
    let mut sections = vec![
        services(year, ["Services, by funding", "", "Funding"], by(year, &all, "funding", funding)),
        services(
            year,
            ["Mental-health services, by tier", "", "Tier"],
            with_total(&health, by_tier(&health)),
        ),
        services(year, ["Mental-health services, by kind", "", "Kind"], by(year, &health, "kind", plain)),
    ];
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
