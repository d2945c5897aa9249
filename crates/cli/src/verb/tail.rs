//! `tail`: events as sentences a person would say, as they are recorded.

use std::collections::VecDeque;

use futures::StreamExt as _;
use jiff::SignedDuration;
use journal::Until;
use runtime::{Clock as _, SystemClock};
use serde_json::json;
use wire::{Commit, Interpreted, Verifier, time};

use crate::args::Tail;
use crate::error::Error;
use crate::exit::Exit;
use crate::log::{Log, ReadError, stored_events};
use crate::output::Output;

/// How many of the last events are shown when nothing else is asked.
const LAST: usize = 10;

/// Where to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Position(u64),
    /// Recorded at or after this moment, in microseconds.
    Time(i64),
    /// So many before the head.
    Last(usize),
}

/// Shows them.
pub(crate) async fn run(tail: &Tail, output: Output) -> Result<Exit, Error> {
    let from = begin(tail)?;
    let log = Log::open(&tail.place, &tail.ledger, output).await?;
    let mut shown = Shown { tail, from, output, last: VecDeque::new(), left: tail.count };
    let mut verifier = log.verifier();
    shown.read(&log, &mut verifier, Until::Head).await?;
    if let From::Last(_) = from {
        // What is shown before following is not counted: -n says how many of the last.
        shown.left = None;
        for line in std::mem::take(&mut shown.last) {
            output.line(line)?;
        }
    }
    shown.from = From::Position(verifier.head().position + 1);
    if !tail.no_follow && shown.left != Some(0) {
        output.say("at the head; waiting for more, Ctrl-C ends");
        shown.read(&log, &mut verifier, Until::Follow).await?;
    }
    Ok(Exit::Ok)
}

fn begin(tail: &Tail) -> Result<From, Error> {
    let Some(text) = &tail.from else { return Ok(From::Last(tail.count.unwrap_or(LAST))) };
    if text == "start" {
        return Ok(From::Position(1));
    }
    if let Ok(position) = text.parse::<u64>() {
        return Ok(From::Position(position));
    }
    let ago =
        text.strip_prefix('-').and_then(|span| span.parse::<SignedDuration>().ok().or_else(|| days(span)));
    match ago {
        Some(ago) => {
            let micros = i64::try_from(ago.as_micros()).unwrap_or(i64::MAX);
            Ok(From::Time(SystemClock::default().now().0.saturating_sub(micros)))
        }
        None => Err(Error::new(Exit::Usage, format!("--from {text} is no place to begin"))
            .hint("give a position, start, or a time ago such as -30m, -1h or -2d")),
    }
}

fn days(span: &str) -> Option<SignedDuration> {
    span.strip_suffix('d')?.parse::<i64>().ok()?.checked_mul(24).map(SignedDuration::from_hours)
}

struct Shown<'a> {
    tail: &'a Tail,
    from: From,
    output: Output,
    last: VecDeque<String>,
    /// How many may still be shown.
    left: Option<usize>,
}

impl Shown<'_> {
    async fn read(&mut self, log: &Log, verifier: &mut Verifier, until: Until) -> Result<(), Error> {
        let mut commits = log.commits(verifier.tip(), until);
        while self.left != Some(0)
            && let Some(commit) = commits.next().await
        {
            let commit = commit?;
            let events = verifier.accept_events(&commit).map_err(ReadError::Broken)?;
            self.show(&commit, &events)?;
        }
        Ok(())
    }

    fn show(&mut self, commit: &Commit, events: &[Interpreted]) -> Result<(), Error> {
        let stored = if self.output.json { stored_events(commit)? } else { Vec::new() };
        for (at, event) in events.iter().enumerate() {
            let line = Line::of(event, commit.size + 1 + at as u64);
            if !self.wanted(&line) {
                continue;
            }
            let text = match stored.get(at) {
                Some(stored) => line.document(stored)?,
                None => line.sentence,
            };
            match (self.from, &mut self.left) {
                (_, Some(0)) => return Ok(()),
                (From::Last(most), _) => {
                    self.last.push_back(text);
                    while self.last.len() > most {
                        self.last.pop_front();
                    }
                    continue;
                }
                (From::Position(_) | From::Time(_), Some(left)) => *left -= 1,
                (From::Position(_) | From::Time(_), None) => {}
            }
            self.output.line(text)?;
        }
        Ok(())
    }

    fn wanted(&self, line: &Line) -> bool {
        let begun = match self.from {
            From::Position(position) => line.position >= position,
            From::Time(micros) => line.micros.is_none_or(|at| at >= micros),
            From::Last(_) => true,
        };
        begun && self.tail.kind.as_ref().is_none_or(|kind| *kind == line.kind)
    }
}

/// One event, told.
struct Line {
    position: u64,
    micros: Option<i64>,
    kind: String,
    sentence: String,
}

impl Line {
    fn of(event: &Interpreted, position: u64) -> Self {
        match event {
            Interpreted::Event(event) => {
                let at = event.envelope.time;
                let moment = time::format(at).map(|text| text.to_string()).unwrap_or_default();
                let short = moment.get(..19).unwrap_or_default().replace('T', " ");
                let kind = event.fact.event.name().to_owned();
                let said = views::sentence(&event.fact.event);
                Self {
                    position,
                    micros: Some(at.0),
                    sentence: format!("{position:>7}  {short}  {said}"),
                    kind,
                }
            }
            Interpreted::Unknown { kind, why, .. } => {
                let name = kind
                    .strip_prefix("hubledger.")
                    .and_then(|k| k.rsplit_once(".v"))
                    .map_or(&**kind, |k| k.0);
                let sentence = format!("{position:>7}  not interpreted: {kind} ({why})");
                Self { position, micros: None, kind: name.to_owned(), sentence }
            }
        }
    }

    fn document(&self, stored: &str) -> Result<String, Error> {
        let event: serde_json::Value = serde_json::from_str(stored)?;
        let said = self.sentence.get(9..).unwrap_or_default().trim();
        Ok(json!({ "position": self.position, "type": self.kind, "sentence": said, "event": event })
            .to_string())
    }
}
