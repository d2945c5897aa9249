//! `token`: makes, lists and revokes the tokens by which programs speak to the gateway.
//!
//! A token is made here and printed once. The ledger gets the SHA-256 of its secret, and nobody keeps the secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Slug;
use domain::access::{Granted, Revoked};
use jiff::ToSpan as _;
use jiff::civil::Date;
use journal::AnyBucket;
use journal::bucket::{self, Folder};
use runtime::{Clock as _, Random, SystemClock, SystemRandom};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use wire::{Outcome, Query, RefusalReply};

use crate::args::{Token, TokenAct, TokenList, TokenNew, TokenRevoke};
use crate::client::{Client, Purpose};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::{Output, columns};

/// Does what is asked. No ledger is made here, so a data directory must be there.
pub(crate) async fn run(token: &Token, output: Output) -> Result<Exit, Error> {
    let place = match &token.act {
        TokenAct::New(TokenNew { place, .. })
        | TokenAct::List(TokenList { place, .. })
        | TokenAct::Revoke(TokenRevoke { place, .. }) => place,
    };
    let client = Client::connect(place, Purpose::Ask, output).await?;
    let done = match &token.act {
        TokenAct::New(new) => grant(&client, new, output).await,
        TokenAct::List(list) => tell(&client, list, output).await,
        TokenAct::Revoke(revoke) => withdraw(&client, revoke, output).await,
    };
    client.close().await;
    done
}

async fn grant(client: &Client, new: &TokenNew, output: Output) -> Result<Exit, Error> {
    let (id, secret, today) = (random_id(), random::<32>(), today()?);
    let after = |days: i64| today.saturating_add(days.days());
    let granted = Granted {
        label: new.label.clone(),
        actor: new.actor.clone(),
        scopes: new.scopes.clone(),
        secret_hash: URL_SAFE_NO_PAD.encode(Sha256::digest(secret)),
        expires: after(new.days),
    };
    let ledgers = once(&new.ledgers);
    let grant = Act::new("grant-access", &new.by, id, json!(granted));
    // Asked first of all ledgers, so that what one of them refuses is granted in none.
    for ledger in &ledgers {
        if let Some(old) = new.replaces {
            let act = Act::new("revoke-access", &new.by, old, json!(Revoked { reason: "rotated".into() }));
            accepted(ledger, act.send(client, ledger, today, true).await?)?;
        }
        accepted(ledger, grant.send(client, ledger, today, true).await?)?;
    }
    let mut done: Vec<&Slug> = Vec::new();
    for ledger in &ledgers {
        let sent = grant.send(client, ledger, today, false).await;
        let outcome = sent.and_then(|outcome| {
            accepted(ledger, outcome.clone())?;
            Ok(outcome)
        });
        known(client, ledger, outcome.map_err(|error| halfway(error, &done, ledger, id))?).await;
        done.push(ledger);
    }
    let home = ledgers.first().map_or("", |ledger| ledger.as_str());
    let token = format!("hubkey.{home}.{id}.{}", URL_SAFE_NO_PAD.encode(secret));
    let revoke_by = new.replaces.map(|old| (old, after(new.overlap_days)));
    if output.json {
        let mut told = json!({ "token": token, "id": id, "ledgers": ledgers, "expires": granted.expires });
        if let (Some((old, day)), Some(told)) = (revoke_by, told.as_object_mut()) {
            told.insert("replaces".to_owned(), json!({ "id": old, "revoke_by": day }));
        }
        output.document(&told)?;
    } else {
        output.line(&token)?;
    }
    output.say(format!(
        "granted in {} until {}; the token is kept nowhere and can't be shown again",
        names(&ledgers),
        granted.expires
    ));
    if let Some((old, day)) = revoke_by {
        output.say(format!("once it is in use, by {day}: {}", revoking(&ledgers, old, "rotated")));
    }
    Ok(Exit::Ok)
}

/// Waits until the view that gateways ask has the token, so that whoever is given it can use it. Where nobody answers
/// that, it is granted all the same.
async fn known(client: &Client, ledger: &Slug, outcome: Outcome) {
    if let Outcome::Receipt(receipt) | Outcome::Repeated(receipt) = outcome {
        let position = receipt.positions.last().copied().unwrap_or_default();
        let query = Query { min_position: Some((receipt.epoch, position)), limit: Some(1), ..access(ledger) };
        let _ = client.query(query).await;
    }
}

/// What to do about a token that some ledgers have and others may not: nobody has its secret, so it goes.
fn halfway(error: Error, done: &[&Slug], doubtful: &Slug, id: Uuid) -> Error {
    let (what, why, _) = error.parts();
    let had: Vec<Slug> = done.iter().copied().chain([doubtful]).cloned().collect();
    let told = Error::new(error.exit(), format!("the token may be granted in {} only: {what}", names(&had)));
    let told = if let Some(why) = why { told.why(why) } else { told };
    told.hint(format!("revoke it, then make another: {}", revoking(&had, id, "other")))
}

fn revoking(ledgers: &[Slug], id: Uuid, reason: &str) -> String {
    let named: String = ledgers.iter().map(|ledger| format!(" --ledger {ledger}")).collect();
    format!("hubledger token revoke{named} --id {id} --reason {reason}")
}

/// A question to the view of tokens.
fn access(ledger: &Slug) -> Query {
    Query {
        ledger: ledger.clone(),
        view: "access".to_owned(),
        filters: Default::default(),
        as_of: None,
        valid_on: None,
        min_position: None,
        limit: None,
        wait: None,
    }
}

