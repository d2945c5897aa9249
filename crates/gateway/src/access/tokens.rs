//! Looks tokens up in the ledgers that granted them. A grant is an event like any other; the view `access` tells what
//! stands of it, with the hash of its secret.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::Slug;
use runtime::Clock;
use serde_json::Value;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;
use wire::Query;
use wire::ask::{Ask, Reply};

use super::token::{self, Proof};
use super::{Caller, Presented, Scope, no_such_ledger, not_valid};
use crate::backend::Behind;
use crate::desk::failed;
use crate::problem::Problem;
use crate::vantage::Looking;

/// How long a look-up is believed: a revoked token works for so long at most.
const BELIEVED: Duration = Duration::from_secs(2);
/// Look-ups kept.
const KEPT_MAX: usize = 10_000;
/// How long a pass lasts, in seconds.
pub(crate) const PASS_SECONDS: u64 = 30 * 60;

/// What stands of a token in a ledger.
#[derive(Debug, Clone)]
struct Grant {
    actor: String,
    hash: [u8; 32],
    scopes: Arc<[Scope]>,
    /// Last day, `YYYY-MM-DD`.
    expires: String,
}

/// What was looked up, and when.
type Kept = BTreeMap<(Slug, Uuid), (Duration, Option<Grant>)>;
/// Keys that were valid when they came last, as hashes of their secrets.
type Known = BTreeMap<(Slug, Uuid), [u8; 32]>;

/// All tokens, as far as they were looked up.
pub(crate) struct Tokens {
    backend: Behind,
    clock: Arc<dyn Clock>,
    /// Of passes; none when nobody needs a token.
    key: Option<[u8; 32]>,
    kept: Mutex<Kept>,
    known: Mutex<Known>,
}

impl Tokens {
    pub(crate) fn new(backend: Behind, clock: Arc<dyn Clock>, key: Option<[u8; 32]>) -> Self {
        Self { backend, clock, key, kept: Mutex::default(), known: Mutex::default() }
    }

    /// Who asks about the ledger of this name.
    ///
    /// # Errors
    /// When the token is not valid, or the ledger is none that it may see.
    pub(crate) async fn caller(&self, ledger: &str, presented: Option<Presented>) -> Result<Caller, Problem> {
        let ledger = ledger.parse::<Slug>().map_err(|_| no_such_ledger());
        let Some(key) = &self.key else { return ledger.map(Caller::anybody) };
        let presented = presented.ok_or_else(|| not_valid("no token came"))?;
        let at_home = self.valid(key, &presented).await?;
        let ledger = ledger?;
        let grant = match ledger == presented.home {
            true => at_home,
            // A token for several ledgers is granted in each, under the same id and secret.
            false => {
                let there = self.grant(&ledger, presented.id).await.map_err(hidden)?;
                there
                    .filter(|there| bool::from(there.hash.ct_eq(&at_home.hash)))
                    .ok_or_else(no_such_ledger)?
            }
        };
        let Grant { actor, scopes, .. } = grant;
        Ok(Caller { ledger, actor, credential: Some(presented.id.to_string()), home: presented.home, scopes })
    }

    /// Whether it is a pass of ours, or a key that was valid when it came last; told without a look-up.
    pub(crate) fn knows(&self, presented: &Presented) -> bool {
        let Presented { home, id, proof } = presented;
        match (proof, &self.key) {
            (_, None) => true,
            (Proof::Pass { until, mac }, Some(key)) => {
                token::is_ours(key, home, *id, *until, mac) && *until >= self.seconds()
            }
            (Proof::Secret(hash), Some(_)) => {
                let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                known.get(&(home.clone(), *id)).is_some_and(|known| bool::from(known.ct_eq(hash)))
            }
        }
    }

    fn learn(&self, home: &Slug, id: Uuid, valid: Option<[u8; 32]>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match valid {
            Some(hash) => {
                if known.len() >= KEPT_MAX {
                    // They are known again when they come again.
                    known.clear();
                }
                known.insert((home.clone(), id), hash);
            }
            None => drop(known.remove(&(home.clone(), id))),
        }
    }

    /// Whether a token still stands in a ledger and where it was made, as it does for whoever asks with it.
    ///
    /// # Errors
    /// When nobody can say now.
    pub(crate) async fn stands(&self, (home, ledger): (&Slug, &Slug), id: Uuid) -> Result<bool, Problem> {
        for place in [home, ledger] {
            match self.grant(place, id).await {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(false),
                Err(problem) if problem.status == 404 => return Ok(false),
                Err(problem) => return Err(problem),
            }
        }
        Ok(true)
    }

