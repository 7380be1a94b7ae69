//! Cohorts, campaigns, messages, clicks.

use super::schema::{
    assignments, campaigns, clicks, cohort_members, cohorts, facts, members, messages,
};
use super::*;
use diesel::dsl::{count_star, max, min};

pub(crate) fn insert_cohort(c: &mut Conn, row: &CohortRow) -> QueryResult<()> {
    diesel::insert_into(cohorts::table)
        .values(row)
        .execute(c)
        .map(|_| ())
}

pub(crate) fn insert_cohort_members(c: &mut Conn, rows: &[CohortMemberRow]) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(cohort_members::table)
            .values(chunk)
            .execute(c)?;
    }
    Ok(())
}

pub(crate) fn cohorts(c: &mut Conn) -> QueryResult<Vec<(CohortRow, i64)>> {
    let sizes: std::collections::BTreeMap<i64, i64> = cohort_members::table
        .group_by(cohort_members::cohort_id)
        .select((cohort_members::cohort_id, count_star()))
        .load::<(i64, i64)>(c)?
        .into_iter()
        .collect();
    let rows = cohorts::table.order(cohorts::id).load::<CohortRow>(c)?;
    Ok(rows
        .into_iter()
        .map(|r| (sizes.get(&r.id).copied().unwrap_or(0), r))
        .map(|(n, r)| (r, n))
        .collect())
}

pub(crate) fn cohort(c: &mut Conn, id: i64) -> QueryResult<Option<CohortRow>> {
    cohorts::table.find(id).first(c).optional()
}

pub(crate) fn cohort_members(c: &mut Conn, id: i64) -> QueryResult<Vec<i64>> {
    cohort_members::table
        .filter(cohort_members::cohort_id.eq(id))
        .order(cohort_members::member_id)
        .select(cohort_members::member_id)
        .load(c)
}

pub(crate) fn next_campaign_numbers(c: &mut Conn) -> QueryResult<(i64, i64)> {
    let cohort: Option<i64> = cohorts::table.select(max(cohorts::id)).first(c)?;
    let campaign: Option<i64> = campaigns::table.select(max(campaigns::id)).first(c)?;
    Ok((cohort.unwrap_or(0) + 1, campaign.unwrap_or(0) + 1))
}

pub(crate) fn insert_campaign(c: &mut Conn, row: &CampaignRow) -> QueryResult<()> {
    diesel::insert_into(campaigns::table)
        .values(row)
        .execute(c)
        .map(|_| ())
}

pub(crate) fn campaigns(c: &mut Conn) -> QueryResult<Vec<CampaignRow>> {
    campaigns::table.order(campaigns::id).load(c)
}

pub(crate) fn campaign(c: &mut Conn, id: i64) -> QueryResult<Option<CampaignRow>> {
    campaigns::table.find(id).first(c).optional()
}

pub(crate) fn move_campaign(
    c: &mut Conn,
    id: i64,
    from: &str,
    to: &str,
    approver: Option<&str>,
) -> QueryResult<usize> {
    let row = campaigns::table
        .filter(campaigns::id.eq(id))
        .filter(campaigns::state.eq(from));
    match approver {
        Some(name) => diesel::update(row)
            .set((campaigns::state.eq(to), campaigns::approver.eq(name)))
            .execute(c),
        None => diesel::update(row).set(campaigns::state.eq(to)).execute(c),
    }
}

pub(crate) fn insert_assignments(c: &mut Conn, rows: &[AssignmentRow]) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(assignments::table)
            .values(chunk)
            .execute(c)?;
    }
    Ok(())
}

pub(crate) fn assignments(c: &mut Conn, campaign: i64) -> QueryResult<Vec<AssignmentRow>> {
    assignments::table
        .filter(assignments::campaign_id.eq(campaign))
        .order(assignments::member_id)
        .load(c)
}

pub(crate) fn assignments_of(
    c: &mut Conn,
    campaign: i64,
    ids: &[i64],
) -> QueryResult<Vec<AssignmentRow>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(LIST) {
        let rows = assignments::table
            .filter(assignments::campaign_id.eq(campaign))
            .filter(assignments::member_id.eq_any(chunk));
        found.extend(rows.load::<AssignmentRow>(c)?);
    }
    Ok(found)
}

pub(crate) fn treated(c: &mut Conn, campaign: i64, ids: &[i64]) -> QueryResult<Vec<i64>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(LIST) {
        found.extend(
            assignments::table
                .filter(assignments::campaign_id.eq(campaign))
                .filter(assignments::member_id.eq_any(chunk))
                .filter(assignments::treated.eq(true))
                .select(assignments::member_id)
                .load::<i64>(c)?,
        );
    }
    Ok(found)
}

pub(crate) fn assignment_by_token(c: &mut Conn, token: &str) -> QueryResult<Option<AssignmentRow>> {
    assignments::table
        .filter(assignments::token.eq(token))
        .first(c)
        .optional()
}

pub(crate) fn insert_messages(c: &mut Conn, rows: &[MessageRow]) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(messages::table)
            .values(chunk)
            .on_conflict_do_nothing()
            .execute(c)?;
    }
    Ok(())
}

