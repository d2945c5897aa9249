//! What the rows of a file may be, in one list: columns, the commands that they make, and what makes them.

use crate::{Commands, Deliveries, Organizations, Orgs, Rows, Services, Sites};

/// What the rows of a file are.
#[derive(Debug)]
pub struct Format {
    /// In kebab case.
    pub name: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// The source's name where none is given; ids follow from it.
    pub source: &'static str,
    /// Columns that must be there.
    pub needed: &'static [&'static str],
    /// Other columns that are read.
    pub columns: &'static [&'static str],
    /// Columns of files that are not taken.
    pub unwanted: &'static [&'static str],
    /// The commands that its rows make; any, if none is named.
    pub commands: &'static [&'static str],
    /// Whether its things are in effect from the ledger's first day, because no row has a date.
    pub starts: bool,
    /// What makes commands of its rows.
    pub rows: fn() -> Box<dyn Rows>,
}

impl Format {
    /// Whether it is a JSON object a line, and no CSV. Lines may follow from one another, so their order counts.
    pub const fn is_lines(&self) -> bool {
        self.commands.is_empty()
    }

    /// Media type of such a file.
    pub const fn media_type(&self) -> &'static str {
        if self.is_lines() { "application/x-ndjson" } else { "text/csv" }
    }
}

/// Columns of OneRoster's files about people.
const PEOPLE: &[&str] = &[
    "userSourcedId",
    "givenName",
    "familyName",
    "middleName",
    "username",
    "userIds",
    "enabledUser",
    "birthDate",
    "agentSourcedIds",
    "orgSourcedIds",
    "score",
    "grade",
];

/// All of them.
pub const FORMATS: &[Format] = &[
    Format {
        name: "sites",
        about: "Schools and districts, with the columns of the state's public directory",
        source: "cde",
        needed: &["CDSCode", "District", "School", "City", "StatusType"],
        columns: &[
            "County",
            "NCESDist",
            "NCESSchool",
            "GSserved",
            "GSoffered",
            "OpenDate",
            "ClosedDate",
            "LastUpDate",
        ],
        unwanted: &[],
        commands: &["register-site", "close-site"],
        starts: false,
        rows: || Box::new(Sites),
    },
    Format {
        name: "partners",
        about: "Organisations, as HSDS or Ohana CSV: organizations.csv",
        source: "hsds",
        needed: &["id", "name"],
        columns: &["tax_id"],
        unwanted: &[],
        commands: &["onboard-partner"],
        starts: true,
        rows: || Box::new(Organizations),
    },
    Format {
        name: "services",
        about: "Services of partners, as HSDS or Ohana CSV: services.csv. Partners come first, from the same source; over HTTP \
                each row names its organization_id",
        source: "hsds",
        needed: &["id", "name"],
        columns: &["organization_id", "location_id", "keywords", "taxonomy_ids"],
        unwanted: &[],
        commands: &["offer-service"],
        starts: true,
        rows: || Box::<Services>::default(),
    },
    Format {
        name: "deliveries",
        about: "Deliveries, a sitting a row",
        source: "csv",
        needed: &["key", "date", "minutes"],
        columns: &[
            "agreement",
            "site",
            "kind",
            "pillar",
            "tier",
            "mode",
            "headcount",
            "offering",
            "participants",
            "case",
            "funding",
            "basis",
        ],
        unwanted: &[],
        commands: &["record-delivery"],
        starts: false,
        rows: || Box::<Deliveries>::default(),
    },
    Format {
        name: "oneroster",
        about: "Schools and districts, as OneRoster 1.2 CSV: orgs.csv. Files about people are not taken",
        source: "oneroster",
        needed: &["sourcedId", "name", "type", "identifier"],
        columns: &["status", "metadata.city"],
        unwanted: PEOPLE,
        commands: &["register-site"],
        starts: true,
        rows: || Box::<Orgs>::default(),
    },
    Format {
        name: "commands",
        about: "Commands of any kind, a JSON object a line, in order",
        source: "ndjson",
        needed: &[],
        columns: &[],
        unwanted: &[],
        commands: &[],
        starts: false,
        rows: || Box::<Commands>::default(),
    },
];

/// The format of this name.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_makes_commands_that_there_are() {
        for made in FORMATS.iter().flat_map(|format| format.commands) {
            assert!(domain::Command::kind_of(made).is_some(), "{made}");
        }
        let mut names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FORMATS.len());
    }
}
