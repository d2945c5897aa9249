//! Answers what comes through NATS: `ask.recorder.<slug>` and `ask.projector.<slug>`, request and reply.

use std::sync::Arc;

use async_nats::{Client, Message};
use futures::StreamExt as _;
use runtime::Shutdown;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use wire::RefusalReply;
use wire::ask::Reply;

use crate::error::Error;
use crate::exit::Exit;
use crate::serve::local::not_understood;
use crate::serve::node::Node;

/// Requests in work at once; more wait in the subscription.
const REQUESTS_MAX: usize = 256;
/// Servers of the same roles share the requests.
const QUEUE: &str = "hubledger";

/// Answers until it is time to stop, then lets what is in flight finish.
///
/// # Errors
/// When the subscriptions can't be made.
pub(crate) async fn serve(client: Client, node: Arc<Node>, shutdown: Shutdown) -> Result<(), Error> {
    let lost = |error: &dyn std::fmt::Display| {
        Error::new(Exit::Unavailable, "can't take requests from NATS").why(error)
    };
    let queue = || QUEUE.to_owned();
    let recorder = client.queue_subscribe("ask.recorder.*", queue()).await.map_err(|e| lost(&e))?;
    let projector = client.queue_subscribe("ask.projector.*", queue()).await.map_err(|e| lost(&e))?;
    client.flush().await.map_err(|e| lost(&e))?;
    let mut requests = futures::stream::select(recorder, projector);
    let room = Arc::new(Semaphore::new(REQUESTS_MAX));
    let mut work = JoinSet::new();
    loop {
        let message = tokio::select! {
            () = shutdown.triggered() => break,
            message = requests.next() => message,
        };
        let (Some(message), Ok(place)) = (message, room.clone().acquire_owned().await) else { break };
        let (node, client) = (node.clone(), client.clone());
        work.spawn(async move {
            let _place = place;
            answer(message, &node, &client).await;
        });
        while work.try_join_next().is_some() {}
    }
    while work.join_next().await.is_some() {}
    // The last replies must leave before the connection goes.
    client.flush().await.map_err(|e| lost(&e))
}

/// Whoever asks also names where the answer goes, and this process may publish to more than its caller: an answer
/// must not land in a ledger. `_R_` stands for an inbox in another account.
fn is_inbox(subject: &str) -> bool {
    subject.starts_with("_INBOX") || subject.starts_with("_R_.")
}

async fn answer(message: Message, node: &Node, client: &Client) {
    let Some(inbox) = message.reply.filter(|subject| is_inbox(subject)) else { return };
    let reply = match serde_json::from_slice(&message.payload) {
        Ok(ask) => node.reply(ask).await,
        Err(error) => not_understood(&error),
    };
    let mut bytes = serde_json::to_vec(&reply).unwrap_or_default();
    let most = client.server_info().max_payload;
    if bytes.len() > most {
        let refusal = RefusalReply::new(
            "too-large",
            format!("the answer has {} bytes; NATS carries {most}", bytes.len()),
        )
        .hint("ask for fewer rows with --where or --limit");
        bytes = serde_json::to_vec(&Reply::Failed { refusal, repeat: false }).unwrap_or_default();
    }
    if let Err(error) = client.publish(inbox, bytes.into()).await {
        tracing::warn!(%error, "a reply could not be sent");
    }
}
