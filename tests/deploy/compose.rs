//! The compose files: what they name is there, what they run is known, and nothing is shared that must not be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use tests::nats::{self, Users};
use yaml_rust2::yaml::Hash;
use yaml_rust2::{Yaml, YamlLoader};

use crate::configs::{nats_takes, shown};

const FILES: [(&str, usize); 2] = [("compose.single.yaml", 1), ("compose.r3.yaml", 3)];

/// One of the files, with merge keys merged.
struct Compose {
    file: &'static str,
    document: Yaml,
}

/// A service of it.
struct Service {
    name: String,
    yaml: Yaml,
}

impl Compose {
    fn read(file: &'static str) -> Self {
        let text = std::fs::read_to_string(folder().join(file)).unwrap();
        let document =
            YamlLoader::load_from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}")).remove(0);
        Self { file, document: merged(document) }
    }

    fn services(&self) -> Vec<Service> {
        let all = self.document["services"].as_hash().unwrap();
        let service = |(name, yaml): (&Yaml, &Yaml)| Service { name: text(name), yaml: yaml.clone() };
        all.iter().map(service).collect()
    }

    /// Those of nats-servers, and those of roles.
    fn nats_and_roles(&self) -> (Vec<Service>, Vec<Service>) {
        let runs = |service: &Service| service.yaml["command"][0].as_str() == Some("serve");
        let all = self.services().into_iter().filter(|service| runs(service) || service.is_nats());
        all.partition(Service::is_nats)
    }

    fn volumes(&self) -> BTreeSet<String> {
        self.document["volumes"].as_hash().unwrap().keys().map(text).collect()
    }
}

impl Service {
    fn is_nats(&self) -> bool {
        self.yaml["image"].as_str().is_some_and(|image| image.starts_with("nats:"))
    }

    fn is(&self, role: &str) -> bool {
        self.yaml["command"][0].as_str() == Some("serve") && self.yaml["command"][1].as_str() == Some(role)
    }

    /// Has no data directory, only keys that it shares.
    fn keeps_nothing(&self) -> bool {
        self.is("gateway") || self.is("courier")
    }

    fn list(&self, key: &str) -> Vec<String> {
        self.yaml[key].as_vec().map(|all| all.iter().map(text).collect()).unwrap_or_default()
    }

    /// Volume to where it is mounted.
    fn mounts(&self) -> BTreeMap<String, String> {
        let pair = |mount: String| {
            let mut parts = mount.split(':').map(str::to_owned);
            (parts.next().unwrap(), parts.next().unwrap())
        };
        self.list("volumes").into_iter().map(pair).collect()
    }

    fn environment(&self) -> Vec<(String, String)> {
        let all = self.yaml["environment"].as_hash().unwrap();
        all.iter().map(|(name, value)| (text(name), text(value))).collect()
    }
}

fn folder() -> PathBuf {
    nats::root().join("deploy")
}

fn text(yaml: &Yaml) -> String {
    yaml.as_str().unwrap_or_else(|| panic!("{yaml:?} is no text")).to_owned()
}

/// `<<` stands for what it names, below what is said beside it.
fn merged(yaml: Yaml) -> Yaml {
    match yaml {
        Yaml::Array(all) => Yaml::Array(all.into_iter().map(merged).collect()),
        Yaml::Hash(mut all) => {
            let below = all.remove(&Yaml::String("<<".to_owned()));
            let mut whole: Hash = below.map(merged).and_then(Yaml::into_hash).unwrap_or_default();
            for (key, value) in all {
                whole.insert(key, merged(value));
            }
            Yaml::Hash(whole)
        }
        other => other,
    }
}

fn each(check: impl Fn(&Compose, &Service)) {
    for (file, _) in FILES {
        let compose = Compose::read(file);
        for service in compose.services() {
            check(&compose, &service);
        }
    }
}

#[test]
fn every_role_that_is_asked_runs_twice_and_a_courier_once_on_as_many_nats_servers_as_the_file_says() {
    for (file, servers) in FILES {
        let (nats, roles) = Compose::read(file).nats_and_roles();
        assert_eq!(nats.len(), servers, "{file}");
        let names: Vec<&str> = roles.iter().map(|service| service.name.as_str()).collect();
        let twice = ["recorder-1", "recorder-2", "projector-1", "projector-2", "gateway-1", "gateway-2"];
        assert_eq!(names, [&twice[..], &["courier"]].concat(), "{file}");
        for service in &roles {
            let environment: BTreeMap<_, _> = service.environment().into_iter().collect();
            let urls = environment["HUBLEDGER__JOURNAL__URL"].split(',').count();
            let replicas = environment.get("HUBLEDGER__JOURNAL__REPLICAS").map_or("1", String::as_str);
            assert_eq!((urls, replicas), (servers, servers.to_string().as_str()), "{file} {}", service.name);
        }
    }
}

