//! `POST /oauth/token`: a short-lived pass for a key, by OAuth 2.0's client credentials grant (RFC 6749 section 4.4).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use uuid::Uuid;

use super::tokens::PASS_SECONDS;
use super::{Peer, Presented, Refused, not_valid};
use crate::Shared;
use crate::body::{must_be, whole};
use crate::problem::Problem;

const FORM_BYTES_MAX: usize = 4096;

/// Gives a pass. What is wrong is told as OAuth says (section 5.2), not as a problem: its clients know only that.
pub(crate) async fn token(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    must_be(&headers, &["application/x-www-form-urlencoded"])?;
    let form = whole(body, FORM_BYTES_MAX, shared.limits.body).await?;
    let form: Vec<(String, String)> = form_urlencoded::parse(&form).into_owned().collect();
    let field = |name: &str| form.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
    match field("grant_type") {
        Some("client_credentials") => {}
        Some(_) => return Ok(refused(StatusCode::BAD_REQUEST, "unsupported_grant_type")),
        None => return Ok(refused(StatusCode::BAD_REQUEST, "invalid_request")),
    }
    let client = match basic(&headers) {
        Some((id, secret)) => Presented::client(&id, &secret),
        None => field("client_id")
            .zip(field("client_secret"))
            .and_then(|(id, secret)| Presented::client(id, secret)),
    };
    let is_known = client.as_ref().is_some_and(|client| shared.tokens.knows(client));
    let id = client.as_ref().map(|client| client.id);
    let passed = shared.looked_at(peer, is_known, async {
        let client = client.ok_or_else(|| not_valid("no client id and secret of ours came"))?;
        // Not out of the token's own: whoever knows its id could keep it from working.
        let own = format!("pass of {}", client.id);
        shared.rate.take(&own).map_err(|seconds| shared.too_many_requests(seconds))?;
        shared.tokens.pass(&client).await
    });
    match passed.await {
        Ok(pass) => {
            let told = json!({ "access_token": pass, "token_type": "Bearer", "expires_in": PASS_SECONDS });
            Ok(Json(told).into_response())
        }
        Err(problem) if problem.status == 401 => {
            Ok(invalid(id, problem.because.unwrap_or("no valid client")))
        }
        Err(problem) => Err(problem),
    }
}

fn refused(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}

/// The one answer to whoever is no client of ours; the log learns why.
fn invalid(token: Option<Uuid>, why: &'static str) -> Response {
    let mut response = refused(StatusCode::UNAUTHORIZED, "invalid_client");
    let basic = axum::http::HeaderValue::from_static("Basic realm=\"hubledger\"");
    response.headers_mut().insert("www-authenticate", basic);
    response.extensions_mut().insert(Refused { is_known: false, token, why });
    response
}

/// Client id and secret from the header; both are form-encoded in it.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}
