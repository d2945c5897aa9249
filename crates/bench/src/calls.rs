//! Calls of many callers at once, each timed.

use std::time::Duration;

use runtime::{Clock as _, SystemClock};
use tokio::task::JoinSet;

use crate::machine::Failure;

/// Calls that were timed one by one.
#[derive(Debug, Clone)]
pub(crate) struct Timed {
    /// Calls a second, all callers together.
    pub(crate) per_second: f64,
    /// 99 of 100 took no longer, in milliseconds.
    pub(crate) p99: f64,
}

impl Timed {
    /// Of how long all took together, and each.
    pub(crate) fn new(took: Duration, mut each: Vec<Duration>) -> Self {
        each.sort_unstable();
        let p99 = each.get(each.len() * 99 / 100).map_or(0.0, Duration::as_secs_f64) * 1e3;
        Self { per_second: each.len() as f64 / took.as_secs_f64(), p99 }
    }
}

/// Deals the commands out to so many callers, a task each, as in a service; each sends one after the other.
pub(crate) async fn together<C: Send + 'static, F>(
    commands: Vec<C>,
    callers: usize,
    call: impl Fn(C) -> F + Clone + Send + 'static,
) -> Result<Timed, Failure>
where
    F: Future<Output = Result<(), String>> + Send,
{
    let each = commands.len() / callers;
    let mut commands = commands.into_iter();
    let portions: Vec<Vec<C>> = (0..callers).map(|_| commands.by_ref().take(each).collect()).collect();
    let clock = SystemClock::default();
    let began = clock.elapsed();
    let mut tasks = JoinSet::new();
    for portion in portions {
        let (call, clock) = (call.clone(), clock);
        tasks.spawn(async move {
            let mut latencies = Vec::with_capacity(portion.len());
            for command in portion {
                let sent = clock.elapsed();
                call(command).await?;
                latencies.push(clock.elapsed() - sent);
            }
            Ok::<_, String>(latencies)
        });
    }
    let mut latencies = Vec::new();
    while let Some(called) = tasks.join_next().await {
        latencies.extend(called??);
    }
    Ok(Timed::new(clock.elapsed() - began, latencies))
}

/// What went wrong, in a form that tasks can hand on.
pub(crate) fn told(failure: Failure) -> String {
    failure.to_string()
}
