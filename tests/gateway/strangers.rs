//! Districts made at random that know nothing of each other: whatever is another's looks, byte for byte, like what is
//! nowhere, and no word of it is told.

use std::cell::RefCell;
use std::collections::BTreeSet;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::access::bearer;
use crate::imports::HEADER;
use crate::kit::{Answer, Gateway, token};
use crate::operations::{Operation, answer, operations, request};

const DISTRICTS: usize = 3;
const TOKENS: usize = 4;
/// A ledger that nobody has.
const NOWHERE: &str = "nowhere-usd";
const SCOPES: [&str; 10] = [
    "read",
    "write",
    "webhooks:write",
    "webhooks:read",
    "imports:read",
    "imports:write",
    "events:read",
    "commands:read",
    "sites:write",
    "views:read",
];
const JSON: &str = "Content-Type: application/json\r\n";

/// What a district has that nobody else may find.
struct District {
    ledger: String,
    /// A word that stands in each of its names and keys.
    word: String,
    /// What was recorded, without the word.
    commands: Vec<Value>,
    /// Things, as kind and id.
    things: Vec<(String, String)>,
    /// Ids of events, commands, things, its import and its webhook.
    ids: Vec<String>,
}

/// A token, and the ledgers that it is for.
struct Bearer {
    header: String,
    ledgers: BTreeSet<String>,
}

/// Districts with a year each, behind a gateway that wants tokens.
fn made(dice: &mut Rng) -> (Gateway, Vec<District>) {
    let gateway = Gateway::start_with("gateway.tokens = false");
    let mut districts = Vec::new();
    for district in region::region_of(dice.u64(..), dice.u64(180..360), DISTRICTS) {
        let (word, commands) = (format!("zz{:x}", dice.u64(1 << 40..)), RefCell::new(Vec::new()));
        let ledger = district.ledger().to_string();
        gateway.record_year(district, |command| {
            commands.borrow_mut().push(command.clone());
            mark(command, &word);
        });
        let (things, ids) = (Vec::new(), Vec::new());
        districts.push(District { ledger, word, commands: commands.into_inner(), things, ids });
    }
    let folder = gateway.stop();
    let (config, data) = (folder.path().join("hubledger.toml"), folder.path().join("data"));
    let limits = "gateway.requests_per_second = 100000\ntelemetry.level = \"debug\"";
    std::fs::write(config, format!("data = {data:?}\ngateway.listen = \"127.0.0.1:0\"\n{limits}\n")).unwrap();
    let gateway = Gateway::start_again(folder);
    for district in &mut districts {
        district.settle(&gateway, dice);
    }
    (gateway, districts)
}

/// Puts a word into every name and every key of another system's record.
fn mark(value: &mut Value, word: &str) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if matches!(name.as_str(), "name" | "title" | "key") => {
                        *text = format!("{word} {text}");
                    }
                    value => mark(value, word),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mark(item, word)),
        _ => {}
    }
}

impl District {
    /// Makes an import and a webhook, and learns what there is.
    fn settle(&mut self, gateway: &Gateway, dice: &mut Rng) {
        let (ledger, word) = (&self.ledger, &self.word);
        let (own, _) = token(gateway, &[ledger], &["read", "write", "webhooks:write"]);
        let ask = |method: &str, end: &str, more: &str, body: &str| {
            let headers = format!("{JSON}{more}{}", bearer(&own));
            let sent = request(method, &format!("/v1/{ledger}/{end}"), &headers, body);
            let told = answer(&gateway.port, sent.as_bytes()).unwrap();
            assert!(told.status < 300, "{method} {end} {told:?}");
            told
        };
        let import = some_id(dice);
        let new = json!({ "format": "deliveries", "name": format!("{word}.csv") }).to_string();
        ask("POST", "imports", &format!("Idempotency-Key: {import}\r\n"), &new);
        let row = format!("{word},2026-03-02,{word},{word},tutoring,student-supports,2,45,12\n");
        ask("PUT", &format!("imports/{import}/data"), "", &format!("{HEADER}{row}"));
        ask("POST", &format!("imports/{import}/check"), "", "");
        ask("GET", &format!("imports/{import}/live"), "", "");
        let webhook = json!({ "url": format!("https://example.org/{word}") }).to_string();
        let webhook = ask("POST", "webhooks", "", &webhook).json()["id"].as_str().unwrap().to_owned();
        self.ids = vec![import, webhook];
        let mut page = String::new();
        loop {
            let told = ask("GET", &format!("events?page_size=500{page}"), "", "").json();
            for event in told["events"].as_array().unwrap() {
                let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
                self.ids.extend([text("id"), text("command")]);
                if let Some((kind, id)) = text("subject").split_once('/') {
                    self.things.push((kind.to_owned(), id.to_owned()));
                    self.ids.push(id.to_owned());
                }
            }
            if told["at_head"] == true {
                break;
            }
            page = format!("&page_token={}", told["next_page_token"].as_str().unwrap());
        }
        self.ids.retain(|id| id.len() == 36);
        assert!(self.ids.len() > 50, "{}", self.ids.len());
        // Who may see it does, so what is not found by others is there to be found.
        assert!(ask("GET", "sites", "", "").body.contains(word));
        assert!(ask("GET", &format!("events/{}", self.ids[2]), "", "").body.contains(&self.ids[2]));
    }

