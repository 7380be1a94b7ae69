//! What one reward stands for: its key, and the key of a refusal in its place.

use super::decide::{Run, Work};
use super::grant::Target;
use super::limits::period_name;
use super::reward::RewardState;
use crate::rules::eval::{Env, Halt};
use crate::rules::program::{Mode, Per};
use crate::types::{Fact, Text};

impl Work<'_> {
    /// The key of the reward for this beneficiary.
    pub(super) fn key(&self, target: Target<'_>, currency: &Text) -> Result<Text, Halt> {
        let mut key = base_key(target);
        let env = Env {
            friend: Some(target.run.friend),
            ..target.env
        };
        for per in &target.pay.per {
            key.push('/');
            let Run {
                rule, fact, item, ..
            } = target.run;
            key.push_str(&part(per, &env, fact, item, currency)?);
            // What is looked at again and again is one thing in each period.
            if let (Per::Fact, Some(from)) = (per, target.run.period.0)
                && rule.gather.as_ref().is_some_and(|g| g.repeat)
            {
                key.push_str(&format!("p{}", from.micros()));
            }
        }
        Ok(key.into())
    }

    /// The key of the refusal in the place of the reward. Contributions to a sum are each refused
    /// by themselves, and so is what cannot even be named.
    pub(super) fn refusal_key(&self, target: Target<'_>, currency: &Text) -> Result<Text, Halt> {
        let seq = target.run.item.unwrap_or(target.run.fact).seq;
        let own = || Text::from(format!("{}/r/{seq}", base_key(target)));
        if target.pay.mode == Mode::Sum {
            return Ok(own());
        }
        match self.key(target, currency) {
            // What comes when there is a reward already is refused by itself.
            Ok(key) if !self.is_first(target) && self.standing(&key)?.is_some() => Ok(own()),
            Ok(key) => Ok(format!("{key}/r").into()),
            Err(Halt::Fault(_)) => Ok(own()),
            Err(Halt::Need) => Err(Halt::Need),
        }
    }

    /// Whether nothing can stand for this yet: the fact is new and the reward is for it alone.
    pub(super) fn is_first(&self, target: Target<'_>) -> bool {
        let for_the_fact = target.pay.per.iter().any(|p| matches!(p, Per::Fact));
        self.first_look && for_the_fact && target.run.item.is_none() && target.pay.slot.is_none()
    }

    /// A refusal gives way to the reward for the same thing.
    pub(super) fn withdraw_refusal(&mut self, key: &Text) -> Result<(), Halt> {
        let refusal = self.standing(&format!("{key}/r").into())?;
        match refusal.filter(|r| r.state == RewardState::Refused) {
            Some(refusal) => self.end(
                refusal,
                RewardState::Withdrawn,
                "the reward was granted".into(),
            ),
            None => Ok(()),
        }
    }
}

/// Program, rule and payment (or the slot that payments share), and beneficiary: what every key
/// begins with.
fn base_key(target: Target<'_>) -> String {
    let program = &target.run.active.program.id;
    let place = match &target.pay.slot {
        Some(slot) => format!("*{slot}"),
        None => format!("{}/{}", target.run.rule.id, target.position),
    };
    format!("{program}/{place}/w{}", target.who)
}

/// A part of what a reward stands for.
pub(super) fn part(
    per: &Per,
    env: &Env<'_>,
    fact: &Fact,
    item: Option<&Fact>,
    currency: &str,
) -> Result<String, Halt> {
    Ok(match per {
        Per::Fact => format!("f{}", fact.seq),
        Per::Item => format!("i{}", item.map_or(0, |i| i.seq)),
        Per::Friend => format!("m{}", env.friend.unwrap_or(0)),
        Per::Upline(steps) => format!("u{}", env.upline(*steps)?.unwrap_or(0)),
        Per::Period(period) => period_name(*period, item.unwrap_or(fact).at, env.zone),
        Per::Currency => currency.to_owned(),
        Per::Value(formula) => env.eval(&formula.expr)?.to_string(),
    })
}
