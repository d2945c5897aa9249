//! Checks all dependencies against `deny.toml`: licences, sources, banned crates.
//!
//! The same rules as `cargo deny check bans licenses sources`, read from the same file, so that a machine without
//! cargo-deny skips nothing.

use std::collections::BTreeSet;

use serde_json::Value;
use toml::Table;

use crate::run;

pub(crate) fn check() -> Result<(), String> {
    eprintln!("== dependencies against deny.toml");
    let text =
        std::fs::read_to_string(run::root().join("deny.toml")).map_err(|e| format!("deny.toml: {e}"))?;
    let rules: Table = text.parse().map_err(|e| format!("deny.toml: {e}"))?;
    let allowed: BTreeSet<String> = list(&rules, "licenses", "allow", |v| v.as_str());
    let banned: BTreeSet<String> = list(&rules, "bans", "deny", |v| v.get("crate")?.as_str());
    if allowed.is_empty() || banned.is_empty() {
        return Err("deny.toml has no licenses.allow or no bans.deny".into());
    }
    let json = run::output(env!("CARGO"), &["metadata", "--format-version", "1", "--locked"])?;
    let metadata: Value = serde_json::from_slice(&json).map_err(|e| format!("cargo metadata: {e}"))?;
    let packages =
        metadata.get("packages").and_then(Value::as_array).ok_or("cargo metadata names no packages")?;
    let faults: Vec<String> =
        packages.iter().filter_map(|package| fault(package, &allowed, &banned)).collect();
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

fn list(rules: &Table, section: &str, key: &str, pick: fn(&toml::Value) -> Option<&str>) -> BTreeSet<String> {
    let values = rules.get(section).and_then(|s| s.get(key)).and_then(toml::Value::as_array);
    values.into_iter().flatten().filter_map(pick).map(str::to_owned).collect()
}

fn fault(package: &Value, allowed: &BTreeSet<String>, banned: &BTreeSet<String>) -> Option<String> {
    let text = |key: &str| package.get(key).and_then(Value::as_str).unwrap_or_default();
    let (name, version) = (text("name"), text("version"));
    if banned.contains(name) {
        return Some(format!("{name} {version} is banned"));
    }
    let source = text("source");
    if !source.is_empty() && !source.starts_with("registry+https://github.com/rust-lang/crates.io-index") {
        return Some(format!("{name} {version} does not come from crates.io"));
    }
    let licence = text("license");
    (!accepts(licence, allowed)).then(|| format!("{name} {version} has the licence {licence:?}"))
}

/// Whether an SPDX expression is met: every part joined by AND has an alternative that is allowed.
fn accepts(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let plain = expression.replace(['(', ')'], " ").replace('/', " OR ");
    plain.split(" AND ").all(|part| {
        part.split(" OR ").any(|licence| {
            let licence = licence.trim();
            allowed.contains(licence)
                || licence.split_once(" WITH ").is_some_and(|(base, _)| allowed.contains(base))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_is_accepted_when_every_part_has_an_allowed_alternative() {
        let allowed = ["MIT", "Apache-2.0", "Unicode-3.0"].map(str::to_owned).into();
        for fine in ["MIT", "GPL-3.0 OR MIT", "MIT/Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
            assert!(accepts(fine, &allowed), "{fine}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "LGPL-2.1 OR GPL-3.0"] {
            assert!(!accepts(bad, &allowed), "{bad}");
        }
    }
}
