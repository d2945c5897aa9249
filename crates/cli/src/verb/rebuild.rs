//! `rebuild`: builds views anew beside the live ones, compares and swaps.

use serde_json::json;

use crate::args::Rebuild;
use crate::client::{Client, Purpose};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::{Output, columns};
use crate::verb::replay::must_exist;

/// Rebuilds one view or all, one after the other: each is swapped in as soon as it is complete.
pub(crate) async fn run(rebuild: &Rebuild, output: Output) -> Result<Exit, Error> {
    let names: Vec<&str> = match &rebuild.view {
        Some(view) => {
            must_exist(view)?;
            vec![view]
        }
        None => views::VIEWS.iter().map(|view| view.name()).collect(),
    };
    let client = Client::connect(&rebuild.place, Purpose::Ask, output).await?;
    let (mut reports, mut exit) = (Vec::new(), Exit::Ok);
    for name in names {
        output.say(format!("building {name} anew"));
        match client.rebuild(&rebuild.ledger, name).await {
            Ok((digests, head)) => {
                let digest = digests.first().map(|digest| &digest.digest);
                reports.push(
                    json!({ "view": name, "equal": true, "digest": digest, "position": head.position }),
                );
            }
            // The fresh one is in its place; the others are still to be looked at.
            Err(error) if error.exit() == Exit::Broken => {
                output.error(&error);
                reports.push(json!({ "view": name, "equal": false }));
                exit = Exit::Broken;
            }
            Err(error) => {
                client.close().await;
                return Err(error);
            }
        }
    }
    client.close().await;
    if output.json {
        output.document(&json!({ "equal": exit == Exit::Ok, "views": reports }))?;
    } else {
        let (header, rows) = columns(&reports, &["view", "equal"]);
        output.table(&header.iter().map(String::as_str).collect::<Vec<_>>(), rows)?;
    }
    Ok(exit)
}
