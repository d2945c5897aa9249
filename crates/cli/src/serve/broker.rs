//! Answers what comes through NATS: `ask.recorder.<ledger>` and `ask.projector.<ledger>`, request and reply.
//!
//! Each role is a service by NATS's own protocol, so that `nats service ls` finds it. Servers of one role share its
//! requests as a queue group, and pass on what another holds. What is more than a server takes is answered `busy` at
//! once, so that nothing piles up.

use std::sync::Arc;

use async_nats::service::{Service as Found, ServiceExt as _};
use async_nats::{Client, Message};
use bytes::Bytes;
use domain::Slug;
use journal::Journal as _;
use runtime::Shutdown;
use runtime::config::Requests;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use wire::ask::{Ask, Reply};

use crate::error::Error;
use crate::exit::Exit;
use crate::serve::failure::Failure;
use crate::serve::incoming::{Came, Incoming};
use crate::serve::leases::{Leases, Service};
use crate::serve::local::not_understood;
use crate::serve::node::Node;
use crate::serve::trace::{of_headers, tell};

/// Commands in one request, so that their receipts fit one reply.
const COMMANDS_MAX: usize = 2000;
/// Servers of the same role share the requests.
const QUEUE: &str = "hubledger";

/// Where one role's requests come in.
pub(crate) struct Broker {
    pub(super) client: Client,
    pub(super) node: Arc<Node>,
    service: Service,
    pub(super) leases: Option<Arc<Leases>>,
    room: Room,
}

/// How much may be in work.
struct Room {
    requests: Arc<Semaphore>,
    kibibytes: Arc<Semaphore>,
}

/// The right to be in work.
struct Place {
    _request: OwnedSemaphorePermit,
    _kibibytes: OwnedSemaphorePermit,
}

impl Room {
    fn new(limits: &Requests) -> Self {
        Self {
            requests: Arc::new(Semaphore::new(limits.at_once)),
            kibibytes: Arc::new(Semaphore::new(limits.bytes / 1024)),
        }
    }

    fn take(&self, bytes: usize) -> Option<Place> {
        let kibibytes = u32::try_from(bytes.div_ceil(1024)).ok()?;
        let request = self.requests.clone().try_acquire_owned().ok()?;
        let kibibytes = self.kibibytes.clone().try_acquire_many_owned(kibibytes).ok()?;
        Some(Place { _request: request, _kibibytes: kibibytes })
    }
}

impl Broker {
    pub(crate) fn new(client: Client, node: Arc<Node>, service: Service, limits: &Requests) -> Self {
        let leases = node.leases(service).cloned();
        Self { client, node, service, leases, room: Room::new(limits) }
    }

    /// Subscribes: from here on requests come, and wait to be answered.
    ///
    /// # Errors
    /// When the subscriptions can't be made.
    pub(crate) async fn listen(self) -> Result<Listening, Error> {
        let (client, role) = (&self.client, self.service.name());
        let service = client.service_builder().description("Hubledger: see hubledger help serve");
        let service = service.start(format!("hubledger-{role}"), env!("CARGO_PKG_VERSION")).await;
        let service = service.map_err(|e| lost(&e))?;
        let passed_on = match &self.leases {
            Some(leases) => {
                Some(client.subscribe(format!("ask.{role}.*.{}", leases.me())).await.map_err(|e| lost(&e))?)
            }
            None => None,
        };
        let endpoint = service.endpoint_builder().name(role).queue_group(QUEUE);
        let asked = endpoint.add(format!("ask.{role}.*")).await.map_err(|e| lost(&e))?;
        // An answer on the same connection comes after the server has taken the subscriptions in.
        let _ = self.node.journal.ledgers().await.map_err(|e| lost(&e))?;
        Ok(Listening { incoming: Incoming::new(asked, passed_on), found: service, broker: Arc::new(self) })
    }

    async fn answer(&self, request: &Came) {
        let message = request.message();
        // Who names no inbox gets nothing done.
        if !message.reply.as_deref().is_some_and(is_inbox) {
            return;
        }
        let asked = serde_json::from_slice::<Ask>(&message.payload);
        if let Ok(ask) = &asked {
            tell(self.service.name(), ask.ledger(), ask, &of_headers(message.headers.as_ref()));
        }
        let reply = match asked {
            Ok(ask) => match (refused(&ask, message), request) {
                (Some(failure), _) => failed(failure),
                (None, Came::Asked(_)) => match self.passed_on(&ask, message).await {
                    Some(answer) => answer,
                    None => self.fitting(ask).await,
                },
                (None, Came::PassedOn(_)) => self.fitting(ask).await,
            },
            Err(error) => encode(&not_understood(&error)),
        };
        self.reply(request, reply).await;
    }

