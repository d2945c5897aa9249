//! What the registers of one recorder share: how many rows they hold in memory together.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::RegisterError;

/// Below the data directory, where all registers had one database.
const FOLDER_BEFORE: &str = "register-runs";
/// Below a register, where it had a database of its own.
const OWN_FOLDER_BEFORE: &str = "runs";

/// Shared by the registers of one recorder; clones are the same.
#[derive(Debug, Clone)]
pub struct Shelf {
    data_dir: PathBuf,
    gathered: Arc<AtomicUsize>,
}

impl Shelf {
    /// That of the recorder with this data directory.
    pub fn new(data_dir: &Path) -> Self {
        Self { data_dir: data_dir.to_owned(), gathered: Arc::default() }
    }

    /// Removes what earlier versions kept for the register in this directory.
    pub(super) fn remove_former(&self, directory: &Path) -> Result<(), RegisterError> {
        for former in [self.data_dir.join(FOLDER_BEFORE), directory.join(OWN_FOLDER_BEFORE)] {
            match std::fs::remove_dir_all(former) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }
}

/// How many rows a register holds in memory, known to all that share its shelf.
#[derive(Debug)]
pub(super) struct Gathered {
    shelf: Shelf,
    own: usize,
}

impl Gathered {
    pub(super) const fn new(shelf: Shelf) -> Self {
        Self { shelf, own: 0 }
    }

    pub(super) const fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    pub(super) fn add(&mut self) {
        self.own += 1;
        self.shelf.gathered.fetch_add(1, Ordering::Relaxed);
    }

    /// None of its own any more.
    pub(super) fn clear(&mut self) {
        self.shelf.gathered.fetch_sub(std::mem::take(&mut self.own), Ordering::Relaxed);
    }

    /// Of all registers together.
    pub(super) fn together(&self) -> usize {
        self.shelf.gathered.load(Ordering::Relaxed)
    }
}

impl Drop for Gathered {
    fn drop(&mut self) {
        self.clear();
    }
}
