//! Arrows between crates point down only; pure crates know no runtime, disk, network or randomness.

use std::collections::BTreeMap;

use toml::Table;

/// Crates by level; a crate may use those of lower levels and, within level 2 and above, nothing beside it.
const LEVELS: &[&[&str]] = &[
    &["domain", "proof"],
    &["wire", "region"],
    &["runtime", "intake"],
    &["journal", "views"],
    &["recorder", "projector", "report"],
    &["courier"],
    &["gateway"],
    &["cli", "xtask", "tests"],
    &["bench"],
];
const PURE: &[&str] = &["domain", "proof", "wire", "views", "region", "report", "intake"];
/// External crate to the crates that may name it.
const RESERVED: &[(&str, &[&str])] = &[
    ("sled", &["projector"]),
    ("getrandom", &["runtime"]),
    ("hyper", &["cli", "courier", "gateway"]),
    ("axum", &["gateway"]),
    ("tokio-rustls", &["courier", "gateway"]),
    ("rustls", &["courier", "gateway", "tests"]),
    ("rcgen", &["runtime"]),
    ("prometheus-client", &["cli"]),
    ("async-nats", &["journal", "cli", "tests", "bench"]),
];

fn manifest(path: &str) -> Table {
    super::read(path).parse().unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Directories below `crates/`, in order.
pub(crate) fn crates() -> Vec<String> {
    let entries = std::fs::read_dir(super::root().join("crates")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn dependencies() -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for name in crates() {
        let table = manifest(&format!("crates/{name}/Cargo.toml"));
        let section = table.get("dependencies").and_then(|d| d.as_table());
        all.insert(name, section.map(|s| s.keys().cloned().collect()).unwrap_or_default());
    }
    all
}

fn level(name: &str) -> Option<usize> {
    LEVELS.iter().position(|crates| crates.contains(&name))
}

#[test]
fn every_crate_has_a_level_and_uses_only_lower_ones() {
    for (name, uses) in dependencies() {
        let own = level(&name).unwrap_or_else(|| panic!("{name} has no level; give it one here"));
        for used in uses.iter().filter_map(|used| level(used).map(|l| (used, l))) {
            assert!(used.1 < own || (own, used.1) == (1, 1), "{name} must not use {}", used.0);
        }
    }
}

#[test]
fn pure_crates_know_no_runtime_disk_network_or_randomness() {
    let impure =
        ["tokio", "sled", "async-nats", "getrandom", "tracing", "runtime", "journal", "futures", "tempfile"];
    for (name, uses) in dependencies() {
        if PURE.contains(&name.as_str()) {
            let found: Vec<_> = uses.iter().filter(|used| impure.contains(&used.as_str())).collect();
            assert!(found.is_empty(), "{name} is pure and must not use {found:?}");
        }
    }
}

#[test]
fn stores_and_brokers_are_named_only_where_they_belong() {
    for (name, uses) in dependencies() {
        for (reserved, owners) in RESERVED {
            let named = uses.iter().any(|used| used == reserved);
            assert!(!named || owners.contains(&name.as_str()), "{name} must not name {reserved}");
        }
    }
}
