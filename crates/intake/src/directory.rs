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

use crate::fault::Faults;
use crate::sender::{Object, creates, empty, needed};
use crate::{Code, Fault, Made, Record, Rows, Sender, kinds};

/// Rows of `organizations.csv`.
#[derive(Debug)]
pub struct Organizations;

impl Rows for Organizations {
    fn commands(&self, sender: &Sender, row: &Record<'_>, made: &mut Made) -> Result<(), Vec<Fault>> {
        let mut faults = Faults::default();
        let key = faults.of(needed(row, "id"));
        let name = faults.of(row.line("name").ok_or_else(|| empty("name")));
        let (Some(key), Some(name)) = (key, name) else { return Err(faults.all()) };
        let mut details = Object::default();
        details.put_some("ein", row.get("tax_id").filter(|text| is_ein(text)));
        details.put("hsds", &format!("{}:{key}", sender.source));
        details.put("kind", kinds::partner(&name)).put("name", &name);
        let body = creates(details, sender.starts, partner(sender, key));
        made.push(sender.command(("onboard-partner", key, 1), &body, None)?);
        Ok(())
    }

    fn key<'a>(&self, row: &Record<'a>) -> Option<&'a str> {
        row.get("id")
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
#[derive(Debug, Default)]
pub struct Services {
    organization_of_location: BTreeMap<String, String>,
    taxonomy_of_service: BTreeMap<String, String>,
}

impl Services {
    /// With the columns `id` and `organization_id` of `locations.csv`, and `service_id` and `taxonomy_id` of
    /// `services_taxonomy.csv`.
    pub fn beside(
        locations: impl IntoIterator<Item = (String, String)>,
        taxonomy: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let target = |code: &str| code.starts_with('Y');
        let organization_of_location = locations.into_iter().collect();
        let mut taxonomy_of_service = BTreeMap::new();
        for (service, code) in taxonomy {
            // Codes under Y say for whom a service is, not what it is.
            let first = taxonomy_of_service.entry(service).or_insert_with(|| code.clone());
            if target(first) && !target(&code) {
                *first = code;
            }
        }
        Self { organization_of_location, taxonomy_of_service }
    }
}

impl Rows for Services {
    fn commands(&self, sender: &Sender, row: &Record<'_>, made: &mut Made) -> Result<(), Vec<Fault>> {
        let mut faults = Faults::default();
        let key = faults.of(needed(row, "id"));
        let name = faults.of(row.line("name").ok_or_else(|| empty("name")));
        let located = || self.organization_of_location.get(row.get("location_id")?).map(String::as_str);
        let organization = row.get("organization_id").or_else(located);
        let organization = faults.of(organization.ok_or_else(|| {
            Fault::new(
                "organization_id",
                Code::NoOrganization,
                "the row names no organization, and no locations.csv beside the file knows its location; \
                 over HTTP no file lies beside it, so put the id of organizations.csv into a column organization_id",
            )
        }));
        let (Some(key), Some(name), Some(organization)) = (key, name, organization) else {
            return Err(faults.all());
        };
        let (kind, pillar) = kinds::service(&format!("{name} {}", row.line("keywords").unwrap_or_default()));
        let listed = || row.get("taxonomy_ids").and_then(|ids| ids.split(',').next()).map(str::trim);
        let taxonomy = listed().or_else(|| self.taxonomy_of_service.get(key).map(String::as_str));
        let mut details = Object::default();
        details.put("kind", kind).put("name", &name).put("partner", &partner(sender, organization));
        details.put("pillar", pillar).put_some("taxonomy", taxonomy).put("tier", &1);
        let id = sender.id("offering", &format!("{}:{key}", sender.source));
        let body = creates(details, sender.starts, id);
        // Services and organizations are numbered each on their own.
        made.push(sender.command(("offer-service", &format!("service:{key}"), 1), &body, None)?);
        Ok(())
    }

    fn key<'a>(&self, row: &Record<'a>) -> Option<&'a str> {
        row.get("id")
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
    use serde_json::{Value, json};

    use super::*;
    use crate::sender::tests::{made as made_by, sender};

    fn made(rows: &dyn Rows, text: &str) -> Vec<Result<Vec<Value>, Vec<Fault>>> {
        made_by(rows, crate::format("services").unwrap(), text)
    }

    #[test]
    fn a_service_finds_the_partner_of_its_organization() {
        let partners = made_by(
            &Organizations,
            crate::format("partners").unwrap(),
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
        assert_eq!(found[2].as_ref().unwrap_err()[0].code, Code::NoOrganization);
        assert_eq!(json!(sender().starts), partner["effective"]);
    }
}
