//! Callers of two gateways, as a district's system would be one: a key for each thing, the same key again when no
//! answer came, the other gateway when one does not answer.

use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use domain::Slug;
use serde_json::Value;
use tests::http::{Answer, Port};
use uuid::Uuid;
use wire::Receipt;

use crate::load::act;

/// How long a caller waits for an answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// One in so many commands is given up when its first answer is no receipt, and one in so many sent again for no need.
const GIVEN_UP: u64 = 4;
const AGAIN: u64 = 5;

/// Where the gateways are now, and what opens them. Clones are the same ones.
#[derive(Clone)]
pub struct Gateways {
    ports: Arc<Mutex<[Port; 2]>>,
    headers: String,
    ledger: String,
}

impl Gateways {
    pub fn new(ports: [Port; 2]) -> Self {
        Self { ports: Arc::new(Mutex::new(ports)), headers: String::new(), ledger: String::new() }
    }

    /// With which token to speak, of which ledger.
    pub fn token(&mut self, ledger: &Slug, token: &str) {
        self.headers = format!("Host: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n");
        self.ledger = ledger.to_string();
    }

    /// One was started again.
    pub fn moved(&self, number: usize, port: Port) {
        self.ports.lock().unwrap()[number] = port;
    }

    fn send(&self, number: usize, method: &str, path: &str, more: &str) -> Option<Answer> {
        let port = self.ports.lock().unwrap()[number];
        let (ledger, headers) = (&self.ledger, &self.headers);
        port.try_send(&format!("{method} /v1/{ledger}/{path} HTTP/1.1\r\n{headers}{more}"), PATIENCE)
    }

    fn record(&self, number: usize, id: Uuid, body: &str) -> Option<Answer> {
        let length = body.len();
        let more = format!(
            "Idempotency-Key: {id}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.send(number, "POST", "record-operator-act", &more)
    }

    /// What both gateways tell of a key when nothing is wrong: the same.
    pub fn receipt(&self, id: Uuid) -> Option<Receipt> {
        let [first, second] = [0, 1].map(|number| {
            loop {
                let answer = self.send(number, "GET", &format!("commands/{id}"), "\r\n");
                match answer.filter(|answer| !may_be_repeated(answer)) {
                    Some(answer) if answer.status == 404 => break None,
                    Some(answer) => break Some(receipt(&answer)),
                    None => std::thread::yield_now(),
                }
            }
        });
        assert_eq!(first, second, "{id}");
        first
    }
}

/// Whether it is the one problem that an honest caller may meet.
fn may_be_repeated(answer: &Answer) -> bool {
    if answer.status != 503 {
        return false;
    }
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
    true
}

fn receipt(answer: &Answer) -> Receipt {
    assert!(matches!(answer.status, 200 | 201), "{answer:?}");
    serde_json::from_str(&answer.body).unwrap()
}

/// What one caller was told.
#[derive(Default)]
pub struct Told {
    /// Keys with their receipts, in the order in which they came.
    pub acknowledged: Vec<(Uuid, Receipt)>,
    /// Keys of which no receipt came, and which were not sent again.
    pub given_up: Vec<Uuid>,
}

/// Callers at work.
pub struct Callers {
    callers: Vec<JoinHandle<Told>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Receipts so far, and whether that is enough.
    so_far: Mutex<(u64, bool)>,
    news: Condvar,
}

impl Callers {
    /// Starts so many.
    pub fn start(gateways: &Gateways, callers: u64) -> Self {
        let shared = Arc::new(Shared::default());
        let start = |caller| {
            let (gateways, shared) = (gateways.clone(), shared.clone());
            std::thread::spawn(move || call(&gateways, caller, &shared))
        };
        Self { callers: (1..=callers).map(start).collect(), shared }
    }

    /// Waits for so many receipts more.
    pub fn progress(&self, more: u64) {
        let so_far = self.shared.so_far.lock().unwrap();
        let enough = so_far.0 + more;
        // Whoever saw a wrong answer ends, and says so at the end.
        let waits =
            |so_far: &mut (u64, bool)| so_far.0 < enough && !self.callers.iter().any(JoinHandle::is_finished);
        drop(self.shared.news.wait_while(so_far, waits).unwrap());
    }

    /// Lets so much time pass.
    pub fn quiet(&self, time: Duration) {
        let so_far = self.shared.so_far.lock().unwrap();
        drop(self.shared.news.wait_timeout_while(so_far, time, |_| true).unwrap());
    }

    /// Lets everybody finish what is begun.
    pub fn finish(self) -> Vec<Told> {
        self.shared.so_far.lock().unwrap().1 = true;
        self.callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    }
}

/// Tells the others when this caller ends, also by a claim that does not hold.
struct Ends<'a>(&'a Shared);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.news.notify_all();
    }
}

/// One caller: the next command goes out when the last has its receipt or is given up.
fn call(gateways: &Gateways, caller: u64, shared: &Shared) -> Told {
    let (mut told, mut number) = (Told::default(), 0);
    let _ends = Ends(shared);
    loop {
        number += 1;
        let (id, command) = act(caller, number);
        let body = Value::to_string(&command["body"]);
        let given = insist(gateways, (id, &body), number + caller);
        let mut so_far = shared.so_far.lock().unwrap();
        match given {
            Some(receipt) => {
                so_far.0 += 1;
                told.acknowledged.push((id, receipt));
            }
            None => told.given_up.push(id),
        }
        shared.news.notify_all();
        if so_far.1 {
            return told;
        }
    }
}

/// Sends one command until its receipt comes, unless its number says to give up.
fn insist(gateways: &Gateways, (id, body): (Uuid, &str), number: u64) -> Option<Receipt> {
    let mut gateway = usize::from(number.is_multiple_of(2));
    let given = loop {
        let answer = gateways.record(gateway, id, body);
        if let Some(answer) = answer.filter(|answer| !may_be_repeated(answer)) {
            break receipt(&answer);
        }
        if number.is_multiple_of(GIVEN_UP) {
            return None;
        }
        gateway = 1 - gateway;
        // A gateway that is not there says so at once.
        std::thread::yield_now();
    };
    if number.is_multiple_of(AGAIN) {
        let again = gateways.record(1 - gateway, id, body).filter(|answer| !may_be_repeated(answer));
        if let Some(again) = again {
            let replayed = (again.status, again.header("idempotent-replayed"));
            assert_eq!((replayed, receipt(&again)), ((200, Some("true")), given.clone()));
        }
    }
    Some(given)
}
