//! Facts that are looked at together, once, when their time comes.

use super::catalog::Active;
use super::decide::{Run, Work, base_env};
use super::key;
use super::reward::{Timer, TimerKind};
use crate::rules::eval::{Env, Halt};
use crate::rules::program::{Close, Gather, Period, Rule};
use crate::types::{Fact, Instant, Span, Text, Zone};
use chrono::{Datelike, Days};

/// From when until when; open where there is none.
pub(super) type Ends = (Option<Instant>, Option<Instant>);

impl Work<'_> {
    /// Counts a fact in its group; the first of a group sets the time when all of it is looked at.
    pub(super) fn gather(
        &mut self,
        run: Run<'_>,
        gather: &Gather,
        fact: &Fact,
    ) -> Result<(), Halt> {
        let period = period_of(gather, run.active, fact.at);
        let counter = self.group(run, gather, fact)?;
        let (count, over) = self.used(&counter)?;
        self.changes.counters.insert(counter, (count + 1, over));
        if over > 0 {
            return self.refuse_all(run, "it came after the settlement");
        }
        if count > 0 {
            return Ok(());
        }
        let env = Env {
            period,
            ..base_env(self.state, run.active, fact)
        };
        let at = match &run.rule.after {
            Some(after) => env.instant(&after.expr)?,
            None => period.1,
        };
        // Even a time that is past already waits for its turn: what is recorded together is then
        // looked at together.
        self.changes.timers.extend(at.map(|at| Timer {
            at,
            kind: TimerKind::Look(run.active.no, run.position, fact.seq),
        }));
        Ok(())
    }

    /// Closes a group that was looked at, or sets its next look.
    pub(super) fn looked(
        &mut self,
        run: Run<'_>,
        gather: &Gather,
        fact: &Fact,
    ) -> Result<(), Halt> {
        if !gather.repeat {
            let counter = self.group(run, gather, fact)?;
            let (count, _) = self.used(&counter)?;
            self.changes.counters.insert(counter, (count, 1));
            return Ok(());
        }
        let (_, until) = period_of(gather, run.active, self.moment);
        let end = run.active.program.until;
        let next = until.filter(|until| end.is_none_or(|end| *until <= end));
        self.changes.timers.extend(next.map(|at| Timer {
            at,
            kind: TimerKind::Look(run.active.no, run.position, fact.seq),
        }));
        Ok(())
    }

    /// The counter of a group: how many facts it has, and 1 once it was looked at.
    fn group(&self, run: Run<'_>, gather: &Gather, fact: &Fact) -> Result<Text, Halt> {
        let period = period_of(gather, run.active, fact.at);
        let env = Env {
            period,
            ..base_env(self.state, run.active, fact)
        };
        let mut name = format!("{}/{}/gather", run.active.program.id, run.rule.id);
        if let (false, Some(until)) = (gather.repeat, period.1) {
            name.push_str(&format!("/{}", until.micros()));
        }
        for per in &gather.by {
            name.push('/');
            name.push_str(&key::part(per, &env, fact, None, "")?);
        }
        Ok(name.into())
    }
}

/// The period of which a run speaks: that of its fact, or with `repeat` the one just closed.
pub(super) fn period_at(rule: &Rule, active: &Active, fact: &Fact, moment: Instant) -> Ends {
    match &rule.gather {
        Some(gather) if gather.repeat => period_of(gather, active, moment.plus_seconds(-1)),
        Some(gather) => period_of(gather, active, fact.at),
        None => (None, None),
    }
}

fn period_of(gather: &Gather, active: &Active, at: Instant) -> Ends {
    let program = &active.program;
    match gather.close {
        None => (None, None),
        Some(Close::Window) => (program.from, program.until),
        Some(Close::Period(period)) => {
            let (from, until) = bounds(period, at, program.zone);
            (Some(from), until)
        }
    }
}

/// First moment of the calendar period of `at`, and of the one after it if there is one.
pub(super) fn bounds(period: Period, at: Instant, zone: Zone) -> (Instant, Option<Instant>) {
    let day = zone.date(at);
    let (first, days, months) = match period {
        Period::Day => (Some(day), 1, 0),
        Period::Week => {
            let back = u64::from(day.weekday().num_days_from_monday());
            (day.checked_sub_days(Days::new(back)), 7, 0)
        }
        Period::Month => (day.with_day(1), 0, 1),
        Period::Year => (day.with_day(1).and_then(|d| d.with_month(1)), 0, 12),
        Period::Lifetime => return (at, None),
    };
    let from = zone.start_of_day(first.unwrap_or(day));
    let span = Span {
        months,
        days,
        micros: 0,
    };
    (from, Some(zone.add(from, span)))
}
