//! What an address is, and the router of all. They stand in one list, of which the API document is made, too, so neither
//! has what the other has not.

mod list;

use std::sync::Arc;

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use axum::{Extension, Router, middleware};

use crate::access::{Guarded, Need, guard};
use crate::parameters::none_is_taken;
use crate::things::Taken;
use crate::vantage::preferred;
use crate::{Shared, edge};

pub(crate) use list::routes;

/// An address under one method.
pub(crate) struct Route {
    pub(crate) method: Method,
    /// With parameters in braces.
    pub(crate) path: String,
    /// Its name in generated clients; no two are alike.
    pub(crate) operation: String,
    /// One sentence.
    pub(crate) summary: String,
    /// What of a ledger it is about, as scopes name it; nothing where anybody may ask.
    what: Option<&'static str>,
    /// Names of its parameters, which the API document describes.
    pub(crate) parameters: &'static [&'static str],
    /// What it takes.
    pub(crate) takes: Takes,
    /// What it gives.
    pub(crate) gives: Gives,
    /// What answers.
    handler: MethodRouter<Arc<Shared>>,
}

impl Route {
    /// An address that takes neither parameters nor a body, and gives some object.
    pub(crate) fn new<H: Handler<T, Arc<Shared>>, T: 'static>(
        (method, path, what): (Method, &str, Option<&'static str>),
        (operation, summary): (&str, &str),
        handler: H,
    ) -> Self {
        Self {
            method,
            path: path.to_owned(),
            operation: operation.to_owned(),
            summary: summary.to_owned(),
            what,
            parameters: &[],
            takes: Takes::Nothing,
            gives: Gives::Object,
            handler: on(method.both().0, handler),
        }
    }

    /// The same with these parameters.
    pub(crate) fn with(self, parameters: &'static [&'static str]) -> Self {
        Self { parameters, ..self }
    }

    /// The same with a body.
    pub(crate) fn takes(self, takes: Takes) -> Self {
        Self { takes, ..self }
    }

    /// The same with another answer.
    pub(crate) fn gives(self, gives: Gives) -> Self {
        Self { gives, ..self }
    }

    /// The same whose handler is told what it is about.
    fn about(self, about: impl Clone + Send + Sync + 'static) -> Self {
        Self { handler: self.handler.layer(Extension(about)), ..self }
    }

    /// What the caller needs; nothing where anybody may ask.
    pub(crate) fn need(&self) -> Option<Need> {
        self.what.map(|what| Need { what, writes: self.method != Method::Get })
    }

    /// Whether it carries a ledger away, page by page or at once: what happened, what changed, reports, files of rows.
    pub(crate) const fn exports(&self) -> bool {
        matches!(self.gives, Gives::Events | Gives::Changes | Gives::Things | Gives::Report | Gives::Csv)
    }

    /// Under which heading it stands.
    pub(crate) fn tag(&self) -> &'static str {
        self.what.unwrap_or("start")
    }
}

/// How an address is asked. Whatever is not `Get` changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Put,
    Post,
    Patch,
    Delete,
}

impl Method {
    /// For the router, and as the API document writes it.
    pub(crate) const fn both(self) -> (MethodFilter, &'static str) {
        match self {
            Self::Get => (MethodFilter::GET, "get"),
            Self::Put => (MethodFilter::PUT, "put"),
            Self::Post => (MethodFilter::POST, "post"),
            Self::Patch => (MethodFilter::PATCH, "patch"),
            Self::Delete => (MethodFilter::DELETE, "delete"),
        }
    }
}

/// What a body is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Takes {
    Nothing,
    /// One command, whose name and thing stand in the address.
    Command(Taken),
    /// Commands of any kind.
    Commands,
    /// A form.
    Form,
    /// What makes an import.
    Import,
    /// A file, or a part of one.
    Data,
    /// A JSON document of this schema.
    Document(fn() -> serde_json::Value),
}

/// What an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    /// A receipt; 201 when something was made.
    Receipt,
    /// Outcomes of one or many commands.
    Outcomes,
    /// Rows of a view, in pages.
    Rows,
    /// Events, in pages.
    Events,
    /// One event.
    Event,
    /// Server-sent events.
    Stream,
    /// A report.
    Report,
    /// A head.
    Head,
    /// A thing.
    Thing,
    /// Things that no view lists, in pages.
    Things,
    /// What changed, in pages.
    Changes,
    /// Some JSON object.
    Object,
    /// A page for people.
    Page,
    /// An import.
    Import,
    /// Imports.
    Imports,
    /// Rows as CSV.
    Csv,
    /// Nothing.
    Nothing,
}

/// The router of all routes.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let mut router = Router::new();
    for route in routes() {
        let (need, exports) = (route.need(), route.exports());
        let Route { path, mut handler, parameters, .. } = route;
        if parameters.is_empty() {
            handler = handler.layer(middleware::from_fn(none_is_taken));
        }
        if parameters.contains(&"min_position") {
            handler = handler.layer(middleware::from_fn(preferred));
        }
        if let Some(need) = need {
            let guarded = Guarded { shared: shared.clone(), need, exports };
            handler = handler.layer(middleware::from_fn_with_state(guarded, guard));
        }
        router = router.route(&path, handler);
    }
    let panics = tower_http::catch_panic::CatchPanicLayer::custom(edge::panicked);
    router
        .fallback(edge::nowhere)
        .method_not_allowed_fallback(edge::other_method)
        .layer(panics)
        .layer(middleware::from_fn_with_state(shared.clone(), edge::edge))
        .with_state(shared.clone())
}
