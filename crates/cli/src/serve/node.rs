//! A node: journal, door and recorder, projector, or both, of one deployment in one process.
//!
//! `demo` and `serve` run one, and so does a client verb that finds nobody on its data directory. It answers
//! `wire::ask`; how a question comes is not its business.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Slug;
use futures::StreamExt as _;
use journal::{AnyJournal, EMPTY, FIRST_EPOCH, Journal as _, Until};
use projector::{Explained, Projector};
use recorder::{Observer, Recorder};
use runtime::{Random, SystemClock, SystemRandom};
use tokio::sync::OnceCell;
use uuid::Uuid;
use wire::ask::{Ask, Reply, Stretch};
use wire::{HeadReply, LedgerKeys, Query, Tip, frame};

use crate::args::Role;
use crate::home::Home;
use crate::log::stored_events;
use crate::serve::failure::{Failure, no_such_ledger};
use crate::serve::figures::Figures;
use crate::serve::leases::{Leases, Service};

/// Bytes of frames in one reply to `Read`; base64 makes them a third longer, and NATS carries 1 MiB.
const READ_BYTES_MAX: usize = 700 * 1024;

/// A running node.
pub(crate) struct Node {
    pub(super) role: Role,
    pub(crate) home: Home,
    pub(crate) journal: AnyJournal,
    recorder: Option<Recorder>,
    pub(super) projector: OnceCell<Projector<AnyJournal>>,
    plan: Plan,
    pub(super) random: Arc<dyn Random>,
    pub(super) keys: Mutex<BTreeMap<Slug, LedgerKeys>>,
    /// What is counted while it works.
    pub(crate) figures: Arc<Figures>,
    /// Where health and figures are asked for, if anywhere.
    pub(crate) admin: OnceLock<SocketAddr>,
}

/// What a node does, what it may hold and how long it waits.
pub(crate) struct Plan {
    role: Role,
    recorder: runtime::config::Recorder,
    projector: runtime::config::Projector,
    /// Whether every answer of a view waits for all that is recorded.
    patient: bool,
    observer: Arc<dyn Observer>,
    figures: Arc<Figures>,
    /// By which ledgers are spread over several nodes, one for each role.
    leases: Vec<Arc<Leases>>,
}

impl Plan {
    /// As configured; the observer is told what the recorder does.
    pub(crate) fn new(role: Role, config: &runtime::Config, observer: Arc<dyn Observer>) -> Self {
        let (recorder, projector) = (config.recorder.clone(), config.projector.clone());
        let (figures, leases) = (Arc::default(), Vec::new());
        Self { role, recorder, projector, patient: false, observer, figures, leases }
    }

    /// The same with figures that the observer moves too.
    pub(crate) fn counted(self, figures: Arc<Figures>) -> Self {
        Self { figures, ..self }
    }

    /// The same, sharing ledgers out with other nodes.
    pub(crate) fn spread(self, leases: Vec<Arc<Leases>>) -> Self {
        Self { leases, ..self }
    }

    /// For a verb that works directly: its views were closed until now, and nobody but it waits for them.
    pub(crate) fn patient(config: &runtime::Config) -> Self {
        let wait_ms = u64::from(u32::MAX);
        let projector = runtime::config::Projector { wait_ms, ..config.projector.clone() };
        Self { projector, patient: true, ..Self::new(Role::All, config, Arc::new(())) }
    }
}

impl Node {
    /// Starts the recorder on this journal, if that is its role; the projector with [`project`](Self::project), or
    /// when a view is first asked. Ledgers are taken up when they are first named.
    pub(crate) fn start(home: Home, journal: AnyJournal, plan: Plan) -> Self {
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let recorder = plan.role.records().then(|| {
            let settings = recorder::Settings {
                waiting_max: plan.recorder.queue,
                observer: plan.observer.clone(),
                ..recorder::Settings::new(home.dir.clone(), home.deployment.clone())
            };
            Recorder::start(journal.clone(), settings, Arc::new(SystemClock::default()), random.clone())
        });
        let (role, projector, keys) = (plan.role, OnceCell::new(), Mutex::default());
        let (figures, admin) = (plan.figures.clone(), OnceLock::new());
        Self { role, home, journal, recorder, projector, plan, random, keys, figures, admin }
    }

