//! The systemd units: every file they name is shipped, every command line and key is one that the programs know, and
//! all are hardened alike.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use tests::binary;
use tests::nats::{self, Users};

use crate::configs::{nats_takes, shown};

/// Units, and the instance that a template is started as.
const UNITS: [(&str, &str); 6] = [
    ("hubledger.service", ""),
    ("hubledger-recorder@.service", "1"),
    ("hubledger-projector@.service", "2"),
    ("hubledger-gateway@.service", "1"),
    ("hubledger-courier.service", ""),
    ("nats-server.service", ""),
];
/// What each of them must say.
const HARDENED: [&str; 12] = [
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "DynamicUser=yes",
    "PrivateUsers=yes",
    "CapabilityBoundingSet=",
    "MemoryDenyWriteExecute=yes",
    "SystemCallFilter=@system-service",
    "UMask=0077",
    "Restart=on-failure",
    "KillSignal=SIGTERM",
    "StateDirectoryMode=0700",
];

/// A unit's settings, in order, with what systemd would put in place of its `%`.
struct Unit {
    name: String,
    settings: Vec<(String, String)>,
}

impl Unit {
    fn read(name: &str, instance: &str) -> Self {
        let text = std::fs::read_to_string(folder().join(name)).unwrap();
        let filled = |value: &str| {
            value.replace("%i", instance).replace("%S", "/var/lib").replace("%d", "/run/credentials/unit")
        };
        let lines = text.lines().filter(|line| !line.starts_with(['#', '[']) && !line.trim().is_empty());
        let setting = |line: &str| {
            let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("{name}: {line}"));
            (name.to_owned(), filled(value))
        };
        Self { name: name.to_owned(), settings: lines.map(setting).collect() }
    }

    fn all(&self, name: &str) -> Vec<&str> {
        self.settings.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str()).collect()
    }

    fn one(&self, name: &str) -> &str {
        let found = self.all(name);
        let [value] = found[..] else { panic!("{} has {name} {} times", self.name, found.len()) };
        value
    }

    fn environment(&self) -> Vec<(String, String)> {
        let pair =
            |value: &str| value.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.all("Environment").into_iter().map(|value| pair(value).unwrap()).collect()
    }

    fn arguments(&self) -> Vec<String> {
        self.one("ExecStart").split(' ').map(str::to_owned).collect()
    }
}

fn folder() -> PathBuf {
    nats::root().join("deploy")
}

fn units() -> Vec<Unit> {
    UNITS.iter().map(|(name, instance)| Unit::read(name, instance)).collect()
}

/// Where a file of /etc/hubledger comes from.
fn shipped(installed: &str) -> PathBuf {
    let name =
        installed.strip_prefix("/etc/hubledger/").unwrap_or_else(|| panic!("{installed} is elsewhere"));
    nats::root().join("config").join(name)
}

#[test]
fn there_are_no_other_units() {
    let entries = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name());
    let names: BTreeSet<String> =
        entries.map(|name| name.into_string().unwrap()).filter(|name| name.ends_with(".service")).collect();
    assert_eq!(names, UNITS.iter().map(|(name, _)| (*name).to_owned()).collect());
}

#[test]
fn all_are_hardened_alike() {
    let limits = |unit: &Unit| -> Vec<String> {
        let kinds =
            ["Protect", "Private", "Restrict", "SystemCall", "Lock", "MemoryDeny", "NoNew", "Capability"];
        let own = unit.settings.iter().filter(|(name, _)| {
            kinds.iter().any(|kind| name.starts_with(kind)) && name != "RestartPreventExitStatus"
        });
        own.map(|(name, value)| format!("{name}={value}")).collect()
    };
    let units = units();
    for unit in &units {
        for line in HARDENED {
            let (name, value) = line.split_once('=').unwrap();
            assert_eq!(unit.one(name), value, "{}", unit.name);
        }
        assert_eq!(limits(unit), limits(&units[0]), "{}", unit.name);
        assert!(unit.one("MemoryMax").ends_with('G') && unit.one("TimeoutStopSec") == "60", "{}", unit.name);
        assert!(!unit.one("StateDirectory").is_empty() && unit.all("ExecStartPre").is_empty());
    }
}

