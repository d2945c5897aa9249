//! The reader's half of the log: checks commit after commit against what came before.
//!
//! Recorder, projector, `replay` and `verify` all read through this one function, so that none of them can
//! forget a check.

use domain::Timestamp;
use proof::{CompactRange, Hash, leaf_hash};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::decode::{Attributes, Interpreted, Place};
use crate::{BODY_BYTES_MAX, Body, Commit, CommitId, EVENTS_MAX, Head, Origin, Tip, time};

/// A reader's place in a ledger: enough to check the next commit. Small (at most 64 hashes) and storable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    origin: Origin,
    // `origin` as it stands in every event.
    source: String,
    epoch: u64,
    commit: u64,
    // Id of the last commit.
    id: Option<CommitId>,
    last_time: Timestamp,
    tree: CompactRange,
}

/// What is wrong with a commit, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("commit {commit}, position {position}: {kind}")]
pub struct Broken {
    /// Number of the bad commit.
    pub commit: u64,
    /// First position that can't be trusted.
    pub position: u64,
    /// What is wrong.
    pub kind: BrokenKind,
}

/// Kinds of breakage; `Display` is the code in kebab case that `verify` prints as `kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BrokenKind {
    /// Its number is not the one after the last.
    #[error("gap")]
    Gap,
    /// Its epoch is not the ledger's.
    #[error("epoch-mismatch")]
    Epoch,
    /// The id that the log names for it is not the hash of its content.
    #[error("commit-id-mismatch")]
    CommitId,
    /// Its size or root before it is not what was computed.
    #[error("root-mismatch")]
    Root,
    /// Its body is not a JSON batch in the written form, or an event in it is malformed.
    #[error("malformed")]
    Malformed,
    /// An event's `sequence`, `epoch`, `time` or `source` contradicts its place.
    #[error("misplaced-event")]
    Misplaced,
    /// A frame's checksum does not match (embedded file).
    #[error("checksum-mismatch")]
    Checksum,
    /// The log contradicts a head that the reader holds.
    #[error("contradicts-known-head")]
    KnownHead,
}

/// What one event looks like to the verifier, whichever way it is read.
trait Placed {
    fn source(&self) -> &str;
    fn time(&self) -> &str;
    fn sequence(&self) -> &str;
    fn epoch(&self) -> u64;
}

impl Placed for Place<'_> {
    fn source(&self) -> &str {
        self.source
    }
    fn time(&self) -> &str {
        self.time
    }
    fn sequence(&self) -> &str {
        self.sequence
    }
    fn epoch(&self) -> u64 {
        self.epoch
    }
}

impl Placed for Attributes<'_> {
    fn source(&self) -> &str {
        self.source
    }
    fn time(&self) -> &str {
        self.time
    }
    fn sequence(&self) -> &str {
        self.sequence
    }
    fn epoch(&self) -> u64 {
        self.epoch
    }
}

impl Verifier {
    /// A reader that has read nothing of this epoch.
    pub fn new(origin: Origin, epoch: u64) -> Self {
        let source = origin.to_string();
        let last_time = Timestamp(0);
        Self { origin, source, epoch, commit: 0, id: None, last_time, tree: CompactRange::new() }
    }

    /// Accepts the next commit or says what is wrong; on error nothing changes.
    ///
    /// # Errors
    /// [`Broken`] with the first position that can't be trusted.
    pub fn accept(&mut self, commit: &Commit) -> Result<Head, Broken> {
        self.check::<Place<'_>>(commit, &mut |_, _, _| {})
    }

