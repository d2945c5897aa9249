//! Passing a request on to the instance that holds its ledger, and its answer back.
//!
//! It saves work and is never needed: whoever gets no answer so does the work itself, which is safe, because appends are
//! guarded, command ids are remembered, and a view is asked only when it has caught up. A request is passed on once; who
//! gets it so does it, whatever it believes about the leases.

use std::time::Duration;

use async_nats::client::RequestErrorKind;
use async_nats::{Message, Request};
use bytes::Bytes;
use domain::Slug;
use wire::ask::Ask;

use crate::serve::broker::Broker;
use crate::serve::leases::{Leases, Service};
use crate::serve::members::Says;

/// Longest wait for an instance that is there and does not answer. Clients repeat a command earlier.
const COMMAND: Duration = Duration::from_secs(10);
const QUESTION: Duration = Duration::from_secs(30);
/// The same for what reads a whole ledger.
const WHOLE: Duration = Duration::from_secs(600);
/// Instances that are tried before this one does it itself.
const TRIES: usize = 4;

impl Broker {
    /// The answer of an instance that holds the ledger; none when this one is to do it.
    pub(super) async fn passed_on(&self, ask: &Ask, message: &Message) -> Option<Bytes> {
        let (leases, ledger) = (self.leases.as_ref()?, ask.ledger()?);
        let patience = patience(leases.service(), ask)?;
        for _ in 0..TRIES {
            let holders = leases.holders(ledger);
            let here = holders.contains(&leases.me());
            if here && self.is_ready(leases, ledger) {
                return None;
            }
            let to = *holders.iter().find(|instance| **instance != leases.me())?;
            let subject = format!("ask.{}.{ledger}.{to}", leases.service().name());
            let mut request = Request::new().payload(message.payload.clone()).timeout(Some(patience));
            if let Some(headers) = &message.headers {
                request = request.headers(headers.clone());
            }
            tokio::select! {
                biased;
                answer = self.client.send_request(subject, request) => match answer {
                    Ok(answer) => return Some(answer.payload),
                    Err(error) if error.kind() == RequestErrorKind::NoResponders => {
                        leases.hear(to, Says::Leaves);
                    }
                    Err(error) => {
                        tracing::debug!(%error, %ledger, instance = %to, "no answer; doing it here");
                        return None;
                    }
                },
                () = leases.gone(to) => {}
            }
        }
        None
    }

    /// Whether this instance, which holds the ledger, is as good as another that does.
    fn is_ready(&self, leases: &Leases, ledger: &Slug) -> bool {
        leases.service() == Service::Recorder || self.node.is_current(ledger)
    }
}

/// How long the answer of another may take; none for what any instance answers alike, from the log.
fn patience(service: Service, ask: &Ask) -> Option<Duration> {
    match (service, ask) {
        (Service::Recorder, Ask::Submit { .. } | Ask::Head { .. }) => Some(COMMAND),
        (Service::Projector, Ask::Query { query })
            if query.vantage().is_now() || views::of_delivery(query).is_some() =>
        {
            Some(QUESTION.saturating_add(query.patience()))
        }
        (Service::Projector, Ask::Explain { query, .. }) => Some(QUESTION.saturating_add(query.patience())),
        (Service::Projector, Ask::Reader { .. }) => Some(QUESTION),
        (Service::Projector, Ask::Digests { .. } | Ask::Rebuild { .. }) => Some(WHOLE),
        _ => None,
    }
}
