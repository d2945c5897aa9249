//! What can be done with the gateway's tokens.

use clap::{Args as Group, Subcommand};
use domain::Slug;
use uuid::Uuid;

use super::Place;

/// Longest life of a token made here, in days: what rules allow, less the day by which zones may differ.
const DAYS_MAX: i64 = 399;

/// `token`.
#[derive(Debug, Group)]
pub(crate) struct Token {
    #[command(subcommand)]
    pub(crate) act: TokenAct,
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenAct {
    /// Make a token, grant it in every ledger named, and print it: the only time that it can be had
    New(TokenNew),
    /// List the tokens of a ledger
    List(TokenList),
    /// Revoke a token in every ledger named
    Revoke(TokenRevoke),
}

/// `token new`.
#[derive(Debug, Group)]
pub(crate) struct TokenNew {
    /// Ledger that it is for; may be repeated, and the first one's name is part of the token
    #[arg(long = "ledger", value_name = "SLUG", required = true)]
    pub(crate) ledgers: Vec<Slug>,
    /// What it is for, in words
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: String,
    /// Whom it speaks for, such as svc:madrona-sis; commands that come with it have this actor
    #[arg(long, value_name = "PRINCIPAL")]
    pub(crate) actor: String,
    /// What it allows: read, write, or narrower, such as deliveries:write; may be repeated
    #[arg(long = "scope", value_name = "SCOPE", required = true)]
    pub(crate) scopes: Vec<String>,
    /// Days until it ends
    #[arg(long, value_name = "N", default_value_t = 365, value_parser = clap::value_parser!(i64).range(1..=DAYS_MAX))]
    pub(crate) days: i64,
    /// Id of a token that it takes the place of; nothing happens to that one, but how and by when to revoke it is said
    #[arg(long, value_name = "ID")]
    pub(crate) replaces: Option<Uuid>,
    /// How many days both may be in use
    #[arg(long, value_name = "N", default_value_t = 7, requires = "replaces", value_parser = clap::value_parser!(i64).range(0..=DAYS_MAX))]
    pub(crate) overlap_days: i64,
    /// Who grants it, as the record shows it
    #[arg(long, value_name = "PRINCIPAL", default_value = "usr:local")]
    pub(crate) by: String,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// `token list`.
#[derive(Debug, Group)]
pub(crate) struct TokenList {
    /// Ledger whose tokens to list
    #[arg(long, value_name = "SLUG")]
    pub(crate) ledger: Slug,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// `token revoke`.
#[derive(Debug, Group)]
pub(crate) struct TokenRevoke {
    /// Ledger to revoke it in; may be repeated
    #[arg(long = "ledger", value_name = "SLUG", required = true)]
    pub(crate) ledgers: Vec<Slug>,
    /// Its id: what stands between the ledger and the secret in the token
    #[arg(long, value_name = "ID")]
    pub(crate) id: Uuid,
    /// Why: lost, rotated, left, or another code
    #[arg(long, value_name = "CODE")]
    pub(crate) reason: String,
    /// Who revokes it, as the record shows it
    #[arg(long, value_name = "PRINCIPAL", default_value = "usr:local")]
    pub(crate) by: String,
    #[command(flatten)]
    pub(crate) place: Place,
}
