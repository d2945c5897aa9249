//! Every committed configuration is one that the programs take.

use std::path::Path;
use std::process::Command;

use tests::binary;
use tests::nats::{self, Users};

/// What this configuration and these overrides come to, by the real binary.
pub fn shown(config: &Path, environment: &[(String, String)]) -> serde_json::Value {
    let mut command = binary::command(&["config", "show", "--json", "--config", config.to_str().unwrap()]);
    command.envs(environment.iter().filter(|(name, _)| name.starts_with("HUBLEDGER__")).cloned());
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{config:?} {environment:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Whether a nats-server takes these arguments; what it said otherwise.
pub fn nats_takes(arguments: &[String]) -> Result<(), String> {
    let output = Command::new(nats::program()).arg("-t").args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

#[test]
fn the_configurations_of_roles_are_taken_and_fit_together() {
    let of = |role: &str| shown(&nats::root().join(format!("config/{role}.toml")), &[]);
    let (recorder, projector) = (of("recorder"), of("projector"));
    let (gateway, courier) = (of("gateway"), of("courier"));
    for key in
        ["journal.kind", "journal.url", "journal.replicas", "journal.accept_unchecked_sync", "deployment"]
    {
        assert_eq!(recorder[key]["value"], projector[key]["value"], "{key}");
        assert_eq!(recorder[key]["value"], gateway[key]["value"], "{key}");
        assert_eq!(recorder[key]["value"], courier[key]["value"], "{key}");
    }
    assert_eq!(recorder["journal.kind"]["value"], "jetstream");
    assert_ne!(recorder["data"]["value"], projector["data"]["value"]);
    let roles =
        [(&recorder, "recorder"), (&projector, "projector"), (&gateway, "gateway"), (&courier, "courier")];
    for (shown, role) in roles {
        let nkey = shown["journal.nkey_file"]["value"].as_str().unwrap();
        assert_eq!(nkey, format!("config/nats/keys/{role}.nk"));
    }
    assert_eq!(gateway["gateway.tokens"]["value"], true);
    // Secrets of webhooks follow from a key in there.
    assert_eq!(gateway["recorder.keys_dir"]["value"], courier["recorder.keys_dir"]["value"]);
    assert_eq!(courier["courier.allow_private_targets"]["value"], false);
    // Beside the data of each, so that several may share them.
    assert!(!recorder["recorder.keys_dir"]["value"].as_str().unwrap().is_empty());
}

#[test]
fn every_configuration_of_a_nats_server_is_taken_by_it() {
    let users = Users::new();
    for name in ["single.conf", "single-users.conf", "n1.conf", "n2.conf", "n3.conf"] {
        let config = users.config(name).to_str().unwrap().to_owned();
        nats_takes(&["-c".to_owned(), config]).unwrap_or_else(|said| panic!("{name}: {said}"));
    }
    assert!(nats_takes(&["-c".to_owned(), users.config("none.conf").to_str().unwrap().to_owned()]).is_err());
}
