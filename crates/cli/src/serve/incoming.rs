//! Requests as they come in through NATS: from anybody to the role, or passed on to this instance by another.

use async_nats::service::Request;
use async_nats::service::endpoint::Endpoint;
use async_nats::{Client, Message, Subscriber};
use bytes::Bytes;
use futures::StreamExt as _;

/// Where they come in.
pub(super) struct Incoming {
    asked: Endpoint,
    passed_on: Option<Subscriber>,
}

/// A request.
pub(super) enum Came {
    /// From a client, to whichever instance of the role.
    Asked(Request),
    /// From another instance, to this one.
    PassedOn(Message),
}

impl Incoming {
    /// From these two; the second only where ledgers are spread.
    pub(super) const fn new(asked: Endpoint, passed_on: Option<Subscriber>) -> Self {
        Self { asked, passed_on }
    }

    /// The next one, until both have ended.
    pub(super) async fn next(&mut self) -> Option<Came> {
        let Some(passed_on) = &mut self.passed_on else {
            return self.asked.next().await.map(Came::Asked);
        };
        let asked = tokio::select! {
            asked = self.asked.next() => asked,
            Some(message) = passed_on.next() => return Some(Came::PassedOn(message)),
        };
        match asked {
            Some(request) => Some(Came::Asked(request)),
            None => passed_on.next().await.map(Came::PassedOn),
        }
    }

    /// Takes no more; what has come already is still given out.
    ///
    /// # Errors
    /// When the connection is gone.
    pub(super) async fn stop(&mut self) -> Result<(), String> {
        if let Some(passed_on) = &mut self.passed_on {
            passed_on.unsubscribe().await.map_err(|error| error.to_string())?;
        }
        self.asked.stop().await.map_err(|error| error.to_string())
    }
}

impl Came {
    /// As it came.
    pub(super) const fn message(&self) -> &Message {
        match self {
            Self::Asked(request) => &request.message,
            Self::PassedOn(message) => message,
        }
    }

    /// Sends the reply to where its sender waits for it.
    ///
    /// # Errors
    /// When it can't be sent.
    pub(super) async fn respond(
        &self,
        client: &Client,
        reply: Bytes,
    ) -> Result<(), async_nats::PublishError> {
        match self {
            Self::Asked(request) => request.respond(Ok(reply)).await,
            Self::PassedOn(Message { reply: Some(inbox), .. }) => client.publish(inbox.clone(), reply).await,
            Self::PassedOn(_) => Ok(()),
        }
    }
}
