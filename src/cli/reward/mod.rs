//! `vouchsafe reward …`

mod explain;
mod list;
mod settle;

use super::{Context, Failure, Verdict};
use vouchsafe::storage::Tx;
use vouchsafe::storage::rows::RewardRow;

/// List and explain rewards; release or cancel them by hand.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  vouchsafe reward list --member ann
  vouchsafe reward explain 17
  vouchsafe reward release 17 --reason \"papers were seen\" --actor eve")]
pub(crate) enum Reward {
    List(list::List),
    Explain(explain::Explain),
    Release(settle::Release),
    Cancel(settle::Cancel),
}

impl Reward {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::List(command) => command.run(context),
            Self::Explain(command) => command.run(context),
            Self::Release(command) => command.run(context),
            Self::Cancel(command) => command.run(context),
        }
    }
}

/// A reward by its number.
fn find(tx: &mut Tx<'_>, id: i64) -> Result<RewardRow, Failure> {
    let found = tx.rewards_by_id(&[id])?.into_iter().next();
    found.ok_or_else(|| {
        Failure::input(format!("there is no reward {id}"))
            .help("`vouchsafe reward list --member ID` shows a member's")
    })
}
