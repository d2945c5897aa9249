//! Annual progress: a ledger's or a site's school year by the four pillars.

use std::collections::BTreeMap;

use super::parts::{
    ROLES, SERVED, by, by_kind, by_month, by_pillar, by_tier, facts, families, name, names, served, services,
};
use super::{assistance, leadership, money, needs, people};
use crate::book::{Book, Question, number, text};
use crate::names::{pillar, plain};
use crate::suppression::Key;
use crate::{Argument, Cell, Column, Measure, Report, Scope, Section, Table, Trouble, Unit, Written, Year};

/// The report.
pub(crate) struct AnnualProgress;

impl Report for AnnualProgress {
    fn name(&self) -> &'static str {
        "annual-progress"
    }
    fn about(&self) -> &'static str {
        "the school year of a ledger, or of one site, by the four pillars"
    }
    fn arguments(&self) -> &'static [Argument] {
        &[Argument { name: "site", needed: false }]
    }
    fn questions(&self, scope: &Scope) -> Vec<Question> {
        let lists = ["site-profile", "partner-directory"].map(|view| Question::of(view, &[]));
        Year::questions(scope)
            .into_iter()
            .chain(leadership::questions(scope))
            .chain(money::questions(scope))
            .chain(needs::questions(scope))
            .chain(assistance::questions(scope))
            .chain(lists)
            .collect()
    }

    fn write(&self, scope: &Scope, books: &[Book]) -> Result<Written, Trouble> {
        let [book] = books else {
            return Err(Trouble::OneLedger { report: self.name(), given: books.len() });
        };
        let year = Year::read(book, scope);
        let (subtitle, sections) = match &scope.site {
            Some(asked) => of_site(book, scope, &year, asked)?,
            None => (book.owner().to_owned(), of_ledger(book, scope, &year)),
        };
        let subtitle = format!("{subtitle}, school year {}", scope.school_year);
        Ok(Written { title: "Annual progress".to_owned(), subtitle, sections })
    }
}

fn of_ledger(book: &Book, scope: &Scope, year: &Year) -> Vec<Section> {
    let all = Key::total();
    let sites = names(book, "site-profile", "site");
    let partners = names(book, "partner-directory", "partner");
    let [needs, goals] = needs::sections(book, scope, &sites, None);
    let [awards, spent] = money::awards(book, scope, year, &money::grants(book));
    vec![
        in_figures(year, &all, "of all sites"),
        services(year, ["The four pillars", "", "Pillar"], by_pillar(&all)),
        site_table(book, year),
        pillars_by_site(year, &sites),
        services(year, ["Tiers of support", "", "Tier"], by_tier(&all)),
        services(
            year,
            ["Kinds of service", "Mental-health services come last.", "Kind"],
            by_kind(year, &all),
        ),
        services(year, ["Partners", "", "Partner"], by(year, &all, "partner", |id| name(&partners, id))),
        services(year, ["Services, by month", "", "Month"], by_month(year, &all)),
        people::engagements(year, &all),
        families(year, ["Families, by occasion", "Occasion"], occasions(year, &all)),
        families(year, ["Families, by site", "Site"], site_occasions(year, &sites)),
        languages(year, &all),
        people::referrals(year, &all),
        people::heard(book, scope, year, &all),
        needs,
        needs::assets(book, scope, &sites, &partners, None),
        goals,
        leadership::councils(book, scope, None),
        assistance::topics(book, scope, None),
        awards,
        spent,
    ]
}

fn of_site(book: &Book, scope: &Scope, year: &Year, asked: &str) -> Result<(String, Vec<Section>), Trouble> {
    let row = book.one(("site-profile", "site"), &["site", "cds"], asked)?;
    let here = Key::total().with("site", text(row, "site"));
    let partners = names(book, "partner-directory", "partner");
    let site = facts(
        "The site",
        "Phase of growth and coordinators as last recorded.",
        vec![
            (Column::new("Site", Unit::Text), Cell::text(text(row, "name"))),
            (Column::new("CDS code", Unit::Text), Cell::text(text(row, "cds"))),
            (Column::new("Status", Unit::Text), Cell::text(plain(text(row, "status")))),
            (Column::new("Phase", Unit::Text), Cell::text(plain(text(row, "phase")))),
            (Column::new("Coordinators", Unit::Count), Cell::Number(number(row, "coordinators"))),
            (
                Column::new("Full-time equivalents", Unit::Hundredths),
                Cell::Number(number(row, "coordinator_fte_hundredths")),
            ),
        ],
    );
    let sites = names(book, "site-profile", "site");
    let [needs, goals] = needs::sections(book, scope, &sites, here.value("site"));
    let sections = vec![
        site,
        in_figures(year, &here, "of the site"),
        services(year, ["The four pillars", "", "Pillar"], by_pillar(&here)),
        services(year, ["Tiers of support", "", "Tier"], by_tier(&here)),
        services(
            year,
            ["Kinds of service", "Mental-health services come last.", "Kind"],
            by_kind(year, &here),
        ),
        services(year, ["Partners", "", "Partner"], by(year, &here, "partner", |id| name(&partners, id))),
        people::engagements(year, &here),
        families(year, ["Families, by occasion", "Occasion"], occasions(year, &here)),
        languages(year, &here),
        people::referrals(year, &here),
        people::heard(book, scope, year, &here),
        needs,
        needs::assets(book, scope, &sites, &partners, here.value("site")),
        goals,
        leadership::councils(book, scope, here.value("site")),
        assistance::topics(book, scope, here.value("site")),
        money::sites(book, scope, &money::grants(book), &sites, here.value("site")),
    ];
    Ok((format!("{}, {}", text(row, "name"), book.owner()), sections))
}

