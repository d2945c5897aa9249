//! `demo`: a made-up region of ledgers, recorded through the same door and recorder as anything else.
//!
//! Data are kept. A second run sends the same commands under the same ids, so what is there is repeated and only what
//! is missing is added.

use std::sync::Arc;

use domain::Slug;
use futures::future::try_join_all;
use indicatif::ProgressBar;
use journal::{AnyJournal, Embedded};
use region::District;
use runtime::{Clock as _, Shutdown, SystemClock};
use serde_json::json;
use serde_json::value::RawValue;
use wire::ask::{Ask, Reply};
use wire::{HeadReply, Outcome, ViewDigest};

use crate::args::Demo;
use crate::client::{journal_error, unexpected, view_error};
use crate::error::Error;
use crate::exit::Exit;
use crate::home::{Home, HomeLock, LogKind};
use crate::output::Output;
use crate::serve::node::{Node, Plan};
use crate::serve::{http, local, socket};
use crate::verb::config;

mod summary;

/// The seed of every demo, so that all show the same.
const SEED: u64 = 2025;

/// What a run has done.
struct Done {
    recorded: u64,
    repeated: u64,
    seconds: f64,
    ledgers: Vec<HeadReply>,
    views: Vec<ViewDigest>,
}

/// Records the region, tells about it, and stays up.
pub(crate) async fn run(demo: &Demo, output: Output) -> Result<Exit, Error> {
    if demo.events < demo.ledgers {
        let what = format!("{} ledgers have {0} events at least, not {}", demo.ledgers, demo.events);
        return Err(Error::new(Exit::Usage, what).hint("ask for more --events, or fewer --ledgers"));
    }
    let shutdown = Shutdown::on_signals()
        .map_err(|error| Error::new(Exit::Failure, "can't listen to signals").why(error))?;
    let (node, _lock) = start(demo).await?;
    let done = tokio::select! {
        done = record_region(demo, &node, output) => done,
        () = shutdown.triggered() => Err(Error::new(Exit::Interrupted, "interrupted").hint("run it again to go on")),
    };
    let told = match &done {
        Ok(done) => summary::tell(demo, done, &node, output).await,
        Err(_) => Ok(()),
    };
    if done.is_ok() && told.is_ok() && !demo.once {
        let listener =
            socket::listen(&demo.data).map_err(|error| Error::file(&socket::path(&demo.data), &error))?;
        let gateway = http::listen(demo.listen, None).await?;
        let parts = open(&node, shutdown.clone()).await?;
        output.say(format!("up: {}/docs, and its local socket; Ctrl-C ends", gateway.url()));
        tokio::join!(local::serve(listener, node.clone(), shutdown), gateway.serve(parts));
        // Gone is better than stale; the next server would replace it anyway.
        let _ = std::fs::remove_file(socket::path(&demo.data));
    }
    node.stop().await;
    done?;
    told.map(|()| Exit::Ok)
}

async fn start(demo: &Demo) -> Result<(Arc<Node>, HomeLock), Error> {
    if let Ok(Some(_)) = socket::connect(&demo.data).await {
        let what = format!("a server or demo runs on {} already", demo.data.display());
        return Err(Error::new(Exit::Unavailable, what)
            .hint("ask it, or stop it, or name another directory with --data DIR"));
    }
    let deployment: Slug =
        "demo".parse().map_err(|_| Error::new(Exit::Failure, "the deployment's name is no slug"))?;
    let home = Home::open_or_make(&demo.data, &deployment, LogKind::Embedded)?;
    let lock = home.lock()?;
    let journal = Embedded::open(&home.dir).map_err(|error| journal_error(&error))?;
    let (config, _) = config::load(None)?;
    let node = Arc::new(Node::start(home, AnyJournal::Embedded(journal), Plan::patient(&config)));
    node.project().await.map_err(|error| view_error(&error))?;
    Ok((node, lock))
}

/// A gateway that asks nobody for a token: what is made up is for all.
async fn open(node: &Arc<Node>, shutdown: Shutdown) -> Result<gateway::Parts, Error> {
    let (mut config, _) = config::load(None)?;
    config.gateway.tokens = false;
    http::before(node, &config, shutdown).await
}

async fn record_region(demo: &Demo, node: &Node, output: Output) -> Result<Done, Error> {
    let ledgers = usize::try_from(demo.ledgers).unwrap_or(region::LEDGERS_MAX);
    let districts = region::region_of(SEED, demo.events, ledgers);
    let progress = output.progress(Some(demo.events), "recording a school year");
    let clock = SystemClock::default();
    let began = clock.elapsed();
    let recorded =
        try_join_all(districts.into_iter().map(|district| record(district, node, &progress))).await?;
    progress.set_message("bringing the views up to date");
    let (mut ledgers, mut views) = (Vec::new(), Vec::new());
    for Recorded { ledger, .. } in &recorded {
        // Waits until the views hold all that was recorded.
        match node.reply(Ask::Digests { ledger: ledger.clone() }).await {
            Reply::Digests { digests, head } => {
                views.extend(digests);
                ledgers.push(head);
            }
            reply => return Err(unexpected(reply)),
        }
    }
    let seconds = (clock.elapsed() - began).as_secs_f64();
    progress.finish_and_clear();
    let (new, repeated) = recorded.iter().fold((0, 0), |(n, r), one| (n + one.new, r + one.repeated));
    Ok(Done { recorded: new, repeated, seconds, ledgers, views })
}

/// How a district's commands ended.
struct Recorded {
    ledger: Slug,
    new: u64,
    repeated: u64,
}

async fn record(mut district: District, node: &Node, progress: &ProgressBar) -> Result<Recorded, Error> {
    let ledger = district.ledger().clone();
    let mut recorded = Recorded { ledger: ledger.clone(), new: 0, repeated: 0 };
    loop {
        let batch = district.next_batch();
        if batch.is_empty() {
            return Ok(recorded);
        }
        let commands = batch.into_iter().map(RawValue::from_string).collect::<Result<Vec<_>, _>>()?;
        let outcomes = match node.reply(Ask::Submit { ledger: ledger.clone(), commands }).await {
            Reply::Outcomes { outcomes } => outcomes,
            reply => return Err(unexpected(reply)),
        };
        let mut events = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            match outcome {
                Outcome::Receipt(receipt) => {
                    recorded.new += 1;
                    events.push(receipt.event_ids.first().copied());
                }
                Outcome::Repeated(receipt) => {
                    recorded.repeated += 1;
                    events.push(receipt.event_ids.first().copied());
                }
                Outcome::Refusal(refusal) => {
                    let what = format!("a command of the sample region was refused: {}", refusal.message);
                    return Err(Error::new(Exit::Refused, what)
                        .hint("the folder may hold another version's demo; name a new one with --data DIR"));
                }
                Outcome::WouldAccept { .. } => events.push(None),
            }
        }
        progress.inc(events.len() as u64);
        district.recorded(&events);
    }
}

impl Done {
    fn per_second(&self) -> f64 {
        (self.recorded + self.repeated) as f64 / self.seconds.max(0.001)
    }

    fn document(&self) -> serde_json::Value {
        let view =
            |view: &ViewDigest| json!({ "ledger": view.ledger, "view": view.view, "digest": view.digest });
        json!({
            "events": self.recorded + self.repeated,
            "recorded": self.recorded,
            "repeated": self.repeated,
            "seconds": (self.seconds * 1000.0).round() / 1000.0,
            "events_per_second": self.per_second().round(),
            "ledgers": self.ledgers,
            "views": self.views.iter().map(view).collect::<Vec<_>>(),
        })
    }
}
