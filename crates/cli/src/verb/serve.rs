//! `serve`: recorder, projector, gateway or all in one process until a signal ends it.

use std::sync::Arc;

use async_nats::Client;
use domain::Slug;
use futures::future::{join_all, try_join_all};
use journal::{AnyJournal, Embedded, JetStream, Journal as _, jetstream};
use recorder::{Appended, Observer};
use runtime::config::{Config, JournalKind};
use runtime::{Random, Shutdown, SystemClock, SystemRandom};
use tokio::net::UnixListener;
use tokio::sync::Barrier;

use crate::args::{Role, Serve};
use crate::client::{journal_error, view_error};
use crate::error::Error;
use crate::exit::Exit;
use crate::home::{Home, HomeLock, LogKind};
use crate::serve::admin::{Admin, Watched};
use crate::serve::broker::Broker;
use crate::serve::courier::{Outside, courier_alone, outside};
use crate::serve::feed::Feed;
use crate::serve::figures::Figures;
use crate::serve::leases::{Leases, Service};
use crate::serve::members::Instance;
use crate::serve::node::{Node, Plan};
use crate::serve::presence::Presence;
use crate::serve::waiting::patiently;
use crate::serve::{http, local, socket};

/// Serves until told to stop.
pub(crate) async fn run(serve: &Serve) -> Result<Exit, Error> {
    let (config, _) = super::config::load(serve.config.as_deref())?;
    possible(serve.role, &config)?;
    runtime::telemetry::init(&config.telemetry);
    let shutdown = Shutdown::on_signals()
        .map_err(|error| Error::new(Exit::Failure, "can't listen to signals").why(error))?;
    match serve.role {
        Role::Gateway => gateway_alone(&config, shutdown).await,
        Role::Courier => {
            let parts = (async || open(&config).await, admin(&config));
            courier_alone(&config, parts, shutdown).await
        }
        role => node(role, &config, shutdown).await,
    }
}

/// Recorder and projector on a data directory, and HTTP before them where it is wanted.
async fn node(role: Role, config: &Config, shutdown: Shutdown) -> Result<Exit, Error> {
    let home = home(config)?;
    let _lock = alone(&home).await?;
    let journal = open(config).await?;
    let ledgers = check(&journal).await?;
    let listener =
        socket::listen(&home.dir).map_err(|error| Error::file(&socket::path(&home.dir), &error))?;
    let data = home.dir.clone();
    let admin = admin(config).await?;
    let gateway = if role == Role::All { http::bind(config).await? } else { None };
    let listening = gateway.as_ref().map(http::Http::url);
    let figures = Arc::new(Figures::default());
    let (watch, told) = watched(role, config, &journal, figures.clone());
    let leases = leases(role, config);
    let instance = leases.first().map(|leases| leases.me().to_string());
    let plan = Plan::new(role, config, watch).counted(figures).spread(leases);
    let node = Arc::new(Node::start(home, journal.clone(), plan));
    let address = admin.as_ref().map(|admin| *node.admin.get_or_init(|| admin.address()));
    if role.projects()
        && let Err(error) = node.project().await
    {
        node.stop().await;
        return Err(view_error(&error));
    }
    let outside = match Box::pin(outside(config, gateway, &node, shutdown.clone())).await {
        Ok(outside) => outside,
        Err(error) => {
            node.stop().await;
            return Err(error);
        }
    };
    let server = Server::new(role, config, (journal, node), shutdown);
    let listens = server.listens();
    let serving = async {
        if listens.await {
            tracing::info!(
                role = role.name(),
                instance,
                data = %data.display(),
                deployment = %config.deployment,
                journal = %describe(config),
                ledgers = ledgers.len(),
                admin = address.map(|address| format!("http://{address}")),
                http = listening,
                "serving"
            );
        }
    };
    let answers = async {
        let answers = server.answer(listener, admin, outside).await;
        // Gone is better than stale; the next server would replace it anyway.
        let _ = std::fs::remove_file(socket::path(&data));
        answers
    };
    let (answers, (), ()) = tokio::join!(answers, told, serving);
    tracing::info!("stopped");
    answers.map(|()| Exit::Ok)
}

