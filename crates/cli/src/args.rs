//! The command line: parsed here, acted upon in `verb`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use domain::Slug;

mod asking;
mod token;

pub(crate) use asking::{Explain, Query, Report, ReportFormat};
pub(crate) use token::{Token, TokenAct, TokenList, TokenNew, TokenRevoke};

/// The shared, verifiable record of a community school's partnerships.
#[derive(Debug, Parser)]
#[command(name = "hubledger", version, disable_help_subcommand = true, max_term_width = 110)]
#[command(
    after_help = "Results go to stdout, everything else to stderr. Exit codes: hubledger help exit-codes"
)]
pub(crate) struct Args {
    /// Print results as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Open a made-up region of ledgers, record a school year, and stay up for trying
    Demo(Demo),
    /// Run recorder, projector and gateway, in one process or apart
    Serve(Serve),
    /// Record commands, one JSON object or one a line, and print a receipt or refusal each
    Record(Record),
    /// Import rows of a CSV file as commands, with a report per row
    Import(Import),
    /// Ask a view
    Query(Query),
    /// List the events that made the rows of an answer
    Explain(Explain),
    /// Write a report as CSV, JSON or HTML, with small counts of people suppressed
    Report(Report),
    /// Show events as sentences, as they are recorded
    Tail(Tail),
    /// Print events exactly as they are stored, one a line
    Events(Events),
    /// Fold the whole log from zero and compare with the live views
    Replay(Replay),
    /// Build views anew beside the live ones, compare and swap
    Rebuild(Rebuild),
    /// Recompute the Merkle root from the stored bytes: 0 verified, 10 broken, 11 incomplete
    Verify(Verify),
    /// Print the JSON Schema of events and commands, every refusal, or the API's documents
    Schema(Schema),
    /// Show or check the configuration
    Config(Config),
    /// Check a data directory and what it needs, with a cure for each finding
    Doctor(Doctor),
    /// Make, list and revoke the tokens by which programs speak to the gateway
    Token(Token),
    /// Make an nkey for each role, and the file of their public halves that config/nats/users.conf reads
    Nkeys(Nkeys),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Explain a verb, or a topic: exit-codes
    Help {
        /// A verb or a topic
        topic: Option<String>,
    },
}

/// Where the ledgers are: a data directory (directly, or through the server that runs on it), or a server behind
/// NATS.
#[derive(Debug, Clone, Group)]
pub(crate) struct Place {
    /// Data directory; a server running on it is asked, otherwise it is opened directly
    #[arg(long, value_name = "DIR", env = "HUBLEDGER_DATA", default_value = "hubledger-data")]
    pub(crate) data: PathBuf,
    /// Ask the server behind this NATS URL instead; reads of the log come straight from JetStream
    #[arg(long, value_name = "URL")]
    pub(crate) nats: Option<String>,
    /// Sign in to that NATS server with the nkey in this file; see `hubledger help nkeys`
    #[arg(long, value_name = "FILE", env = "HUBLEDGER_NKEY")]
    pub(crate) nkey: Option<PathBuf>,
    /// Name of the deployment when a data directory is made
    #[arg(long, value_name = "NAME", env = "HUBLEDGER_DEPLOYMENT", default_value = "local", hide = true)]
    pub(crate) deployment: Slug,
}

/// `demo`.
#[derive(Debug, Group)]
pub(crate) struct Demo {
    /// Data directory; kept, and continued by the next run
    #[arg(long, value_name = "DIR", default_value = "hubledger-demo")]
    pub(crate) data: PathBuf,
    /// How many events the school year has
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(3..))]
    pub(crate) events: u64,
    /// How many ledgers the region has, a few large and the others ever smaller; each has one event at least
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub(crate) ledgers: u64,
    /// Answer HTTP here, without tokens, for whoever is on this machine
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// End after the summary instead of staying up
    #[arg(long)]
    pub(crate) once: bool,
}

/// `serve`.
#[derive(Debug, Group)]
pub(crate) struct Serve {
    /// Which roles this process takes
    pub(crate) role: Role,
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Roles of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// All of them in one process; HTTP where the configuration says
    All,
    /// Takes commands; any number may run, each with a data directory of its own and all with the same keys
    Recorder,
    /// Keeps views and answers queries; any number may run, each with a data directory of its own
    Projector,
    /// Answers HTTP, asking recorders and projectors; any number may run
    Gateway,
    /// Delivers to webhooks; any number may run
    Courier,
}

impl Role {
    /// As it is written on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Recorder => "recorder",
            Self::Projector => "projector",
            Self::Gateway => "gateway",
            Self::Courier => "courier",
        }
    }

    /// Whether it takes commands.
    pub(crate) const fn records(self) -> bool {
        matches!(self, Self::All | Self::Recorder)
    }

    /// Whether it keeps views.
    pub(crate) const fn projects(self) -> bool {
        matches!(self, Self::All | Self::Projector)
    }
}

