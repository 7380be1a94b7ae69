//! What happens to a reward after it was granted: release, cancellation, lapse, clawback, maturity.

use super::catalog::watched_conditions;
use super::decide::{Run, Work};
use super::explain::{Explanation, Rounding};
use super::grant::exponent;
use super::reward::{Action, Reward, RewardState, Timer, TimerKind};
use crate::rules::eval::{Env, Halt};
use crate::rules::expr::ExprKind;
use crate::rules::program::{Ending, Pay};
use crate::types::currency::show_minor;
use crate::types::{Exact, Fact, Instant, Text, Value};
use std::sync::Arc;

/// A reward with everything its program said about it.
struct Standing<'a> {
    run: Run<'a>,
    pay: &'a Pay,
    env: Env<'a>,
}

/// The facts a reward came from.
struct Facts {
    fact: Arc<Fact>,
    item: Option<Arc<Fact>>,
}

impl<'a> Work<'a> {
    fn facts_of(&self, reward: &Reward) -> Result<Facts, Halt> {
        let fact = self.state.fact(reward.fact_seq)?;
        let item = reward
            .item_seq
            .map(|seq| self.state.fact(seq))
            .transpose()?;
        Ok(Facts { fact, item })
    }

    fn standing_of<'s>(&self, reward: &'s Reward, facts: &'s Facts) -> Result<Standing<'s>, Halt>
    where
        'a: 's,
    {
        let gone = || Halt::Fault(format!("the program of reward {} is missing", reward.id));
        let active = self.catalog.get(reward.program_no).ok_or_else(gone)?;
        let rule = active.rule(reward.rule).ok_or_else(gone)?;
        let pay = rule.pays.get(reward.pay).ok_or_else(gone)?;
        let item = facts.item.as_deref();
        let run = Run {
            active,
            position: reward.rule,
            rule,
            fact: &facts.fact,
            item,
            friend: reward.origin,
            period: (None, None),
            listed: None,
        };
        let env = Env {
            who: Some(reward.who),
            granted: Some(reward.granted_at),
            released: reward.released_at,
            amount: Some(&reward.exact),
            ..run.env(self.state)
        };
        Ok(Standing { run, pay, env })
    }

    /// Sets the watches of a reward on every fact type its conditions speak of.
    pub(super) fn watch(&mut self, reward: &Reward, pay: &Pay, env: &Env<'_>) -> Result<(), Halt> {
        let mut list = Vec::new();
        for condition in watched_conditions(pay) {
            let mut aggregates = Vec::new();
            condition.walk(&mut |e| {
                if let ExprKind::Aggregate(a) = &e.kind {
                    aggregates.push(a);
                }
            });
            for aggregate in aggregates {
                for tie in env.ties(aggregate)? {
                    list.push((aggregate.kind.clone(), tie, reward.id));
                }
            }
        }
        list.sort();
        list.dedup();
        self.changes.watches.extend(list);
        Ok(())
    }

    /// Looks at a reward again because a fact it watches arrived.
    pub(super) fn recheck(&mut self, id: i64) -> Result<(), Halt> {
        let reward = self.reward(id)?;
        if reward.state.is_final() {
            return Ok(());
        }
        let facts = self.facts_of(&reward)?;
        let standing = self.standing_of(&reward, &facts)?;
        let (pay, env) = (standing.pay, standing.env);
        if matches!(reward.state, RewardState::Refused | RewardState::Pending)
            && let Some(cancel) = &pay.cancel
            && env.holds(&cancel.when.expr)?
        {
            let state = if reward.state == RewardState::Refused {
                RewardState::Withdrawn
            } else {
                RewardState::Cancelled
            };
            return self.end(reward.clone(), state, cancel.reason.clone());
        }
        if let Some(clawback) = &pay.clawback
            && reward.state != RewardState::Refused
            && env.holds(&clawback.when.expr)?
        {
            return self.claw_back(&standing, &reward, clawback);
        }
        if reward.state == RewardState::Pending && reward.released_at.is_none() && !reward.held {
            let mut moved = reward.clone();
            if self.release_of(&mut moved, pay, &env)?.is_some() {
                self.make_available(moved);
            } else if moved != reward {
                self.changes.rewards.insert(moved.id, moved);
            }
        }
        Ok(())
    }

