//! Hands commands in to the recorder, those of many requests together: one question to the recorder for what came
//! while the one before was on its way.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use domain::Slug;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot};
use wire::Outcome;
use wire::ask::{Ask, Reply};

use crate::backend::Behind;
use crate::body::Members;
use crate::problem::Problem;
use crate::trace::Trace;

/// Commands in one question; their receipts fit one message of NATS.
const COMMANDS_MAX: usize = 500;
/// Bytes of commands in one question; with one more command it fits one message of NATS.
const BYTES_MAX: usize = 512 * 1024;
/// Questions of one ledger on their way at once: one is being made durable, one comes, one goes.
const ON_THE_WAY_MAX: usize = 3;
/// Requests that may wait for one ledger; more are answered `busy`.
const WAITING_MAX: usize = 4096;

/// Commands of one request, recorded in this order.
struct Waiting {
    commands: Vec<Box<RawValue>>,
    trace: Trace,
    answer: oneshot::Sender<Result<Vec<Outcome>, Problem>>,
}

impl Waiting {
    fn bytes(&self) -> usize {
        self.commands.iter().map(|command| command.get().len()).sum()
    }
}

/// Where requests hand commands in.
pub(crate) struct Desks {
    backend: Behind,
    desks: Mutex<BTreeMap<Slug, mpsc::Sender<Waiting>>>,
}

impl Desks {
    pub(crate) fn new(backend: Behind) -> Self {
        Self { backend, desks: Mutex::default() }
    }

    /// Records these commands, in order.
    ///
    /// # Errors
    /// When the end of some is not known, which is safe to repeat, or the ledger can't be recorded in.
    pub(crate) async fn submit(
        &self,
        ledger: &Slug,
        commands: Vec<Box<RawValue>>,
    ) -> Result<Vec<Outcome>, Problem> {
        let (answer, answered) = oneshot::channel();
        let busy = || Problem::new("busy", format!("too many requests wait for {ledger}"));
        self.desk(ledger).try_send(Waiting { commands, trace: Trace::now(), answer }).map_err(|_| busy())?;
        let stopped = |_| Problem::new("unavailable", "the gateway stops");
        answered.await.map_err(stopped)?
    }

    /// Records one command.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub(crate) async fn submit_one(&self, ledger: &Slug, command: &Members) -> Result<Outcome, Problem> {
        let outcomes = self.submit(ledger, vec![command.to_raw()?]).await?;
        outcomes.into_iter().next().ok_or_else(|| Problem::new("internal", "no outcome came"))
    }

    fn desk(&self, ledger: &Slug) -> mpsc::Sender<Waiting> {
        let mut desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(desk) = desks.get(ledger) {
            return desk.clone();
        }
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        #[expect(clippy::disallowed_methods, reason = "it ends when its sender is dropped with the desks")]
        tokio::spawn(work(self.backend.clone(), ledger.clone(), receiver));
        desks.insert(ledger.clone(), sender.clone());
        sender
    }
}

/// Works until nobody can hand in any more and all is answered.
async fn work(backend: Behind, ledger: Slug, mut waiting: mpsc::Receiver<Waiting>) {
    let mut on_the_way = FuturesUnordered::new();
    let (mut held, mut open) = (None::<Waiting>, true);
    while open || held.is_some() || !on_the_way.is_empty() {
        let room = on_the_way.len() < ON_THE_WAY_MAX;
        tokio::select! {
            () = on_the_way.select_next_some(), if !on_the_way.is_empty() => {}
            first = next(&mut held, &mut waiting), if room && (open || held.is_some()) => match first {
                Some(first) => {
                    let together = gather(first, &mut held, &mut waiting);
                    on_the_way.push(ask(&backend, &ledger, together));
                }
                None => open = false,
            },
        }
    }
}

async fn next(held: &mut Option<Waiting>, waiting: &mut mpsc::Receiver<Waiting>) -> Option<Waiting> {
    match held.take() {
        Some(held) => Some(held),
        None => waiting.recv().await,
    }
}

/// What waits already, as far as it fits; the first that does not is held for the next.
fn gather(first: Waiting, held: &mut Option<Waiting>, waiting: &mut mpsc::Receiver<Waiting>) -> Vec<Waiting> {
    let (mut count, mut bytes) = (first.commands.len(), first.bytes());
    let mut together = vec![first];
    while let Ok(more) = waiting.try_recv() {
        (count, bytes) = (count + more.commands.len(), bytes + more.bytes());
        if count > COMMANDS_MAX || bytes > BYTES_MAX {
            *held = Some(more);
            break;
        }
        together.push(more);
    }
    together
}

async fn ask(backend: &Behind, ledger: &Slug, together: Vec<Waiting>) {
    let (mut commands, mut callers) = (Vec::new(), Vec::with_capacity(together.len()));
    let mut traces = Vec::with_capacity(together.len());
    for waiting in together {
        callers.push((waiting.commands.len(), waiting.answer));
        commands.extend(waiting.commands);
        traces.push(waiting.trace);
    }
    let count = commands.len();
    let (ask, trace) = (Ask::Submit { ledger: ledger.clone(), commands }, Trace::of_group(&traces));
    let mut outcomes = match backend.ask_for(ledger, ask, &trace).await {
        Reply::Outcomes { outcomes } if outcomes.len() == count => outcomes.into_iter(),
        reply => {
            let problem = failed(reply);
            callers.into_iter().for_each(|(_, answer)| drop(answer.send(Err(problem.clone()))));
            return;
        }
    };
    for (count, answer) in callers {
        // Whoever has gone may repeat.
        drop(answer.send(Ok(outcomes.by_ref().take(count).collect())));
    }
}

/// What a reply that is not the wanted one says.
pub(crate) fn failed(reply: Reply) -> Problem {
    match reply {
        Reply::Failed { refusal, .. } => Problem::from(refusal),
        _ => Problem::new("internal", "a role behind gave another answer than was asked for"),
    }
}