    /// The recorder, if that is this node's role.
    pub(super) fn recorder(&self) -> Result<&Recorder, Failure> {
        self.recorder.as_ref().ok_or_else(|| Failure::other_role("recorder"))
    }

    /// The projector, if that is this node's role.
    async fn views(&self) -> Result<&Projector<AnyJournal>, Failure> {
        if self.role.projects() { Ok(self.project().await?) } else { Err(Failure::other_role("projector")) }
    }

    /// By which ledgers of this role are spread, if they are.
    pub(crate) fn leases(&self, service: Service) -> Option<&Arc<Leases>> {
        self.plan.leases.iter().find(|leases| leases.service() == service)
    }

    /// Starts the projector if it does not run yet.
    ///
    /// # Errors
    /// When the view store can't be opened or the log not be read.
    pub(crate) async fn project(&self) -> Result<&Projector<AnyJournal>, projector::Error> {
        let limits = &self.plan.projector;
        let settings = projector::Settings {
            data_dir: self.home.dir.clone(),
            deployment: self.home.deployment.clone(),
            flush_events: limits.flush_events,
            cache_bytes: limits.cache_bytes,
            wait: Duration::from_millis(limits.wait_ms),
        };
        let journal = self.journal.clone();
        let start = async || match self.leases(Service::Projector) {
            Some(_) => Projector::open(journal, settings).await,
            None => Projector::start(journal, settings).await,
        };
        self.projector.get_or_try_init(start).await
    }

    /// Whether this node follows a ledger and has caught up with it.
    pub(super) fn is_current(&self, ledger: &Slug) -> bool {
        self.projector.get().is_some_and(|projector| projector.is_current(ledger))
    }

    /// Lets what is in flight finish, and closes register and views.
    pub(crate) async fn stop(&self) {
        if let Some(recorder) = &self.recorder {
            recorder.stop().await;
        }
        if let Some(projector) = self.projector.get() {
            projector.stop().await;
        }
    }

    /// Answers a question.
    pub(crate) async fn reply(&self, ask: Ask) -> Reply {
        let reply = match ask {
            Ask::Health => self.health().await,
            Ask::Ledgers => {
                self.journal.ledgers().await.map(|ledgers| Reply::Ledgers { ledgers }).map_err(Failure::from)
            }
            Ask::Head { ledger } => self.head(&ledger).await,
            Ask::Receipt { ledger, command } => self.receipt(&ledger, command).await,
            Ask::Place { ledger, event } => self.place(&ledger, event).await,
            Ask::Reader { ledger, commit } => self.reader(&ledger, commit).await,
            Ask::Source { ledger, source } => self.place_of_source(&ledger, &source).await,
            Ask::Submit { ledger, commands } => {
                self.submit(&ledger, commands).await.map(|outcomes| Reply::Outcomes { outcomes })
            }
            Ask::Read { ledger, after } => self.read(&ledger, after).await,
            Ask::Query { query } => self.query(query).await,
            Ask::Explain { query, after } => self.explain(query, after).await,
            Ask::Digests { ledger } => self.digests(&ledger).await,
            Ask::Rebuild { ledger, views } => self.rebuild(&ledger, &views).await,
        };
        reply.unwrap_or_else(|Failure { refusal, repeat }| Reply::Failed { refusal, repeat })
    }

    async fn head(&self, ledger: &Slug) -> Result<Reply, Failure> {
        self.must_exist(ledger).await?;
        let head = self.recorder()?.head(ledger).await?;
        Ok(Reply::Head { head: HeadReply::new(ledger, &head) })
    }

    async fn receipt(&self, ledger: &Slug, command: Uuid) -> Result<Reply, Failure> {
        self.must_exist(ledger).await?;
        Ok(Reply::Receipt { receipt: self.recorder()?.receipt(ledger, command).await? })
    }

    async fn place(&self, ledger: &Slug, event: Uuid) -> Result<Reply, Failure> {
        self.must_exist(ledger).await?;
        Ok(Reply::Place { position: self.recorder()?.place(ledger, event).await? })
    }

    async fn reader(&self, ledger: &Slug, commit: u64) -> Result<Reply, Failure> {
        let place = self.views().await?.reader(ledger, commit).await?;
        Ok(Reply::Reader { place: place.map(|place| URL_SAFE_NO_PAD.encode(place.to_bytes())) })
    }

