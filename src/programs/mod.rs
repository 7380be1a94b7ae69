//! Programs go live: checked, numbered, immutable.

use crate::engine::replay::Activation;
use crate::engine::{Engine, EngineError};
use crate::facts::service::hex;
use crate::rules::calendar::Calendar;
use crate::rules::{Program, RuleError, load};
use crate::storage::rows::{BudgetRow, CurrencyRow, ProgramRow};
use crate::types::Currencies;
use sha2::{Digest, Sha256};

/// A rule file with what it needs, to be activated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Name of the file, for messages.
    pub file: String,
    /// Its text.
    pub source: String,
    /// The text of the calendar it names, or nothing.
    pub calendar: String,
    /// The text of the tracking plan.
    pub plan: String,
}

/// The hash under which a rule file's text is kept.
#[must_use]
pub fn hash_of(source: &str) -> String {
    hex(&Sha256::digest(source.as_bytes()))
}

impl Draft {
    /// Checks the draft.
    ///
    /// # Errors
    /// [`RuleError`] with the place of the first mistake.
    pub fn check(&self) -> Result<Program, RuleError> {
        let plan = crate::rules::Plan::load("tracking plan", &self.plan)?;
        let calendars = |name: &str| Some(Calendar::load(name, &self.calendar));
        load::program(&self.file, &self.source, &plan, &calendars)
    }
}

/// Activates a version, for everybody or for the treated of a campaign; earlier versions of the
/// same program take no new facts from here on. Gives the version's number.
///
/// # Errors
/// [`EngineError::Conflict`] when this version is live with another text, [`EngineError::Rule`]
/// when the file does not load.
pub fn activate(
    engine: &Engine,
    actor: &str,
    draft: &Draft,
    campaign: Option<i64>,
) -> Result<i64, EngineError> {
    let program = draft.check()?;
    engine.decide(|deciding| activate_in(deciding, actor, draft, &program, campaign))
}

/// As [`activate`], inside a transaction.
///
/// # Errors
/// As [`activate`].
pub fn activate_in(
    deciding: &mut crate::engine::Deciding<'_, '_>,
    actor: &str,
    draft: &Draft,
    program: &Program,
    campaign: Option<i64>,
) -> Result<i64, EngineError> {
    let rows = deciding.tx.programs()?;
    let source_hash = hash_of(&draft.source);
    let same = rows
        .iter()
        .find(|r| r.program_id == *program.id && r.version == program.version);
    if let Some(row) = same {
        if row.source_hash == source_hash && row.campaign_id == campaign {
            return Ok(row.no);
        }
        let text = format!(
            "program `{}` version {} is live with another text: give the change a new version",
            program.id, program.version
        );
        return Err(EngineError::Conflict(text));
    }
    register_currencies(deciding, program)?;
    let no = rows.iter().map(|r| r.no).max().unwrap_or(0) + 1;
    let retired = rows
        .iter()
        .filter(|r| r.program_id == *program.id && r.state == "live")
        .map(|r| r.no)
        .collect();
    let body = serde_json::to_string(&Activation { no, retired })
        .map_err(|e| EngineError::Conflict(e.to_string()))?;
    let seq = deciding.command("program.activated", actor, body);
    deciding.tx.insert_program(&ProgramRow {
        no,
        program_id: program.id.to_string(),
        version: program.version,
        title: program.title.to_string(),
        source: draft.source.clone(),
        source_hash,
        plan: draft.plan.clone(),
        calendar: draft.calendar.clone(),
        campaign_id: campaign,
        state: "live".to_owned(),
        activated_seq: seq,
        author: actor.to_owned(),
    })?;
    deciding.tx.retire_programs(&program.id, no)?;
    let cap_minor = program.budget.as_ref().map(|b| b.total_minor);
    deciding.tx.insert_budget(&BudgetRow {
        program_no: no,
        cap_minor,
        reserved_minor: 0,
        spent_minor: 0,
    })?;
    deciding.change_catalog();
    Ok(no)
}

fn register_currencies(
    deciding: &mut crate::engine::Deciding<'_, '_>,
    program: &Program,
) -> Result<(), EngineError> {
    let known = deciding.tx.currencies()?;
    let mut next = known.iter().map(|c| c.no).max().unwrap_or(0) + 1;
    let mut rows = Vec::new();
    for code in program_currencies(program) {
        let exponent = i64::from(program.currencies.exponent(&code).unwrap_or(2));
        match known.iter().find(|c| c.code == code) {
            Some(row) if row.exponent == exponent => {}
            Some(row) => {
                let text = format!(
                    "`{code}` has {exponent} decimals here but {} in the book",
                    row.exponent
                );
                return Err(EngineError::Conflict(text));
            }
            None => {
                rows.push(CurrencyRow {
                    no: next,
                    code,
                    exponent,
                });
                next += 1;
            }
        }
    }
    deciding.tx.insert_currencies(&rows)?;
    Ok(())
}

/// Every currency that a program may pay in: its own, its payments', and where a payment takes the
/// fact's, every one it knows.
fn program_currencies(program: &Program) -> std::collections::BTreeSet<String> {
    use crate::rules::program::PayCurrency;
    let mut codes = std::collections::BTreeSet::from([program.currency.to_string()]);
    for pay in program.rules.iter().flat_map(|r| &r.pays) {
        match &pay.currency {
            PayCurrency::Code(code) => {
                codes.insert(code.to_string());
            }
            PayCurrency::Of(_) => codes.extend(known_codes(&program.currencies)),
        }
        if let Some(fund) = &pay.fund {
            codes.insert(fund.currency.to_string());
        }
    }
    codes
}

fn known_codes(currencies: &Currencies) -> impl Iterator<Item = String> {
    currencies
        .codes()
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
}
