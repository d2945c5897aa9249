//! `serve`: recorder and projector in one process until a signal ends it.

use std::sync::Arc;

use domain::Slug;
use journal::{AnyJournal, Embedded, JetStream, Journal as _, jetstream};
use runtime::Shutdown;
use runtime::config::{Config, JournalKind};

use crate::args::{Role, Serve};
use crate::client::{journal_error, view_error};
use crate::error::Error;
use crate::exit::Exit;
use crate::home::{Home, LogKind};
use crate::serve::node::{Limits, Node};
use crate::serve::{broker, local, socket};

/// Serves until told to stop.
pub(crate) async fn run(serve: &Serve) -> Result<Exit, Error> {
    let Role::All = serve.role;
    let (config, _) = super::config::load(serve.config.as_deref())?;
    runtime::telemetry::init(&config.telemetry);
    let shutdown = Shutdown::on_signals()
        .map_err(|error| Error::new(Exit::Failure, "can't listen to signals").why(error))?;
    let log = match config.journal.kind {
        JournalKind::Embedded => LogKind::Embedded,
        JournalKind::Jetstream => LogKind::Jetstream,
    };
    let home = Home::open_or_make(&config.data, &config.deployment, log)?;
    // On JetStream the log has no lock that keeps a second server off the same register and views.
    let _lock = match socket::connect(&home.dir).await {
        Ok(Some(_)) => {
            return Err(Error::new(
                Exit::Unavailable,
                format!("a server runs on {} already", home.dir.display()),
            )
            .hint("talk to it with --data, or stop it first"));
        }
        Ok(None) | Err(_) => home.lock()?,
    };
    let journal = open(&config).await?;
    let ledgers = check(&journal).await?;
    let listener =
        socket::listen(&home.dir).map_err(|error| Error::file(&socket::path(&home.dir), &error))?;
    let data = home.dir.clone();
    let node = Arc::new(Node::start(home, journal.clone(), Limits::of(&config)));
    if let Err(error) = node.project().await {
        node.stop().await;
        return Err(view_error(&error));
    }
    tracing::info!(
        data = %data.display(),
        deployment = %config.deployment,
        journal = %describe(&config),
        ledgers = ledgers.len(),
        "serving"
    );
    let answers = serve_all(&journal, listener, &node, &shutdown).await;
    tracing::info!("stopping; what is in flight finishes");
    node.stop().await;
    // Gone is better than stale; the next server would replace it anyway.
    let _ = std::fs::remove_file(socket::path(&data));
    tracing::info!("stopped");
    answers.map(|()| Exit::Ok)
}

async fn serve_all(
    journal: &AnyJournal,
    listener: tokio::net::UnixListener,
    node: &Arc<Node>,
    shutdown: &Shutdown,
) -> Result<(), Error> {
    let local = local::serve(listener, node.clone(), shutdown.clone());
    let AnyJournal::JetStream(jetstream) = journal else {
        local.await;
        return Ok(());
    };
    let requests = async {
        let served = broker::serve(jetstream.client(), node.clone(), shutdown.clone()).await;
        // Without requests from NATS the server would look alive and be deaf.
        shutdown.trigger();
        served
    };
    let ((), served) = tokio::join!(local, requests);
    served
}

async fn open(config: &Config) -> Result<AnyJournal, Error> {
    match config.journal.kind {
        JournalKind::Embedded => {
            Embedded::open(&config.data).map(AnyJournal::Embedded).map_err(|error| journal_error(&error))
        }
        JournalKind::Jetstream => {
            let nkey = &config.journal.nkey_file;
            let settings = jetstream::Settings {
                url: config.journal.url.clone(),
                replicas: config.journal.replicas,
                nkey_file: (!nkey.as_os_str().is_empty()).then(|| nkey.clone()),
                accept_unchecked_sync: config.journal.accept_unchecked_sync,
            };
            JetStream::connect(settings)
                .await
                .map(|journal| AnyJournal::JetStream(Box::new(journal)))
                .map_err(|error| journal_error(&error))
        }
    }
}

/// Opens every ledger's log, which checks that it can't lose what it acknowledges.
async fn check(journal: &AnyJournal) -> Result<Vec<Slug>, Error> {
    let ledgers = journal.ledgers().await.map_err(|error| journal_error(&error))?;
    for ledger in &ledgers {
        journal.open(ledger).await.map_err(|error| journal_error(&error))?;
    }
    Ok(ledgers)
}

fn describe(config: &Config) -> String {
    match config.journal.kind {
        JournalKind::Embedded => "the embedded journal".to_owned(),
        JournalKind::Jetstream => format!("NATS JetStream at {}", config.journal.url),
    }
}
