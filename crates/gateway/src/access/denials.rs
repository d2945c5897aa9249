//! Refusals of access in the log: the first of its sort at once, those after it as a number once a minute, so that a
//! flood of refusals is none of lines.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::Method;
use runtime::Shutdown;
use uuid::Uuid;

use super::{Peer, Refused};

/// How long refusals are counted together.
const WINDOW: Duration = Duration::from_secs(60);
/// Sorts that are told apart in a window; whoever else is refused counts as one.
const SORTS_MAX: usize = 1_000;

/// Who is refused, and why.
type Sort = (String, &'static str);

/// What was refused since the last sum.
#[derive(Debug, Default)]
pub(crate) struct Denials(Mutex<BTreeMap<Sort, u64>>);

/// The request that was refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Denied<'a> {
    pub(crate) request: &'a str,
    pub(crate) method: &'a Method,
    /// The route, not the address.
    pub(crate) route: &'a str,
    pub(crate) peer: Option<Peer>,
    /// The token that it brought, valid or not.
    pub(crate) token: Option<Uuid>,
}

impl Denials {
    /// Notes a refusal, and tells it if it is the first of its sort.
    pub(crate) fn note(&self, refused: Refused, denied: Denied<'_>) {
        let Denied { request, method, route, peer, token } = denied;
        let Refused { why, .. } = refused;
        let token = refused.token.or(token);
        let peer = peer.map(|peer| peer.to_string()).unwrap_or_default();
        // A token that is not valid is anybody's: ids that are made up must not make a sort each.
        let who = match token.filter(|_| refused.is_known) {
            Some(token) => format!("token {token}"),
            None => format!("address {peer}"),
        };
        if self.is_first((who, why)) {
            let token = token.map(tracing::field::display);
            tracing::warn!(request, peer, token, %method, route, why, "access denied");
        }
    }

    fn is_first(&self, sort: Sort) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = all.len() < SORTS_MAX || all.contains_key(&sort);
        let sort = if has_room { sort } else { ("others".to_owned(), "for many reasons") };
        let count = all.entry(sort).or_default();
        *count += 1;
        *count == 1
    }

    /// Tells how many came after the first of each sort, and begins anew.
    pub(crate) fn sum(&self) {
        let all = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for ((who, why), count) in all.into_iter().filter(|(_, count)| *count > 1) {
            tracing::warn!(who, why, more = count - 1, seconds = WINDOW.as_secs(), "access denied again");
        }
    }

    /// Sums again and again until it is time to stop.
    pub(crate) async fn keep(&self, shutdown: &Shutdown) {
        loop {
            tokio::select! {
                () = shutdown.triggered() => return,
                () = tokio::time::sleep(WINDOW) => self.sum(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_each_sort_is_told_at_once_and_again_after_a_sum() {
        let (denials, sort) = (Denials::default(), |who: &str| (who.to_owned(), "no token came"));
        assert!(denials.is_first(sort("a")) && denials.is_first(sort("b")));
        assert!(!denials.is_first(sort("a")) && !denials.is_first(sort("b")));
        denials.sum();
        assert!(denials.is_first(sort("a")) && !denials.is_first(sort("a")));
    }

    #[test]
    fn however_many_sorts_there_are_so_many_are_told_and_no_more() {
        let denials = Denials::default();
        let told = (0..5 * SORTS_MAX).filter(|who| denials.is_first((who.to_string(), "no token came")));
        assert_eq!(told.count(), SORTS_MAX + 1);
        assert_eq!(denials.0.lock().unwrap().len(), SORTS_MAX + 1);
    }
}
