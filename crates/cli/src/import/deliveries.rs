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

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Fault, Record, Rows, Sender, date, needed};

/// Things by the names that rows use, as the views know them, or don't: filled before rows are read.
pub(crate) type Known = BTreeMap<String, Option<Uuid>>;

/// Rows of deliveries.
#[derive(Default)]
pub(crate) struct Deliveries {
    /// Agreements by reference.
    pub(crate) agreements: Known,
    /// Sites by CDS code.
    pub(crate) sites: Known,
}

impl Deliveries {
    /// The names in a row that are no ids: reference and CDS code.
    pub(crate) fn names<'r>(row: &Record<'r>) -> [Option<&'r str>; 2] {
        ["agreement", "site"].map(|column| row.get(column).filter(|text| text.parse::<Uuid>().is_err()))
    }
}

fn id(row: &Record<'_>, column: &'static str, known: &Known) -> Result<Option<Uuid>, Fault> {
    let Some(text) = row.get(column) else { return Ok(None) };
    let found = text.parse().ok().or_else(|| known.get(text).copied().flatten());
    let unknown = || Fault::new(column, "not-found", format!("there is no {column} {text} in this ledger"));
    found.map(Some).ok_or_else(unknown)
}

fn number(row: &Record<'_>, column: &'static str) -> Result<Option<u32>, Fault> {
    let Some(text) = row.get(column) else { return Ok(None) };
    let fault = || Fault::new(column, "no-number", format!("{text:?} is no whole number"));
    text.parse().map(Some).map_err(|_| fault())
}

impl Rows for Deliveries {
    const COLUMNS: &'static [&'static str] = &["key", "date", "minutes"];

    fn commands(&self, sender: &Sender, row: &Record<'_>) -> Result<Vec<Value>, Fault> {
        let key = needed(row, "key")?;
        needed(row, "date")?;
        let day = date(row, "date")?;
        needed(row, "minutes")?;
        let mut details = Map::new();
        let mut set =
            |name: &str, value: Option<Value>| details.extend(value.map(|value| (name.to_owned(), value)));
        set("offering", id(row, "offering", &Known::new())?.map(|id| json!(id)));
        set("agreement", id(row, "agreement", &self.agreements)?.map(|id| json!(id)));
        set("site", id(row, "site", &self.sites)?.map(|id| json!(id)));
        set("kind", code::<domain::code::ServiceKind>(row, "kind")?);
        set("pillar", code::<domain::code::Pillar>(row, "pillar")?);
        set("tier", number(row, "tier")?.map(|tier| json!(tier)).map(known_tier).transpose()?);
        set("mode", Some(code::<domain::code::Mode>(row, "mode")?.unwrap_or_else(|| json!("in-person"))));
        set("minutes", number(row, "minutes")?.map(|minutes| json!(minutes)));
        set("headcount", number(row, "headcount")?.map(|people| json!(people)));
        set("participants", participants(row)?);
        set("case", id(row, "case", &Known::new())?.map(|id| json!(id)));
        set("funding", row.get("funding").map(|code| json!(code)));
        let body = json!({ "effective": day, "details": details });
        let mut command = sender.command("record-delivery", key, 1, &body);
        if let (Some(basis), Some(command)) = (row.line("basis"), command.as_object_mut()) {
            command.insert("basis".to_owned(), json!(basis));
        }
        Ok(vec![command])
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
}

/// A code of one of our lists; a mistyped one is told here, with its column.
fn code<C: serde::de::DeserializeOwned>(
    row: &Record<'_>,
    column: &'static str,
) -> Result<Option<Value>, Fault> {
    let Some(text) = row.get(column) else { return Ok(None) };
    match serde_json::from_value::<C>(json!(text)) {
        Ok(_) => Ok(Some(json!(text))),
        Err(error) => Err(Fault::new(column, "no-such-code", error.to_string())),
    }
}

fn known_tier(tier: Value) -> Result<Value, Fault> {
    match serde_json::from_value::<domain::code::Tier>(tier.clone()) {
        Ok(_) => Ok(tier),
        Err(error) => Err(Fault::new("tier", "no-such-code", error.to_string())),
    }
}

fn participants(row: &Record<'_>) -> Result<Option<Value>, Fault> {
    let Some(text) = row.get("participants") else { return Ok(None) };
    let mut ids = Vec::new();
    for part in text.split_whitespace() {
        // The text itself may be a name that does not belong in any report.
        let fault = |_| {
            Fault::new(
                "participants",
                "no-id",
                "participants are ids of persons with blanks between, never names",
            )
        };
        ids.push(part.parse::<Uuid>().map_err(fault)?);
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(Some(json!(ids)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tests::made;

    #[test]
    fn a_row_names_an_offering_or_agreement_and_site_by_the_names_people_use() {
        let known = |name: &str, n: u128| Known::from([(name.to_owned(), Some(Uuid::from_u128(n)))]);
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
        let basis = |row: &Result<Vec<Value>, Fault>| row.as_ref().unwrap()[0].get("basis").cloned();
        let made = made(&Deliveries::default(), text);
        assert_eq!(made.iter().map(basis).collect::<Vec<_>>(), [Some(json!("law:wic-5600")), None]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_column() {
        let text = "key,date,agreement,kind,tier,minutes,participants\n,2026-03-02,,,,45,\nr,2026-02-30,,,,45,\nr,,,,,45,\n\
             r,2026-03-02,MOU-8,,,45,\nr,2026-03-02,,tutorin,,45,\nr,2026-03-02,,,4,45,\nr,2026-03-02,,,,4.5,\n\
             r,2026-03-02,,,,45,Ada\nr,2026-03-02,,,,,\n";
        let found: Vec<_> = made(&Deliveries::default(), text)
            .into_iter()
            .map(|row| row.unwrap_err())
            .map(|fault| (fault.column.unwrap(), fault.code, fault.message.contains("Ada")))
            .collect();
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
        assert_eq!(found, expected.map(|(column, code)| (column, code, false)));
    }
}
