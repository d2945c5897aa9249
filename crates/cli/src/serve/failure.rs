//! Why a question got no answer: a code, a sentence, and whether it is safe to ask again.

use domain::Slug;
use journal::JournalError;
use runtime::keys::KeyError;
use wire::RefusalReply;

/// Why a question got no answer.
pub(crate) struct Failure {
    pub(crate) refusal: RefusalReply,
    pub(crate) repeat: bool,
}

impl Failure {
    /// With this code and sentence; not to be repeated.
    pub(crate) fn new(code: &str, message: impl ToString) -> Self {
        Self { refusal: RefusalReply::new(code, message.to_string()), repeat: false }
    }

    /// What is asked here is the work of this other role.
    pub(crate) fn other_role(role: &str) -> Self {
        let mut failure = Self::new("other-role", format!("this server is no {role}"));
        failure.refusal = failure
            .refusal
            .hint(&format!("ask a {role}: --nats URL finds one, and --data DIR the one on that directory"));
        failure
    }

    /// More is in work than this server takes.
    pub(crate) fn busy(why: &str) -> Self {
        let mut failure = Self::new("busy", why).repeat();
        failure.refusal =
            failure.refusal.hint("repeat in a moment; what carries the same command ids is recorded once");
        failure
    }

    /// Marked as safe to repeat.
    fn repeat(mut self) -> Self {
        self.repeat = true;
        self
    }
}

impl From<recorder::Error> for Failure {
    fn from(error: recorder::Error) -> Self {
        let repeat = !matches!(error, recorder::Error::Halted { .. });
        Self { repeat, ..Self::new(error.code(), error) }
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        match &error {
            JournalError::Broken { .. } => Self::new("log-broken", error),
            JournalError::Unreachable(_) => Self::new("log-unavailable", error).repeat(),
            JournalError::Denied { .. } => Self::new("log-denied", error),
            JournalError::Locked(_) | JournalError::Unsafe { .. } | JournalError::Io(_) => {
                Self::new("log-unusable", error)
            }
        }
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Self::new("keys-unusable", error)
    }
}

impl From<projector::Error> for Failure {
    fn from(error: projector::Error) -> Self {
        let code = error.code();
        match error {
            projector::Error::Journal(error) => error.into(),
            error @ projector::Error::Behind { .. } => Self::new(code, error).repeat(),
            error => Self::new(code, error),
        }
    }
}

/// A ledger without a log is a mistyped name.
pub(crate) fn no_such_ledger(ledger: &Slug, ledgers: &[Slug]) -> Failure {
    let names: Vec<&str> = ledgers.iter().map(Slug::as_str).collect();
    let mut failure = Failure::new("no-such-ledger", format!("there is no ledger {ledger}"));
    failure.refusal = failure.refusal.hint(&match names.as_slice() {
        [] => "no ledger is open here yet; the first command to a ledger is open-ledger".to_owned(),
        names => format!("there are: {}", names.join(", ")),
    });
    failure
}
