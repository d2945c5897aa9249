//! Sites, from the state's public directory of schools and districts (`pubschls`).
//!
//! | column | becomes |
//! |---|---|
//! | `CDSCode` | the site's code, and its id |
//! | `School`, or `District` in a district's own row | name |
//! | `City`, or `County` where it is empty | city |
//! | `NCESDist` + `NCESSchool` | NCES number |
//! | `GSserved`, or `GSoffered` | grades |
//! | `OpenDate` | first day; where it is empty 1980-07-01, which the directory itself writes for an unknown day |
//! | `StatusType`, `ClosedDate` | a closed or merged site is closed on that day, or on `LastUpDate` without one |

use domain::CdsCode;
use jiff::civil::Date;

use crate::fault::Faults;
use crate::sender::{Object, creates, date, needed};
use crate::{Code, Fault, Made, Record, Rows, Sender};

/// Rows of the directory.
#[derive(Debug)]
pub struct Sites;

fn cds(text: &str) -> Result<CdsCode, Fault> {
    text.parse().map_err(|error| Fault::new("CDSCode", Code::NoCdsCode, format!("{text:?}: {error}")))
}

/// What the directory writes when nobody knows.
const UNKNOWN_OPENING: Date = jiff::civil::date(1980, 7, 1);

impl Rows for Sites {
    fn commands(&self, sender: &Sender, row: &Record<'_>, made: &mut Made) -> Result<(), Vec<Fault>> {
        let mut faults = Faults::default();
        let text = faults.of(needed(row, "CDSCode"));
        let cds = text.and_then(|text| faults.of(cds(text)));
        let name = row.line("School").or_else(|| row.line("District"));
        let unnamed = |column, message| Fault::new(column, Code::Empty, message);
        let name = faults.of(name.ok_or_else(|| unnamed("School", "neither School nor District has a name")));
        let city = row.line("City").or_else(|| row.line("County"));
        let city = faults.of(city.ok_or_else(|| unnamed("City", "neither City nor County has a name")));
        let opened = faults.some(date(row, "OpenDate"));
        let closed = faults.some(closed(row));
        let (Some(text), Some(cds), Some(name), Some(city), true) =
            (text, cds, name, city, faults.is_empty())
        else {
            return Err(faults.all());
        };
        // A site that closed before the stand-in day was open before it, too.
        let opened =
            opened.unwrap_or_else(|| closed.map_or(UNKNOWN_OPENING, |(day, _)| day.min(UNKNOWN_OPENING)));
        if closed.is_some_and(|(day, _)| day < opened) {
            let message = "the site closes before it opens (OpenDate)";
            return Err(Fault::new("ClosedDate", Code::ClosesBeforeItOpens, message).into());
        }
        let nces = row
            .get("NCESDist")
            .zip(row.get("NCESSchool"))
            .map(|(district, school)| format!("{district}{school}"));
        let grades = row.get("GSserved").or_else(|| row.get("GSoffered"));
        let id = sender.id("site", &cds.to_string());
        let mut details = Object::default();
        details.put("cds", &cds).put("city", &city).put_some("grades", grades).put("name", &name);
        details.put_some("nces", nces);
        let registers =
            sender.command(("register-site", text, 1), &creates(details, Some(opened), id), None)?;
        let closes = closed.map(|(day, reason)| {
            let mut details = Object::default();
            details.put("reason", reason);
            sender.command(("close-site", text, 2), &creates(details, Some(day), id), None)
        });
        let closes = closes.transpose()?;
        made.push(registers);
        made.extend(closes);
        Ok(())
    }

    fn key<'a>(&self, row: &Record<'a>) -> Option<&'a str> {
        row.get("CDSCode")
    }

    fn column(&self, field_or_code: &str) -> Option<&'static str> {
        match field_or_code {
            "details/name" => Some("School"),
            "details/city" => Some("City"),
            "details/cds" | "id" | "source-key-taken" => Some("CDSCode"),
            "details/nces" => Some("NCESSchool"),
            "details/grades" => Some("GSserved"),
            "effective" => Some("OpenDate"),
            _ => None,
        }
    }
}

