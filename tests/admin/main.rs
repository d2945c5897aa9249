//! What a server tells on its admin port: its figures, whether it is ready, and nothing that it should not.

mod figures;
mod health;
mod kit;
mod limits;
mod webhooks;
