//! What the system says about this process, under the names that Prometheus gives them everywhere.
//!
//! It comes from `/proc`; where there is none, the figures are missing and nothing else.

/// Ticks of processor time in a second, on every Linux.
const TICKS: f64 = 100.0;

/// What the system says.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Process {
    /// Bytes of memory that are in use and not swapped out.
    pub(super) resident_bytes: Option<u64>,
    /// Open files, sockets and pipes.
    pub(super) open_files: Option<u64>,
    /// How many of them it may have.
    pub(super) open_files_max: Option<u64>,
    /// Processor time in seconds, of all its threads, its own and the kernel's for it.
    pub(super) processor_seconds: Option<f64>,
    /// Threads.
    pub(super) threads: Option<u64>,
}

impl Process {
    /// Asks.
    pub(super) fn look() -> Self {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/self/{name}")).unwrap_or_default();
        let open_files = std::fs::read_dir("/proc/self/fd").ok();
        Self {
            // The listing itself has one open.
            open_files: open_files.map(|files| (files.count() as u64).saturating_sub(1)),
            ..Self::parse(&read("status"), &read("stat"), &read("limits"))
        }
    }

    /// From the texts of these files.
    fn parse(status: &str, stat: &str, limits: &str) -> Self {
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        let most = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
        Self {
            resident_bytes: of("VmRSS:").map(|kibibytes| kibibytes * 1024),
            open_files: None,
            open_files_max: most.and_then(|most| most.split_whitespace().next()?.parse().ok()),
            processor_seconds: ticks(stat).map(|ticks| ticks / TICKS),
            threads: of("Threads:"),
        }
    }
}

/// Own and kernel's time: the 14th and 15th field. The second, the name, may itself have spaces.
fn ticks(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let own: f64 = fields.next()?.parse().ok()?;
    Some(own + fields.next()?.parse::<f64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_of_proc_are_read_and_others_are_nothing() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 9 0 100";
        let status = "Name:\thubledger\nVmRSS:\t   2048 kB\nThreads:\t9\n";
        let limits = "Limit                     Soft Limit  Hard Limit  Units\n\
                      Max open files            1024        4096        files\n";
        let process = Process::parse(status, stat, limits);
        assert_eq!((process.resident_bytes, process.threads), (Some(2 << 20), Some(9)));
        assert_eq!((process.open_files_max, process.processor_seconds), (Some(1024), Some(2.0)));
        assert_eq!(Process::parse("", "", ""), Process::default());
    }
}
