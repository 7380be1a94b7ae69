//! One decision: an input in, changes out.

use super::catalog::{Active, Catalog};
use super::gather::{Ends, period_at};
use super::reward::{Action, Entry, Reward, RewardState, Timer, TimerKind};
use super::state::{Changes, Snapshot, ties};
use crate::rules::eval::{Env, Halt, Listed};
use crate::rules::program::Rule;
use crate::types::{Fact, Instant, MemberId, Text};
use std::sync::Arc;

/// Something to decide about, in the one order of decisions.
#[derive(Clone, Debug)]
pub struct Input {
    /// The only clock a decision knows: when the input was recorded.
    pub recorded_at: Instant,
    /// What it is.
    pub what: What,
}

/// The kinds of inputs.
#[derive(Clone, Debug)]
pub enum What {
    /// A fact, already accepted into the state.
    Fact(Arc<Fact>),
    /// A timer that is due.
    Timer(Timer),
    /// A person releases a held reward.
    ReleaseHeld(i64),
    /// A person cancels a pending reward, with a reason.
    Cancel(i64, Text),
    /// An available reward was paid out.
    Paid(i64),
}

/// Decides about one input. The same state, catalog and input give the same changes.
///
/// # Errors
/// [`Halt::Need`] when the state lacks something (it noted what; load it and decide again),
/// [`Halt::Fault`] when a person's command does not fit the reward.
pub fn decide(catalog: &Catalog, state: &Snapshot, input: &Input) -> Result<Changes, Halt> {
    let mut work = Work::new(catalog, state, input.recorded_at);
    match &input.what {
        What::Fact(fact) => {
            work.moment = fact.at;
            work.fact(fact)?;
        }
        What::Timer(timer) => {
            work.moment = timer.at;
            work.timer(timer)?;
        }
        What::ReleaseHeld(id) => work.release_held(*id)?,
        What::Cancel(id, reason) => work.cancel(*id, reason)?,
        What::Paid(id) => work.paid(*id)?,
    }
    Ok(work.changes)
}

/// A decision in the making.
pub(super) struct Work<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) state: &'a Snapshot,
    /// When the input was recorded.
    pub(super) now: Instant,
    /// When it happened.
    pub(super) moment: Instant,
    /// Whether the starting fact is new, so that nothing can stand for it yet.
    pub(super) first_look: bool,
    pub(super) changes: Changes,
}

/// The number of no member: what it owns or earns does not exist.
pub(super) const NOBODY: MemberId = 0;

/// One run of one rule.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) active: &'a Active,
    pub(super) position: usize,
    pub(super) rule: &'a Rule,
    pub(super) fact: &'a Fact,
    pub(super) item: Option<&'a Fact>,
    pub(super) friend: MemberId,
    pub(super) period: Ends,
    pub(super) listed: Option<&'a Listed>,
}

impl<'a> Run<'a> {
    /// What names stand for in this run.
    pub(super) fn env(self, state: &'a Snapshot) -> Env<'a> {
        Env {
            item: self.item,
            friend: Some(self.friend),
            period: self.period,
            listed: self.listed,
            ..base_env(state, self.active, self.fact)
        }
    }
}

/// What names stand for before a rule runs.
pub(super) fn base_env<'a>(state: &'a Snapshot, active: &'a Active, fact: &'a Fact) -> Env<'a> {
    let program = &*active.program;
    Env {
        world: state,
        zone: program.zone,
        calendar: &program.calendar,
        tiers: &program.tiers,
        window: (program.from, program.until),
        period: (None, None),
        listed: None,
        fact,
        item: None,
        it: None,
        its: None,
        day: None,
        friend: fact.member,
        who: None,
        granted: None,
        released: None,
        amount: None,
    }
}

impl<'a> Work<'a> {
    fn new(catalog: &'a Catalog, state: &'a Snapshot, now: Instant) -> Self {
        let changes = Changes {
            next_reward: state.next_reward(),
            ..Changes::default()
        };
        Self {
            catalog,
            state,
            now,
            moment: now,
            first_look: false,
            changes,
        }
    }

    fn fact(&mut self, fact: &Arc<Fact>) -> Result<(), Halt> {
        let mut seen: Vec<i64> = Vec::new();
        for tie in ties(fact).filter(|t| self.catalog.is_watched(&fact.kind, t)) {
            seen.extend(self.state.watching(&fact.kind, tie)?);
        }
        seen.sort_unstable();
        seen.dedup();
        for id in seen {
            self.recheck(id)?;
        }
        self.first_look = true;
        let catalog = self.catalog;
        for (active, position) in catalog.listeners(&fact.kind) {
            if active.in_window(fact.at) {
                self.start(active, position, fact)?;
            }
        }
        Ok(())
    }

    /// Runs a rule at once, or sets its timer.
    fn start(&mut self, active: &'a Active, position: usize, fact: &Arc<Fact>) -> Result<(), Halt> {
        self.safely(active, position, fact, |work, run| {
            if let Some(gather) = &run.rule.gather {
                return work.gather(run, gather, fact);
            }
            if let Some(after) = &run.rule.after {
                let Some(at) = base_env(work.state, active, fact).instant(&after.expr)? else {
                    return Ok(());
                };
                if at > work.now {
                    work.changes.timers.push(Timer {
                        at,
                        kind: TimerKind::Look(active.no, position, fact.seq),
                    });
                    return Ok(());
                }
            }
            work.run(run)
        })
    }

