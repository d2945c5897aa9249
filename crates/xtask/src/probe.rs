//! Tries every address of the API with made-up requests, good and bad, by Schemathesis: a real server with tokens, and a
//! prober that knows only the API document.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::{python, run};

const LEDGER: &str = "madrona-usd";
const OPENING: &str = r#"{"command":"open-ledger","version":1,"id":"6f1c6a52-7f5e-4a0e-9c59-0b8e6f3f4a01","actor":"svc:probe","body":{"owner":"Madrona Unified","cds":"19992020000000","time_zone":"America/Los_Angeles","starts":"2025-07-01","policy":{"suppress_under":11,"late_days_max":400}}}"#;
/// A rule may refuse what the document allows: it knows the ledger's state.
const UNCHECKED: &str = "positive_data_acceptance";
/// It never ends, and is tested as what it is.
const ENDLESS: &str = "/events/live$";

/// Takes any bytes.
const UPLOAD: &str = "PUT /v1/{ledger}/imports/{id}/data";

/// A server that ends with this.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself, which the prober has told.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Tries them, and fails with what was found.
pub(crate) fn api() -> Result<(), String> {
    let python = python::environment("tests/gateway/requirements.txt", "target/tools/probe")?;
    run::cargo(&["build", "--quiet", "--package", "cli"], &[])?;
    let folder = run::root().join("target/tmp/probe");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let binary = run::root().join("target/debug/hubledger").display().to_string();
    // Most addresses are of a ledger, and of one that is not there they say nothing but that.
    // A file's bytes are taken as they come; what is in them is said by the check of the import.
    let settings = format!(
        "[parameters]\n\"path.ledger\" = {LEDGER:?}\n\n[[operations]]\ninclude-name = {UPLOAD:?}\n\
         checks.negative_data_rejection.enabled = false\n"
    );
    let config = folder.join("schemathesis.toml");
    std::fs::write(&config, settings).map_err(|e| format!("{}: {e}", config.display()))?;
    let (server, url) = serve(&binary, &folder)?;
    let token = token(&binary, &folder)?;
    eprintln!("== schemathesis run {url}/openapi.json");
    let mut prober = Command::new(python.with_file_name("schemathesis"));
    prober.args([
        "run",
        &format!("{url}/openapi.json"),
        "--header",
        &format!("Authorization: Bearer {token}"),
    ]);
    prober.args(["--exclude-path-regex", ENDLESS, "--exclude-checks", UNCHECKED]);
    prober.args(["--phases", "coverage,fuzzing", "--max-examples", "5", "--seed", "1"]);
    let status = prober.current_dir(&folder).status().map_err(|e| format!("it can't be run: {e}"))?;
    drop(server);
    if status.success() { Ok(()) } else { Err("the API does not keep to its document".to_owned()) }
}

/// Starts a server on this folder, and gives its address.
fn serve(binary: &str, folder: &Path) -> Result<(Serving, String), String> {
    let config = folder.join("hubledger.toml");
    let text = format!(
        "data = {:?}\n[gateway]\nlisten = \"127.0.0.1:0\"\nrequests_per_second = 100000\n\
         exports_per_minute = 1000000\ninvalid_tokens_per_minute = 1000000\n",
        folder.join("data")
    );
    std::fs::write(&config, text).map_err(|e| format!("{}: {e}", config.display()))?;
    let mut command = Command::new(binary);
    command.args(["serve", "all", "--config"]).arg(&config).env("NO_COLOR", "1");
    let mut child = command.stderr(Stdio::piped()).spawn().map_err(|e| format!("{binary}: {e}"))?;
    let said = child.stderr.take().ok_or("it has no stderr")?;
    let server = Serving(child);
    let mut lines = BufReader::new(said).lines().map_while(Result::ok);
    let ready = lines.find(|line| line.contains("serving")).ok_or("the server ended at once")?;
    // Whatever it says later must be read, or it would wait.
    std::thread::spawn(move || lines.for_each(drop));
    let url = ready.split("http=\"").nth(1).and_then(|rest| rest.split('"').next());
    Ok((server, url.ok_or("the server told no address")?.to_owned()))
}

/// Opens a ledger, and makes a token that may do everything.
fn token(binary: &str, folder: &Path) -> Result<String, String> {
    let (opening, data) = (folder.join("opening.json"), folder.join("data").display().to_string());
    std::fs::write(&opening, OPENING).map_err(|e| format!("{}: {e}", opening.display()))?;
    run::output(binary, &["record", "--ledger", LEDGER, "--data", &data, &opening.display().to_string()])?;
    let scopes = ["read", "write", "access:write", "webhooks:write"];
    let scopes: Vec<&str> = scopes.iter().flat_map(|scope| ["--scope", scope]).collect();
    let new =
        ["token", "new", "--ledger", LEDGER, "--data", &data, "--label", "Probe", "--actor", "svc:probe"];
    let token = run::output(binary, &[&new[..], &scopes[..]].concat())?;
    String::from_utf8(token).map(|token| token.trim().to_owned()).map_err(|e| e.to_string())
}
