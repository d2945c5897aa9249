//! A data directory, and what it remembers of itself: `<data>/hubledger.json`.
//!
//! What is inside belongs to journal, recorder, projector and keys; this file only keeps a directory from being
//! opened as something that it is not.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use domain::Slug;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::exit::Exit;

/// Where the log of a data directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogKind {
    /// In the directory.
    Embedded,
    /// In NATS JetStream.
    Jetstream,
}

/// What is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remembered {
    deployment: Slug,
    journal: LogKind,
}

/// A data directory that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Home {
    /// The directory.
    pub(crate) dir: PathBuf,
    /// Name of the deployment; part of every event.
    pub(crate) deployment: Slug,
    /// Where its log is.
    pub(crate) log: LogKind,
    /// Where the keys of its ledgers are: inside, unless a configuration says otherwise.
    pub(crate) keys: PathBuf,
}

/// The right to open a data directory for writing.
#[derive(Debug)]
pub(crate) struct HomeLock {
    // Held until dropped.
    _file: File,
}

impl Home {
    /// What the directory says it is; `None` when it is no data directory yet.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) fn find(dir: &Path) -> Result<Option<Self>, Error> {
        let path = dir.join("hubledger.json");
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::file(&path, &error)),
        };
        let Remembered { deployment, journal } = serde_json::from_slice(&text).map_err(|error| {
            Error::new(Exit::SetupMissing, format!("{} is not what it should be", path.display()))
                .why(error)
                .hint("restore it from a backup; it holds the deployment's name and the kind of its journal")
        })?;
        Ok(Some(Self::new(dir, deployment, journal)))
    }

    /// Like [`find`](Self::find), for verbs that only read.
    ///
    /// # Errors
    /// When there is no data directory.
    pub(crate) fn must_find(dir: &Path) -> Result<Self, Error> {
        Self::find(dir)?.ok_or_else(|| {
            Error::new(Exit::SetupMissing, format!("there are no ledgers in {}", dir.display())).hint(
                "name the data directory with --data DIR, or make one: hubledger demo, or hubledger record",
            )
        })
    }

    /// Opens the directory as what is asked, or makes it.
    ///
    /// # Errors
    /// When it exists as something else, or can't be made.
    pub(crate) fn open_or_make(dir: &Path, deployment: &Slug, log: LogKind) -> Result<Self, Error> {
        if let Some(home) = Self::find(dir)? {
            return home.checked(deployment, log);
        }
        let path = dir.join("hubledger.json");
        std::fs::create_dir_all(dir).map_err(|error| Error::file(dir, &error))?;
        let remembered = Remembered { deployment: deployment.clone(), journal: log };
        let text = serde_json::to_vec_pretty(&remembered)?;
        let new = dir.join("hubledger.json.new");
        std::fs::write(&new, text)
            .and_then(|()| std::fs::rename(&new, &path))
            .map_err(|e| Error::file(&path, &e))?;
        Ok(Self::new(dir, deployment.clone(), log))
    }

    fn new(dir: &Path, deployment: Slug, log: LogKind) -> Self {
        Self { dir: dir.to_path_buf(), deployment, log, keys: dir.join("keys") }
    }

    /// Takes the directory for this process; dropped, it is free again, also after a crash.
    ///
    /// # Errors
    /// When another process has it.
    pub(crate) fn lock(&self) -> Result<HomeLock, Error> {
        let path = self.dir.join("hubledger.lock");
        let open = File::options().create(true).truncate(false).write(true).open(&path);
        let file = open.map_err(|error| Error::file(&path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(HomeLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::new(
                Exit::Unavailable,
                format!("another hubledger has {} open", self.dir.display()),
            )
            .why("it holds the lock, but does not answer on the local socket")
            .hint("if it is starting, stopping or a verb at work, repeat in a moment")),
            Err(TryLockError::Error(error)) => Err(Error::file(&path, &error)),
        }
    }

    fn checked(self, deployment: &Slug, log: LogKind) -> Result<Self, Error> {
        if self.deployment != *deployment {
            let what = format!("{} belongs to the deployment {}", self.dir.display(), self.deployment);
            return Err(Error::new(Exit::Configuration, what)
                .why(format!("it was asked for as {deployment}, and every event names its deployment"))
                .hint("choose another data directory, or the name it was made with"));
        }
        if self.log != log {
            let what = format!("{} was made for another kind of journal", self.dir.display());
            return Err(Error::new(Exit::Configuration, what)
                .why("register and views there follow another log")
                .hint("choose another data directory, or the journal it was made with"));
        }
        Ok(self)
    }
}