    /// Looks at a rule whose time has come.
    fn look(&mut self, active: &'a Active, position: usize, fact: &Arc<Fact>) -> Result<(), Halt> {
        self.safely(active, position, fact, |work, run| {
            work.run(run)?;
            match &run.rule.gather {
                Some(gather) => work.looked(run, gather, fact),
                None => Ok(()),
            }
        })
    }

    /// Does something about a rule; what cannot be computed is refused instead.
    fn safely<'f>(
        &mut self,
        active: &'f Active,
        position: usize,
        fact: &'f Fact,
        act: impl FnOnce(&mut Self, Run<'f>) -> Result<(), Halt>,
    ) -> Result<(), Halt>
    where
        'a: 'f,
    {
        let Some(rule) = active.rule(position) else {
            return Ok(());
        };
        let run = Run {
            active,
            position,
            rule,
            fact,
            item: None,
            friend: fact.member.unwrap_or(NOBODY),
            period: period_at(rule, active, fact, self.moment),
            listed: None,
        };
        let before = self.changes.clone();
        match act(self, run) {
            Err(Halt::Fault(why)) => {
                self.changes = before;
                self.refuse_all(run, &format!("cannot be computed: {why}"))
            }
            other => other,
        }
    }

    fn timer(&mut self, timer: &Timer) -> Result<(), Halt> {
        match timer.kind {
            TimerKind::Look(program, position, seq) => match self.catalog.get(program) {
                Some(active) => {
                    let fact = self.state.fact(seq)?;
                    self.look(active, position, &fact)
                }
                None => Err(Halt::Fault(format!("program {program} is missing"))),
            },
            TimerKind::Release(id) => self.release_due(id),
            TimerKind::Expire(id) => self.expire(id),
            TimerKind::Mature(id) => self.mature(id),
        }
    }

    /// Runs a rule for its fact, for each of its items, or for each member of its group.
    fn run(&mut self, run: Run<'_>) -> Result<(), Halt> {
        let env = Env {
            period: run.period,
            ..base_env(self.state, run.active, run.fact)
        };
        if let Some(group) = &run.rule.group {
            for listed in env.members_of(group)? {
                self.run_safely(Run {
                    item: Some(&*listed.item),
                    friend: listed.friend,
                    listed: Some(&listed),
                    ..run
                })?;
            }
            return Ok(());
        }
        let Some(each) = &run.rule.each else {
            return match run.fact.member {
                Some(_) => self.run_safely(run),
                None => Ok(()),
            };
        };
        for item in env.select(each)? {
            if let Some(friend) = item.member {
                let item = Some(&*item);
                self.run_safely(Run {
                    item,
                    friend,
                    ..run
                })?;
            }
        }
        Ok(())
    }

    /// Runs a rule once; a run that cannot be computed is refused and does not touch the others.
    fn run_safely(&mut self, run: Run<'_>) -> Result<(), Halt> {
        let before = self.changes.clone();
        match self.run_once(run) {
            Err(Halt::Fault(why)) => {
                self.changes = before;
                self.refuse_all(run, &format!("cannot be computed: {why}"))
            }
            other => other,
        }
    }

    /// A reward as it stands in the middle of this decision.
    pub(super) fn reward(&self, id: i64) -> Result<Reward, Halt> {
        match self.changes.rewards.get(&id) {
            Some(reward) => Ok(reward.clone()),
            None => self.state.reward(id).cloned(),
        }
    }

    /// The reward that stands under a key in the middle of this decision.
    pub(super) fn standing(&self, key: &Text) -> Result<Option<Reward>, Halt> {
        if let Some(reward) = self.changes.rewards.values().find(|r| r.key == *key) {
            return Ok(Some(reward.clone()));
        }
        match self.state.key(key)? {
            Some(id) => self.reward(id).map(Some),
            None => Ok(None),
        }
    }

    /// Records what happened to a reward.
    pub(super) fn record(
        &mut self,
        reward: Reward,
        action: Action,
        minor: i64,
        explanation: Option<String>,
    ) {
        let entry = Entry {
            reward: reward.id,
            action,
            minor,
            reason: reward.reason.clone(),
            explanation,
        };
        if reward.state.is_final() {
            self.changes.unwatched.push(reward.id);
        }
        self.changes.entries.push(entry);
        self.changes.rewards.insert(reward.id, reward);
    }

    pub(super) fn next_id(&mut self) -> i64 {
        let id = self.changes.next_reward;
        self.changes.next_reward = id + 1;
        id
    }

    /// Moves a reward's share of its budget.
    pub(super) fn move_budget(&mut self, program: i64, reserved: i64, spent: i64) {
        let before = self.budget(program);
        self.changes
            .budgets
            .insert(program, (before.0 + reserved, before.1 + spent));
    }

    /// Reserved and spent of a program's budget in the middle of this decision.
    pub(super) fn budget(&self, program: i64) -> (i64, i64) {
        self.changes
            .budgets
            .get(&program)
            .copied()
            .unwrap_or_else(|| self.state.budget(program))
    }

    fn paid(&mut self, id: i64) -> Result<(), Halt> {
        let mut reward = self.reward(id)?;
        if reward.state != RewardState::Available {
            return Err(Halt::Fault(format!(
                "reward {id} is {}, not available",
                reward.state.word()
            )));
        }
        let minor = reward.amount_minor - reward.clawed_minor;
        reward.state = RewardState::Paid;
        reward.reason = "paid".into();
        self.record(reward, Action::Paid, minor, None);
        Ok(())
    }
}
