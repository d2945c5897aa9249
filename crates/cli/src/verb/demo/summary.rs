//! What the demo tells when the year is recorded: the region, its services, what happened last, heads and roots, and
//! what to try next.

use std::collections::BTreeMap;

use domain::Slug;
use serde_json::Value;
use wire::Query;
use wire::ask::{Ask, Reply};

use super::Done;
use crate::args::Demo;
use crate::client::unexpected;
use crate::error::Error;
use crate::output::Output;
use crate::serve::node::Node;

/// Kinds of service, and sentences of the feed, that are shown.
const SHOWN: usize = 8;

/// Tells, as tables or as one JSON document.
pub(super) async fn tell(demo: &Demo, done: &Done, node: &Node, output: Output) -> Result<(), Error> {
    if output.json {
        return output.document(&done.document());
    }
    output.heading("The region")?;
    let (mut region, mut kinds) = (Vec::new(), BTreeMap::new());
    for head in &done.ledgers {
        region.push(ledger(node, &head.ledger, head.position, &mut kinds).await?);
    }
    let header = [
        "ledger",
        "events",
        "sites",
        "partners",
        "agreements",
        "deliveries",
        "hours",
        "people",
        "cases",
        "families",
    ];
    output.table(&header, region)?;

    output.heading("What was delivered")?;
    let mut kinds: Vec<(String, [u64; 3])> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, [deliveries, ..])| std::cmp::Reverse(*deliveries));
    let rows = kinds.iter().take(SHOWN).map(|(kind, [deliveries, minutes, attendances])| {
        vec![kind.clone(), deliveries.to_string(), (minutes / 60).to_string(), attendances.to_string()]
    });
    output.table(&["kind", "deliveries", "hours", "attendances"], rows)?;

    if let Some(last) = done.ledgers.last() {
        output.heading(&format!("Last recorded in {}", last.ledger))?;
        for item in ask(node, &last.ledger, "activity-feed", None, Some(SHOWN)).await? {
            output.line(format!("{:>7}  {}", number(&item, "position"), text(&item, "said")))?;
        }
    }

    output.heading("Heads")?;
    let heads = done.ledgers.iter().map(|head| {
        vec![head.ledger.to_string(), head.commit.to_string(), head.position.to_string(), head.root.clone()]
    });
    output.table(&["ledger", "commit", "position", "root"], heads)?;
    let Done { recorded, repeated, seconds, .. } = done;
    let rate = done.per_second();
    output.line(format!(
        "\n{recorded} events recorded, {repeated} there already, views complete, in {seconds:.2} s: {rate:.0} a second"
    ))?;
    next(demo, done, output)
}

fn next(demo: &Demo, done: &Done, output: Output) -> Result<(), Error> {
    let Some(head) = done.ledgers.first() else { return Ok(()) };
    let to = format!("--ledger {} --data {}", head.ledger, demo.data.display());
    output.heading("Try")?;
    for verb in [
        "query service-ledger --where by=kind,tier",
        "query reach --where by=site",
        "tail",
        "verify",
        "replay",
    ] {
        output.line(format!("  hubledger {verb} {to}"))?;
    }
    Ok(())
}

/// One row of the region; adds what was delivered by kind.
async fn ledger(
    node: &Node,
    ledger: &Slug,
    position: u64,
    kinds: &mut BTreeMap<String, [u64; 3]>,
) -> Result<Vec<String>, Error> {
    let mut total = [0; 3];
    for row in ask(node, ledger, "service-ledger", Some("kind"), None).await? {
        // Named persons and cases, and where nobody is named the people who were counted.
        let people = number(&row, "attendances") + number(&row, "headcount");
        let sums = [number(&row, "deliveries"), number(&row, "minutes"), people];
        let kind = kinds.entry(text(&row, "kind").to_owned()).or_default();
        for (to, more) in kind.iter_mut().chain(&mut total).zip(sums.into_iter().cycle()) {
            *to += more;
        }
    }
    let mut count = [0; 3];
    for (count, view) in count.iter_mut().zip(["site-profile", "partner-directory", "agreement-register"]) {
        *count = ask(node, ledger, view, None, None).await?.len() as u64;
    }
    let reach = ask(node, ledger, "reach", Some("school_year"), None).await?;
    let engaged = ask(node, ledger, "engagement-summary", Some("site"), None).await?;
    let sum = |rows: &[Value], column| rows.iter().map(|row| number(row, column)).sum::<u64>();
    let [sites, partners, agreements] = count;
    let [deliveries, minutes, _] = total;
    let figures = [position, sites, partners, agreements, deliveries, minutes / 60];
    let people = [sum(&reach, "persons"), sum(&reach, "cases"), sum(&engaged, "families")];
    Ok(std::iter::once(ledger.to_string())
        .chain(figures.into_iter().chain(people).map(|n| n.to_string()))
        .collect())
}

async fn ask(
    node: &Node,
    ledger: &Slug,
    view: &str,
    by: Option<&str>,
    limit: Option<usize>,
) -> Result<Vec<Value>, Error> {
    let filters = by.map(|by| ("by".to_owned(), by.to_owned())).into_iter().collect();
    let (ledger, view) = (ledger.clone(), view.to_owned());
    let query = Query { ledger, view, filters, as_of: None, valid_on: None, min_position: None, limit };
    match node.reply(Ask::Query { query }).await {
        Reply::Answer { answer } => Ok(answer.rows),
        reply => Err(unexpected(reply)),
    }
}

fn number(row: &Value, column: &str) -> u64 {
    row.get(column).and_then(Value::as_u64).unwrap_or(0)
}

fn text<'a>(row: &'a Value, column: &str) -> &'a str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}
