//! The books.

use super::schema::{accounts, journals, transfers};
use super::*;
use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel::upsert::excluded;

pub(crate) fn add_to_accounts(c: &mut Conn, rows: &[AccountRow]) -> QueryResult<()> {
    // The floor of an account is checked on the sum, so an account is opened empty first.
    for chunk in rows.chunks(CHUNK) {
        let empty: Vec<AccountRow> = chunk
            .iter()
            .map(|r| AccountRow {
                balance_minor: 0,
                ..r.clone()
            })
            .collect();
        diesel::insert_into(accounts::table)
            .values(&empty)
            .on_conflict_do_nothing()
            .execute(c)?;
        let risen: Vec<&AccountRow> = chunk.iter().filter(|r| r.balance_minor > 0).collect();
        if !risen.is_empty() {
            diesel::insert_into(accounts::table)
                .values(risen)
                .on_conflict(accounts::id)
                .do_update()
                .set(
                    accounts::balance_minor
                        .eq(accounts::balance_minor + excluded(accounts::balance_minor)),
                )
                .execute(c)?;
        }
        for fallen in chunk.iter().filter(|r| r.balance_minor < 0) {
            diesel::update(accounts::table.find(fallen.id))
                .set(accounts::balance_minor.eq(accounts::balance_minor + fallen.balance_minor))
                .execute(c)?;
        }
    }
    Ok(())
}

pub(crate) fn insert_journals(c: &mut Conn, rows: &[JournalRow]) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(journals::table)
            .values(chunk)
            .execute(c)?;
    }
    Ok(())
}

pub(crate) fn insert_transfers(c: &mut Conn, rows: &[TransferRow]) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(transfers::table)
            .values(chunk)
            .execute(c)?;
    }
    Ok(())
}

pub(crate) fn accounts_after(c: &mut Conn, id: i64, most: i64) -> QueryResult<Vec<AccountRow>> {
    accounts::table
        .filter(accounts::id.gt(id))
        .order(accounts::id)
        .limit(most)
        .load(c)
}

pub(crate) fn accounts_of(c: &mut Conn, owner: i64) -> QueryResult<Vec<AccountRow>> {
    // Numbers of accounts begin with their owner, so this is a range of the primary key.
    let (from, until) = crate::ledger::chart::numbers_of(owner);
    accounts::table
        .filter(accounts::id.ge(from))
        .filter(accounts::id.lt(until))
        .order(accounts::id)
        .load(c)
}

pub(crate) fn journals_after(c: &mut Conn, id: i64, most: i64) -> QueryResult<Vec<JournalRow>> {
    journals::table
        .filter(journals::id.gt(id))
        .order(journals::id)
        .limit(most)
        .load(c)
}

pub(crate) fn journals_of_reward(c: &mut Conn, id: i64) -> QueryResult<Vec<JournalRow>> {
    journals::table
        .filter(journals::reward_id.eq(id))
        .order(journals::id)
        .load(c)
}

pub(crate) fn transfers_of(c: &mut Conn, ids: &[i64]) -> QueryResult<Vec<TransferRow>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(LIST) {
        let rows = transfers::table.filter(transfers::journal_id.eq_any(chunk));
        found.extend(
            rows.order((transfers::journal_id, transfers::line))
                .load::<TransferRow>(c)?,
        );
    }
    Ok(found)
}

pub(crate) fn count_journals(c: &mut Conn) -> QueryResult<(i64, i64)> {
    Ok((
        journals::table.count().get_result(c)?,
        transfers::table.count().get_result(c)?,
    ))
}

pub(crate) fn trial_balance(c: &mut Conn) -> QueryResult<Vec<(String, String, i64)>> {
    accounts::table
        .group_by((accounts::kind, accounts::currency))
        .order((accounts::currency, accounts::kind))
        .select((
            accounts::kind,
            accounts::currency,
            sql::<BigInt>("CAST(SUM(balance_minor) AS BIGINT)"),
        ))
        .load(c)
}

pub(crate) fn turnover(c: &mut Conn) -> QueryResult<Vec<(i64, i64, i64)>> {
    let sum = || sql::<BigInt>("CAST(SUM(amount_minor) AS BIGINT)");
    let debits: Vec<(i64, i64)> = transfers::table
        .group_by(transfers::debit_account)
        .select((transfers::debit_account, sum()))
        .load(c)?;
    let credits: Vec<(i64, i64)> = transfers::table
        .group_by(transfers::credit_account)
        .select((transfers::credit_account, sum()))
        .load(c)?;
    let mut rows: std::collections::BTreeMap<i64, (i64, i64)> = std::collections::BTreeMap::new();
    for (account, minor) in debits {
        rows.entry(account).or_default().0 += minor;
    }
    for (account, minor) in credits {
        rows.entry(account).or_default().1 += minor;
    }
    Ok(rows
        .into_iter()
        .map(|(account, (debit, credit))| (account, debit, credit))
        .collect())
}
