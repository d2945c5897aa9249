//! What a question is asked for: as headers of a NATS message, and as a line in the log of whoever answers it.

use async_nats::HeaderMap;
use domain::Slug;
use gateway::{Trace, is_traceparent};
use wire::ask::Ask;

/// Ids of requests.
const REQUEST: &str = "Hubledger-Request";
/// As W3C Trace Context names it.
const TRACEPARENT: &str = "traceparent";
/// Longest value of the first; a group's names a few ids of at most 64 bytes.
const REQUEST_MAX: usize = 256;

/// The headers of a question; none where it is asked for nobody in particular.
pub(crate) fn traced(trace: &Trace) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    let named = [(REQUEST, &trace.request), (TRACEPARENT, &trace.traceparent)];
    for (name, value) in named {
        // What can't be a header is left out; a trace is worth no question.
        if let Some(value) = value.as_deref().and_then(|value| value.parse::<async_nats::HeaderValue>().ok())
        {
            headers.insert(name, value);
        }
    }
    (!headers.is_empty()).then_some(headers)
}

/// What the headers of a question say, as far as it is harmless in a log: anybody may send one.
pub(super) fn of_headers(headers: Option<&HeaderMap>) -> Trace {
    let get =
        |name: &str| headers.and_then(|headers| headers.get(name)).map(|value| value.as_str().to_owned());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.,+".contains(&byte);
    Trace {
        request: get(REQUEST).filter(|id| id.len() <= REQUEST_MAX && id.bytes().all(plain)),
        traceparent: get(TRACEPARENT).filter(|text| is_traceparent(text)),
    }
}

/// Says that a role is asked.
pub(super) fn tell(role: &str, ledger: Option<&Slug>, ask: &Ask, Trace { request, traceparent }: &Trace) {
    let ledger = ledger.map_or("", Slug::as_str);
    tracing::debug!(role, ledger, ask = ask.name(), request, traceparent, "asked");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_comes_out_and_what_would_harm_a_log_does_not() {
        let trace = Trace {
            request: Some("a-1,b_2,+7".to_owned()),
            traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
        };
        assert_eq!(of_headers(traced(&trace).as_ref()), trace);
        assert!(traced(&Trace::default()).is_none());
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST, "x y");
        headers.insert(TRACEPARENT, "x");
        assert_eq!(of_headers(Some(&headers)), Trace::default());
        headers.insert(REQUEST, "x".repeat(REQUEST_MAX + 1).as_str());
        assert_eq!(of_headers(Some(&headers)), Trace::default());
    }
}
