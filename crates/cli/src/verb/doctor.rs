//! `doctor`: looks at a data directory and what it needs, a line each, with a cure for what is wrong.
//!
//! It changes nothing, and reads the log's frames but does not verify their content: that is `verify`.

use std::path::PathBuf;

use domain::Slug;
use journal::{AnyJournal, Embedded, JetStream, Journal as _, JournalError, jetstream};
use runtime::config::JournalKind;
use runtime::keys;
use serde::Serialize;
use wire::Origin;
use wire::ask::{Ask, Reply};

use crate::args::Doctor;
use crate::client::ask_socket;
use crate::error::Error;
use crate::exit::Exit;
use crate::home::{Home, LogKind};
use crate::output::{Level, Output, count};
use crate::serve::socket;

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    level: Level,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cure: Option<String>,
}

/// Everything found so far.
#[derive(Debug, Default)]
struct Findings {
    all: Vec<Finding>,
    broken: bool,
}

impl Findings {
    fn add(&mut self, level: Level, what: impl Into<String>, cure: Option<&str>) {
        self.all.push(Finding { level, what: what.into(), cure: cure.map(str::to_owned) });
    }

    fn error(&mut self, error: &Error) {
        let (what, why, hint) = error.parts();
        let what = why.map_or_else(|| what.to_owned(), |why| format!("{what}: {why}"));
        self.broken |= error.exit() == Exit::Broken;
        self.add(Level::Fail, what, hint);
    }

    fn journal(&mut self, error: &JournalError) {
        self.error(&crate::client::journal_error(error));
    }

    fn worst(&self) -> Level {
        let has = |level| self.all.iter().any(|finding| finding.level == level);
        if has(Level::Fail) {
            Level::Fail
        } else if has(Level::Warn) {
            Level::Warn
        } else {
            Level::Ok
        }
    }
}

/// Looks.
pub(crate) async fn run(doctor: &Doctor, output: Output) -> Result<Exit, Error> {
    let mut findings = Findings::default();
    let mut data = doctor.data.clone();
    let (mut broker, mut keys) = (None, None);
    if let Some(file) = &doctor.config {
        let (config, _) = super::config::load(Some(file))?;
        findings.add(Level::Ok, format!("the configuration {} is valid", file.display()), None);
        data = PathBuf::from(&config.data);
        keys = Some(config.recorder.keys_dir(&data));
        broker = nats(&config, &mut findings).await;
    }
    match Home::find(&data) {
        Ok(Some(mut home)) => {
            home.keys = keys.unwrap_or(home.keys);
            look(&home, broker, &mut findings).await;
        }
        Ok(None) => findings.add(
            Level::Warn,
            format!("{} is no data directory yet", data.display()),
            Some("the first record, demo or serve makes it; name another with --data DIR"),
        ),
        Err(error) => findings.error(&error),
    }
    report(&findings, output)
}

fn report(findings: &Findings, output: Output) -> Result<Exit, Error> {
    let worst = findings.worst();
    if output.json {
        output.document(&serde_json::json!({ "verdict": worst, "checks": findings.all }))?;
    } else {
        for Finding { level, what, cure } in &findings.all {
            output.line(format!("{}  {what}", level.painted()))?;
            if let Some(cure) = cure {
                output.line(format!("      cure: {cure}"))?;
            }
        }
    }
    Ok(match worst {
        Level::Fail if findings.broken => Exit::Broken,
        Level::Fail => Exit::SetupMissing,
        Level::Warn | Level::Ok => Exit::Ok,
    })
}

/// The NATS server that a configuration names.
async fn nats(config: &runtime::Config, findings: &mut Findings) -> Option<AnyJournal> {
    if config.journal.kind != JournalKind::Jetstream {
        return None;
    }
    let settings = jetstream::Settings {
        url: config.journal.url.clone(),
        replicas: config.journal.replicas,
        nkey_file: Some(config.journal.nkey_file.clone()).filter(|path| !path.as_os_str().is_empty()),
        accept_unchecked_sync: config.journal.accept_unchecked_sync,
    };
    match JetStream::connect(settings).await {
        Ok(journal) => {
            let version = journal.client().server_info().version;
            findings.add(Level::Ok, format!("nats-server {version} answers at {}", config.journal.url), None);
            Some(AnyJournal::JetStream(Box::new(journal)))
        }
        Err(error) => {
            findings.journal(&error);
            None
        }
    }
}