    /// Works out when a pending reward is released: `Some` when that is now.
    pub(super) fn release_of(
        &mut self,
        reward: &mut Reward,
        pay: &Pay,
        env: &Env<'_>,
    ) -> Result<Option<Instant>, Halt> {
        if reward.released_at.is_none() {
            if let Some(until) = &pay.release.until
                && !env.holds(&until.expr)?
            {
                reward.reason = pay
                    .release
                    .waiting
                    .clone()
                    .unwrap_or_else(|| format!("waits until {}", until.text).into());
                return Ok(None);
            }
            reward.released_at = Some(self.moment);
        }
        let env = Env {
            released: reward.released_at,
            ..*env
        };
        let Some(at) = &pay.release.at else {
            reward.reason = "available at once".into();
            reward.due = Some(self.moment);
            return Ok(Some(self.moment));
        };
        let Some(at) = env.instant(&at.expr)? else {
            reward.reason = "the day of release is not known".into();
            return Ok(None);
        };
        reward.due = Some(at);
        if at <= self.now {
            reward.reason = format!("released on {}", env.zone.show(at)).into();
            return Ok(Some(at));
        }
        reward.reason = format!("scheduled for {}", env.zone.show(at)).into();
        self.changes.timers.push(Timer {
            at,
            kind: TimerKind::Release(reward.id),
        });
        Ok(None)
    }

    /// Moves a pending reward to available.
    pub(super) fn make_available(&mut self, mut reward: Reward) {
        reward.state = RewardState::Available;
        self.move_budget_of(&reward, -reward.budget_minor, reward.budget_minor);
        let minor = reward.amount_minor;
        self.record(reward, Action::Released, minor, None);
    }

    pub(super) fn release_due(&mut self, id: i64) -> Result<(), Halt> {
        let mut reward = self.reward(id)?;
        if reward.state != RewardState::Pending
            || reward.held
            || reward.due.is_none_or(|due| due > self.now)
        {
            return Ok(());
        }
        let zone = self.catalog.get(reward.program_no).map(|a| a.program.zone);
        let due = reward.due.unwrap_or(self.moment);
        reward.reason = format!(
            "released on {}",
            zone.map_or_else(|| due.to_string(), |z| z.show(due))
        )
        .into();
        self.make_available(reward);
        Ok(())
    }

    pub(super) fn release_held(&mut self, id: i64) -> Result<(), Halt> {
        let mut reward = self.reward(id)?;
        if reward.state != RewardState::Pending || !reward.held {
            return Err(Halt::Fault(format!(
                "reward {id} is {} and not held",
                reward.state.word()
            )));
        }
        reward.held = false;
        let facts = self.facts_of(&reward)?;
        let before = reward.clone();
        let standing = self.standing_of(&before, &facts)?;
        if self
            .release_of(&mut reward, standing.pay, &standing.env)?
            .is_some()
        {
            self.make_available(reward);
        } else {
            self.changes.rewards.insert(id, reward);
        }
        Ok(())
    }

    pub(super) fn cancel(&mut self, id: i64, reason: &Text) -> Result<(), Halt> {
        let reward = self.reward(id)?;
        if reward.state != RewardState::Pending {
            return Err(Halt::Fault(format!(
                "reward {id} is {}, not pending",
                reward.state.word()
            )));
        }
        self.end(reward, RewardState::Cancelled, reason.clone())
    }

    pub(super) fn expire(&mut self, id: i64) -> Result<(), Halt> {
        let reward = self.reward(id)?;
        if reward.state != RewardState::Pending {
            return Ok(());
        }
        let facts = self.facts_of(&reward)?;
        let reason = self
            .standing_of(&reward, &facts)?
            .pay
            .expire
            .as_ref()
            .map(|(_, r)| r.clone());
        self.end(
            reward,
            RewardState::Expired,
            reason.unwrap_or_else(|| "expired".into()),
        )
    }

    /// Ends a reward that was never available; limits and budget get their room back.
    pub(super) fn end(
        &mut self,
        mut reward: Reward,
        state: RewardState,
        reason: Text,
    ) -> Result<(), Halt> {
        let action = match state {
            RewardState::Withdrawn => Action::Withdrawn,
            RewardState::Expired => Action::Expired,
            _ => Action::Cancelled,
        };
        self.move_budget_of(&reward, -reward.budget_minor, 0);
        self.uncharge(&reward.uses)?;
        let minor = reward.amount_minor - reward.clawed_minor;
        if state == RewardState::ClawedBack {
            reward.clawed_minor = reward.amount_minor;
        }
        reward.state = state;
        reward.reason = reason;
        reward.uses = Vec::new();
        reward.budget_minor = 0;
        self.record(reward, action, minor, None);
        Ok(())
    }

