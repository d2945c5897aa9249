//! The live feed: each event on core NATS as `events.<ledger>.<event>`, once its caller has the receipt.
//!
//! For watchers. It may lose events and says nothing about people or things; who must not miss anything reads the
//! log.

use async_nats::Client;
use domain::{Slug, Timestamp};
use recorder::Appended;
use serde::Serialize;
use tokio::sync::mpsc;
use wire::time;

/// Groups that may wait to be told; a feed that is further behind leaves some out.
const GROUPS_MAX: usize = 64;

/// Where groups are handed in.
#[derive(Debug, Clone)]
pub(crate) struct Feed {
    groups: mpsc::Sender<Group>,
}

#[derive(Debug)]
struct Group {
    ledger: Slug,
    events: Vec<Told>,
}

/// What is told of an event.
#[derive(Debug)]
struct Told {
    position: u64,
    name: &'static str,
    kind: &'static str,
    time: Timestamp,
}

/// How it is told.
#[derive(Serialize)]
struct Line<'a> {
    position: u64,
    r#type: String,
    kind: &'a str,
    time: Option<&'a str>,
}

impl Feed {
    /// A feed, and the work of telling, which ends when every feed is dropped.
    pub(crate) fn new(client: Client) -> (Self, impl Future<Output = ()>) {
        let (sender, groups) = mpsc::channel(GROUPS_MAX);
        (Self { groups: sender }, tell(client, groups))
    }

    /// Hands in a group; never waits.
    pub(crate) fn hand_in(&self, group: &Appended<'_>) {
        // Without room the watchers miss it, and the recorder goes on.
        let Ok(place) = self.groups.try_reserve() else { return };
        let told = |event: &recorder::DecidedEvent| Told {
            position: event.position,
            name: event.fact.event.name(),
            kind: event.fact.subject.kind.as_str(),
            time: group.time,
        };
        place.send(Group { ledger: group.ledger.clone(), events: group.events.iter().map(told).collect() });
    }
}

async fn tell(client: Client, mut groups: mpsc::Receiver<Group>) {
    while let Some(Group { ledger, events }) = groups.recv().await {
        for Told { position, name, kind, time } in events {
            let r#type = format!("hubledger.{name}.v1");
            let time = time::format(time);
            let line = Line { position, r#type, kind, time: time.as_ref().map(|t| t.as_str()) };
            let Ok(line) = serde_json::to_vec(&line) else { continue };
            if let Err(error) = client.publish(format!("events.{ledger}.{name}"), line.into()).await {
                tracing::debug!(%error, "the live feed has lost an event");
            }
        }
    }
}
