//! The configuration of `serve`: defaults, then a TOML file, then `HUBLEDGER__SECTION__KEY` in the environment.
//!
//! `config/hubledger.toml` shows every key with its default, unit and reason; a test holds it to this file.

mod courier;
mod gateway;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use domain::Slug;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

pub use courier::Courier;
pub use gateway::{Gateway, Tls};

/// Every setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the deployment, a slug; part of every event's `source`, so it never changes.
    pub deployment: Slug,
    /// Directory of everything that is kept on this machine.
    pub data: PathBuf,
    /// The log.
    pub journal: Journal,
    /// The recorder.
    pub recorder: Recorder,
    /// The projector.
    pub projector: Projector,
    /// Who does what among several servers.
    pub leases: Leases,
    /// Requests that come through NATS.
    pub requests: Requests,
    /// HTTP for districts' systems.
    pub gateway: Gateway,
    /// Webhooks.
    pub courier: Courier,
    /// Health and metrics.
    pub admin: Admin,
    /// Logs.
    pub telemetry: Telemetry,
}

/// Where the log is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Journal {
    /// In the data directory, or in NATS JetStream.
    pub kind: JournalKind,
    /// Address of the NATS server.
    pub url: String,
    /// Copies of each stream: 1, 3 or 5.
    pub replicas: usize,
    /// File with the nkey seed to sign in with; empty for none.
    pub nkey_file: PathBuf,
    /// Accept that the server's `sync_interval` can't be read from outside.
    pub accept_unchecked_sync: bool,
}

/// Which journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JournalKind {
    /// One file per ledger in the data directory; one process.
    Embedded,
    /// NATS JetStream.
    Jetstream,
}

/// The recorder's limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorder {
    /// Commands that may wait for one ledger; more are answered `busy`.
    pub queue: usize,
    /// Directory of the ledgers' keys; empty for `keys` in the data directory.
    pub keys_dir: PathBuf,
    /// Whether each event is told on core NATS.
    pub feed: bool,
}

impl Recorder {
    /// Where the keys of ledgers are when this is the data directory.
    pub fn keys_dir(&self, data: &Path) -> PathBuf {
        if self.keys_dir.as_os_str().is_empty() { data.join("keys") } else { self.keys_dir.clone() }
    }
}

/// The projector's limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Projector {
    /// Events after which changed rows go to disk.
    pub flush_events: u64,
    /// Bytes of sled's cache.
    pub cache_bytes: u64,
    /// Longest wait of a query for its `min_position`, in milliseconds.
    pub wait_ms: u64,
}

/// How ledgers are spread over servers of one role; used with JetStream only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leases {
    /// Whether they are.
    pub enabled: bool,
    /// How long a server that nobody hears still counts, in seconds.
    pub seconds: u64,
    /// Projectors that follow each ledger.
    pub projectors_per_ledger: usize,
}

/// Requests that come through NATS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requests {
    /// How many of one role may be in work at once; more are answered `busy`.
    pub at_once: usize,
    /// How many bytes those may have together.
    pub bytes: usize,
}

/// Health and metrics over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    /// Address and port to listen on; empty for none.
    pub listen: String,
    /// Events that views may be behind the log while their server counts as ready.
    pub lag_max: u64,
}

impl Admin {
    /// Where to listen; nothing for nowhere, or for what is no address.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listen.parse().ok()
    }
}

/// Logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// What is logged.
    pub level: String,
    /// How.
    pub format: LogFormat,
}

/// Form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueOrigin {
    /// Nobody set it.
    Default,
    /// The file.
    File,
    /// This environment variable.
    Environment(String),
}

/// What is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Not TOML.
    #[error("the configuration is not TOML: {0}")]
    Syntax(String),
    /// A key that is not known, or a value of another type.
    #[error("the configuration does not fit: {0}")]
    Shape(String),
    /// A value that can't work.
    #[error("{key} is {value}, but must be {range}")]
    Range {
        /// Dotted key.
        key: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        range: &'static str,
    },
}

/// The committed file is the one place of all defaults.
const DEFAULTS: &str = include_str!("../../../config/hubledger.toml");
/// Prefix of environment variables; sections and keys are joined by two underscores.
const PREFIX: &str = "HUBLEDGER__";

