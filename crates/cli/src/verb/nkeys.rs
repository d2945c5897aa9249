//! `nkeys`: a secret for each role that signs in to NATS, and their public halves for the server.
//!
//! `config/nats/users.conf` says what each role may do and holds no secret; it reads `public.conf`.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use journal::jetstream::Identity;
use runtime::{Random, SystemRandom};
use serde_json::{Map, Value};

use crate::args::Nkeys;
use crate::client::journal_error;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::Output;

/// Every user of `config/nats/users.conf`, with what it is for.
const ROLES: [(&str, &str); 8] = [
    ("all", "hubledger serve all"),
    ("recorder", "hubledger serve recorder"),
    ("projector", "hubledger serve projector"),
    ("gateway", "hubledger serve gateway"),
    ("courier", "hubledger serve courier"),
    ("client", "records and asks, through the services"),
    ("operator", "reads the log and asks views; records nothing"),
    ("migrations", "the only one that may change or delete streams"),
];

/// Makes what is missing and tells the public halves of all.
pub(crate) fn run(nkeys: &Nkeys, output: Output) -> Result<Exit, Error> {
    let dir = &nkeys.dir;
    std::fs::create_dir_all(dir).map_err(|error| Error::file(dir, &error))?;
    let mut rows = Vec::new();
    let mut conf =
        String::from("# Made by `hubledger nkeys`. Public halves only; the secrets are beside it.\n");
    for (role, purpose) in ROLES {
        let path = dir.join(format!("{role}.nk"));
        make(&path)?;
        let identity = Identity::load(&path).map_err(|error| journal_error(&error))?;
        let (name, public) = (role.to_uppercase(), identity.public());
        // A String takes everything.
        let _ = writeln!(conf, "NKEY_{name}: {public}\nINBOX_{name}: \"{}.>\"", identity.inbox());
        rows.push([role.to_owned(), public.to_owned(), path.display().to_string(), purpose.to_owned()]);
    }
    let path = dir.join("public.conf");
    std::fs::write(&path, conf).map_err(|error| Error::file(&path, &error))?;
    if output.json {
        let member = |[role, public, file, _]: [String; 4]| {
            (role, Value::from_iter([("public", Value::from(public)), ("file", file.into())]))
        };
        output.document(&rows.into_iter().map(member).collect::<Map<_, _>>())?;
    } else {
        output.table(&["role", "public", "file", "for"], rows.into_iter().map(Vec::from))?;
    }
    Ok(Exit::Ok)
}

/// A seed in a file for its owner alone, unless there is one.
fn make(path: &Path) -> Result<(), Error> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = match file {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        file => file.map_err(|error| Error::file(path, &error))?,
    };
    let random: &dyn Random = &SystemRandom;
    let identity =
        Identity::new(random.bytes()).ok_or_else(|| Error::new(Exit::Failure, "can't make an nkey"))?;
    writeln!(file, "{}", identity.seed()).map_err(|error| Error::file(path, &error))
}