#[test]
fn every_file_that_is_named_is_there_and_every_image_has_a_version() {
    for (file, _) in FILES {
        let document = Compose::read(file).document;
        for (_, config) in document["configs"].as_hash().unwrap() {
            let path = text(&config["file"]);
            assert!(folder().join(&path).exists(), "{file}: {path}");
        }
    }
    each(|compose, service| {
        let image = text(&service.yaml["image"]);
        if service.is_nats() {
            // The one that is tested.
            assert_eq!(image, format!("nats:{}-alpine", nats::VERSION));
            return;
        }
        assert_eq!(image, format!("hubledger:{}", env!("CARGO_PKG_VERSION")), "{}", compose.file);
        let build = &service.yaml["build"];
        let context = folder().join(text(&build["context"]));
        assert!(context.join("Cargo.lock").exists() && context.join(text(&build["dockerfile"])).exists());
    });
    let dockerfile = std::fs::read_to_string(folder().join("Dockerfile")).unwrap();
    for line in dockerfile.lines().filter_map(|line| line.strip_prefix("FROM ")) {
        let tag = line.split(' ').next().unwrap().split_once(':').unwrap().1;
        assert!(tag.starts_with(|first: char| first.is_ascii_digit()), "{line}");
    }
    assert!(dockerfile.contains("\nUSER 10001"));
    let copied = dockerfile.lines().filter_map(|line| line.strip_prefix("COPY config/"));
    for path in copied.flat_map(|line| line.split(' ').filter(|path| path.ends_with(".toml"))) {
        let path = path.trim_start_matches("config/");
        assert!(nats::root().join("config").join(path).exists(), "{path}");
    }
}

#[test]
fn nothing_listens_beyond_the_machine_and_everything_has_limits() {
    each(|compose, service| {
        let of = format!("{} {}", compose.file, service.name);
        for port in service.list("ports") {
            assert!(port.starts_with("127.0.0.1:"), "{of}: {port}");
        }
        assert_eq!(service.yaml["read_only"].as_bool(), Some(true), "{of}");
        assert_eq!(service.list("cap_drop"), ["ALL"], "{of}");
        assert_eq!(service.list("security_opt"), ["no-new-privileges:true"], "{of}");
        assert_eq!(service.yaml["mem_limit"].as_str(), Some("1g"), "{of}");
        let once = !service.is_nats() && service.yaml["command"][0].as_str() != Some("serve");
        let restart = if once { "no" } else { "unless-stopped" };
        assert_eq!(service.yaml["restart"].as_str(), Some(restart), "{of}");
        assert_eq!(service.yaml["healthcheck"]["disable"].as_bool().unwrap_or(false), once, "{of}");
    });
    for (file, _) in FILES {
        let ports: Vec<String> =
            Compose::read(file).services().iter().flat_map(|s| s.list("ports")).collect();
        assert_eq!(ports.iter().collect::<BTreeSet<_>>().len(), ports.len(), "{file}: {ports:?}");
    }
}

#[test]
fn nobody_shares_what_must_be_its_own() {
    for (file, _) in FILES {
        let compose = Compose::read(file);
        let mut users = BTreeMap::<String, Vec<String>>::new();
        for service in compose.services() {
            for volume in service.mounts().into_keys() {
                users.entry(volume).or_default().push(service.name.clone());
            }
        }
        assert_eq!(users.keys().cloned().collect::<BTreeSet<_>>(), compose.volumes(), "{file}");
        let (nats, roles) = compose.nats_and_roles();
        // Stores and data directories carry the name of the one who has them.
        let (keyed, kept): (Vec<_>, Vec<_>) = roles.iter().partition(|role| role.keeps_nothing());
        for service in nats.iter().chain(kept) {
            assert_eq!(users[&service.name], std::slice::from_ref(&service.name), "{file}");
        }
        assert_eq!(users["ledger-keys"], ["recorder-1", "recorder-2"]);
        assert_eq!(users["keys-recorder"], ["keys", "recorder-1", "recorder-2"]);
        assert_eq!(users["keys-projector"], ["keys", "projector-1", "projector-2"]);
        // They keep nothing of their own; all gateways know each other's passes, and a courier the secrets of webhooks.
        assert!(keyed.iter().all(|keyed| keyed.mounts().len() == 2));
        assert_eq!(users["gateway-keys"], ["gateway-1", "gateway-2", "courier"]);
        assert_eq!(users["keys-gateway"], ["keys", "gateway-1", "gateway-2"]);
        assert_eq!(users["keys-courier"], ["keys", "courier"]);
        assert_eq!(users["keys-all"], ["keys", "hubledger"]);
        for service in &nats {
            let store = &service.mounts()[&service.name];
            assert_eq!(service.yaml["working_dir"].as_str(), Some(store.as_str()));
        }
    }
}

