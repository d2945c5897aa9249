//! Deliveries, from a file with these columns:
//!
//! | column | | |
//! |---|---|---|
//! | `key` | needed | the row's key in the sender's system; sent once, corrected afterwards |
//! | `date` | needed | the day of the service, `YYYY-MM-DD` or `MM/DD/YYYY` |
//! | `offering` | this | id of a placed offering |
//! | `agreement`, `site`, `kind`, `pillar`, `tier` | or these | reference or id; CDS code or id; codes; 1, 2 or 3 |
//! | `mode` | | `in-person`, which is meant when it is empty, or `remote` |
//! | `minutes` | needed | 1 to 1440 |
//! | `headcount` | one of | how many took part |
//! | `participants` | these | ids of persons, with blanks between |
//! | `case` | three | id of a case, for tier 3 and mental health |
//! | `funding` | | code of the source of money |
//! | `basis` | for cases | `law:<code>` or `consent:<id>`, for tier 3 and mental health |

use serde::de::value::Error as Invalid;
use serde::de::{DeserializeOwned, IntoDeserializer as _};
use uuid::Uuid;

use domain::code::{Mode, Pillar, ServiceKind, Tier};

use crate::fault::Faults;
use crate::sender::{Object, date, needed};
use crate::{Code, Fault, Known, Made, Record, Rows, Sender, Wanted};

/// Rows of deliveries.
#[derive(Debug, Default)]
pub struct Deliveries {
    /// Agreements by reference.
    pub agreements: Known,
    /// Sites by CDS code.
    pub sites: Known,
}

impl Rows for Deliveries {
    fn commands(&self, sender: &Sender, row: &Record<'_>, made: &mut Made) -> Result<(), Vec<Fault>> {
        let mut faults = Faults::default();
        let key = faults.of(needed(row, "key"));
        let day = faults.some(needed(row, "date").and_then(|_| date(row, "date")));
        let minutes = faults.some(needed(row, "minutes").and_then(|_| number(row, "minutes")));
        // In order of their names, because ids follow from these bytes.
        let mut details = Object::with_room(400);
        details
            .put_some("agreement", faults.some(id(row, "agreement", Some(&self.agreements))))
            .put_some("case", faults.some(id(row, "case", None)))
            .put_some("funding", row.get("funding"))
            .put_some("headcount", faults.some(number(row, "headcount")))
            .put_some("kind", faults.some(code::<ServiceKind>(row, "kind")))
            .put_some("minutes", minutes)
            .put("mode", faults.some(code::<Mode>(row, "mode")).unwrap_or("in-person"))
            .put_some("offering", faults.some(id(row, "offering", None)))
            .put_some("participants", faults.some(participants(row)))
            .put_some("pillar", faults.some(code::<Pillar>(row, "pillar")))
            .put_some("site", faults.some(id(row, "site", Some(&self.sites))))
            .put_some("tier", faults.some(tier(row)));
        let (Some(key), true) = (key, faults.is_empty()) else { return Err(faults.all()) };
        let mut body = Object::with_room(450);
        body.raw("details", &details.end()).put("effective", &day);
        let basis = row.line("basis");
        made.push(sender.command(("record-delivery", key, 1), &body.end(), basis.as_deref())?);
        Ok(())
    }

