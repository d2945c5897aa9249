//! A client of a port for HTTP that sends exactly the bytes it is told to, and a page of figures as others read it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::binary::Serving;
use crate::python;

/// A port for HTTP of a server that was told to listen on one.
#[derive(Debug, Clone, Copy)]
pub struct Port(pub SocketAddr);

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, in lower case.
    pub head: String,
    raw_head: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// Reads one; nothing if it is none.
    pub fn of(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        Some(Self { status, head: head.to_lowercase(), raw_head: head.to_owned(), body: body.to_owned() })
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.raw_head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The body as a document.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

impl Port {
    /// The admin port that this server says it has taken.
    pub fn of_admin(server: &Serving) -> Self {
        Self::named(server, "admin")
    }

    /// The gateway's.
    pub fn of_gateway(server: &Serving) -> Self {
        Self::named(server, "http")
    }

    fn named(server: &Serving, name: &str) -> Self {
        let (_, rest) = server.ready().split_once(&format!("{name}=\"http")).expect("it has this port");
        let (_, rest) = rest.split_once("://").unwrap();
        Self(rest.split('"').next().unwrap().parse().unwrap())
    }

    /// A connection on which nothing was sent yet.
    pub fn connect(&self) -> TcpStream {
        TcpStream::connect(self.0).unwrap()
    }

    /// Sends these bytes and reads to the end; nothing if that is no answer.
    pub fn send(&self, bytes: &str) -> Option<Answer> {
        let mut stream = self.connect();
        // It may answer and close before it has read everything.
        let _ = stream.write_all(bytes.as_bytes());
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text);
        Answer::of(&String::from_utf8_lossy(&text))
    }

    /// Sends these bytes and waits so long for the whole answer; nothing if nobody listens, or the connection breaks or
    /// says nothing.
    pub fn try_send(&self, bytes: &str, patience: Duration) -> Option<Answer> {
        let mut stream = TcpStream::connect(self.0).ok()?;
        stream.set_read_timeout(Some(patience)).unwrap();
        stream.write_all(bytes.as_bytes()).ok()?;
        let mut text = Vec::new();
        stream.read_to_end(&mut text).ok()?;
        let answer = Answer::of(&String::from_utf8_lossy(&text))?;
        let length: usize = answer.header("content-length")?.parse().ok()?;
        (answer.body.len() == length).then_some(answer)
    }

    /// Asks with this method, and these headers if any.
    pub fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", self.0);
        self.send(&request).unwrap_or_else(|| panic!("no answer to {method} {path}"))
    }

    /// Sends a body with this method, and these headers if any.
    pub fn give(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {length}\r\n{headers}\r\n{body}",
            self.0
        );
        self.send(&request).unwrap_or_else(|| panic!("no answer to {method} {path}"))
    }

    /// Gets a path.
    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    /// Asks again and again until it is so; each question is a request.
    pub fn wait(&self, path: &str, mut until: impl FnMut(&Answer) -> bool) -> Answer {
        loop {
            let answer = self.get(path);
            if until(&answer) {
                return answer;
            }
            std::thread::yield_now();
        }
    }

    /// The figures, as a reader that is not ours finds them.
    pub fn figures(&self) -> Figures {
        Figures::read("prometheus", &self.get("/metrics").body)
    }
}

/// The samples of a page: `name{label="value",…}`, labels in order, to its value.
#[derive(Debug)]
pub struct Figures(BTreeMap<String, f64>);

impl Figures {
    /// Parses a page with the Python library of Prometheus, which must find nothing wrong with it.
    pub fn read(format: &str, page: &str) -> Self {
        let mut parser = python::script("tests/watch/metrics.py");
        parser.arg(format).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = parser.spawn().unwrap();
        child.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
        let read = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&read.stderr);
        assert!(read.status.success(), "{said}\n{page}");
        let samples: Vec<(String, BTreeMap<String, String>, f64)> =
            serde_json::from_slice(&read.stdout).unwrap();
        let key = |name: String, labels: BTreeMap<String, String>| {
            let labels: Vec<String> =
                labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
            if labels.is_empty() { name } else { format!("{name}{{{}}}", labels.join(",")) }
        };
        let all = samples.len();
        let read: BTreeMap<String, f64> =
            samples.into_iter().map(|(n, l, value)| (key(n, l), value)).collect();
        assert_eq!(read.len(), all, "a sample stands twice in {page}");
        Self(read)
    }

    /// The value of this sample, if it is there.
    pub fn find(&self, sample: &str) -> Option<f64> {
        self.0.get(sample).copied()
    }

    /// The value of this sample.
    pub fn of(&self, sample: &str) -> f64 {
        self.find(sample).unwrap_or_else(|| panic!("there is no {sample} in {:#?}", self.0))
    }

    /// All samples.
    pub fn all(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(sample, value)| (sample.as_str(), *value))
    }
}
