//! The ledger of a story: commands through the door, rules, the log's bytes and back, and views over what was read.

use std::collections::BTreeMap;

use domain::{Found, FoundEvent, Stamp, Standing, State, Timestamp, decide, evolve};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use uuid::Uuid;
use views::{Rows, answer, view};
use wire::{
    Body, Commit, Envelope, Interpreted, LedgerKeys, Origin, RecordedEvent, RefusalReply, Submission,
    Verifier,
};

use crate::acts::{self, Said};
use crate::names::Names;
use crate::read::View;

const KEYS: LedgerKeys = LedgerKeys { command: [1; 32], source: [2; 32] };
/// System, key and part of a source record.
type Source = (String, [u8; 16], Option<u32>);

/// How an act ended.
#[derive(Debug)]
pub(crate) enum Came {
    /// With the names of the events.
    Accepted(Vec<&'static str>),
    Repeated,
    Refused(RefusalReply),
}

/// What stands in brackets behind an act.
#[derive(Debug, Default)]
pub(crate) struct Besides {
    label: Option<String>,
    row: Option<String>,
    basis: Option<String>,
    purpose: Option<String>,
}

#[derive(Debug)]
pub(crate) struct World {
    state: State,
    verifier: Verifier,
    log: Vec<RecordedEvent>,
    /// Of each event, whether it is the latest of its chain.
    standing: BTreeMap<Uuid, Standing>,
    /// Of each source record, the position of its first event and what was sent.
    sources: BTreeMap<Source, (u64, [u8; 16])>,
    today: Option<Date>,
    acts: u32,
    names: Names,
}

impl World {
    pub(crate) fn new() -> Self {
        let origin = Origin { deployment: "sample".parse().unwrap(), ledger: "azul-usd".parse().unwrap() };
        Self {
            state: State::default(),
            verifier: Verifier::new(origin, 1),
            log: Vec::new(),
            standing: BTreeMap::new(),
            sources: BTreeMap::new(),
            today: None,
            acts: 0,
            names: Names::default(),
        }
    }

    /// Does what a line says: a phrase, or the general form. Ends with the first command that is not accepted.
    pub(crate) fn act(&mut self, line: &str) -> Result<Came, String> {
        let (line, besides) = besides(line)?;
        let (on, line) = acts::leading_date(line);
        let lines = crate::phrases::meaning(line, self.acts + 1).unwrap_or_else(|| vec![line.to_owned()]);
        let mut came = Came::Accepted(Vec::new());
        for line in &lines {
            if let Some(day) = line.strip_prefix("today is ") {
                let day = day.parse().map_err(|_| format!("{day} is not a day"))?;
                if self.today.is_some_and(|today| today > day) {
                    return Err("the days of a story go forward".to_owned());
                }
                self.today = Some(day);
                continue;
            }
            let mut said = acts::said(line)?;
            said.effective = said.effective.or_else(|| on.clone());
            let (command, body) = self.command(&said)?;
            came = self.send(&command, &body, &besides)?;
            if !matches!(came, Came::Accepted(_)) {
                break;
            }
        }
        if let (Some(label), Came::Accepted(_), Some(last)) = (&besides.label, &came, self.log.last()) {
            self.names.events.insert(label.clone(), last.envelope.id);
        }
        Ok(came)
    }

    fn command(&mut self, said: &Said) -> Result<(String, Value), String> {
        if said.command != "correct" && said.command != "void" {
            return Ok((said.command.clone(), acts::body(said, &mut self.names)?));
        }
        let label = said.name.as_deref().unwrap_or_default();
        if let Some(kind) = label.strip_prefix("that ") {
            let of_kind = |event: &&RecordedEvent| event.fact.subject.kind.as_str() == kind;
            let latest =
                self.log.iter().rev().find(of_kind).ok_or_else(|| format!("there is no {kind} yet"))?;
            self.names.events.insert(label.to_owned(), latest.envelope.id);
        }
        let known = || self.names.events.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let id = *self
            .names
            .events
            .get(label)
            .ok_or_else(|| format!("no event is called {label}; there are {}", known()))?;
        let event =
            self.log.iter().find(|event| event.envelope.id == id).ok_or("the event is not in the log")?;
        let kind = event.fact.subject.kind.as_str();
        let content = serde_json::to_value(&event.fact.event).map_err(|error| error.to_string())?;
        // Of a correction what counts from it on, of a void what it took out.
        let inner =
            ["/data/now", "/data/was/event"].iter().find_map(|at| content.pointer(at)).unwrap_or(&content);
        Ok((format!("{}-{kind}", said.command), acts::change(said, inner, &mut self.names)?))
    }

