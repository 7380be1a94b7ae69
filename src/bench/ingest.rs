//! Facts per second through the service, and the bare multi-row insert of the very rows that it
//! wrote, in one run.

use crate::clock::ManualClock;
use crate::engine::{Engine, EngineError, convert};
use crate::facts::intake::{self, Event};
use crate::facts::queue::{Queue, QueueError};
use crate::facts::service::body_hash;
use crate::members::{intake as member_intake, service as members};
use crate::programs;
use crate::rewards::{Input, Snapshot, What, decide};
use crate::rules::Plan;
use crate::storage::rows::{
    AccountRow, CounterRow, FactKeyRow, FactRow, JournalRow, MemberRow, RewardEventRow, RewardRow,
    TimerRow, TransferRow, WatchRow,
};
use crate::storage::{StorageError, Store, Tx};
use crate::types::{Fact, Instant};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};

/// Facts in one bare transaction: what the service puts into one of its own.
const GROUP: usize = 1_000;

/// Why a benchmark stopped.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The service refused.
    #[error("the service refused: {0}")]
    Refused(String),
}

impl From<QueueError> for BenchError {
    fn from(error: QueueError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// What is measured.
pub struct Setting {
    /// An empty database for the service.
    pub service: Store,
    /// An empty database of the same kind for the bare rows.
    pub bare: Store,
    /// The tracking plan's text.
    pub plan: String,
    /// A rule file.
    pub program: String,
    /// Members; each but the first was referred by an earlier one.
    pub members: i64,
    /// Facts.
    pub facts: i64,
    /// Clients that send at the same time.
    pub clients: usize,
    /// Events in one request.
    pub request: usize,
}

/// What came out.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// `sqlite` or `postgres`.
    pub backend: &'static str,
    /// Facts sent.
    pub facts: i64,
    /// Rows that they made, in all tables.
    pub rows: usize,
    /// Facts per second through the service.
    pub service_per_second: u64,
    /// Facts per second of the bare insert of the same rows.
    pub bare_per_second: u64,
    /// Service over bare, in thousandths.
    pub ratio_permille: u64,
    /// Where the time of one fact goes, in nanoseconds, dearest first.
    pub costs_ns: Vec<(&'static str, u64)>,
}

fn per_second(count: i64, took: Duration) -> u64 {
    let nanos = took.as_nanos().max(1);
    u64::try_from(u128::from(count.unsigned_abs()) * 1_000_000_000 / nanos).unwrap_or(u64::MAX)
}

fn each(count: i64, took: Duration) -> u64 {
    u64::try_from(took.as_nanos() / u128::from(count.unsigned_abs().max(1))).unwrap_or(u64::MAX)
}

/// Runs the benchmark. `block_on` drives the clients.
///
/// # Errors
/// [`BenchError`] when something fails; nothing is measured then.
pub fn run(setting: &Setting) -> Result<Figures, BenchError> {
    let plan = Arc::new(Plan::load("tracking plan", &setting.plan).map_err(EngineError::from)?);
    let start = Instant::from_micros(1_496_246_400_000_000);
    let clock = Arc::new(ManualClock::new(start));
    let engine = Arc::new(Engine::new(setting.service.clone(), plan.clone(), clock));
    let draft = programs::Draft {
        file: "bench.toml".to_owned(),
        source: setting.program.clone(),
        calendar: String::new(),
        plan: setting.plan.clone(),
    };
    programs::activate(&engine, "bench", &draft, None)?;
    people(&engine, setting.members)?;
    let bodies: Vec<Json> = (0..setting.facts)
        .map(|n| body(n, setting.members))
        .collect();
    let through = through_service(&engine, &bodies, setting)?;
    let (checked, events) = check(&plan, &bodies)?;
    let deciding = decide_in_memory(&engine, &events)?;
    let rows = Rows::read(&setting.service)?;
    let bare = rows.write(&setting.bare, &engine, &draft)?;
    let facts = setting.facts;
    let mut costs = vec![
        ("writing rows (the bare insert)", each(facts, bare)),
        (
            "deciding (conditions, amounts, explanations)",
            each(facts, deciding),
        ),
        ("checking and hashing events", each(facts, checked)),
        (
            "looking up state, queueing and answering",
            each(facts, through.saturating_sub(bare + deciding + checked)),
        ),
    ];
    costs.sort_by_key(|(_, ns)| std::cmp::Reverse(*ns));
    let (service_per_second, bare_per_second) =
        (per_second(facts, through), per_second(facts, bare));
    Ok(Figures {
        backend: setting.service.backend(),
        facts,
        rows: rows.count(),
        service_per_second,
        bare_per_second,
        ratio_permille: service_per_second * 1_000 / bare_per_second.max(1),
        costs_ns: costs,
    })
}

fn people(engine: &Engine, count: i64) -> Result<(), BenchError> {
    let ids: Vec<i64> = (0..count).collect();
    for chunk in ids.chunks(members::BATCH_MAX) {
        let sent: Result<Vec<_>, _> = chunk
            .iter()
            .map(|n| {
                let mut json = json!({"id": format!("m{n}")});
                if let (true, Some(map)) = (*n > 0, json.as_object_mut()) {
                    // Each referred about three others, so that most have two levels above them.
                    map.insert("referrer".to_owned(), json!(format!("m{}", (n - 1) / 3)));
                }
                member_intake::member(engine.plan(), &json)
            })
            .collect();
        members::upsert(
            engine,
            "bench",
            &sent.map_err(|p| BenchError::Refused(format!("{p:?}")))?,
        )?;
    }
    Ok(())
}

/// The n-th event: a spread of members, amounts and days without randomness.
fn body(n: i64, members: i64) -> Json {
    let member = n.wrapping_mul(7_919).rem_euclid(members.max(1));
    let amount = 1_000 + n.wrapping_mul(104_729).rem_euclid(200_000);
    let minute = n.rem_euclid(40_000);
    let at = Instant::from_micros(1_496_246_400_000_000).plus_seconds(minute * 60);
    json!({
        "id": format!("bench-{n}"), "type": "invested", "member": format!("m{member}"), "at": at.to_string(),
        "properties": {"amount": format!("{amount}.00"), "currency": "CNY", "term_days": 180, "product": "fixed", "ref": format!("r{n}")},
    })
}

fn check(plan: &Plan, bodies: &[Json]) -> Result<(Duration, Vec<Event>), BenchError> {
    let watch = Stopwatch::now();
    let events: Result<Vec<Event>, _> = bodies
        .iter()
        .map(|b| {
            let event = intake::event(plan, b)?;
            std::hint::black_box(body_hash(&event));
            Ok(event)
        })
        .collect();
    let events =
        events.map_err(|p: Vec<intake::FieldProblem>| BenchError::Refused(format!("{p:?}")))?;
    Ok((watch.elapsed(), events))
}

fn through_service(
    engine: &Arc<Engine>,
    bodies: &[Json],
    setting: &Setting,
) -> Result<Duration, BenchError> {
    let queue = Queue::start(engine.clone()).map_err(|e| BenchError::Refused(e.to_string()))?;
    let requests: Vec<&[Json]> = bodies.chunks(setting.request.max(1)).collect();
    let watch = Stopwatch::now();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..setting.clients.max(1))
            .map(|client| {
                let (queue, requests) = (queue.clone(), &requests);
                scope.spawn(move || -> Result<(), BenchError> {
                    let runtime = actix_web::rt::Runtime::new()
                        .map_err(|e| BenchError::Refused(e.to_string()))?;
                    for request in requests.iter().skip(client).step_by(setting.clients.max(1)) {
                        let events: Result<Vec<Event>, _> = request
                            .iter()
                            .map(|b| intake::event(engine.plan(), b))
                            .collect();
                        let events = events.map_err(|p| BenchError::Refused(format!("{p:?}")))?;
                        runtime.block_on(queue.accept("bench".to_owned(), events))?;
                    }
                    Ok(())
                })
            })
            .collect();
        for client in clients {
            client
                .join()
                .map_err(|_panic| BenchError::Refused("a client failed".to_owned()))??;
        }
        Ok::<(), BenchError>(())
    })?;
    Ok(watch.elapsed())
}

