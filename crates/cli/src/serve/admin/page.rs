//! The page of figures, in the text formats that Prometheus reads: a pure function of what was counted and looked up.
//!
//! Names follow OpenMetrics: the unit in the name, `_total` for what only rises.

use std::fmt;

use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry, Unit};
use views::VIEWS;

use super::Watched;
use super::process::Process;
use super::sample::{Sample, Told, Viewed};
use crate::args::Role;
use crate::serve::figures::{Labels, Recording};

/// A gauge of whole numbers, and one of fractions.
type Gauges<const N: usize> = Family<Labels<N>, Gauge>;
type Fractions<const N: usize> = Family<Labels<N>, Gauge<f64, std::sync::atomic::AtomicU64>>;

/// How a page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Prometheus text 0.0.4, which everything reads.
    Prometheus,
    /// OpenMetrics 1.0, for those who ask for it.
    OpenMetrics,
}

impl Format {
    /// The best that a reader who sends this `Accept` understands.
    pub(super) fn accepted(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") { Self::OpenMetrics } else { Self::Prometheus }
    }

    /// As a content type.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => prometheus_text::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// The page.
///
/// # Errors
/// When the library can't write it.
pub(super) fn page(watched: &Watched, sample: &Sample, format: Format) -> Result<String, fmt::Error> {
    let Watched { role, figures, .. } = watched;
    let mut all = Registry::default();
    process(all.sub_registry_with_prefix("process"), sample);
    let ours = all.sub_registry_with_prefix("hubledger");
    let build = [("version", env!("CARGO_PKG_VERSION").to_owned()), ("role", role.name().to_owned())];
    ours.register("build", "The version of this program and the role that it serves", Info::new(build));
    let reachable = ConstGauge::new(i64::from(sample.log_reachable));
    ours.register("log_reachable", "Whether the log answers: 1 or 0", reachable);
    let uptime = ConstGauge::new(sample.uptime);
    ours.register_with_unit("uptime", "Time since this process began to serve", Unit::Seconds, uptime);
    figures.register_requests(ours);
    leases(ours, sample);
    if matches!(role, Role::All | Role::Gateway) {
        figures.register_gateway(ours);
    }
    if role.records() {
        figures.register_recorder(ours);
        recorder(ours, sample);
    }
    if role.projects() {
        projector(ours, &sample.viewed);
        views(ours, &sample.viewed);
    }
    if let Some(counted) = &watched.courier {
        let page = ours.sub_registry_with_prefix("courier");
        counted.register(page);
        courier(page, &sample.told);
    }
    let mut page = String::new();
    match format {
        Format::Prometheus => prometheus_text::encode(&mut page, &all)?,
        Format::OpenMetrics => text::encode(&mut page, &all)?,
    }
    Ok(page)
}

fn leases(ours: &mut Registry, sample: &Sample) {
    let (members, held) = (Gauges::<1>::default(), Gauges::<1>::default());
    for (service, share) in &sample.shares {
        let labels = [("role", service.name().to_owned())];
        members.get_or_create(&labels).set(whole(share.members as u64));
        held.get_or_create(&labels).set(whole(share.held as u64));
    }
    let leases = ours.sub_registry_with_prefix("leases");
    let help = "Servers of the role that are there, as far as this one knows";
    leases.register_with_unit("members", help, Unit::Other("servers".into()), members);
    leases.register_with_unit("held", "Ledgers that this server holds", Unit::Other("ledgers".into()), held);
}

fn recorder(ours: &mut Registry, sample: &Sample) {
    let (waiting, room) = (Gauges::<1>::default(), Gauges::<1>::default());
    for queue in &sample.queues {
        let labels = [("ledger", queue.ledger.to_string())];
        waiting.get_or_create(&labels).set(whole(queue.waiting as u64));
        room.get_or_create(&labels).set(whole(queue.room as u64));
    }
    let (rows, halted) = (Gauges::<1>::default(), Gauges::<1>::default());
    for (ledger, recording) in &sample.recordings {
        let labels = [("ledger", ledger.to_string())];
        halted.get_or_create(&labels).set(i64::from(*recording == Recording::Halted));
        if let Recording::Open { register_rows } = recording {
            rows.get_or_create(&labels).set(whole(*register_rows));
        }
    }
    let commands = || Unit::Other("commands".into());
    let recorder = ours.sub_registry_with_prefix("recorder");
    let help = "Commands in the queue that nobody has in hand yet";
    recorder.register_with_unit("waiting", help, commands(), waiting);
    let help = "Commands that may come before one is answered `busy`";
    recorder.register_with_unit("room", help, commands(), room);
    recorder.register("halted", "Whether nothing is recorded until an operator has looked: 1 or 0", halted);
    let help = "Rows in the register, which remembers command ids, source records and corrections";
    ours.register_with_unit("register", help, Unit::Other("rows".into()), rows);
}

fn projector(ours: &mut Registry, all: &[Viewed]) {
    let (lag, gap) = (Gauges::<2>::default(), Fractions::<2>::default());
    let (applied, stopped) = (Family::<Labels<1>, Counter>::default(), Gauges::<1>::default());
    for Viewed { standing, behind, .. } in all {
        let ledger = standing.ledger.to_string();
        // The views of a ledger move together; each has its line all the same, so that alerts can name one.
        for view in VIEWS {
            if let Some(behind) = behind {
                let labels = [("ledger", ledger.clone()), ("view", view.name().to_owned())];
                lag.get_or_create(&labels).set(whole(behind.events));
                gap.get_or_create(&labels).set(behind.seconds);
            }
        }
        let labels = [("ledger", ledger)];
        applied.get_or_create(&labels).inc_by(standing.applied);
        stopped.get_or_create(&labels).set(i64::from(standing.stopped));
    }
    let projector = ours.sub_registry_with_prefix("projector");
    let help = "Events that the log has and the view has not; missing when the log does not say";
    projector.register_with_unit("lag", help, Unit::Other("events".into()), lag);
    let help =
        "Time since the oldest event was recorded that the log has and the view has not; 0 when it has all";
    projector.register_with_unit("gap", help, Unit::Seconds, gap);
    projector.register("applied_events", "Events applied to the views by this process", applied);
    let help = "Whether the views go no further until an operator has looked: 1 or 0";
    projector.register("stopped", help, stopped);
}

fn views(ours: &mut Registry, all: &[Viewed]) {
    let (rows, bytes, parked) = (Gauges::<2>::default(), Gauges::<2>::default(), Gauges::<2>::default());
    for Viewed { standing, stored, .. } in all {
        for (view, (size, parked_now)) in stored {
            let labels = [("ledger", standing.ledger.to_string()), ("view", (*view).to_owned())];
            rows.get_or_create(&labels).set(whole(size.rows));
            bytes.get_or_create(&labels).set(whole(size.bytes));
            parked.get_or_create(&labels).set(whole(*parked_now));
        }
    }
    let view = ours.sub_registry_with_prefix("view");
    view.register_with_unit("stored", "Rows in the store", Unit::Other("rows".into()), rows);
    let help =
        "Keys and values in the store, without what it needs around them and before it compresses them";
    view.register_with_unit("stored", help, Unit::Bytes, bytes);
    let help = "Entities that the view could not take; answers say so";
    view.register_with_unit("parked", help, Unit::Other("entities".into()), parked);
}

fn courier(page: &mut Registry, all: &[Told]) {
    let (webhooks, paused, disabled) =
        (Gauges::<1>::default(), Gauges::<1>::default(), Gauges::<1>::default());
    let (stopped, pending, parked) = (Gauges::<1>::default(), Gauges::<1>::default(), Gauges::<1>::default());
    let (lag, gap) = (Gauges::<1>::default(), Fractions::<1>::default());
    for Told { ledger, together, behind } in all {
        let labels = [("ledger", ledger.to_string())];
        for (family, count) in [
            (&webhooks, together.webhooks),
            (&paused, together.paused),
            (&disabled, together.disabled),
            (&stopped, together.stopped),
            (&pending, together.pending),
            (&parked, together.parked),
        ] {
            family.get_or_create(&labels).set(whole(count));
        }
        if let Some(behind) = behind {
            lag.get_or_create(&labels).set(whole(behind.events));
            gap.get_or_create(&labels).set(behind.seconds);
        }
    }
    for (name, help, family) in [
        ("held", "Webhooks that this courier delivers to", webhooks),
        ("paused", "Those of them that their owners have paused", paused),
        ("disabled", "Those to which nothing is sent until somebody enables them", disabled),
        ("stopped", "Those of which the log does not verify, so that it is not read on", stopped),
    ] {
        page.register_with_unit(name, help, Unit::Other("webhooks".into()), family);
    }
    let deliveries = || Unit::Other("deliveries".into());
    page.register_with_unit("pending", "Deliveries that wait", deliveries(), pending);
    let help = "Those of them whose webhooks are paused or disabled";
    page.register_with_unit("parked", help, deliveries(), parked);
    let help = "Events that the log has and active webhooks have not read, all together; missing when the log does not say";
    page.register_with_unit("lag", help, Unit::Other("events".into()), lag);
    let help = "Time since the oldest event was recorded that an active webhook has not read or not delivered; 0 without one";
    page.register_with_unit("gap", help, Unit::Seconds, gap);
}

fn process(page: &mut Registry, sample: &Sample) {
    let Process { resident_bytes, open_files, open_files_max, processor_seconds, threads } = sample.process;
    let started = ConstGauge::new(sample.started);
    page.register_with_unit("start_time", "When it began to serve, since 1970", Unit::Seconds, started);
    let gauge = |value: u64| ConstGauge::new(whole(value));
    add(page, "resident_memory", "Memory in use", Some(Unit::Bytes), resident_bytes.map(gauge));
    add(page, "open_fds", "Open files, sockets and pipes", None, open_files.map(gauge));
    add(page, "max_fds", "Most of them that it may have", None, open_files_max.map(gauge));
    add(page, "threads", "Threads", None, threads.map(gauge));
    let spent = processor_seconds.map(prometheus_client::metrics::counter::ConstCounter::new);
    add(page, "cpu", "Processor time spent", Some(Unit::Seconds), spent);
}

/// Adds a figure if it is known.
fn add(page: &mut Registry, name: &str, help: &str, unit: Option<Unit>, figure: Option<impl Metric>) {
    match (figure, unit) {
        (Some(figure), Some(unit)) => page.register_with_unit(name, help, unit, figure),
        (Some(figure), None) => page.register(name, help, figure),
        (None, _) => {}
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