impl Config {
    /// The defaults, overlaid by the text of a file and by environment variables, with the origin of each value by
    /// its dotted key. Pure: both come in as values.
    ///
    /// # Errors
    /// [`ConfigError`] says what is wrong and where.
    pub fn load(
        file: Option<&str>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(Self, BTreeMap<String, ValueOrigin>), ConfigError> {
        let parse = |text: &str| text.parse::<Table>().map_err(|e| ConfigError::Syntax(e.to_string()));
        let mut table = parse(DEFAULTS)?;
        let mut origins = BTreeMap::new();
        for key in leaves(&table, "") {
            origins.insert(key, ValueOrigin::Default);
        }
        if let Some(text) = file {
            let overlay = parse(text)?;
            for key in leaves(&overlay, "") {
                origins.insert(key, ValueOrigin::File);
            }
            merge(&mut table, overlay);
        }
        for (name, value) in environment {
            let Some(key) = name.strip_prefix(PREFIX) else { continue };
            let path: Vec<String> = key.split("__").map(str::to_lowercase).collect();
            set(&mut table, &path, &value).ok_or_else(|| {
                ConfigError::Shape(format!("{name} names no key; `hubledger config show` lists all"))
            })?;
            origins.insert(path.join("."), ValueOrigin::Environment(name));
        }
        let config: Self =
            table.try_into().map_err(|e: toml::de::Error| ConfigError::Shape(e.to_string()))?;
        config.check()?;
        Ok((config, origins))
    }

    /// The configuration as TOML, without comments.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    fn check(&self) -> Result<(), ConfigError> {
        let replicas = self.journal.replicas;
        range(matches!(replicas, 1 | 3 | 5), "journal.replicas", replicas.to_string(), "1, 3 or 5")?;
        let queue = self.recorder.queue;
        range((1..=1_000_000).contains(&queue), "recorder.queue", queue.to_string(), "1 to 1000000")?;
        let lease = self.leases.seconds;
        range((1..=60).contains(&lease), "leases.seconds", lease.to_string(), "1 to 60")?;
        let followers = self.leases.projectors_per_ledger;
        range(
            (1..=100).contains(&followers),
            "leases.projectors_per_ledger",
            followers.to_string(),
            "1 to 100",
        )?;
        let at_once = self.requests.at_once;
        range((1..=100_000).contains(&at_once), "requests.at_once", at_once.to_string(), "1 to 100000")?;
        let bytes = self.requests.bytes;
        range(
            (1 << 20..=1 << 32).contains(&bytes),
            "requests.bytes",
            bytes.to_string(),
            "1048576 to 4294967296",
        )?;
        self.gateway.check()?;
        self.courier.check()?;
        let admin = &self.admin;
        range(
            admin.listen.is_empty() || admin.address().is_some(),
            "admin.listen",
            format!("{:?}", admin.listen),
            "an IP address with a port, such as 127.0.0.1:9464, or empty",
        )?;
        let flush = self.projector.flush_events;
        range((1..=1_000_000).contains(&flush), "projector.flush_events", flush.to_string(), "1 to 1000000")?;
        let cache = self.projector.cache_bytes;
        range(cache >= 1 << 20, "projector.cache_bytes", cache.to_string(), "1048576 or more")
    }
}

/// Whether a value can work.
fn range(ok: bool, key: &'static str, value: String, range: &'static str) -> Result<(), ConfigError> {
    if ok { Ok(()) } else { Err(ConfigError::Range { key, value, range }) }
}

/// Dotted keys of all values that are not tables.
fn leaves(table: &Table, above: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for (key, value) in table {
        let dotted = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        match value {
            Value::Table(inner) => keys.extend(leaves(inner, &dotted)),
            _ => keys.push(dotted),
        }
    }
    keys
}

fn merge(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(overlay)) => merge(inner, overlay),
            (_, value) => drop(below.insert(key, value)),
        }
    }
}

/// Sets a known key, in the type that it has already; nothing when there is no such key or the text does not fit.
fn set(table: &mut Table, path: &[String], text: &str) -> Option<()> {
    let (last, sections) = path.split_last()?;
    let mut here = table;
    for section in sections {
        here = here.get_mut(section)?.as_table_mut()?;
    }
    let value = here.get_mut(last)?;
    *value = match value {
        Value::Integer(_) => Value::Integer(text.parse().ok()?),
        Value::Boolean(_) => Value::Boolean(text.parse().ok()?),
        Value::String(_) => Value::String(text.to_owned()),
        Value::Float(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => return None,
    };
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(
        file: &str,
        environment: &[(&str, &str)],
    ) -> Result<(Config, BTreeMap<String, ValueOrigin>), ConfigError> {
        let owned = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
        Config::load(Some(file), environment.iter().map(owned))
    }

    #[test]
    fn the_committed_file_names_every_key_and_nothing_else() {
        let (config, _) = Config::load(None, []).unwrap();
        let shown: Table = config.to_toml().parse().unwrap();
        let committed: Table = DEFAULTS.parse().unwrap();
        assert_eq!(shown, committed);
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
        let (config, origins) =
            load("[recorder]\nqueue = 7\n[projector]\nwait_ms = 9\n", &[("HUBLEDGER__RECORDER__QUEUE", "8")])
                .unwrap();
        assert_eq!((config.recorder.queue, config.projector.wait_ms), (8, 9));
        assert_eq!(origins["recorder.queue"], ValueOrigin::Environment("HUBLEDGER__RECORDER__QUEUE".into()));
        assert_eq!(origins["projector.wait_ms"], ValueOrigin::File);
        assert_eq!(origins["journal.url"], ValueOrigin::Default);
    }

    #[test]
    fn unknown_keys_and_impossible_values_are_refused() {
        assert!(matches!(load("[recorder]\nqueu = 7\n", &[]), Err(ConfigError::Shape(_))));
        assert!(matches!(load("", &[("HUBLEDGER__RECORDER__QUEU", "7")]), Err(ConfigError::Shape(_))));
        assert!(matches!(load("[journal]\nreplicas = 2\n", &[]), Err(ConfigError::Range { .. })));
        assert!(matches!(load("[admin]\nlisten = \"9464\"\n", &[]), Err(ConfigError::Range { .. })));
        let open = "[gateway]\nlisten = \"0.0.0.0:8080\"\ntokens = false\n";
        assert!(matches!(load(open, &[]), Err(ConfigError::Range { key: "gateway.tokens", .. })));
        assert!(matches!(load("[leases]\nseconds = 0\n", &[]), Err(ConfigError::Range { .. })));
        assert!(matches!(load("queue", &[]), Err(ConfigError::Syntax(_))));
    }
}