    /// A ledger without a log is a mistyped name, and must not be answered as an empty one.
    pub(crate) async fn must_exist(&self, ledger: &Slug) -> Result<(), Failure> {
        let ledgers = self.journal.ledgers().await?;
        if ledgers.contains(ledger) { Ok(()) } else { Err(no_such_ledger(ledger, &ledgers)) }
    }

    async fn query(&self, query: Query) -> Result<Reply, Failure> {
        let query = self.at_hand(query).await?;
        Ok(Reply::Answer { answer: self.views().await?.query(&query).await? })
    }

    async fn explain(&self, query: Query, after: u64) -> Result<Reply, Failure> {
        let query = self.at_hand(Query { as_of: None, valid_on: None, ..query }).await?;
        let Explained { answer, stretches, all } = self.views().await?.explain(&query, after).await?;
        let stretch = |projector::Stretch { from, commit, position }| Stretch {
            from: URL_SAFE_NO_PAD.encode(from.to_bytes()),
            commit,
            position,
        };
        Ok(Reply::Explained { answer, stretches: stretches.into_iter().map(stretch).collect(), all })
    }

    /// The question, waiting for what it must not be answered without.
    async fn at_hand(&self, mut query: Query) -> Result<Query, Failure> {
        self.must_exist(&query.ledger).await?;
        // The events of a delivery are found by what is followed now, from wherever it is looked at.
        let by_live_views = query.vantage().is_now() || views::of_delivery(&query).is_some();
        if self.plan.patient && query.min_position.is_none() && by_live_views {
            let head = self.recorder()?.head(&query.ledger).await?;
            query.min_position = Some((head.epoch, head.position));
        }
        let projector = self.views().await?;
        if by_live_views && !projector.is_current(&query.ledger) {
            // What was not followed until now must not be answered as if it were all.
            let now = self.recorded(&query.ledger).await?;
            let (epoch, wanted) = query.min_position.unwrap_or((FIRST_EPOCH, 0));
            query.min_position = Some((epoch, wanted.max(now)));
        }
        Ok(query)
    }

    /// At the head of the log now, or later: digests are asked for to be compared.
    async fn digests(&self, ledger: &Slug) -> Result<Reply, Failure> {
        self.must_exist(ledger).await?;
        let (head, digests) = self.views().await?.digests(ledger, self.recorded(ledger).await?).await?;
        Ok(Reply::Digests { digests, head: HeadReply::new(ledger, &head) })
    }

    /// The log's last position by its leader's word; a projector has no recorder to ask, and verifies on its way
    /// there.
    async fn recorded(&self, ledger: &Slug) -> Result<u64, Failure> {
        let tip = self.journal.head(ledger).await?;
        let Some(last) = self.journal.commit(ledger, tip.commit).await? else { return Ok(0) };
        let unreadable =
            |_| Failure::new("log-broken", format!("the last commit of {ledger} is no JSON batch"));
        Ok(last.size + stored_events(&last).map_err(unreadable)?.len() as u64)
    }

    async fn rebuild(&self, ledger: &Slug, views: &[String]) -> Result<Reply, Failure> {
        self.must_exist(ledger).await?;
        let views: Vec<&str> = views.iter().map(String::as_str).collect();
        Ok(Reply::Rebuilt { views: self.views().await?.rebuild(ledger, &views).await? })
    }

    async fn read(&self, ledger: &Slug, after: u64) -> Result<Reply, Failure> {
        self.must_exist(ledger).await?;
        let after = match self.journal.commit(ledger, after).await? {
            Some(commit) => Tip { epoch: commit.epoch, commit: commit.number, id: Some(commit.id()) },
            None => EMPTY,
        };
        let mut commits = self.journal.commits(ledger, after, Until::Head);
        let (mut frames, mut bytes) = (Vec::new(), 0);
        while bytes < READ_BYTES_MAX
            && let Some(commit) = commits.next().await
        {
            let commit = commit?;
            if !frames.is_empty() && bytes + commit.body.len() > READ_BYTES_MAX {
                break;
            }
            bytes += commit.body.len();
            frames.push(URL_SAFE_NO_PAD.encode(frame::encode(&commit)));
        }
        Ok(Reply::Commits { frames })
    }
}
