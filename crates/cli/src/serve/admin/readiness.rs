//! Whether a server is ready for work, and if not, why: a pure function of what was looked up.
//!
//! Reasons are sentences of this file. What a store or a broker said is in the server's log, where paths and addresses
//! may stand.

use serde::Serialize;

use super::sample::{Sample, Viewed};
use crate::args::Role;
use crate::serve::figures::Recording;

/// What was looked at.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Readiness {
    pub(super) ready: bool,
    role: &'static str,
    checks: Vec<Check>,
}

/// One thing, and what is wrong with it.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Check {
    what: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ledger: Option<String>,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl Check {
    fn of(what: &'static str, ledger: Option<String>, why: Option<String>) -> Self {
        Self { what, ledger, ok: why.is_none(), why }
    }
}

/// Judges; views more events behind than this are not ready.
pub(super) fn readiness(role: Role, sample: &Sample, lag_max: u64) -> Readiness {
    let mut checks = Vec::new();
    let stopping = sample.stopping.then(|| "it stops; what is in flight finishes".to_owned());
    checks.push(Check::of("server", None, stopping));
    let away = (!sample.log_reachable).then(|| "the log does not answer".to_owned());
    checks.push(Check::of("log", None, away));
    for (ledger, recording) in &sample.recordings {
        let why = match recording {
            Recording::TakingUp => Some("it is brought up to the log".to_owned()),
            Recording::Halted => Some("nothing is recorded; the server's log says why".to_owned()),
            Recording::Open { .. } => None,
        };
        checks.push(Check::of("register", Some(ledger.to_string()), why));
    }
    for viewed in &sample.viewed {
        let why = behind(viewed, sample.log_reachable, lag_max);
        checks.push(Check::of("views", Some(viewed.standing.ledger.to_string()), why));
    }
    if sample.blind {
        checks.push(Check::of("webhooks", None, Some("what is kept of webhooks can't be read".to_owned())));
    }
    for told in &sample.told {
        let why = (told.together.stopped > 0)
            .then(|| "the log does not verify; the server's log says where".to_owned());
        checks.push(Check::of("webhooks", Some(told.ledger.to_string()), why));
    }
    Readiness { ready: checks.iter().all(|check| check.ok), role: role.name(), checks }
}

fn behind(viewed: &Viewed, log_reachable: bool, lag_max: u64) -> Option<String> {
    match &viewed.behind {
        _ if viewed.standing.stopped => Some("they go no further; the server's log says why".to_owned()),
        Some(behind) if behind.events > lag_max => {
            Some(format!("they are {} events behind the log; at most {lag_max}", behind.events))
        }
        Some(_) => None,
        // That the log is away is said once.
        None => log_reachable.then(|| "how far the log goes is not known".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use projector::Standing;

    use super::super::sample::{Behind, Told};
    use super::*;
    use crate::serve::courier::Together;

    fn well() -> Sample {
        let standing = Standing {
            ledger: "azusa-usd".parse().unwrap(),
            position: 7,
            commit: 3,
            applied: 7,
            stopped: false,
        };
        let behind = Some(Behind { events: 0, seconds: 0.0 });
        Sample {
            log_reachable: true,
            recordings: [("azusa-usd".parse().unwrap(), Recording::Open { register_rows: 9 })].into(),
            viewed: vec![Viewed { standing, behind, stored: Default::default() }],
            ..Sample::default()
        }
    }

    fn reasons(sample: &Sample) -> Vec<String> {
        let readiness = readiness(Role::All, sample, 10);
        let reasons: Vec<String> = readiness.checks.into_iter().filter_map(|check| check.why).collect();
        assert_eq!(readiness.ready, reasons.is_empty());
        reasons
    }

    #[test]
    fn what_is_well_is_ready_and_what_is_not_says_why() {
        assert!(reasons(&well()).is_empty());
        let stopping = Sample { stopping: true, ..well() };
        assert_eq!(reasons(&stopping), ["it stops; what is in flight finishes"]);
        for (recording, why) in
            [(Recording::TakingUp, "brought up"), (Recording::Halted, "nothing is recorded")]
        {
            let sample = Sample { recordings: [("azusa-usd".parse().unwrap(), recording)].into(), ..well() };
            assert!(reasons(&sample)[0].contains(why));
        }
        let mut stopped = well();
        stopped.viewed[0].standing.stopped = true;
        assert!(reasons(&stopped)[0].contains("no further"));
    }

    #[test]
    fn views_may_be_behind_as_far_as_is_configured() {
        let mut sample = well();
        sample.viewed[0].behind = Some(Behind { events: 10, seconds: 60.0 });
        assert!(reasons(&sample).is_empty());
        sample.viewed[0].behind = Some(Behind { events: 11, seconds: 0.1 });
        assert_eq!(reasons(&sample), ["they are 11 events behind the log; at most 10"]);
    }

    #[test]
    fn webhooks_that_their_receivers_leave_alone_are_ready_and_those_whose_log_does_not_verify_are_not() {
        let told = |together| Told { ledger: "azusa-usd".parse().unwrap(), together, behind: None };
        let left = Together { webhooks: 3, disabled: 2, pending: 800, parked: 800, ..Together::default() };
        assert!(reasons(&Sample { told: vec![told(left)], ..well() }).is_empty());
        let stopped = Together { webhooks: 3, stopped: 1, ..Together::default() };
        let why = "the log does not verify; the server's log says where";
        assert_eq!(reasons(&Sample { told: vec![told(stopped)], ..well() }), [why]);
        let why = "what is kept of webhooks can't be read";
        assert_eq!(reasons(&Sample { blind: true, ..well() }), [why]);
    }

    #[test]
    fn a_log_that_is_away_is_said_once() {
        let mut sample = well();
        sample.viewed[0].behind = None;
        assert_eq!(reasons(&sample), ["how far the log goes is not known"]);
        sample.log_reachable = false;
        assert_eq!(reasons(&sample), ["the log does not answer"]);
    }
}
