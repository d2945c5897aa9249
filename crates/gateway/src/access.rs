//! Who asks, and whether they may: every address that is about a ledger goes through [`guard`].
//!
//! A ledger that a token may not see answers exactly as one that is not there.

mod denials;
pub(crate) mod oauth;
mod peer;
mod problems;
mod rate;
mod scope;
mod token;
mod tokens;
mod uses;

use std::sync::Arc;

use axum::Extension;
use axum::extract::{RawPathParams, Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use domain::Slug;
use uuid::Uuid;

use crate::Shared;
use crate::problem::Problem;

pub(crate) use denials::{Denials, Denied};
pub(crate) use peer::Peer;
pub(crate) use problems::PROBLEMS;
pub(crate) use rate::Rate;
pub(crate) use scope::{Need, Scope};
pub(crate) use token::Presented;
pub(crate) use tokens::Tokens;
pub(crate) use uses::Uses;

/// Who asks, once it is known.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The ledger that is asked about.
    pub(crate) ledger: Slug,
    /// The principal that commands name, such as `svc:madrona-sis`.
    pub(crate) actor: String,
    /// Id of the token; none where nobody needs one.
    pub(crate) credential: Option<String>,
    /// The ledger that the token was made in.
    pub(crate) home: Slug,
    scopes: Arc<[Scope]>,
}

impl Caller {
    /// Whoever comes, where no token is needed.
    pub(crate) fn anybody(ledger: Slug) -> Self {
        let scopes = Arc::new([Scope::READ, Scope::WRITE, Scope::webhooks()]);
        Self { home: ledger.clone(), ledger, actor: "usr:local".to_owned(), credential: None, scopes }
    }

    /// Whether the token covers this.
    ///
    /// # Errors
    /// When it does not; the problem names the scope.
    pub(crate) fn may(&self, need: Need) -> Result<(), Problem> {
        if self.scopes.iter().any(|scope| scope.covers(need)) {
            return Ok(());
        }
        Err(Problem::new(
            "not-allowed",
            format!("this needs the scope {need}, which the token does not have"),
        ))
    }

    /// Whether the token covers this command; one that nobody knows is refused later, by name.
    ///
    /// # Errors
    /// When it does not.
    pub(crate) fn may_command(&self, name: &str) -> Result<(), Problem> {
        match crate::things::of_command(name) {
            Some(collection) => self.may(Need { what: collection.name, writes: true }),
            None => Ok(()),
        }
    }
}

/// What an address needs, beside the state.
#[derive(Clone)]
pub(crate) struct Guarded {
    pub(crate) shared: Arc<Shared>,
    pub(crate) need: Need,
    /// Whether it carries a ledger away.
    pub(crate) exports: bool,
}

/// Lets through who may, with [`Caller`] beside the request.
pub(crate) async fn guard(
    State(Guarded { shared, need, exports }): State<Guarded>,
    Extension(peer): Extension<Peer>,
    path: RawPathParams,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let named = path.iter().find(|(name, _)| *name == "ledger").map_or("", |(_, ledger)| ledger);
    let caller = shared.caller(named, peer, request.headers()).await?;
    let token = caller.credential.as_deref().unwrap_or_default();
    shared.rate.take(token).map_err(|seconds| shared.too_many_requests(seconds))?;
    caller.may(need)?;
    // Where nobody needs a token none can be stolen.
    if exports && caller.credential.is_some() {
        shared.exports.take(token).map_err(|seconds| shared.too_many_exports(seconds))?;
    }
    let used = caller.credential.clone().map(|token| (caller.ledger.clone(), token));
    request.extensions_mut().insert(caller);
    // Beside the answer, so that nobody waits for it.
    let noted = async {
        if let Some((ledger, token)) = used {
            shared.uses.note(&ledger, &token).await;
        }
    };
    Ok(tokio::join!(next.run(request), noted).0)
}

impl Shared {
    /// Who asks about the ledger of this name. From where many tokens came that are not valid, only those that are known
    /// are looked at.
    async fn caller(&self, ledger: &str, peer: Peer, headers: &HeaderMap) -> Result<Caller, Problem> {
        let presented = presented(headers);
        let is_known = match &presented {
            Ok(Some(presented)) => self.tokens.knows(presented),
            // No token is no try of one.
            Ok(None) => true,
            Err(_) => false,
        };
        self.looked_at(peer, is_known, async { self.tokens.caller(ledger, presented?).await }).await
    }

    fn too_many_requests(&self, seconds: u32) -> Problem {
        let what = format!("this token may send {} requests a second", self.requests_per_second);
        Problem::new("too-many-requests", what).retry_after(seconds)
    }

    fn too_many_exports(&self, seconds: u32) -> Problem {
        let what = format!("this token may ask for {} exports a minute", self.exports_per_minute);
        Problem::new("too-many-exports", what).retry_after(seconds)
    }
}

/// Who was refused, for the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refused {
    /// Whether the token is valid, and only not for this.
    pub(crate) is_known: bool,
    /// The token, where it came in another place than its own header.
    pub(crate) token: Option<Uuid>,
    /// In a few words, which are nobody's secret.
    pub(crate) why: &'static str,
}

impl Refused {
    /// Whether this answer refuses access.
    pub(crate) fn of(response: &Response) -> Option<Self> {
        let extensions = response.extensions();
        let problem = || {
            let problem = extensions.get::<Problem>()?;
            let (why, is_known) = match problem.code() {
                "not-authenticated" => ("no valid token", false),
                "not-allowed" => ("the scopes do not cover it", true),
                "no-such-ledger" => ("no such ledger for it", true),
                // Those who are let in have no further reason.
                "too-many-requests" => ("too many requests", problem.because.is_none()),
                "too-many-exports" => {
                    ("more exports than one may have; is the token in the right hands?", true)
                }
                _ => return None,
            };
            Some(Self { is_known, token: None, why: problem.because.unwrap_or(why) })
        };
        extensions.get::<Self>().copied().or_else(problem)
    }
}

/// The id of the token that a request brings, valid or not.
pub(crate) fn token_of(headers: &HeaderMap) -> Option<Uuid> {
    presented(headers).ok().flatten().map(|presented| presented.id)
}

/// The token of a request, if it brings one.
fn presented(headers: &HeaderMap) -> Result<Option<Presented>, Problem> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = all.next() else { return Ok(None) };
    // Who stands before us may have looked at the other one.
    if all.next().is_some() {
        return Err(not_valid("two tokens came"));
    }
    let text = value.to_str().unwrap_or_default();
    let token = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let presented = token.and_then(|(_, token)| Presented::read(token.trim()));
    presented.map(Some).ok_or_else(|| not_valid("it is no token of ours"))
}

/// The one answer to every token that is not valid, so that nobody learns why; the log does.
pub(crate) fn not_valid(why: &'static str) -> Problem {
    Problem::new("not-authenticated", "no valid token came with the request").because(why)
}

/// The one answer for a ledger that is not there or not to be seen.
pub(crate) fn no_such_ledger() -> Problem {
    Problem::new("no-such-ledger", "there is no such ledger, or none that this token may see")
}
