//! Computes the eight classes over the stored facts and keeps cohorts.

use super::classes::{Class, ClassesError, Indicator, Model, Subject, classify};
use crate::engine::{Engine, EngineError, convert};
use crate::storage::rows::{CohortMemberRow, CohortRow};
use crate::storage::{StorageError, Tx};
use crate::types::{Instant, MemberId, Value};
use std::collections::{BTreeMap, HashMap, HashSet};

const PAGE: i64 = 10_000;
/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Why a cohort could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CohortError {
    /// The database or the engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The classes could not be computed.
    #[error("the classes cannot be computed: {0}")]
    Classes(#[from] ClassesError),
    /// The request does not fit.
    #[error("{0}")]
    Invalid(String),
}

impl From<StorageError> for CohortError {
    fn from(error: StorageError) -> Self {
        Self::Engine(error.into())
    }
}

/// Whose facts count for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The facts of the direct friends count for who referred them.
    Recommenders,
    /// Everybody's own facts count for himself.
    Members,
}

/// What the eight classes are computed from.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassRequest {
    /// Fact type with an amount.
    pub fact_kind: String,
    /// Whose facts count for whom.
    pub whose: Whose,
    /// Facts before this moment count; days are counted back from it.
    pub as_of: Instant,
    /// Count, amount, days since the last; each with its threshold.
    pub indicators: [Indicator; 3],
    /// Facts in this currency count.
    pub currency: String,
    /// Decimals of the currency.
    pub exponent: u8,
}

/// What one person is judged by.
#[derive(Default)]
struct Tally {
    friends: HashSet<MemberId>,
    facts: i64,
    minor: i64,
    last: i64,
}

/// Computes the eight classes.
///
/// # Errors
/// [`CohortError::Classes`] when there is nobody to classify.
pub fn classes(engine: &Engine, request: &ClassRequest) -> Result<Model, CohortError> {
    engine.store().read(|tx| classes_in(tx, request))
}

fn classes_in(tx: &mut Tx<'_>, request: &ClassRequest) -> Result<Model, CohortError> {
    let referrers: HashMap<MemberId, MemberId> = match request.whose {
        Whose::Recommenders => tx.all_referrers()?.into_iter().collect(),
        Whose::Members => HashMap::new(),
    };
    let mut tallies: BTreeMap<MemberId, Tally> = BTreeMap::new();
    let mut last = 0;
    loop {
        let page = tx.facts_of_kind_after(&request.fact_kind, last, PAGE)?;
        let Some(end) = page.last() else { break };
        last = end.seq;
        for row in page
            .iter()
            .filter(|r| r.occurred_at < request.as_of.micros())
        {
            let Some(actor) = row.member_id else { continue };
            let judged = match request.whose {
                Whose::Members => Some(actor),
                Whose::Recommenders => referrers.get(&actor).copied(),
            };
            let Some(judged) = judged else { continue };
            let Some(minor) = amount(&row.fields, request)? else {
                continue;
            };
            let tally = tallies.entry(judged).or_default();
            tally.friends.insert(actor);
            tally.facts += 1;
            tally.minor += minor;
            tally.last = tally.last.max(row.occurred_at);
        }
    }
    let subjects: Vec<Subject> = tallies
        .into_iter()
        .map(|(member, tally)| {
            let count = match request.whose {
                Whose::Recommenders => i64::try_from(tally.friends.len()).unwrap_or(i64::MAX),
                Whose::Members => tally.facts,
            };
            let days = (request.as_of.micros() - tally.last) / DAY;
            Subject {
                member,
                values: [count, tally.minor, days],
                amount_minor: tally.minor,
            }
        })
        .collect();
    Ok(classify(&request.indicators, &subjects)?)
}

/// The amount of a fact in the asked currency.
pub(crate) fn amount(fields: &str, request: &ClassRequest) -> Result<Option<i64>, StorageError> {
    let fields = convert::decode_values(fields)?;
    let named = |name: &str| fields.iter().find(|(n, _)| &**n == name).map(|(_, v)| v);
    let in_currency =
        matches!(named("currency"), Some(Value::Text(code)) if **code == *request.currency);
    Ok(match named("amount") {
        Some(Value::Num(amount)) if in_currency => amount.to_minor(request.exponent).ok(),
        _ => None,
    })
}

/// Freezes the members of some classes as a cohort; gives its number.
///
/// # Errors
/// [`CohortError::Invalid`] when the name is taken or empty, or nobody is in the classes.
pub fn snapshot(
    engine: &Engine,
    actor: &str,
    name: &str,
    request: &ClassRequest,
    chosen: &[Class],
) -> Result<i64, CohortError> {
    let model = classes(engine, request)?;
    let members: Vec<(MemberId, Class)> = model
        .assignments
        .iter()
        .filter(|(_, c)| chosen.contains(c))
        .copied()
        .collect();
    if name.trim().is_empty() || members.is_empty() {
        return Err(CohortError::Invalid(
            "a cohort needs a name and at least one member".to_owned(),
        ));
    }
    let codes: Vec<&str> = chosen.iter().map(|c| c.code()).collect();
    let definition = serde_json::json!({
        "facts": request.fact_kind,
        "whose": if request.whose == Whose::Members { "members" } else { "recommenders" },
        "classes": codes,
        "thresholds": request.indicators.iter().map(|i| format!("{}: {}", i.name, i.threshold)).collect::<Vec<_>>(),
    });
    let id = engine.decide(|deciding| {
        if deciding
            .tx
            .cohorts()?
            .iter()
            .any(|(row, _)| row.name == name)
        {
            return Err(EngineError::Conflict(format!(
                "there is already a cohort called `{name}`"
            )));
        }
        let (id, _) = deciding.tx.next_campaign_numbers()?;
        let created_at = deciding.now().micros();
        deciding.tx.insert_cohort(&CohortRow {
            id,
            name: name.to_owned(),
            definition: definition.to_string(),
            as_of: request.as_of.micros(),
            created_at,
            actor: actor.to_owned(),
        })?;
        let rows: Vec<CohortMemberRow> = members
            .iter()
            .map(|(member, class)| CohortMemberRow {
                cohort_id: id,
                member_id: *member,
                class: class.code().to_owned(),
            })
            .collect();
        deciding.tx.insert_cohort_members(&rows)?;
        deciding.command(
            "cohort.frozen",
            actor,
            serde_json::json!({"cohort": id, "name": name}).to_string(),
        );
        Ok(id)
    });
    id.map_err(|e| match e {
        EngineError::Conflict(why) => CohortError::Invalid(why),
        other => other.into(),
    })
}

/// A cohort with its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CohortSummary {
    /// Number.
    pub id: i64,
    /// Name.
    pub name: String,
    /// How many members.
    pub members: i64,
    /// What it was made from, as JSON.
    pub definition: String,
    /// As of when.
    pub as_of: Instant,
    /// When it was frozen.
    pub created_at: Instant,
    /// By whom.
    pub actor: String,
}

/// Every cohort.
///
/// # Errors
/// [`CohortError`] when the database fails.
pub fn list(engine: &Engine) -> Result<Vec<CohortSummary>, CohortError> {
    let rows = engine.store().read(|tx| tx.cohorts())?;
    let summary = |(row, members): (CohortRow, i64)| CohortSummary {
        id: row.id,
        name: row.name,
        members,
        definition: row.definition,
        as_of: Instant::from_micros(row.as_of),
        created_at: Instant::from_micros(row.created_at),
        actor: row.actor,
    };
    Ok(rows.into_iter().map(summary).collect())
}
