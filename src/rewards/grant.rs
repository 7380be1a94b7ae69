//! Runs a rule: conditions, amount, rounding, limits, budget, and the reward that comes of it.

use super::decide::{Run, Work};
use super::explain::{Condition, Explanation, Rounding};
use super::reward::{Action, Reward, RewardState, Timer, TimerKind};
use crate::rules::eval::{Env, Halt};
use crate::rules::program::{Beneficiary, Mode, Pay, PayAmount, PayCurrency, Require};
use crate::types::currency::show_minor;
use crate::types::{Exact, MemberId, Text, Value};

/// A payment to one beneficiary, being decided.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) run: Run<'a>,
    pub(super) pay: &'a Pay,
    pub(super) position: usize,
    pub(super) to: Beneficiary,
    pub(super) who: MemberId,
    pub(super) env: Env<'a>,
}

impl<'a> Work<'a> {
    pub(super) fn run_once(&mut self, run: Run<'_>) -> Result<(), Halt> {
        let env = run.env(self.state);
        let mut explanation = Explanation {
            rule: run.rule.id.to_string(),
            ..Explanation::default()
        };
        if let Some(when) = &run.rule.when {
            if !env.holds(&when.expr)? {
                return Ok(());
            }
            explanation.conditions.push(Condition {
                text: when.text.to_string(),
                holds: true,
                inputs: self.inputs(&env, when)?,
            });
        }
        for (position, pay) in run.rule.pays.iter().enumerate() {
            for to in &pay.to {
                if let Some(target) = self.target(run, pay, position, *to)? {
                    self.pay(target, explanation.clone())?;
                }
            }
            if pay.beyond && pay.to.contains(&Beneficiary::Level2) {
                self.refuse_beyond(run, pay, position)?;
            }
        }
        Ok(())
    }