#[test]
fn every_role_is_given_its_nkey_and_the_image_has_the_folders_that_are_mounted() {
    let dockerfile = std::fs::read_to_string(folder().join("Dockerfile")).unwrap();
    // A volume's first owner is that of the folder, and root where there is none.
    let made = &dockerfile[dockerfile.find("install -d").unwrap()..dockerfile.find("\nCOPY --from").unwrap()];
    let made: BTreeSet<&str> = made.split_whitespace().collect();
    for (file, _) in FILES {
        let compose = Compose::read(file);
        for service in compose.services().iter().filter(|service| !service.is_nats()) {
            let mounts = service.mounts();
            let all = mounts.values().all(|folder| made.contains(folder.as_str()));
            assert!(all, "{file} {}: {mounts:?}", service.name);
        }
        let keys = compose.services().into_iter().find(|service| service.name == "keys").unwrap();
        let (script, mounts) = (keys.list("command").concat(), keys.mounts());
        for service in compose.nats_and_roles().1 {
            let role = &service.list("command")[1];
            let volume = format!("keys-{role}");
            let given = format!("install -m 0600 /keys/all/{role}.nk {}/\n", mounts[&volume]);
            assert!(script.contains(&given), "{file}: {given}");
            assert!(service.list("volumes").contains(&format!("{volume}:/keys/{role}:ro")), "{file} {role}");
        }
    }
}

#[test]
fn what_the_roles_are_told_is_known_and_is_where_it_is_mounted() {
    for (file, _) in FILES {
        for service in Compose::read(file).nats_and_roles().1 {
            let command = service.list("command");
            let [_, role, flag, config] = &command[..] else { panic!("{command:?}") };
            let name = config.strip_prefix("/etc/hubledger/").unwrap();
            assert_eq!((flag.as_str(), name), ("--config", format!("{role}.toml").as_str()));
            let shown = shown(&nats::root().join("config").join(name), &service.environment());
            let at = |key: &str| shown[key]["value"].as_str().unwrap().to_owned();
            let mounts = service.mounts();
            if service.keeps_nothing() {
                assert_eq!(at("recorder.keys_dir"), mounts["gateway-keys"], "{file}");
                assert_eq!(shown["gateway.tokens"]["value"], true);
                assert_eq!(shown["courier.allow_private_targets"]["value"], false);
            } else {
                assert_eq!(at("data"), mounts[&service.name], "{file}");
            }
            assert_eq!(at("journal.nkey_file"), format!("{}/{role}.nk", mounts[&format!("keys-{role}")]));
            if role == "recorder" {
                assert_eq!(at("recorder.keys_dir"), mounts["ledger-keys"], "{file}");
            }
            // Health is asked for, and figures are published, where it listens.
            let listens = if service.is("gateway") { "gateway.listen" } else { "admin.listen" };
            let port = at(listens).rsplit(':').next().unwrap().to_owned();
            assert!(service.list("ports").iter().all(|published| published.ends_with(&format!(":{port}"))));
            let test: Vec<String> =
                service.yaml["healthcheck"]["test"].as_vec().unwrap().iter().map(text).collect();
            assert!(test.last().unwrap().contains(&format!("/dev/tcp/127.0.0.1/{port} ")), "{test:?}");
        }
    }
}

#[test]
fn the_nats_servers_take_what_they_are_told() {
    let users = Users::new();
    for (file, _) in FILES {
        let compose = Compose::read(file);
        let configs = compose.document["configs"].as_hash().unwrap();
        for service in compose.nats_and_roles().0 {
            let place = |argument: String| match argument.strip_prefix("/etc/nats/") {
                Some(name) => users.config(name).to_str().unwrap().to_owned(),
                None => argument,
            };
            let arguments: Vec<String> = service.list("command").into_iter().map(place).collect();
            nats_takes(&arguments).unwrap_or_else(|said| panic!("{file} {}: {said}", service.name));
            // Every file that the first one includes is mounted beside it.
            for mounted in service.yaml["configs"].as_vec().unwrap() {
                let (source, target) = (&mounted["source"], text(&mounted["target"]));
                let path = folder().join(text(&configs[source]["file"]));
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(path.ends_with(target.replace("/etc/nats/", "config/nats/")), "{target}");
                for included in text.lines().filter_map(|line| line.strip_prefix("include ")) {
                    let included = format!("/etc/nats/{}", included.trim_matches('"'));
                    let files = service.yaml["configs"].as_vec().unwrap();
                    let there = files.iter().any(|file| file["target"].as_str() == Some(&included))
                        || included == format!("{}/public.conf", service.mounts()["keys-public"]);
                    assert!(there, "{file} {}: {included}", service.name);
                }
            }
        }
    }
}
