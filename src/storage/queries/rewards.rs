//! Programs, rewards, limits, timers, watches.

use super::schema::{budgets, counters, programs, reward_events, rewards, timers, watches};
use super::*;
use diesel::dsl::{count_star, sql};
use diesel::sql_types::BigInt;
use diesel::upsert::excluded;

pub(crate) fn programs(c: &mut Conn) -> QueryResult<Vec<ProgramRow>> {
    programs::table.order(programs::no).load(c)
}

pub(crate) fn insert_program(c: &mut Conn, row: &ProgramRow) -> QueryResult<()> {
    diesel::insert_into(programs::table)
        .values(row)
        .execute(c)
        .map(|_| ())
}

pub(crate) fn retire_programs(c: &mut Conn, program_id: &str, but: i64) -> QueryResult<usize> {
    let others = programs::table
        .filter(programs::program_id.eq(program_id))
        .filter(programs::no.ne(but));
    diesel::update(others.filter(programs::state.eq("live")))
        .set(programs::state.eq("retired"))
        .execute(c)
}

pub(crate) fn budgets(c: &mut Conn) -> QueryResult<Vec<BudgetRow>> {
    budgets::table.order(budgets::program_no).load(c)
}

pub(crate) fn insert_budget(c: &mut Conn, row: &BudgetRow) -> QueryResult<()> {
    diesel::insert_into(budgets::table)
        .values(row)
        .execute(c)
        .map(|_| ())
}

pub(crate) fn put_budget(
    c: &mut Conn,
    program_no: i64,
    reserved: i64,
    spent: i64,
) -> QueryResult<()> {
    diesel::update(budgets::table.find(program_no))
        .set((
            budgets::reserved_minor.eq(reserved),
            budgets::spent_minor.eq(spent),
        ))
        .execute(c)
        .map(|_| ())
}

pub(crate) fn reward_keys(c: &mut Conn, keys: &[&str]) -> QueryResult<Vec<(String, i64)>> {
    let mut found = Vec::new();
    for chunk in keys.chunks(LIST) {
        let rows = rewards::table
            .filter(rewards::key.eq_any(chunk))
            .select((rewards::key, rewards::id));
        found.extend(rows.load::<(String, i64)>(c)?);
    }
    Ok(found)
}

pub(crate) fn rewards_by_id(c: &mut Conn, ids: &[i64]) -> QueryResult<Vec<RewardRow>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(LIST) {
        found.extend(
            rewards::table
                .filter(rewards::id.eq_any(chunk))
                .load::<RewardRow>(c)?,
        );
    }
    Ok(found)
}

pub(crate) fn rewards_after(c: &mut Conn, id: i64, most: i64) -> QueryResult<Vec<RewardRow>> {
    rewards::table
        .filter(rewards::id.gt(id))
        .order(rewards::id)
        .limit(most)
        .load(c)
}

pub(crate) fn rewards_of_member(
    c: &mut Conn,
    member: i64,
    before: i64,
    most: i64,
) -> QueryResult<Vec<RewardRow>> {
    let mine = rewards::table
        .filter(rewards::member_id.eq(member))
        .filter(rewards::id.lt(before));
    mine.order(rewards::id.desc()).limit(most).load(c)
}

pub(crate) fn rewards_of_fact(c: &mut Conn, seq: i64) -> QueryResult<Vec<RewardRow>> {
    rewards::table
        .filter(rewards::fact_seq.eq(seq))
        .order(rewards::id)
        .load(c)
}

pub(crate) fn upsert_rewards(c: &mut Conn, rows: &[RewardRow]) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(rewards::table)
            .values(chunk)
            .on_conflict(rewards::id)
            .do_update()
            .set((
                rewards::exact.eq(excluded(rewards::exact)),
                rewards::amount_minor.eq(excluded(rewards::amount_minor)),
                rewards::clawed_minor.eq(excluded(rewards::clawed_minor)),
                rewards::state.eq(excluded(rewards::state)),
                rewards::reason.eq(excluded(rewards::reason)),
                rewards::due.eq(excluded(rewards::due)),
                rewards::released_at.eq(excluded(rewards::released_at)),
                rewards::held.eq(excluded(rewards::held)),
                rewards::uses.eq(excluded(rewards::uses)),
                rewards::budget_minor.eq(excluded(rewards::budget_minor)),
            ))
            .execute(c)?;
    }
    Ok(())
}

