//! The real binary, built once, run as a person would run it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex, OnceLock};

use serde_json::Value;

/// Where the binary is; built when the first test asks.
pub fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "cli", "--bin", "hubledger"]);
        build.current_dir(env!("CARGO_MANIFEST_DIR"));
        // What cargo tells this test of its own package would have other packages built again, and again back.
        for (name, _) in std::env::vars_os() {
            let about = name.to_string_lossy().into_owned();
            if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_"]
                .iter()
                .any(|prefix| about.starts_with(prefix))
            {
                build.env_remove(name);
            }
        }
        assert!(build.status().unwrap().success(), "the binary builds");
        // This test runs from target/<profile>/deps.
        let test = std::env::current_exe().unwrap();
        let target = test.ancestors().find(|folder| folder.ends_with("target")).unwrap();
        target.join("debug").join("hubledger")
    })
}

/// How a run ended.
#[derive(Debug)]
pub struct Ran {
    /// What it printed as its result.
    pub out: String,
    /// What it said besides.
    pub err: String,
    /// How it ended.
    pub code: i32,
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { out: text(output.stdout), err: text(output.stderr), code: output.status.code().unwrap_or(-1) }
    }

    /// The one document that it printed.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The documents that it printed, one a line.
    pub fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The same, if it ended with this code.
    #[must_use]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

/// The binary with these arguments and nothing of this test's environment that it reads.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(path());
    command
        .args(arguments)
        .env_remove("HUBLEDGER_DATA")
        .env_remove("HUBLEDGER_DEPLOYMENT")
        .env_remove("HUBLEDGER_NKEY")
        .env("NO_COLOR", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs it to its end.
pub fn run(arguments: &[&str]) -> Ran {
    Ran::of(command(arguments).output().unwrap())
}

/// Runs it to its end with this on its stdin.
pub fn run_with(arguments: &[&str], input: &str) -> Ran {
    let mut child = command(arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        // It may end before it has read everything.
        let _ = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ran::of(output)
}

/// Sends a signal to a process of a test.
pub fn signal(child: &Child, signal: &str) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
}

/// A server that runs until it is told to stop, or dropped.
pub struct Serving {
    child: Child,
    ready: String,
    said: Arc<Said>,
}

/// What a server has said beside that it is ready, and whether it has ended.
struct Said {
    lines: Mutex<(Vec<String>, bool)>,
    news: Condvar,
}

impl Serving {
    /// Starts `serve all` and waits until it serves.
    pub fn start(config: &Path) -> Self {
        Self::start_role("all", config)
    }

    /// Starts a role and waits until it serves.
    pub fn start_role(role: &str, config: &Path) -> Self {
        let command = command(&["serve", role, "--config", config.to_str().unwrap()]);
        Self::spawn(command).unwrap_or_else(|said| panic!("the server ended at once: {said:?}"))
    }

    /// Runs this command line of a server until it serves; what it said, if it ended at once.
    pub fn spawn(mut command: Command) -> Result<Self, Vec<String>> {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let ready = loop {
            match lines.next() {
                Some(Ok(line)) if line.contains("serving") => break line,
                Some(Ok(line)) => said.push(line),
                Some(Err(error)) => panic!("{error}"),
                None => {
                    let _ = child.wait();
                    return Err(said);
                }
            }
        };
        let said = Arc::new(Said { lines: Mutex::new((said, false)), news: Condvar::new() });
        let hearing = said.clone();
        // A full pipe would stop the server.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                hearing.lines.lock().unwrap().0.push(line);
                hearing.news.notify_all();
            }
            hearing.lines.lock().unwrap().1 = true;
            hearing.news.notify_all();
        });
        Ok(Self { child, ready, said })
    }

    /// Waits until it says a line with all of these in it.
    pub fn says(&self, all: &[&str]) {
        let mut said = self.said.lines.lock().unwrap();
        while !said.0.iter().any(|line| all.iter().all(|part| line.contains(part))) {
            assert!(!said.1, "the server ended and did not say {all:?}: {:?}", said.0);
            said = self.said.news.wait(said).unwrap();
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has said a line with this in it since it was ready.
    pub fn has_said(&self, part: &str) -> bool {
        self.said.lines.lock().unwrap().0.iter().any(|line| line.contains(part))
    }

    /// What it said when it was ready.
    pub fn ready(&self) -> &str {
        &self.ready
    }

    /// Stops it in the middle of whatever it does.
    pub fn pause(&self) {
        signal(&self.child, "-STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        signal(&self.child, "-CONT");
    }

    /// Whether it stands still now, as the kernel sees it.
    pub fn is_paused(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        stat.rsplit(')').next().unwrap().trim_start().starts_with('T')
    }

    /// Ends it without a word, as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Has it read again what it reads at start.
    pub fn reload(&self) {
        signal(&self.child, "-HUP");
    }

    /// Asks it to stop and waits; everything that it said.
    pub fn stopped(self) -> Vec<String> {
        let said = self.said.clone();
        assert_eq!(self.stop(), 0);
        let mut lines = said.lines.lock().unwrap();
        while !lines.1 {
            lines = said.news.wait(lines).unwrap();
        }
        std::mem::take(&mut lines.0)
    }

    /// Asks it to stop and waits; returns its exit code.
    pub fn stop(mut self) -> i32 {
        signal(&self.child, "-TERM");
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        if code != 0 {
            println!("the server said: {:#?}", self.said.lines.lock().unwrap().0);
        }
        code
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Stopped already, or the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
