//! What the tests share: fresh books on each backend, a manual clock, people and facts.

pub(crate) mod app;
pub(crate) mod browser;
pub(crate) mod peers;
pub(crate) mod server;

use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use vouchsafe::clock::ManualClock;
use vouchsafe::engine::Engine;
use vouchsafe::facts::intake;
use vouchsafe::facts::service::{self as facts, Outcome};
use vouchsafe::members::{intake as member_intake, service as members};
use vouchsafe::programs::{self, Draft};
use vouchsafe::rules::Plan;
use vouchsafe::storage::Store;
use vouchsafe::types::Instant;

static NEXT: AtomicU32 = AtomicU32::new(1);

/// A file of the repository.
pub(crate) fn repo(path: &str) -> String {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&full).unwrap_or_else(|e| panic!("{}: {e}", full.display()))
}

/// An instant of RFC 3339.
pub(crate) fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

/// A database of its own for one test.
pub(crate) struct Database {
    pub(crate) url: String,
    file: Option<PathBuf>,
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        let no = NEXT.fetch_add(1, Ordering::SeqCst);
        let file = std::env::temp_dir().join(format!("vouchsafe-{}-{no}.db", std::process::id()));
        Self {
            url: format!("sqlite:{}", file.display()),
            file: Some(file),
        }
    }

    /// A new database on the server of `VOUCHSAFE_TEST_POSTGRES`; a loud line without one.
    pub(crate) fn postgres() -> Option<Self> {
        let Ok(server) = std::env::var("VOUCHSAFE_TEST_POSTGRES") else {
            peers::not_run("postgres", "set VOUCHSAFE_TEST_POSTGRES, or run ./test");
            return None;
        };
        let no = NEXT.fetch_add(1, Ordering::SeqCst);
        // Numbers of processes come again; a server that is kept remembers the databases of earlier runs.
        let since = std::time::UNIX_EPOCH.elapsed().unwrap().as_micros();
        let name = format!("vouchsafe_{since}_{no}");
        vouchsafe::storage::admin::create_database(&server, &name).unwrap();
        let (base, query) = server
            .split_once('?')
            .map_or((server.as_str(), String::new()), |(b, q)| {
                (b, format!("?{q}"))
            });
        let root = base.rsplit_once('/').map_or(base, |(root, _)| root);
        Some(Self {
            url: format!("{root}/{name}{query}"),
            file: None,
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            for ending in ["", "-wal", "-shm"] {
                drop(std::fs::remove_file(format!("{}{ending}", file.display())));
            }
        }
    }
}

/// A book under test.
pub(crate) struct Book {
    pub(crate) engine: Arc<Engine>,
    pub(crate) clock: Arc<ManualClock>,
    /// Keeps the database until the book is dropped.
    _database: Database,
}

impl Book {
    pub(crate) fn open(database: Database, start: &str) -> Self {
        let clock = Arc::new(ManualClock::new(at(start)));
        let plan = Plan::load("standard.toml", &repo("rules/plans/standard.toml")).unwrap();
        let engine = Engine::new(
            Store::open(&database.url).unwrap(),
            Arc::new(plan),
            clock.clone(),
        );
        Self {
            engine: Arc::new(engine),
            clock,
            _database: database,
        }
    }

    /// Activates rule text; `id` and `version` come from the text.
    pub(crate) fn activate(&self, source: &str) -> i64 {
        let draft = draft(source);
        programs::activate(&self.engine, "tests", &draft, None).unwrap_or_else(|e| panic!("{e}"))
    }

    /// Creates members: `[id, referrer]`, an empty referrer for none.
    pub(crate) fn members(&self, list: &[[&str; 2]]) -> Vec<members::Outcome> {
        let sent: Vec<_> = list
            .iter()
            .map(|[id, referrer]| {
                let mut json = json!({"id": id, "registered_at": "2017-01-01T00:00:00+08:00"});
                if !referrer.is_empty() {
                    json["referrer"] = json!(referrer);
                }
                member_intake::member(self.engine.plan(), &json).unwrap()
            })
            .collect();
        members::upsert(&self.engine, "tests", &sent).unwrap()
    }

    /// Sets the clock to the event's time and accepts it.
    pub(crate) fn fact(
        &self,
        id: &str,
        kind: &str,
        member: &str,
        when: &str,
        properties: Json,
    ) -> Outcome {
        self.clock.set(at(when));
        let json =
            json!({"id": id, "type": kind, "member": member, "at": when, "properties": properties});
        let event = intake::event(self.engine.plan(), &json).unwrap_or_else(|p| panic!("{p:?}"));
        facts::accept(&self.engine, "tests", &[event])
            .unwrap()
            .remove(0)
    }

    /// Sets the clock and fires what is due.
    pub(crate) fn tick(&self, when: &str) -> usize {
        self.clock.set(at(when));
        let mut fired = 0;
        loop {
            match facts::tick(&self.engine, 500).unwrap() {
                0 => return fired,
                n => fired += n,
            }
        }
    }

    /// State and minor amount of every reward, in order.
    pub(crate) fn rewards(&self) -> Vec<(String, String, i64)> {
        let rows = self
            .engine
            .store()
            .read(|tx| tx.rewards_after(0, 100_000))
            .unwrap();
        rows.into_iter()
            .map(|r| (r.kind, r.state, r.amount_minor - r.clawed_minor))
            .collect()
    }

    /// Asserts that the books balance and that a replay gives the same rewards.
    pub(crate) fn assert_sound(&self) {
        let store = self.engine.store();
        let verified = store.read(|tx| {
            let version = tx.see_sequencer()?.catalog_version;
            let loaded = self.engine.loaded(tx, version)?;
            vouchsafe::ledger::verify::verify(tx, &loaded.currencies)
        });
        let verified = verified.unwrap();
        assert!(verified.balanced, "{:#?}", verified.first);
        let replayed = store
            .read(|tx| vouchsafe::engine::replay::replay(tx, |_| {}))
            .unwrap();
        assert!(replayed.identical, "{:#?}", replayed.first);
    }
}

/// Rule text as a draft under the standard plan.
pub(crate) fn draft(source: &str) -> Draft {
    Draft {
        file: "test.toml".to_owned(),
        source: source.to_owned(),
        calendar: String::new(),
        plan: repo("rules/plans/standard.toml"),
    }
}

/// Runs a test on a fresh book of every backend that is there.
pub(crate) fn on_each_backend(start: &str, test: impl Fn(&Book)) {
    test(&Book::open(Database::sqlite(), start));
    if let Some(database) = Database::postgres() {
        test(&Book::open(database, start));
    }
}
