//! A journal in files: one append-only file of frames per ledger, one process, nothing to install.
//!
//! `<data>/journal/<slug>/<epoch>.log`. An append returns after `sync_data`. Opening reads the frames' headers;
//! bodies are verified by whoever reads them.

mod file;

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::Slug;
use futures::StreamExt as _;
use wire::{BrokenKind, Commit, Tip};

use file::LedgerFile;
pub use file::TornTail;

use crate::{AppendError, Commits, EMPTY, FIRST_EPOCH, Journal, JournalError, Until};

/// How often a reader beside the writing process looks for growth.
const POLL: Duration = Duration::from_millis(50);

/// Logs in a directory. Clones share them.
#[derive(Debug, Clone)]
pub struct Embedded {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    files: Mutex<BTreeMap<Slug, Arc<LedgerFile>>>,
    // Held until dropped; nothing is held by a reader beside the writer.
    lock: Option<File>,
}

impl Embedded {
    /// Opens the journal of a data directory for this process alone, making it if there is none.
    ///
    /// # Errors
    /// [`JournalError::Locked`] when another process has it.
    pub fn open(data: &Path) -> Result<Self, JournalError> {
        let folder = data.join("journal");
        fs::create_dir_all(&folder)?;
        let lock = File::options().create(true).truncate(false).write(true).open(folder.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::Locked(folder.display().to_string())),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        Ok(Self { shared: Arc::new(Shared { folder, files: Mutex::default(), lock: Some(lock) }) })
    }

    /// Opens it for reading beside the process that writes. An unfinished frame at the end is passed over: the
    /// writer may be about to finish it.
    pub fn open_read_only(data: &Path) -> Self {
        let folder = data.join("journal");
        Self { shared: Arc::new(Shared { folder, files: Mutex::default(), lock: None }) }
    }

    /// The unfinished frame at the end of a ledger's file, if a crash left one. It was never acknowledged. It is
    /// cut by the next append; until then nothing is lost that a person might want to look at.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn torn_tail(&self, ledger: &Slug) -> Result<Option<TornTail>, JournalError> {
        Ok(self.existing(ledger)?.and_then(|file| file.torn_tail()))
    }

    fn path(&self, ledger: &Slug) -> PathBuf {
        self.shared.folder.join(ledger.as_str()).join(format!("{FIRST_EPOCH}.log"))
    }

    fn existing(&self, ledger: &Slug) -> Result<Option<Arc<LedgerFile>>, JournalError> {
        let mut files = self.shared.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files.get(ledger) {
            return Ok(Some(file.clone()));
        }
        let path = self.path(ledger);
        if !path.exists() {
            return Ok(None);
        }
        let file = Arc::new(LedgerFile::open(ledger, &path, self.shared.lock.is_some())?);
        files.insert(ledger.clone(), file.clone());
        Ok(Some(file))
    }
}

impl Journal for Embedded {
    async fn open(&self, ledger: &Slug) -> Result<Tip, JournalError> {
        if self.shared.lock.is_some() && !self.path(ledger).exists() {
            let path = self.path(ledger);
            let folder = path.parent().unwrap_or(&self.shared.folder);
            fs::create_dir_all(folder)?;
            File::create_new(&path)?.sync_all()?;
            // The names must be durable too.
            File::open(folder)?.sync_all()?;
            File::open(&self.shared.folder)?.sync_all()?;
        }
        self.head(ledger).await
    }

    async fn ledgers(&self) -> Result<Vec<Slug>, JournalError> {
        let mut slugs = Vec::new();
        let entries = match fs::read_dir(&self.shared.folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(slugs),
            other => other?,
        };
        for entry in entries {
            let name = entry?.file_name();
            if let Some(slug) = name.to_str().and_then(|name| name.parse::<Slug>().ok())
                && self.path(&slug).exists()
            {
                slugs.push(slug);
            }
        }
        slugs.sort();
        Ok(slugs)
    }

