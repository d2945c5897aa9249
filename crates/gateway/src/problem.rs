//! What went wrong, as RFC 9457 problem details. Every kind is a line of one table and a page that says cause and cure.

mod rules;
mod table;

use axum::http::header::{CONTENT_TYPE, ETAG, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use wire::RefusalReply;

pub(crate) use table::{Kind, Line, every, kind};

/// Media type of a problem.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// One thing that is wrong with a request, or with its answer. Boxed: nearly every function may give one, and hardly
/// any does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem(Box<Details>);

/// The members of a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Details {
    /// `/problems/<code>`.
    pub(crate) r#type: String,
    /// The same for all problems of a kind.
    pub(crate) title: String,
    /// Of the answer.
    pub(crate) status: u16,
    /// This time.
    pub(crate) detail: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    /// Where in what was sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<Pointed>,
    /// Position of an earlier event that stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) position: Option<u64>,
    /// The request that it is about; the log names it too.
    #[serde(rename = "requestId", skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    /// As which the thing stands that a change was meant for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) etag: Option<String>,
    #[serde(skip)]
    retry_after: Option<u32>,
    /// For the log alone.
    #[serde(skip)]
    pub(crate) because: Option<&'static str>,
}

/// A place in what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Pointed {
    /// JSON pointer (RFC 6901) into the body, or the name of a parameter or header.
    pub(crate) pointer: String,
    /// The problem's code.
    pub(crate) code: String,
    /// A sentence.
    pub(crate) detail: String,
}

impl Problem {
    /// Of this kind. A code that nobody knows is a defect of ours and is told as one.
    pub(crate) fn new(code: &str, detail: impl Into<String>) -> Self {
        let (code, status, title, retry_after) = match kind(code) {
            Some(kind) => (kind.code, kind.status, kind.title.as_ref(), kind.retry_after),
            None => ("internal", 500, "Something unexpected failed", None),
        };
        Self(Box::new(Details {
            r#type: format!("/problems/{code}"),
            title: title.to_owned(),
            status,
            detail: detail.into(),
            hint: None,
            errors: Vec::new(),
            position: None,
            request_id: None,
            etag: None,
            retry_after,
            because: None,
        }))
    }

    /// What should not have failed.
    pub(crate) fn defect(error: impl std::fmt::Display) -> Self {
        Self::new("internal", error.to_string())
    }

    /// The same with what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The same with the place that it is about.
    pub(crate) fn at(mut self, pointer: impl Into<String>) -> Self {
        let (code, detail) = (self.code().to_owned(), self.0.detail.clone());
        self.0.errors.push(Pointed { pointer: pointer.into(), code, detail });
        self
    }

    /// The same, to be repeated after so many seconds.
    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// The same with why, for the log alone.
    pub(crate) fn because(mut self, why: &'static str) -> Self {
        self.0.because = Some(why);
        self
    }

    /// The same with the tag of the thing as it is now.
    pub(crate) fn etag(mut self, tag: String) -> Self {
        self.0.etag = Some(tag);
        self
    }

    /// The same, of the request with this id.
    pub(crate) fn of_request(mut self, id: &str) -> Self {
        self.0.request_id = Some(id.to_owned());
        self
    }

    /// HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The code of its kind.
    pub(crate) fn code(&self) -> &str {
        self.0.r#type.rsplit('/').next().unwrap_or_default()
    }

    /// As the answer that is sent.
    pub(crate) fn render(&self) -> Response {
        let body = serde_json::to_vec(self.0.as_ref()).unwrap_or_default();
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = self.0.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(Ok(tag)) = self.0.etag.as_deref().map(HeaderValue::from_str) {
            headers.insert(ETAG, tag);
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            headers.insert("www-authenticate", HeaderValue::from_static("Bearer realm=\"hubledger\""));
        }
        response
    }
}

/// Many in one body, and tests, look at the members.
impl std::ops::Deref for Problem {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

/// What a rule, or a role behind, refuses.
impl From<RefusalReply> for Problem {
    fn from(refusal: RefusalReply) -> Self {
        let RefusalReply { code, message, hint, field, position } = refusal;
        let mut problem = Self::new(&code, message);
        (problem.0.hint, problem.0.position) = (hint, position);
        match field {
            Some(field) => problem.at(field),
            None => problem,
        }
    }
}

/// The edge renders it, with the request's id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