/// The data directory, with the keys where the configuration has them.
fn home(config: &Config) -> Result<Home, Error> {
    let log = match config.journal.kind {
        JournalKind::Embedded => LogKind::Embedded,
        JournalKind::Jetstream => LogKind::Jetstream,
    };
    let home = Home::open_or_make(&config.data, &config.deployment, log)?;
    Ok(Home { keys: config.recorder.keys_dir(&home.dir), ..home })
}

/// HTTP before servers behind NATS; it keeps nothing, so any number may run. Waits for the log, and listens only then:
/// whoever shares the load out among gateways finds nobody here before.
async fn gateway_alone(config: &Config, shutdown: Shutdown) -> Result<Exit, Error> {
    let nowhere = || {
        Error::new(Exit::Configuration, "gateway.listen names no address")
            .hint("set it to the address and port of HTTP, such as \"127.0.0.1:8080\"")
    };
    config.gateway.address().ok_or_else(nowhere)?;
    let parts =
        patiently(&shutdown, async || http::behind(open(config).await?, config, shutdown.clone()).await);
    let Some(parts) = Box::pin(parts).await? else { return Ok(Exit::Ok) };
    let (figures, journal) = (Arc::new(Figures::default()), parts.journal.clone());
    let parts = gateway::Parts { unverified: figures.unverified.clone(), ..parts };
    let gateway = http::bind(config).await?.ok_or_else(nowhere)?;
    let admin = admin(config).await?;
    tracing::info!(
        role = Role::Gateway.name(),
        deployment = %config.deployment,
        journal = %describe(config),
        admin = admin.as_ref().map(|admin| format!("http://{}", admin.address())),
        http = gateway.url(),
        "serving"
    );
    let watched = Watched { role: Role::Gateway, journal, node: None, figures, courier: None };
    tokio::select! {
        () = gateway.serve(parts, config) => {}
        () = Admin::serve_if(admin, watched, config.admin.lag_max, shutdown) => {}
    }
    tracing::info!("stopped");
    Ok(Exit::Ok)
}

