//! The deciding transaction: numbers from the sequencer, state fetched for a whole batch, pure
//! decisions in order, and everything they change booked in one commit.

pub mod convert;
mod deciding;
mod loader;
mod out;
pub mod replay;

pub use deciding::Deciding;

use crate::clock::Clock;
use crate::rewards::{Active, Catalog};
use crate::rules::calendar::Calendar;
use crate::rules::{Plan, RuleError, load};
use crate::storage::rows::ProgramRow;
use crate::storage::{StorageError, Store, Tx};
use crate::types::Text;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Why the engine could not do something.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A stored rule file does not load any more.
    #[error("a stored rule file does not load:\n{0}")]
    Rule(#[from] Box<RuleError>),
    /// What was asked does not fit what is there.
    #[error("{0}")]
    Conflict(String),
    /// A decision kept asking for state.
    #[error("a decision asked for more state than there is; input {0}")]
    Restless(i64),
}

impl From<RuleError> for EngineError {
    fn from(error: RuleError) -> Self {
        Self::Rule(Box::new(error))
    }
}

/// Currencies of the book: number and decimals by code.
pub type CurrencyNumbers = BTreeMap<Text, (i64, u8)>;

/// The engine of one book.
pub struct Engine {
    store: Store,
    plan: Arc<Plan>,
    clock: Arc<dyn Clock>,
    loaded: Mutex<Option<Arc<Loaded>>>,
}

/// What the programs table holds, checked and indexed.
pub struct Loaded {
    /// The sequencer's catalog version it was read at.
    pub version: i64,
    /// The programs.
    pub catalog: Arc<Catalog>,
    /// The currencies.
    pub currencies: CurrencyNumbers,
}

impl Engine {
    /// An engine on an open database.
    #[must_use]
    pub fn new(store: Store, plan: Arc<Plan>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            plan,
            clock,
            loaded: Mutex::new(None),
        }
    }

    /// The database.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The tracking plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Runs `work` in one deciding transaction.
    ///
    /// # Errors
    /// What `work` gave, or what the commit gave; then nothing has changed.
    pub fn decide<T>(
        &self,
        work: impl FnOnce(&mut Deciding<'_, '_>) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        self.store.write(|tx| {
            let mut deciding = Deciding::begin(self, tx)?;
            let value = work(&mut deciding)?;
            deciding.finish()?;
            Ok(value)
        })
    }

    /// The programs and currencies as of a catalog version; read again when another process
    /// activated something.
    ///
    /// # Errors
    /// [`EngineError`] when a stored rule file cannot be read.
    pub fn loaded(&self, tx: &mut Tx<'_>, version: i64) -> Result<Arc<Loaded>, EngineError> {
        let mut slot = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = slot.as_ref().filter(|l| l.version == version) {
            return Ok(loaded.clone());
        }
        let mut programs = Vec::new();
        for row in tx.programs()? {
            programs.push(active(&row)?);
        }
        let currencies = tx.currencies()?.into_iter();
        let currencies = currencies
            .map(|r| {
                (
                    r.code.as_str().into(),
                    (r.no, u8::try_from(r.exponent).unwrap_or(2)),
                )
            })
            .collect();
        let loaded = Arc::new(Loaded {
            version,
            catalog: Arc::new(Catalog::new(programs)),
            currencies,
        });
        *slot = Some(loaded.clone());
        Ok(loaded)
    }
}

/// A stored program version, checked again against the plan it was activated under.
///
/// # Errors
/// [`RuleError`] when it does not load any more.
pub fn active(row: &ProgramRow) -> Result<Active, RuleError> {
    let plan = Plan::load("tracking plan", &row.plan)?;
    let calendars = |name: &str| Some(Calendar::load(name, &row.calendar));
    let file = format!("{}-{}.toml", row.program_id, row.version);
    let program = load::program(&file, &row.source, &plan, &calendars)?;
    Ok(Active {
        no: row.no,
        program: Arc::new(program),
        campaign: row.campaign_id,
        accepting: row.state == "live",
    })
}
