//! Who asks, and whether they may: every address that is about a ledger goes through [`guard`].
//!
//! A ledger that a token may not see answers exactly as one that is not there.

pub(crate) mod oauth;
mod rate;
mod scope;
mod token;
mod tokens;

use std::sync::Arc;

use axum::extract::{RawPathParams, Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use domain::Slug;

use crate::Shared;
use crate::problem::Problem;

pub(crate) use rate::Rate;
pub(crate) use scope::{Need, Scope};
pub(crate) use token::Presented;
pub(crate) use tokens::Tokens;

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
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// The token of a request, if it brings one.
fn presented(headers: &HeaderMap) -> Result<Option<Presented>, Problem> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    let token = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let presented = token.and_then(|(_, token)| Presented::read(token.trim()));
    presented.map(Some).ok_or_else(not_valid)
}

/// The one answer to every token that is not valid, so that nobody learns why.
pub(crate) fn not_valid() -> Problem {
    Problem::new("not-authenticated", "no valid token came with the request")
}

/// The one answer for a ledger that is not there or not to be seen.
pub(crate) fn no_such_ledger() -> Problem {
    Problem::new("no-such-ledger", "there is no such ledger, or none that this token may see")
}
