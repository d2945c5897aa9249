//! All views built from an empty store, in a process of its own so that its memory is only that.

use std::path::Path;
use std::time::Duration;

use journal::{Embedded, Journal as _};
use projector::{Projector, Settings, fold};
use runtime::{Clock as _, SystemClock};
use wire::Query;

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
    let projector = Projector::start(journal.clone(), settings).await?;
    // Complete to the last commit's first event is complete: commits are applied whole.
    let (head, live) = projector.digests(&origin.ledger, last.size + 1).await?;
    let built = (clock.elapsed() - began).as_secs_f64();
    projector.stop().await;
    let stored = (clock.elapsed() - began).as_secs_f64();
    let memory = peak_memory();
    let mut figures = vec![
        Figure::new("rebuild of all views, until they answer", head.position as f64 / built, "events/s"),
        Figure::new(
            "rebuild of all views, until they are on disk",
            head.position as f64 / stored,
            "events/s",
        ),
        Figure::new("rebuild: peak memory", memory, "MB"),
    ];
    let folded = fold(&journal, origin.clone(), None, |_| {}).await?;
    if folded.digests() != live {
        return Err("the views differ from a fold".into());
    }
    let mut logical = 0.0;
    for view in views::VIEWS {
        let (ledger, view) = (origin.ledger.clone(), view.name().to_owned());
        let query =
            Query { ledger, view, filters: Default::default(), as_of: None, min_position: None, limit: None };
        logical += serde_json::to_vec(&folded.answer(&query)?.rows)?.len() as f64 / 1e6;
    }
    let stored = disk(views.path())?;
    figures.push(Figure::new("views: on disk", stored, "MB"));
    figures.push(Figure::new("views: as answers in JSON", logical, "MB"));
    figures.push(Figure::new("views: disk against answers", stored / logical.max(0.001), "x"));
    figures.iter().for_each(|figure| println!("{}", figure.json()));
    Ok(())
}