    /// An id for this address: of a thing that is collected there, if there is one, or any.
    fn id(&self, template: &str, dice: &mut Rng) -> &str {
        let collection = template.split('/').nth(3).unwrap_or_default();
        let fits = |kind: &str| !kind.is_empty() && collection.starts_with(&kind[..kind.len() - 1]);
        let fitting: Vec<_> = self.things.iter().filter(|(kind, _)| fits(kind)).collect();
        match collection {
            "imports" => &self.ids[0],
            "webhooks" => &self.ids[1],
            _ if fitting.is_empty() => &self.ids[dice.usize(..self.ids.len())],
            _ => &fitting[dice.usize(..fitting.len())].1,
        }
    }

    /// Whatever of this district is in a text.
    fn found_in(&self, text: &str) -> Option<&str> {
        let mut known = self.ids.iter().chain([&self.word]);
        known.find(|known| text.contains(known.as_str())).map(String::as_str)
    }
}

fn some_id(dice: &mut Rng) -> String {
    uuid::Builder::from_random_bytes(dice.u128(..).to_be_bytes()).into_uuid().to_string()
}

/// Tokens for some of the ledgers each, and never all, with some scopes.
fn tokens(gateway: &Gateway, districts: &[District], dice: &mut Rng) -> Vec<Bearer> {
    let names: Vec<&str> = districts.iter().map(|district| district.ledger.as_str()).collect();
    let random = (0..TOKENS).map(|number| {
        // The first may do everything in one ledger.
        let some = if number == 0 { 1 } else { dice.usize(1..names.len()) };
        let ledgers = dice.choose_multiple(names.iter().copied(), some);
        let scopes = match number {
            0 => SCOPES[..3].to_vec(),
            _ => dice.choose_multiple(SCOPES, dice.clone().usize(1..5)),
        };
        let (token, _) = token(gateway, &ledgers, &scopes);
        Bearer { header: bearer(&token), ledgers: ledgers.into_iter().map(str::to_owned).collect() }
    });
    random.collect()
}

/// All of an answer but the time, which nobody chooses.
fn whole(answer: &Answer) -> String {
    let head = answer.head.lines().filter(|line| !line.starts_with("date: "));
    format!("{}\n{}", head.collect::<Vec<_>>().join("\n"), answer.body)
}

/// Asks under one id of the request, so that answers differ by nothing that we bring.
fn ask(gateway: &Gateway, bearer: &Bearer, (method, path): (&str, &str), body: &str) -> Answer {
    let key = "Idempotency-Key: 00000000-0000-4000-8000-000000000009\r\n";
    let headers = format!("{JSON}X-Request-Id: same\r\n{key}{}", bearer.header);
    let sent = request(method, path, &headers, body);
    answer(&gateway.port, sent.as_bytes()).unwrap_or_else(|| panic!("no answer to {method} {path}"))
}

/// An address of a ledger, with this id wherever one stands.
fn filled(operation: &Operation, ledger: &str, id: &str, more: &[(&str, &str)]) -> String {
    let mut path = operation.template.replace("{ledger}", ledger);
    for (name, value) in more {
        path = path.replace(name, value);
    }
    for name in ["{id}", "{event}", "{command}", "{key}"] {
        path = path.replace(name, id);
    }
    path
}

const REST: [(&str, &str); 5] = [
    ("{view}", "reach"),
    ("{report}", "leadership"),
    ("{count}", "people"),
    ("{system}", "sis"),
    ("{delivery}", "1:2"),
];

