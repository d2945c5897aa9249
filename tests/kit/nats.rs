//! A real nats-server for one test: its own store, a port of its own, gone with the test.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use journal::JetStream;
use journal::jetstream::Settings;
use tempfile::TempDir;

/// The version that `cargo xtask tools` fetches.
const PINNED: &str = "target/tools/nats-server-2.15.1/nats-server";

fn program() -> PathBuf {
    if let Some(named) = std::env::var_os("HUBLEDGER_NATS_SERVER") {
        return named.into();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let path = root.join(PINNED);
    assert!(path.exists(), "there is no nats-server at {PINNED}: run `cargo xtask tools`");
    path
}

/// A server with JetStream that syncs every append. Killed when dropped.
pub struct Nats {
    store: TempDir,
    port: u16,
    child: Child,
}

impl Nats {
    /// Starts it with an empty store and waits until it is ready.
    pub fn start() -> Self {
        let store = tempfile::tempdir().unwrap();
        let (child, port) = launch(store.path(), -1);
        Self { store, port, child }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Ends it without a word.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again after [`kill`](Self::kill), on the same store and port.
    pub fn restart(&mut self) {
        (self.child, _) = launch(self.store.path(), self.port.into());
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

fn launch(store: &Path, port: i32) -> (Child, u16) {
    let config = store.join("server.conf");
    let text = format!(
        "listen: \"127.0.0.1:{port}\"\njetstream {{ store_dir: {:?}, sync_interval: always }}\n",
        store.join("jetstream")
    );
    std::fs::write(&config, text).unwrap();
    let mut command = Command::new(program());
    command.arg("-c").arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut found = None;
    let mut said = Vec::new();
    loop {
        let line = lines.next().unwrap_or_else(|| panic!("the nats-server ended at once: {said:?}")).unwrap();
        if line.contains("Listening for client connections") {
            found = line.rsplit(':').next().and_then(|port| port.trim().parse().ok());
        }
        if line.contains("Server is ready") {
            break;
        }
        said.push(line);
    }
    // A full pipe would stop the server.
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    (child, found.unwrap_or_else(|| panic!("no port in {said:?}")))
}
