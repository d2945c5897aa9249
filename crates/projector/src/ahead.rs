//! Reading ahead: commits are fetched, verified and parsed in a task of their own while those before them are applied.

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Commits that wait, parsed; each takes a few megabytes at most.
const WAITING_MAX: usize = 2;

/// The same stream, driven by a task that ends with it.
pub(crate) fn ahead<T: Send + 'static>(mut items: BoxStream<'static, T>) -> BoxStream<'static, T> {
    let (to, from) = mpsc::channel(WAITING_MAX);
    let mut task = JoinSet::new();
    task.spawn(async move {
        while let Some(item) = items.next().await {
            if to.send(item).await.is_err() {
                return;
            }
        }
    });
    // The set ends its task when it is dropped.
    let next = |(mut from, task): (mpsc::Receiver<T>, JoinSet<()>)| async move {
        from.recv().await.map(|item| (item, (from, task)))
    };
    stream::unfold((from, task), next).boxed()
}