#[test]
fn whatever_is_another_district_s_looks_like_what_is_nowhere_and_no_word_of_it_is_told() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut dice = Rng::with_seed(seed);
    let (gateway, districts) = made(&mut dice);
    let all: Vec<Operation> =
        operations(&gateway).into_iter().filter(|operation| operation.need.is_some()).collect();
    let mut compared = 0;
    for bearer in tokens(&gateway, &districts, &mut dice) {
        for other in districts.iter().filter(|district| !bearer.ledgers.contains(&district.ledger)) {
            compared += their_ledger(&gateway, &bearer, other, &all, &mut dice);
            for own in &bearer.ledgers {
                compared += their_things(&gateway, (&bearer, own), other, &all, &mut dice);
                compared += their_commands(&gateway, (&bearer, own), other, &mut dice);
            }
        }
    }
    assert!(compared > 2_000, "{compared}");
    for line in gateway.stopped() {
        for district in &districts {
            let things = district.things.iter().map(|(_, id)| id).chain([&district.word]);
            for known in things {
                assert!(!line.contains(known.as_str()), "{line}");
            }
        }
    }
}

/// Another's ledger is like one that is nowhere, whatever of it is named.
fn their_ledger(
    gateway: &Gateway,
    bearer: &Bearer,
    other: &District,
    all: &[Operation],
    dice: &mut Rng,
) -> usize {
    for operation in all {
        let id = other.id(&operation.template, dice);
        let at = |ledger: &str| {
            let path = filled(operation, ledger, id, &REST);
            ask(gateway, bearer, (&operation.method, &path), "{}")
        };
        let (theirs, none) = (at(&other.ledger), at(NOWHERE));
        assert_eq!(theirs.status, 404, "{operation:?} {theirs:?}");
        assert_eq!(whole(&theirs), whole(&none), "{operation:?}");
        assert_eq!(other.found_in(&whole(&theirs)), None, "{operation:?}");
    }
    all.len()
}

/// Another's thing, asked for in a ledger of one's own, is like one that is nowhere.
fn their_things(
    gateway: &Gateway,
    (bearer, own): (&Bearer, &str),
    other: &District,
    all: &[Operation],
    dice: &mut Rng,
) -> usize {
    let query = ["subject=site/{id}", "correlation={id}", "site={id}", "partner={id}", "agreement={id}"];
    let mut compared = 0;
    for operation in all {
        let mut operation = operation.clone();
        if operation.method == "GET" && !operation.template.contains("{id}") {
            operation.template += &format!("?{}", query[dice.usize(..query.len())]);
        } else if operation.method == "POST" && operation.parameters.iter().any(|(_, name)| name == "dry_run")
        {
            operation.template += "?dry_run=true";
        }
        let (id, none) = (other.id(&operation.template, dice).to_owned(), some_id(dice));
        let at = |id: &str| {
            let path = filled(&operation, own, id, &REST);
            whole(&ask(gateway, bearer, (&operation.method, &path), "{}"))
        };
        let (theirs, nowhere) = (at(&id), at(&none));
        assert_eq!(theirs.replace(&id, "ID"), nowhere.replace(&none, "ID"), "{operation:?} {id}");
        assert_eq!(other.found_in(&theirs.replace(&id, "ID")), None, "{operation:?}");
        compared += 1;
    }
    compared
}

/// Another's commands, sent to a ledger of one's own, are decided as if what they name was nowhere: neither their keys
/// nor the things in them are known there.
fn their_commands(
    gateway: &Gateway,
    (bearer, own): (&Bearer, &str),
    other: &District,
    dice: &mut Rng,
) -> usize {
    let some = dice.choose_multiple(&other.commands, 25);
    for command in &some {
        let (text, mut altered) = (command.to_string(), command.to_string());
        let mut names = Vec::new();
        for id in ids_in(command) {
            let none = some_id(dice);
            altered = altered.replace(&id, &none);
            names.push((id, none));
        }
        let at = |text: &str| {
            let path = format!("/v1/{own}/commands?dry_run=true");
            whole(&ask(gateway, bearer, ("POST", &path), text))
        };
        let (mut theirs, mut nowhere) = (at(&text), at(&altered));
        for (number, (id, none)) in names.iter().enumerate() {
            theirs = theirs.replace(id, &format!("ID{number}"));
            nowhere = nowhere.replace(none, &format!("ID{number}"));
        }
        assert_eq!(theirs, nowhere, "{text}");
        assert_eq!(other.found_in(&theirs), None, "{text}");
    }
    some.len()
}

/// Every id that stands in a document.
fn ids_in(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(text) if text.parse::<uuid::Uuid>().is_ok() => [text.clone()].into(),
        Value::Object(members) => members.values().flat_map(ids_in).collect(),
        Value::Array(items) => items.iter().flat_map(ids_in).collect(),
        _ => BTreeSet::new(),
    }
}
