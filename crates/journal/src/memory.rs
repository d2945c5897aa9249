//! A journal in memory, for tests. Never laxer than the real ones, and able to fail as they do.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Slug;
use futures::StreamExt as _;
use tokio::sync::watch;
use wire::{BODY_BYTES_MAX, BrokenKind, Commit, Tip};

use crate::{AppendError, Commits, EMPTY, Journal, JournalError, Until};

/// How the next append goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is stored, and the answer is lost.
    LostAck,
    /// The answer is lost, and it is stored only when [`Memory::land`] is called, if it still fits then.
    Delayed,
    /// The disk is full.
    Full,
}

/// Logs that end with the process. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    shared: Arc<Mutex<Shared>>,
    // Counts changes, so that followers know when to look.
    changes: Arc<watch::Sender<u64>>,
}

#[derive(Debug, Default)]
struct Shared {
    logs: BTreeMap<Slug, Vec<Commit>>,
    faults: VecDeque<Fault>,
    delayed: Vec<(Slug, Commit)>,
}

impl Shared {
    fn tip(&self, ledger: &Slug) -> Tip {
        let log = self.logs.get(ledger).map_or(&[][..], Vec::as_slice);
        log.last().map_or(EMPTY, |last| Tip { epoch: last.epoch, commit: last.number, id: Some(last.id()) })
    }

    fn get(&self, ledger: &Slug, number: u64) -> Option<&Commit> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        self.logs.get(ledger)?.get(index)
    }

    fn append(&mut self, ledger: &Slug, commit: &Commit) -> Result<(), AppendError> {
        if commit.body.len() > BODY_BYTES_MAX {
            return Err(AppendError::Refused(format!("the body has {} bytes", commit.body.len())));
        }
        let tip = self.tip(ledger);
        let Some(log) = self.logs.get_mut(ledger) else {
            return Err(AppendError::Refused(format!("ledger {ledger} has no log; open it first")));
        };
        if commit.number == tip.commit + 1 {
            log.push(commit.clone());
            return Ok(());
        }
        let same = self.get(ledger, commit.number).is_some_and(|stored| stored.id() == commit.id());
        if same { Ok(()) } else { Err(AppendError::Conflict(tip)) }
    }
}

impl Memory {
    /// The next appends fail in these ways, in order.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.lock().faults.extend(faults);
    }

    /// Lets what was delayed land now.
    pub fn land(&self) {
        let mut shared = self.lock();
        for (ledger, commit) in std::mem::take(&mut shared.delayed) {
            // Too late is too late; the guard refuses it.
            let _ = shared.append(&ledger, &commit);
        }
        drop(shared);
        self.changed();
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.changes.send_modify(|n| *n = n.wrapping_add(1));
    }
}

impl Journal for Memory {
    async fn open(&self, ledger: &Slug) -> Result<Tip, JournalError> {
        let mut shared = self.lock();
        shared.logs.entry(ledger.clone()).or_default();
        Ok(shared.tip(ledger))
    }

    async fn ledgers(&self) -> Result<Vec<Slug>, JournalError> {
        Ok(self.lock().logs.keys().cloned().collect())
    }

    async fn append(&self, ledger: &Slug, commit: &Commit) -> Result<(), AppendError> {
        let mut shared = self.lock();
        let unknown = || AppendError::Unknown("the answer was lost".into());
        let result = match shared.faults.pop_front() {
            None => shared.append(ledger, commit),
            Some(Fault::LostAck) => shared.append(ledger, commit).and_then(|()| Err(unknown())),
            Some(Fault::Delayed) => {
                shared.delayed.push((ledger.clone(), commit.clone()));
                Err(unknown())
            }
            Some(Fault::Full) => Err(AppendError::Refused("the disk is full".into())),
        };
        drop(shared);
        self.changed();
        result
    }

    fn commits(&self, ledger: &Slug, after: Tip, until: Until) -> Commits {
        let (journal, ledger) = (self.clone(), ledger.clone());
        let target = journal.lock().tip(&ledger).commit;
        let there = until == Until::Head || journal.lock().logs.contains_key(&ledger);
        let known = (after.commit == 0 && there)
            || journal.lock().get(&ledger, after.commit).is_some_and(|c| Some(c.id()) == after.id);
        if !known {
            let error = JournalError::broken(&ledger, after.commit, BrokenKind::KnownHead);
            return futures::stream::once(async { Err(error) }).boxed();
        }
        let changes = self.changes.subscribe();
        let state = (journal, ledger, after.commit + 1, changes);
        futures::stream::unfold(state, move |(journal, ledger, next, mut changes)| async move {
            loop {
                changes.mark_unchanged();
                let stored = journal.lock().get(&ledger, next).cloned();
                if let Some(commit) = stored.filter(|_| until == Until::Follow || next <= target) {
                    return Some((Ok(commit), (journal, ledger, next + 1, changes)));
                }
                if until == Until::Head {
                    return None;
                }
                // The sender lives in `journal`.
                changes.changed().await.ok()?;
            }
        })
        .boxed()
    }

    async fn commit(&self, ledger: &Slug, number: u64) -> Result<Option<Commit>, JournalError> {
        Ok(self.lock().get(ledger, number).cloned())
    }

    async fn head(&self, ledger: &Slug) -> Result<Tip, JournalError> {
        Ok(self.lock().tip(ledger))
    }
}