    fn key<'a>(&self, _: &Record<'a>) -> Option<&'a str> {
        // It may be a student's number, which goes no further than the door and stands in no report.
        None
    }

    fn column(&self, field_or_code: &str) -> Option<&'static str> {
        match field_or_code.trim_start_matches("details/") {
            "effective" => Some("date"),
            "source-key-taken" => Some("key"),
            "agreement-not-active" | "partner-suspended" | "partner-not-vetted" => Some("agreement"),
            "site-not-covered" | "site-not-open" => Some("site"),
            "kind-not-covered" => Some("kind"),
            "pillar-not-covered" => Some("pillar"),
            "case-needed" | "recipients-unclear" => Some("participants"),
            "case-not-allowed" => Some("case"),
            "basis-needed"
            | "consent-not-live"
            | "consent-withdrawn"
            | "consent-not-for-case"
            | "consent-not-for-kind" => Some("basis"),
            "person-unknown" | "person-merged-away" => Some("participants"),
            "minutes" => Some("minutes"),
            "headcount" => Some("headcount"),
            "participants" => Some("participants"),
            "funding" => Some("funding"),
            _ => None,
        }
    }

    fn wanted(&self, row: &Record<'_>) -> [Option<Wanted>; 2] {
        let name = |column: &str, known: &Known| {
            let text = row.get(column)?;
            (!known.has(text) && text.parse::<Uuid>().is_err()).then(|| text.to_owned())
        };
        let agreement = name("agreement", &self.agreements);
        let site = name("site", &self.sites);
        [
            agreement.map(|name| Wanted {
                view: "agreement-register",
                column: "reference",
                id: "agreement",
                name,
            }),
            site.map(|name| Wanted { view: "site-profile", column: "cds", id: "site", name }),
        ]
    }

    fn learn(&mut self, wanted: Wanted, id: Option<Uuid>) {
        let known = if wanted.id == "site" { &mut self.sites } else { &mut self.agreements };
        known.learn(wanted.name, id);
    }
}

/// An id, or what a name stands for.
fn id(row: &Record<'_>, column: &'static str, known: Option<&Known>) -> Result<Option<Uuid>, Fault> {
    let Some(text) = row.get(column) else { return Ok(None) };
    let found = known.and_then(|known| known.get(text)).or_else(|| text.parse().ok());
    let unknown =
        || Fault::new(column, Code::NotFound, format!("there is no {column} {text} in this ledger"));
    found.map(Some).ok_or_else(unknown)
}

fn number(row: &Record<'_>, column: &'static str) -> Result<Option<u32>, Fault> {
    let Some(text) = row.get(column) else { return Ok(None) };
    let fault = || Fault::new(column, Code::NoNumber, format!("{text:?} is no whole number"));
    text.parse().map(Some).map_err(|_| fault())
}

/// A code of one of our lists; a mistyped one is told here, with its column.
fn code<'r, C: DeserializeOwned>(row: &Record<'r>, column: &'static str) -> Result<Option<&'r str>, Fault> {
    let Some(text) = row.get(column) else { return Ok(None) };
    let read: Result<C, Invalid> = C::deserialize(text.into_deserializer());
    match read {
        Ok(_) => Ok(Some(text)),
        Err(error) => Err(Fault::new(column, Code::NoSuchCode, error.to_string())),
    }
}

fn tier(row: &Record<'_>) -> Result<Option<u32>, Fault> {
    let Some(tier) = number(row, "tier")? else { return Ok(None) };
    let known = u8::try_from(tier).ok().is_some_and(|tier| Tier::try_from(tier).is_ok());
    let fault = || Fault::new("tier", Code::NoSuchCode, format!("{tier} is no tier; 1, 2 and 3 are"));
    known.then_some(Some(tier)).ok_or_else(fault)
}

