//! The books: trial balance, last check, journals.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest, Sha256};

use crate::access::Permission;
use crate::engine::Engine;
use crate::facts::service::hex;
use crate::ledger::chart::AccountKind;
use crate::storage::Tx;
use crate::storage::rows::{JournalRow as Stored, TransferRow as StoredTransfer};
use crate::types::Instant;
use crate::web::api::ledger::{TransferView, account_of, last_check, owners};
use crate::web::api::view::Names;
use crate::web::call::number;
use crate::web::error::ApiError;
use crate::web::pages::home::LedgerSummary;
use crate::web::pages::ledger::{
    JournalPage, JournalRow, LedgerPage, TransferRow, TrialRow, TrialTotal,
};
use crate::web::pages::states::LedgerHealth;
use crate::web::visit::{Door, Scene, page};
use crate::web::{format, words};

/// Journals on the first page of the books.
const LATEST: i64 = 20;
/// Numbers that the accounts of one owner take for one currency.
const KINDS: i64 = 8;

fn health(balanced: Option<bool>) -> LedgerHealth {
    match balanced {
        None => LedgerHealth::Unchecked,
        Some(true) => LedgerHealth::Balanced,
        Some(false) => LedgerHealth::Broken,
    }
}

/// The books in one card.
pub(super) fn summary(tx: &mut Tx<'_>, scene: &Scene) -> Result<LedgerSummary, ApiError> {
    let (journals, transfers) = tx.count_journals()?;
    let last = last_check(tx)?;
    let at = last.as_ref().and_then(|v| Instant::parse(&v.at).ok());
    Ok(LedgerSummary {
        health: health(last.map(|v| v.balanced)),
        checked_at: at.map(|at| format::moment(scene.zone, at)),
        journals: format::count(journals),
        postings: format::count(transfers * 2),
    })
}

/// `GET /fin/ledger`.
pub(in crate::web) async fn open(req: HttpRequest) -> HttpResponse {
    page(
        &req,
        Door::Console,
        Permission::ReadLedger,
        |engine, scene| engine.store().read(|tx| build(engine, tx, scene)),
    )
    .await
}

fn build(engine: &Engine, tx: &mut Tx<'_>, scene: Scene) -> Result<LedgerPage, ApiError> {
    let names = Names::of(engine, tx, [])?;
    let summary = summary(tx, &scene)?;
    let (accounts, totals) = trial(tx, &scene, &names)?;
    let next = tx.see_sequencer()?.next_journal;
    let mut stored = tx.journals_after((next - 1 - LATEST).max(0), LATEST)?;
    stored.reverse();
    let journals = journal_rows(tx, &scene, &names, &stored)?;
    Ok(LedgerPage {
        as_of: format::moment(scene.zone, scene.now),
        health: summary.health,
        checked_at: summary.checked_at,
        problems: last_check(tx)?.map(|v| v.first).unwrap_or_default(),
        journal_count: summary.journals,
        posting_count: summary.postings,
        accounts,
        totals,
        journals,
        shell: scene.shell,
    })
}

/// Debits and credits by kind of account and currency.
type Sums = BTreeMap<(String, usize), (i64, i64)>;

fn trial(
    tx: &mut Tx<'_>,
    scene: &Scene,
    names: &Names,
) -> Result<(Vec<TrialRow>, Vec<TrialTotal>), ApiError> {
    let codes: BTreeMap<i64, &str> = names
        .loaded
        .currencies
        .iter()
        .map(|(code, (no, _))| (*no, &**code))
        .collect();
    let mut sums = Sums::new();
    for (account, debit, credit) in tx.turnover()? {
        let (owner, kind) = account_of(account);
        let currency = (account - crate::ledger::chart::numbers_of(owner).0) / KINDS;
        let Some(position) = AccountKind::ALL.iter().position(|k| Some(*k) == kind) else {
            continue;
        };
        let code = codes.get(&currency).copied().unwrap_or_default().to_owned();
        let sum = sums.entry((code, position)).or_default();
        *sum = (sum.0 + debit, sum.1 + credit);
    }
    let show = |minor: i64, code: &str| match minor {
        0 => String::new(),
        _ => format::money(minor, names.exponent(code), code),
    };
    let rows = sums
        .iter()
        .filter_map(|((code, position), (debit, credit))| {
            let kind = AccountKind::ALL.get(*position)?.word();
            Some(TrialRow {
                account: kind.to_owned(),
                name: words::account(scene.shell.lang, kind).to_owned(),
                commodity: code.clone(),
                debit: show(*debit, code),
                credit: show(*credit, code),
                balance: show(debit - credit, code),
            })
        });
    let rows: Vec<TrialRow> = rows.collect();
    let mut by_code: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for ((code, _), (debit, credit)) in &sums {
        let sum = by_code.entry(code).or_default();
        *sum = (sum.0 + debit, sum.1 + credit);
    }
    let totals = by_code.into_iter().map(|(code, (debit, credit))| {
        let money = |minor: i64| format::money(minor, names.exponent(code), code);
        TrialTotal {
            commodity: code.to_owned(),
            debit: money(debit),
            credit: money(credit),
            difference: money(debit - credit),
        }
    });
    Ok((rows, totals.collect()))
}

