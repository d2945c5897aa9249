//! Three nats-servers that copy each other, on the shipped configurations and users.

use std::net::TcpListener;
use std::sync::Arc;

use journal::JetStream;
use journal::jetstream::Settings;

use crate::nats::{Nats, Users};

/// How often ports are chosen again when another process was faster.
const TRIES: usize = 5;

/// Three servers, their users and their copies.
pub struct Cluster {
    nodes: Vec<Nats>,
    users: Arc<Users>,
}

impl Cluster {
    /// Starts them and waits until they have a leader among themselves.
    pub fn start() -> Self {
        let users = Users::new();
        let nodes = (0..TRIES).find_map(|_| try_start(&users).ok()).expect("three free ports");
        let cluster = Self { nodes, users };
        cluster.wait(|cluster| cluster.nodes.iter().all(Nats::is_healthy));
        cluster
    }

    /// Their addresses, joined.
    pub fn url(&self) -> String {
        let urls: Vec<String> = self.nodes.iter().map(Nats::url).collect();
        urls.join(",")
    }

    /// Their users.
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// One of them.
    pub fn node(&mut self, number: usize) -> &mut Nats {
        &mut self.nodes[number]
    }

    /// How this role reaches them.
    pub fn settings_of(&self, role: &str) -> Settings {
        let nkey_file = Some(self.users.nkey(role));
        Settings { url: self.url(), replicas: 3, nkey_file, accept_unchecked_sync: false }
    }

    /// A journal on them for this role.
    pub async fn journal_of(&self, role: &str) -> JetStream {
        JetStream::connect(self.settings_of(role)).await.unwrap()
    }

    /// The number of the server that leads this stream.
    pub fn leader_of(&self, stream: &str) -> usize {
        let mut found = None;
        self.wait(|cluster| {
            found = cluster
                .nodes
                .iter()
                .position(|node| node.leader_of(stream).is_some_and(|(name, leader)| name == leader));
            found.is_some()
        });
        found.unwrap()
    }

    /// Waits until every copy has everything.
    pub fn wait_until_healthy(&self) {
        self.wait(|cluster| cluster.nodes.iter().all(Nats::is_healthy));
    }

    /// Asks again and again; each question is a request over the network.
    fn wait(&self, mut until: impl FnMut(&Self) -> bool) {
        while !until(self) {
            std::thread::yield_now();
        }
    }
}

fn try_start(users: &Arc<Users>) -> Result<Vec<Nats>, String> {
    // Routes need ports that are known beforehand; all three are held until all are chosen.
    let held: Vec<TcpListener> = (0..3).map(|_| TcpListener::bind(("127.0.0.1", 0)).unwrap()).collect();
    let ports: Vec<u16> = held.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
    drop(held);
    let routes: Vec<String> = ports.iter().map(|port| format!("nats://127.0.0.1:{port}")).collect();
    let node = |number: usize| {
        let arguments =
            vec![format!("--cluster={}", routes[number]), format!("--routes={}", routes.join(","))];
        Nats::launched(users.config(&format!("n{}.conf", number + 1)), Some(users.clone()), arguments)
    };
    (0..3).map(node).collect()
}
