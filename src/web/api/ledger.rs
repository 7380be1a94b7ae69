//! The books: balances, journals, and the two checks of everything.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rewards::Nothing;
use super::view::{Names, Page, Params, moment, page};
use crate::access::Permission;
use crate::engine::Engine;
use crate::engine::replay::replay;
use crate::ledger::chart::{AccountKind, numbers_of};
use crate::ledger::verify::{self, verify};
use crate::storage::Tx;
use crate::storage::rows::{JournalRow, TransferRow};
use crate::web::body;
use crate::web::call::{Reply, block, change, read};
use crate::web::error::ApiError;

/// The setting that keeps what the last check of the books found.
const LAST_CHECK: &str = "last_verification";

/// The balance of one kind of account in one currency.
#[derive(Serialize, ToSchema)]
pub struct BalanceRow {
    /// `funding`, `clawed_back`, `pending`, `available`, `paid` or `receivable`.
    pub account: String,
    /// Currency or commodity.
    pub currency: String,
    /// The balance: credits less debits.
    pub balance: String,
}

/// The trial balance.
#[derive(Serialize, ToSchema)]
pub struct Balance {
    /// Sums by kind of account and currency.
    pub items: Vec<BalanceRow>,
    /// Sum over all accounts by currency: zero in books that balance.
    pub totals: BTreeMap<String, String>,
    /// Journals in the book.
    pub journals: i64,
    /// Postings: two for each transfer.
    pub postings: i64,
}

/// A journal.
#[derive(Serialize, ToSchema)]
pub struct JournalView {
    /// Its number.
    pub id: i64,
    /// The input that made it, by its place in the one order.
    pub seq: i64,
    /// What happened to the reward.
    pub kind: String,
    /// The reward it books.
    pub reward: i64,
    /// When the booked thing happened.
    pub value_at: String,
    /// When it was booked.
    pub recorded_at: String,
    /// Its transfers.
    pub transfers: Vec<TransferView>,
}

/// One transfer: the same amount on both sides.
#[derive(Serialize, ToSchema)]
pub struct TransferView {
    /// The account that is debited.
    #[schema(value_type = String, example = "program/1/funding")]
    pub debit: AccountName,
    /// The account that is credited.
    #[schema(value_type = String, example = "member/m-1001/pending")]
    pub credit: AccountName,
    /// The amount, above zero.
    pub amount: String,
    /// Currency or commodity.
    pub currency: String,
}

/// An account in words: `member/ID/KIND` or `program/NO/KIND`.
#[derive(Serialize)]
#[serde(transparent)]
pub struct AccountName(String);

impl std::fmt::Display for AccountName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Owner and kind of the account with a number.
pub(crate) fn account_of(number: i64) -> (i64, Option<AccountKind>) {
    let (span, _) = numbers_of(1);
    let owner = number.div_euclid(span);
    // Kinds lie in the order of `ALL`, eight numbers to a currency.
    let kind = usize::try_from(number.rem_euclid(span) % 8)
        .ok()
        .and_then(|k| AccountKind::ALL.get(k).copied());
    (owner, kind)
}

impl AccountName {
    fn of(number: i64, names: &Names) -> Self {
        let (owner, kind) = account_of(number);
        let kind = kind.map_or("unknown", AccountKind::word);
        Self(if owner > 0 {
            format!("member/{}/{kind}", names.member(owner))
        } else {
            format!("program/{}/{kind}", -owner)
        })
    }
}

/// The members whose accounts transfers name.
pub(crate) fn owners(transfers: &[TransferRow]) -> impl Iterator<Item = i64> {
    let accounts = transfers
        .iter()
        .flat_map(|t| [t.debit_account, t.credit_account]);
    accounts
        .map(|number| account_of(number).0)
        .filter(|owner| *owner > 0)
}

impl TransferView {
    /// A stored transfer.
    pub(crate) fn of(row: &TransferRow, names: &Names) -> Self {
        Self {
            debit: AccountName::of(row.debit_account, names),
            credit: AccountName::of(row.credit_account, names),
            amount: names.amount(row.amount_minor, &row.commodity),
            currency: row.commodity.clone(),
        }
    }
}

impl JournalView {
    /// Stored journals with their transfers.
    pub(super) fn of(
        tx: &mut Tx<'_>,
        rows: &[JournalRow],
        names: &Names,
    ) -> Result<Vec<Self>, ApiError> {
        let ids: Vec<i64> = rows.iter().map(|j| j.id).collect();
        let transfers = tx.transfers_of(&ids)?;
        Ok(rows
            .iter()
            .map(|row| Self::with(row, &transfers, names))
            .collect())
    }

    fn with(row: &JournalRow, transfers: &[TransferRow], names: &Names) -> Self {
        let own = transfers.iter().filter(|t| t.journal_id == row.id);
        Self {
            id: row.id,
            seq: row.seq,
            kind: row.kind.clone(),
            reward: row.reward_id,
            value_at: moment(row.value_at),
            recorded_at: moment(row.recorded_at),
            transfers: own.map(|t| TransferView::of(t, names)).collect(),
        }
    }
}

/// Reads the trial balance.
#[utoipa::path(get, path = "/v1/ledger/balance", tag = "ledger", responses((status = 200, body = Balance)))]
pub async fn read_balance(req: HttpRequest) -> HttpResponse {
    read(req, Permission::ReadLedger, |engine, _| balance(engine)).await
}