    /// Sends a command as its sender writes it.
    fn send(&mut self, command: &str, body: &Value, besides: &Besides) -> Result<Came, String> {
        self.acts += 1;
        let id = Uuid::from_u128(u128::from(self.acts));
        let mut raw =
            json!({ "command": command, "version": 1, "id": id, "actor": "usr:clerk-1", "body": body });
        if let Some(row) = &besides.row {
            raw["source"] = json!({ "system": "azul-sis", "key": row });
        }
        if let Some(purpose) = &besides.purpose {
            raw["purpose"] = json!(purpose);
        }
        if let Some(basis) = &besides.basis {
            let grounds: Vec<String> = basis.split(" and ").map(|ground| self.ground(ground)).collect();
            raw["basis"] = json!(grounds.join(" "));
        }
        let ledger = &self.verifier.origin().ledger;
        let submission = match Submission::from_json(raw.to_string().as_bytes(), ledger, &KEYS) {
            Ok(submission) => submission,
            Err(reply) => return Ok(Came::Refused(reply)),
        };
        let mut source_taken = None;
        if let Some((position, hash)) = source(&submission).and_then(|source| self.sources.get(&source)) {
            if *hash == submission.command_hash {
                return Ok(Came::Repeated);
            }
            source_taken = Some(*position);
        }
        let corrected = submission.command.corrects().and_then(|id| self.find(id));
        let stamp = self.stamp()?;
        let basis = submission.basis.as_deref().and_then(|basis| basis.parse().ok()).unwrap_or_default();
        let mentioned = submission.command.mentions().and_then(|id| self.find(id));
        let found = Found { corrected, mentioned, source_taken, basis };
        match decide(&self.state, &submission.command, &found, &stamp) {
            Err(refusal) => {
                let reply = RefusalReply::of(&refusal, &submission.command);
                Ok(Came::Refused(RefusalReply { message: self.names.shown(&reply.message), ..reply }))
            }
            Ok(facts) => self.append(&submission, &stamp, facts),
        }
    }

    /// `law <code>`, `consent <name>`, `decision <name>`, `sharing <name>`, as an attribute has it.
    fn ground(&mut self, said: &str) -> String {
        match said.split_once(' ') {
            Some(("law", code)) => format!("law:{code}"),
            Some((sort, name)) => format!("{sort}:{}", self.names.id(name)),
            None => said.to_owned(),
        }
    }

    fn find(&self, id: Uuid) -> Option<FoundEvent> {
        let event = self.log.iter().find(|event| event.envelope.id == id)?;
        let standing = self.standing.get(&id).copied().unwrap_or(Standing::Latest);
        Some(FoundEvent { position: event.envelope.position, standing, fact: event.fact.clone() })
    }

    fn stamp(&self) -> Result<Stamp, String> {
        let today = self.today.ok_or("a story begins with a ledger and its day")?;
        let noon = TimeZone::UTC.to_timestamp(today.at(12, 0, 0, 0)).map_err(|error| error.to_string())?;
        let mut seed = [0; 16];
        seed[..4].copy_from_slice(&self.acts.to_be_bytes());
        let recorded = Timestamp(noon.as_microsecond() + i64::from(self.acts));
        Ok(Stamp { recorded, today, seed })
    }

