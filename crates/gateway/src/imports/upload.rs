//! Takes a file's bytes in: straight into chunks, a few of which are in memory at a time.
//!
//! What came before a connection broke is kept, so that the upload can go on there; not so what came under a digest,
//! which nobody can check then.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use http_body_util::BodyExt as _;
use intake::Table;
use sha2::{Digest as _, Sha256};

use super::range::{Part, TOTAL_MAX, digest, finished, too_large};
use super::record::Import;
use super::routes::OfImport;
use super::store::{CHUNK, Segment, Store, Unsaved};
use super::told::told;
use crate::Shared;
use crate::problem::Problem;

/// Header that says where an upload goes on.
pub(crate) const OFFSET: &str = "upload-offset";
/// How long nothing may come.
const SILENCE: Duration = Duration::from_secs(20);
/// Chunks on their way to the bucket.
const ON_THE_WAY_MAX: usize = 3;
/// Chunks after which the record is told how far it is.
const CHECKPOINT: u64 = 32;

/// Takes the whole file, or the next part of it.
pub(crate) async fn put(
    State(shared): State<Arc<Shared>>,
    OfImport { mut import, revision, .. }: OfImport,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let (part, digest) = (Part::read(&headers)?, digest(&headers)?);
    if headers.contains_key("content-encoding") {
        let what = "files are taken as they are, not packed";
        return Err(Problem::new("unsupported-media-type", what).at("Content-Encoding"));
    }
    let received = import.received;
    if let Err(problem) = import.may_receive(&part) {
        return Ok(([(OFFSET, received.to_string())], problem).into_response());
    }
    let run = import.begin_run();
    let saved = shared.imports.save(&import, Some(revision)).await;
    let revision = saved.map_err(elsewhere)?;
    let store = shared.imports.clone();
    let total = part.total;
    let upload = Upload {
        store,
        import,
        revision,
        part,
        total,
        digest,
        run,
        came: 0,
        written: 0,
        hash: Sha256::new(),
    };
    // A client that goes away takes its handler with it, and what came is to be kept.
    #[expect(clippy::disallowed_methods, reason = "it ends with the body that it reads, and is waited for")]
    let taken = tokio::spawn(upload.take(body));
    let import = taken.await.map_err(|_| Problem::new("internal", "the upload ended early"))??;
    Ok(([(OFFSET, import.received.to_string())], Json(told(&import))).into_response())
}

fn elsewhere(unsaved: Unsaved) -> Problem {
    match unsaved {
        Unsaved::Changed => Problem::new("upload-elsewhere", "somebody else sends this file, too")
            .hint("HEAD says where it goes on"),
        Unsaved::Failed(problem) => problem,
    }
}

/// Bytes on their way in.
struct Upload {
    store: Store,
    import: Import,
    revision: u64,
    part: Part,
    total: Option<u64>,
    digest: Option<String>,
    run: u32,
    came: u64,
    /// Bytes in chunks that are written.
    written: u64,
    hash: Sha256,
}

impl Upload {
    async fn take(mut self, body: Body) -> Result<Import, Problem> {
        let old: Vec<u32> = self.import.data.iter().map(|segment| segment.run).collect();
        let ended = match self.stream(body).await {
            Ok(()) => self.complete(),
            Err(problem) if self.digest.is_none() && problem.code() != "too-large" => Err(problem),
            Err(problem) => {
                self.written = 0;
                Err(problem)
            }
        };
        if ended.is_err() && (self.written == 0 || is_refused(&ended)) {
            if self.import.give_back(self.run) {
                let saved = self.store.save(&self.import, Some(self.revision)).await;
                saved.map_err(elsewhere)?;
            }
            self.store.remove(self.data(), Some(self.run)).await?;
            return ended.map(|()| self.import);
        }
        self.keep().await?;
        if self.part.is_whole {
            for run in old {
                self.store.remove(self.data(), Some(run)).await?;
            }
        }
        ended.map(|()| self.import)
    }

    const fn data(&self) -> (&'static str, &domain::Slug, uuid::Uuid) {
        ("data", &self.import.ledger, self.import.id)
    }

