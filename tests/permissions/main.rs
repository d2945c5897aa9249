//! `config/nats/users.conf`: every role can do its work, and nothing else.

mod kit;
mod refusals;
mod webhooks;
mod work;
