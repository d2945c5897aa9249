//! Heads that are remembered outside the log, to hold the log against: by register and views of a data directory,
//! or in a file that somebody took home.

use std::path::Path;

use serde::{Deserialize, Serialize};
use wire::ask::{Ask, Reply};
use wire::head::root_text;
use wire::{Head, HeadReply, Origin};

use crate::args::Place;
use crate::client::{ask_socket, reach};
use crate::error::Error;
use crate::exit::Exit;
use crate::home::Home;

/// A remembered head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Held {
    /// Who remembers it.
    pub(crate) by: String,
    /// After this commit …
    pub(crate) commit: u64,
    /// … at this position, where that is known …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) position: Option<u64>,
    /// … this was the root.
    pub(crate) root: String,
}

impl Held {
    fn told(by: &str, head: HeadReply) -> Self {
        Self { by: by.to_owned(), commit: head.commit, position: Some(head.position), root: head.root }
    }

    fn of(by: &str, head: &Head) -> Self {
        Self {
            by: by.to_owned(),
            commit: head.commit,
            position: Some(head.position),
            root: root_text(&head.root),
        }
    }
}

/// What the data directory remembers, from the server on it or from its files; nothing through NATS alone.
///
/// # Errors
/// When the directory can't be read.
pub(crate) async fn by_place(place: &Place, origin: &Origin) -> Result<Vec<Held>, Error> {
    if place.nats.is_some() {
        return Ok(Vec::new());
    }
    let held = match reach(place).await? {
        Some(mut stream) => {
            let ledger = || origin.ledger.clone();
            let mut held = Vec::new();
            // A server that can't answer remembers nothing that helps; the log itself will show why.
            if let Ok(Reply::Head { head }) = ask_socket(&mut stream, &Ask::Head { ledger: ledger() }).await {
                held.push(Held::told("the recorder", head));
            }
            if let Ok(Reply::Digests { head, .. }) =
                ask_socket(&mut stream, &Ask::Digests { ledger: ledger() }).await
            {
                held.push(Held::told("the projector", head));
            }
            held
        }
        None => by_files(&Home::must_find(&place.data)?, origin),
    };
    Ok(held.into_iter().filter(|held| held.commit > 0).collect())
}

fn by_files(home: &Home, origin: &Origin) -> Vec<Held> {
    let register = recorder::register::held(&home.dir, origin).map(|head| Held::of("the register", &head));
    register.into_iter().collect()
}

/// A receipt, a head, or what `verify` printed, in any form that this program prints.
#[derive(Deserialize)]
struct Document {
    receipt: Option<Box<Self>>,
    head: Option<Box<Self>>,
    ledger: Option<domain::Slug>,
    commit: Option<u64>,
    commits: Option<u64>,
    position: Option<u64>,
    positions: Option<Vec<u64>>,
    events: Option<u64>,
    root: Option<String>,
}

impl Document {
    fn held(&self, file: &Path) -> Option<(Option<domain::Slug>, Held)> {
        // The events of a receipt are not always the last of its commit.
        let last = self.positions.as_ref().and_then(|positions| positions.last().copied());
        let position = self.position.or(self.events).or(last);
        let commit = self.commit.or(self.commits)?;
        let held = Held { by: file.display().to_string(), commit, position, root: self.root.clone()? };
        Some((self.ledger.clone(), held))
    }
}

/// The head that a file remembers: the last line that holds one.
///
/// # Errors
/// When there is none, or it is another ledger's.
pub(crate) fn in_file(file: &Path, origin: &Origin) -> Result<Held, Error> {
    let text = std::fs::read_to_string(file).map_err(|error| Error::file(file, &error))?;
    let whole = serde_json::from_str::<Document>(&text).ok().into_iter();
    let lines = text.lines().rev().filter_map(|line| serde_json::from_str::<Document>(line).ok());
    let found = whole.chain(lines).find_map(|document| {
        let Document { receipt, head, .. } = &document;
        let inner = receipt.as_deref().or(head.as_deref()).unwrap_or(&document);
        inner.held(file)
    });
    match found {
        Some((Some(ledger), _)) if ledger != origin.ledger => Err(Error::new(
            Exit::Usage,
            format!("{} is about {ledger}, not {}", file.display(), origin.ledger),
        )),
        Some((_, held)) => Ok(held),
        None => Err(Error::new(Exit::Usage, format!("{} holds no head", file.display()))
            .hint("give a receipt that record printed, or the output of verify --json")),
    }
}
