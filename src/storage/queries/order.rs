//! The sequencer, commands, settings, keys.

use super::schema::{api_keys, commands, currencies, idempotency, sequencer, settings};
use super::*;

pub(crate) fn take_sequencer(c: &mut Conn) -> QueryResult<SequencerRow> {
    // An update takes the row's lock on PostgreSQL; on SQLite the writer already stands alone.
    diesel::update(sequencer::table.find(1_i64))
        .set(sequencer::id.eq(1_i64))
        .execute(c)?;
    sequencer::table.find(1_i64).first(c)
}

pub(crate) fn put_sequencer(c: &mut Conn, row: &SequencerRow) -> QueryResult<()> {
    diesel::update(sequencer::table.find(1_i64))
        .set((
            sequencer::next_seq.eq(row.next_seq),
            sequencer::next_reward.eq(row.next_reward),
            sequencer::next_member.eq(row.next_member),
            sequencer::next_journal.eq(row.next_journal),
            sequencer::last_recorded_at.eq(row.last_recorded_at),
            sequencer::catalog_version.eq(row.catalog_version),
        ))
        .execute(c)
        .map(|_| ())
}

pub(crate) fn see_sequencer(c: &mut Conn) -> QueryResult<SequencerRow> {
    sequencer::table.find(1_i64).first(c)
}

pub(crate) fn insert_commands(c: &mut Conn, rows: &[CommandRow]) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(commands::table)
            .values(chunk)
            .execute(c)?;
    }
    Ok(())
}

pub(crate) fn commands_after(c: &mut Conn, seq: i64, most: i64) -> QueryResult<Vec<CommandRow>> {
    commands::table
        .filter(commands::seq.gt(seq))
        .order(commands::seq)
        .limit(most)
        .load(c)
}

pub(crate) fn currencies(c: &mut Conn) -> QueryResult<Vec<CurrencyRow>> {
    currencies::table.order(currencies::no).load(c)
}

pub(crate) fn insert_currencies(c: &mut Conn, rows: &[CurrencyRow]) -> QueryResult<()> {
    diesel::insert_into(currencies::table)
        .values(rows)
        .on_conflict_do_nothing()
        .execute(c)
        .map(|_| ())
}

pub(crate) fn setting(c: &mut Conn, name: &str) -> QueryResult<Option<String>> {
    settings::table
        .find(name)
        .select(settings::value)
        .first(c)
        .optional()
}

pub(crate) fn put_setting(c: &mut Conn, name: &str, value: &str) -> QueryResult<()> {
    let row = SettingRow {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    diesel::insert_into(settings::table)
        .values(&row)
        .on_conflict(settings::name)
        .do_update()
        .set(settings::value.eq(value))
        .execute(c)
        .map(|_| ())
}

pub(crate) fn kept_answer(
    c: &mut Conn,
    key_id: i64,
    key: &str,
) -> QueryResult<Option<IdempotencyRow>> {
    idempotency::table.find((key_id, key)).first(c).optional()
}

pub(crate) fn keep_answer(c: &mut Conn, row: &IdempotencyRow) -> QueryResult<()> {
    diesel::insert_into(idempotency::table)
        .values(row)
        .execute(c)
        .map(|_| ())
}

pub(crate) fn api_key(c: &mut Conn, hash: &str) -> QueryResult<Option<ApiKeyRow>> {
    let live = api_keys::table
        .filter(api_keys::hash.eq(hash))
        .filter(api_keys::revoked_at.is_null());
    live.first(c).optional()
}

pub(crate) fn api_keys(c: &mut Conn) -> QueryResult<Vec<ApiKeyRow>> {
    api_keys::table.order(api_keys::id).load(c)
}

pub(crate) fn insert_api_key(c: &mut Conn, row: &ApiKeyRow) -> QueryResult<()> {
    diesel::insert_into(api_keys::table)
        .values(row)
        .execute(c)
        .map(|_| ())
}

pub(crate) fn revoke_api_key(c: &mut Conn, name: &str, at: i64) -> QueryResult<usize> {
    diesel::update(
        api_keys::table
            .filter(api_keys::name.eq(name))
            .filter(api_keys::revoked_at.is_null()),
    )
    .set(api_keys::revoked_at.eq(at))
    .execute(c)
}
