//! Facts.

use super::schema::{fact_keys, facts};
use super::*;
use std::collections::BTreeMap;

pub(crate) fn facts_by_event(
    c: &mut Conn,
    ids: &[&str],
) -> QueryResult<Vec<(String, String, i64)>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(LIST) {
        let rows = facts::table.filter(facts::event_id.eq_any(chunk));
        found.extend(
            rows.select((facts::event_id, facts::body_hash, facts::seq))
                .load::<(String, String, i64)>(c)?,
        );
    }
    Ok(found)
}

pub(crate) fn insert_facts(c: &mut Conn, rows: &[FactRow]) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(facts::table).values(chunk).execute(c)?;
    }
    Ok(())
}

pub(crate) fn insert_fact_keys(c: &mut Conn, rows: &[FactKeyRow]) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(fact_keys::table)
            .values(chunk)
            .execute(c)?;
    }
    Ok(())
}

pub(crate) fn facts_by_member(c: &mut Conn, kind: &str, ids: &[i64]) -> QueryResult<Vec<FactRow>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(LIST) {
        let rows = facts::table
            .filter(facts::kind.eq(kind))
            .filter(facts::member_id.eq_any(chunk));
        found.extend(rows.order(facts::seq).load::<FactRow>(c)?);
    }
    Ok(found)
}

pub(crate) fn facts_by_key(
    c: &mut Conn,
    kind: &str,
    field: &str,
    values: &[&str],
) -> QueryResult<Vec<(String, FactRow)>> {
    let mut found = Vec::new();
    for chunk in values.chunks(LIST) {
        found.extend(
            fact_keys::table
                .inner_join(facts::table.on(facts::seq.eq(fact_keys::seq)))
                .filter(fact_keys::kind.eq(kind))
                .filter(fact_keys::field.eq(field))
                .filter(fact_keys::value.eq_any(chunk))
                .order(facts::seq)
                .select((fact_keys::value, facts::all_columns))
                .load::<(String, FactRow)>(c)?,
        );
    }
    Ok(found)
}

pub(crate) fn facts_between(
    c: &mut Conn,
    kind: &str,
    from: i64,
    until: i64,
) -> QueryResult<Vec<FactRow>> {
    facts::table
        .filter(facts::kind.eq(kind))
        .filter(facts::occurred_at.ge(from))
        .filter(facts::occurred_at.lt(until))
        .order(facts::seq)
        .load(c)
}

pub(crate) fn facts_by_seq(c: &mut Conn, seqs: &[i64]) -> QueryResult<Vec<FactRow>> {
    let mut found = Vec::new();
    for chunk in seqs.chunks(LIST) {
        found.extend(
            facts::table
                .filter(facts::seq.eq_any(chunk))
                .load::<FactRow>(c)?,
        );
    }
    Ok(found)
}

pub(crate) fn facts_after(c: &mut Conn, seq: i64, most: i64) -> QueryResult<Vec<FactRow>> {
    facts::table
        .filter(facts::seq.gt(seq))
        .order(facts::seq)
        .limit(most)
        .load(c)
}

pub(crate) fn facts_of_kind_after(
    c: &mut Conn,
    kind: &str,
    seq: i64,
    most: i64,
) -> QueryResult<Vec<FactRow>> {
    facts::table
        .filter(facts::kind.eq(kind))
        .filter(facts::seq.gt(seq))
        .order(facts::seq)
        .limit(most)
        .load(c)
}

pub(crate) fn count_facts(c: &mut Conn) -> QueryResult<BTreeMap<String, i64>> {
    let rows = facts::table
        .group_by(facts::kind)
        .select((facts::kind, diesel::dsl::count_star()));
    Ok(rows.load::<(String, i64)>(c)?.into_iter().collect())
}

pub(crate) fn all_fact_keys(c: &mut Conn) -> QueryResult<Vec<FactKeyRow>> {
    fact_keys::table.order(fact_keys::seq).load(c)
}