    /// A pass for who presents a key.
    ///
    /// # Errors
    /// When it is not valid.
    pub(crate) async fn pass(&self, presented: &Presented) -> Result<String, Problem> {
        let key = self.key.as_ref().ok_or_else(|| not_valid("nobody needs a token here"))?;
        if !matches!(presented.proof, Proof::Secret(_)) {
            return Err(not_valid("a pass is no key"));
        }
        self.valid(key, presented).await?;
        let pass = token::pass(key, &presented.home, presented.id, self.seconds() + PASS_SECONDS);
        pass.ok_or_else(|| not_valid("no pass could be made"))
    }

    async fn valid(&self, key: &[u8; 32], presented: &Presented) -> Result<Grant, Problem> {
        let Presented { home, id, proof } = presented;
        // Before anything is looked up, so that nobody can fill the memory with names.
        if let Proof::Pass { until, mac } = proof {
            if !token::is_ours(key, home, *id, *until, mac) {
                return Err(not_valid("the pass is not ours"));
            }
            if *until < self.seconds() {
                return Err(not_valid("the pass has ended"));
            }
        }
        let grant = match self.grant(home, *id).await {
            Ok(Some(grant)) => grant,
            Ok(None) => {
                self.learn(home, *id, None);
                return Err(not_valid("not granted, revoked or expired"));
            }
            // A ledger that is not there has granted nothing.
            Err(problem) if problem.status == 404 => return Err(not_valid("its ledger is not there")),
            Err(problem) => return Err(problem),
        };
        match proof {
            Proof::Secret(hash) if !bool::from(hash.ct_eq(&grant.hash)) => {
                Err(not_valid("the secret is another"))
            }
            Proof::Secret(hash) => {
                self.learn(home, *id, Some(*hash));
                Ok(grant)
            }
            Proof::Pass { .. } => Ok(grant),
        }
    }

    /// What stands of a token in a ledger today.
    async fn grant(&self, ledger: &Slug, id: Uuid) -> Result<Option<Grant>, Problem> {
        let place = (ledger.clone(), id);
        let now = self.clock.elapsed();
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&place).cloned();
        let grant = match kept {
            Some((at, grant)) if now.saturating_sub(at) < BELIEVED => grant,
            _ => {
                let grant = self.look_up(ledger, id).await?;
                let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() >= KEPT_MAX {
                    kept.retain(|_, (at, _)| now.saturating_sub(*at) < BELIEVED);
                }
                if kept.len() < KEPT_MAX {
                    kept.insert(place, (now, grant.clone()));
                }
                grant
            }
        };
        let today = self.today();
        Ok(grant.filter(|grant| today <= grant.expires))
    }

    async fn look_up(&self, ledger: &Slug, id: Uuid) -> Result<Option<Grant>, Problem> {
        let filters = [("token", id.to_string()), ("status", "granted".to_owned())];
        let filters = filters.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let query = Query { filters, limit: Some(1), ..Looking::default().query(ledger, "access") };
        match self.backend.ask(ledger, Ask::Query { query }).await {
            Reply::Answer { answer } => Ok(answer.rows.first().and_then(Grant::read)),
            reply => Err(failed(reply)),
        }
    }

    fn seconds(&self) -> u64 {
        u64::try_from(self.clock.now().0 / 1_000_000).unwrap_or(0)
    }

    /// In UTC: a token ends at the same moment for every gateway.
    fn today(&self) -> String {
        runtime::calendar_day("UTC", self.clock.now()).map(|day| day.to_string()).unwrap_or_default()
    }
}

/// What a ledger that the token has no part in says is not told.
fn hidden(problem: Problem) -> Problem {
    if problem.status == 404 { no_such_ledger() } else { problem }
}

impl Grant {
    /// Of a row of the view `access`.
    fn read(row: &Value) -> Option<Self> {
        let text = |column: &str| row.get(column).and_then(Value::as_str);
        let scopes = row.get("scopes")?.as_array()?.iter().filter_map(Value::as_str);
        Some(Self {
            actor: text("actor")?.to_owned(),
            hash: token::decoded(text("secret_hash")?)?,
            scopes: scopes.filter_map(|scope| scope.parse().ok()).collect(),
            expires: text("expires")?.to_owned(),
        })
    }
}