#[test]
fn every_command_line_configuration_and_key_is_known() {
    for unit in units().iter().filter(|unit| unit.name.starts_with("hubledger")) {
        let arguments = unit.arguments();
        let [program, serve, role, flag, config] = &arguments[..] else { panic!("{arguments:?}") };
        assert_eq!(
            (program.as_str(), serve.as_str(), flag.as_str()),
            ("/usr/local/bin/hubledger", "serve", "--config")
        );
        let shown = shown(&shipped(config), &unit.environment());
        let at = |key: &str| shown[key]["value"].as_str().unwrap().to_owned();
        // What it writes is its own; what it reads is given to it.
        let states: Vec<String> =
            unit.one("StateDirectory").split(' ').map(|dir| format!("/var/lib/{dir}")).collect();
        assert!(states.contains(&at("data")), "{}: {states:?}", unit.name);
        let keys = at("recorder.keys_dir");
        if ["recorder", "gateway", "courier"].contains(&role.as_str()) {
            assert!(states.contains(&keys) && keys != at("data"), "{states:?}");
        }
        if !at("journal.nkey_file").is_empty() {
            let credential = format!("{role}.nk:/etc/hubledger/nats/keys/{role}.nk");
            assert_eq!(unit.one("LoadCredential"), credential);
            assert_eq!(at("journal.nkey_file"), format!("/run/credentials/unit/{role}.nk"));
            let (listens, ports) = match role.as_str() {
                "gateway" => ("gateway.listen", "127.0.0.1:808"),
                _ => ("admin.listen", "127.0.0.1:94"),
            };
            assert!(at(listens).starts_with(ports), "{}", at(listens));
        }
        // The command line is one of `serve`: it comes as far as its data directory or, having none, the key of its nkey.
        let mut run = binary::command(&[serve, role, flag, shipped(config).to_str().unwrap()]);
        let ended = run.env("HUBLEDGER__DATA", "/dev/null/data").output().unwrap();
        let code = if role == "gateway" || role == "courier" { 6 } else { 1 };
        assert_eq!(ended.status.code(), Some(code), "{ended:?}");
    }
}

#[test]
fn the_nats_server_s_command_line_is_one_that_it_takes() {
    let users = Users::new();
    let unit = Unit::read("nats-server.service", "");
    let place = |argument: &String| match argument.strip_prefix("/etc/hubledger/nats/") {
        Some(name) => users.config(name).to_str().unwrap().to_owned(),
        None => argument.clone(),
    };
    let arguments: Vec<String> = unit.arguments()[1..].iter().map(place).collect();
    nats_takes(&arguments).unwrap();
    // Its store is below the folder that it is started in.
    assert_eq!(unit.one("WorkingDirectory"), format!("/var/lib/{}", unit.one("StateDirectory")));
    let text = std::fs::read_to_string(nats::root().join("config/nats/single.conf")).unwrap();
    assert!(text.contains("store_dir: \"hubledger-nats\""));
}

#[test]
fn systemd_itself_finds_nothing_wrong_where_there_is_one() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (name, instance) in UNITS {
        let text = std::fs::read_to_string(self::folder().join(name)).unwrap();
        // It looks whether the program is there.
        let text = text.replace("/usr/local/bin/hubledger", binary::path().to_str().unwrap());
        let text = text.replace("/usr/local/bin/nats-server", nats::program().to_str().unwrap());
        let path = folder.path().join(name.replace('@', &format!("@{instance}")));
        std::fs::write(&path, text).unwrap();
        files.push(path);
    }
    let verified =
        Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&files).output().unwrap();
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    let ours: Vec<&str> =
        said.lines().filter(|line| line.contains("hubledger") || line.contains("nats")).collect();
    assert!(verified.status.success() && ours.is_empty(), "{said}");
    for file in &files {
        assert!(exposure(file).is_none_or(|exposure| exposure < 2.0), "{}", file.display());
    }
}

/// How much of the system a service can reach, from 0 to 10, as systemd counts; nothing from an old one.
fn exposure(unit: &Path) -> Option<f64> {
    let output =
        Command::new("systemd-analyze").args(["security", "--offline=true"]).arg(unit).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, level) = said.rsplit_once(": ")?;
    level.split(' ').next()?.parse().ok()
}