    fn claw_back(
        &mut self,
        standing: &Standing<'_>,
        reward: &Reward,
        clawback: &Ending,
    ) -> Result<(), Halt> {
        let exponent = exponent(standing.run, &reward.currency)?;
        let whole = reward.amount_minor;
        let target = match &clawback.amount {
            None => whole,
            Some(formula) => match standing.env.eval(&formula.expr)? {
                Value::Num(n) => {
                    let rounded = n.round(
                        standing.pay.round.places.min(exponent),
                        standing.pay.round.mode,
                    );
                    rounded
                        .to_minor(exponent)
                        .map_err(|e| Halt::Fault(e.to_string()))?
                        .clamp(0, whole)
                }
                _ => whole,
            },
        };
        let minor = target - reward.clawed_minor;
        if minor <= 0 {
            return Ok(());
        }
        if reward.state == RewardState::Pending && target == whole && reward.clawed_minor == 0 {
            return self.end(
                reward.clone(),
                RewardState::ClawedBack,
                clawback.reason.clone(),
            );
        }
        let mut moved = reward.clone();
        moved.clawed_minor = target;
        moved.reason = clawback.reason.clone();
        let freed = if moved.budget_minor > 0 { minor } else { 0 };
        let action = match moved.state {
            RewardState::Paid => Action::ClawedBackAfterPayment,
            RewardState::Pending => {
                self.move_budget_of(&moved, -freed, 0);
                moved.amount_minor -= minor;
                moved.clawed_minor -= minor;
                moved.budget_minor -= freed;
                self.record(moved, Action::Adjusted, -minor, None);
                return Ok(());
            }
            _ => {
                self.move_budget_of(&moved, 0, -freed);
                moved.budget_minor -= freed;
                Action::ClawedBack
            }
        };
        if target == whole {
            moved.state = RewardState::ClawedBack;
        }
        self.record(moved, action, minor, None);
        Ok(())
    }

    /// Pays the yield of an experience fund and takes the virtual principal back.
    pub(super) fn mature(&mut self, id: i64) -> Result<(), Halt> {
        let reward = self.reward(id)?;
        if reward.state != RewardState::Available {
            return Ok(());
        }
        let facts = self.facts_of(&reward)?;
        let standing = self.standing_of(&reward, &facts)?;
        let Some(fund) = &standing.pay.fund else {
            return Ok(());
        };
        let places = exponent(standing.run, &fund.currency)?;
        let explained = self.inputs(&standing.env, &fund.yields)?;
        let Value::Num(exact) = standing.env.eval(&fund.yields.expr)? else {
            return Err(Halt::Fault(format!("`{}` has no value", fund.yields.text)));
        };
        let rounded = exact.round(fund.round.places.min(places), fund.round.mode);
        let minor = rounded
            .to_minor(places)
            .map_err(|e| Halt::Fault(e.to_string()))?;
        let mut principal = reward.clone();
        let whole = principal.amount_minor - principal.clawed_minor;
        principal.clawed_minor = principal.amount_minor;
        principal.state = RewardState::ClawedBack;
        principal.reason = "virtual principal goes back at maturity".into();
        self.record(principal, Action::ClawedBack, whole, None);
        if minor <= 0 {
            return Ok(());
        }
        let explanation = Explanation {
            rule: standing.run.rule.id.to_string(),
            formula: fund.yields.text.to_string(),
            inputs: explained,
            exact: exact.to_string(),
            rounding: Some(Rounding {
                places: fund.round.places.min(places),
                mode: fund.round.mode,
                to: show_minor(minor, places),
            }),
            amount: format!("{} {}", show_minor(minor, places), fund.currency),
            release: vec!["available at maturity".to_owned()],
            ..Explanation::default()
        };
        self.grant_yield(
            &reward,
            &fund.kind,
            &fund.currency,
            exact,
            minor,
            &explanation,
        )
    }

    fn grant_yield(
        &mut self,
        principal: &Reward,
        kind: &Text,
        currency: &Text,
        exact: Exact,
        minor: i64,
        explanation: &Explanation,
    ) -> Result<(), Halt> {
        let reward = Reward {
            id: self.next_id(),
            key: format!("{}/yield", principal.key).into(),
            kind: kind.clone(),
            currency: currency.clone(),
            exact,
            amount_minor: minor,
            clawed_minor: 0,
            state: RewardState::Pending,
            reason: "yield of the experience fund".into(),
            due: Some(self.moment),
            granted_at: self.moment,
            released_at: Some(self.moment),
            uses: Vec::new(),
            budget_minor: 0,
            ..principal.clone()
        };
        let text = self.written(explanation)?;
        self.record(reward.clone(), Action::Granted, minor, Some(text));
        self.make_available(reward);
        Ok(())
    }

    /// Moves a reward's share of its program's budget, if it holds one.
    pub(super) fn move_budget_of(&mut self, reward: &Reward, reserved: i64, spent: i64) {
        if reward.budget_minor != 0 {
            self.move_budget(reward.program_no, reserved, spent);
        }
    }
}
