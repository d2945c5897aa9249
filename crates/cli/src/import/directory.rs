//! Partners and their services, from a directory in the Open Referral formats (HSDS, or Ohana's CSV).
//!
//! | file | column | becomes |
//! |---|---|---|
//! | `organizations.csv` | `id` | the partner's directory number `<source>:<id>`, and its id |
//! | | `name` | name, and by its words the kind (`import/kinds.rs`) |
//! | | `tax_id` | EIN, where it has the form of one |
//! | `services.csv` | `id` | the offering's id |
//! | | `organization_id`, or that of `location_id` in `locations.csv` beside it | the partner |
//! | | `name`, `keywords` | name, and by their words the kind and pillar |
//! | | `taxonomy_ids`, or `services_taxonomy.csv` beside it | code in the taxonomy: the first of a service |
//!
//! Services are *listed*: they have no agreement and no site yet. Neither file has dates, so the ledger's first day is
//! taken. Free text (descriptions, contacts) is left behind.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::kinds;
use super::record::{Header, Record, open, unreadable};
use super::{Fault, Rows, Sender, needed};
use crate::error::Error;

/// Rows of `organizations.csv`.
pub(crate) struct Organizations;

impl Rows for Organizations {
    const COLUMNS: &'static [&'static str] = &["id", "name"];

    fn commands(&self, sender: &Sender, row: &Record<'_>) -> Result<Vec<Value>, Fault> {
        let key = needed(row, "id")?;
        let name = row.line("name").ok_or_else(|| Fault::new("name", "empty", "name is empty"))?;
        let mut details = json!({
            "name": name, "kind": kinds::partner(&name), "hsds": format!("{}:{key}", sender.source),
        });
        let ein = row.get("tax_id").filter(|text| is_ein(text));
        if let (Some(ein), Some(members)) = (ein, details.as_object_mut()) {
            members.insert("ein".to_owned(), json!(ein));
        }
        let body = json!({ "id": partner(sender, key), "effective": sender.starts, "details": details });
        Ok(vec![sender.command("onboard-partner", key, 1, &body)])
    }

    fn column(&self, field_or_code: &str) -> Option<&'static str> {
        match field_or_code {
            "details/name" => Some("name"),
            "details/ein" => Some("tax_id"),
            "details/hsds" | "id" | "source-key-taken" => Some("id"),
            _ => None,
        }
    }
}

/// Numbers in other forms may be social security numbers of sole owners, and stay behind.
fn is_ein(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| if at == 2 { b == b'-' } else { b.is_ascii_digit() })
}

fn partner(sender: &Sender, organization: &str) -> uuid::Uuid {
    sender.id("partner", &format!("{}:{organization}", sender.source))
}

/// Rows of `services.csv`, with what stands in the files beside it.
#[derive(Default)]
pub(crate) struct Services {
    organization_of_location: BTreeMap<String, String>,
    taxonomy_of_service: BTreeMap<String, String>,
}

impl Services {
    /// Reads the files beside this one, where they are there.
    ///
    /// # Errors
    /// When one of them can't be read.
    pub(crate) fn beside(file: &Path) -> Result<Self, Error> {
        let folder = file.parent().unwrap_or_else(|| Path::new("."));
        let target = |code: &str| code.starts_with('Y');
        let mut services = Self::default();
        for (location, organization) in pairs(folder, "locations", ["id", "organization_id"])? {
            services.organization_of_location.insert(location, organization);
        }
        for (service, code) in pairs(folder, "services_taxonomy", ["service_id", "taxonomy_id"])? {
            // Codes under Y say for whom a service is, not what it is.
            let first = services.taxonomy_of_service.entry(service).or_insert_with(|| code.clone());
            if target(first) && !target(&code) {
                *first = code;
            }
        }
        Ok(services)
    }
}

