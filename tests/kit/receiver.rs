//! A receiver of webhooks on this machine: remembers what came, and answers as it is told.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver as Channel, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// Longest wait for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A delivery that came.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its headers, by names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Its body, as it was sent.
    pub body: String,
}

impl Received {
    /// The body as a document.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The delivery's id.
    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    /// The position of the event; 0 for a test.
    pub fn position(&self) -> u64 {
        self.json()["data"]["position"].as_u64().unwrap_or(0)
    }

    /// The kind of thing that it is about.
    pub fn kind(&self) -> String {
        self.json()["data"]["kind"].as_str().unwrap().to_owned()
    }
}

type Answers = dyn FnMut(&Received) -> u16 + Send;

/// The receiver.
pub struct Receiver {
    port: u16,
    came: Channel<Received>,
    answers: Arc<Mutex<Box<Answers>>>,
}

impl Receiver {
    /// Listens, and answers 204 to everything.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, came) = channel();
        let answers: Arc<Mutex<Box<Answers>>> = Arc::new(Mutex::new(Box::new(|_| 204)));
        let answering = answers.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (tell, answers) = (tell.clone(), answering.clone());
                std::thread::spawn(move || {
                    // Whoever sends may be killed in between.
                    let Some(received) = read(&stream) else { return };
                    let status = answers.lock().unwrap()(&received);
                    let _ = tell.send(received);
                    let mut stream = stream;
                    let _ = write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n");
                });
            }
        });
        Self { port, came, answers }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/in?token=CANARY", self.port)
    }

    /// Has it answer otherwise from now on.
    pub fn answer(&self, answers: impl FnMut(&Received) -> u16 + Send + 'static) {
        *self.answers.lock().unwrap() = Box::new(answers);
    }

    /// The next delivery.
    pub fn next(&self) -> Received {
        self.came.recv_timeout(PATIENCE).expect("a delivery comes")
    }

    /// So many deliveries.
    pub fn take(&self, many: usize) -> Vec<Received> {
        (0..many).map(|_| self.next()).collect()
    }

    /// Deliveries until this is so of all of them.
    pub fn until(&self, mut so: impl FnMut(&[Received]) -> bool) -> Vec<Received> {
        let mut all = Vec::new();
        while !so(&all) {
            all.push(self.next());
        }
        all
    }

    /// Whether nothing has come that was not taken.
    pub fn is_empty(&self) -> bool {
        matches!(self.came.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout))
    }
}

fn read(stream: &TcpStream) -> Option<Received> {
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    lines.read_line(&mut line).ok()?;
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        lines.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    lines.read_exact(&mut body).ok()?;
    Some(Received { headers, body: String::from_utf8(body).ok()? })
}
