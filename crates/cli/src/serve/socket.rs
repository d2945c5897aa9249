//! The local socket of a running server: how a verb on the same machine reaches it.
//!
//! A question is one length-prefixed JSON document; its answer is any number of frames of the log and then one
//! JSON document. A Unix socket with mode 0600: who may write the data directory may ask.

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

/// One part of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// A commit of the log as a frame.
    Frame(Vec<u8>),
    /// The reply; nothing follows it.
    Reply(Vec<u8>),
}

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
        Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Sends a question.
///
/// # Errors
/// When the other side is gone or takes too long.
pub(crate) async fn send_question(stream: &mut UnixStream, question: &[u8]) -> io::Result<()> {
    within(write(stream, None, question)).await
}

/// Waits for the next question; `None` when the client is done.
///
/// # Errors
/// When what arrives is too large or stops half-way.
pub(crate) async fn next_question(stream: &mut UnixStream) -> io::Result<Option<Vec<u8>>> {
    let length = match stream.read_u32().await {
        Ok(length) => length,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    within(read(stream, length)).await.map(Some)
}

/// Sends one part of an answer.
///
/// # Errors
/// When the other side is gone or takes too long.
pub(crate) async fn send_part(stream: &mut UnixStream, part: &Part) -> io::Result<()> {
    match part {
        Part::Frame(bytes) => within(write(stream, Some(b'F'), bytes)).await,
        Part::Reply(bytes) => within(write(stream, Some(b'R'), bytes)).await,
    }
}

/// Waits for the next part of an answer, however long the work takes.
///
/// # Errors
/// When the server is gone, or what arrives is no part.
pub(crate) async fn next_part(stream: &mut UnixStream) -> io::Result<Part> {
    let length = stream.read_u32().await?;
    let kind = stream.read_u8().await?;
    let bytes = within(read(stream, length)).await?;
    match kind {
        b'F' => Ok(Part::Frame(bytes)),
        b'R' => Ok(Part::Reply(bytes)),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "not a part of an answer")),
    }
}

async fn within<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(PART_TIMEOUT, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn write(stream: &mut UnixStream, kind: Option<u8>, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= PART_BYTES_MAX).ok_or_else(too_large)?;
    let mut head = length.to_be_bytes().to_vec();
    head.extend(kind);
    stream.write_all(&head).await?;
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
    async fn an_answer_is_frames_and_then_a_reply() {
        let (mut client, mut server) = UnixStream::pair().unwrap();
        send_question(&mut client, b"{}").await.unwrap();
        assert_eq!(next_question(&mut server).await.unwrap().as_deref(), Some(&b"{}"[..]));
        send_part(&mut server, &Part::Frame(vec![1, 2])).await.unwrap();
        send_part(&mut server, &Part::Reply(b"[]".to_vec())).await.unwrap();
        assert_eq!(next_part(&mut client).await.unwrap(), Part::Frame(vec![1, 2]));
        assert_eq!(next_part(&mut client).await.unwrap(), Part::Reply(b"[]".to_vec()));
        drop(client);
        assert_eq!(next_question(&mut server).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_question_beyond_the_limit_is_refused_before_it_is_read() {
        let (mut client, mut server) = UnixStream::pair().unwrap();
        client.write_all(&u32::MAX.to_be_bytes()).await.unwrap();
        assert_eq!(next_question(&mut server).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
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