fn participants(row: &Record<'_>) -> Result<Option<Vec<Uuid>>, Fault> {
    let Some(text) = row.get("participants") else { return Ok(None) };
    let mut ids = Vec::new();
    for part in text.split_whitespace() {
        // The text itself may be a name that does not belong in any report.
        let message = "participants are ids of persons with blanks between, never names";
        ids.push(part.parse().map_err(|_| Fault::new("participants", Code::NoId, message))?);
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(Some(ids))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sender::tests::{faults, made as made_by};

    fn made(rows: &Deliveries, text: &str) -> Vec<Result<Vec<Value>, Vec<Fault>>> {
        made_by(rows, crate::format("deliveries").unwrap(), text)
    }

    #[test]
    fn a_row_names_an_offering_or_agreement_and_site_by_the_names_people_use() {
        let known = |name: &str, n: u128| Known::default().with(name, Uuid::from_u128(n));
        let rows = Deliveries { agreements: known("MOU-7", 7), sites: known("19642120141861", 5) };
        let text = "key,date,offering,agreement,site,kind,pillar,tier,mode,minutes,headcount\n\
             r1,03/02/2026,,MOU-7,19642120141861,tutoring,student-supports,2,,45,12\n\
             r2,2026-03-02,00000000-0000-0000-0000-000000000009,,,,,,remote,45,12\n";
        let made = made(&rows, text);
        let first = &made[0].as_ref().unwrap()[0];
        let details = &first["body"]["details"];
        assert_eq!(
            (&details["agreement"], &details["site"]),
            (&json!(Uuid::from_u128(7)), &json!(Uuid::from_u128(5)))
        );
        assert_eq!(
            (&first["body"]["effective"], &details["mode"]),
            (&json!("2026-03-02"), &json!("in-person"))
        );
        assert_eq!(first["source"], json!({ "system": "sample", "key": "r1", "part": 1 }));
        assert_eq!(made[1].as_ref().unwrap()[0]["body"]["details"]["mode"], "remote");
    }

    #[test]
    fn a_row_says_on_what_basis_a_service_was_delivered() {
        let text = "key,date,minutes,basis\nr1,2026-03-02,45,law:wic-5600\nr2,2026-03-02,45,\n";
        let basis = |row: &Result<Vec<Value>, Vec<Fault>>| row.as_ref().unwrap()[0].get("basis").cloned();
        let made = made(&Deliveries::default(), text);
        assert_eq!(made.iter().map(basis).collect::<Vec<_>>(), [Some(json!("law:wic-5600")), None]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_column() {
        let text = "key,date,agreement,kind,tier,minutes,participants\n,2026-03-02,,,,45,\nr,2026-02-30,,,,45,\nr,,,,,45,\n\
             r,2026-03-02,MOU-8,,,45,\nr,2026-03-02,,tutorin,,45,\nr,2026-03-02,,,4,45,\nr,2026-03-02,,,,4.5,\n\
             r,2026-03-02,,,,45,Ada\nr,2026-03-02,,,,,\n";
        let rows = Deliveries::default();
        assert!(!format!("{:?}", made(&rows, text)).contains("Ada"));
        let expected = [
            ("key", "empty"),
            ("date", "no-date"),
            ("date", "empty"),
            ("agreement", "not-found"),
            ("kind", "no-such-code"),
            ("tier", "no-such-code"),
            ("minutes", "no-number"),
            ("participants", "no-id"),
            ("minutes", "empty"),
        ];
        let expected = expected.map(|(column, code)| vec![(Some(column), code)]);
        assert_eq!(faults(&rows, crate::format("deliveries").unwrap(), text), expected);
    }

    #[test]
    fn all_cells_of_a_row_that_are_wrong_are_told_at_once() {
        let text = "key,date,agreement,site,kind,tier,minutes,participants,mode\n\
                    ,2026-02-30,MOU-8,19642120141861,tutorin,4,4.5,Ada,online\n";
        let expected = [
            ("key", "empty"),
            ("date", "no-date"),
            ("minutes", "no-number"),
            ("agreement", "not-found"),
            ("kind", "no-such-code"),
            ("mode", "no-such-code"),
            ("participants", "no-id"),
            ("site", "not-found"),
            ("tier", "no-such-code"),
        ];
        let found = faults(&Deliveries::default(), crate::format("deliveries").unwrap(), text);
        assert_eq!(found, [expected.map(|(column, code)| (Some(column), code))]);
    }

    #[test]
    fn ids_are_those_of_before_rows_were_written_without_a_tree() {
        let text = "key,date,offering,agreement,site,kind,pillar,tier,minutes,participants,funding,case\n\
             r1,2026-03-02,00000000-0000-0000-0000-000000000009,00000000-0000-0000-0000-000000000003,\
             00000000-0000-0000-0000-000000000002,tutoring,student-supports,2,45,00000000-0000-0000-0000-000000000007,ccspp,\
             00000000-0000-0000-0000-000000000008\n";
        let command = made(&Deliveries::default(), text).remove(0).unwrap().remove(0);
        let body = command["body"].to_string();
        let id = crate::uuid_of(&["azul-usd", "record-delivery", "sample", "r1", &body]);
        assert_eq!(command["id"], json!(id));
    }
}