/// Journals of a reward for a list.
pub(super) fn journals_of(
    tx: &mut Tx<'_>,
    scene: &Scene,
    names: &Names,
    reward: i64,
) -> Result<Vec<JournalRow>, ApiError> {
    let stored = tx.journals_of_reward(reward)?;
    journal_rows(tx, scene, names, &stored)
}

fn journal_rows(
    tx: &mut Tx<'_>,
    scene: &Scene,
    names: &Names,
    stored: &[Stored],
) -> Result<Vec<JournalRow>, ApiError> {
    let ids: Vec<i64> = stored.iter().map(|j| j.id).collect();
    let transfers = tx.transfers_of(&ids)?;
    Ok(stored
        .iter()
        .map(|j| journal_row(j, &transfers, scene, names))
        .collect())
}

fn journal_row(
    row: &Stored,
    transfers: &[StoredTransfer],
    scene: &Scene,
    names: &Names,
) -> JournalRow {
    let own = transfers.iter().filter(|t| t.journal_id == row.id);
    let amounts =
        own.map(|t| format::money(t.amount_minor, names.exponent(&t.commodity), &t.commodity));
    JournalRow {
        id: row.id.to_string(),
        seq: format::count(row.seq),
        kind: words::booking(scene.shell.lang, &row.kind).to_owned(),
        booked_on: format::day(scene.zone, Instant::from_micros(row.recorded_at)),
        amount: amounts.collect::<Vec<_>>().join(" + "),
        reward: Some(row.reward_id.to_string()),
    }
}

/// `GET /fin/ledger/{id}`.
pub(in crate::web) async fn journal(req: HttpRequest) -> HttpResponse {
    let id = number(&req, "journal");
    page(
        &req,
        Door::Console,
        Permission::ReadLedger,
        move |engine, scene| {
            let id = id?;
            engine
                .store()
                .read(|tx| build_journal(engine, tx, scene, id))
        },
    )
    .await
}

fn build_journal(
    engine: &Engine,
    tx: &mut Tx<'_>,
    scene: Scene,
    id: i64,
) -> Result<JournalPage, ApiError> {
    let found = tx
        .journals_after(id - 1, 1)?
        .into_iter()
        .find(|j| j.id == id);
    let row = found.ok_or_else(|| ApiError::not_found("journal", &id.to_string()))?;
    let stored = tx.transfers_of(&[id])?;
    let names = Names::of(engine, tx, owners(&stored))?;
    let fact = tx.facts_by_seq(&[row.seq])?.into_iter().next();
    let command = tx
        .commands_after(row.seq - 1, 1)?
        .into_iter()
        .find(|c| c.seq == row.seq);
    let reward = tx.rewards_by_id(&[row.reward_id])?.into_iter().next();
    let active = reward.and_then(|r| names.loaded.catalog.get(r.program_no).cloned());
    let program = active.map(|a| {
        let version = scene
            .shell
            .fill("program.version", &[("version", &a.program.version)]);
        format!("{}, {version}", a.program.id)
    });
    let transfers = stored.iter().map(|t| {
        let view = TransferView::of(t, &names);
        TransferRow {
            line: t.line.to_string(),
            debit: view.debit.to_string(),
            credit: view.credit.to_string(),
            commodity: t.commodity.clone(),
            amount: format::money(t.amount_minor, names.exponent(&t.commodity), &t.commodity),
        }
    });
    Ok(JournalPage {
        journal: journal_row(&row, &stored, &scene, &names),
        value_on: format::day(scene.zone, Instant::from_micros(row.value_at)),
        recorded_at: format::moment(scene.zone, Instant::from_micros(row.recorded_at)),
        actor: command.map_or_else(|| "facts".to_owned(), |c| c.actor),
        approval: None,
        fact: fact.map(|f| f.event_id),
        program,
        idempotency_key: format!("{}/{}", row.seq, row.line),
        payload_hash: payload_hash(&row, &stored),
        reverses: None,
        reversed_by: None,
        transfers: transfers.collect(),
        shell: scene.shell,
    })
}

/// SHA-256 over every column of a journal and its transfers, in the order of the tables.
fn payload_hash(row: &Stored, transfers: &[StoredTransfer]) -> String {
    let head = format!(
        "{}|{}|{}|{}|{}|{}|{}",
        row.id, row.seq, row.line, row.kind, row.reward_id, row.value_at, row.recorded_at
    );
    let mut hasher = Sha256::new().chain_update(head);
    for t in transfers {
        let line = format!(
            "\n{}|{}|{}|{}|{}",
            t.line, t.debit_account, t.credit_account, t.commodity, t.amount_minor
        );
        hasher.update(line);
    }
    hex(&hasher.finalize())
}
