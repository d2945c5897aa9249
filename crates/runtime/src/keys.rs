//! The two keys of each ledger in a file of their own, until the vault holds them.
//!
//! Whoever has K_src can test guesses of student numbers against the log, so the file is for its owner alone.
//! Recorders that share a ledger share its file: what one has hashed the other must find again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Slug;
use serde::{Deserialize, Serialize};
use wire::LedgerKeys;

use crate::Random;

/// Why the keys of a ledger can't be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Others can read the file.
    #[error("the key file {0} can be read by others; run `chmod 600` on it and think of what they have seen")]
    Open(PathBuf),
    /// The file is not ours.
    #[error("the key file {0} is damaged; restore it from a copy, its keys can't be made again")]
    Damaged(PathBuf),
    /// The ledger has a log but no keys.
    #[error("the key file {0} is missing; restore it from a copy, its keys can't be made again")]
    Missing(PathBuf),
    /// The disk failed.
    #[error("the key file {0} can't be used")]
    Io(PathBuf, #[source] io::Error),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    k_cmd: String,
    k_src: String,
}

/// Where the keys of a ledger are, in a key directory.
pub fn path(directory: &Path, ledger: &Slug) -> PathBuf {
    directory.join(format!("{ledger}.json"))
}

/// The keys of a ledger that has some.
///
/// # Errors
/// [`KeyError`]; also when there are none.
pub fn load(directory: &Path, ledger: &Slug) -> Result<LedgerKeys, KeyError> {
    read(&path(directory, ledger))
}

/// What is in a file that is for its owner alone.
///
/// # Errors
/// [`KeyError`]; also when others can read it.
pub fn secret(path: &Path) -> Result<Vec<u8>, KeyError> {
    let path = path.to_owned();
    let metadata = match fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(KeyError::Missing(path)),
        other => other.map_err(|e| KeyError::Io(path.clone(), e))?,
    };
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(KeyError::Open(path));
    }
    fs::read(&path).map_err(|e| KeyError::Io(path, e))
}

fn read(path: &Path) -> Result<LedgerKeys, KeyError> {
    let (path, bytes) = (path.to_owned(), secret(path)?);
    let key = |text: &str| URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    let file: Option<KeyFile> = serde_json::from_slice(&bytes).ok();
    match file.and_then(|file| key(&file.k_cmd).zip(key(&file.k_src))) {
        Some((command, source)) => Ok(LedgerKeys { command, source }),
        None => Err(KeyError::Damaged(path)),
    }
}

/// The keys of a ledger, made when there are none: only when the ledger is opened.
///
/// # Errors
/// [`KeyError`].
pub fn load_or_create(directory: &Path, ledger: &Slug, random: &dyn Random) -> Result<LedgerKeys, KeyError> {
    match load(directory, ledger) {
        Err(KeyError::Missing(path)) => {
            create(&path, random).map_err(|e| KeyError::Io(path.clone(), e))?;
            load(directory, ledger)
        }
        other => other,
    }
}

/// The key of the gateways' passes, made when there is none: `gateway.pass.json` in the key directory. Gateways of one
/// deployment share it, so that each knows the passes of the others.
///
/// # Errors
/// [`KeyError`].
pub fn pass_key(directory: &Path, random: &dyn Random) -> Result<[u8; 32], KeyError> {
    shared_key(&directory.join("gateway.pass.json"), random)
}

/// The key from which secrets of webhooks follow, made when there is none: `courier.key.json` in the key directory.
/// Gateways and couriers of one deployment share it; without it every receiver needs a new secret.
///
/// # Errors
/// [`KeyError`].
pub fn courier_key(directory: &Path, random: &dyn Random) -> Result<[u8; 32], KeyError> {
    shared_key(&directory.join("courier.key.json"), random)
}

/// A key that is no ledger's: no slug has a dot, so no ledger's file has its name.
fn shared_key(path: &Path, random: &dyn Random) -> Result<[u8; 32], KeyError> {
    if let Err(KeyError::Missing(path)) = read(path) {
        create(&path, random).map_err(|e| KeyError::Io(path.clone(), e))?;
    }
    read(path).map(|keys| keys.command)
}

/// Writes beside, syncs and links into place without replacing: of two that create at once one wins, and a
/// crash leaves either the whole file or none.
fn create(path: &Path, random: &dyn Random) -> io::Result<()> {
    let key = || URL_SAFE_NO_PAD.encode(random.bytes::<32>());
    write_once(path, &serde_json::to_vec_pretty(&KeyFile { k_cmd: key(), k_src: key() })?, random)
}

/// The same for these bytes, which nobody but their owner can read.
pub(crate) fn write_once(path: &Path, bytes: &[u8], random: &dyn Random) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // One that is there already may be shared, and its owner has chosen who may look inside.
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let beside = path.with_extension(format!("{:016x}", u64::from_be_bytes(random.bytes())));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let linked = match fs::hard_link(&beside, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    };
    fs::remove_file(&beside)?;
    linked?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededRandom;

    fn slug() -> Slug {
        "azusa-usd".parse().unwrap()
    }

    #[test]
    fn keys_are_made_once_and_kept() {
        let data = tempfile::tempdir().unwrap();
        assert!(matches!(load(data.path(), &slug()), Err(KeyError::Missing(_))));
        let made = load_or_create(data.path(), &slug(), &SeededRandom::new(1)).unwrap();
        let kept = load_or_create(data.path(), &slug(), &SeededRandom::new(2)).unwrap();
        assert_eq!((made.command, made.source), (kept.command, kept.source));
        assert_ne!(made.command, made.source);
    }

    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        let data = tempfile::tempdir().unwrap();
        load_or_create(data.path(), &slug(), &SeededRandom::new(1)).unwrap();
        let path = path(data.path(), &slug());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(load(data.path(), &slug()), Err(KeyError::Open(_))));
    }
}
