//! Answers what comes through the local socket. Whoever asks on a directory asks this server: nothing is passed on.

use std::io;
use std::sync::Arc;

use runtime::Shutdown;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use wire::RefusalReply;
use wire::ask::Reply;

use crate::serve::node::Node;
use crate::serve::socket;

/// Clients at once; more wait in the socket's queue.
const CLIENTS_MAX: usize = 64;

/// Answers until it is time to stop, then lets what is in flight finish.
pub(crate) async fn serve(listener: UnixListener, node: Arc<Node>, shutdown: Shutdown) {
    let room = Arc::new(Semaphore::new(CLIENTS_MAX));
    let mut clients = JoinSet::new();
    loop {
        let place = tokio::select! {
            () = shutdown.triggered() => break,
            place = room.clone().acquire_owned() => place,
        };
        let stream = tokio::select! {
            () = shutdown.triggered() => break,
            accepted = listener.accept() => accepted,
        };
        match (stream, place) {
            (Ok((stream, _)), Ok(place)) => {
                let (node, shutdown) = (node.clone(), shutdown.clone());
                clients.spawn(async move {
                    let _place = place;
                    if let Err(error) = client(stream, &node, &shutdown).await {
                        tracing::debug!(%error, "a local client went away");
                    }
                });
            }
            (Err(error), _) => tracing::warn!(%error, "can't accept a local client"),
            (_, Err(_)) => break,
        }
        while clients.try_join_next().is_some() {}
    }
    while clients.join_next().await.is_some() {}
}

async fn client(mut stream: UnixStream, node: &Node, shutdown: &Shutdown) -> io::Result<()> {
    loop {
        let question = tokio::select! {
            () = shutdown.triggered() => return Ok(()),
            question = socket::receive(&mut stream) => question?,
        };
        let Some(question) = question else { return Ok(()) };
        let reply = match serde_json::from_slice(&question) {
            Ok(ask) => node.reply(ask).await,
            Err(error) => not_understood(&error),
        };
        socket::send(&mut stream, &serde_json::to_vec(&reply)?).await?;
    }
}

/// What to say to a question of another version of this program, or of none.
pub(crate) fn not_understood(error: &serde_json::Error) -> Reply {
    let refusal = RefusalReply::new("not-understood", format!("the question can't be read: {error}"))
        .hint("use the same version of hubledger on both sides");
    Reply::Failed { refusal, repeat: false }
}
