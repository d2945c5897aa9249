//! What webhooks cost: a courier's deliveries of what is in the log to a receiver in this process, against as many POSTs
//! that the courier's own sender makes to the same receiver with nothing behind it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use courier::{Sender, Signed, SystemResolver, Tried, system_roots};
use runtime::{Clock as _, SystemClock};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::gateway::{Connection, House};
use crate::machine::Failure;
use crate::rows;

/// Deliveries of one webhook that a courier has on their way at once.
const AT_ONCE: u64 = 8;
/// Events that are delivered, at most.
const DELIVERIES_MAX: u64 = 20_000;
/// How long they may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// Answers every POST with 204, on connections that it keeps, and counts them.
struct Receiver {
    url: String,
    count: Arc<Count>,
    _answering: JoinSet<()>,
}

struct Count {
    clock: SystemClock,
    came: AtomicU64,
    wanted: u64,
    first_micros: AtomicU64,
    last_micros: AtomicU64,
    all: Notify,
}

impl Receiver {
    async fn start(wanted: u64) -> Result<Self, Failure> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}/hooks", listener.local_addr()?);
        let count = Arc::new(Count {
            clock: SystemClock::default(),
            came: AtomicU64::new(0),
            wanted,
            first_micros: AtomicU64::new(0),
            last_micros: AtomicU64::new(0),
            all: Notify::new(),
        });
        let (mut answering, counted) = (JoinSet::new(), count.clone());
        answering.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                // Who goes away is not asked why.
                let counted = counted.clone();
                connections.spawn(async move { drop(answer(stream, &counted).await) });
            }
        });
        Ok(Self { url, count, _answering: answering })
    }

    /// POSTs a second, from the first to the last of those that are wanted.
    async fn rate(&self) -> Result<f64, Failure> {
        tokio::time::timeout(PATIENCE, self.count.all.notified()).await?;
        let micros = |at: &AtomicU64| at.load(Ordering::SeqCst) as f64;
        let took = micros(&self.count.last_micros) - micros(&self.count.first_micros);
        Ok((self.count.wanted - 1) as f64 / took * 1e6)
    }
}

impl Count {
    fn one(&self) {
        let now = u64::try_from(self.clock.elapsed().as_micros()).unwrap_or(u64::MAX);
        let came = self.came.fetch_add(1, Ordering::SeqCst) + 1;
        if came == 1 {
            self.first_micros.store(now, Ordering::SeqCst);
        }
        if came == self.wanted {
            self.last_micros.store(now, Ordering::SeqCst);
            self.all.notify_one();
        }
    }
}

async fn answer(stream: TcpStream, count: &Count) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let (mut line, mut body) = (String::new(), Vec::new());
    loop {
        let mut length = 0;
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let said = line.trim_end();
            if said.is_empty() {
                break;
            }
            if let Some(bytes) = said.strip_prefix("content-length: ") {
                length = bytes.parse().unwrap_or(0);
            }
        }
        body.resize(length, 0);
        stream.read_exact(&mut body).await?;
        count.one();
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
    }
}

/// POSTs a second that the courier's sender makes, with as many on their way as a webhook has.
async fn raw(deliveries: u64) -> Result<f64, Failure> {
    let receiver = Receiver::start(deliveries).await?;
    let sender = Arc::new(Sender::new(system_roots(), Arc::new(SystemResolver), true)?);
    let body = json!({
        "type": "hubledger.service-delivered.v1", "timestamp": "2026-03-02T17:00:00.000000Z",
        "data": { "ledger": rows::ledger()?, "kind": "delivery", "epoch": 1, "position": 317_000,
                  "subject": "delivery/00000000-0000-4000-9000-000000000001", "effective": "2026-03-02" },
    });
    let signed = Signed {
        id: format!("msg_{}", "0".repeat(32)),
        timestamp: "1772470800".to_owned(),
        signature: format!("v1a,{}", "A".repeat(88)),
    };
    let mut tasks = JoinSet::new();
    for task in 0..AT_ONCE {
        let (sender, url, signed, body) =
            (sender.clone(), receiver.url.clone(), signed.clone(), body.to_string());
        let share = deliveries / AT_ONCE + u64::from(task < deliveries % AT_ONCE);
        tasks.spawn(async move {
            for _ in 0..share {
                let tried = sender.send(&url, &signed, body.clone()).await;
                if tried != Tried::Delivered {
                    return Err(format!("{tried:?}"));
                }
            }
            Ok(())
        });
    }
    let rate = receiver.rate().await?;
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(rate)
}

/// Asks about webhooks of the ledger; the answer.
async fn ask(house: &House, end: &str, body: &Value) -> Result<Value, Failure> {
    let (ledger, body) = (rows::ledger()?, body.to_string());
    let length = body.len();
    let request = format!(
        "POST /v1/{ledger}/webhooks{end} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    let (status, answer) = Connection::open(house.port).await?.ask(&request).await?;
    if status >= 300 {
        return Err(format!("{status}: {}", String::from_utf8_lossy(&answer)).into());
    }
    Ok(serde_json::from_slice(&answer)?)
}

fn text<'a>(answer: &'a Value, member: &str) -> &'a str {
    answer.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// Webhook deliveries and raw POSTs, a second each, of the same number.
pub(crate) async fn webhooks(house: &mut House) -> Result<(f64, f64), Failure> {
    house.courier()?;
    // It begins at the end of the log, and says where that is.
    let nowhere = ask(house, "", &json!({ "url": "http://127.0.0.1:1/", "kinds": ["council"] })).await?;
    let end = text(&nowhere, "read_to").split(':').nth(1).unwrap_or("0").parse::<u64>()?;
    let deliveries = end.min(DELIVERIES_MAX);
    let receiver = Receiver::start(deliveries).await?;
    let made = ask(house, "", &json!({ "url": receiver.url })).await?;
    let id = text(&made, "id");
    let after = format!("1:{}", end - deliveries);
    let _ = ask(house, &format!("/{id}/replay"), &json!({ "after": after })).await?;
    let delivered = receiver.rate().await?;
    Ok((delivered, raw(deliveries).await?))
}

/// Only that, with so many events: for a profile.
pub(crate) async fn alone(events: u64) -> Result<(), Failure> {
    let mut house = House::start()?;
    house.open_ledger().await?;
    crate::gateway::posted(house.port, 64, events.div_ceil(64)).await?;
    let (told, raw) = webhooks(&mut house).await?;
    println!("{told:.0} deliveries and {raw:.0} POSTs a second: {:.2}", told / raw);
    house.stop()
}