/// The last day of a site that is closed or merged, and why.
fn closed(row: &Record<'_>) -> Result<Option<(Date, &'static str)>, Fault> {
    let reason = match row.get("StatusType") {
        Some("Closed") => "closure",
        Some("Merged") => "merged",
        _ => return Ok(None),
    };
    let day = match date(row, "ClosedDate")? {
        Some(day) => Some(day),
        None => date(row, "LastUpDate")?,
    };
    match day {
        Some(day) => Ok(Some((day, reason))),
        None => Err(Fault::new("ClosedDate", Code::Empty, "a closed site needs its last day")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sender::tests::{faults, made as made_by};

    fn made(rows: &Sites, text: &str) -> Vec<Result<Vec<Value>, Vec<Fault>>> {
        made_by(rows, crate::format("sites").unwrap(), text)
    }

    const HEADER: &str = "CDSCode,StatusType,County,District,School,City,OpenDate,ClosedDate,GSserved,NCESDist,NCESSchool,LastUpDate\n";

    #[test]
    fn both_date_forms_say_the_same() {
        let row = |opened, closed| {
            format!(
                "{HEADER}19642120141861,Closed,Los Angeles,ABC Unified,Virtual Academy,Cerritos,{opened},{closed},K-8,0601620,14664,\n"
            )
        };
        let iso = made(&Sites, &row("2022-08-22", "2024-05-31"));
        assert_eq!(iso, made(&Sites, &row("08/22/2022", "05/31/2024")));
        let commands = iso[0].as_ref().unwrap();
        assert_eq!(commands[0]["body"]["effective"], "2022-08-22");
        assert_eq!(commands[0]["body"]["details"]["nces"], "060162014664");
        assert_eq!(
            (&commands[1]["command"], &commands[1]["body"]["effective"]),
            (&json!("close-site"), &json!("2024-05-31"))
        );
    }

    #[test]
    fn a_district_s_own_row_is_a_site_with_its_name() {
        let rows = format!("{HEADER}19642120000000,Active,Los Angeles,ABC Unified,,Cerritos,,,,0601620,,\n");
        let commands = made(&Sites, &rows).remove(0).unwrap();
        assert_eq!(commands.len(), 1);
        assert_eq!(
            commands[0]["body"]["details"],
            json!({ "name": "ABC Unified", "cds": "19642120000000", "city": "Cerritos" })
        );
        assert_eq!(commands[0]["body"]["effective"], "1980-07-01");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_column() {
        let rows = format!(
            "{HEADER}1964,Active,LA,ABC,X,Cerritos,,,,,,\n19642120000000,Active,LA,ABC,X,Cerritos,2022-13-01,,,,,\n\
             19642120000000,Merged,LA,ABC,X,Cerritos,,,,,,\n19642120000000,Active,,ABC,X,,,,,,,\n\
             19642120000000,Closed,LA,ABC,X,Cerritos,2012-03-15,2012-03-14,,,,\n"
        );
        let expected = [
            ("CDSCode", "no-cds-code"),
            ("OpenDate", "no-date"),
            ("ClosedDate", "empty"),
            ("City", "empty"),
            ("ClosedDate", "closes-before-it-opens"),
        ];
        let format = crate::format("sites").unwrap();
        let expected = expected.map(|(column, code)| vec![(Some(column), code)]);
        assert_eq!(faults(&Sites, format, &rows), expected);
        let all = faults(&Sites, format, &format!("{HEADER}1964,Closed,,ABC,X,,2022-13-01,,,,,\n"));
        let columns: Vec<_> = all[0].iter().filter_map(|(column, _)| *column).collect();
        assert_eq!(columns, ["CDSCode", "City", "OpenDate", "ClosedDate"]);
    }
}
