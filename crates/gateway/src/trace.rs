//! Which request a question is asked for. It goes along to the roles behind and into their logs, and never into an event.

use axum::http::HeaderMap;

/// Requests of a group that its trace names.
const NAMED_MAX: usize = 3;
/// Length of a `traceparent` of version 00 (W3C Trace Context).
const TRACEPARENT_LENGTH: usize = 55;

/// The request that a question is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trace {
    /// Its id; the first few, joined by commas, where a question is asked for several.
    pub request: Option<String>,
    /// Where it belongs in a trace of others, as W3C writes it.
    pub traceparent: Option<String>,
}

tokio::task_local! {
    /// Of the request that is being answered.
    static NOW: Trace;
}

impl Trace {
    /// Of a request with this id.
    pub(crate) fn of(request: &str, headers: &HeaderMap) -> Self {
        let given = headers.get("traceparent").and_then(|value| value.to_str().ok());
        let traceparent = given.filter(|given| is_traceparent(given)).map(str::to_owned);
        Self { request: Some(request.to_owned()), traceparent }
    }

    /// Of a question that is asked for all of these.
    pub(crate) fn of_group(traces: &[Self]) -> Self {
        let named: Vec<&str> = traces.iter().filter_map(|trace| trace.request.as_deref()).collect();
        let mut request = named.iter().take(NAMED_MAX).copied().collect::<Vec<_>>().join(",");
        if named.len() > NAMED_MAX {
            request.push_str(&format!(",+{}", named.len() - NAMED_MAX));
        }
        let traceparent = traces.iter().find_map(|trace| trace.traceparent.clone());
        Self { request: (!request.is_empty()).then_some(request), traceparent }
    }

    /// Of the request that is being answered here; nothing outside of one.
    pub(crate) fn now() -> Self {
        NOW.try_with(Self::clone).unwrap_or_default()
    }

    /// Answers a request of this trace.
    pub(crate) async fn answering<F: Future>(self, answer: F) -> F::Output {
        NOW.scope(self, answer).await
    }
}

/// Whether it is one of version 00: nothing else is put into a header or a log.
pub fn is_traceparent(text: &str) -> bool {
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let parts: Vec<&str> = text.split('-').collect();
    let [version, trace, parent, flags] = parts.as_slice() else { return false };
    text.len() == TRACEPARENT_LENGTH
        && *version == "00"
        && hex(trace, 32)
        && hex(parent, 16)
        && hex(flags, 2)
        && trace.bytes().any(|byte| byte != b'0')
        && parent.bytes().any(|byte| byte != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(request: &str, traceparent: Option<&str>) -> Trace {
        Trace { request: Some(request.to_owned()), traceparent: traceparent.map(str::to_owned) }
    }

    #[test]
    fn a_group_is_named_by_its_first_few() {
        let all: Vec<Trace> = ["a", "b", "c", "d", "e"].map(|id| trace(id, None)).into();
        assert_eq!(Trace::of_group(&all[..2]).request.as_deref(), Some("a,b"));
        assert_eq!(Trace::of_group(&all).request.as_deref(), Some("a,b,c,+2"));
        assert_eq!(Trace::of_group(&[Trace::default()]), Trace::default());
        let traced = [trace("a", None), trace("b", Some("x")), trace("c", Some("y"))];
        assert_eq!(Trace::of_group(&traced).traceparent.as_deref(), Some("x"));
    }

    #[test]
    fn what_is_no_traceparent_is_not_passed_on() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert!(is_traceparent(good));
        let zeros = "00-00000000000000000000000000000000-00f067aa0ba902b7-01";
        for other in
            ["", "00-1-2-3", &good.to_uppercase(), &good.replacen("00", "ff", 1), zeros, &format!("{good}-")]
        {
            assert!(!is_traceparent(other), "{other}");
        }
    }
}