    /// The reply, or what to do instead when it is more than a message carries.
    async fn fitting(&self, ask: Ask) -> Bytes {
        let submits = matches!(ask, Ask::Submit { .. });
        let reply = encode(&self.node.reply(ask).await);
        let most = self.client.server_info().max_payload;
        if reply.len() <= most {
            return reply;
        }
        let mut failure = Failure::new(
            "too-large",
            format!("the answer has {} bytes; a NATS message carries {most}", reply.len()),
        );
        failure.refusal = failure.refusal.hint(if submits {
            "all commands were decided; repeat them in smaller batches under the same ids for their receipts"
        } else {
            "ask for fewer rows with --where or --limit, or for sums with --where by=COLUMN"
        });
        failed(failure)
    }

    async fn reply(&self, request: &Came, reply: Bytes) {
        if request.message().reply.as_deref().is_some_and(is_inbox)
            && let Err(error) = request.respond(&self.client, reply).await
        {
            tracing::warn!(%error, "a reply could not be sent");
        }
    }
}

/// A broker whose requests come in.
pub(crate) struct Listening {
    incoming: Incoming,
    found: Found,
    broker: Arc<Broker>,
}

impl Listening {
    /// Answers until it is time to stop, then lets what is in flight finish.
    ///
    /// # Errors
    /// When the subscriptions end.
    pub(crate) async fn serve(self, shutdown: Shutdown) -> Result<(), Error> {
        let Self { mut incoming, found, broker } = self;
        let (mut work, mut stopping) = (JoinSet::new(), false);
        loop {
            let request = tokio::select! {
                () = shutdown.triggered(), if !stopping => {
                    stopping = true;
                    // What has come already is still answered; the rest goes to others.
                    incoming.stop().await.map_err(|e| lost(&e))?;
                    continue;
                }
                request = incoming.next() => request,
            };
            let Some(request) = request else { break };
            match broker.room.take(request.message().payload.len()) {
                Some(place) => {
                    let broker = broker.clone();
                    let in_work = broker.node.figures.in_work(broker.service.name());
                    work.spawn(async move {
                        let (_place, _in_work) = (place, in_work);
                        broker.answer(&request).await;
                    });
                }
                None => {
                    broker.node.figures.busy(broker.service.name());
                    broker.reply(&request, failed(Failure::busy("too many requests are in work"))).await;
                }
            }
            while work.try_join_next().is_some() {}
        }
        while work.join_next().await.is_some() {}
        // The last replies must leave before the connection goes.
        broker.client.flush().await.map_err(|e| lost(&e))?;
        found.stop().await.map_err(|e| lost(&e))?;
        if stopping { Ok(()) } else { Err(lost(&"the subscription ended")) }
    }
}

fn lost(why: &dyn std::fmt::Display) -> Error {
    Error::new(Exit::Unavailable, "can't take requests from NATS").why(why)
}

/// Whoever asks also names where the answer goes, and this process may publish to more than its caller: an answer
/// must not land in a ledger. `_R_` stands for an inbox in another account.
fn is_inbox(subject: &str) -> bool {
    subject.starts_with("_INBOX") || subject.starts_with("_R_.")
}

/// What is wrong with a request before anybody looks at it. A server's permissions are by subject, so the subject
/// must not name one ledger and the request another.
fn refused(ask: &Ask, message: &Message) -> Option<Failure> {
    let subject = message.subject.split('.').nth(2).unwrap_or_default();
    if ask.ledger().map(Slug::as_str).is_some_and(|ledger| ledger != subject) {
        return Some(Failure::new("not-understood", "the subject names another ledger than the request"));
    }
    if matches!(ask, Ask::Read { .. }) {
        // A server reads it for its own machine's socket; the users of NATS have rights of their own.
        let mut failure = Failure::new("log-not-told", "the log is not told to whoever may ask a service");
        failure.refusal = failure
            .refusal
            .hint("read its stream in JetStream, signed in as a user that may, such as operator");
        return Some(failure);
    }
    let Ask::Submit { commands, .. } = ask else { return None };
    (commands.len() > COMMANDS_MAX).then(|| {
        let message = format!("{} commands in one request; at most {COMMANDS_MAX}", commands.len());
        Failure::new("too-large", message)
    })
}

fn failed(Failure { refusal, repeat }: Failure) -> Bytes {
    encode(&Reply::Failed { refusal, repeat })
}

fn encode(reply: &Reply) -> Bytes {
    serde_json::to_vec(reply).unwrap_or_default().into()
}