fn in_figures(year: &Year, key: &Key, of: &str) -> Section {
    let mut all: Vec<(Column, Cell)> =
        SERVED.map(|(_, column)| column).into_iter().zip(served(year, key)).collect();
    let people =
        [("Engagements", Unit::Count, Measure::Occasions), ("Families", Unit::People, Measure::Families)];
    all.extend(people.map(|(name, unit, measure)| (Column::new(name, unit), year.figure(measure, key))));
    all.extend(ROLES.map(|(name, role)| {
        (Column::new(name, Unit::People), year.figure(Measure::FamilyTurns, &key.with("role", role)))
    }));
    let partners = year.values(Measure::Services, key, "partner").len() as u64;
    all.push((Column::new("Partners", Unit::Count), Cell::Number(partners)));
    facts("The year in figures", &format!("Everything that was recorded {of} in the school year."), all)
}

fn site_table(book: &Book, year: &Year) -> Section {
    let mut columns = vec![
        Column::new("Site", Unit::Text),
        Column::new("Phase", Unit::Text),
        Column::new("Status", Unit::Text),
    ];
    columns.extend(SERVED.map(|(_, column)| column));
    let row = |site: &serde_json::Value| {
        let mut row = vec![Cell::text(text(site, "name"))];
        row.extend(["phase", "status"].map(|column| match text(site, column) {
            "" => Cell::None,
            code => Cell::Text(plain(code)),
        }));
        row.extend(served(year, &Key::total().with("site", text(site, "site"))));
        row
    };
    let mut sites: Vec<&serde_json::Value> = book.all("site-profile").iter().collect();
    sites.sort_by_key(|site| (text(site, "name"), text(site, "site")));
    let table = Table { columns, rows: sites.into_iter().map(row).collect() };
    let about = "Phase of growth as last recorded; services of the school year.";
    Section { heading: "Sites".to_owned(), about: about.to_owned(), table, is_list: false, bars: Some(4) }
}

fn pillars_by_site(year: &Year, sites: &BTreeMap<String, String>) -> Section {
    let mut columns = vec![Column::new("Site", Unit::Text), Column::new("Pillar", Unit::Text)];
    columns.extend(SERVED.map(|(_, column)| column));
    let mut rows = Vec::new();
    for (site, here) in by(year, &Key::total(), "site", |id| name(sites, id)) {
        for (pillar, key) in by(year, &here, "pillar", pillar) {
            let mut row = vec![Cell::text(&site), Cell::Text(pillar)];
            row.extend(served(year, &key));
            rows.push(row);
        }
    }
    let about = "Where nothing took place there is no row.";
    let table = Table { columns, rows };
    Section {
        heading: "Pillars at each site".to_owned(),
        about: about.to_owned(),
        table,
        is_list: false,
        bars: None,
    }
}

fn occasions(year: &Year, within: &Key) -> Vec<(String, Key)> {
    let kinds = year.values(Measure::Occasions, within, "kind");
    kinds.iter().map(|kind| (plain(kind), within.with("kind", kind))).collect()
}

fn site_occasions(year: &Year, sites: &BTreeMap<String, String>) -> Vec<(String, Key)> {
    let values = year.values(Measure::Occasions, &Key::total(), "site");
    let mut rows: Vec<_> =
        values.iter().map(|site| (name(sites, site), Key::total().with("site", site))).collect();
    rows.sort();
    rows
}

fn languages(year: &Year, within: &Key) -> Section {
    let values = year.values(Measure::Families, within, "language");
    let row = |language: &String| {
        let families = year.figure(Measure::Families, &within.with("language", language));
        vec![Cell::text(language), families]
    };
    let columns = vec![Column::new("Language", Unit::Text), Column::new("Families", Unit::People)];
    let table = Table { columns, rows: values.iter().map(row).collect() };
    let about = "Languages in which families took part, by their code; unduplicated within each row.";
    Section {
        heading: "Families, by language".to_owned(),
        about: about.to_owned(),
        table,
        is_list: false,
        bars: Some(1),
    }
}
