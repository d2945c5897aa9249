//! Who asks, and whether they may: every address that is about a ledger goes through [`guard`].
//!
//! A ledger that a token may not see answers exactly as one that is not there.

pub(crate) mod oauth;
mod rate;
mod scope;
mod token;
mod tokens;
mod uses;

use std::sync::Arc;

use axum::extract::{RawPathParams, Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use domain::Slug;
use uuid::Uuid;

use crate::Shared;
use crate::problem::Problem;

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
    scopes: Arc<[Scope]>,
}

impl Caller {
    /// Whoever comes, where no token is needed.
    pub(crate) fn anybody(ledger: Slug) -> Self {
        let scopes = Arc::new([Scope::READ, Scope::WRITE, Scope::webhooks()]);
        Self { ledger, actor: "usr:local".to_owned(), credential: None, scopes }
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
}

/// Lets through who may, with [`Caller`] beside the request.
pub(crate) async fn guard(
    State(Guarded { shared, need }): State<Guarded>,
    path: RawPathParams,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let named = path.iter().find(|(name, _)| *name == "ledger").map_or("", |(_, ledger)| ledger);
    let presented = presented(request.headers())?;
    let caller = shared.tokens.caller(named, presented).await?;
    shared.rate.take(caller.credential.as_deref())?;
    caller.may(need)?;
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

/// Who was refused, for the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refused {
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
            let why = match problem.code() {
                "not-authenticated" => "no valid token",
                "not-allowed" => "the scopes do not cover it",
                "no-such-ledger" => "no such ledger for it",
                "too-many-requests" => "too many requests",
                _ => return None,
            };
            Some(Self { token: None, why: problem.because.unwrap_or(why) })
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
