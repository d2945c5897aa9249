//! A real nats-server for one test: its own store, a port of its own, gone with the test. It runs on the
//! configuration that the README names, so that every story is a story about that file.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use journal::JetStream;
use journal::jetstream::Settings;
use tempfile::TempDir;

/// The version that `cargo xtask tools` fetches.
const PINNED: &str = "target/tools/nats-server-2.15.1/nats-server";

/// What `README.md` tells people to start a server with.
const CONFIG: &str = "config/nats/single.conf";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn program() -> PathBuf {
    if let Some(named) = std::env::var_os("HUBLEDGER_NATS_SERVER") {
        return named.into();
    }
    let path = root().join(PINNED);
    assert!(path.exists(), "there is no nats-server at {PINNED}: run `cargo xtask tools`");
    path
}

/// A server with JetStream that syncs every append. Killed when dropped.
pub struct Nats {
    store: TempDir,
    ports: Ports,
    child: Child,
}

/// Where it listens.
#[derive(Clone, Copy)]
struct Ports {
    clients: u16,
    monitor: u16,
}

impl Nats {
    /// Starts it with an empty store and waits until it is ready.
    pub fn start() -> Self {
        let store = tempfile::tempdir().unwrap();
        let (child, ports) = launch(store.path(), -1);
        Self { store, ports, child }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.ports.clients)
    }

    /// The folder that it was started in.
    pub fn folder(&self) -> &Path {
        self.store.path()
    }

    /// What it says about its JetStream to whoever watches it.
    pub fn monitored(&self) -> serde_json::Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.ports.monitor)).unwrap();
        stream.write_all(b"GET /jsz HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// Ends it without a word.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again after [`kill`](Self::kill), on the same store and port.
    pub fn restart(&mut self) {
        (self.child, self.ports) = launch(self.store.path(), self.ports.clients.into());
    }

    /// Starts it again on the same port with an empty store: somebody has lost everything.
    pub fn restart_empty(&mut self) {
        self.store = tempfile::tempdir().unwrap();
        self.restart();
    }

    /// Stops it in the middle of whatever it does.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// A journal on it.
    pub async fn journal(&self) -> JetStream {
        JetStream::connect(settings(&self.url())).await.unwrap()
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        // Killed already, or the test ends.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Settings for a server whose configuration is known.
pub fn settings(url: &str) -> Settings {
    Settings { url: url.to_owned(), replicas: 1, nkey_file: None, accept_unchecked_sync: true }
}

/// Starts it on this port, or on any for -1, and waits until it is ready. Its store is below the folder.
fn launch(folder: &Path, port: i32) -> (Child, Ports) {
    let mut command = Command::new(program());
    command.arg("-c").arg(root().canonicalize().unwrap().join(CONFIG)).current_dir(folder);
    command.arg(format!("-p={port}")).arg("-m=-1");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let (mut clients, mut monitor) = (None, None);
    let mut said = Vec::new();
    loop {
        let line = lines.next().unwrap_or_else(|| panic!("the nats-server ended at once: {said:?}")).unwrap();
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
        (Some(clients), Some(monitor)) => (child, Ports { clients, monitor }),
        _ => panic!("no ports in {said:?}"),
    }
}
