//! What every command can be told: which book, which tracking plan, which moment.

use std::path::PathBuf;
use vouchsafe::types::Instant;
use vouchsafe::types::time::NotAnInstant;

/// Options that stand before or after any command.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Config {
    /// The book: `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/NAME`.
    #[arg(
        long,
        global = true,
        env = "DATABASE_URL",
        hide_env_values = true,
        default_value = "sqlite:vouchsafe.db",
        value_name = "URL"
    )]
    pub(crate) database_url: String,

    /// A tracking plan. A command that writes puts it in force; without it the plan in force stays,
    /// and a new book begins with the standard plan.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,

    /// Let the clock stand at this moment (RFC 3339 with an offset) instead of now.
    #[arg(long, global = true, value_name = "MOMENT", value_parser = moment)]
    pub(crate) as_of: Option<Instant>,

    /// Answer with JSON on standard output; errors are JSON on standard error.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// What to log to standard error: `error`, `warn`, `info`, `debug`, or a filter such as
    /// `vouchsafe::dispatch=debug`.
    #[arg(long, global = true, env = "VOUCHSAFE_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,
}

fn moment(text: &str) -> Result<Instant, NotAnInstant> {
    Instant::parse(text)
}
