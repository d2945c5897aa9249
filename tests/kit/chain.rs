//! Commits that follow one another as a recorder would write them.

use domain::ledger::OperatorActed;
use domain::{Event, Fact, Kind, Slug, Subject, Timestamp, ledger};
use uuid::Uuid;
use wire::{Body, Commit, Envelope, Origin, RecordedEvent, Tip, Verifier};

/// A history in the making.
#[derive(Clone)]
pub struct Chain {
    verifier: Verifier,
}

/// A slug.
pub fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

/// The origin of a ledger of these tests.
pub fn origin(ledger: &Slug) -> Origin {
    Origin { deployment: slug("county"), ledger: ledger.clone() }
}

impl Chain {
    /// Nothing yet.
    pub fn new(ledger: &Slug) -> Self {
        Self { verifier: Verifier::new(origin(ledger), journal::FIRST_EPOCH) }
    }

    /// What this reader has read, to be gone on with.
    pub fn after(verifier: Verifier) -> Self {
        Self { verifier }
    }

    /// A commit of so many events that would come next; `word` makes it unlike others.
    pub fn draft(&self, word: &str, events: u64) -> Commit {
        let head = self.verifier.head();
        let mut body = Body::new();
        for n in 1..=events {
            body.push(&self.event(word, head.position + n)).unwrap();
        }
        Commit::after(&self.verifier, body.finish())
    }

    /// The next commit, taken in.
    pub fn next(&mut self, word: &str, events: u64) -> Commit {
        let commit = self.draft(word, events);
        self.verifier.accept(&commit).unwrap();
        commit
    }

    /// Takes in a commit that somebody else drafted.
    pub fn take(&mut self, commit: &Commit) {
        self.verifier.accept(commit).unwrap();
    }

    /// A reader that has read all of it.
    pub fn reader(&self) -> Verifier {
        self.verifier.clone()
    }

    /// Its end.
    pub fn tip(&self) -> Tip {
        self.verifier.tip()
    }

    fn event(&self, word: &str, position: u64) -> RecordedEvent {
        let text = |text: &str| text.to_owned();
        let act = OperatorActed { operator: text("usr:ops-3"), act: text(word), reason: text("drill") };
        RecordedEvent {
            envelope: Envelope {
                id: Uuid::from_u64_pair(0x018f_0000_0000_7000, 1 << 63 | position),
                origin: self.verifier.origin().clone(),
                time: Timestamp(1_772_470_800_000_000),
                position,
                epoch: journal::FIRST_EPOCH,
                command_id: Uuid::from_u64_pair(1, position),
                command_hash: [7; 16],
                correlation_id: None,
                causation_id: None,
                actor: text("usr:ops-3"),
                on_behalf_of: None,
                credential: None,
                basis: None,
                purpose: None,
                source: None,
                rules: domain::state::RULES,
                policy: 1,
                salt: [9; 16],
            },
            fact: Fact {
                subject: Subject { kind: Kind::Ledger, id: Uuid::nil() },
                effective: None,
                corrects: None,
                event: Event::Ledger(ledger::Event::OperatorActed(act)),
            },
            sealed: Default::default(),
        }
    }
}
