//! The command line: parse in, call one service, render out.
//!
//! Every command answers people on standard output, or programs with `--json`, and ends with one of
//! four codes: see [`Verdict`] and [`Failure`].

mod actor;
mod book;
mod channels;
mod confirm;
mod failure;
mod names;
mod out;
mod shipped;
mod table;

mod audit;
mod bench;
mod campaign;
mod cohort;
mod demo;
mod import;
mod key;
mod ledger;
mod member;
mod migrate;
mod program;
mod reward;
mod serve;
mod tick;

pub(crate) use confirm::confirm;
pub(crate) use failure::Failure;

use crate::config::Config;
use crate::telemetry;
use clap::{Parser, Subcommand};
use out::Out;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  vouchsafe demo                                         see it all happen on simulated people
  vouchsafe migrate                                      make the book, or bring it up to date
  vouchsafe program check spring.toml                    is the rule file right?
  vouchsafe program activate spring.toml                 put it in force
  vouchsafe import members people.csv                    people and who referred them
  vouchsafe import facts facts.csv --replay-clock        history, played in its order
  vouchsafe tick                                         release what is due
  vouchsafe reward explain 17                            why is it this amount?
  vouchsafe ledger verify && vouchsafe audit replay      do the books hold?

Exit codes:
  0  fine
  1  what was asked for is not so: a check failed, a verification found differences
  2  bad usage or bad input
  3  the database or a peer failed";

/// A referral rewards and campaign engine whose every payout is explained to the cent.
#[derive(Debug, Parser)]
#[command(name = "vouchsafe", version, after_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    command: Command,
}

/// Declares the commands: a file each, with a `run` of its own.
#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Serve(serve::Serve),
    Migrate(migrate::Migrate),
    #[command(subcommand)]
    Key(key::Key),
    #[command(subcommand)]
    Import(import::Import),
    #[command(subcommand)]
    Program(program::Program),
    #[command(subcommand, alias = "members")]
    Member(member::Member),
    #[command(subcommand)]
    Reward(reward::Reward),
    #[command(subcommand)]
    Cohort(cohort::Cohort),
    #[command(subcommand)]
    Campaign(campaign::Campaign),
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    #[command(subcommand)]
    Audit(audit::Audit),
    Tick(tick::Tick),
    #[command(subcommand)]
    Bench(bench::Bench),
}

impl Command {
    fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::Demo(command) => command.run(context),
            Self::Serve(command) => command.run(context),
            Self::Key(command) => command.run(context),
            Self::Bench(command) => command.run(context),
            Self::Migrate(command) => command.run(context),
            Self::Import(command) => command.run(context),
            Self::Program(command) => command.run(context),
            Self::Member(command) => command.run(context),
            Self::Reward(command) => command.run(context),
            Self::Cohort(command) => command.run(context),
            Self::Campaign(command) => command.run(context),
            Self::Ledger(command) => command.run(context),
            Self::Audit(command) => command.run(context),
            Self::Tick(command) => command.run(context),
        }
    }

    /// What is logged without `--log`.
    const fn log(&self) -> &'static str {
        "warn"
    }
}

/// What a command that was carried out found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Exit code 0.
    Fine,
    /// What was asked for is not so: exit code 1.
    NotSo,
}

impl Verdict {
    /// Fine if `so`.
    pub(crate) const fn of(so: bool) -> Self {
        if so { Self::Fine } else { Self::NotSo }
    }
}

/// What every command is given.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) config: Config,
    pub(crate) out: Out,
}

/// Runs the command that the process was started with.
pub(crate) fn main() -> ExitCode {
    let Cli { config, command } = Cli::parse();
    let context = Context {
        out: Out::new(config.json),
        config,
    };
    let filter = context
        .config
        .log
        .as_deref()
        .unwrap_or_else(|| command.log());
    let outcome = telemetry::start(filter)
        .map_err(Failure::from)
        .and_then(|()| command.run(&context));
    match outcome {
        Ok(Verdict::Fine) => ExitCode::SUCCESS,
        Ok(Verdict::NotSo) => ExitCode::from(1),
        Err(failure) => {
            context.out.fail(&failure);
            ExitCode::from(failure.code())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_options_of_all_commands_fit_together() {
        Cli::command().debug_assert();
    }
}