/// Two columns of a file beside, packed or not; nothing when there is none.
fn pairs(folder: &Path, name: &str, columns: [&str; 2]) -> Result<Vec<(String, String)>, Error> {
    let path = [format!("{name}.csv"), format!("{name}.csv.gz")]
        .into_iter()
        .map(|name| folder.join(name))
        .find(|path| path.exists());
    let Some(path) = path else { return Ok(Vec::new()) };
    let mut reader = open(&path)?;
    let header = Header::read(&mut reader, &columns)?;
    let mut found = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(&error))?;
        let row = Record::new(&header, &record);
        if let [Some(key), Some(value)] = columns.map(|column| row.get(column)) {
            found.push((key.to_owned(), value.to_owned()));
        }
    }
    Ok(found)
}

impl Rows for Services {
    const COLUMNS: &'static [&'static str] = &["id", "name"];

    fn commands(&self, sender: &Sender, row: &Record<'_>) -> Result<Vec<Value>, Fault> {
        let key = needed(row, "id")?;
        let name = row.line("name").ok_or_else(|| Fault::new("name", "empty", "name is empty"))?;
        let located = || self.organization_of_location.get(row.get("location_id")?).map(String::as_str);
        let organization = row.get("organization_id").or_else(located);
        let organization = organization.ok_or_else(|| {
            Fault::new(
                "organization_id",
                "no-organization",
                "the row names no organization, and no locations.csv beside it knows its location",
            )
        })?;
        let (kind, pillar) = kinds::service(&format!("{name} {}", row.line("keywords").unwrap_or_default()));
        let mut details = json!({
            "partner": partner(sender, organization), "name": name, "kind": kind, "pillar": pillar, "tier": 1,
        });
        let listed = || row.get("taxonomy_ids").and_then(|ids| ids.split(',').next()).map(str::trim);
        let taxonomy = listed().or_else(|| self.taxonomy_of_service.get(key).map(String::as_str));
        if let (Some(code), Some(members)) = (taxonomy, details.as_object_mut()) {
            members.insert("taxonomy".to_owned(), json!(code));
        }
        let id = sender.id("offering", &format!("{}:{key}", sender.source));
        let body = json!({ "id": id, "effective": sender.starts, "details": details });
        // Services and organizations are numbered each on their own.
        Ok(vec![sender.command("offer-service", &format!("service:{key}"), 1, &body)])
    }

    fn column(&self, field_or_code: &str) -> Option<&'static str> {
        match field_or_code {
            "details/name" => Some("name"),
            "details/partner" | "not-found" => Some("organization_id"),
            "details/taxonomy" => Some("taxonomy_ids"),
            "id" | "source-key-taken" => Some("id"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tests::{made, sender};

    #[test]
    fn a_service_finds_the_partner_of_its_organization() {
        let partners = made(
            &Organizations,
            "id,name,tax_id\n17,\"Puente,\nNorte\",12-3456789\n18,Sole Owner,123-45-6789\n",
        );
        let partner = partners[0].as_ref().unwrap()[0]["body"].clone();
        assert_eq!(partner["details"]["name"], "Puente, Norte");
        assert_eq!(
            (&partner["details"]["hsds"], &partner["details"]["ein"]),
            (&json!("sample:17"), &json!("12-3456789"))
        );
        assert_eq!(partners[1].as_ref().unwrap()[0]["body"]["details"].get("ein"), None);

        let services = Services {
            organization_of_location: [("5".to_owned(), "17".to_owned())].into(),
            taxonomy_of_service: [("2".to_owned(), "BD-1800".to_owned())].into(),
        };
        let rows = "id,organization_id,location_id,name,taxonomy_ids\n1,17,,Tutoring,\"105, 108\"\n2,,5,Food pantry,\n3,,6,Lost,\n";
        let found = made(&services, rows);
        let detail = |at: usize, name: &str| found[at].as_ref().unwrap()[0]["body"]["details"][name].clone();
        assert_eq!(
            [detail(0, "partner"), detail(1, "partner")],
            [partner["id"].clone(), partner["id"].clone()]
        );
        assert_eq!([detail(0, "kind"), detail(1, "kind")], [json!("tutoring"), json!("food")]);
        assert_eq!([detail(0, "taxonomy"), detail(1, "taxonomy")], [json!("105"), json!("BD-1800")]);
        assert_eq!(found[2].as_ref().unwrap_err().code, "no-organization");
        assert_eq!(json!(sender().starts), partner["effective"]);
    }
}
