//! A deciding transaction in progress.

use super::loader;
use super::out::{Out, Place};
use super::{Engine, EngineError, Loaded, convert};
use crate::rewards::{Changes, Input, Snapshot, Timer, What, decide};
use crate::rules::eval::Halt;
use crate::storage::Tx;
use crate::storage::rows::{CommandRow, FactKeyRow, FactRow, SequencerRow, TimerRow};
use crate::types::{Fact, Instant, Member, Value};
use std::sync::Arc;

/// Rounds of fetching after which a decision is taken to run in circles.
const ROUNDS_MAX: usize = 64;

/// A transaction that holds the sequencer.
pub struct Deciding<'e, 'c> {
    engine: &'e Engine,
    /// The transaction itself.
    pub tx: &'e mut Tx<'c>,
    order: SequencerRow,
    loaded: Arc<Loaded>,
    snapshot: Snapshot,
    out: Out,
    now: Instant,
}

impl<'e, 'c> Deciding<'e, 'c> {
    pub(super) fn begin(engine: &'e Engine, tx: &'e mut Tx<'c>) -> Result<Self, EngineError> {
        let order = tx.take_sequencer()?;
        let loaded = engine.loaded(tx, order.catalog_version)?;
        let budgets = tx.budgets()?.into_iter();
        let budgets = budgets
            .map(|b| (b.program_no, (b.reserved_minor, b.spent_minor)))
            .collect();
        let snapshot = Snapshot::partial(order.next_reward, budgets);
        // The order of decisions has one clock, and it never goes back.
        let now = engine
            .clock()
            .now()
            .max(Instant::from_micros(order.last_recorded_at));
        Ok(Self {
            engine,
            tx,
            order,
            loaded,
            snapshot,
            out: Out::default(),
            now,
        })
    }

    /// The only clock that decisions of this transaction know.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Programs and currencies in force.
    #[must_use]
    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// The next place in the order.
    pub const fn next_seq(&mut self) -> i64 {
        let seq = self.order.next_seq;
        self.order.next_seq += 1;
        seq
    }

    /// The next number of a member.
    pub const fn next_member(&mut self) -> i64 {
        let id = self.order.next_member;
        self.order.next_member += 1;
        id
    }

    /// Tells every process to read programs and currencies again.
    pub const fn change_catalog(&mut self) {
        self.order.catalog_version += 1;
    }

    /// Records an input that is not a fact; gives its place.
    pub fn command(&mut self, kind: &str, actor: &str, body: String) -> i64 {
        let seq = self.next_seq();
        let recorded_at = self.now.micros();
        self.out.commands.push(CommandRow {
            seq,
            kind: kind.to_owned(),
            actor: actor.to_owned(),
            recorded_at,
            body,
        });
        seq
    }

    /// Shows decisions a member as he stands, when this transaction wrote him.
    pub fn put_member(&mut self, member: Member) {
        self.snapshot.put_member(member.id, Some(member));
    }

    /// Fetches what decisions about these facts will ask for, in few queries for all of them.
    ///
    /// # Errors
    /// [`EngineError`] when the database fails.
    pub fn foresee(&mut self, facts: &[Arc<Fact>]) -> Result<(), EngineError> {
        let loaded = self.loaded.clone();
        let mut open: Vec<&Arc<Fact>> = facts.iter().collect();
        for _round in 0..ROUNDS_MAX {
            // What one fact does to the next is seen in the real decision; this only looks ahead.
            self.snapshot.look_ahead(true);
            open.retain(|fact| {
                let before = self.snapshot.needs_noted();
                let input = Input {
                    recorded_at: self.now,
                    what: What::Fact(Arc::clone(fact)),
                };
                let stopped = decide(&loaded.catalog, &self.snapshot, &input).is_err();
                stopped || self.snapshot.needs_noted() > before
            });
            self.snapshot.look_ahead(false);
            let needs = self.snapshot.take_needs();
            if needs.is_empty() {
                return Ok(());
            }
            loader::load(self.tx, &mut self.snapshot, needs)?;
        }
        Ok(())
    }

