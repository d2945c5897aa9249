//! All views built from an empty store, in a process of its own so that its memory is only that.

use std::path::Path;
use std::time::Duration;

use journal::{Embedded, Journal as _};
use projector::{Projector, Settings, fold};
use runtime::{Clock as _, SystemClock};

use crate::machine::{Failure, Figure, disk, peak_memory};
use crate::read::ledger;

/// Builds the views of the folder's ledger beside it and prints the figures, a line each.
pub(crate) async fn child(folder: &Path) -> Result<(), Failure> {
    let journal = Embedded::open_read_only(folder);
    let reader = ledger(&journal).await?;
    let origin = reader.origin().clone();
    let clock = SystemClock::default();
    let views = tempfile::tempdir()?;
    let settings = Settings {
        data_dir: views.path().to_owned(),
        deployment: origin.deployment.clone(),
        flush_events: 65_536,
        cache_bytes: 64 << 20,
        wait: Duration::from_secs(3_600),
    };
    let tip = journal.head(&origin.ledger).await?;
    let last = journal.commit(&origin.ledger, tip.commit).await?.ok_or("the log is empty")?;
    let began = clock.elapsed();
    let projector = Projector::start(journal.clone(), settings.clone()).await?;
    // Complete to the last commit's first event is complete: commits are applied whole.
    let (head, live) = projector.digests(&origin.ledger, last.size + 1).await?;
    let built = (clock.elapsed() - began).as_secs_f64();
    let memory = peak_memory();
    let sizes = projector.sizes(&origin.ledger, head.position).await?;
    projector.stop().await;
    drop(projector);
    let stored = disk(views.path())?;
    let projector = Projector::start(journal.clone(), settings).await?;
    let began = clock.elapsed();
    for view in views::VIEWS {
        projector.rebuild(&origin.ledger, view.name()).await?;
    }
    let beside = (clock.elapsed() - began).as_secs_f64();
    let all_memory = peak_memory();
    projector.stop().await;
    let folded = fold(&journal, origin.clone(), None, |_| {}).await?;
    if folded.digests() != live {
        return Err("the views differ from a fold".into());
    }
    let events = head.position as f64;
    let rows = sizes.values().map(|size| size.rows as f64).sum::<f64>();
    let logical = sizes.values().map(|size| size.bytes as f64 / 1e6).sum::<f64>();
    let figures = [
        Figure::new("views: all built from nothing", events / built, "events/s"),
        Figure::new("views: peak memory meanwhile", memory, "MB"),
        Figure::new(
            "views: each built anew beside the live one",
            views::VIEWS.len() as f64 * events / beside,
            "events/s",
        ),
        Figure::new("views: peak memory after that", all_memory, "MB"),
        Figure::new("views: rows", rows, "rows"),
        Figure::new("views: keys and values of the rows", logical, "MB"),
        Figure::new("views: on disk", stored, "MB"),
        Figure::new("views: disk against keys and values", stored / logical.max(0.001), "x"),
    ];
    figures.iter().for_each(|figure| println!("{}", figure.json()));
    Ok(())
}
