//! What people would take instead: a PostgreSQL of our own for one run, as durable as it is by default.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::SinkExt as _;
use futures::future::try_join_all;
use runtime::{Clock as _, SystemClock};
use serde_json::value::RawValue;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls, Statement};
use wire::Commit;

use crate::calls::{Timed, together, told};
use crate::machine::Failure;

/// The plainest table of events with a version check: a global order, and one version of a stream once.
const TABLE: &str = "create table events (
    position bigint generated always as identity primary key,
    stream text not null, version bigint not null, type text not null, data jsonb not null,
    unique (stream, version))";
/// The usual way: the writer reads the version and decides, then appends the next one, which must be new.
const READ: &str = "select coalesce(max(version), 0) from events where stream = $1";
const NEXT: &str =
    "insert into events (stream, version, type, data) values ($1, $2, 'service-delivered', $3::text::jsonb)";
/// The shortest way: nothing is decided, and one statement appends if the stream is at the version before.
const APPEND: &str = "insert into events (stream, version, type, data)
    select $1, $2::bigint, 'service-delivered', $3::text::jsonb
    where (select coalesce(max(version), 0) from events where stream = $1) = $2::bigint - 1";
/// PostgreSQL does not run as root; then it runs as nobody.
const NOBODY: u32 = 65_534;

/// How a writer checks the version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// It reads it first.
    ReadFirst,
    /// In the statement that appends.
    OneStatement,
}

/// A server; stopped when dropped.
pub(crate) struct Postgres {
    folder: TempDir,
    port: u16,
}

/// A connection and what drives it.
struct Connection {
    client: Arc<Client>,
    driver: JoinHandle<Result<(), tokio_postgres::Error>>,
}

impl Postgres {
    /// Makes and starts it.
    pub(crate) async fn start() -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        if is_root()? {
            chown(folder.path(), Some(NOBODY), Some(NOBODY))?;
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let this = Self { folder, port };
        this.run("initdb", &["--no-locale", "--encoding=UTF8", "--auth=trust", "--username=bench"])?;
        let settings = "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=on \
            -c synchronous_commit=on -c full_page_writes=on -c shared_buffers=1GB -c max_wal_size=4GB \
            -c max_connections=100";
        let log = this.folder.path().join("log");
        let log = log.to_str().ok_or("the folder's name is no text")?;
        this.run("pg_ctl", &["-w", "-l", log, "-o", &format!("-p {port} {settings}"), "start"])?;
        let connection = this.connect().await?;
        connection.client.batch_execute(TABLE).await?;
        connection.close().await?;
        Ok(this)
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), Failure> {
        let mut command = Command::new(program);
        command
            .arg("-D")
            .arg(self.folder.path().join("data"))
            .args(arguments)
            .current_dir(self.folder.path());
        let said = tempfile::tempfile()?;
        command.stdout(File::options().write(true).open("/dev/null")?).stderr(said.try_clone()?);
        if is_root()? {
            command.uid(NOBODY).gid(NOBODY);
        }
        let status =
            command.status().map_err(|error| format!("{program}: {error}; is PostgreSQL on PATH?"))?;
        if status.success() { Ok(()) } else { Err(format!("{program} ended with {status}").into()) }
    }

    async fn connect(&self) -> Result<Connection, Failure> {
        let address = format!("host=127.0.0.1 port={} user=bench dbname=postgres", self.port);
        let (client, connection) = tokio_postgres::connect(&address, NoTls).await?;
        #[expect(clippy::disallowed_methods, reason = "the connection is held, and closing waits for it")]
        let driver = tokio::spawn(connection);
        Ok(Connection { client: Arc::new(client), driver })
    }

    /// One COPY of the events of these commits.
    pub(crate) async fn copy(&self, commits: &[Commit]) -> Result<Duration, Failure> {
        let mut rows = Vec::new();
        for (number, commit) in commits.iter().enumerate() {
            let mut text = String::new();
            let events: Vec<&RawValue> = serde_json::from_slice(&commit.body)?;
            for (n, event) in events.iter().enumerate() {
                let data = event.get().replace('\\', "\\\\");
                text.push_str(&format!("copied-{number}-{n}\t1\tservice-delivered\t{data}\n"));
            }
            rows.push(Bytes::from(text));
        }
        let connection = self.connect().await?;
        let clock = SystemClock::default();
        let began = clock.elapsed();
        let sink = connection.client.copy_in("copy events (stream, version, type, data) from stdin").await?;
        let mut sink = std::pin::pin!(sink);
        for rows in rows {
            sink.send(rows).await?;
        }
        sink.finish().await?;
        let took = clock.elapsed() - began;
        connection.close().await?;
        Ok(took)
    }

    /// So many callers with a connection each, one append each in flight, each onto a stream of its own.
    pub(crate) async fn callers(
        &self,
        (callers, each): (usize, u64),
        event: &str,
        check: Check,
    ) -> Result<Timed, Failure> {
        let connections = try_join_all((0..callers).map(|_| self.connect())).await?;
        let mut writers = Vec::new();
        for (caller, connection) in connections.iter().enumerate() {
            let stream = format!("{check:?}-{caller}");
            writers.push(Arc::new(Writer::new(&connection.client, stream, event, check).await?));
        }
        let appends = writers.iter().flat_map(|writer| (1..=each as i64).map(move |n| (writer.clone(), n)));
        let timed = together(appends.collect(), callers, |(writer, version)| async move {
            writer.append(version).await.map_err(told)
        });
        let timed = timed.await?;
        drop(writers);
        for connection in connections {
            connection.close().await?;
        }
        Ok(timed)
    }
}

/// A caller with a connection of its own, and statements that are prepared.
struct Writer {
    client: Arc<Client>,
    stream: String,
    event: String,
    check: Check,
    read: Statement,
    next: Statement,
    append: Statement,
}

impl Writer {
    async fn new(client: &Arc<Client>, stream: String, event: &str, check: Check) -> Result<Self, Failure> {
        let (read, next) = (client.prepare(READ).await?, client.prepare(NEXT).await?);
        let append = client.prepare(APPEND).await?;
        Ok(Self { client: client.clone(), stream, event: event.to_owned(), check, read, next, append })
    }

    /// Appends one event of this version, which is known to be the next.
    async fn append(&self, version: i64) -> Result<(), Failure> {
        let Self { client, stream, event, .. } = self;
        let rows = match self.check {
            Check::ReadFirst => {
                let known: i64 = client.query_one(&self.read, &[stream]).await?.get(0);
                client.execute(&self.next, &[stream, &(known + 1), event]).await?
            }
            Check::OneStatement => client.execute(&self.append, &[stream, &version, event]).await?,
        };
        if rows == 1 { Ok(()) } else { Err("an append was refused".into()) }
    }
}

impl Connection {
    async fn close(self) -> Result<(), Failure> {
        drop(self.client);
        Ok(self.driver.await??)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Its folder goes with it; nothing of it is needed any more.
        let _ = self.run("pg_ctl", &["-m", "immediate", "stop"]);
    }
}

fn is_root() -> Result<bool, Failure> {
    Ok(std::fs::metadata("/proc/self")?.uid() == 0)
}
