//! `vouchsafe reward release` and `vouchsafe reward cancel`

use super::super::actor::Signed;
use super::super::{Context, Failure, Verdict, confirm};
use super::find;
use serde_json::json;
use vouchsafe::engine::replay::RewardCommand;
use vouchsafe::rewards::What;

/// Release a reward that only a person can release.
#[derive(Debug, clap::Args)]
pub(crate) struct Release {
    #[command(flatten)]
    order: Order,
}

/// Cancel a pending reward; its limits and its budget get their room back.
#[derive(Debug, clap::Args)]
pub(crate) struct Cancel {
    #[command(flatten)]
    order: Order,
    /// Do it without asking.
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, clap::Args)]
struct Order {
    /// The reward's number.
    id: i64,
    /// Why; kept in the log of commands.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    signed: Signed,
}

impl Release {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let id = self.order.id;
        self.order
            .carry_out(context, "reward.released", What::ReleaseHeld(id), None)
    }
}

impl Cancel {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let what = What::Cancel(self.order.id, self.order.reason.as_str().into());
        self.order
            .carry_out(context, "reward.cancelled", what, Some(self.yes))
    }
}

impl Order {
    /// Carries a command about one reward out; asks first when `yes` is given and false.
    fn carry_out(
        self,
        context: &Context,
        kind: &str,
        what: What,
        yes: Option<bool>,
    ) -> Result<Verdict, Failure> {
        let book = context.changing()?;
        let exponents = book.exponents()?;
        let store = book.engine.store();
        let row = store.read(|tx| find(tx, self.id))?;
        if self.reason.trim().is_empty() {
            return Err(Failure::input(
                "--reason is empty: say why, for those who ask later",
            ));
        }
        if let Some(yes) = yes {
            let amount = exponents.show(row.amount_minor, &row.currency);
            confirm(
                context,
                &format!(
                    "Reward {} over {amount} is {} and will be cancelled for good.",
                    row.id, row.state
                ),
                yes,
            )?;
        }
        let body = RewardCommand {
            reward: self.id,
            reason: self.reason.clone(),
        };
        let body = serde_json::to_string(&body).map_err(Failure::peer)?;
        book.engine
            .decide(|deciding| deciding.operator(kind, &self.signed.actor, body, what))?;
        let row = store.read(|tx| find(tx, self.id))?;
        let answer = json!({"reward": row.id, "state": row.state, "reason": row.reason});
        context.out.answer(&answer, |_| {
            format!("Reward {} is {}: {}", row.id, row.state, row.reason)
        })?;
        Ok(Verdict::Fine)
    }
}
