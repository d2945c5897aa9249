//! Addresses of webhooks.

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, on};

use super::{change, enable, list, make, one, owed, remove, replay, requests, retry, rotate, test};
use crate::Shared;
use crate::access::Need;
use crate::route::{Gives, Route, Takes};

const ROOT: &str = "/v1/{ledger}/webhooks";
const ONE: &str = "/v1/{ledger}/webhooks/{id}";

/// All of them.
pub(crate) fn routes() -> Vec<Route> {
    let one_of = |end: &str| format!("{ONE}/{end}");
    let (get, post) = (MethodFilter::GET, MethodFilter::POST);
    let nothing = Takes::Nothing;
    vec![
        route((get, ROOT.into()), ("list-webhooks", "All webhooks"), nothing, list),
        route(
            (post, ROOT.into()),
            ("make-webhook", "A webhook that tells what is recorded from now on; shows the secret, once"),
            Takes::Document(requests::made),
            make,
        ),
        route((get, ONE.into()), ("get-webhook", "One webhook, and how far it is"), nothing, one),
        route(
            (MethodFilter::PATCH, ONE.into()),
            ("change-webhook", "Changes where it leads, what it tells, or whether it rests"),
            Takes::Document(requests::changed),
            change,
        ),
        route(
            (MethodFilter::DELETE, ONE.into()),
            ("remove-webhook", "Removes it; what was owed to it is forgotten"),
            nothing,
            remove,
        ),
        route((post, one_of("test")), ("test-webhook", "Delivers a test"), nothing, test),
        route(
            (post, one_of("rotate")),
            ("rotate-webhook", "A new secret, shown once; the old ones sign too as long as was said"),
            Takes::Document(requests::rotated),
            rotate,
        ),
        route(
            (post, one_of("enable")),
            ("enable-webhook", "Goes on where it stood, after it was disabled or paused"),
            nothing,
            enable,
        ),
        route(
            (post, one_of("replay")),
            ("replay-webhook", "Delivers everything after a position again, under the same ids"),
            Takes::Document(requests::replayed),
            replay,
        ),
        Route {
            parameters: &["state"],
            ..route(
                (get, one_of("deliveries")),
                ("list-deliveries-of-webhook", "What waits, and how the last hundred ended"),
                nothing,
                owed,
            )
        },
        route(
            (post, one_of("deliveries/{delivery}/retry")),
            ("retry-delivery-of-webhook", "Delivers one now, whether it waits or has ended"),
            nothing,
            retry,
        ),
    ]
}

fn route<H: Handler<T, std::sync::Arc<Shared>>, T: 'static>(
    (filter, path): (MethodFilter, String),
    (operation, summary): (&str, &str),
    takes: Takes,
    handler: H,
) -> Route {
    let method = match filter {
        MethodFilter::POST => Method::POST,
        MethodFilter::PATCH => Method::PATCH,
        MethodFilter::DELETE => Method::DELETE,
        _ => Method::GET,
    };
    let writes = method != Method::GET;
    let gives = if method == Method::DELETE { Gives::Nothing } else { Gives::Object };
    Route {
        path,
        operation: operation.to_owned(),
        summary: summary.to_owned(),
        tag: "webhooks",
        need: Some(Need { what: "webhooks", writes }),
        parameters: &[],
        takes,
        gives,
        handler: on(filter, handler),
        method,
    }
}
