//! What every request and answer goes through: an id, limits, headers that keep browsers careful, and problems written
//! out.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{ALLOW, HOST};
use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::Shared;
use crate::access::{Denied, Peer, Refused, token_of};
use crate::problem::Problem;
use crate::trace::Trace;
use crate::vantage::PREFERENCE_APPLIED;

/// Name of the header with the request's id, both ways.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id that a client may give.
const REQUEST_ID_MAX: usize = 64;

/// Headers of every answer that does not bring its own.
const CAREFUL: [(HeaderName, HeaderValue); 5] = [
    (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff")),
    (HeaderName::from_static("cache-control"), HeaderValue::from_static("no-store")),
    (HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("x-frame-options"), HeaderValue::from_static("DENY")),
    (
        HeaderName::from_static("content-security-policy"),
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
        ),
    ),
];

/// Said over TLS alone: for a year this host speaks nothing else.
const STRICT: (HeaderName, HeaderValue) =
    (HeaderName::from_static("strict-transport-security"), HeaderValue::from_static("max-age=31536000"));

/// The outermost layer.
pub(crate) async fn edge(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let id = request_id(&shared, &request);
    let method = request.method().clone();
    // The route, not the address: ids of things stay out of logs.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let trace = Trace::of(&id, request.headers());
    let traceparent = trace.traceparent.clone();
    let (token, peer) = (token_of(request.headers()), request.extensions().get::<Peer>().copied());
    let chunked = request.headers().contains_key("transfer-encoding");
    let began = shared.clock.elapsed();
    let response = match hosted(&request) {
        Ok(()) => trace.answering(next.run(request)).await,
        Err(problem) => problem.into_response(),
    };
    if let Some(refused) = Refused::of(&response) {
        let denied = Denied { request: &id, method: &method, route: &route, peer, token };
        shared.denials.note(refused, denied);
    }
    let mut response = match problem(&response) {
        Some(problem) => {
            let told = problem.of_request(&id).render();
            // A 405 says which methods there are, an upload where it goes on, a late view how long was waited for it.
            carry(&response, told)
        }
        None => response,
    };
    let status = response.status().as_u16();
    let millis = (shared.clock.elapsed() - began).as_millis();
    tracing::debug!(request = id, %method, route, status, millis, traceparent, "answered");
    let headers = response.headers_mut();
    if chunked {
        // Who stands before us may have read another length (RFC 9112 section 6.3): what follows is nobody's request.
        headers.insert("connection", HeaderValue::from_static("close"));
    }
    let strict = shared.is_secure.then_some(STRICT);
    for (name, value) in CAREFUL.into_iter().chain(strict) {
        headers.entry(name).or_insert(value);
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// Whether it says once, and so that all read it alike, whom it is for (RFC 9112 section 3.2): who stands before us may
/// have read another name.
fn hosted(request: &Request) -> Result<(), Problem> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let told = match (hosts.next(), hosts.next()) {
        (Some(host), None) if is_host(host) => return Ok(()),
        (Some(_), None) => "the header Host is no name or address with or without a port",
        (None, _) if request.version() < Version::HTTP_11 => return Ok(()),
        (None, _) => "HTTP/1.1 needs the header Host",
        (Some(_), Some(_)) => "the header Host is there more than once",
    };
    Err(Problem::new("malformed-request", told).at("Host"))
}

/// Whether it is a host and nothing around it but a port.
fn is_host(value: &HeaderValue) -> bool {
    let is_port =
        |rest: &str| rest.strip_prefix(':').unwrap_or(rest).bytes().all(|byte| byte.is_ascii_digit());
    Authority::try_from(value.as_bytes()).is_ok_and(|authority| {
        let host = authority.host();
        !host.is_empty() && authority.as_str().strip_prefix(host).is_some_and(is_port)
    })
}

/// What an answer is about that is a problem. What is refused before it comes to us, such as a path that is no UTF-8, is
/// told in plain text, and in other words than ours.
fn problem(response: &Response) -> Option<Problem> {
    if let Some(problem) = response.extensions().get::<Problem>() {
        return Some(problem.clone());
    }
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    let is_plain = kind.is_some_and(|kind| kind.starts_with("text/plain"));
    let status = response.status();
    if is_plain && status.is_client_error() {
        return Some(Problem::new("malformed-request", "the address can't be read"));
    }
    (is_plain && status.is_server_error()).then(|| Problem::new("internal", "something unexpected failed"))
}

fn carry(from: &Response, mut to: Response) -> Response {
    for name in [ALLOW, PREFERENCE_APPLIED, HeaderName::from_static(crate::imports::OFFSET)] {
        if let Some(value) = from.headers().get(&name) {
            to.headers_mut().insert(name, value.clone());
        }
    }
    to
}

/// The client's, if it is harmless in a log; otherwise a new one.
fn request_id(shared: &Shared, request: &Request) -> String {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let harmless = |id: &&str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        (1..=REQUEST_ID_MAX).contains(&id.len()) && id.bytes().all(plain)
    };
    match given.filter(harmless) {
        Some(id) => id.to_owned(),
        None => uuid::Uuid::from_bytes(shared.random.bytes()).simple().to_string(),
    }
}

/// The answer for an address that nothing has.
pub(crate) async fn nowhere() -> Response {
    Problem::new("not-found", "nothing has this address").hint("GET / lists where to begin").into_response()
}

/// The answer for a method that an address does not take.
pub(crate) async fn other_method() -> Response {
    Problem::new("method-not-allowed", "this address does not take this method").into_response()
}

/// The answer when a handler panics: a defect of ours.
pub(crate) fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a request ended in a panic");
    Problem::new("internal", "something unexpected failed").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        let is_host = |text: &str| is_host(&HeaderValue::from_str(text).unwrap());
        let good = "x hub.example.org my_host:8080 127.0.0.1:80 [::1] [2001:db8::7]:443 x:";
        assert!(good.split(' ').all(is_host));
        let bad = "|a b|x/y|x?y|x#y|u@h|h@h|u:p@h:80|x:80:80|x:a|x:-1|:80|@|[::1|::1|x\ty|http://x|x\\y|x%20y|caf\u{e9}";
        for bad in bad.split('|') {
            assert!(!is_host(bad), "{bad}");
        }
    }
}