    /// The beneficiary, if the tree has one and a campaign's offer is for him.
    pub(super) fn target<'t>(
        &self,
        run: Run<'t>,
        pay: &'t Pay,
        position: usize,
        to: Beneficiary,
    ) -> Result<Option<Target<'t>>, Halt>
    where
        'a: 't,
    {
        let env = run.env(self.state);
        let Some(who) = env.upline(to.distance())? else {
            return Ok(None);
        };
        if let Some(campaign) = run.active.campaign {
            let Some(asked) = env.role(run.active.program.audience)? else {
                return Ok(None);
            };
            if !self.state.is_treated(campaign, asked)? {
                return Ok(None);
            }
        }
        Ok(Some(Target {
            run,
            pay,
            position,
            to,
            who,
            env: Env {
                who: Some(who),
                ..env
            },
        }))
    }

    fn pay(&mut self, target: Target<'_>, mut explanation: Explanation) -> Result<(), Halt> {
        let Target { run, pay, env, .. } = target;
        let currency = match &pay.currency {
            PayCurrency::Code(code) => code.clone(),
            PayCurrency::Of(formula) => match env.eval(&formula.expr)? {
                Value::Text(code) => code,
                _ => return Err(Halt::Fault(format!("`{}` names no currency", formula.text))),
            },
        };
        let formula = match &pay.amount {
            PayAmount::Refuse(reason) => {
                return self.refuse(target, &currency, reason.clone(), explanation);
            }
            PayAmount::Amount(formula, _) => formula,
        };
        let key = self.key(target, &currency)?;
        let standing = if self.is_first(target) {
            None
        } else {
            self.standing(&key)?
        };
        if standing.is_some() && pay.mode == Mode::Once {
            return Ok(());
        }
        if standing.as_ref().is_some_and(|r| r.currency != currency) {
            let reason = "the reward for this is in another currency".into();
            return self.refuse(target, &currency, reason, explanation);
        }
        for require in run.rule.require.iter().chain(&pay.require) {
            if let Some(reason) = self.check(&env, require, &mut explanation)? {
                // A target that can no more be moved stays where it is.
                if standing.is_some() && pay.mode == Mode::Target {
                    return Ok(());
                }
                return self.refuse(target, &currency, reason, explanation);
            }
        }
        explanation.formula = formula.text.to_string();
        explanation.inputs = self.inputs(&env, formula)?;
        let Value::Num(exact) = env.eval(&formula.expr)? else {
            let reason = nothing(pay, "the amount has no value on these facts");
            return self.refuse(target, &currency, reason, explanation);
        };
        if exact.is_negative() {
            return self.refuse(
                target,
                &currency,
                "the amount is below zero".into(),
                explanation,
            );
        }
        let exact = match (pay.mode, &standing) {
            (Mode::Sum, Some(reward)) => reward.exact.add(&exact),
            _ => exact,
        };
        self.settle(target, key, &currency, exact, standing, explanation)
    }

    /// Cap, rounding, limits and budget; then the reward.
    fn settle(
        &mut self,
        target: Target<'_>,
        key: Text,
        currency: &Text,
        exact: Exact,
        standing: Option<Reward>,
        mut explanation: Explanation,
    ) -> Result<(), Halt> {
        let Target { run, pay, env, .. } = target;
        let exponent = exponent(run, currency)?;
        explanation.exact = exact.to_string();
        let mut capped = exact.clone();
        if let Some(cap) = &pay.cap
            && let Value::Num(most) = env.eval(&cap.expr)?
            && capped > most
        {
            explanation.cap = Some(most.to_string());
            capped = most;
        }
        let rounded = capped.round(pay.round.places.min(exponent), pay.round.mode);
        let minor = rounded
            .to_minor(exponent)
            .map_err(|e| Halt::Fault(e.to_string()))?;
        let shown = show_minor(minor, exponent);
        explanation.rounding = Some(Rounding {
            places: pay.round.places.min(exponent),
            mode: pay.round.mode,
            to: shown,
        });
        if let Some(reward) = standing {
            return self.adjust(target, reward, exact, minor, exponent, explanation);
        }
        if minor == 0 {
            let reason = nothing(pay, "the amount rounds to nothing");
            return self.refuse(target, currency, reason, explanation);
        }
        let room = self.room(target, minor, exponent)?;
        explanation.limits = room.checks;
        if let Some(reason) = room.refused {
            return self.refuse(target, currency, reason, explanation);
        }
        let mut minor = room.minor;
        let mut budget_minor = 0;
        if let Some((kept, check)) = self.budget_room(run, currency, minor) {
            explanation.budget = Some(check);
            if kept == 0 {
                return self.refuse(
                    target,
                    currency,
                    "the budget is used up".into(),
                    explanation,
                );
            }
            minor = kept;
            budget_minor = kept;
        }
        explanation.amount = format!("{} {currency}", show_minor(minor, exponent));
        let uses = self.charge(room.counters, minor)?;
        if !self.is_first(target) {
            self.withdraw_refusal(&key)?;
        }
        let mut reward = self.draft(target, key, currency, exact);
        reward.amount_minor = minor;
        reward.uses = uses;
        reward.budget_minor = budget_minor;
        self.grant(target, reward, explanation)
    }

    /// Books a new reward and sets what will end or release it.
    fn grant(
        &mut self,
        target: Target<'_>,
        mut reward: Reward,
        mut explanation: Explanation,
    ) -> Result<(), Halt> {
        let env = Env {
            granted: Some(reward.granted_at),
            amount: Some(&reward.exact.clone()),
            ..target.env
        };
        self.move_budget_of(&reward, reward.budget_minor, 0);
        reward.state = RewardState::Pending;
        let hold = match &target.pay.release.hold {
            Some(hold) => env.holds(&hold.expr)?,
            None => false,
        };
        if hold {
            reward.held = true;
            reward.reason = target
                .pay
                .release
                .hold_reason
                .clone()
                .unwrap_or_else(|| "held for review".into());
        }
        if let Some((at, _)) = &target.pay.expire
            && let Some(at) = env.instant(&at.expr)?
        {
            self.changes.timers.push(Timer {
                at,
                kind: TimerKind::Expire(reward.id),
            });
        }
        if let Some(fund) = &target.pay.fund
            && let Some(at) = env.instant(&fund.matures.expr)?
        {
            self.changes.timers.push(Timer {
                at,
                kind: TimerKind::Mature(reward.id),
            });
        }
        self.watch(&reward, target.pay, &env)?;
        let minor = reward.amount_minor;
        let granted = reward.clone();
        let release = if hold {
            None
        } else {
            self.release_of(&mut reward, target.pay, &env)?
        };
        explanation.release.push(reward.reason.to_string());
        let text = self.written(&explanation)?;
        let first = Reward {
            reason: if release.is_some() {
                granted.reason
            } else {
                reward.reason.clone()
            },
            ..reward.clone()
        };
        self.record(
            Reward {
                state: RewardState::Pending,
                ..first
            },
            Action::Granted,
            minor,
            Some(text),
        );
        if release.is_some() {
            self.make_available(reward);
        }
        Ok(())
    }

    /// Changes the amount of a reward that was not paid yet.
    fn adjust(
        &mut self,
        target: Target<'_>,
        mut reward: Reward,
        exact: Exact,
        minor: i64,
        exponent: u8,
        mut explanation: Explanation,
    ) -> Result<(), Halt> {
        let open = match reward.state {
            RewardState::Pending => true,
            RewardState::Available => reward.clawed_minor == 0,
            _ => false,
        };
        if !open {
            let currency = reward.currency.clone();
            return self.refuse(
                target,
                &currency,
                "it came after the settlement of this reward".into(),
                explanation,
            );
        }
        let delta = minor - reward.amount_minor;
        reward.exact = exact;
        if delta == 0 {
            self.changes.rewards.insert(reward.id, reward);
            return Ok(());
        }
        if delta > 0
            && let Some((kept, check)) = self.budget_room(target.run, &reward.currency, delta)
        {
            explanation.budget = Some(check);
            if kept < delta {
                let currency = reward.currency.clone();
                return self.refuse(
                    target,
                    &currency,
                    "the budget is used up".into(),
                    explanation,
                );
            }
        }
        reward.amount_minor = minor;
        if reward.budget_minor > 0 {
            reward.budget_minor += delta;
            match reward.state {
                RewardState::Pending => self.move_budget(reward.program_no, delta, 0),
                _ => self.move_budget(reward.program_no, 0, delta),
            }
        }
        explanation.amount = format!("{} {}", show_minor(minor, exponent), reward.currency);
        let text = self.written(&explanation)?;
        self.record(reward, Action::Adjusted, delta, Some(text));
        Ok(())
    }

    pub(super) fn draft(
        &mut self,
        target: Target<'_>,
        key: Text,
        currency: &Text,
        exact: Exact,
    ) -> Reward {
        let Target { run, pay, .. } = target;
        Reward {
            id: self.next_id(),
            program_no: run.active.no,
            rule: run.position,
            pay: target.position,
            key,
            who: target.who,
            origin: run.friend,
            distance: target.to.distance(),
            form: pay.form.clone(),
            kind: pay.kind.clone(),
            currency: currency.clone(),
            exact,
            amount_minor: 0,
            clawed_minor: 0,
            state: RewardState::Refused,
            reason: "".into(),
            due: None,
            fact_seq: run.fact.seq,
            item_seq: run.item.map(|i| i.seq),
            granted_at: self.moment,
            released_at: None,
            held: false,
            uses: Vec::new(),
            budget_minor: 0,
        }
    }

    /// Looks at a condition; gives the reason of the refusal when it does not hold.
    fn check(
        &self,
        env: &Env<'_>,
        require: &Require,
        explanation: &mut Explanation,
    ) -> Result<Option<Text>, Halt> {
        let holds = env.holds(&require.that.expr)?;
        let inputs = self.inputs(env, &require.that)?;
        explanation.conditions.push(Condition {
            text: require.that.text.to_string(),
            holds,
            inputs,
        });
        Ok((!holds).then(|| require.otherwise.clone()))
    }
}

/// Decimals of a currency that the program may pay in.
pub(super) fn exponent(run: Run<'_>, currency: &Text) -> Result<u8, Halt> {
    let known = run.active.program.currencies.exponent(currency);
    known.ok_or_else(|| Halt::Fault(format!("the currency `{currency}` is not registered")))
}

fn nothing(pay: &Pay, default: &str) -> Text {
    match &pay.amount {
        PayAmount::Amount(_, Some(reason)) => reason.clone(),
        PayAmount::Amount(_, None) | PayAmount::Refuse(_) => default.into(),
    }
}