    /// Accepts a fact and decides about it.
    ///
    /// # Errors
    /// [`EngineError`] when the database fails.
    pub fn fact(&mut self, fact: Arc<Fact>, body_hash: String) -> Result<Changes, EngineError> {
        self.out.facts.push(FactRow {
            seq: fact.seq,
            event_id: fact.id.to_string(),
            body_hash,
            kind: fact.kind.to_string(),
            member_id: fact.member,
            occurred_at: fact.at.micros(),
            recorded_at: self.now.micros(),
            fields: convert::encode_values(fact.fields.iter().map(|(k, v)| (k, v))),
        });
        if let Some(declared) = self.engine.plan().types.get(&fact.kind) {
            for (name, value) in &fact.fields {
                let key = declared.fields.get(name).is_some_and(|f| f.key);
                if let (true, Value::Text(value)) = (key, value) {
                    self.out.fact_keys.push(FactKeyRow {
                        kind: fact.kind.to_string(),
                        field: name.to_string(),
                        value: value.to_string(),
                        seq: fact.seq,
                    });
                }
            }
        }
        self.snapshot.accept(&fact);
        let (seq, value_at) = (fact.seq, fact.at);
        self.run(seq, value_at, What::Fact(fact))
    }

    /// Fires a timer: an input of its own.
    ///
    /// # Errors
    /// [`EngineError`] when the database fails.
    pub fn timer(&mut self, row: TimerRow) -> Result<Changes, EngineError> {
        let timer: Timer = convert::timer(&row)?;
        let body =
            serde_json::json!({"at": row.at, "kind": row.kind, "a": row.a, "b": row.b, "c": row.c})
                .to_string();
        let seq = self.command("timer", "clock", body);
        self.out.fired(row);
        self.run(seq, timer.at, What::Timer(timer))
    }

    /// Decides about a person's command, recorded under `kind`.
    ///
    /// # Errors
    /// [`EngineError::Conflict`] when the command does not fit the reward.
    pub fn operator(
        &mut self,
        kind: &str,
        actor: &str,
        body: String,
        what: What,
    ) -> Result<Changes, EngineError> {
        let seq = self.command(kind, actor, body);
        self.run(seq, self.now, what)
    }

    fn run(&mut self, seq: i64, value_at: Instant, what: What) -> Result<Changes, EngineError> {
        let input = Input {
            recorded_at: self.now,
            what,
        };
        for _round in 0..ROUNDS_MAX {
            match decide(&self.loaded.catalog, &self.snapshot, &input) {
                Ok(changes) => {
                    self.snapshot.apply(&changes);
                    let place = Place {
                        seq,
                        recorded_at: self.now,
                        value_at,
                    };
                    self.out.take(
                        place,
                        &changes,
                        &self.loaded.currencies,
                        &mut self.order.next_journal,
                    )?;
                    self.order.next_reward = changes.next_reward;
                    return Ok(changes);
                }
                Err(Halt::Need) => {
                    // One input may run a rule for thousands of items: find all their needs at once.
                    self.snapshot.look_ahead(true);
                    let guessed = decide(&self.loaded.catalog, &self.snapshot, &input);
                    self.snapshot.look_ahead(false);
                    drop(guessed);
                    let needs = self.snapshot.take_needs();
                    loader::load(self.tx, &mut self.snapshot, needs)?;
                }
                Err(Halt::Fault(why)) => return Err(EngineError::Conflict(why)),
            }
        }
        Err(EngineError::Restless(seq))
    }

    pub(super) fn finish(mut self) -> Result<(), EngineError> {
        self.out.write(self.tx)?;
        self.order.last_recorded_at = self.now.micros();
        self.tx.put_sequencer(&self.order)?;
        Ok(())
    }
}
