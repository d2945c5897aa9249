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

/// The middle one.
pub(crate) fn median(mut all: Vec<Duration>) -> f64 {
    all.sort_unstable();
    all.get(all.len() / 2).map_or(0.0, Duration::as_secs_f64)
}

/// Most memory that this process has had, in MB.
pub(crate) fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
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

/// Bytes of a folder, in MB.
pub(crate) fn disk(folder: &Path) -> Result<f64, Failure> {
    let mut total = 0.0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        total += if entry.file_type()?.is_dir() {
            disk(&entry.path())?
        } else {
            entry.metadata()?.len() as f64 / 1e6
        };
    }
    Ok(total)
}
