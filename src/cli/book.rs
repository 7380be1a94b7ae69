//! Opens the book that a command works on, under the tracking plan in force.

use super::shipped::STANDARD_PLAN;
use super::{Context, Failure};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vouchsafe::clock::{Clock, ManualClock, SystemClock};
use vouchsafe::engine::{CurrencyNumbers, Engine};
use vouchsafe::rules::Plan;
use vouchsafe::storage::{StorageError, Store};
use vouchsafe::types::Instant;

/// The setting that keeps the text of the tracking plan in force.
const PLAN_SETTING: &str = "tracking_plan";

/// An open book.
pub(crate) struct Book {
    /// The engine on it.
    pub(crate) engine: Arc<Engine>,
    /// The text of the tracking plan in force.
    pub(crate) plan: String,
}

/// A tracking plan as read from a file.
pub(crate) struct PlanFile {
    /// Its text.
    pub(crate) text: String,
    /// What it says.
    pub(crate) plan: Plan,
}

impl PlanFile {
    fn load(name: &str, text: String) -> Result<Self, Failure> {
        let plan = Plan::load(name, &text)?;
        Ok(Self { text, plan })
    }
}

/// Reads a text file.
///
/// # Errors
/// [`Failure`] naming the file.
pub(crate) fn read_file(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| Failure::file(path, &e))
}

impl Context {
    /// The clock: the moment of `--as-of`, or the machine's.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        match self.config.as_of {
            Some(at) => Arc::new(ManualClock::new(at)),
            None => Arc::new(SystemClock),
        }
    }

    /// The tracking plan of `--plan`, or the standard one; for commands without a book.
    pub(crate) fn plan_file(&self) -> Result<PlanFile, Failure> {
        match &self.config.plan {
            Some(path) => PlanFile::load(&path.display().to_string(), read_file(path)?),
            None => PlanFile::load("standard.toml", STANDARD_PLAN.to_owned()),
        }
    }

    /// Opens a book that must be there, to read it.
    pub(crate) fn reading(&self) -> Result<Book, Failure> {
        self.must_exist()?;
        let store = self.store()?;
        let text = store.read(|tx| tx.setting(PLAN_SETTING))?;
        let file = match text {
            Some(text) => PlanFile::load("the tracking plan in force", text)?,
            None => self.plan_file()?,
        };
        Ok(Book::new(store, file, self.clock()))
    }

    /// Opens a book that must be there, to change it.
    pub(crate) fn changing(&self) -> Result<Book, Failure> {
        self.must_exist()?;
        self.making()
    }

    /// Opens a book to change it, and makes it when it is not there.
    pub(crate) fn making(&self) -> Result<Book, Failure> {
        self.making_at(self.clock())
    }

    /// As [`Self::making`], with a clock of the caller's.
    pub(crate) fn making_at(&self, clock: Arc<dyn Clock>) -> Result<Book, Failure> {
        let store = self.store()?;
        let file = self.put_plan_in_force(&store)?;
        self.note_clock(&store)?;
        Ok(Book::new(store, file, clock))
    }

    fn store(&self) -> Result<Store, Failure> {
        Ok(Store::open(&self.config.database_url)?)
    }

    fn must_exist(&self) -> Result<(), Failure> {
        match self.sqlite_file() {
            Some(path) if !path.exists() => Err(Failure::input(format!(
                "there is no book at {}",
                path.display()
            ))
            .help("make it with `vouchsafe migrate`, or name another with --database-url")),
            _ => Ok(()),
        }
    }

    /// The file of an SQLite book.
    fn sqlite_file(&self) -> Option<PathBuf> {
        let url = &self.config.database_url;
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return None;
        }
        let path = url
            .strip_prefix("sqlite://")
            .or_else(|| url.strip_prefix("sqlite:"))
            .unwrap_or(url);
        Some(PathBuf::from(path))
    }

    /// The plan in force, after putting that of `--plan` in force.
    fn put_plan_in_force(&self, store: &Store) -> Result<PlanFile, Failure> {
        let (stored, facts) = store
            .read(|tx| Ok::<_, StorageError>((tx.setting(PLAN_SETTING)?, tx.count_facts()?)))?;
        let old = stored
            .map(|text| PlanFile::load("the tracking plan in force", text))
            .transpose()?;
        let new = match (old, &self.config.plan) {
            (Some(old), None) => return Ok(old),
            (None, _) => self.plan_file()?,
            (Some(old), Some(path)) => {
                let new = self.plan_file()?;
                if new.text == old.text {
                    return Ok(old);
                }
                if let Some(lost) = loss(&old.plan, &new.plan).filter(|_| !facts.is_empty()) {
                    let what = format!(
                        "{}: {lost}, but facts under the plan in force are in the book",
                        path.display()
                    );
                    return Err(Failure::input(what)
                        .help("once facts are there, a plan may only be added to"));
                }
                new
            }
        };
        store.write(|tx| tx.put_setting(PLAN_SETTING, &new.text))?;
        Ok(new)
    }

    /// Decisions never go back in time: says so when `--as-of` asks for it.
    fn note_clock(&self, store: &Store) -> Result<(), Failure> {
        let last = Instant::from_micros(store.read(|tx| tx.see_sequencer())?.last_recorded_at);
        if self.config.as_of.is_some_and(|at| at < last) {
            self.out.note(&format!(
                "note: the book's last decision was at {last}; time does not go back behind it"
            ));
        }
        Ok(())
    }
}

