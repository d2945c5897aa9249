//! Connections of a role that tell what the server refuses them.

use async_nats::{Client, ConnectOptions, Event};
use journal::jetstream::Identity;
use tests::nats::Nats;
use tokio::sync::mpsc;

/// A bare connection signed in as a role.
pub struct Raw {
    pub client: Client,
    pub identity: Identity,
    refusals: mpsc::UnboundedReceiver<String>,
}

/// Signs in.
pub async fn raw(nats: &Nats, role: &str) -> Raw {
    let identity = Identity::load(&nats.users().nkey(role)).unwrap();
    let (told, refusals) = mpsc::unbounded_channel();
    let options = ConnectOptions::with_nkey(identity.seed().to_owned()).custom_inbox_prefix(identity.inbox());
    let options = options.event_callback(move |event| {
        if let Event::ServerError(error) = event {
            let _ = told.send(error.to_string());
        }
        std::future::ready(())
    });
    Raw { client: options.connect(nats.url()).await.unwrap(), identity, refusals }
}

impl Raw {
    /// Waits for the server's refusal to let it publish there.
    pub async fn may_not_publish(&mut self, subject: &str) {
        self.client.publish(subject.to_owned(), "{}".into()).await.unwrap();
        self.refused("Publish", subject).await;
    }

    /// Waits for the server's refusal to let it listen there.
    pub async fn may_not_subscribe(&mut self, subject: &str) {
        let _subscription = self.client.subscribe(subject.to_owned()).await.unwrap();
        self.refused("Subscription", subject).await;
    }

    async fn refused(&mut self, what: &str, subject: &str) {
        self.client.flush().await.unwrap();
        let told = self.refusals.recv().await.unwrap();
        assert!(told.contains(&format!("Permissions Violation for {what} to \"{subject}\"")), "{told}");
    }
}