fn balance(engine: &Engine) -> Result<Balance, ApiError> {
    engine.store().read(|tx| {
        let names = Names::of(engine, tx, [])?;
        let rows = tx.trial_balance()?;
        let (journals, transfers) = tx.count_journals()?;
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        for (_, currency, minor) in &rows {
            *sums.entry(currency.clone()).or_default() += minor;
        }
        let show = |(account, currency, minor): (String, String, i64)| BalanceRow {
            account,
            balance: names.amount(minor, &currency),
            currency,
        };
        let totals = sums
            .into_iter()
            .map(|(currency, minor)| (currency.clone(), names.amount(minor, &currency)));
        Ok(Balance {
            totals: totals.collect(),
            items: rows.into_iter().map(show).collect(),
            journals,
            postings: transfers * 2,
        })
    })
}

/// Reads journals in the order of booking.
#[utoipa::path(get, path = "/v1/ledger/journals", tag = "ledger",
    params(("after" = Option<i64>, Query, description = "`next` of the page before"),
        ("limit" = Option<i64>, Query, description = "1 to 1,000; 100 unless given")),
    responses((status = 200, body = Page<JournalView>)))]
pub async fn list_journals(req: HttpRequest) -> HttpResponse {
    let params = Params::of(&req, &["after", "limit"]);
    read(req, Permission::ReadLedger, move |engine, _| {
        let params = params?;
        let (after, limit) = (params.whole("after")?.unwrap_or(0), params.limit()?);
        engine.store().read(|tx| {
            let rows = tx.journals_after(after, limit + 1)?;
            let ids: Vec<i64> = rows.iter().map(|j| j.id).collect();
            let transfers = tx.transfers_of(&ids)?;
            let names = Names::of(engine, tx, owners(&transfers))?;
            Ok::<_, ApiError>(page(
                rows,
                limit,
                |r| r.id,
                |r| JournalView::with(r, &transfers, &names),
            ))
        })
    })
    .await
}

/// What a check of the books found.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Verification {
    /// When it ran.
    pub at: String,
    /// Whether every check holds.
    pub balanced: bool,
    /// Journals in the book.
    pub journals: i64,
    /// Postings: two for each transfer.
    pub postings: i64,
    /// Accounts checked.
    pub accounts: i64,
    /// How many things are wrong.
    pub problems: i64,
    /// The first of them.
    pub first: Vec<String>,
}

/// Checks every balance against its transfers and rewards, and every budget against its rewards.
#[utoipa::path(post, path = "/v1/audit/verify", tag = "ledger", responses((status = 200, body = Verification)))]
pub async fn verify_books(req: HttpRequest, payload: web::Payload) -> HttpResponse {
    change(req, payload, Permission::Audit, async |call, body| {
        if !body.is_empty() {
            body::parse::<Nothing>(&body)?;
        }
        Reply::ok(&block(&call.app, check).await?)
    })
    .await
}

fn check(engine: &Engine) -> Result<Verification, ApiError> {
    let at = engine.clock().now().to_string();
    let report: verify::Report = engine.store().read(|tx| {
        let version = tx.see_sequencer()?.catalog_version;
        let loaded = engine.loaded(tx, version)?;
        verify(tx, &loaded.currencies)
    })?;
    let verify::Report {
        balanced,
        journals,
        postings,
        accounts,
        problems,
        first,
    } = report;
    let verification = Verification {
        at,
        balanced,
        journals,
        postings,
        accounts,
        problems,
        first,
    };
    let text = serde_json::to_string(&verification).map_err(|e| ApiError::internal(&e))?;
    engine
        .store()
        .write(|tx| tx.put_setting(LAST_CHECK, &text))?;
    Ok(verification)
}

/// What the last check of the books found; nothing before the first.
pub(crate) fn last_check(tx: &mut Tx<'_>) -> Result<Option<Verification>, ApiError> {
    let text = tx.setting(LAST_CHECK)?;
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|e| ApiError::internal(&e))
}

/// What a replay found.
#[derive(Serialize, ToSchema)]
pub struct Replayed {
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

/// Decides about every input again and compares each reward to the cent.
#[utoipa::path(post, path = "/v1/audit/replay", tag = "ledger", responses((status = 200, body = Replayed)))]
pub async fn replay_book(req: HttpRequest, payload: web::Payload) -> HttpResponse {
    change(req, payload, Permission::Audit, async |call, body| {
        if !body.is_empty() {
            body::parse::<Nothing>(&body)?;
        }
        let done = block(&call.app, |engine| {
            Ok(engine.store().read(|tx| replay(tx, |_| {}))?)
        })
        .await?;
        Reply::ok(&Replayed {
            facts: done.facts,
            commands: done.commands,
            rewards: done.rewards,
            identical: done.identical,
            differences: done.differences,
            first: done.first,
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::chart::{Account, Owner};

    #[test]
    fn an_account_is_read_back_from_its_number() {
        for owner in [Owner::Member(7), Owner::Program(3)] {
            for currency in [0, 1, 4_095] {
                for kind in AccountKind::ALL {
                    let number = Account {
                        owner,
                        kind,
                        currency,
                    }
                    .number();
                    assert_eq!(account_of(number), (owner.number(), Some(kind)));
                }
            }
        }
    }
}
