//! Instances of a role tell each other on core NATS that they are there: `presence.<role>`.
//!
//! No stream and no bucket: nothing has to be made or synced, and nothing is lost with the server that holds it. What
//! is not heard costs work and nothing else.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, Message};
use futures::StreamExt as _;
use runtime::Shutdown;
use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval};

use crate::error::Error;
use crate::exit::Exit;
use crate::serve::leases::Leases;
use crate::serve::members::Says;
use crate::serve::node::Node;

/// How long a newcomer listens before it reckons what is its own; the others answer it at once.
const JOINING: Duration = Duration::from_millis(500);
/// An instance speaks so often within the time of a lease, so that one lost message ends nothing.
const PER_LEASE: u32 = 3;

/// An instance among those of its role.
pub(crate) struct Presence {
    client: Client,
    node: Arc<Node>,
    leases: Arc<Leases>,
    subject: String,
}

/// What is said.
#[derive(Serialize, Deserialize)]
struct Word {
    instance: String,
    says: Says,
}

impl Presence {
    pub(crate) fn new(client: Client, node: Arc<Node>, leases: Arc<Leases>) -> Self {
        let subject = format!("presence.{}", leases.service().name());
        Self { client, node, leases, subject }
    }

    /// Comes, reads up on the ledgers that will be its own, and is there until it is time to stop.
    ///
    /// # Errors
    /// When the subscription can't be made, or ends.
    pub(crate) async fn keep(self, shutdown: Shutdown) -> Result<(), Error> {
        let lost = |error: &dyn std::fmt::Display| {
            Error::new(Exit::Unavailable, "can't hear the other servers through NATS").why(error)
        };
        let mut heard = self.client.subscribe(self.subject.clone()).await.map_err(|e| lost(&e))?;
        let mut says = Says::Comes;
        let mut ticks = interval(self.leases.lease() / PER_LEASE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ready = std::pin::pin!(async {
            tokio::time::sleep(JOINING).await;
            self.node.read_up(&self.leases).await;
        });
        loop {
            tokio::select! {
                biased;
                () = shutdown.triggered() => break,
                message = heard.next() => match message {
                    Some(message) => {
                        if self.hear(&message) {
                            self.say(says).await;
                        }
                    }
                    None => return Err(lost(&"the subscription ended")),
                },
                () = &mut ready, if says == Says::Comes => {
                    says = Says::Here;
                    self.say(says).await;
                }
                _ = ticks.tick() => self.say(says).await,
            }
        }
        self.say(Says::Leaves).await;
        self.client.flush().await.map_err(|e| lost(&e))
    }

    /// Takes in a message; whether it is of somebody new, who waits for an answer.
    fn hear(&self, message: &Message) -> bool {
        let word = serde_json::from_slice::<Word>(&message.payload).ok();
        let word = word.and_then(|word| Some((word.instance.parse().ok()?, word.says)));
        let Some((instance, says)) = word else {
            tracing::debug!(subject = %message.subject, "what is said there can't be read");
            return false;
        };
        let new = says != Says::Leaves && !self.leases.knows(instance);
        self.leases.hear(instance, says);
        new
    }

    async fn say(&self, says: Says) {
        let word = Word { instance: self.leases.me().to_string(), says };
        let Ok(word) = serde_json::to_vec(&word) else { return };
        if let Err(error) = self.client.publish(self.subject.clone(), word.into()).await {
            tracing::debug!(%error, "the others do not hear that this instance is there");
        }
    }
}
