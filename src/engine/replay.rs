//! Derives every reward again from the stored facts, commands and rule versions.

use super::{EngineError, active, convert};
use crate::members::service::Recorded;
use crate::rewards::{Catalog, Changes, Input, Snapshot, What, decide};
use crate::storage::Tx;
use crate::storage::rows::{CommandRow, FactRow, RewardEventRow, TimerRow};
use crate::types::{Instant, Member};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;

/// Rows fetched at a time.
const PAGE: i64 = 5_000;
/// Differences that are named; the rest is counted.
const NAMED_MAX: usize = 20;

/// What a replay found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Facts decided again.
    pub facts: i64,
    /// Other inputs.
    pub commands: i64,
    /// Rewards and refusals compared.
    pub rewards: i64,
    /// Whether everything came out to the cent.
    pub identical: bool,
    /// How many differences there are.
    pub differences: i64,
    /// The first of them.
    pub first: Vec<String>,
}

impl Report {
    fn differs(&mut self, what: String) {
        self.differences += 1;
        if self.first.len() < NAMED_MAX {
            self.first.push(what);
        }
    }
}

/// The body of a command about one reward.
#[derive(Serialize, Deserialize)]
pub struct RewardCommand {
    /// Its number.
    pub reward: i64,
    /// Why.
    pub reason: String,
}

/// The body of an activation.
#[derive(Serialize, Deserialize)]
pub struct Activation {
    /// The number of the activated version.
    pub no: i64,
    /// Versions that it retired.
    pub retired: Vec<i64>,
}

/// Decides about everything again and compares. `progress` is told how many inputs were done.
///
/// # Errors
/// [`EngineError`] when the database fails; differences are in the report.
pub fn replay(tx: &mut Tx<'_>, mut progress: impl FnMut(i64)) -> Result<Report, EngineError> {
    let mut replay = Replay {
        state: Snapshot::complete(),
        catalog: Catalog::default(),
        programs: Vec::new(),
        stored: Events {
            page: VecDeque::new(),
            seq: 0,
            line: 0,
        },
        report: Report::default(),
    };
    let (mut facts, mut commands) = (Inputs::facts(), Inputs::commands());
    let mut done = 0;
    loop {
        let fact = facts.peek_fact(tx)?.map(|f| f.seq);
        let command = commands.peek_command(tx)?.map(|c| c.seq);
        match (fact, command) {
            (None, None) => break,
            (Some(f), c) if c.is_none_or(|c| f < c) => {
                if let Some(row) = facts.facts.pop_front() {
                    replay.fact(tx, &row)?;
                }
            }
            _ => {
                if let Some(row) = commands.commands.pop_front() {
                    replay.command(tx, &row)?;
                }
            }
        }
        done += 1;
        if done % 1_000 == 0 {
            progress(done);
        }
    }
    replay.compare_rewards(tx)?;
    replay.report.identical = replay.report.differences == 0;
    progress(done);
    Ok(replay.report)
}

struct Replay {
    state: Snapshot,
    catalog: Catalog,
    programs: Vec<crate::rewards::Active>,
    stored: Events,
    report: Report,
}

impl Replay {
    fn fact(&mut self, tx: &mut Tx<'_>, row: &FactRow) -> Result<(), EngineError> {
        self.report.facts += 1;
        let event = crate::facts::intake::Event {
            id: row.event_id.as_str().into(),
            kind: row.kind.as_str().into(),
            member: self.external_id(row.member_id),
            at: Instant::from_micros(row.occurred_at),
            fields: convert::decode_values(&row.fields)?,
        };
        if crate::facts::service::body_hash(&event) != row.body_hash {
            self.report.differs(format!(
                "fact {} (event `{}`) was altered: its content does not match its hash",
                row.seq, row.event_id
            ));
        }
        let fact = Arc::new(convert::fact(row)?);
        self.state.accept(&fact);
        self.decide(tx, row.seq, row.recorded_at, What::Fact(fact))
    }

