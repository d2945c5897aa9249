//! `serve`: recorder, projector or both in one process until a signal ends it.

use std::sync::Arc;
use std::time::Duration;

use domain::Slug;
use futures::future::{join_all, try_join_all};
use journal::{AnyJournal, Embedded, JetStream, Journal as _, jetstream};
use recorder::{Appended, Observer};
use runtime::Shutdown;
use runtime::config::{Config, JournalKind};
use tokio::net::UnixListener;

use crate::args::{Role, Serve};
use crate::client::{journal_error, view_error};
use crate::error::Error;
use crate::exit::Exit;
use crate::home::{Home, LogKind};
use crate::serve::admin::Admin;
use crate::serve::broker::Broker;
use crate::serve::feed::Feed;
use crate::serve::figures::Figures;
use crate::serve::node::{Node, Plan};
use crate::serve::{local, socket};

/// How often a projector looks for ledgers that were opened since.
const LOOK: Duration = Duration::from_secs(2);

/// Serves until told to stop.
pub(crate) async fn run(serve: &Serve) -> Result<Exit, Error> {
    let (config, _) = super::config::load(serve.config.as_deref())?;
    possible(serve.role, &config)?;
    runtime::telemetry::init(&config.telemetry);
    let shutdown = Shutdown::on_signals()
        .map_err(|error| Error::new(Exit::Failure, "can't listen to signals").why(error))?;
    let log = match config.journal.kind {
        JournalKind::Embedded => LogKind::Embedded,
        JournalKind::Jetstream => LogKind::Jetstream,
    };
    let mut home = Home::open_or_make(&config.data, &config.deployment, log)?;
    home.keys = config.recorder.keys_dir(&home.dir);
    // On JetStream the log has no lock that keeps a second server off the same register and views.
    let _lock = match socket::connect(&home.dir).await {
        Ok(Some(_)) => return Err(runs_already(&home)),
        Ok(None) | Err(_) => home.lock()?,
    };
    let journal = open(&config).await?;
    let ledgers = check(&journal).await?;
    let listener =
        socket::listen(&home.dir).map_err(|error| Error::file(&socket::path(&home.dir), &error))?;
    let data = home.dir.clone();
    let admin = admin(&config).await?;
    let figures = Arc::new(Figures::default());
    let (watch, told) = watched(serve.role, &config, &journal, figures.clone());
    let plan = Plan::new(serve.role, &config, watch).counted(figures);
    let node = Arc::new(Node::start(home, journal.clone(), plan));
    let address = admin.as_ref().map(|admin| *node.admin.get_or_init(|| admin.address()));
    if serve.role.projects()
        && let Err(error) = node.project().await
    {
        node.stop().await;
        return Err(view_error(&error));
    }
    tracing::info!(
        role = serve.role.name(),
        data = %data.display(),
        deployment = %config.deployment,
        journal = %describe(&config),
        ledgers = ledgers.len(),
        admin = address.map(|address| format!("http://{address}")),
        "serving"
    );
    let answers = async {
        let answers = Server { role: serve.role, config: &config, journal, node, shutdown }
            .answer(listener, admin)
            .await;
        // Gone is better than stale; the next server would replace it anyway.
        let _ = std::fs::remove_file(socket::path(&data));
        answers
    };
    let (answers, ()) = tokio::join!(answers, told);
    tracing::info!("stopped");
    answers.map(|()| Exit::Ok)
}

/// Whether the role can be taken with this configuration.
fn possible(role: Role, config: &Config) -> Result<(), Error> {
    if role == Role::All || config.journal.kind == JournalKind::Jetstream {
        return Ok(());
    }
    let what = format!("a {} of its own needs the log in NATS JetStream", role.name());
    Err(Error::new(Exit::Configuration, what)
        .why("the embedded log is open in one process only")
        .hint("set journal.kind = \"jetstream\", or start both roles with: hubledger serve all"))
}

fn runs_already(home: &Home) -> Error {
    Error::new(Exit::Unavailable, format!("a server runs on {} already", home.dir.display()))
        .hint("talk to it with --data, or stop it first; another role needs a data directory of its own")
}

