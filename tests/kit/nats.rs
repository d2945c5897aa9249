//! A real nats-server for one test: its own store, a port of its own, gone with the test. It runs on the
//! configuration that the README names, so that every story is a story about that file.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use journal::JetStream;
use journal::jetstream::Settings;
use tempfile::TempDir;

use crate::binary;

/// The version that `cargo xtask tools` fetches.
const PINNED: &str = "target/tools/nats-server-2.15.1/nats-server";
/// The same, as its image is tagged.
pub const VERSION: &str = "2.15.1";

/// What `README.md` tells people to start a server with.
const CONFIG: &str = "config/nats";

/// The workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().canonicalize().unwrap()
}

/// The nats-server that tests run.
pub fn program() -> PathBuf {
    if let Some(named) = std::env::var_os("HUBLEDGER_NATS_SERVER") {
        return named.into();
    }
    let path = root().join(PINNED);
    assert!(path.exists(), "there is no nats-server at {PINNED}: run `cargo xtask tools`");
    path
}

/// A copy of `config/nats` with nkeys of its own.
pub struct Users {
    folder: TempDir,
}

impl Users {
    /// Made as the README says.
    pub fn new() -> Arc<Self> {
        let folder = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(root().join(CONFIG)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
            }
        }
        let keys = folder.path().join("keys");
        let _ = binary::run(&["nkeys", keys.to_str().unwrap()]).ended(0);
        Arc::new(Self { folder })
    }

    /// The file with the secret of this role.
    pub fn nkey(&self, role: &str) -> PathBuf {
        self.folder.path().join("keys").join(format!("{role}.nk"))
    }

    /// A file of this name beside them.
    pub fn config(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// A server with JetStream that syncs every append. Killed when dropped.
pub struct Nats {
    store: Folder,
    ports: Ports,
    child: Child,
    config: PathBuf,
    /// More of its command line, the same at every start.
    arguments: Vec<String>,
    users: Option<Arc<Users>>,
}

/// What it was started in.
enum Folder {
    Own(TempDir),
    Given(PathBuf),
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Self::Own(folder) => folder.path(),
            Self::Given(path) => path,
        }
    }
}

/// Where it listens.
#[derive(Clone, Copy)]
struct Ports {
    clients: u16,
    monitor: u16,
}

impl Nats {
    /// Starts it with an empty store, open to everybody, and waits until it is ready.
    pub fn start() -> Self {
        Self::launched(root().join(CONFIG).join("single.conf"), None, Vec::new()).unwrap()
    }

    /// The same with a user for each role.
    pub fn with_users() -> Self {
        let users = Users::new();
        Self::launched(users.config("single-users.conf"), Some(users), Vec::new()).unwrap()
    }

    /// The same as [`start`](Self::start) with one line more in its `jetstream` block.
    pub fn start_with(line: &str) -> Self {
        let users = Users::new();
        let path = users.config("single.conf");
        add(line, &path);
        Self::launched(path, Some(users), Vec::new()).unwrap()
    }

    /// The same in this folder, which is nobody else's.
    pub fn start_in(folder: &Path, line: &str) -> Self {
        let users = Users::new();
        let path = users.config("single.conf");
        add(line, &path);
        Self::started(Folder::Given(folder.to_owned()), path, Some(users), Vec::new()).unwrap()
    }

    /// Starts it on this configuration, with an empty store.
    pub fn on(config: PathBuf) -> Self {
        Self::launched(config, None, Vec::new()).unwrap()
    }

    /// Kills it and starts it again with another line in place of that.
    pub fn restart_with(&mut self, line: &str) {
        self.kill();
        add(line, &self.config);
        self.restart();
    }

    pub(crate) fn launched(
        config: PathBuf,
        users: Option<Arc<Users>>,
        arguments: Vec<String>,
    ) -> Result<Self, String> {
        Self::started(Folder::Own(tempfile::tempdir().unwrap()), config, users, arguments)
    }

    fn started(
        store: Folder,
        config: PathBuf,
        users: Option<Arc<Users>>,
        arguments: Vec<String>,
    ) -> Result<Self, String> {
        let (child, ports) = launch(&config, store.path(), -1, &arguments)?;
        Ok(Self { store, ports, child, config, arguments, users })
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.ports.clients)
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The folder that it was started in.
    pub fn folder(&self) -> &Path {
        self.store.path()
    }

