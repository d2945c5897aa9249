//! Figures, medians, and what the system says of memory and disk.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

/// Anything that ends a run.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// One line of the result.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    what: String,
    value: f64,
    unit: String,
}

impl Figure {
    /// A figure with its unit.
    pub(crate) fn new(what: &str, value: f64, unit: &str) -> Self {
        Self { what: what.to_owned(), value, unit: unit.to_owned() }
    }

    /// As JSON.
    pub(crate) fn json(&self) -> Value {
        json!({ "what": self.what, "value": self.value, "unit": self.unit })
    }

    /// From the JSON that a process of its own printed.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        Some(Self { what: text("what")?, value: value.get("value")?.as_f64()?, unit: text("unit")? })
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.value < 100.0 { 2 } else { 0 };
        write!(f, "{:<58} {:>12.digits$} {}", self.what, self.value, self.unit)
    }
}

/// What a bar is held against, once a round.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    what: String,
    unit: String,
    /// At least this much is asked, or at most.
    bar: Option<(Side, f64)>,
    rounds: Vec<f64>,
}

/// On which side of a bar is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// More is better.
    AtLeast,
    /// Less is better.
    AtMost,
}

impl Measured {
    /// A figure that nothing is asked of.
    pub(crate) fn plain(what: &str, unit: &str, rounds: Vec<f64>) -> Self {
        Self { what: what.to_owned(), unit: unit.to_owned(), bar: None, rounds }
    }

    /// A figure with a bar.
    pub(crate) fn held(what: &str, unit: &str, bar: (Side, f64), rounds: Vec<f64>) -> Self {
        Self { what: what.to_owned(), unit: unit.to_owned(), bar: Some(bar), rounds }
    }

    /// The same figures of several rounds, each held against the bar that has its name, if one has.
    pub(crate) fn over(rounds: Vec<Vec<Figure>>, bars: &[(&str, Side, f64)]) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for Figure { what, value, unit } in rounds.into_iter().flatten() {
            if let Some(known) = all.iter_mut().find(|measured| measured.what == what) {
                known.rounds.push(value);
                continue;
            }
            let bar = bars.iter().find(|(name, ..)| *name == what).map(|(_, side, bar)| (*side, *bar));
            all.push(Self { what, unit, bar, rounds: vec![value] });
        }
        all
    }

    /// Least, middle and most.
    fn spread(&self) -> (f64, f64, f64) {
        let mut rounds = self.rounds.clone();
        rounds.sort_unstable_by(f64::total_cmp);
        let at = |n: usize| rounds.get(n).copied().unwrap_or(f64::NAN);
        (at(0), at(rounds.len() / 2), at(rounds.len().saturating_sub(1)))
    }

    /// Whether the median is on the right side of the bar.
    fn holds(&self) -> Option<bool> {
        let (_, median, _) = self.spread();
        self.bar.map(|(side, bar)| match side {
            Side::AtLeast => median >= bar,
            Side::AtMost => median <= bar,
        })
    }

    /// As JSON.
    pub(crate) fn json(&self) -> Value {
        let (least, median, most) = self.spread();
        json!({
            "what": self.what, "unit": self.unit, "median": median, "least": least, "most": most,
            "rounds": self.rounds.len(), "bar": self.bar.map(|(_, bar)| bar), "holds": self.holds(),
        })
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, median, most) = self.spread();
        let digits = if median < 100.0 { 2 } else { 0 };
        let range = format!("[{least:.digits$} – {most:.digits$}]");
        write!(f, "{:<64} {median:>10.digits$} {:<9} {range:<22}", self.what, self.unit)?;
        match (self.bar, self.holds()) {
            (Some((side, bar)), Some(holds)) => {
                let side = if side == Side::AtLeast { "≥" } else { "≤" };
                write!(f, " bar {side} {bar}: {}", if holds { "held" } else { "NOT HELD" })
            }
            _ => Ok(()),
        }
    }
}

/// The middle one.
pub(crate) fn median(mut all: Vec<Duration>) -> f64 {
    all.sort_unstable();
    all.get(all.len() / 2).map_or(0.0, Duration::as_secs_f64)
}

/// Most memory that this process has had, in MB.
pub(crate) fn peak_memory() -> f64 {
    peak_memory_of("self")
}

/// Most memory that the process of this id has had, in MB.
pub(crate) fn peak_memory_of(id: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) * 1024.0 / 1e6
}

/// Seconds of processors that this process has used, in all its threads.
pub(crate) fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in brackets, may hold anything; user and system time are 12th and 13th after it.
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after.split_whitespace().skip(11).take(2).filter_map(|word| word.parse::<f64>().ok());
    // A tick is a hundredth of a second wherever Linux runs.
    ticks.sum::<f64>() / 100.0
}

/// Bytes of a folder, in MB. A store that was just closed may still be tidying up: what is gone counts nothing.
pub(crate) fn disk(folder: &Path) -> Result<f64, Failure> {
    let mut total = 0.0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        total += match entry.metadata() {
            Ok(file) if file.is_dir() => disk(&entry.path())?,
            Ok(file) => file.len() as f64 / 1e6,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0.0,
            Err(error) => return Err(error.into()),
        };
    }
    Ok(total)
}