/// The same decisions with everything in memory.
fn decide_in_memory(engine: &Engine, events: &[Event]) -> Result<Duration, BenchError> {
    let store = engine.store();
    let mut state = Snapshot::complete();
    let mut ids = std::collections::HashMap::new();
    let mut last = 0;
    loop {
        let page: Vec<MemberRow> = store.read(|tx| tx.members_after(last, 10_000))?;
        let Some(end) = page.last() else { break };
        last = end.id;
        for row in &page {
            ids.insert(row.external_id.clone(), row.id);
            state.put_member(row.id, Some(convert::member(row)?));
        }
    }
    let loaded = store.read(|tx| {
        let version = tx.see_sequencer()?.catalog_version;
        engine.loaded(tx, version)
    })?;
    let watch = Stopwatch::now();
    for (seq, event) in (1..).zip(events) {
        let member = event.member.as_deref().and_then(|m| ids.get(m)).copied();
        let fact = Fact {
            seq,
            id: event.id.clone(),
            kind: event.kind.clone(),
            member,
            at: event.at,
            fields: event.fields.clone(),
        };
        let fact = Arc::new(fact);
        state.accept(&fact);
        let input = Input {
            recorded_at: event.at,
            what: What::Fact(fact),
        };
        let changes = decide(&loaded.catalog, &state, &input)
            .map_err(|e| BenchError::Refused(e.to_string()))?;
        state.apply(&changes);
    }
    Ok(watch.elapsed())
}

