//! Refusals: the rule looked, pays nothing, and can say why.

use super::decide::{NOBODY, Run, Work};
use super::explain::Explanation;
use super::grant::Target;
use super::reward::Action;
use crate::rules::eval::{Env, Halt};
use crate::rules::program::{Beneficiary, Pay, PayAmount};
use crate::types::{Exact, Text};

impl Work<'_> {
    /// Refuses every payment of a rule that could not be computed.
    pub(super) fn refuse_all(&mut self, run: Run<'_>, reason: &str) -> Result<(), Halt> {
        if run.friend == NOBODY {
            return Ok(());
        }
        for (position, pay) in run.rule.pays.iter().enumerate() {
            for to in &pay.to {
                if let Some(target) = self.target(run, pay, position, *to)? {
                    let explanation = Explanation {
                        rule: run.rule.id.to_string(),
                        ..Explanation::default()
                    };
                    self.refuse(
                        target,
                        &run.active.program.currency,
                        reason.into(),
                        explanation,
                    )?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn refuse_beyond(
        &mut self,
        run: Run<'_>,
        pay: &Pay,
        position: usize,
    ) -> Result<(), Halt> {
        let env = run.env(self.state);
        let Some(who) = env.upline(3)? else {
            return Ok(());
        };
        // He stands beyond the tree that may earn, so the refusal is kept at the last paid distance.
        let target = Target {
            run,
            pay,
            position,
            to: Beneficiary::Level2,
            who,
            env: Env {
                who: Some(who),
                ..env
            },
        };
        let explanation = Explanation {
            rule: run.rule.id.to_string(),
            ..Explanation::default()
        };
        self.refuse(
            target,
            &run.active.program.currency,
            "a third level earns nothing".into(),
            explanation,
        )
    }

    /// Keeps a refusal, once for each thing that a reward would have stood for.
    pub(super) fn refuse(
        &mut self,
        target: Target<'_>,
        currency: &Text,
        reason: Text,
        mut explanation: Explanation,
    ) -> Result<(), Halt> {
        let pay = target.pay;
        let key = self.refusal_key(target, currency)?;
        if !self.is_first(target) && self.standing(&key)?.is_some() {
            return Ok(());
        }
        explanation.refused = Some(reason.to_string());
        let mut reward = self.draft(target, key, currency, Exact::ZERO);
        reward.reason = reason;
        if let (PayAmount::Refuse(_), Some(cancel)) = (&pay.amount, &pay.cancel) {
            if target.env.holds(&cancel.when.expr)? {
                return Ok(());
            }
            self.watch(&reward, pay, &target.env)?;
        }
        let text = self.written(&explanation)?;
        self.record(reward, Action::Refused, 0, Some(text));
        Ok(())
    }
}
