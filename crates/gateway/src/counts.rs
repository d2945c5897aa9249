//! Unduplicated counts, as reports publish them, with what two parties need to compare them: the rules, the head, and a
//! digest of who was counted.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::{Extension, Json};
use domain::code::{Pillar, Tier};
use domain::state::RULES;
use report::counts::{COUNTS, Count, DIMENSIONS, count, narrowings};
use report::suppression::Key;
use report::{Cell, Scope, Year};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use views::Cohort;

use crate::Shared;
use crate::access::Caller;
use crate::asked::Asked;
use crate::folding::{Booked, school_year, stopped};
use crate::paging::tagged;
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::reading::put;
use crate::route::{Method::Get, Route};
use crate::vantage::{Looking, position_header};

const COUNT: &[&str] = &[
    "as_of",
    "valid_on",
    "min_position",
    "school_year",
    "site",
    "partner",
    "pillar",
    "tier",
    "funding",
    "month",
];

/// Its addresses.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            (Get, "/v1/{ledger}/counts", Some("reports")),
            ("counts", "Every unduplicated count, and what it may be narrowed to"),
            list,
        ),
        Route::new(
            (Get, "/v1/{ledger}/counts/{count}", Some("reports")),
            ("count", "An unduplicated count with a digest of who was counted"),
            one,
        )
        .with(COUNT),
    ]
}

/// Every count.
async fn list(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Value>, Problem> {
    shared.must_exist(&caller.ledger).await?;
    let narrowed: Vec<_> = narrowings().collect();
    let one = |count: &Count| json!({ "count": count.name, "about": count.about, "narrowed_to": narrowed });
    Ok(Json(json!({ "counts": COUNTS.iter().map(one).collect::<Vec<_>>() })))
}

/// One count of a school year.
async fn one(
    State(shared): State<Arc<Shared>>,
    Path((_, name)): Path<(String, String)>,
    Asked { ledger, mut parameters, headers, .. }: Asked,
) -> Result<Response, Problem> {
    let count =
        count(&name).ok_or_else(|| Problem::new("no-such-count", format!("there is no count {name}")))?;
    let looking = Looking::read(&mut parameters, &headers)?;
    let school_year = school_year(&mut parameters)?;
    let narrowed = narrowed(&mut parameters)?;
    parameters.finish()?;
    let vantage = looking.vantage();
    let scope = Scope { vantage, ..Scope::of(school_year) };
    let within = narrowed.iter().fold(Key::total(), |key, (name, value)| key.with(name, value));
    let Booked { head, book, folded } = shared.book(&ledger, Year::questions(&scope), vantage).await?;
    let figure = count.of(&Year::read(&book, &scope), &within).ok_or_else(not_together)?;
    let mut filters: BTreeMap<String, String> =
        narrowed.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    filters.insert("school_year".to_owned(), school_year.to_string());
    let (value, cohort) = match figure {
        Cell::Number(number) => {
            let Cohort { persons, cases } = folded.cohort(&filters).map_err(stopped)?;
            let counted = if count.name == "students" { persons } else { cases };
            (Some(number), Some(digest(counted)))
        }
        // Whom so few are could be told by trying.
        _ => (None, None),
    };
    let told = json!({
        "count": count.name,
        "school_year": school_year.to_string(),
        "narrowed_to": narrowed,
        "value": value,
        "suppressed": value.is_none(),
        "suppress_under": book.suppress_under(),
        "rules": RULES,
        "cohort": cohort,
        "head": head,
        "as_of": looking.as_of,
        "valid_on": looking.valid_on,
    });
    let mut response = tagged(&told, &headers)?;
    put(&mut response, position_header(&head));
    Ok(response)
}

/// What the count is narrowed to, in the form in which views have it.
fn narrowed(parameters: &mut Parameters) -> Result<BTreeMap<&'static str, String>, Problem> {
    let mut narrowed = BTreeMap::new();
    for name in DIMENSIONS {
        let Some(value) = parameters.take::<String>(name)? else { continue };
        let known = match *name {
            "site" | "partner" => value.parse::<Uuid>().map(|id| id.to_string()).ok(),
            "pillar" => serde_json::from_value::<Pillar>(json!(value)).ok().map(|_| value.clone()),
            "tier" => value.parse::<u8>().ok().and_then(|n| Tier::try_from(n).ok()).map(|_| value.clone()),
            "month" => jiff::civil::Date::from_str(&format!("{value}-01")).ok().map(|_| value.clone()),
            _ => Some(value.clone()),
        };
        let malformed = || Problem::new("malformed-request", format!("{name} can't be {value:?}")).at(*name);
        narrowed.insert(*name, known.ok_or_else(malformed)?);
    }
    let shape: Vec<&str> = narrowed.keys().copied().collect();
    let same = |known: &[&str]| known.len() == shape.len() && known.iter().all(|name| shape.contains(name));
    if narrowings().any(same) { Ok(narrowed) } else { Err(not_together()) }
}

fn not_together() -> Problem {
    let known: Vec<String> =
        narrowings().filter(|known| !known.is_empty()).map(|known| known.join(" and ")).collect();
    Problem::new(
        "malformed-request",
        "no report counts by these together, so none of them is suppressed by it",
    )
    .hint(format!("narrow it to {}", known.join(", or ")))
}

/// SHA-256 over the ids, sorted, 16 bytes each, in hexadecimal.
fn digest(counted: impl IntoIterator<Item = Uuid>) -> String {
    let mut digest = Sha256::new();
    counted.into_iter().for_each(|id| digest.update(id.as_bytes()));
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
