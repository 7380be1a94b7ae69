//! What numbers of the book are called: members, programs, accounts, inputs.

use std::collections::{BTreeMap, BTreeSet};
use vouchsafe::storage::rows::{JournalRow, MemberRow, TransferRow};
use vouchsafe::storage::{StorageError, Tx};
use vouchsafe::types::{Instant, Value};

use super::Failure;
use super::book::Exponents;
use serde::Serialize;

/// A member by his external id.
///
/// # Errors
/// [`Failure`] when there is none.
pub(crate) fn member(tx: &mut Tx<'_>, id: &str) -> Result<MemberRow, Failure> {
    let found = tx.members_by_external(&[id])?.into_iter().next();
    found.ok_or_else(|| Failure::input(format!("there is no member `{id}`")))
}

/// The external id of a member; his number when he is gone.
///
/// # Errors
/// [`StorageError`] when the database fails.
pub(crate) fn external(tx: &mut Tx<'_>, id: i64) -> Result<String, StorageError> {
    let found = tx.members_by_id(&[id])?.into_iter().next();
    Ok(found.map_or_else(|| format!("#{id}"), |m| m.external_id))
}

/// A value without the quotes of the rule language.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::Absent
        | Value::Bool(_)
        | Value::Num(_)
        | Value::Instant(_)
        | Value::Date(_)
        | Value::Span(_) => value.to_string(),
    }
}

/// A moment of the book.
pub(crate) fn at(micros: i64) -> String {
    Instant::from_micros(micros).to_string()
}

/// A journal with names in place of numbers.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Journal {
    pub(crate) id: i64,
    pub(crate) seq: i64,
    pub(crate) kind: String,
    pub(crate) reward: i64,
    pub(crate) value_at: String,
    pub(crate) recorded_at: String,
    pub(crate) transfers: Vec<Transfer>,
}

/// A transfer with names in place of numbers.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Transfer {
    pub(crate) debit: String,
    pub(crate) credit: String,
    pub(crate) amount: String,
    pub(crate) commodity: String,
}

impl Transfer {
    /// The transfer in one line.
    pub(crate) fn line(&self) -> String {
        format!(
            "{} {}: {} → {}",
            self.amount, self.commodity, self.debit, self.credit
        )
    }
}

/// Journals with their transfers, by name.
///
/// # Errors
/// [`StorageError`] when the database fails.
pub(crate) fn journals(
    tx: &mut Tx<'_>,
    rows: Vec<JournalRow>,
    exponents: &Exponents,
) -> Result<Vec<Journal>, StorageError> {
    let ids: Vec<i64> = rows.iter().map(|j| j.id).collect();
    let mut transfers: BTreeMap<i64, Vec<TransferRow>> = BTreeMap::new();
    for row in tx.transfers_of(&ids)? {
        transfers.entry(row.journal_id).or_default().push(row);
    }
    let numbers = transfers
        .values()
        .flatten()
        .flat_map(|t| [t.debit_account, t.credit_account])
        .collect();
    let names = accounts(tx, numbers)?;
    let name = |id: i64| {
        names
            .get(&id)
            .cloned()
            .unwrap_or_else(|| format!("account {id}"))
    };
    let show = |t: TransferRow| Transfer {
        debit: name(t.debit_account),
        credit: name(t.credit_account),
        amount: vouchsafe::types::currency::show_minor(t.amount_minor, exponents.of(&t.commodity)),
        commodity: t.commodity,
    };
    let journal = |j: JournalRow| Journal {
        id: j.id,
        seq: j.seq,
        kind: j.kind,
        reward: j.reward_id,
        value_at: at(j.value_at),
        recorded_at: at(j.recorded_at),
        transfers: transfers
            .remove(&j.id)
            .unwrap_or_default()
            .into_iter()
            .map(show)
            .collect(),
    };
    Ok(rows.into_iter().map(journal).collect())
}

/// Accounts by number, such as `available of ann` or `funding of spring-bonus 1`.
fn accounts(
    tx: &mut Tx<'_>,
    numbers: BTreeSet<i64>,
) -> Result<BTreeMap<i64, String>, StorageError> {
    let mut rows = Vec::with_capacity(numbers.len());
    for number in numbers {
        rows.extend(
            tx.accounts_after(number - 1, 1)?
                .into_iter()
                .filter(|a| a.id == number),
        );
    }
    let members: Vec<i64> = rows.iter().map(|a| a.owner).filter(|o| *o > 0).collect();
    let members: BTreeMap<i64, String> = tx
        .members_by_id(&members)?
        .into_iter()
        .map(|m| (m.id, m.external_id))
        .collect();
    let programs: BTreeMap<i64, String> = tx
        .programs()?
        .into_iter()
        .map(|p| (-p.no, format!("{} {}", p.program_id, p.version)))
        .collect();
    let owner = |no: i64| {
        members
            .get(&no)
            .or_else(|| programs.get(&no))
            .cloned()
            .unwrap_or_else(|| format!("#{no}"))
    };
    Ok(rows
        .into_iter()
        .map(|a| (a.id, format!("{} of {}", a.kind, owner(a.owner))))
        .collect())
}