    /// Like [`accept`](Self::accept), and interprets every event in the same pass over the bytes.
    ///
    /// # Errors
    /// As `accept`; an event of unknown type or version is [`Interpreted::Unknown`], not an error.
    pub fn accept_events(&mut self, commit: &Commit) -> Result<Vec<Interpreted>, Broken> {
        let origin = self.origin.clone();
        let mut events = Vec::new();
        self.check::<Attributes<'_>>(commit, &mut |attributes, position, time| {
            events.push(attributes.interpret(&origin, position, time));
        })?;
        Ok(events)
    }

    /// The commit that appends a body of events that were just written with this time, and the reader that has
    /// read it: what [`accept`](Self::accept) comes to, without reading the bytes again.
    pub fn seal(mut self, body: Body, time: Timestamp) -> (Commit, Self) {
        let before = self.clone();
        for event in body.each() {
            self.tree.push(leaf(self.tree.size() + 1, time, event));
        }
        let commit = Commit::after(&before, body.finish());
        (self.last_time, self.commit, self.id) = (time, commit.number, Some(commit.id()));
        debug_assert_eq!(
            {
                let mut reader = before;
                reader.accept(&commit).map(|_| reader)
            },
            Ok(self.clone())
        );
        (commit, self)
    }

    fn check<'a, E: Deserialize<'a> + Placed>(
        &mut self,
        commit: &'a Commit,
        each: &mut dyn FnMut(&E, u64, Timestamp),
    ) -> Result<Head, Broken> {
        let broken = |position: u64, kind: BrokenKind| Broken { commit: commit.number, position, kind };
        let first = self.tree.size() + 1;
        if commit.number != self.commit + 1 {
            return Err(broken(first, BrokenKind::Gap));
        }
        if commit.epoch != self.epoch {
            return Err(broken(first, BrokenKind::Epoch));
        }
        if commit.size != self.tree.size() || commit.root != self.tree.root() {
            return Err(broken(first, BrokenKind::Root));
        }
        let mut tree = self.tree.clone();
        let mut last_time = self.last_time;
        let malformed = |tree: &CompactRange| broken(tree.size() + 1, BrokenKind::Malformed);
        let misplaced = |tree: &CompactRange| broken(tree.size() + 1, BrokenKind::Misplaced);
        let mut rest = batch(&commit.body).ok_or_else(|| malformed(&tree))?;
        loop {
            let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<E>();
            let Some(Ok(event)) = stream.next() else { return Err(malformed(&tree)) };
            let (bytes, after) = rest.split_at(stream.byte_offset());
            if !bytes.starts_with('{') {
                return Err(malformed(&tree));
            }
            let position = tree.size() + 1;
            let time = self.place(&event, position, last_time).ok_or_else(|| misplaced(&tree))?;
            tree.push(leaf(position, time, bytes.as_bytes()));
            last_time = time;
            each(&event, position, time);
            match after.strip_prefix(',') {
                Some(next) => rest = next,
                None if after.is_empty() => break,
                None => return Err(malformed(&tree)),
            }
        }
        if tree.size() - self.tree.size() > EVENTS_MAX as u64 {
            return Err(broken(first, BrokenKind::Malformed));
        }
        (self.tree, self.last_time, self.commit) = (tree, last_time, commit.number);
        self.id = Some(commit.id());
        Ok(self.head())
    }

    /// The time of an event that stands where it says.
    fn place<E: Placed>(&self, event: &E, position: u64, last: Timestamp) -> Option<Timestamp> {
        let sequence = event.sequence();
        let here = sequence.len() == 20 && sequence.parse() == Ok(position);
        let ours = event.epoch() == self.epoch && event.source() == self.source;
        let time = time::parse(event.time())?;
        (here && ours && time >= last).then_some(time)
    }

    /// Where the reader stands.
    pub fn head(&self) -> Head {
        Head { epoch: self.epoch, commit: self.commit, position: self.tree.size(), root: self.tree.root() }
    }

    /// What the log's leader would say if the reader has everything.
    pub const fn tip(&self) -> Tip {
        Tip { epoch: self.epoch, commit: self.commit, id: self.id }
    }

    /// Time of the last event; 1970 before the first.
    pub const fn last_time(&self) -> Timestamp {
        self.last_time
    }

    /// Whose log it reads.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// For a cursor: version, epoch, commit, last time, commit id, compact range.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![1];
        bytes.extend_from_slice(&self.epoch.to_be_bytes());
        bytes.extend_from_slice(&self.commit.to_be_bytes());
        bytes.extend_from_slice(&self.last_time.0.to_be_bytes());
        bytes.extend_from_slice(self.id.as_ref().map_or(&[0; 22], |id| id.as_str().as_bytes()));
        bytes.extend_from_slice(&self.tree.to_bytes());
        bytes
    }

    /// The inverse of [`to_bytes`](Self::to_bytes), for the same origin; nothing when the bytes are not ours.
    pub fn from_bytes(origin: Origin, bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(&[1])?;
        let (epoch, rest) = rest.split_first_chunk::<8>()?;
        let (commit, rest) = rest.split_first_chunk::<8>()?;
        let (last_time, rest) = rest.split_first_chunk::<8>()?;
        let (id, tree) = rest.split_first_chunk::<22>()?;
        let commit = u64::from_be_bytes(*commit);
        let id = match commit {
            0 => None,
            _ => Some(std::str::from_utf8(id).ok()?.parse().ok()?),
        };
        Some(Self {
            source: origin.to_string(),
            origin,
            epoch: u64::from_be_bytes(*epoch),
            commit,
            id,
            last_time: Timestamp(i64::from_be_bytes(*last_time)),
            tree: CompactRange::from_bytes(tree).ok()?,
        })
    }
}

/// What stands between the brackets of a body of allowed length.
fn batch(body: &[u8]) -> Option<&str> {
    if body.len() > BODY_BYTES_MAX {
        return None;
    }
    std::str::from_utf8(body).ok()?.strip_prefix('[')?.strip_suffix(']')
}

/// The 56 bytes that the tree covers: `HLE1` · position u64 · time in ns i64 · length u32 · SHA-256(event bytes).
pub fn leaf(position: u64, time: Timestamp, event: &[u8]) -> Hash {
    let length = u32::try_from(event.len()).unwrap_or(u32::MAX);
    let nanoseconds = time.0.saturating_mul(1000);
    let digest = Sha256::digest(event);
    let parts: [&[u8]; 5] =
        [b"HLE1", &position.to_be_bytes(), &nanoseconds.to_be_bytes(), &length.to_be_bytes(), &digest];
    let mut leaf = [0; 56];
    for (to, from) in leaf.iter_mut().zip(parts.iter().copied().flatten()) {
        *to = *from;
    }
    leaf_hash(&leaf)
}