async fn tell(client: &Client, list: &TokenList, output: Output) -> Result<Exit, Error> {
    let mut rows = client.query(access(&list.ledger)).await?.rows;
    for row in rows.iter_mut().filter_map(Value::as_object_mut) {
        row.remove("secret_hash");
    }
    last_used(list, &mut rows).await;
    if output.json {
        output.document(&json!({ "ledger": list.ledger, "tokens": rows }))?;
    } else if rows.is_empty() {
        output.say(format!("no token was ever granted in {}", list.ledger));
    } else {
        let (header, rows) = columns(&rows, views::view("access").map_or(&[], |view| view.columns()));
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        output.table(&header, rows)?;
    }
    Ok(Exit::Ok)
}

/// Adds the day on which each token was used last, where gateways note it in this directory. Beside NATS they note it
/// there, for themselves, and tell it over HTTP.
async fn last_used(list: &TokenList, rows: &mut [Value]) {
    let data = &list.place.data;
    if list.place.nats.is_some() || !data.join("buckets").join(bucket::TOKENS.name).is_dir() {
        return;
    }
    let Ok(folder) = Folder::open(data, bucket::TOKENS) else { return };
    let uses = AnyBucket::Folder(folder);
    for row in rows.iter_mut().filter_map(Value::as_object_mut) {
        let Some(token) = row.get("token").and_then(Value::as_str) else { continue };
        let entry = uses.get(&format!("{}.{token}", list.ledger)).await.ok().flatten();
        let day = entry.and_then(|entry| String::from_utf8(entry.value.to_vec()).ok());
        row.insert("last_used".to_owned(), day.into());
    }
}

/// Goes on where one ledger refuses: in the others the token is just as lost.
async fn withdraw(client: &Client, revoke: &TokenRevoke, output: Output) -> Result<Exit, Error> {
    let (id, today) = (revoke.id, today()?);
    let (mut revoked, mut refused) = (Vec::new(), Vec::new());
    for ledger in &once(&revoke.ledgers) {
        let said = json!(Revoked { reason: revoke.reason.clone() });
        let act = Act::new("revoke-access", &revoke.by, id, said);
        match act.send(client, ledger, today, false).await? {
            Outcome::Refusal(RefusalReply { code, message, .. }) => {
                if !output.json {
                    output.line(format!("refused    {ledger}: {message} ({code})"))?;
                }
                refused.push(json!({ "ledger": ledger, "code": code, "message": message }));
            }
            _ => {
                if !output.json {
                    output.line(format!("revoked    {ledger}"))?;
                }
                revoked.push(ledger.clone());
            }
        }
    }
    if output.json {
        output.document(&json!({ "id": id, "revoked": revoked, "refused": refused }))?;
    }
    Ok(if refused.is_empty() { Exit::Ok } else { Exit::Refused })
}

/// An act upon a token, on a day that is still to be found.
struct Act<'a> {
    command: &'static str,
    /// Of the command, so that sending it again records it once.
    id: Uuid,
    by: &'a str,
    token: Uuid,
    details: Value,
}

impl<'a> Act<'a> {
    fn new(command: &'static str, by: &'a str, token: Uuid, details: Value) -> Self {
        Self { command, id: random_id(), by, token, details }
    }

    /// Sends it for today. Where it is still yesterday, as west of Greenwich in the evening, the ledger refuses a day
    /// that is to come, and the day before is today.
    async fn send(&self, client: &Client, ledger: &Slug, today: Date, dry: bool) -> Result<Outcome, Error> {
        let outcome = self.send_for(client, ledger, today, dry).await?;
        match &outcome {
            Outcome::Refusal(reply) if reply.code == "date-in-future" => {
                self.send_for(client, ledger, today.saturating_sub(1.day()), dry).await
            }
            _ => Ok(outcome),
        }
    }

    async fn send_for(&self, client: &Client, ledger: &Slug, day: Date, dry: bool) -> Result<Outcome, Error> {
        let body = json!({ "id": self.token, "effective": day, "details": self.details });
        let command = json!({
            "command": self.command, "version": 1, "id": self.id, "actor": self.by, "dryrun": dry, "body": body,
        });
        let outcomes = client.submit(ledger, &[serde_json::value::to_raw_value(&command)?]).await?;
        let none = || Error::new(Exit::Failure, "the server answered nothing");
        outcomes.into_iter().next().ok_or_else(none)
    }
}

/// A refusal is what stands in the way of a token, and so no result.
fn accepted(ledger: &Slug, outcome: Outcome) -> Result<(), Error> {
    let Outcome::Refusal(refusal) = outcome else { return Ok(()) };
    let error = Error::new(Exit::Refused, format!("{ledger} refuses it ({})", refusal.code));
    let error = error.why(refusal.message);
    Err(if let Some(hint) = refusal.hint { error.hint(hint) } else { error })
}

/// As they were named, each once.
fn once(ledgers: &[Slug]) -> Vec<Slug> {
    let mut once: Vec<Slug> = Vec::new();
    for ledger in ledgers {
        if !once.contains(ledger) {
            once.push(ledger.clone());
        }
    }
    once
}

fn names(ledgers: &[Slug]) -> String {
    ledgers.iter().map(Slug::as_str).collect::<Vec<_>>().join(", ")
}

fn random_id() -> Uuid {
    uuid::Builder::from_random_bytes(random()).into_uuid()
}

fn random<const N: usize>() -> [u8; N] {
    let random: &dyn Random = &SystemRandom;
    random.bytes()
}

/// In UTC, by which the gateway also ends tokens.
fn today() -> Result<Date, Error> {
    runtime::calendar_day("UTC", SystemClock::default().now())
        .ok_or_else(|| Error::new(Exit::Failure, "the machine's clock shows no day"))
}
