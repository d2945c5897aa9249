//! What the demo tells when the year is recorded: the region, its services, its councils, needs and money, what happened
//! last, heads and roots, and what to try next.

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
/// Of many ledgers, only so many of the largest are shown each.
const LEDGERS_SHOWN: usize = 10;

/// Tells, as tables or as one JSON document.
pub(super) async fn tell(demo: &Demo, done: &Done, node: &Node, output: Output) -> Result<(), Error> {
    if output.json {
        return output.document(&done.document());
    }
    output.heading("The region")?;
    let (mut region, mut together, mut kinds) = (Vec::new(), Vec::new(), BTreeMap::new());
    for head in &done.ledgers {
        region.push(ledger(node, &head.ledger, head.position, &mut kinds).await?);
        together.push(partnership(node, &head.ledger).await?);
    }
    // They come from small to large.
    let smaller = done.ledgers.len().saturating_sub(LEDGERS_SHOWN);
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
    output.table(&header, region.into_iter().skip(smaller))?;
    if smaller > 0 {
        output.line(format!("and {smaller} smaller ledgers"))?;
    }

    output.heading("What was delivered")?;
    let mut kinds: Vec<(String, [u64; 3])> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, [deliveries, ..])| std::cmp::Reverse(*deliveries));
    let rows = kinds.iter().take(SHOWN).map(|(kind, [deliveries, minutes, attendances])| {
        vec![kind.clone(), deliveries.to_string(), (minutes / 60).to_string(), attendances.to_string()]
    });
    output.table(&["kind", "deliveries", "hours", "attendances"], rows)?;

    output.heading("What was decided, needed and paid")?;
    let header =
        ["ledger", "councils", "meetings", "adopted", "not adopted", "needs", "gaps", "granted $", "spent $"];
    output.table(&header, together.into_iter().skip(smaller))?;

    if let Some(last) = done.ledgers.last() {
        output.heading(&format!("Last recorded in {}", last.ledger))?;
        for item in ask(node, &last.ledger, "activity-feed", None, Some(SHOWN)).await? {
            output.line(format!("{:>7}  {}", number(&item, "position"), text(&item, "said")))?;
        }
    }

    output.heading("Heads")?;
    let heads = done.ledgers.iter().skip(smaller).map(|head| {
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
        "query needs-and-assets --where status=gap",
        "query leadership-record --where row=decision",
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

/// What councils decided, what is needed without a service for it, and what was granted and spent, in whole dollars.
async fn partnership(node: &Node, ledger: &Slug) -> Result<Vec<String>, Error> {
    let leadership = ask(node, ledger, "leadership-record", None, None).await?;
    let needs = ask(node, ledger, "needs-and-assets", None, None).await?;
    let funding = ask(node, ledger, "funding", None, None).await?;
    let councils: Vec<&Value> = leadership.iter().filter(|row| text(row, "row") == "council").collect();
    let needs: Vec<&Value> = needs.iter().filter(|row| text(row, "what") == "need").collect();
    let decided = |column| councils.iter().map(|row| number(row, column)).sum::<u64>();
    let dollars = |column| funding.iter().map(|row| number(row, column)).sum::<u64>() / 100;
    let figures = [
        // They have one row for each school year, of which there is one.
        councils.len() as u64,
        decided("meetings_held"),
        decided("adopted"),
        decided("not_adopted"),
        needs.len() as u64,
        needs.iter().filter(|row| text(row, "status") == "gap").count() as u64,
        dollars("awarded_cents"),
        dollars("spent_cents"),
    ];
    Ok(std::iter::once(ledger.to_string()).chain(figures.into_iter().map(|n| n.to_string())).collect())
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
    let query =
        Query { ledger, view, filters, as_of: None, valid_on: None, min_position: None, limit, wait: None };
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
