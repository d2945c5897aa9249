//! Addresses of webhooks.

use super::{change, enable, list, make, one, owed, remove, replay, requests, retry, rotate, test};
use crate::route::Method::{Delete, Get, Patch, Post};
use crate::route::{Gives, Route, Takes};

const ROOT: &str = "/v1/{ledger}/webhooks";
const ONE: &str = "/v1/{ledger}/webhooks/{id}";
const WHAT: Option<&str> = Some("webhooks");

/// All of them.
pub(crate) fn routes() -> Vec<Route> {
    let of_one = |end: &str| format!("{ONE}/{end}");
    vec![
        Route::new((Get, ROOT, WHAT), ("list-webhooks", "All webhooks"), list),
        Route::new(
            (Post, ROOT, WHAT),
            ("make-webhook", "A webhook that tells what is recorded from now on; shows the secret, once"),
            make,
        )
        .takes(Takes::Document(requests::made)),
        Route::new((Get, ONE, WHAT), ("get-webhook", "One webhook, and how far it is"), one),
        Route::new(
            (Patch, ONE, WHAT),
            ("change-webhook", "Changes where it leads, what it tells, or whether it rests"),
            change,
        )
        .takes(Takes::Document(requests::changed)),
        Route::new(
            (Delete, ONE, WHAT),
            ("remove-webhook", "Removes it; what was owed to it is forgotten"),
            remove,
        )
        .gives(Gives::Nothing),
        Route::new((Post, &of_one("test"), WHAT), ("test-webhook", "Delivers a test"), test),
        Route::new(
            (Post, &of_one("rotate"), WHAT),
            ("rotate-webhook", "A new secret, shown once; the old ones sign too as long as was said"),
            rotate,
        )
        .takes(Takes::Document(requests::rotated)),
        Route::new(
            (Post, &of_one("enable"), WHAT),
            ("enable-webhook", "Goes on where it stood, after it was disabled or paused"),
            enable,
        ),
        Route::new(
            (Post, &of_one("replay"), WHAT),
            ("replay-webhook", "Delivers everything after a position again, under the same ids"),
            replay,
        )
        .takes(Takes::Document(requests::replayed)),
        Route::new(
            (Get, &of_one("deliveries"), WHAT),
            ("list-deliveries-of-webhook", "What waits, and how the last hundred ended"),
            owed,
        )
        .with(&["state"]),
        Route::new(
            (Post, &of_one("deliveries/{delivery}/retry"), WHAT),
            ("retry-delivery-of-webhook", "Delivers one now, whether it waits or has ended"),
            retry,
        ),
    ]
}
