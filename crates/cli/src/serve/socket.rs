//! The local socket of a running server: how a verb on the same machine reaches it.
//!
//! A question is one length-prefixed JSON document (`wire::ask`), and so is its reply. A Unix socket with mode 0600: who may write the data directory may ask.

use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

/// Most bytes of one question or one part of an answer. A query's rows are the largest.
pub(crate) const PART_BYTES_MAX: u32 = 64 * 1024 * 1024;
/// How long the other side may take to send or take one part that has begun.
pub(crate) const PART_TIMEOUT: Duration = Duration::from_secs(30);
/// A Unix socket's path has at most 108 bytes on Linux and 104 on macOS.
const PATH_BYTES_MAX: usize = 100;

/// Where the socket of a data directory is: in it, unless its path is too long for a socket.
pub(crate) fn path(data: &Path) -> PathBuf {
    let inside = std::path::absolute(data).unwrap_or_else(|_| data.to_path_buf()).join("hubledger.sock");
    if inside.as_os_str().len() <= PATH_BYTES_MAX {
        return inside;
    }
    let digest = Sha256::digest(inside.as_os_str().as_encoded_bytes());
    let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    std::env::temp_dir().join(format!("hubledger-{name}.sock"))
}

/// Listens on the socket of `data`. The caller holds the directory's lock, so whatever lies there is stale.
///
/// # Errors
/// As the file system says.
pub(crate) fn listen(data: &Path) -> io::Result<UnixListener> {
    let path = path(data);
    match std::fs::remove_file(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Connects to the server on `data`; `None` when nobody listens (a socket left behind by a killed server too).
///
/// # Errors
/// As the file system says; a socket of another user is refused.
pub(crate) async fn connect(data: &Path) -> io::Result<Option<UnixStream>> {
    let path = path(data);
    let (Ok(socket), Ok(directory)) = (std::fs::metadata(&path), std::fs::metadata(data)) else {
        return Ok(None);
    };
    if socket.uid() != directory.uid() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the socket belongs to another user"));
    }
    match UnixStream::connect(&path).await {
        Ok(stream) => Ok(Some(stream)),
        Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Sends a question or its reply.
///
/// # Errors
/// When the other side is gone or takes too long.
pub(crate) async fn send(stream: &mut UnixStream, part: &[u8]) -> io::Result<()> {
    within(write(stream, part)).await
}

/// Waits for the next question or the reply, as long as the caller lets it; `None` when the other side is done.
///
/// # Errors
/// When what arrives is too large or stops half-way.
pub(crate) async fn receive(stream: &mut UnixStream) -> io::Result<Option<Vec<u8>>> {
    let length = match stream.read_u32().await {
        Ok(length) => length,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    within(read(stream, length)).await.map(Some)
}

async fn within<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(PART_TIMEOUT, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn write(stream: &mut UnixStream, bytes: &[u8]) -> io::Result<()> {
    let length =
        u32::try_from(bytes.len()).ok().filter(|length| *length <= PART_BYTES_MAX).ok_or_else(too_large)?;
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(bytes).await
}

async fn read(stream: &mut UnixStream, length: u32) -> io::Result<Vec<u8>> {
    if length > PART_BYTES_MAX {
        return Err(too_large());
    }
    // Memory grows with what arrives, not with what is announced.
    let mut bytes = Vec::new();
    stream.take(u64::from(length)).read_to_end(&mut bytes).await?;
    if bytes.len() == length as usize { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "larger than 64 MiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn questions_and_replies_take_turns_until_the_client_is_done() {
        let (mut client, mut server) = UnixStream::pair().unwrap();
        send(&mut client, b"{}").await.unwrap();
        assert_eq!(receive(&mut server).await.unwrap().as_deref(), Some(&b"{}"[..]));
        send(&mut server, b"[]").await.unwrap();
        assert_eq!(receive(&mut client).await.unwrap().as_deref(), Some(&b"[]"[..]));
        drop(client);
        assert_eq!(receive(&mut server).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_question_beyond_the_limit_is_refused_before_it_is_read() {
        let (mut client, mut server) = UnixStream::pair().unwrap();
        client.write_all(&u32::MAX.to_be_bytes()).await.unwrap();
        assert_eq!(receive(&mut server).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[tokio::test]
    async fn a_socket_left_behind_is_nobody() {
        let data = tempfile::tempdir().unwrap();
        drop(listen(data.path()).unwrap());
        assert!(path(data.path()).exists());
        assert!(connect(data.path()).await.unwrap().is_none());
        let _listening = listen(data.path()).unwrap();
        assert!(connect(data.path()).await.unwrap().is_some());
    }
}
