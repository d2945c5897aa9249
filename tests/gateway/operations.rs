//! Every operation of the API document, asked as a client would, and a client that sends any bytes.

use std::io::{Read, Write};
use std::time::Duration;

use tests::http::Port;

use crate::documents::filled;
use crate::kit::{Answer, Gateway};

/// How long a test waits for an answer that may never come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A method of an address.
#[derive(Debug, Clone)]
pub struct Operation {
    pub method: String,
    /// With parameters in braces.
    pub template: String,
    /// The scope that it needs, if any.
    pub need: Option<String>,
    /// Names of its parameters, with where they stand.
    pub parameters: Vec<(String, String)>,
    /// Whether it has a rate of its own.
    pub exports: bool,
}

impl Operation {
    /// The path with a value for each parameter.
    pub fn path(&self) -> String {
        filled(&self.template)
    }

    /// Asks with these headers and this body.
    pub fn ask(&self, gateway: &Gateway, headers: &str, body: &str) -> Answer {
        let request = request(&self.method, &self.path(), headers, body);
        answer(&gateway.port, request.as_bytes()).unwrap_or_else(|| panic!("no answer to {self:?}"))
    }
}

/// All of them.
pub fn operations(gateway: &Gateway) -> Vec<Operation> {
    let document = gateway.get("/openapi.json").json();
    let mut all = Vec::new();
    for (template, methods) in document["paths"].as_object().unwrap() {
        for (method, told) in methods.as_object().unwrap() {
            let need = told["description"].as_str().and_then(|about| about.split('`').nth(1));
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            let parameters = told["parameters"].as_array().unwrap().iter();
            all.push(Operation {
                method: method.to_uppercase(),
                template: template.clone(),
                need: need.map(str::to_owned),
                exports: told["responses"]["429"].is_object(),
                parameters: parameters.map(|told| (text(&told["in"]), text(&told["name"]))).collect(),
            });
        }
    }
    assert!(all.len() > 150, "{}", all.len());
    all
}

/// The bytes of a request with a body.
pub fn request(method: &str, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
}

/// Sends these bytes and reads one answer; of a stream only its head. Nothing if the connection ends without one.
pub fn answer(port: &Port, bytes: &[u8]) -> Option<Answer> {
    let mut stream = port.connect();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // It may answer and close before it has read everything.
    let _ = stream.write_all(bytes);
    let mut told = Vec::new();
    let mut some = [0; 16 * 1024];
    loop {
        let read = stream.read(&mut some).unwrap_or(0);
        told.extend_from_slice(&some[..read]);
        let text = String::from_utf8_lossy(&told);
        let so_far = Answer::of(&text);
        let is_stream = |so_far: &Answer| so_far.header("content-type") == Some("text/event-stream");
        if read == 0 || so_far.as_ref().is_some_and(is_stream) {
            return so_far;
        }
    }
}
