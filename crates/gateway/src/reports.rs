//! Reports, folded from the log for who asks. One at a time: a fold takes a processor for as long as the ledger is long.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use report::{Format, Report, Scope};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::Shared;
use crate::access::Caller;
use crate::asked::Asked;
use crate::folding::{Booked, school_year, trouble};
use crate::paging::{accepted, with_tag};
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::reading::put;
use crate::vantage::{Looking, position_header};

/// Every report.
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Value>, Problem> {
    shared.must_exist(&caller.ledger).await?;
    let takes = |report: &dyn Report| -> Vec<Value> {
        let told = |argument: &report::Argument| json!({ "name": argument.name, "needed": argument.needed });
        report.arguments().iter().map(told).collect()
    };
    let one = |report: &&dyn Report| json!({ "report": report.name(), "about": report.about(), "takes": takes(*report) });
    Ok(Json(json!({ "reports": report::REPORTS.iter().map(one).collect::<Vec<_>>() })))
}

/// One report of the ledger, as CSV, JSON or HTML.
pub(crate) async fn one(
    State(shared): State<Arc<Shared>>,
    Path((_, name)): Path<(String, String)>,
    Asked { ledger, mut parameters, headers, .. }: Asked,
) -> Result<Response, Problem> {
    let looking = Looking::read(&mut parameters, &headers)?;
    let scope = Scope {
        vantage: looking.vantage(),
        site: parameters.take("site")?,
        partner: parameters.take("partner")?,
        grant: parameters.take("grant")?,
        ..Scope::of(school_year(&mut parameters)?)
    };
    let format = format(&mut parameters, &headers)?;
    parameters.finish()?;
    let none = || Problem::new("no-such-report", format!("there is no report {name}"));
    let report = report::report(&name).ok_or_else(none)?;
    scope.fits(report, 1).map_err(trouble)?;
    let Booked { head, book, .. } = shared.book(&ledger, report.questions(&scope), scope.vantage).await?;
    let document = report::document(report, &scope, &[book]).map_err(trouble)?;
    let bytes = document.render(format).map_err(Problem::defect)?;
    let digest = STANDARD.encode(Sha256::digest(&bytes));
    let tag = format!("\"{digest}\"");
    let mut response = with_tag(&tag, &headers, (media(format), bytes));
    put(&mut response, position_header(&head));
    put(&mut response, ("content-digest", format!("sha-256=:{digest}:")));
    Ok(response)
}

/// By the parameter `format`, or what is accepted.
fn format(parameters: &mut Parameters, headers: &HeaderMap) -> Result<Format, Problem> {
    let all = [Format::Csv, Format::Json, Format::Html];
    if let Some(name) = parameters.take::<String>("format")? {
        let unknown = || Problem::new("malformed-request", "format is csv, json or html").at("format");
        return all.into_iter().find(|format| format.name() == name).ok_or_else(unknown);
    }
    let accept = accepted(headers);
    let wanted =
        |format: &Format| media(*format).split(';').next().is_some_and(|media| accept.contains(media));
    Ok(all.into_iter().find(wanted).unwrap_or(Format::Json))
}

const fn media(format: Format) -> &'static str {
    match format {
        Format::Csv => "text/csv; charset=utf-8",
        Format::Json => "application/json",
        Format::Html => "text/html; charset=utf-8",
    }
}