    fn external_id(&self, member: Option<i64>) -> Option<crate::types::Text> {
        use crate::rules::eval::World;
        self.state
            .member(member?)
            .ok()
            .flatten()
            .map(|m| m.external.clone())
    }

    fn command(&mut self, tx: &mut Tx<'_>, row: &CommandRow) -> Result<(), EngineError> {
        self.report.commands += 1;
        let corrupt = |e: serde_json::Error| {
            EngineError::Conflict(format!("command {} cannot be read: {e}", row.seq))
        };
        let about = || serde_json::from_str::<RewardCommand>(&row.body).map_err(corrupt);
        let what = match row.kind.as_str() {
            "members" => {
                for recorded in serde_json::from_str::<Vec<Recorded>>(&row.body).map_err(corrupt)? {
                    let member: Member = recorded.member()?;
                    self.state.put_member(member.id, Some(member));
                }
                return Ok(());
            }
            "program.activated" => {
                return self.activate(tx, &serde_json::from_str(&row.body).map_err(corrupt)?);
            }
            "campaign.approved" => return self.assign(tx, &row.body),
            "timer" => {
                let body: TimerBody = serde_json::from_str(&row.body).map_err(corrupt)?;
                let timer = convert::timer(&TimerRow {
                    at: body.at,
                    kind: body.kind,
                    a: body.a,
                    b: body.b,
                    c: body.c,
                })?;
                What::Timer(timer)
            }
            "reward.released" => What::ReleaseHeld(about()?.reward),
            "reward.paid" => What::Paid(about()?.reward),
            "reward.cancelled" => {
                let body = about()?;
                What::Cancel(body.reward, body.reason.as_str().into())
            }
            _ => return Ok(()),
        };
        self.decide(tx, row.seq, row.recorded_at, what)
    }

    fn activate(&mut self, tx: &mut Tx<'_>, activation: &Activation) -> Result<(), EngineError> {
        for program in &mut self.programs {
            program.accepting = program.accepting && !activation.retired.contains(&program.no);
        }
        let row = tx.programs()?.into_iter().find(|p| p.no == activation.no);
        let row = row.ok_or_else(|| {
            EngineError::Conflict(format!("program {} is missing", activation.no))
        })?;
        let hash = crate::programs::hash_of(&row.source);
        if hash != row.source_hash {
            self.report.differs(format!(
                "program `{}` version {} was altered: its text does not match its hash",
                row.program_id, row.version
            ));
        }
        self.programs.push(crate::rewards::Active {
            accepting: true,
            ..active(&row)?
        });
        self.catalog = Catalog::new(self.programs.iter().cloned());
        Ok(())
    }

    fn assign(&mut self, tx: &mut Tx<'_>, body: &str) -> Result<(), EngineError> {
        let id = serde_json::from_str::<serde_json::Value>(body)
            .ok()
            .and_then(|v| v.get("campaign")?.as_i64());
        for row in tx.assignments(id.unwrap_or(0))? {
            self.state
                .put_treated(row.campaign_id, row.member_id, row.treated);
        }
        Ok(())
    }

    fn decide(
        &mut self,
        tx: &mut Tx<'_>,
        seq: i64,
        recorded_at: i64,
        what: What,
    ) -> Result<(), EngineError> {
        let input = Input {
            recorded_at: Instant::from_micros(recorded_at),
            what,
        };
        match decide(&self.catalog, &self.state, &input) {
            Ok(changes) => {
                self.compare_events(tx, seq, &changes)?;
                self.state.apply(&changes);
            }
            Err(halt) => self
                .report
                .differs(format!("input {seq} cannot be decided again: {halt}")),
        }
        Ok(())
    }

