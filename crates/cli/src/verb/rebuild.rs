//! `rebuild`: builds views anew beside the live ones, compares and swaps.

use serde_json::{Value, json};
use wire::{Rebuilt, ViewDigest};

use crate::args::Rebuild;
use crate::client::{Client, Purpose};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::{Output, columns};
use crate::verb::replay::must_exist;

/// Rebuilds one view or all, in one pass over the log.
pub(crate) async fn run(rebuild: &Rebuild, output: Output) -> Result<Exit, Error> {
    let names: Vec<String> = match &rebuild.view {
        Some(view) => {
            must_exist(view)?;
            vec![view.clone()]
        }
        None => views::VIEWS.iter().map(|view| view.name().to_owned()).collect(),
    };
    let client = Client::connect(&rebuild.place, Purpose::Ask, output).await?;
    output.say(format!("building {} anew", names.join(", ")));
    let rebuilt = client.rebuild(&rebuild.ledger, names).await;
    client.close().await;
    let rebuilt = rebuilt?;
    let equal = rebuilt.iter().all(Rebuilt::is_equal);
    if !equal {
        output.say("a live view did not follow from the log; the fresh one is in its place now");
    }
    let report = |view: &Rebuilt| {
        let ViewDigest { view: name, digest, position, .. } = &view.now;
        json!({ "view": name, "equal": view.is_equal(), "digest": digest, "position": position })
    };
    let reports: Vec<Value> = rebuilt.iter().map(report).collect();
    if output.json {
        output.document(&json!({ "equal": equal, "views": reports }))?;
    } else {
        let (header, rows) = columns(&reports, &["view", "equal"]);
        output.table(&header.iter().map(String::as_str).collect::<Vec<_>>(), rows)?;
    }
    Ok(if equal { Exit::Ok } else { Exit::Broken })
}
