//! `vouchsafe program …`

mod activate;
mod check;
mod explain;
mod file;
mod list;
mod test;

pub(crate) use file::RuleFile;

use super::{Context, Failure, Verdict};

/// Check, try, explain and activate rule files.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  vouchsafe program check rules/programs/*.toml
  vouchsafe program test spring.toml --cases spring.json
  vouchsafe program explain spring.toml
  vouchsafe program activate spring.toml --actor ann")]
pub(crate) enum Program {
    Check(check::Check),
    Activate(activate::Activate),
    List(list::List),
    Show(list::Show),
    Test(test::Test),
    Explain(explain::Explain),
}

impl Program {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::Check(command) => command.run(context),
            Self::Activate(command) => command.run(context),
            Self::List(command) => command.run(context),
            Self::Show(command) => command.run(context),
            Self::Test(command) => command.run(context),
            Self::Explain(command) => command.run(context),
        }
    }
}
