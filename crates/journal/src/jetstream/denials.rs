//! What the server has refused this identity.
//!
//! A server answers a request that it does not permit with nothing: the refusal comes beside, to the connection, and
//! the request times out. So whoever waits for an answer also listens here.

use async_nats::{Event, ServerError};
use tokio::sync::{broadcast, watch};

use crate::JournalError;

/// Refusals that a listener may be behind; more are told by the next one.
const BEHIND_MAX: usize = 64;

/// Refusals of one connection, as they come.
#[derive(Debug, Clone)]
pub(super) struct Denials {
    told: broadcast::Sender<String>,
    /// Without its inbox an identity hears no answer at all.
    deaf: watch::Sender<Option<String>>,
    inbox: String,
}

impl Denials {
    /// None yet; `inbox` is what the connection's inboxes begin with.
    pub(super) fn new(inbox: String) -> Self {
        Self { told: broadcast::Sender::new(BEHIND_MAX), deaf: watch::Sender::new(None), inbox }
    }

    /// Takes in what happened to the connection.
    pub(super) fn hear(&self, event: &Event) {
        match event {
            Event::ServerError(ServerError::Other(text)) if subject(text).is_some() => {
                tracing::error!(%text, "the NATS server refuses this identity something");
                // An answer to another of the same role goes to such an inbox too, and may come when the right to give
                // it is over.
                let listens = text.starts_with("Permissions Violation for Subscription");
                if listens && subject(text).is_some_and(|subject| subject.starts_with(&self.inbox)) {
                    self.deaf.send_replace(Some(text.clone()));
                }
                // Nobody may be waiting.
                let _ = self.told.send(text.clone());
            }
            Event::Connected => drop(self.deaf.send_replace(None)),
            Event::SlowConsumer(_) => tracing::debug!(%event, "NATS"),
            event => tracing::info!(%event, "NATS"),
        }
    }

    /// Listens from now on.
    pub(super) fn listen(&self) -> Listener {
        Listener { told: self.told.subscribe(), deaf: self.deaf.subscribe() }
    }
}

/// Somebody who waits for an answer.
pub(super) struct Listener {
    told: broadcast::Receiver<String>,
    deaf: watch::Receiver<Option<String>>,
}

impl Listener {
    /// What the server has refused about this since the last call.
    pub(super) fn heard(&mut self, about: &str) -> Option<JournalError> {
        let deaf = self.deaf.borrow().clone();
        let mut told = || {
            loop {
                match self.told.try_recv() {
                    Ok(text) if concerns(&text, about) => break Some(text),
                    Ok(_) | Err(broadcast::error::TryRecvError::Lagged(_)) => {}
                    Err(_) => break None,
                }
            }
        };
        deaf.or_else(&mut told).map(|text| denied(&text))
    }

    /// Resolves when the server refuses something about this: a subject, or a token of one.
    pub(super) async fn denied(mut self, about: &str) -> JournalError {
        let Self { told, deaf } = &mut self;
        let deaf = async { deaf.wait_for(Option::is_some).await.ok().and_then(|text| text.clone()) };
        let concerned = async {
            loop {
                match told.recv().await {
                    Ok(text) if concerns(&text, about) => break Some(text),
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => break None,
                }
            }
        };
        let text = tokio::select! {
            biased;
            text = deaf => text,
            text = concerned => text,
        };
        match text {
            Some(text) => denied(&text),
            // The connection is gone, and with it whoever could refuse.
            None => std::future::pending().await,
        }
    }
}

fn denied(text: &str) -> JournalError {
    let cure = "sign in with the nkey of the right role (journal.nkey_file, or --nkey); \
                config/nats/users.conf says what each may do";
    JournalError::Denied {
        what: format!("the NATS server does not permit it: {text}"),
        cure: cure.to_owned(),
    }
}

/// The subject that a refusal names.
fn subject(text: &str) -> Option<&str> {
    text.strip_prefix("Permissions Violation").and_then(|rest| rest.split('"').nth(1))
}

fn concerns(text: &str, about: &str) -> bool {
    subject(text).is_some_and(|subject| subject == about || subject.split('.').any(|token| token == about))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Event {
        Event::ServerError(ServerError::Other(text.to_owned()))
    }

    #[tokio::test]
    async fn who_waits_hears_of_what_concerns_it_and_everybody_of_a_lost_inbox() {
        let denials = Denials::new("_INBOX_UA".to_owned());
        let (waiting, mut later) = (denials.listen(), denials.listen());
        denials.hear(&refusal("Permissions Violation for Publish to \"ledger.other-usd.1\""));
        denials.hear(&refusal(
            "Permissions Violation for Publish to \"$JS.API.STREAM.INFO.LEDGER_azusa-usd_1\"",
        ));
        let heard = waiting.denied("LEDGER_azusa-usd_1").await.to_string();
        assert!(heard.contains("STREAM.INFO"), "{heard}");
        assert!(later.heard("LEDGER_azusa-usd_1").is_some());
        assert!(later.heard("LEDGER_azusa-usd_1").is_none());
        denials.hear(&refusal("Permissions Violation for Publish to \"_INBOX_UA.x.1\""));
        assert!(denials.listen().heard("anything").is_none());
        denials.hear(&refusal("Permissions Violation for Subscription to \"_INBOX_UA.x.*\""));
        let heard = denials.listen().denied("anything").await.to_string();
        assert!(heard.contains("_INBOX_UA.x"), "{heard}");
    }
}
