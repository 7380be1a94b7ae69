//! Members, contacts, consents, and the referral tree.

use super::schema::{bindings, consents, contacts, members};
use super::*;
use diesel::upsert::excluded;

pub(crate) fn members_by_external(c: &mut Conn, ids: &[&str]) -> QueryResult<Vec<MemberRow>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(LIST) {
        found.extend(
            members::table
                .filter(members::external_id.eq_any(chunk))
                .load::<MemberRow>(c)?,
        );
    }
    Ok(found)
}

pub(crate) fn members_by_id(c: &mut Conn, ids: &[i64]) -> QueryResult<Vec<MemberRow>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(LIST) {
        found.extend(
            members::table
                .filter(members::id.eq_any(chunk))
                .load::<MemberRow>(c)?,
        );
    }
    Ok(found)
}

pub(crate) fn members_by_code(c: &mut Conn, codes: &[&str]) -> QueryResult<Vec<MemberRow>> {
    let mut found = Vec::new();
    for chunk in codes.chunks(LIST) {
        found.extend(
            members::table
                .filter(members::code.eq_any(chunk))
                .load::<MemberRow>(c)?,
        );
    }
    Ok(found)
}

pub(crate) fn members_after(c: &mut Conn, id: i64, most: i64) -> QueryResult<Vec<MemberRow>> {
    members::table
        .filter(members::id.gt(id))
        .order(members::id)
        .limit(most)
        .load(c)
}

pub(crate) fn count_members(c: &mut Conn) -> QueryResult<i64> {
    members::table.count().get_result(c)
}

pub(crate) fn insert_members(c: &mut Conn, rows: &[MemberRow]) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(members::table)
            .values(chunk)
            .execute(c)?;
    }
    Ok(())
}

pub(crate) fn update_members(c: &mut Conn, rows: &[MemberRow]) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(members::table)
            .values(chunk)
            .on_conflict(members::id)
            .do_update()
            .set((
                members::referrer_id.eq(excluded(members::referrer_id)),
                members::registered_at.eq(excluded(members::registered_at)),
                members::attributes.eq(excluded(members::attributes)),
                members::status.eq(excluded(members::status)),
            ))
            .execute(c)?;
    }
    Ok(())
}

pub(crate) fn referees(c: &mut Conn, ids: &[i64]) -> QueryResult<Vec<(i64, i64)>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(LIST) {
        found.extend(
            members::table
                .filter(members::referrer_id.eq_any(chunk))
                .order(members::id)
                .select((members::referrer_id.assume_not_null(), members::id))
                .load::<(i64, i64)>(c)?,
        );
    }
    Ok(found)
}

pub(crate) fn all_referrers(c: &mut Conn) -> QueryResult<Vec<(i64, i64)>> {
    members::table
        .filter(members::referrer_id.is_not_null())
        .select((members::id, members::referrer_id.assume_not_null()))
        .load(c)
}

pub(crate) fn downline(c: &mut Conn, id: i64, most: i64) -> QueryResult<Vec<(MemberRow, i64)>> {
    let first = members::table
        .filter(members::referrer_id.eq(id))
        .order(members::id)
        .limit(most)
        .load::<MemberRow>(c)?;
    let ids = members::table
        .filter(members::referrer_id.eq(id))
        .select(members::id.nullable());
    let second = diesel::alias!(members as second);
    let rows = second
        .filter(second.field(members::referrer_id).eq_any(ids))
        .order(second.field(members::id))
        .limit(most)
        .load::<MemberRow>(c)?;
    Ok(first
        .into_iter()
        .map(|m| (m, 1))
        .chain(rows.into_iter().map(|m| (m, 2)))
        .collect())
}

pub(crate) fn insert_bindings(c: &mut Conn, rows: &[BindingRow]) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(bindings::table)
            .values(chunk)
            .execute(c)?;
    }
    Ok(())
}

pub(crate) fn bindings_of(c: &mut Conn, id: i64) -> QueryResult<Vec<BindingRow>> {
    bindings::table
        .filter(bindings::referee_id.eq(id))
        .order(bindings::seq)
        .load(c)
}

pub(crate) fn referees_as_of(c: &mut Conn, id: i64, at: i64) -> QueryResult<Vec<i64>> {
    let later = diesel::alias!(bindings as later);
    bindings::table
        .filter(bindings::referrer_id.eq(id))
        .filter(bindings::effective_from.le(at))
        .filter(diesel::dsl::not(diesel::dsl::exists(
            later
                .filter(later.field(bindings::referee_id).eq(bindings::referee_id))
                .filter(later.field(bindings::effective_from).le(at))
                .filter(later.field(bindings::seq).gt(bindings::seq)),
        )))
        .order(bindings::referee_id)
        .select(bindings::referee_id)
        .load(c)
}

pub(crate) fn upsert_contacts(c: &mut Conn, rows: &[ContactRow]) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(contacts::table)
            .values(chunk)
            .on_conflict(contacts::member_id)
            .do_update()
            .set((
                contacts::name.eq(excluded(contacts::name)),
                contacts::phone.eq(excluded(contacts::phone)),
                contacts::email.eq(excluded(contacts::email)),
            ))
            .execute(c)?;
    }
    Ok(())
}

pub(crate) fn contacts(c: &mut Conn, ids: &[i64]) -> QueryResult<Vec<ContactRow>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(LIST) {
        found.extend(
            contacts::table
                .filter(contacts::member_id.eq_any(chunk))
                .load::<ContactRow>(c)?,
        );
    }
    Ok(found)
}

pub(crate) fn upsert_consents(c: &mut Conn, rows: &[ConsentRow]) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(consents::table)
            .values(chunk)
            .on_conflict((consents::member_id, consents::channel))
            .do_update()
            .set((
                consents::granted.eq(excluded(consents::granted)),
                consents::recorded_at.eq(excluded(consents::recorded_at)),
                consents::source.eq(excluded(consents::source)),
            ))
            .execute(c)?;
    }
    Ok(())
}

pub(crate) fn consents(c: &mut Conn, ids: &[i64], channel: &str) -> QueryResult<Vec<ConsentRow>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(LIST) {
        let mine = consents::table
            .filter(consents::member_id.eq_any(chunk))
            .filter(consents::channel.eq(channel));
        found.extend(mine.load::<ConsentRow>(c)?);
    }
    Ok(found)
}
