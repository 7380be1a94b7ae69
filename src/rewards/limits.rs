//! Limits of count and amount, and budgets.

use super::decide::{Run, Work};
use super::explain::LimitCheck;
use super::grant::Target;
use crate::rules::eval::Halt;
use crate::rules::program::{Limit, LimitPer, Period};
use crate::types::currency::show_minor;
use crate::types::{Exact, Instant, Text, Value, Zone};
use chrono::Datelike;

/// What the limits leave of an amount.
pub(super) struct Room {
    /// What may be paid, in minor units.
    pub(super) minor: i64,
    /// Counters to be charged.
    pub(super) counters: Vec<Text>,
    /// What was looked at.
    pub(super) checks: Vec<LimitCheck>,
    /// Why nothing is left.
    pub(super) refused: Option<Text>,
}

/// The name of the calendar period that a moment falls in.
pub(super) fn period_name(period: Period, at: Instant, zone: Zone) -> String {
    let day = zone.date(at);
    match period {
        Period::Day => day.to_string(),
        Period::Week => format!("{}-W{:02}", day.iso_week().year(), day.iso_week().week()),
        Period::Month => format!("{}-{:02}", day.year(), day.month()),
        Period::Year => day.year().to_string(),
        Period::Lifetime => "lifetime".to_owned(),
    }
}

impl Work<'_> {
    /// Looks at every limit of a payment.
    pub(super) fn room(&self, target: Target<'_>, minor: i64, exponent: u8) -> Result<Room, Halt> {
        let Target {
            pay,
            env,
            position: pay_position,
            ..
        } = target;
        let mut room = Room {
            minor,
            counters: Vec::new(),
            checks: Vec::new(),
            refused: None,
        };
        for limit in &pay.limits {
            let counter = counter_name(target, limit, pay_position)?;
            let (count, sum) = self.used(&counter)?;
            let before = match &limit.used {
                Some(formula) => match env.eval(&formula.expr)? {
                    Value::Num(n) => n.to_int().unwrap_or(0),
                    _ => 0,
                },
                None => 0,
            };
            let name = limit_name(limit);
            if let Some(most) = limit.count {
                room.checks.push(LimitCheck {
                    name: format!("{name}: count"),
                    used: (count + before).to_string(),
                    most: most.to_string(),
                    cut_to: None,
                });
                if count + before >= most {
                    room.refuse(
                        limit,
                        format!("the limit of {most} rewards {name} is reached"),
                    );
                    return Ok(room);
                }
            }
            if let Some(most) = &limit.amount
                && !room.cut(limit, most, sum, &name, exponent)?
            {
                return Ok(room);
            }
            room.counters.push(counter);
        }
        Ok(room)
    }

    /// A counter in the middle of this decision.
    pub(super) fn used(&self, counter: &Text) -> Result<(i64, i64), Halt> {
        match self.changes.counters.get(counter) {
            Some(used) => Ok(*used),
            None => self.state.counter(counter),
        }
    }

    /// Charges a granted amount to its counters; gives what was charged.
    pub(super) fn charge(
        &mut self,
        counters: Vec<Text>,
        minor: i64,
    ) -> Result<Vec<(Text, i64, i64)>, Halt> {
        let uses: Vec<_> = counters.into_iter().map(|c| (c, 1, minor)).collect();
        self.move_counters(&uses, 1)?;
        Ok(uses)
    }

    /// Gives back what a reward charged.
    pub(super) fn uncharge(&mut self, uses: &[(Text, i64, i64)]) -> Result<(), Halt> {
        self.move_counters(uses, -1)
    }

    fn move_counters(&mut self, uses: &[(Text, i64, i64)], sign: i64) -> Result<(), Halt> {
        for (counter, count, minor) in uses {
            let before = self.used(counter)?;
            self.changes.counters.insert(
                counter.clone(),
                (before.0 + sign * count, before.1 + sign * minor),
            );
        }
        Ok(())
    }

    /// What the budget leaves of an amount.
    pub(super) fn budget_room(
        &self,
        run: Run<'_>,
        currency: &Text,
        minor: i64,
    ) -> Option<(i64, LimitCheck)> {
        let program = &run.active.program;
        let budget = program
            .budget
            .as_ref()
            .filter(|_| *currency == program.currency)?;
        let (reserved, spent) = self.budget(run.active.no);
        let left = (budget.total_minor - reserved - spent).max(0);
        let kept = match (minor <= left, budget.reduce) {
            (true, _) => minor,
            (false, true) => left,
            (false, false) => 0,
        };
        let exponent = program.currencies.exponent(currency).unwrap_or(2);
        let check = LimitCheck {
            name: "budget".to_owned(),
            used: show_minor(reserved + spent, exponent),
            most: show_minor(budget.total_minor, exponent),
            cut_to: (kept != minor).then(|| show_minor(kept, exponent)),
        };
        Some((kept, check))
    }
}

impl Room {
    /// Cuts the amount to what a limit leaves; whether anything is left.
    fn cut(
        &mut self,
        limit: &Limit,
        most: &Exact,
        used: i64,
        name: &str,
        exponent: u8,
    ) -> Result<bool, Halt> {
        let most = most
            .to_minor(exponent)
            .map_err(|e| Halt::Fault(e.to_string()))?;
        let left = (most - used).max(0);
        let over = self.minor > left;
        let kept = if limit.cut { left } else { 0 };
        self.checks.push(LimitCheck {
            name: format!("{name}: amount"),
            used: show_minor(used, exponent),
            most: show_minor(most, exponent),
            cut_to: over.then(|| show_minor(kept, exponent)),
        });
        if over {
            self.minor = kept;
        }
        if self.minor == 0 {
            self.refuse(
                limit,
                format!(
                    "the limit of {} {name} is used up",
                    show_minor(most, exponent)
                ),
            );
        }
        Ok(self.minor > 0)
    }

    fn refuse(&mut self, limit: &Limit, reason: String) {
        self.minor = 0;
        self.refused = Some(limit.otherwise.clone().unwrap_or_else(|| reason.into()));
    }
}

/// The name of the counter that a limit charges.
fn counter_name(target: Target<'_>, limit: &Limit, pay: usize) -> Result<Text, Halt> {
    let (run, who) = (target.run, target.who);
    let program = &run.active.program;
    let scope = if limit.shared {
        "*".to_owned()
    } else {
        format!("{}.{pay}", run.rule.id)
    };
    let mut whose = String::new();
    for per in &limit.per {
        whose.push_str(&match per {
            LimitPer::Who => format!("w{who}"),
            LimitPer::Friend => format!("f{}", run.friend),
            LimitPer::Pair => format!("w{who}f{}", run.friend),
            LimitPer::Program => "all".to_owned(),
            LimitPer::Value(formula) => format!("[{}]", target.env.eval(&formula.expr)?),
        });
    }
    let period = period_name(limit.period, run.item.unwrap_or(run.fact).at, program.zone);
    Ok(format!("{}/{scope}/{whose}/{period}", program.id).into())
}

/// Whose a limit is and in what time, in words.
fn limit_name(limit: &Limit) -> String {
    let whose: Vec<String> = limit
        .per
        .iter()
        .map(|per| match per {
            LimitPer::Value(formula) => formula.text.to_string(),
            word => format!("{word:?}").to_lowercase(),
        })
        .collect();
    let period = format!("{:?}", limit.period).to_lowercase();
    format!("{} per {period}", whose.join(" and "))
}