    async fn append(&self, ledger: &Slug, commit: &Commit) -> Result<(), AppendError> {
        let refused = |why: String| Err(AppendError::Refused(why));
        if self.shared.lock.is_none() {
            return refused("this journal is open for reading only".into());
        }
        let file = match self.existing(ledger) {
            Ok(Some(file)) => file,
            Ok(None) => return refused(format!("ledger {ledger} has no log; open it first")),
            Err(error) => return refused(error.to_string()),
        };
        let commit = commit.clone();
        // Syncing takes milliseconds; other ledgers go on meanwhile.
        match tokio::task::spawn_blocking(move || file.append(&commit)).await {
            Ok(result) => result,
            Err(error) => Err(AppendError::Unknown(error.to_string())),
        }
    }

    fn commits(&self, ledger: &Slug, after: Tip, until: Until) -> Commits {
        let file = match self.existing(ledger) {
            Ok(Some(file)) => file,
            Ok(None) if after.commit == 0 && until == Until::Head => return futures::stream::empty().boxed(),
            Ok(None) => {
                let error = JournalError::broken(ledger, after.commit, BrokenKind::KnownHead);
                return futures::stream::once(async { Err(error) }).boxed();
            }
            Err(error) => return futures::stream::once(async { Err(error) }).boxed(),
        };
        follow(file, after, until, self.shared.lock.is_some())
    }

    async fn commit(&self, ledger: &Slug, number: u64) -> Result<Option<Commit>, JournalError> {
        match self.existing(ledger)? {
            Some(file) => file.commit(number),
            None => Ok(None),
        }
    }

    async fn head(&self, ledger: &Slug) -> Result<Tip, JournalError> {
        match self.existing(ledger)? {
            Some(file) => {
                file.refresh()?;
                Ok(file.tip())
            }
            None => Ok(EMPTY),
        }
    }
}

/// Commits in batches read off the async threads, then one by one.
fn follow(file: Arc<LedgerFile>, after: Tip, until: Until, writer: bool) -> Commits {
    struct Place {
        file: Arc<LedgerFile>,
        last: u64,
        checked: bool,
        done: bool,
    }
    let changes = file.changes();
    let target = match file.refresh() {
        Ok(()) => file.tip().commit,
        Err(error) => return futures::stream::once(async { Err(error) }).boxed(),
    };
    let place = Place { file, last: after.commit, checked: after.commit == 0, done: false };
    let batches = futures::stream::unfold((place, changes), move |(mut place, mut changes)| async move {
        loop {
            if place.done {
                return None;
            }
            changes.mark_unchanged();
            // What is damaged at the end must be told even to a reader who has all before it.
            if until == Until::Head && place.checked && place.last >= target && !place.file.is_damaged() {
                return None;
            }
            let (file, last, checked) = (place.file.clone(), place.last, place.checked);
            let read = tokio::task::spawn_blocking(move || file.batch(after, last, checked)).await;
            let batch = match read {
                Ok(batch) => batch,
                Err(error) => vec![Err(JournalError::Unreachable(error.to_string()))],
            };
            place.checked = true;
            place.done = batch.iter().any(Result::is_err);
            place.last += batch.iter().filter(|item| item.is_ok()).count() as u64;
            if !batch.is_empty() {
                return Some((futures::stream::iter(batch), (place, changes)));
            }
            if until == Until::Head {
                return None;
            }
            if writer {
                // The sender lives in the file.
                changes.changed().await.ok()?;
            } else {
                // Looked at here: a thread for every ledger, twenty times a second, would cost more than the rows.
                while !place.file.has_more(place.last) {
                    tokio::time::sleep(POLL).await;
                }
            }
        }
    });
    batches
        .flatten()
        .take_while(move |item| {
            let beyond = until == Until::Head && item.as_ref().is_ok_and(|commit| commit.number > target);
            futures::future::ready(!beyond)
        })
        .boxed()
}