pub(crate) fn claim_messages(
    c: &mut Conn,
    campaign: i64,
    worker: &str,
    lease_until: i64,
    now: i64,
    most: i64,
) -> QueryResult<Vec<MessageRow>> {
    let planned = || {
        messages::table
            .filter(messages::campaign_id.eq(campaign))
            .filter(messages::state.eq("planned"))
    };
    let ids: Vec<i64> = planned()
        .order(messages::member_id)
        .limit(most)
        .select(messages::member_id)
        .load(c)?;
    // Who lost the race for a row finds it claimed and gets nothing.
    let mut rows: Vec<MessageRow> =
        diesel::update(planned().filter(messages::member_id.eq_any(&ids)))
            .set((
                messages::state.eq("claimed"),
                messages::worker.eq(worker),
                messages::lease_until.eq(lease_until),
                messages::changed_at.eq(now),
            ))
            .get_results(c)?;
    rows.sort_by_key(|r| (r.member_id, r.step));
    Ok(rows)
}

pub(crate) fn move_message(c: &mut Conn, row: &MessageRow, from: &str) -> QueryResult<usize> {
    let mine = messages::table
        .filter(messages::campaign_id.eq(row.campaign_id))
        .filter(messages::member_id.eq(row.member_id))
        .filter(messages::step.eq(row.step))
        .filter(messages::state.eq(from));
    let mine = mine.filter(messages::worker.eq(row.worker.clone()));
    diesel::update(mine)
        .set((
            messages::state.eq(&row.state),
            messages::attempt.eq(&row.attempt),
            messages::reason.eq(&row.reason),
            messages::provider_ref.eq(&row.provider_ref),
            messages::lease_until.eq(row.lease_until),
            messages::changed_at.eq(row.changed_at),
        ))
        .execute(c)
}

pub(crate) fn record_delivery(
    c: &mut Conn,
    attempt: &str,
    delivery: &str,
    now: i64,
) -> QueryResult<usize> {
    let row = messages::table
        .filter(messages::attempt.eq(attempt))
        .filter(messages::delivery.ne("delivered"));
    let row = row.filter(messages::delivery.ne(delivery));
    // A report that the network accepted it says less than any report that stands.
    if delivery == "accepted" {
        let first = row.filter(messages::delivery.eq("none"));
        return diesel::update(first)
            .set((
                messages::delivery.eq(delivery),
                messages::changed_at.eq(now),
            ))
            .execute(c);
    }
    diesel::update(row)
        .set((
            messages::delivery.eq(delivery),
            messages::changed_at.eq(now),
        ))
        .execute(c)
}

pub(crate) fn message_counts(
    c: &mut Conn,
    campaign: i64,
) -> QueryResult<Vec<(String, String, i64)>> {
    messages::table
        .filter(messages::campaign_id.eq(campaign))
        .group_by((messages::state, messages::delivery))
        .select((messages::state, messages::delivery, count_star()))
        .load(c)
}

pub(crate) fn messages_in(
    c: &mut Conn,
    campaign: i64,
    state: &str,
    most: i64,
) -> QueryResult<Vec<MessageRow>> {
    messages::table
        .filter(messages::campaign_id.eq(campaign))
        .filter(messages::state.eq(state))
        .order(messages::member_id)
        .limit(most)
        .load(c)
}

pub(crate) fn recover_messages(c: &mut Conn, now: i64) -> QueryResult<(usize, usize)> {
    let lapsed = || messages::table.filter(messages::lease_until.lt(now));
    let back = diesel::update(lapsed().filter(messages::state.eq("claimed")))
        .set((
            messages::state.eq("planned"),
            messages::worker.eq(None::<String>),
            messages::lease_until.eq(None::<i64>),
        ))
        .execute(c)?;
    let unknown = diesel::update(lapsed().filter(messages::state.eq("opened")))
        .set((
            messages::state.eq("unknown"),
            messages::reason.eq("the sender stopped after the attempt was opened"),
            messages::lease_until.eq(None::<i64>),
        ))
        .execute(c)?;
    Ok((back, unknown))
}

pub(crate) fn insert_click(c: &mut Conn, row: &ClickRow) -> QueryResult<()> {
    diesel::insert_into(clicks::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c)
        .map(|_| ())
}

pub(crate) fn clicks(c: &mut Conn, campaign: i64) -> QueryResult<Vec<(i64, i64)>> {
    let rows: Vec<(i64, Option<i64>)> = clicks::table
        .inner_join(assignments::table.on(assignments::token.eq(clicks::token)))
        .filter(assignments::campaign_id.eq(campaign))
        .group_by(assignments::member_id)
        .select((assignments::member_id, min(clicks::at)))
        .load(c)?;
    Ok(rows
        .into_iter()
        .filter_map(|(m, at)| Some((m, at?)))
        .collect())
}

/// Person assigned, treated, acting member, time, fields.
type Act = (i64, bool, i64, i64, String);

pub(crate) fn facts_of_assigned(
    c: &mut Conn,
    campaign: i64,
    kind: &str,
    from: i64,
    until: i64,
) -> QueryResult<Vec<Act>> {
    assignments::table
        .inner_join(members::table.on(members::referrer_id.eq(assignments::member_id.nullable())))
        .inner_join(facts::table.on(facts::member_id.eq(members::id.nullable())))
        .filter(assignments::campaign_id.eq(campaign))
        .filter(facts::kind.eq(kind))
        .filter(facts::occurred_at.ge(from))
        .filter(facts::occurred_at.lt(until))
        .order(facts::seq)
        .select((
            assignments::member_id,
            assignments::treated,
            members::id,
            facts::occurred_at,
            facts::fields,
        ))
        .load(c)
}