async fn look(home: &Home, broker: Option<AnyJournal>, findings: &mut Findings) {
    let kind = match home.log {
        LogKind::Embedded => "its log inside",
        LogKind::Jetstream => "its log in NATS JetStream",
    };
    findings.add(
        Level::Ok,
        format!("{} belongs to the deployment {}, {kind}", home.dir.display(), home.deployment),
        None,
    );
    server(home, findings).await;
    let embedded = (home.log == LogKind::Embedded).then(|| Embedded::open_read_only(&home.dir));
    let journal = match (&embedded, broker) {
        (Some(embedded), _) => AnyJournal::Embedded(embedded.clone()),
        (None, Some(broker)) => broker,
        (None, None) => {
            findings.add(
                Level::Warn,
                "the log was not looked at",
                Some("name the configuration with --config FILE"),
            );
            return;
        }
    };
    match journal.ledgers().await {
        Ok(ledgers) if ledgers.is_empty() => {
            findings.add(Level::Ok, "no ledger is open yet", None);
        }
        Ok(ledgers) => {
            for slug in ledgers {
                ledger(home, &journal, &slug, findings).await;
                if let Some(Ok(Some(torn))) = embedded.as_ref().map(|embedded| embedded.torn_tail(&slug)) {
                    findings.add(
                        Level::Warn,
                        format!(
                            "{slug}: {} bytes of an unfinished append follow commit {}",
                            torn.bytes, torn.commit
                        ),
                        Some("none needed: it was never acknowledged, and the next append replaces it"),
                    );
                }
            }
        }
        Err(error) => findings.journal(&error),
    }
}

async fn server(home: &Home, findings: &mut Findings) {
    let mut stream = match socket::connect(&home.dir).await {
        Ok(Some(stream)) => stream,
        Ok(None) => {
            match home.lock() {
                Ok(_) if home.log == LogKind::Jetstream => findings.add(
                    Level::Warn,
                    "no server runs on it",
                    Some("start one with: hubledger serve all --config FILE"),
                ),
                Ok(_) => findings.add(Level::Ok, "no server runs on it; verbs open it directly", None),
                Err(error) => findings.error(&error),
            }
            return;
        }
        Err(error) => {
            findings.error(&Error::file(&socket::path(&home.dir), &error));
            return;
        }
    };
    match ask_socket(&mut stream, &Ask::Health).await {
        Ok(Reply::Health { healthy, lines }) => {
            let level = if healthy { Level::Ok } else { Level::Fail };
            findings.add(level, "a server runs on it and answers", None);
            for line in lines {
                let (level, what) = match line.split_once(' ') {
                    Some(("ok", what)) => (Level::Ok, what),
                    Some(("warn", what)) => (Level::Warn, what),
                    Some(("fail", what)) => (Level::Fail, what),
                    _ => (Level::Warn, line.as_str()),
                };
                findings.add(level, format!("server: {what}"), None);
            }
        }
        Ok(reply) => findings.error(&crate::client::unexpected(reply)),
        Err(error) => findings.error(&error),
    }
}

async fn ledger(home: &Home, journal: &AnyJournal, slug: &Slug, findings: &mut Findings) {
    let tip = match journal.head(slug).await {
        Ok(tip) => tip,
        Err(error) => {
            findings.journal(&error);
            return;
        }
    };
    findings.add(Level::Ok, format!("{slug}: the log holds {}", count(tip.commit, "commit")), None);
    match keys::load(&home.keys, slug) {
        Ok(_) => findings.add(Level::Ok, format!("{slug}: its keys are there and closed to others"), None),
        Err(error) => findings.add(Level::Fail, format!("{slug}: {error}"), None),
    }
    let origin = Origin { deployment: home.deployment.clone(), ledger: slug.clone() };
    match recorder::register::held(&home.dir, &origin) {
        Some(held) if held.commit > tip.commit => {
            findings.broken = true;
            findings.add(
                Level::Fail,
                format!("{slug}: the register knows commit {}, the log ends before it", held.commit),
                Some("something was cut off the log: restore it, and record nothing until then"),
            );
        }
        Some(held) => findings.add(
            Level::Ok,
            format!("{slug}: the register is on disk up to commit {}", held.commit),
            None,
        ),
        None => findings.add(
            Level::Ok,
            format!("{slug}: the register is made again from the log at the next start"),
            None,
        ),
    }
}
