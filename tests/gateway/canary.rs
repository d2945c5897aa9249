//! Words that nobody may find again: a token's secret, a webhook's secret, and the key of another system's record, which
//! may be a student's number.

use serde_json::json;
use tests::http::Port;

use crate::access::{bearer, two_ledgers_with};
use crate::imports::HEADER;
use crate::kit::{Answer, Gateway, LEDGER, key_of, site, token};
use crate::operations::{Operation, operations};

const JSON: &str = "Content-Type: application/json\r\n";
/// A student's number, as another system has it.
const NUMBER: &str = "ZZCANARY4711";

/// Who asks, with everything that may be had.
struct Asker {
    gateway: Gateway,
    token: String,
    /// What must not be found.
    words: Vec<String>,
}

impl Asker {
    fn ask(&self, method: &str, end: &str, key: u32, body: &str) -> Answer {
        let headers =
            format!("Connection: close\r\n{JSON}Idempotency-Key: {}\r\n{}", key_of(key), bearer(&self.token));
        self.gateway.port.give(method, &format!("/v1/{LEDGER}/{end}"), &headers, body)
    }

    /// Asks for what must be answered so, and finds none of the words in it.
    fn clean(&self, (method, end, key): (&str, &str, u32), body: &str, status: u16) -> Answer {
        let answer = self.ask(method, end, key, body);
        assert_eq!(answer.status, status, "{method} {end} {answer:?}");
        self.finds_nothing(&answer, end);
        answer
    }

    fn finds_nothing(&self, answer: &Answer, what: &str) {
        for word in &self.words {
            let word = word.to_lowercase();
            assert!(!answer.head.contains(&word), "{what} {answer:?}");
            assert!(!answer.body.to_lowercase().contains(&word), "{what} {answer:?}");
        }
    }

    /// Records what comes from the record of this number, in every way.
    fn record(&self) {
        let source = json!({ "system": "sis", "key": NUMBER });
        let mut first = site(1);
        first["source"] = source.clone();
        self.clean(("POST", "sites", 11), &first.to_string(), 201);
        // Repeated, in the way of another, misspelt, and at the wrong place.
        self.clean(("POST", "sites", 11), &first.to_string(), 200);
        self.clean(("GET", &format!("commands/{}", key_of(11)), 11), "", 200);
        let mut other = site(2);
        other["source"] = source;
        self.clean(("POST", "sites", 2), &other.to_string(), 409);
        other["surplus"] = json!(1);
        self.clean(("POST", "sites", 3), &other.to_string(), 400);
        for source in [json!(NUMBER), json!([NUMBER]), json!({ "system": NUMBER, "key": 1 })] {
            other["source"] = source;
            self.clean(("POST", "sites", 4), &other.to_string(), 400);
            let command = json!({ "command": "register-site", "version": 1, "id": key_of(5), "body": site(3),
                "source": other["source"] });
            self.clean(("POST", "commands", 5), &command.to_string(), 400);
        }
        self.clean(("POST", "sites", 6), &format!("{{{NUMBER}"), 400);
    }

    /// Imports a row of this number, which is refused, and one that can't be read.
    fn import(&self) {
        self.clean(("POST", "imports", 7), &json!({ "format": "deliveries" }).to_string(), 201);
        let import = format!("imports/{}", key_of(7));
        let row = format!("{NUMBER},2026-03-02,MOU-7,1,tutoring,student-supports,2,45,12\n");
        let odd = format!("{NUMBER},never,MOU-7,1,tutoring,student-supports,2,45,12\n{NUMBER}\n");
        self.clean(("PUT", &format!("{import}/data"), 7), &format!("{HEADER}{row}{odd}"), 200);
        self.clean(("POST", &format!("{import}/check"), 7), "", 202);
        let told = self.clean(("GET", &format!("{import}/live"), 7), "", 200);
        assert!(told.body.contains("\"refused\":3"), "{told:?}");
        for end in ["", "/errors.csv", "/report.csv", "/data"] {
            self.clean(("GET", &format!("{import}{end}"), 7), "", 200);
        }
    }
}

#[test]
fn a_secret_and_a_student_s_number_are_found_in_no_answer_no_figure_no_event_and_no_line_of_the_log() {
    let lines = "admin.listen = \"127.0.0.1:0\"\ntelemetry.level = \"debug\"";
    let gateway = two_ledgers_with(lines);
    let (token, _) = token(&gateway, &[LEDGER], &["read", "write", "webhooks:write"]);
    let secret = token.rsplit('.').next().unwrap().to_owned();
    let mut asker = Asker { gateway, token, words: vec![NUMBER.to_owned(), secret] };
    let webhook = json!({ "url": "https://example.org/hook", "scheme": "v1" }).to_string();
    let made = asker.clean(("POST", "webhooks", 8), &webhook, 201);
    // Told once, to who made it.
    asker.words.push(made.json()["secret"].as_str().unwrap().to_owned());
    asker.record();
    asker.import();
    let mut looked_at = 0;
    for operation in operations(&asker.gateway).iter().filter(|operation| operation.method == "GET") {
        for id in [
            key_of(7),
            site(1)["id"].as_str().unwrap().to_owned(),
            made.json()["id"].as_str().unwrap().to_owned(),
        ] {
            let operation =
                Operation { template: operation.template.replace("{id}", &id), ..operation.clone() };
            let answer = operation.ask(&asker.gateway, &bearer(&asker.token), "");
            asker.finds_nothing(&answer, &operation.template);
            looked_at += 1;
        }
    }
    assert!(looked_at > 200, "{looked_at}");
    let events = asker.clean(("GET", "events?page_size=500", 9), "", 200).json();
    assert!(events["events"].as_array().is_some_and(|events| events.len() > 2), "{events}");
    // A token that is nearly right is told nothing of itself.
    let nearly = asker.token.replace(LEDGER, "nowhere-usd");
    for headers in [
        bearer(&nearly),
        format!("Authorization: {}\r\n", asker.token),
        format!("Cookie: {}\r\n", asker.token),
    ] {
        let answer = asker.gateway.get_with(&format!("/v1/{LEDGER}/head"), &headers);
        assert_eq!(answer.status, 401);
        asker.finds_nothing(&answer, "head");
    }
    let admin = Port::of_admin(asker.gateway.server());
    for path in ["/metrics", "/health/ready", "/health/live"] {
        let answer = admin.get(path);
        assert_ne!(answer.body, "");
        asker.finds_nothing(&answer, path);
    }
    let Asker { gateway, words, .. } = asker;
    for line in gateway.stopped() {
        assert!(!words.iter().any(|word| line.contains(word)), "{line}");
    }
}

#[test]
fn the_key_of_a_record_is_in_no_file_of_the_ledger() {
    let gateway = Gateway::start();
    let mut first = site(1);
    first["source"] = json!({ "system": "sis", "key": NUMBER });
    assert_eq!(gateway.record(&format!("/v1/{LEDGER}/sites"), 2, &first).status, 201);
    let folder = gateway.stop();
    let (mut paths, mut looked_at) = (vec![folder.path().to_owned()], 0);
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            assert!(
                !bytes.windows(NUMBER.len()).any(|found| found == NUMBER.as_bytes()),
                "{}",
                path.display()
            );
            looked_at += 1;
        }
    }
    assert!(looked_at > 3, "{looked_at}");
}