    fn compare_events(
        &mut self,
        tx: &mut Tx<'_>,
        seq: i64,
        changes: &Changes,
    ) -> Result<(), EngineError> {
        let stored = self.stored.of(tx, seq)?;
        if stored.len() != changes.entries.len() {
            let (found, derived) = (stored.len(), changes.entries.len());
            self.report.differs(format!(
                "input {seq} has {found} stored events, but {derived} are derived"
            ));
        }
        for (row, entry) in stored.iter().zip(&changes.entries) {
            let same = row.reward_id == entry.reward
                && row.action == entry.action.word()
                && row.minor == entry.minor;
            if !same || row.reason != *entry.reason || row.explanation != entry.explanation {
                self.report.differs(format!(
                    "reward {} at input {seq}: stored {} {}, derived {} {} for reward {}",
                    row.reward_id,
                    row.action,
                    row.minor,
                    entry.action.word(),
                    entry.minor,
                    entry.reward
                ));
            }
        }
        Ok(())
    }

    fn compare_rewards(&mut self, tx: &mut Tx<'_>) -> Result<(), EngineError> {
        let derived: std::collections::BTreeMap<i64, crate::rewards::Reward> = self
            .state
            .rewards()
            .into_iter()
            .map(|(id, r)| (id, r.clone()))
            .collect();
        let mut last = 0;
        let mut seen = 0;
        loop {
            let page = tx.rewards_after(last, PAGE)?;
            let Some(end) = page.last() else { break };
            last = end.id;
            for row in &page {
                seen += 1;
                let want = derived.get(&row.id).map(convert::reward_row);
                if want.as_ref() != Some(row) {
                    let what = want.map_or_else(
                        || "none is derived".to_owned(),
                        |w| format!("derived {} {}", w.state, w.amount_minor),
                    );
                    self.report.differs(format!(
                        "reward {}: stored {} {}, {what}",
                        row.id, row.state, row.amount_minor
                    ));
                }
            }
        }
        self.report.rewards = seen;
        if i64::try_from(derived.len()).unwrap_or(0) > seen {
            self.report.differs(format!(
                "{} rewards are derived, but {seen} are stored",
                derived.len()
            ));
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct TimerBody {
    at: i64,
    kind: String,
    a: i64,
    b: i64,
    c: i64,
}

/// Inputs read page by page.
struct Inputs {
    facts: VecDeque<FactRow>,
    commands: VecDeque<CommandRow>,
    last: i64,
}

impl Inputs {
    const fn facts() -> Self {
        Self {
            facts: VecDeque::new(),
            commands: VecDeque::new(),
            last: 0,
        }
    }

    const fn commands() -> Self {
        Self::facts()
    }

    fn peek_fact(&mut self, tx: &mut Tx<'_>) -> Result<Option<&FactRow>, EngineError> {
        if self.facts.is_empty() {
            self.facts = tx.facts_after(self.last, PAGE)?.into();
            self.last = self.facts.back().map_or(self.last, |f| f.seq);
        }
        Ok(self.facts.front())
    }

    fn peek_command(&mut self, tx: &mut Tx<'_>) -> Result<Option<&CommandRow>, EngineError> {
        if self.commands.is_empty() {
            self.commands = tx.commands_after(self.last, PAGE)?.into();
            self.last = self.commands.back().map_or(self.last, |c| c.seq);
        }
        Ok(self.commands.front())
    }
}

/// Stored events read page by page.
struct Events {
    page: VecDeque<RewardEventRow>,
    seq: i64,
    line: i64,
}

impl Events {
    /// The stored events of an input.
    fn of(&mut self, tx: &mut Tx<'_>, seq: i64) -> Result<Vec<RewardEventRow>, EngineError> {
        let mut found = Vec::new();
        loop {
            if self.page.is_empty() {
                self.page = tx.reward_events_after(self.seq, self.line, PAGE)?.into();
                match self.page.back() {
                    Some(last) => (self.seq, self.line) = (last.seq, last.line),
                    None => return Ok(found),
                }
            }
            while self.page.front().is_some_and(|e| e.seq <= seq) {
                found.extend(self.page.pop_front());
            }
            if !self.page.is_empty() {
                return Ok(found);
            }
        }
    }
}
