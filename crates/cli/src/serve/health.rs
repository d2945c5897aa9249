//! How a node is: a line for each ledger and each thing that this node does with it.

use domain::Slug;
use journal::Journal as _;
use projector::Lag;
use recorder::Recorder;
use wire::ask::Reply;

use crate::serve::failure::Failure;
use crate::serve::leases::Service;
use crate::serve::node::Node;

impl Node {
    /// Looks at every ledger.
    pub(super) async fn health(&self) -> Result<Reply, Failure> {
        let admin = self.admin.get().map(|address| format!("ok health and figures: http://{address}"));
        let (mut lines, mut healthy) = (Vec::from_iter(admin), true);
        for ledger in self.journal.ledgers().await? {
            if let Ok(recorder) = self.recorder() {
                let (well, line) = self.recorded_to(recorder, &ledger).await;
                healthy &= well;
                lines.push(line);
            }
            if self.role.projects() {
                let (well, line) = self.viewed(&ledger).await;
                healthy &= well;
                lines.push(line);
            }
        }
        Ok(Reply::Health { healthy, lines })
    }

    async fn recorded_to(&self, recorder: &Recorder, ledger: &Slug) -> (bool, String) {
        // To look would be to take it up.
        if self.leases(Service::Recorder).is_some_and(|leases| !leases.holds(ledger)) {
            return (true, format!("ok {ledger}: other servers record for it"));
        }
        match recorder.head(ledger).await {
            Ok(head) => (true, format!("ok {ledger}: recorded to position {}", head.position)),
            Err(error) => (false, format!("fail {ledger}: {error}")),
        }
    }

    async fn viewed(&self, ledger: &Slug) -> (bool, String) {
        let lag = match self.project().await {
            Ok(projector)
                if self.leases(Service::Projector).is_some() && !projector.followed().contains(ledger) =>
            {
                return (true, format!("ok {ledger}: other servers follow it"));
            }
            Ok(projector) => projector.lag(ledger).await,
            Err(error) => Err(error),
        };
        match lag {
            Ok(Lag { stopped: Some(why), .. }) => (false, format!("fail {ledger}: the views stopped: {why}")),
            Ok(Lag { head, commits, parked, .. }) => {
                let parked: u64 = parked.values().sum();
                let level = if parked > 0 { "warn" } else { "ok" };
                let behind = if commits > 0 { format!(", {commits} commits behind") } else { String::new() };
                let parked = if parked > 0 { format!(", {parked} rows parked") } else { String::new() };
                (true, format!("{level} {ledger}: viewed to position {}{behind}{parked}", head.position))
            }
            Err(error) => (false, format!("fail {ledger}: {error}")),
        }
    }
}
