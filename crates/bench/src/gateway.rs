//! What HTTP costs: the same deliveries through a gateway and given to the recorder directly, in this process's sense of
//! many callers, and what readers see meanwhile.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use runtime::{Clock as _, SystemClock};
use serde_json::{Map, Value};
use tests::binary::Serving;
use tests::http::Port;
use tests::nats::Nats;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::callers;
use crate::calls::Timed;
use crate::hooks;
use crate::machine::{Failure, Measured, Side};
use crate::rows;

/// Members of a command that stand beside its body at its own address.
const AROUND: [&str; 3] = ["basis", "purpose", "source"];

/// A connection that is kept.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) async fn open(port: Port) -> Result<Self, Failure> {
        let stream = TcpStream::connect(port.0).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends a request and reads its answer: status and body.
    pub(crate) async fn ask(&mut self, request: &str) -> Result<(u16, Vec<u8>), Failure> {
        self.stream.write_all(request.as_bytes()).await?;
        let (mut line, mut status, mut length) = (String::new(), 0, 0);
        loop {
            line.clear();
            if self.stream.read_line(&mut line).await? == 0 {
                return Err("the gateway closed the connection".into());
            }
            let said = line.trim_end();
            if said.is_empty() {
                break;
            }
            if let Some(rest) = said.strip_prefix("HTTP/1.1 ") {
                status = rest.split(' ').next().unwrap_or_default().parse()?;
            }
            if let Some(bytes) = said.strip_prefix("content-length: ") {
                length = bytes.parse()?;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok((status, body))
    }
}

/// A command as a request to its own address.
fn request_of(path: &str, command: &Value) -> String {
    let mut body: Map<String, Value> = command["body"].as_object().cloned().unwrap_or_default();
    body.extend(AROUND.iter().filter_map(|name| Some(((*name).to_owned(), command.get(*name)?.clone()))));
    let (key, body) = (command["id"].as_str().unwrap_or_default(), Value::from(body).to_string());
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\nIdempotency-Key: {key}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

/// Servers of each role before one nats-server.
pub(crate) struct House {
    pub(crate) port: Port,
    gateway: Serving,
    recorder: Serving,
    projector: Serving,
    courier: Option<Serving>,
    nats: Nats,
    folder: tempfile::TempDir,
}

impl House {
    pub(crate) fn start() -> Result<Self, Failure> {
        let (nats, folder) = (Nats::start(), tempfile::tempdir()?);
        let serve = |role: &str, more: &str| serve(&nats, folder.path(), role, more);
        let (recorder, projector) = (serve("recorder", "")?, serve("projector", "")?);
        let open = "gateway.listen = \"127.0.0.1:0\"\ngateway.tokens = false\n\
                    gateway.requests_per_second = 1000000\ncourier.allow_private_targets = true";
        let gateway = serve("gateway", open)?;
        let port = Port::of_gateway(&gateway);
        Ok(Self { port, gateway, recorder, projector, courier: None, nats, folder })
    }

    /// Starts a courier too, which may reach receivers on this machine.
    pub(crate) fn courier(&mut self) -> Result<(), Failure> {
        let more = "courier.allow_private_targets = true\ncourier.look_ms = 50";
        self.courier = Some(serve(&self.nats, self.folder.path(), "courier", more)?);
        Ok(())
    }

    /// Records what a ledger needs before anything is delivered.
    pub(crate) async fn open_ledger(&self) -> Result<(), Failure> {
        let mut connection = Connection::open(self.port).await?;
        let ledger = rows::ledger()?;
        for mut command in rows::opening() {
            if let Some(members) = command.as_object_mut() {
                members.remove("actor");
            }
            let (path, body) = (format!("/v1/{ledger}/commands"), command.to_string());
            let length = body.len();
            let request = format!(
                "POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
            );
            // A role says that it serves a moment before the broker has heard of its subscription.
            loop {
                match connection.ask(&request).await? {
                    (200 | 201, _) => break,
                    (503, _) => tokio::task::yield_now().await,
                    (status, body) => {
                        return Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into());
                    }
                }
            }
        }
        Ok(())
    }

    /// Process ids of recorder, projector, gateway and nats-server.
    pub(crate) fn ids(&self) -> [u32; 4] {
        [self.recorder.id(), self.projector.id(), self.gateway.id(), self.nats.id()]
    }

    pub(crate) fn stop(self) -> Result<(), Failure> {
        let courier = self.courier.map_or(0, Serving::stop);
        let ended = [courier, self.gateway.stop(), self.projector.stop(), self.recorder.stop()];
        if ended == [0; 4] { Ok(()) } else { Err(format!("servers ended with {ended:?}").into()) }
    }
}

/// Starts a role before this nats-server, with what it keeps in this folder.
fn serve(nats: &Nats, folder: &Path, role: &str, more: &str) -> Result<Serving, Failure> {
    let config = folder.join(format!("{role}.toml"));
    let (data, url) = (folder.join(role), nats.url());
    let journal = format!("kind = \"jetstream\"\nurl = \"{url}\"\naccept_unchecked_sync = true");
    let keys = folder.join("keys");
    let text = format!("data = {data:?}\nrecorder.keys_dir = {keys:?}\n{more}\n[journal]\n{journal}\n");
    std::fs::write(&config, text)?;
    let mut serve = Command::new(std::env::current_exe()?.with_file_name("hubledger"));
    serve.args(["serve", role, "--config"]).arg(&config);
    serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    Serving::spawn(serve).map_err(|said| Failure::from(format!("no {role}: {said:?}")))
}

/// Posts of so many callers, each on a connection that is kept.
pub(crate) async fn posted(port: Port, callers: usize, each: u64) -> Result<Timed, Failure> {
    let path = format!("/v1/{}/deliveries", rows::ledger()?);
    let mut requests = rows::deliveries(callers as u64 * each).map(|command| request_of(&path, &command));
    let portions: Vec<Vec<String>> =
        (0..callers).map(|_| requests.by_ref().take(usize::try_from(each).unwrap_or(0)).collect()).collect();
    let clock = SystemClock::default();
    let began = clock.elapsed();
    let mut tasks = JoinSet::new();
    for portion in portions {
        let mut connection = Connection::open(port).await?;
        tasks.spawn(async move {
            let mut latencies = Vec::with_capacity(portion.len());
            for request in portion {
                let sent = clock.elapsed();
                let (status, body) = connection.ask(&request).await.map_err(|failure| failure.to_string())?;
                if status != 201 {
                    return Err(format!("{status}: {}", String::from_utf8_lossy(&body)));
                }
                latencies.push(clock.elapsed() - sent);
            }
            Ok(latencies)
        });
    }
    let mut latencies = Vec::new();
    while let Some(done) = tasks.join_next().await {
        latencies.extend(done??);
    }
    Ok(Timed::new(clock.elapsed() - began, latencies))
}

/// Gets one row of a view again and again until told to stop.
async fn read_rows(port: Port, stop: Arc<AtomicBool>) -> Result<Timed, String> {
    let told = |failure: Failure| failure.to_string();
    let (path, site) = (rows::ledger().map_err(told)?, uuid::Uuid::from_u64_pair(7, 1));
    let request = format!("GET /v1/{path}/views/site-profile?site={site} HTTP/1.1\r\nHost: bench\r\n\r\n");
    let (mut connection, clock) = (Connection::open(port).await.map_err(told)?, SystemClock::default());
    let (began, mut latencies) = (clock.elapsed(), Vec::new());
    while !stop.load(Ordering::Relaxed) {
        let sent = clock.elapsed();
        let (status, _) = connection.ask(&request).await.map_err(told)?;
        if status != 200 {
            return Err(format!("a read ended with {status}"));
        }
        latencies.push(clock.elapsed() - sent);
    }
    Ok(Timed::new(clock.elapsed() - began, latencies))
}

/// From the receipt of one event to its line in the live stream; one caller, so many events.
async fn live(port: Port, events: u64) -> Result<Timed, Failure> {
    let ledger = rows::ledger()?;
    let mut stream = BufReader::new(TcpStream::connect(port.0).await?);
    let request = format!("GET /v1/{ledger}/events/live HTTP/1.1\r\nHost: bench\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        stream.read_line(&mut line).await?;
    }
    let (clock, path) = (SystemClock::default(), format!("/v1/{ledger}/deliveries"));
    let mut connection = Connection::open(port).await?;
    let (began, mut lags) = (clock.elapsed(), Vec::new());
    // Other deliveries than those of the callers.
    let skipped = 10_000_000;
    for command in rows::deliveries_from(skipped, events) {
        let (status, body) = connection.ask(&request_of(&path, &command)).await?;
        if status != 201 {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into());
        }
        let durable = clock.elapsed();
        loop {
            line.clear();
            stream.read_line(&mut line).await?;
            if line.starts_with("id: ") {
                break;
            }
        }
        lags.push(clock.elapsed().saturating_sub(durable));
    }
    Ok(Timed::new(clock.elapsed() - began, lags))
}