    /// Reads to the end of the body, and writes whatever is whole.
    async fn stream(&mut self, mut body: Body) -> Result<(), Problem> {
        let (mut chunk, mut n, mut kept) = (BytesMut::with_capacity(CHUNK), 0, 0);
        let (store, run) = (self.store.clone(), self.run);
        let (ledger, id) = (self.import.ledger.clone(), self.import.id);
        let write = |n: u64, bytes: Bytes| {
            let (store, ledger) = (store.clone(), ledger.clone());
            async move { store.put(("data", &ledger, id), (run, n), bytes).await }
        };
        let mut on_the_way = FuturesUnordered::new();
        let ended = loop {
            let frame = match tokio::time::timeout(SILENCE, body.frame()).await {
                Err(_) => break Err(Problem::new("too-slow", "the body did not come in time")),
                Ok(Some(Err(_))) => break Err(Problem::new("malformed-request", "the body broke off")),
                Ok(None) => break Ok(()),
                Ok(Some(Ok(frame))) => frame,
            };
            let Ok(mut bytes) = frame.into_data() else { continue };
            self.count(bytes.len())?;
            self.hash.update(&bytes);
            while chunk.len() + bytes.len() >= CHUNK {
                chunk.extend_from_slice(&bytes.split_to(CHUNK - chunk.len()));
                self.look(n, &chunk)?;
                on_the_way.push(write(n, chunk.split().freeze()));
                chunk.reserve(CHUNK);
                n += 1;
                while on_the_way.len() >= ON_THE_WAY_MAX {
                    on_the_way.next().await.transpose()?;
                }
            }
            chunk.extend_from_slice(&bytes);
            if self.digest.is_none() && n >= kept + CHECKPOINT {
                while on_the_way.next().await.transpose()?.is_some() {}
                (kept, self.written) = (n, n * CHUNK as u64);
                self.keep().await?;
            }
        };
        if !chunk.is_empty() {
            self.look(n, &chunk)?;
            on_the_way.push(write(n, chunk.freeze()));
        }
        while on_the_way.next().await.transpose()?.is_some() {}
        self.written = self.came;
        ended
    }

    /// Counts bytes against what was announced and what is taken.
    fn count(&mut self, bytes: usize) -> Result<(), Problem> {
        self.came += bytes as u64;
        if self.part.bytes.is_some_and(|announced| self.came > announced) {
            return Err(Problem::new("malformed-request", "more bytes came than were announced"));
        }
        if self.part.first + self.came > TOTAL_MAX { Err(too_large(self.came)) } else { Ok(()) }
    }

    /// A file that is another than was said is not kept at all.
    fn look(&self, n: u64, chunk: &[u8]) -> Result<(), Problem> {
        let format = intake::format(&self.import.format).filter(|_| n == 0 && self.part.first == 0);
        let Some(format) = format else { return Ok(()) };
        let looked = Table::new(format).next(&mut &*chunk, false);
        looked.map(drop).map_err(|unreadable| {
            let problem = Problem::new(unreadable.code.as_str(), unreadable.what);
            match unreadable.why {
                Some(why) => problem.hint(why),
                None => problem,
            }
        })
    }

    /// Everything came: it must be what was announced.
    fn complete(&mut self) -> Result<(), Problem> {
        if self.part.bytes.is_some_and(|announced| self.came < announced) {
            return Err(Problem::new("malformed-request", "fewer bytes came than were announced"));
        }
        let came = finished(self.hash.clone());
        let total = self.part.total.unwrap_or(self.came);
        self.total = Some(total);
        let whole = self.part.first == 0 && self.came == total;
        let claimed = self.import.claimed.as_ref().filter(|_| whole);
        for said in self.digest.iter().chain(claimed) {
            if *said != came {
                let what = format!("the digest of what came is {came}, and {said} was said");
                return Err(Problem::new("digest-mismatch", what).at("Content-Digest"));
            }
        }
        Ok(())
    }

    /// Tells the record what is here.
    async fn keep(&mut self) -> Result<(), Problem> {
        let segment = Segment { run: self.run, bytes: self.written };
        self.import.receive(&self.part, segment, self.total);
        if self.part.first == 0 && self.total == Some(self.written) {
            self.import.digest = Some(finished(self.hash.clone()));
        }
        self.revision = self.store.save(&self.import, Some(self.revision)).await.map_err(elsewhere)?;
        Ok(())
    }
}

/// Whether bytes are refused for what they are, so that none is kept.
fn is_refused(ended: &Result<(), Problem>) -> bool {
    let codes = ["digest-mismatch", "columns-missing", "people-not-taken", "row-too-long", "not-plain-text"];
    ended.as_ref().is_err_and(|problem| codes.contains(&problem.code()))
}