/// The admin port, if there is to be one.
async fn admin(config: &Config) -> Result<Option<Admin>, Error> {
    let Some(address) = config.admin.address() else { return Ok(None) };
    Admin::bind(address).await.map(Some).map_err(|error| {
        Error::new(Exit::Unavailable, format!("can't listen on {address} for health and figures"))
            .why(error)
            .hint("set admin.listen to another port for each server of this machine, or to port 0 for any")
    })
}

/// What the recorder tells, and the work of telling it on.
fn watched(
    role: Role,
    config: &Config,
    journal: &AnyJournal,
    figures: Arc<Figures>,
) -> (Arc<dyn Observer>, impl Future<Output = ()> + use<>) {
    let (feed, telling) = match journal {
        AnyJournal::JetStream(journal) if role.records() && config.recorder.feed => {
            let (feed, telling) = Feed::new(journal.client());
            (Some(feed), Some(telling))
        }
        AnyJournal::Memory(_) | AnyJournal::Embedded(_) | AnyJournal::JetStream(_) => (None, None),
    };
    let telling = async { drop(join_all(telling).await) };
    (Arc::new(Watch { figures, feed }), telling)
}

/// Passes on what the recorder tells.
#[derive(Debug)]
struct Watch {
    figures: Arc<Figures>,
    feed: Option<Feed>,
}

impl Observer for Watch {
    fn appended(&self, group: &Appended<'_>) {
        self.figures.appended(group);
        if let Some(feed) = &self.feed {
            feed.hand_in(group);
        }
    }

    fn lost(&self, ledger: &Slug) {
        self.figures.lost(ledger);
    }

    fn taking_up(&self, ledger: &Slug) {
        self.figures.taking_up(ledger);
    }

    fn caught_up(&self, ledger: &Slug, register_rows: u64) {
        self.figures.caught_up(ledger, register_rows);
    }

    fn failed(&self, ledger: &Slug, error: &recorder::Error) {
        self.figures.failed(ledger, error);
    }
}

/// A server that is ready.
struct Server<'a> {
    role: Role,
    config: &'a Config,
    journal: AnyJournal,
    node: Arc<Node>,
    shutdown: Shutdown,
}

impl Server<'_> {
    /// Answers until it is time to stop, then stops the node.
    async fn answer(self, listener: UnixListener, admin: Option<Admin>) -> Result<(), Error> {
        let local = local::serve(listener, self.node.clone(), self.shutdown.clone());
        let work = async {
            let ((), served, ()) = tokio::join!(local, self.requests(), self.follow_new());
            tracing::info!("stopping; what is in flight finishes");
            self.node.stop().await;
            served
        };
        // Whoever watches sees it stop, and is gone with it.
        tokio::select! {
            served = work => served,
            () = self.watch(admin) => Ok(()),
        }
    }

    /// Answers on the admin port for ever, if there is one.
    async fn watch(&self, admin: Option<Admin>) {
        match admin {
            Some(admin) => {
                let lag_max = self.config.admin.lag_max;
                admin.serve(self.role, self.node.clone(), lag_max, self.shutdown.clone()).await;
            }
            None => std::future::pending().await,
        }
    }

    /// Takes requests from NATS, if the log is there.
    async fn requests(&self) -> Result<(), Error> {
        let AnyJournal::JetStream(journal) = &self.journal else { return Ok(()) };
        let roles = [("recorder", self.role.records()), ("projector", self.role.projects())];
        let brokers = roles.into_iter().filter(|(_, taken)| *taken).map(|(role, _)| async move {
            let broker = Broker::new(journal.client(), self.node.clone(), role, &self.config.requests);
            let served = broker.serve(self.shutdown.clone());
            let served = journal.permitted(&format!("ask.{role}.*"), served).await;
            let served = served.unwrap_or_else(|denied| Err(journal_error(&denied)));
            // Without requests from NATS the server would look alive and be deaf.
            self.shutdown.trigger();
            served
        });
        try_join_all(brokers).await.map(drop)
    }

    /// Ledgers are opened by recorders, perhaps in another process.
    async fn follow_new(&self) {
        if !self.role.projects() {
            return;
        }
        while tokio::time::timeout(LOOK, self.shutdown.triggered()).await.is_err() {
            if let Err(error) = self.node.follow_new().await {
                tracing::warn!(%error, "can't look for new ledgers; looking again");
            }
        }
    }
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