/// Measures in so many rounds.
pub(crate) async fn gateway(callers: usize, each: u64, rounds: usize) -> Result<Vec<Measured>, Failure> {
    let (mut direct, mut over, mut read, mut lag) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut hooks = Vec::new();
    for _ in 0..rounds {
        direct.push(callers::requests(callers, each).await?);
        let mut house = House::start()?;
        house.open_ledger().await?;
        let stop = Arc::new(AtomicBool::new(false));
        let mut reader = JoinSet::new();
        reader.spawn(read_rows(house.port, stop.clone()));
        let posted = posted(house.port, callers, each).await;
        stop.store(true, Ordering::Relaxed);
        while let Some(done) = reader.join_next().await {
            read.push(done??);
        }
        over.push(posted?);
        lag.push(live(house.port, (each / 2).min(500)).await?);
        hooks.push(hooks::webhooks(&mut house).await?);
        house.stop()?;
    }
    let rates = |timed: &[Timed]| timed.iter().map(|timed| timed.per_second).collect::<Vec<f64>>();
    let slowest = |timed: &[Timed]| timed.iter().map(|timed| timed.p99).collect::<Vec<f64>>();
    let ratios = over.iter().zip(&direct).map(|(over, direct)| over.per_second / direct.per_second).collect();
    Ok(vec![
        Measured::plain("callers: to the recorder over NATS", "calls/s", rates(&direct)),
        Measured::plain("callers: POST of one delivery", "calls/s", rates(&over)),
        Measured::plain("callers: POST of one delivery, p99", "ms", slowest(&over)),
        Measured::held("callers: POST against the recorder", "x", (Side::AtLeast, 0.6), ratios),
        Measured::held("reads: GET of a row under that load, p99", "ms", (Side::AtMost, 5.0), slowest(&read)),
        Measured::plain(
            "webhooks: deliveries to one receiver",
            "1/s",
            hooks.iter().map(|(told, _)| *told).collect(),
        ),
        Measured::plain(
            "webhooks: POSTs of the same sender alone",
            "1/s",
            hooks.iter().map(|(_, raw)| *raw).collect(),
        ),
        Measured::plain(
            "webhooks: deliveries against POSTs",
            "x",
            hooks.iter().map(|(told, raw)| told / raw).collect(),
        ),
        Measured::held("live: p99 from receipt to the stream", "ms", (Side::AtMost, 50.0), slowest(&lag)),
    ])
}
