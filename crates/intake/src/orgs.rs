//! Sites, from OneRoster 1.2 `orgs.csv`.
//!
//! | column | becomes |
//! |---|---|
//! | `identifier` | the site's CDS code, and its id, the same as from the state's directory |
//! | `name` | name |
//! | `type` | `school` and `district` are sites; others are passed over |
//! | `metadata.city` | city; `unknown` where the file does not have it, because OneRoster has no addresses |
//! | `sourcedId` | the row's key |
//! | `status` | `tobedeleted` is refused: a site closes on a day and for a reason, which the file does not have |
//!
//! A site that the views know already is passed over. The file has no dates, so the ledger's first day is taken. Files
//! about people (users, enrollments, demographics, results) are not taken.

use domain::CdsCode;

use crate::fault::Faults;
use crate::sender::{Object, creates, empty, needed};
use crate::{Code, Fault, Known, Made, Record, Rows, Sender, Wanted};

/// Rows of `orgs.csv`.
#[derive(Debug, Default)]
pub struct Orgs {
    /// Sites by CDS code.
    pub sites: Known,
}

fn is_site(row: &Record<'_>) -> bool {
    row.get("type")
        .is_some_and(|kind| ["school", "district"].iter().any(|site| kind.eq_ignore_ascii_case(site)))
}

fn cds(code: &str) -> Result<CdsCode, Fault> {
    code.parse().map_err(|error| Fault::new("identifier", Code::NoCdsCode, format!("{code:?}: {error}")))
}

impl Rows for Orgs {
    fn commands(&self, sender: &Sender, row: &Record<'_>, made: &mut Made) -> Result<(), Vec<Fault>> {
        // Of what it is without a type, nothing can be said.
        needed(row, "type")?;
        if !is_site(row) {
            return Ok(());
        }
        let mut faults = Faults::default();
        let key = faults.of(needed(row, "sourcedId"));
        let cds = faults.of(needed(row, "identifier").and_then(cds));
        if row.get("status").is_some_and(|status| status.eq_ignore_ascii_case("tobedeleted")) {
            let message = "close-site closes a site, with its last day and the reason";
            faults.push(Fault::new("status", Code::NotClosedHere, message));
        }
        let is_known = row.get("identifier").is_some_and(|code| self.sites.get(code).is_some());
        if is_known && faults.is_empty() {
            return Ok(());
        }
        let name = row.line("name").ok_or_else(|| empty("name"));
        let name = if is_known { name.ok() } else { faults.of(name) };
        let (Some(key), Some(cds), Some(name), true) = (key, cds, name, faults.is_empty()) else {
            return Err(faults.all());
        };
        let city = row.line("metadata.city").unwrap_or_else(|| "unknown".to_owned());
        let mut details = Object::default();
        details.put("cds", &cds).put("city", &city).put("name", &name);
        let body = creates(details, sender.starts, sender.id("site", &cds.to_string()));
        made.push(sender.command(("register-site", key, 1), &body, None)?);
        Ok(())
    }

    fn key<'a>(&self, row: &Record<'a>) -> Option<&'a str> {
        row.get("sourcedId")
    }

    fn column(&self, field_or_code: &str) -> Option<&'static str> {
        match field_or_code {
            "details/name" => Some("name"),
            "details/city" => Some("metadata.city"),
            "details/cds" | "id" => Some("identifier"),
            "source-key-taken" => Some("sourcedId"),
            _ => None,
        }
    }

    fn wanted(&self, row: &Record<'_>) -> [Option<Wanted>; 2] {
        let code = row.get("identifier").filter(|code| is_site(row) && !self.sites.has(code));
        let wanted =
            |code: &str| Wanted { view: "site-profile", column: "cds", id: "site", name: code.to_owned() };
        [code.map(wanted), None]
    }

    fn learn(&mut self, wanted: Wanted, id: Option<uuid::Uuid>) {
        self.sites.learn(wanted.name, id);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::sender::tests::{faults, made};
    use crate::{Step, Table};

    const HEADER: &str = "\"sourcedId\",\"status\",\"dateLastModified\",\"name\",\"type\",\"identifier\",\"parentSourcedId\"\n";

    #[test]
    fn schools_and_districts_are_sites_and_what_is_known_or_none_is_passed_over() {
        let text = format!(
            "{HEADER}d1,,,Azul Unified,district,19642790000000,\ns1,,,Azul Elementary,school,19642790000001,d1\n\
             x1,,,Region 4,local,,\ns2,,,Verde Middle,school,19642790000002,d1\n"
        );
        let rows = Orgs { sites: Known::default().with("19642790000002", Uuid::from_u128(2)) };
        let made = made(&rows, crate::format("oneroster").unwrap(), &text);
        let commands: Vec<usize> = made.iter().map(|row| row.as_ref().unwrap().len()).collect();
        assert_eq!(commands, [1, 1, 0, 0]);
        let school = &made[1].as_ref().unwrap()[0];
        assert_eq!(
            school["body"]["details"],
            json!({ "name": "Azul Elementary", "cds": "19642790000001", "city": "unknown" })
        );
        assert_eq!(
            (&school["source"]["key"], &school["body"]["effective"]),
            (&json!("s1"), &json!("2025-07-01"))
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_column() {
        let text = format!(
            "{HEADER},,,A,school,19642790000001,\ns1,,,A,school,7,\ns1,tobedeleted,,A,school,19642790000001,\n\
             s1,active,,,school,19642790000001,\ns1,,,A,,19642790000001,\n"
        );
        let expected = [
            ("sourcedId", "empty"),
            ("identifier", "no-cds-code"),
            ("status", "not-closed-here"),
            ("name", "empty"),
            ("type", "empty"),
        ];
        let format = crate::format("oneroster").unwrap();
        let expected = expected.map(|(column, code)| vec![(Some(column), code)]);
        assert_eq!(faults(&Orgs::default(), format, &text), expected);
        let all = faults(&Orgs::default(), format, &format!("{HEADER},tobedeleted,,,school,7,\n"));
        assert_eq!(all[0], expected[..4].concat());
    }

    #[test]
    fn files_about_people_are_not_taken() {
        for header in [
            "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName",
            "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role",
            "userSourcedId,status,dateLastModified,birthDate,sex",
        ] {
            let mut table = Table::new(crate::format("oneroster").unwrap());
            let text = format!("{header}\n1,,\n");
            let error = table.next(&mut text.as_bytes(), true).unwrap_err();
            assert_eq!(error.code, Code::PeopleNotTaken);
        }
        let mut table = Table::new(crate::format("oneroster").unwrap());
        assert_eq!(table.next(&mut HEADER.as_bytes(), true), Ok(Step::End));
    }
}
