//! An import of a night's file over HTTP: sent, checked and recorded, with recorder, projector, gateway and nats-server
//! each in a process of its own, and the most memory that each of them has had.

use std::fmt::Write as _;
use std::time::Duration;

use runtime::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::gateway::{Connection, House};
use crate::machine::{Failure, Measured, Side, peak_memory_of};
use crate::rows;

/// Bytes of a part.
const PART: usize = 32 * 1024 * 1024;
/// Pause between two looks at how far it is.
const LOOK: Duration = Duration::from_millis(50);

/// So many deliveries as rows of a file, as a district's system writes them.
fn file(rows: u64) -> Result<String, Failure> {
    let mut text = "key,date,agreement,site,kind,pillar,tier,minutes,headcount\n".to_owned();
    let agreement = uuid::Uuid::from_u64_pair(7, 3);
    for n in 0..rows {
        let (day, minutes) = (1 + n % 28, 30 + n % 60);
        writeln!(
            text,
            "row-{n},2026-03-{day:02},{agreement},19999990000001,tutoring,extended-learning,2,{minutes},{}",
            1 + n % 30
        )?;
    }
    Ok(text)
}

/// One import under way.
struct Import {
    connection: Connection,
    path: String,
}

impl Import {
    async fn new(house: &House) -> Result<Self, Failure> {
        let mut connection = Connection::open(house.port).await?;
        let id = uuid::Uuid::from_u64_pair(11, 1 << 63);
        let imports = format!("/v1/{}/imports", rows::ledger()?);
        let headers = format!("Idempotency-Key: {id}\r\nContent-Type: application/json\r\n");
        let body = json!({ "format": "deliveries" }).to_string();
        let made = ask(&mut connection, ("POST", &imports), &headers, &body).await?;
        let import = Self { connection, path: format!("{imports}/{id}") };
        if made.is_object() { Ok(import) } else { Err("no import was made".into()) }
    }

    async fn send(&mut self, file: &str) -> Result<(), Failure> {
        let (mut first, path) = (0, format!("{}/data", self.path));
        while first < file.len() {
            let last = (first + PART).min(file.len());
            let range = format!("Content-Range: bytes {first}-{}/{}\r\n", last - 1, file.len());
            let part = file.get(first..last).unwrap_or_default();
            ask(&mut self.connection, ("PUT", &path), &range, part).await?;
            first = last;
        }
        Ok(())
    }

    /// Asks for work and waits until it is done; all rows must be well.
    async fn work(&mut self, what: &str, body: &str, rows: u64) -> Result<(), Failure> {
        let path = format!("{}/{what}", self.path);
        let mut told =
            ask(&mut self.connection, ("POST", &path), "Content-Type: application/json\r\n", body).await?;
        let phase = |told: &Value| told.get("phase").and_then(Value::as_str).map(str::to_owned);
        while matches!(phase(&told).as_deref(), Some("checking" | "committing")) {
            tokio::time::sleep(LOOK).await;
            let path = self.path.clone();
            told = ask(&mut self.connection, ("GET", &path), "", "").await?;
        }
        let accepted = told.pointer("/counts/accepted").and_then(Value::as_u64);
        if accepted == Some(rows) { Ok(()) } else { Err(format!("{what}: {told}").into()) }
    }
}

async fn ask(
    connection: &mut Connection,
    (method, path): (&str, &str),
    headers: &str,
    body: &str,
) -> Result<Value, Failure> {
    let length = body.len();
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: bench\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
    let (status, answer) = connection.ask(&request).await?;
    if !(200..300).contains(&status) {
        return Err(format!("{method} {path}: {status} {}", String::from_utf8_lossy(&answer)).into());
    }
    Ok(serde_json::from_slice(&answer)?)
}

/// Until a view holds everything that was recorded.
async fn projected(connection: &mut Connection, rows: u64) -> Result<(), Failure> {
    let path = format!("/v1/{}/views/service-ledger?by=kind", rows::ledger()?);
    loop {
        let answer = ask(connection, ("GET", &path), "", "").await?;
        if answer.pointer("/rows/0/deliveries").and_then(Value::as_u64) == Some(rows) {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Imports so many rows in so many rounds.
pub(crate) async fn bulk(count: u64, rounds: usize) -> Result<Vec<Measured>, Failure> {
    let file = file(count)?;
    let mut times: [Vec<f64>; 5] = Default::default();
    let mut memory: [Vec<f64>; 4] = Default::default();
    for _ in 0..rounds {
        let house = House::start()?;
        house.open_ledger().await?;
        let clock = SystemClock::default();
        let mut import = Import::new(&house).await?;
        let began = clock.elapsed();
        import.send(&file).await?;
        let sent = clock.elapsed();
        import.work("check", "", count).await?;
        let checked = clock.elapsed();
        import.work("commit", "", count).await?;
        let committed = clock.elapsed();
        projected(&mut import.connection, count).await?;
        let seen = clock.elapsed();
        let rate = |took: Duration| count as f64 / took.as_secs_f64();
        let all = [
            rate((sent - began) + (committed - checked)),
            rate(checked - sent),
            rate(committed - began),
            rate(sent - began),
            (seen - committed).as_secs_f64(),
        ];
        times.iter_mut().zip(all).for_each(|(times, took)| times.push(took));
        memory
            .iter_mut()
            .zip(house.ids())
            .for_each(|(memory, id)| memory.push(peak_memory_of(&id.to_string())));
        house.stop()?;
    }
    let [sent_and_recorded, checked, all, sent, behind] = times;
    let mut measured = vec![
        Measured::held("import: sent and recorded", "rows/s", (Side::AtLeast, 50_000.0), sent_and_recorded),
        Measured::plain("import: checked", "rows/s", checked),
        Measured::plain("import: sent, checked and recorded", "rows/s", all),
        Measured::plain("import: sent", "rows/s", sent),
        Measured::plain("import: until the views have it", "s", behind),
    ];
    for (role, memory) in ["recorder", "projector", "gateway", "nats-server"].into_iter().zip(memory) {
        let what = format!("import: most memory of the {role}");
        measured.push(Measured::held(&what, "MB", (Side::AtMost, 300.0), memory));
    }
    Ok(measured)
}