/// `record`.
#[derive(Debug, Group)]
pub(crate) struct Record {
    /// Ledger to record in
    #[arg(long, value_name = "SLUG")]
    pub(crate) ledger: Slug,
    /// One JSON command, or NDJSON of many; - reads stdin
    pub(crate) file: PathBuf,
    /// Decide, but append nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// `import`.
#[derive(Debug, Group)]
#[command(after_long_help = IMPORT_COLUMNS)]
pub(crate) struct Import {
    /// Ledger to record in
    #[arg(long, value_name = "SLUG")]
    pub(crate) ledger: Slug,
    /// What the rows are
    pub(crate) kind: ImportKind,
    /// The CSV file, packed if its name ends in .gz
    pub(crate) file: PathBuf,
    /// Name of the source that the rows come from, a code; ids follow from it [default: cde, hsds, oneroster, ndjson or csv]
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// Decide, but append nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// What `help import` adds. The tables with reasons are in the crate `intake`.
const IMPORT_COLUMNS: &str = "\
Columns, by name and in any order; others are passed over:
  sites       CDSCode District School City StatusType; County NCESDist NCESSchool GSserved GSoffered OpenDate
              ClosedDate LastUpDate
  partners    id name; tax_id
  services    id name; organization_id, or location_id with locations.csv beside; keywords taxonomy_ids, or
              services_taxonomy.csv beside
  oneroster   sourcedId name type identifier; status metadata.city (orgs.csv alone: no file about people is taken)
  deliveries  key date minutes; offering, or agreement site kind pillar tier; mode; one of headcount, participants
              and case; funding; basis (tier 3 and mental health)
Dates are YYYY-MM-DD or MM/DD/YYYY. A file can be sent again: what is there already is repeated.";

/// What the rows of an import are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImportKind {
    /// Schools and districts, with the columns of the state's public directory
    Sites,
    /// Organisations, as HSDS or Ohana CSV
    Partners,
    /// Services of partners, as HSDS or Ohana CSV
    Services,
    /// Deliveries, in the documented columns
    Deliveries,
    /// Schools and districts, as OneRoster 1.2 CSV
    Oneroster,
    /// Commands of any kind, a JSON object a line, of which none says who acts
    Commands,
}

impl ImportKind {
    /// What the rows are.
    pub(crate) fn format(self) -> Option<&'static intake::Format> {
        intake::format(match self {
            Self::Sites => "sites",
            Self::Partners => "partners",
            Self::Services => "services",
            Self::Deliveries => "deliveries",
            Self::Oneroster => "oneroster",
            Self::Commands => "commands",
        })
    }
}

/// `tail`.
#[derive(Debug, Group)]
pub(crate) struct Tail {
    /// Ledger to read
    #[arg(long, value_name = "SLUG")]
    pub(crate) ledger: Slug,
    /// Where to begin: a position, `start`, or a time ago such as -1h or -2d [default: the last events]
    #[arg(long, value_name = "N|start|-1h", allow_hyphen_values = true)]
    pub(crate) from: Option<String>,
    /// Only events of this type, such as service-delivered
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kind: Option<String>,
    /// End after this many events; without --from, how many of the last to show
    #[arg(short = 'n', value_name = "N")]
    pub(crate) count: Option<usize>,
    /// End at the head instead of waiting for more
    #[arg(long)]
    pub(crate) no_follow: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// `events`.
#[derive(Debug, Group)]
pub(crate) struct Events {
    /// Ledger to read
    #[arg(long, value_name = "SLUG")]
    pub(crate) ledger: Slug,
    /// First position
    #[arg(long, value_name = "POSITION", default_value_t = 1)]
    pub(crate) from: u64,
    /// Last position
    #[arg(long, value_name = "POSITION")]
    pub(crate) to: Option<u64>,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// `replay`.
#[derive(Debug, Group)]
pub(crate) struct Replay {
    /// Ledger to fold
    #[arg(long, value_name = "SLUG")]
    pub(crate) ledger: Slug,
    /// Stop after this position; live views, which are further on, are then not compared
    #[arg(long, value_name = "POSITION")]
    pub(crate) to: Option<u64>,
    /// Only this view
    #[arg(long, value_name = "VIEW")]
    pub(crate) view: Option<String>,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// `rebuild`.
#[derive(Debug, Group)]
pub(crate) struct Rebuild {
    /// The view [default: all]
    pub(crate) view: Option<String>,
    /// Ledger whose view it is
    #[arg(long, value_name = "SLUG")]
    pub(crate) ledger: Slug,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// `verify`.
#[derive(Debug, Group)]
pub(crate) struct Verify {
    /// Ledger to verify
    #[arg(long, value_name = "SLUG")]
    pub(crate) ledger: Slug,
    /// A receipt, or the output of an earlier verify: the log must contain that head
    #[arg(long, value_name = "FILE")]
    pub(crate) head: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// `schema`.
#[derive(Debug, Group)]
pub(crate) struct Schema {
    /// What to print the schema of [default: list them]
    #[arg(value_enum)]
    pub(crate) kind: Option<SchemaKind>,
    /// Its name, such as service-delivered
    pub(crate) name: Option<String>,
    /// Version of the event [default: the newest]
    #[arg(long, value_name = "NUMBER", requires = "name")]
    pub(crate) version: Option<u16>,
    /// Write every schema into this directory, a file each
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaKind {
    /// The names of all
    List,
    /// An event
    Event,
    /// A command
    Command,
    /// Every refusal: its code, what it is about, its sentence
    Refusals,
    /// The document of the HTTP API: OpenAPI 3.1
    Openapi,
    /// The document of the event streams: AsyncAPI 3.0
    Asyncapi,
}

/// `config`.
#[derive(Debug, Group)]
pub(crate) struct Config {
    /// Show every key with where its value comes from, or only check
    pub(crate) act: ConfigAct,
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What to do with the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConfigAct {
    /// Print every key, its value and where it comes from
    Show,
    /// Only check
    Check,
}

/// `doctor`.
#[derive(Debug, Group)]
pub(crate) struct Doctor {
    /// Data directory
    #[arg(long, value_name = "DIR", env = "HUBLEDGER_DATA", default_value = "hubledger-data")]
    pub(crate) data: PathBuf,
    /// Check what this configuration needs instead, its NATS server included
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// `nkeys`.
#[derive(Debug, Group)]
pub(crate) struct Nkeys {
    /// Directory to write them into; what is there already is kept
    pub(crate) dir: PathBuf,
}
