//! All views built from an empty store, in a process of its own so that its memory is only that.

use std::path::Path;
use std::time::Duration;

use journal::{Embedded, Journal as _};
use projector::{Folded, Projector, Settings, fold};
use runtime::{Clock as _, SystemClock};
use views::VIEWS;
use wire::{Origin, Query, Vantage};

use crate::machine::{Failure, Figure, disk, peak_memory, processor};
use crate::read::ledger;

/// Views of one ledger in a folder, to be built from its log.
struct Views<'a> {
    journal: Embedded,
    origin: Origin,
    folder: &'a Path,
    /// Position of the last commit's first event; commits are applied whole.
    complete: u64,
}

impl Views<'_> {
    async fn start(&self) -> Result<Projector<Embedded>, Failure> {
        let settings = Settings {
            data_dir: self.folder.to_owned(),
            deployment: self.origin.deployment.clone(),
            flush_events: 65_536,
            cache_bytes: 64 << 20,
            wait: Duration::from_secs(3_600),
        };
        Ok(Projector::start(self.journal.clone(), settings).await?)
    }

    /// Everything that a view can tell apart, once it is complete.
    fn question(&self, view: &str, by: Option<String>) -> Query {
        Query {
            ledger: self.origin.ledger.clone(),
            view: view.to_owned(),
            filters: by.map(|columns| ("by".to_owned(), columns)).into_iter().collect(),
            as_of: None,
            valid_on: None,
            min_position: Some((1, self.complete)),
            limit: None,
            wait: None,
        }
    }

    /// From nothing until all is stored; gives the number of events.
    async fn build(&self) -> Result<(f64, Vec<Figure>), Failure> {
        let clock = SystemClock::default();
        let (began, idle) = (clock.elapsed(), processor());
        let projector = self.start().await?;
        let events = projector.query(&self.question("activity-feed", None)).await?.head.position as f64;
        projector.stop().await;
        let (built, worked) = ((clock.elapsed() - began).as_secs_f64(), processor() - idle);
        let figures = vec![
            Figure::new("views: all built from nothing and stored", events / built, "events/s"),
            Figure::new("views: the same, a second of one processor", events / worked, "events/s"),
            Figure::new("views: peak memory meanwhile", peak_memory(), "MB"),
        ];
        Ok((events, figures))
    }

    /// What is stored, against what it says.
    async fn sizes(
        &self,
        projector: &Projector<Embedded>,
        stored: f64,
    ) -> Result<(f64, Vec<Figure>), Failure> {
        let sizes = projector.sizes(&self.origin.ledger, 0).await?;
        let mut answers = 0;
        for view in VIEWS {
            let by = (view.name() == "reach").then(|| view.columns().join(","));
            let answer = projector.query(&self.question(view.name(), by)).await?;
            answers += serde_json::to_vec(&answer.rows)?.len();
        }
        let logical = sizes.values().map(|size| size.bytes as f64 / 1e6).sum::<f64>();
        let figures = vec![
            Figure::new("views: rows", sizes.values().map(|size| size.rows as f64).sum(), "rows"),
            Figure::new("views: keys and JSON of the rows", logical, "MB"),
            Figure::new("views: JSON of all answers", answers as f64 / 1e6, "MB"),
            Figure::new("views: on disk", stored, "MB"),
            Figure::new("views: disk against keys and JSON", stored / logical.max(0.001), "x"),
        ];
        Ok((logical, figures))
    }
}

/// Builds the views of the folder's ledger beside it and prints the figures, a line each.
pub(crate) async fn child(folder: &Path) -> Result<(), Failure> {
    let journal = Embedded::open_read_only(folder);
    let origin = ledger(&journal).await?.origin().clone();
    let tip = journal.head(&origin.ledger).await?;
    let last = journal.commit(&origin.ledger, tip.commit).await?.ok_or("the log is empty")?;
    let stored = tempfile::tempdir()?;
    let views = Views { journal, origin, folder: stored.path(), complete: last.size + 1 };
    let (events, mut figures) = views.build().await?;
    let once = disk(views.folder)?;

    let clock = SystemClock::default();
    let projector = views.start().await?;
    projector.query(&views.question("activity-feed", None)).await?;
    figures.push(Figure::new("views: opened again and answered", clock.elapsed().as_secs_f64(), "s"));
    let (logical, sizes) = views.sizes(&projector, once).await?;
    figures.extend(sizes);
    let (_, live) = projector.digests(&views.origin.ledger, 0).await?;
    let began = clock.elapsed();
    let names: Vec<&str> = VIEWS.iter().map(|view| view.name()).collect();
    projector.rebuild(&views.origin.ledger, &names).await?;
    let beside = events / (clock.elapsed() - began).as_secs_f64();
    projector.stop().await;
    figures.extend([
        Figure::new("views: all built anew beside the live ones", beside, "events/s"),
        Figure::new("views: peak memory after that", peak_memory(), "MB"),
        Figure::new("views: disk against keys and JSON after that", disk(views.folder)? / logical, "x"),
    ]);
    if fold(&views.journal, Folded::new(views.origin.clone(), VIEWS, Vantage::default()), |_| {})
        .await?
        .digests()
        != live
    {
        return Err("the views differ from a fold".into());
    }
    figures.iter().for_each(|figure| println!("{}", figure.json()));
    Ok(())
}