/// The only server on this directory. On JetStream the log has no lock that keeps a second one off the same register
/// and views.
async fn alone(home: &Home) -> Result<HomeLock, Error> {
    if let Ok(Some(_)) = socket::connect(&home.dir).await {
        let what = format!("a server runs on {} already", home.dir.display());
        return Err(Error::new(Exit::Unavailable, what).hint(
            "talk to it with --data, or stop it first; another role needs a data directory of its own",
        ));
    }
    home.lock()
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

/// The admin port, if there is to be one.
async fn admin(config: &Config) -> Result<Option<Admin>, Error> {
    let Some(address) = config.admin.address() else { return Ok(None) };
    Admin::bind(address).await.map(Some).map_err(|error| {
        Error::new(Exit::Unavailable, format!("can't listen on {address} for health and figures"))
            .why(error)
            .hint("set admin.listen to another port for each server of this machine, or to port 0 for any")
    })
}

/// By which ledgers are spread over the servers of each role that is taken; none where one server has them all.
fn leases(role: Role, config: &Config) -> Vec<Arc<Leases>> {
    if config.journal.kind == JournalKind::Embedded || !config.leases.enabled {
        return Vec::new();
    }
    let random: &dyn Random = &SystemRandom;
    let (me, clock) = (Instance(u64::from_be_bytes(random.bytes())), Arc::new(SystemClock::default()));
    let leases = |service| Arc::new(Leases::new(service, me, &config.leases, clock.clone()));
    services(role).map(leases).collect()
}

/// What a role does for others.
fn services(role: Role) -> impl Iterator<Item = Service> {
    let all = [(Service::Recorder, role.records()), (Service::Projector, role.projects())];
    all.into_iter().filter(|(_, taken)| *taken).map(|(service, _)| service)
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
    /// Where those who listen meet whoever says so.
    listening: Arc<Barrier>,
}

impl<'a> Server<'a> {
    fn new(
        role: Role,
        config: &'a Config,
        (journal, node): (AnyJournal, Arc<Node>),
        shutdown: Shutdown,
    ) -> Self {
        let from_nats = if matches!(journal, AnyJournal::JetStream(_)) { services(role).count() } else { 0 };
        Self { role, config, journal, node, shutdown, listening: Arc::new(Barrier::new(from_nats + 1)) }
    }

    /// Waits until requests can come; whether that happened before it was time to stop.
    fn listens(&self) -> impl Future<Output = bool> + use<> {
        let (shutdown, listening) = (self.shutdown.clone(), self.listening.clone());
        async move {
            tokio::select! {
                biased;
                () = shutdown.triggered() => false,
                _ = listening.wait() => true,
            }
        }
    }

    /// Answers until it is time to stop, then stops the node.
    async fn answer(
        self,
        listener: UnixListener,
        admin: Option<Admin>,
        outside: Outside,
    ) -> Result<(), Error> {
        let watched = Watched {
            role: self.role,
            journal: self.journal.clone(),
            node: Some(self.node.clone()),
            figures: self.node.figures.clone(),
            courier: outside.courier.as_ref().map(|(_, figures)| figures.clone()),
        };
        let lag_max = self.config.admin.lag_max;
        let watch = Admin::serve_if(admin, watched, lag_max, self.shutdown.clone());
        let local = local::serve(listener, self.node.clone(), self.shutdown.clone());
        let work = async {
            let ((), (), served, ()) =
                tokio::join!(local, Box::pin(outside.serve(self.config)), self.requests(), self.follow());
            tracing::info!("stopping; what is in flight finishes");
            self.node.stop().await;
            served
        };
        // Whoever watches sees it stop, and is gone with it.
        tokio::select! {
            served = work => served,
            () = watch => Ok(()),
        }
    }

    /// Takes requests from NATS, if the log is there.
    async fn requests(&self) -> Result<(), Error> {
        let AnyJournal::JetStream(journal) = &self.journal else { return Ok(()) };
        let served = services(self.role).map(|service| async move {
            let (ask, presence) =
                (format!("ask.{}.*", service.name()), format!("presence.{}", service.name()));
            let served = Box::pin(self.serve(journal.client(), service));
            let served = journal.permitted(&presence, served);
            let served = self.then_all(journal.permitted(&ask, served)).await.flatten();
            served.unwrap_or_else(|denied| Err(journal_error(&denied)))
        });
        try_join_all(served).await.map(drop)
    }

    /// Answers what comes to one role, as one of those who have it.
    async fn serve(&self, client: Client, service: Service) -> Result<(), Error> {
        let broker = Broker::new(client.clone(), self.node.clone(), service, &self.config.requests);
        // Whoever is there can be asked.
        let listening = broker.listen().await?;
        self.listening.wait().await;
        let Some(leases) = self.node.leases(service) else {
            return listening.serve(self.shutdown.clone()).await;
        };
        let presence = Presence::new(client, self.node.clone(), leases.clone());
        // When one ends the other does, in order.
        let (served, present, ()) = tokio::join!(
            self.then_all(listening.serve(self.shutdown.clone())),
            self.then_all(presence.keep(self.shutdown.clone())),
            self.node.share_out(leases, &self.shutdown),
        );
        served.and(present)
    }

    /// What the work comes to, after which it is time to stop: without it the server would look alive and be deaf.
    async fn then_all<T>(&self, work: impl Future<Output = T>) -> T {
        let done = work.await;
        self.shutdown.trigger();
        done
    }

    /// Follows ledgers, where they are not spread.
    async fn follow(&self) {
        if self.role.projects() && self.node.leases(Service::Projector).is_none() {
            self.node.follow_all(&self.shutdown).await;
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
