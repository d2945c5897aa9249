//! Webhooks: a courier alone on a log in NATS, or beside the node and the gateway of this process.

mod figures;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ::courier::{CourierKey, Parts, Sender, Settings, Store, SystemResolver, run, system_roots};
use journal::bucket::WEBHOOKS;
use journal::{AnyBucket, AnyJournal};
use runtime::config::Config;
use runtime::{Shutdown, SystemClock, SystemRandom, keys};

pub(crate) use self::figures::{CourierFigures, Together};

use crate::args::Role;
use crate::client::journal_error;
use crate::error::Error;
use crate::exit::Exit;
use crate::serve::admin::{Admin, Watched};
use crate::serve::figures::Figures;
use crate::serve::http::{self, Http};
use crate::serve::node::Node;
use crate::serve::waiting::patiently;

/// What a node has to do with others outside: they come to the gateway, and the courier goes to them.
pub(crate) struct Outside {
    /// HTTP, where the configuration wants it.
    pub(crate) gateway: Option<(Http, gateway::Parts)>,
    /// Webhooks, where the configuration wants them.
    pub(crate) courier: Option<(Parts, Arc<CourierFigures>)>,
}

impl Outside {
    /// Until it is time to stop.
    pub(crate) async fn serve(self, config: &Config) {
        let gateway = async {
            if let Some((gateway, parts)) = self.gateway {
                gateway.serve(parts, config).await;
            }
        };
        let courier = async {
            if let Some((parts, _)) = self.courier {
                run(parts).await;
            }
        };
        tokio::join!(gateway, courier);
    }
}

/// Both before this node.
///
/// # Errors
/// When a key or a bucket can't be used.
pub(crate) async fn outside(
    config: &Config,
    listening: Option<Http>,
    node: &Arc<Node>,
    shutdown: Shutdown,
) -> Result<Outside, Error> {
    let gateway = match listening {
        Some(listening) => Some((listening, http::before(node, config, shutdown.clone()).await?)),
        None => None,
    };
    if node.role != Role::All || !config.courier.enabled {
        return Ok(Outside { gateway, courier: None });
    }
    // In a directory the bucket must be the same one for both.
    let opened = gateway.as_ref().map(|(_, parts)| parts.buckets.webhooks.clone());
    let (parts, figures) =
        parts(config, (node.journal.clone(), opened), (&node.home.keys, &node.home.dir), shutdown).await?;
    let parts = Parts { deployment: node.home.deployment.clone(), ..parts };
    Ok(Outside { gateway, courier: Some((parts, figures)) })
}

/// Delivers to webhooks of a log in NATS until it is time to stop; what is owed is kept there, so any number may run. Waits
/// for the log.
///
/// # Errors
/// As [`parts`], and as `open`.
pub(crate) async fn courier_alone(
    config: &Config,
    (open, admin): (
        impl AsyncFn() -> Result<AnyJournal, Error>,
        impl Future<Output = Result<Option<Admin>, Error>>,
    ),
    shutdown: Shutdown,
) -> Result<Exit, Error> {
    let keys = config.recorder.keys_dir(&config.data);
    let parts = patiently(&shutdown, async || {
        parts(config, (open().await?, None), (&keys, &config.data), shutdown.clone()).await
    });
    let Some((parts, figures)) = Box::pin(parts).await? else { return Ok(Exit::Ok) };
    let (admin, journal) = (admin.await?, parts.journal.clone());
    tracing::info!(
        role = Role::Courier.name(),
        deployment = %config.deployment,
        journal = %config.journal.url,
        admin = admin.as_ref().map(|admin| format!("http://{}", admin.address())),
        "serving"
    );
    let watched = Watched {
        role: Role::Courier,
        journal,
        node: None,
        figures: Arc::new(Figures::default()),
        courier: Some(figures),
    };
    // Whoever watches sees it stop, and is gone with it.
    tokio::select! {
        () = run(parts) => {}
        () = Admin::serve_if(admin, watched, config.admin.lag_max, shutdown) => {}
    }
    tracing::info!("stopped");
    Ok(Exit::Ok)
}

/// The key from which secrets of webhooks follow, in this key directory.
///
/// # Errors
/// When it can't be used.
pub(crate) fn key(keys: &Path) -> Result<CourierKey, Error> {
    let key = keys::courier_key(keys, &SystemRandom);
    let unusable = |error| Error::new(Exit::SetupMissing, "the key of webhooks can't be used").why(error);
    key.map(CourierKey::new).map_err(unusable)
}

/// What a courier stands on, and what it counts; `data` is where webhooks are kept when the log is not in NATS, unless a gateway of this
/// process has them open already.
///
/// # Errors
/// When its key or its bucket can't be used.
pub(crate) async fn parts(
    config: &Config,
    (journal, opened): (AnyJournal, Option<AnyBucket>),
    (keys, data): (&Path, &Path),
    shutdown: Shutdown,
) -> Result<(Parts, Arc<CourierFigures>), Error> {
    let bucket = match opened {
        Some(bucket) => bucket,
        None => http::open(&journal, data, WEBHOOKS).await.map_err(|error| journal_error(&error))?,
    };
    let private_too = config.courier.allow_private_targets;
    let sender = Sender::new(system_roots(), Arc::new(SystemResolver), private_too)
        .map_err(|error| Error::new(Exit::Failure, "TLS can't be set up").why(error))?;
    let lease = Duration::from_secs(config.courier.lease_seconds);
    let settings = Settings {
        first_retry: Duration::from_millis(config.courier.first_retry_ms),
        look: Duration::from_millis(config.courier.look_ms),
        // Nobody else has a data directory that is in use.
        lease: matches!(journal, AnyJournal::JetStream(_)).then_some(lease),
    };
    let figures = Arc::new(CourierFigures::default());
    let parts = Parts {
        journal,
        deployment: config.deployment.clone(),
        store: Store::new(bucket),
        key: key(keys)?,
        sender,
        clock: Arc::new(SystemClock::default()),
        random: Arc::new(SystemRandom),
        observer: figures.clone(),
        settings,
        shutdown,
    };
    Ok((parts, figures))
}