pub(crate) fn insert_reward_events(c: &mut Conn, rows: &[RewardEventRow]) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(reward_events::table)
            .values(chunk)
            .execute(c)?;
    }
    Ok(())
}

pub(crate) fn reward_events(c: &mut Conn, id: i64) -> QueryResult<Vec<RewardEventRow>> {
    reward_events::table
        .filter(reward_events::reward_id.eq(id))
        .order((reward_events::seq, reward_events::line))
        .load(c)
}

pub(crate) fn reward_events_after(
    c: &mut Conn,
    seq: i64,
    line: i64,
    most: i64,
) -> QueryResult<Vec<RewardEventRow>> {
    reward_events::table
        .filter(
            reward_events::seq
                .gt(seq)
                .or(reward_events::seq.eq(seq).and(reward_events::line.gt(line))),
        )
        .order((reward_events::seq, reward_events::line))
        .limit(most)
        .load(c)
}

pub(crate) fn reward_sums(c: &mut Conn) -> QueryResult<Vec<(i64, String, i64, i64)>> {
    rewards::table
        .group_by((rewards::program_no, rewards::state))
        .select((
            rewards::program_no,
            rewards::state,
            count_star(),
            sql::<BigInt>("CAST(SUM(amount_minor - clawed_minor) AS BIGINT)"),
        ))
        .load(c)
}

pub(crate) fn counters(c: &mut Conn, names: &[&str]) -> QueryResult<Vec<CounterRow>> {
    let mut found = Vec::new();
    for chunk in names.chunks(LIST) {
        found.extend(
            counters::table
                .filter(counters::name.eq_any(chunk))
                .load::<CounterRow>(c)?,
        );
    }
    Ok(found)
}

pub(crate) fn upsert_counters(c: &mut Conn, rows: &[CounterRow]) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(counters::table)
            .values(chunk)
            .on_conflict(counters::name)
            .do_update()
            .set((
                counters::used_count.eq(excluded(counters::used_count)),
                counters::used_minor.eq(excluded(counters::used_minor)),
            ))
            .execute(c)?;
    }
    Ok(())
}

pub(crate) fn due_timers(c: &mut Conn, now: i64, most: i64) -> QueryResult<Vec<TimerRow>> {
    timers::table
        .filter(timers::at.le(now))
        .order((timers::at, timers::kind, timers::a, timers::b, timers::c))
        .limit(most)
        .load(c)
}

pub(crate) fn delete_timer(c: &mut Conn, row: &TimerRow) -> QueryResult<usize> {
    diesel::delete(timers::table.find((row.at, &row.kind, row.a, row.b, row.c))).execute(c)
}

pub(crate) fn next_timer(c: &mut Conn) -> QueryResult<Option<i64>> {
    timers::table.select(diesel::dsl::min(timers::at)).first(c)
}

pub(crate) fn insert_timers(c: &mut Conn, rows: &[TimerRow]) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(timers::table)
            .values(chunk)
            .on_conflict_do_nothing()
            .execute(c)?;
    }
    Ok(())
}

pub(crate) fn watches(c: &mut Conn, kind: &str, ties: &[&str]) -> QueryResult<Vec<(String, i64)>> {
    let mut found = Vec::new();
    for chunk in ties.chunks(LIST) {
        let rows = watches::table
            .filter(watches::kind.eq(kind))
            .filter(watches::tie.eq_any(chunk));
        found.extend(
            rows.select((watches::tie, watches::reward_id))
                .load::<(String, i64)>(c)?,
        );
    }
    Ok(found)
}

pub(crate) fn insert_watches(c: &mut Conn, rows: &[WatchRow]) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(watches::table)
            .values(chunk)
            .on_conflict_do_nothing()
            .execute(c)?;
    }
    Ok(())
}

pub(crate) fn delete_watches(c: &mut Conn, ids: &[i64]) -> QueryResult<()> {
    for chunk in ids.chunks(LIST) {
        diesel::delete(watches::table.filter(watches::reward_id.eq_any(chunk))).execute(c)?;
    }
    Ok(())
}

pub(crate) fn all_counters(c: &mut Conn) -> QueryResult<Vec<CounterRow>> {
    counters::table.order(counters::name).load(c)
}

pub(crate) fn all_watches(c: &mut Conn) -> QueryResult<Vec<WatchRow>> {
    watches::table.order(watches::reward_id).load(c)
}
