//! The alert rules: they name figures that a server has.

use std::collections::BTreeSet;

use tests::binary::Serving;
use tests::http::Port;
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
    std::fs::write(&config, format!("data = {data:?}\nadmin.listen = \"127.0.0.1:0\"\n")).unwrap();
    let server = Serving::start(&config);
    let page = Port::of_admin(&server).get("/metrics").body;
    let there: BTreeSet<&str> =
        page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
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
