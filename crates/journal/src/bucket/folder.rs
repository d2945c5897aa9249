//! A bucket in a directory: a file for each value, `<segment>/<segment>/<last segment>.value`, which begins with the
//! revision. A value is written beside, synced and renamed, so a crash leaves the old or the new one.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf as _, Bytes};

use super::{BucketError, Entry, Name};
use crate::JournalError;

/// Ending of a value's file.
const ENDING: &str = "value";

/// A bucket in a directory; whoever opens it has the data directory for himself.
#[derive(Debug, Clone)]
pub struct Folder(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    root: PathBuf,
    name: Name,
    /// The last revision that was given; also what keeps writers one after the other.
    last: Mutex<u64>,
}

impl Folder {
    /// Opens `<data>/buckets/<name>`, or makes it.
    ///
    /// # Errors
    /// [`JournalError::Io`].
    pub fn open(data: &Path, name: Name) -> Result<Self, JournalError> {
        let root = data.join("buckets").join(name.name);
        fs::create_dir_all(&root)?;
        let mut last = 0;
        for file in files(&root)? {
            last = last.max(read(&file)?.map_or(0, |entry| entry.revision));
        }
        Ok(Self(Arc::new(Inside { root, name, last: Mutex::new(last) })))
    }

    pub(super) async fn get(&self, key: &str) -> Result<Option<Entry>, BucketError> {
        let path = self.path(key);
        self.blocking(move |inside| {
            if inside.is_old(&path) {
                return Ok(None);
            }
            read(&path)
        })
        .await
    }

    pub(super) async fn set(
        &self,
        key: &str,
        value: Bytes,
        expected: Option<u64>,
    ) -> Result<u64, BucketError> {
        let path = self.path(key);
        let set = self.blocking(move |inside| {
            let mut last = inside.last.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(expected) = expected
                && read(&path)?.map_or(0, |entry| entry.revision) != expected
            {
                return Ok(None);
            }
            write(&path, *last + 1, &value)?;
            *last += 1;
            Ok(Some(*last))
        });
        set.await?.ok_or(BucketError::Changed)
    }

    pub(super) async fn delete(&self, key: &str) -> Result<(), BucketError> {
        let path = self.path(key);
        self.blocking(move |inside| {
            let _alone = inside.last.lock().unwrap_or_else(PoisonError::into_inner);
            gone(fs::remove_file(&path))
        })
        .await
    }

    pub(super) async fn delete_all(&self, prefix: &str) -> Result<(), BucketError> {
        let (folder, file) = (self.folder(prefix), self.path(prefix));
        self.blocking(move |inside| {
            let _alone = inside.last.lock().unwrap_or_else(PoisonError::into_inner);
            gone(fs::remove_dir_all(&folder))?;
            gone(fs::remove_file(&file))
        })
        .await
    }

    pub(super) async fn keys(&self, prefix: &str) -> Result<Vec<String>, BucketError> {
        let (folder, own) = (self.folder(prefix), prefix.to_owned());
        self.blocking(move |inside| {
            let mut found = files(&folder)?;
            let file = inside.root.join(own.replace('.', "/")).with_extension(ENDING);
            if !own.is_empty() && file.is_file() {
                found.push(file);
            }
            let (old, kept): (Vec<PathBuf>, Vec<PathBuf>) =
                found.into_iter().partition(|path| inside.is_old(path));
            for path in old {
                gone(fs::remove_file(path))?;
            }
            Ok(kept.iter().filter_map(|path| key(&inside.root, path)).collect())
        })
        .await
    }

    fn folder(&self, prefix: &str) -> PathBuf {
        self.0.root.join(prefix.replace('.', "/"))
    }

    fn path(&self, key: &str) -> PathBuf {
        // No segment has a dot, so there is no extension to lose.
        self.folder(key).with_extension(ENDING)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inside) -> io::Result<T> + Send + 'static,
    ) -> Result<T, BucketError> {
        let inside = self.0.clone();
        let done = tokio::task::spawn_blocking(move || work(&inside)).await;
        let done = done.map_err(|ended| io::Error::other(ended.to_string()));
        Ok(done.and_then(|done| done).map_err(JournalError::Io)?)
    }
}

impl Inside {
    /// Whether the value has outlived the bucket's age. The machine's clock against the file's own time.
    fn is_old(&self, path: &Path) -> bool {
        let Some(max_age) = self.name.max_age else { return false };
        let changed = fs::metadata(path).and_then(|metadata| metadata.modified());
        changed.ok().and_then(|changed| changed.elapsed().ok()).is_some_and(|age| age > max_age)
    }
}

fn read(path: &Path) -> io::Result<Option<Entry>> {
    let mut bytes = match fs::read(path) {
        Ok(bytes) => Bytes::from(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if bytes.len() < size_of::<u64>() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("{} is cut off", path.display())));
    }
    let revision = bytes.get_u64();
    Ok(Some(Entry { value: bytes, revision }))
}

fn write(path: &Path, revision: u64, value: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(&revision.to_be_bytes())?;
    file.write_all(value)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    File::open(folder)?.sync_all()
}

/// Files of values below a folder; none if it is not there.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(files(&entry.path())?);
        } else if entry.path().extension().is_some_and(|ending| ending == ENDING) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

fn key(root: &Path, path: &Path) -> Option<String> {
    let below = path.strip_prefix(root).ok()?.with_extension("");
    let segments: Option<Vec<&str>> = below.iter().map(|segment| segment.to_str()).collect();
    Some(segments?.join("."))
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