impl Book {
    fn new(store: Store, file: PlanFile, clock: Arc<dyn Clock>) -> Self {
        let PlanFile { text, plan } = file;
        Self {
            engine: Arc::new(Engine::new(store, Arc::new(plan), clock)),
            plan: text,
        }
    }

    /// Decimals of a currency, by the book or by the plan.
    pub(crate) fn exponents(&self) -> Result<Exponents, Failure> {
        let loaded = self.engine.store().read(|tx| {
            let version = tx.see_sequencer()?.catalog_version;
            self.engine.loaded(tx, version)
        })?;
        Ok(Exponents {
            booked: loaded.currencies.clone(),
            plan: self.engine.plan().clone(),
        })
    }
}

/// Decimals of currencies.
pub(crate) struct Exponents {
    booked: CurrencyNumbers,
    plan: Plan,
}

impl Exponents {
    /// Decimals of a code; two for one that nobody registered.
    pub(crate) fn of(&self, code: &str) -> u8 {
        let booked = self.booked.get(code).map(|(_, exponent)| *exponent);
        booked
            .or_else(|| self.plan.currencies.exponent(code))
            .unwrap_or(2)
    }

    /// An amount with its currency.
    pub(crate) fn show(&self, minor: i64, code: &str) -> String {
        format!("{} {code}", super::table::money(minor, self.of(code)))
    }

    /// Currencies of the book.
    pub(crate) const fn booked(&self) -> &CurrencyNumbers {
        &self.booked
    }
}

/// What `new` takes away from `old` or declares otherwise.
fn loss(old: &Plan, new: &Plan) -> Option<String> {
    if old.default_currency != new.default_currency {
        return Some("the default currency is another".to_owned());
    }
    for (name, kind) in &old.attributes {
        if new.attributes.get(name) != Some(kind) {
            return Some(format!("the attribute `{name}` is gone or of another type"));
        }
    }
    for (name, was) in &old.types {
        let Some(is) = new.types.get(name) else {
            return Some(format!("the fact type `{name}` is gone"));
        };
        for (field, was) in &was.fields {
            let Some(is) = is.fields.get(field) else {
                return Some(format!("the field `{field}` of `{name}` is gone"));
            };
            if (&is.kind, is.key) != (&was.kind, was.key) || (is.required && !was.required) {
                return Some(format!(
                    "the field `{field}` of `{name}` is declared otherwise"
                ));
            }
        }
        if let Some((field, _)) = is
            .fields
            .iter()
            .find(|(f, d)| d.required && !was.fields.contains_key(*f))
        {
            return Some(format!("the new field `{field}` of `{name}` is required"));
        }
    }
    old.currencies
        .codes()
        .find(|c| new.currencies.exponent(c) != old.currencies.exponent(c))
        .map(|code| format!("the commodity `{code}` is gone or has other decimals"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Plan {
        Plan::load("test", text).unwrap()
    }

    #[test]
    fn a_plan_that_only_adds_loses_nothing_and_one_that_takes_away_says_what() {
        let old = plan(STANDARD_PLAN);
        let more =
            format!("{STANDARD_PLAN}\n[types.gave_blood]\nfields = {{ litres = \"decimal\" }}\n");
        assert_eq!(loss(&old, &plan(&more)), None);
        let less = STANDARD_PLAN.replace("category = \"text\", ", "");
        assert_eq!(
            loss(&old, &plan(&less)).as_deref(),
            Some("the field `category` of `purchase` is gone")
        );
        let other = STANDARD_PLAN.replace("POINTS = 0", "POINTS = 2");
        assert_eq!(
            loss(&old, &plan(&other)).as_deref(),
            Some("the commodity `POINTS` is gone or has other decimals")
        );
    }
}
