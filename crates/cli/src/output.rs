//! Where output goes: results to stdout, everything else to stderr.
//!
//! Colour follows the terminal and `NO_COLOR` (anstream); progress is drawn only on a terminal.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::time::Duration;

use comfy_table::{Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::error::Error;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const PLAIN: &str = "\x1b[0m";

/// How a line of a check reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Level {
    /// As it should be.
    Ok,
    /// Works, but deserves a look.
    Warn,
    /// Must be cured.
    Fail,
}

impl Level {
    /// The word, in its colour.
    pub(crate) fn painted(self) -> String {
        match self {
            Self::Ok => format!("{GREEN}  ok{PLAIN}"),
            Self::Warn => format!("{YELLOW}warn{PLAIN}"),
            Self::Fail => format!("{RED}fail{PLAIN}"),
        }
    }
}

/// The two streams of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    /// Results as JSON.
    pub(crate) json: bool,
}

impl Output {
    /// Results as tables and sentences, or as JSON.
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// One line of a result.
    pub(crate) fn line(self, text: impl AsRef<str>) -> Result<(), Error> {
        let mut out = anstream::stdout().lock();
        writeln!(out, "{}", text.as_ref())?;
        Ok(())
    }

    /// A heading among results.
    pub(crate) fn heading(self, text: &str) -> Result<(), Error> {
        self.line(format!("\n{BOLD}{text}{PLAIN}"))
    }

    /// One JSON document on one line.
    pub(crate) fn document(self, value: &impl Serialize) -> Result<(), Error> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.bytes(&line)
    }

    /// Bytes as they are.
    pub(crate) fn bytes(self, bytes: &[u8]) -> Result<(), Error> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()?;
        Ok(())
    }

    /// A buffer in front of stdout, for many lines; to be flushed at the end.
    pub(crate) fn buffered(self) -> BufWriter<Stdout> {
        BufWriter::with_capacity(64 * 1024, io::stdout())
    }

    /// A table.
    pub(crate) fn table(
        self,
        header: &[&str],
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> Result<(), Error> {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(header.iter().map(|name| name.to_uppercase()));
        for row in rows {
            table.add_row(row);
        }
        self.line(table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n"))
    }

    /// What is going on, to stderr.
    pub(crate) fn say(self, text: impl AsRef<str>) {
        // Nobody is left to tell when stderr is gone.
        let _ = writeln!(anstream::stderr(), "{DIM}{}{PLAIN}", text.as_ref());
    }

    /// Something to look at, to stderr.
    pub(crate) fn warn(self, text: impl AsRef<str>) {
        let _ = writeln!(anstream::stderr(), "{YELLOW}warning:{PLAIN} {}", text.as_ref());
    }

    /// What · why · hint, to stderr.
    pub(crate) fn error(self, error: &Error) {
        let (what, why, hint) = error.parts();
        if what.is_empty() {
            return;
        }
        let mut err = anstream::stderr().lock();
        if self.json {
            let document =
                json!({ "error": { "what": what, "why": why, "hint": hint, "exit": error.exit().code() } });
            let _ = writeln!(err, "{document}");
            return;
        }
        let _ = match why {
            Some(why) => writeln!(err, "{RED}error:{PLAIN} {what}: {why}"),
            None => writeln!(err, "{RED}error:{PLAIN} {what}"),
        };
        if let Some(hint) = hint {
            let _ = writeln!(err, " {BOLD}hint:{PLAIN} {hint}");
        }
    }

    /// A bar towards a known number, or a count towards an unknown one; silent when stderr is no terminal.
    pub(crate) fn progress(self, total: Option<u64>, what: &str) -> ProgressBar {
        if !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        let template = match total {
            Some(_) => "{msg} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}",
            None => "{spinner} {msg} {human_pos} {per_sec}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}

/// A number with its noun: `1 event`, `12 events`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A JSON value as a cell of a table: text without quotes, lists joined, nothing for null.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| format!("{name}={}", cell(value)))
            .collect::<Vec<_>>()
            .join(" "),
    }
}

/// Rows of JSON objects as a header and cells; those named `first` lead, the others follow in alphabetical order.
pub(crate) fn columns(rows: &[Value], first: &[&str]) -> (Vec<String>, Vec<Vec<String>>) {
    let all: BTreeSet<&String> = rows.iter().filter_map(Value::as_object).flat_map(Map::keys).collect();
    let is_first = |name: &str| first.contains(&name);
    let led = first.iter().map(|name| (*name).to_owned()).filter(|name| all.contains(name));
    let others = all.iter().filter(|name| !is_first(name)).map(|name| (*name).clone());
    let names: Vec<String> = led.chain(others).collect();
    let cells = rows
        .iter()
        .map(|row| names.iter().map(|name| row.get(name).map(cell).unwrap_or_default()).collect())
        .collect();
    (names, cells)
}