    /// Its users.
    pub fn users(&self) -> &Users {
        self.users.as_ref().expect("this server has users")
    }

    /// What it says about its JetStream to whoever watches it.
    pub fn monitored(&self) -> serde_json::Value {
        self.asked("/jsz?accounts=true&streams=true").unwrap()
    }

    fn asked(&self, path: &str) -> Option<serde_json::Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.ports.monitor)).ok()?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }

    /// Ends it without a word.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again after [`kill`](Self::kill), on the same store and port.
    pub fn restart(&mut self) {
        let port = self.ports.clients.into();
        (self.child, self.ports) = launch(&self.config, self.store.path(), port, &self.arguments).unwrap();
    }

    /// Starts it again on the same port with an empty store: somebody has lost everything.
    pub fn restart_empty(&mut self) {
        self.store = Folder::Own(tempfile::tempdir().unwrap());
        self.restart();
    }

    /// Stops it in the middle of whatever it does.
    pub fn pause(&self) {
        binary::signal(&self.child, "-STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        binary::signal(&self.child, "-CONT");
    }

    /// How many connections it has cut off because they did not read.
    pub fn slow_consumers(&self) -> u64 {
        self.asked("/varz").unwrap()["slow_consumers"].as_u64().unwrap()
    }

    /// Whether it says that it is well: in a cluster, that its copies have everything.
    pub fn is_healthy(&self) -> bool {
        self.asked("/healthz").is_some_and(|health| health["status"] == "ok")
    }

    /// Its name, and the name of the server that leads this stream, if it knows.
    pub fn leader_of(&self, stream: &str) -> Option<(String, String)> {
        let name = self.asked("/varz")?["server_name"].as_str()?.to_owned();
        let all = self.asked("/jsz?accounts=true&streams=true")?;
        let mut streams =
            all["account_details"].as_array()?.iter().flat_map(|a| a["stream_detail"].as_array());
        let found = streams.find_map(|list| list.iter().find(|found| found["name"] == stream))?;
        Some((name, found["cluster"]["leader"].as_str()?.to_owned()))
    }

    /// A journal on it.
    pub async fn journal(&self) -> JetStream {
        JetStream::connect(settings(&self.url())).await.unwrap()
    }

    /// How this role reaches it.
    pub fn settings_of(&self, role: &str) -> Settings {
        Settings { nkey_file: Some(self.users().nkey(role)), ..settings(&self.url()) }
    }

    /// A journal on it for this role.
    pub async fn journal_of(&self, role: &str) -> JetStream {
        JetStream::connect(self.settings_of(role)).await.unwrap()
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        // Killed already, or the test ends.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes the shipped configuration of one server with a line more.
fn add(line: &str, path: &Path) {
    let text = std::fs::read_to_string(root().join(CONFIG).join("single.conf")).unwrap();
    std::fs::write(path, text.replace("jetstream {", &format!("jetstream {{\n  {line}"))).unwrap();
}

/// Settings for a server whose configuration is known.
pub fn settings(url: &str) -> Settings {
    Settings { url: url.to_owned(), replicas: 1, nkey_file: None, accept_unchecked_sync: true }
}

/// Starts it on this port, or on any for -1, and waits until it is ready. Its store is below the folder.
fn launch(config: &Path, folder: &Path, port: i32, arguments: &[String]) -> Result<(Child, Ports), String> {
    let mut command = Command::new(program());
    command.arg("-c").arg(config).current_dir(folder);
    command.arg(format!("-p={port}")).arg("-m=-1").args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let (mut clients, mut monitor) = (None, None);
    let mut said = Vec::new();
    loop {
        let Some(line) = lines.next() else {
            let _ = child.wait();
            return Err(format!("the nats-server ended at once: {said:?}"));
        };
        let line = line.unwrap();
        let port = || line.rsplit(':').next().and_then(|port| port.trim().parse().ok());
        if line.contains("Listening for client connections") {
            clients = port();
        } else if line.contains("Starting http monitor") {
            monitor = port();
        } else if line.contains("Server is ready") {
            break;
        }
        said.push(line);
    }
    // A full pipe would stop the server.
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    match (clients, monitor) {
        (Some(clients), Some(monitor)) => Ok((child, Ports { clients, monitor })),
        _ => Err(format!("no ports in {said:?}")),
    }
}
