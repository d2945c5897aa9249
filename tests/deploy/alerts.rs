//! The alert rules: they name figures that a server has.

use std::collections::BTreeSet;

use serde_json::json;
use tests::binary::Serving;
use tests::commands::{LEDGER, open};
use tests::http::{Answer, Port};
use tests::nats;
use yaml_rust2::{Yaml, YamlLoader};

/// The names of figures in an expression.
fn figures(expression: &str) -> impl Iterator<Item = &str> {
    let words = expression.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_');
    words.filter(|word| word.starts_with("hubledger_"))
}

#[test]
fn every_alert_says_what_is_wrong_and_what_to_do_and_names_figures_that_there_are() {
    let text = std::fs::read_to_string(nats::root().join("deploy/alerts.yaml")).unwrap();
    let document = YamlLoader::load_from_str(&text).unwrap().remove(0);
    let groups = document["groups"].as_vec().unwrap();
    let rules: Vec<&Yaml> = groups.iter().flat_map(|group| group["rules"].as_vec().unwrap()).collect();
    let folder = tempfile::tempdir().unwrap();
    let (config, data) = (folder.path().join("hubledger.toml"), folder.path().join("data"));
    let listen = "admin.listen = \"127.0.0.1:0\"\ngateway.listen = \"127.0.0.1:0\"\ngateway.tokens = false";
    std::fs::write(&config, format!("data = {data:?}\n{listen}\ncourier.look_ms = 20\n")).unwrap();
    let server = Serving::start(&config);
    let gateway = Port::of_gateway(&server);
    let head = "Content-Type: application/json\r\nConnection: close\r\n\
                Idempotency-Key: 00000000-0000-4000-8000-000000000001\r\n";
    for (path, body) in
        [("open-ledger", open()["body"].clone()), ("webhooks", json!({ "url": "https://sis.example/hooks" }))]
    {
        assert_eq!(
            gateway.give("POST", &format!("/v1/{LEDGER}/{path}"), head, &body.to_string()).status,
            201
        );
    }
    let is_held = |answer: &Answer| answer.body.contains("hubledger_courier_held_webhooks{");
    let page = Port::of_admin(&server).wait("/metrics", is_held).body;
    let there: BTreeSet<&str> = page.lines().filter_map(|line| line.split(['{', ' ']).next()).collect();
    let mut names = BTreeSet::new();
    for rule in rules {
        let name = rule["alert"].as_str().unwrap();
        assert!(names.insert(name), "{name} is there twice");
        let expression = rule["expr"].as_str().unwrap();
        assert!(figures(expression).next().is_some(), "{name} looks at nothing");
        for figure in figures(expression) {
            assert!(there.contains(figure), "{name} looks at {figure}, which is not in {there:?}");
        }
        assert!(["page", "ticket"].contains(&rule["labels"]["severity"].as_str().unwrap()), "{name}");
        for said in ["summary", "cure"] {
            assert!(rule["annotations"][said].as_str().unwrap().ends_with('.'), "{name}: {said}");
        }
    }
    assert!(names.len() >= 5, "{names:?}");
}