    /// Writes the events, and takes in what is read back.
    fn append(
        &mut self,
        submission: &Submission,
        stamp: &Stamp,
        facts: Vec<domain::Fact>,
    ) -> Result<Came, String> {
        let first = self.verifier.head().position + 1;
        let mut body = Body::new();
        let mut written = Vec::new();
        for (n, fact) in facts.into_iter().enumerate() {
            let envelope = Envelope {
                id: stamp.id(100 + n as u16),
                origin: self.verifier.origin().clone(),
                time: stamp.recorded,
                position: first + n as u64,
                epoch: 1,
                command_id: submission.command_id,
                command_hash: submission.command_hash,
                correlation_id: submission.correlation_id,
                causation_id: submission.causation_id,
                actor: submission.actor.clone(),
                on_behalf_of: submission.on_behalf_of.clone(),
                credential: submission.credential.clone(),
                basis: submission.basis.clone(),
                purpose: submission.purpose.clone(),
                source: submission.source.clone(),
                rules: domain::state::RULES,
                policy: self.state.policy_position().max(1),
                salt: [0; 16],
            };
            let event = RecordedEvent { envelope, fact, sealed: BTreeMap::new() };
            body.push(&event).map_err(|error| error.to_string())?;
            written.push(event);
        }
        let commit = Commit::after(&self.verifier, body.finish());
        let read = self.verifier.accept_events(&commit).map_err(|broken| format!("{broken:?}"))?;
        let as_written = written.into_iter().map(|event| Interpreted::Event(Box::new(event)));
        if !as_written.eq(read.iter().cloned()) {
            return Err(format!("what was written is read as {read:?}"));
        }
        let mut names = Vec::new();
        for event in read {
            if let Interpreted::Event(event) = event {
                names.push(event.fact.event.name());
                self.learn(*event);
            }
        }
        if let Some(source) = source(submission) {
            self.sources.entry(source).or_insert((first, submission.command_hash));
        }
        Ok(Came::Accepted(names))
    }

    fn learn(&mut self, event: RecordedEvent) {
        let position = event.envelope.position;
        evolve(&mut self.state, event.recorded());
        if let Some(corrects) = event.fact.corrects {
            let voids = event.fact.event.name().ends_with("-voided");
            let after = if voids { Standing::VoidedBy(position) } else { Standing::CorrectedBy(position) };
            self.standing.insert(corrects, after);
        }
        self.log.push(event);
    }

    /// The rows that a view shows, in the columns that are wanted.
    pub(crate) fn view(&self, wanted: &View) -> Result<Vec<Vec<String>>, String> {
        let known = || views::VIEWS.iter().map(|view| view.name()).collect::<Vec<_>>().join(", ");
        let view = view(&wanted.name)
            .ok_or_else(|| format!("there is no view {}; there are {}", wanted.name, known()))?;
        let mut rows = Rows::in_memory();
        self.log.iter().for_each(|event| view.apply(&mut rows, event));
        let filters = wanted.filters.iter().map(|(column, value)| (column.clone(), self.names.wanted(value)));
        let filters = filters.chain(wanted.by.iter().map(|by| ("by".to_owned(), by.clone()))).collect();
        let answered = answer(view, &rows, &filters, None).map_err(|error| error.to_string())?;
        let cell = |row: &Value, column: &String| {
            let members = || row.as_object().map(|row| row.keys().cloned().collect::<Vec<_>>().join(", "));
            let value = row
                .get(column)
                .ok_or_else(|| format!("no column {column}; there are {}", members().unwrap_or_default()))?;
            Ok(self.names.shown(&shown(value)))
        };
        answered.iter().map(|row| wanted.columns.iter().map(|column| cell(row, column)).collect()).collect()
    }
}

/// A value as tables show it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(" and "),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| format!("{name} {}", shown(value)))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn source(submission: &Submission) -> Option<Source> {
    submission.source.as_ref().map(|source| (source.system.clone(), source.key, source.part))
}

/// Takes what stands in brackets off the end.
pub(crate) fn besides(line: &str) -> Result<(&str, Besides), String> {
    let (mut line, mut besides) = (line, Besides::default());
    while let Some((before, inner)) = line.strip_suffix(')').and_then(|line| line.rsplit_once(" (")) {
        let place = match inner.split_once(' ') {
            None => &mut besides.label,
            Some(("row", _)) => &mut besides.row,
            Some(("basis", _)) => &mut besides.basis,
            Some(("purpose", _)) => &mut besides.purpose,
            Some(_) => {
                return Err(format!("({inner}) is neither a label of one word nor a row, basis or purpose"));
            }
        };
        *place = Some(inner.split_once(' ').map_or(inner, |(_, said)| said).to_owned());
        line = before;
    }
    Ok((line, besides))
}