/// Everything that the service wrote for the facts.
#[derive(Default)]
struct Rows {
    members: Vec<MemberRow>,
    facts: Vec<FactRow>,
    keys: Vec<FactKeyRow>,
    rewards: Vec<RewardRow>,
    events: Vec<RewardEventRow>,
    accounts: Vec<AccountRow>,
    journals: Vec<JournalRow>,
    transfers: Vec<TransferRow>,
    counters: Vec<CounterRow>,
    timers: Vec<TimerRow>,
    watches: Vec<WatchRow>,
}

impl Rows {
    fn read(store: &Store) -> Result<Self, StorageError> {
        store.read(|tx: &mut Tx<'_>| {
            let journals = tx.journals_after(0, i64::MAX)?;
            let ids: Vec<i64> = journals.iter().map(|j| j.id).collect();
            Ok(Self {
                members: tx.members_after(0, i64::MAX)?,
                facts: tx.facts_after(0, i64::MAX)?,
                keys: tx.all_fact_keys()?,
                rewards: tx.rewards_after(0, i64::MAX)?,
                events: tx.reward_events_after(0, 0, i64::MAX)?,
                accounts: tx.accounts_after(i64::MIN, i64::MAX)?,
                transfers: tx.transfers_of(&ids)?,
                journals,
                counters: tx.all_counters()?,
                timers: tx.due_timers(i64::MAX, i64::MAX)?,
                watches: tx.all_watches()?,
            })
        })
    }

    fn count(&self) -> usize {
        self.facts.len()
            + self.keys.len()
            + self.rewards.len()
            + self.events.len()
            + self.accounts.len()
            + self.journals.len()
            + self.transfers.len()
            + self.counters.len()
            + self.timers.len()
            + self.watches.len()
    }

    /// Inserts the rows in as many transactions as the service would need at best.
    fn write(
        &self,
        store: &Store,
        engine: &Engine,
        draft: &programs::Draft,
    ) -> Result<Duration, BenchError> {
        let bare = Engine::new(
            store.clone(),
            Arc::new(engine.plan().clone()),
            Arc::new(ManualClock::new(engine.clock().now())),
        );
        programs::activate(&bare, "bench", draft, None)?;
        store.write(|tx| tx.insert_members(&self.members))?;
        let groups = self.facts.len().div_ceil(GROUP).max(1);
        let watch = Stopwatch::now();
        let mut before = (0, 0);
        for (group, facts) in self.facts.chunks(GROUP).enumerate() {
            // A group takes the rows of its facts, so that parents come before children.
            let seq = facts.last().map_or(i64::MAX, |f| f.seq);
            let journals = between(&self.journals, before.0, seq, |j| j.seq);
            let journal = journals.last().map_or(before.1, |j| j.id);
            store.write(|tx| {
                tx.insert_facts(facts)?;
                tx.insert_fact_keys(between(&self.keys, before.0, seq, |k| k.seq))?;
                tx.upsert_rewards(between(&self.rewards, before.0, seq, |r| r.fact_seq))?;
                tx.insert_reward_events(between(&self.events, before.0, seq, |e| e.seq))?;
                if group == 0 {
                    tx.add_to_accounts(&self.accounts)?;
                }
                tx.insert_journals(journals)?;
                tx.insert_transfers(between(&self.transfers, before.1, journal, |t| {
                    t.journal_id
                }))?;
                tx.upsert_counters(part(&self.counters, group, groups))?;
                tx.insert_timers(part(&self.timers, group, groups))?;
                tx.insert_watches(part(&self.watches, group, groups))
            })?;
            before = (seq, journal);
        }
        Ok(watch.elapsed())
    }
}

/// The `group`-th of `groups` nearly equal parts.
fn part<T>(rows: &[T], group: usize, groups: usize) -> &[T] {
    let (from, until) = (
        rows.len() * group / groups,
        rows.len() * (group + 1) / groups,
    );
    rows.get(from..until).unwrap_or_default()
}

/// The rows whose number lies above `after` and at most at `until`, of rows in order.
fn between<T>(rows: &[T], after: i64, until: i64, number: impl Fn(&T) -> i64) -> &[T] {
    let from = rows.partition_point(|r| number(r) <= after);
    let to = rows.partition_point(|r| number(r) <= until);
    rows.get(from..to).unwrap_or_default()
}
