//! Between rows and domain types.

use crate::rewards::{Reward, RewardState, Timer, TimerKind};
use crate::storage::StorageError;
use crate::storage::rows::{FactRow, MemberRow, RewardRow, TimerRow};
use crate::types::{Exact, Fact, Instant, Member, Text, Tie, Value};
use std::collections::BTreeMap;

fn corrupt(what: &str, id: impl std::fmt::Display) -> StorageError {
    StorageError::Corrupt(format!("{what} {id}"))
}

/// Named values as stored: a JSON object of encoded values.
#[must_use]
pub fn encode_values<'a>(values: impl IntoIterator<Item = (&'a Text, &'a Value)>) -> String {
    let map: BTreeMap<&str, String> = values
        .into_iter()
        .map(|(k, v)| (&**k, v.encode()))
        .collect();
    serde_json::to_string(&map).unwrap_or_else(|_| "{}".to_owned())
}

/// Reads what [`encode_values`] wrote.
///
/// # Errors
/// [`StorageError::Corrupt`] for anything else.
pub fn decode_values(text: &str) -> Result<Vec<(Text, Value)>, StorageError> {
    let map: BTreeMap<String, String> =
        serde_json::from_str(text).map_err(|e| corrupt("named values:", e))?;
    map.into_iter()
        .map(|(name, value)| {
            Ok((
                name.as_str().into(),
                Value::decode(&value).ok_or_else(|| corrupt("the value of", &name))?,
            ))
        })
        .collect()
}

/// A stored fact.
///
/// # Errors
/// [`StorageError::Corrupt`] when its fields cannot be read.
pub fn fact(row: &FactRow) -> Result<Fact, StorageError> {
    Ok(Fact {
        seq: row.seq,
        id: row.event_id.as_str().into(),
        kind: row.kind.as_str().into(),
        member: row.member_id,
        at: Instant::from_micros(row.occurred_at),
        fields: decode_values(&row.fields)?,
    })
}

/// A stored member.
///
/// # Errors
/// [`StorageError::Corrupt`] when his attributes cannot be read.
pub fn member(row: &MemberRow) -> Result<Member, StorageError> {
    Ok(Member {
        id: row.id,
        external: row.external_id.as_str().into(),
        referrer: row.referrer_id,
        registered: row.registered_at.map(Instant::from_micros),
        attributes: decode_values(&row.attributes)?.into_iter().collect(),
    })
}

fn place(n: i64, reward: i64) -> Result<usize, StorageError> {
    usize::try_from(n).map_err(|_ignored| corrupt("a position of reward", reward))
}

/// A stored reward.
///
/// # Errors
/// [`StorageError::Corrupt`] when a part cannot be read.
pub fn reward(row: &RewardRow) -> Result<Reward, StorageError> {
    let bad = |what: &str| corrupt(what, row.id);
    Ok(Reward {
        id: row.id,
        program_no: row.program_no,
        rule: place(row.rule_no, row.id)?,
        pay: place(row.pay_no, row.id)?,
        key: row.key.as_str().into(),
        who: row.member_id,
        origin: row.origin_id,
        distance: u8::try_from(row.distance).map_err(|_ignored| bad("the distance of reward"))?,
        form: row.form.as_str().into(),
        kind: row.kind.as_str().into(),
        currency: row.currency.as_str().into(),
        exact: Exact::from_fraction(&row.exact)
            .map_err(|_ignored| bad("the exact amount of reward"))?,
        amount_minor: row.amount_minor,
        clawed_minor: row.clawed_minor,
        state: RewardState::from_word(&row.state).ok_or_else(|| bad("the state of reward"))?,
        reason: row.reason.as_str().into(),
        due: row.due.map(Instant::from_micros),
        fact_seq: row.fact_seq,
        item_seq: row.item_seq,
        granted_at: Instant::from_micros(row.granted_at),
        released_at: row.released_at.map(Instant::from_micros),
        held: row.held,
        uses: serde_json::from_str::<Vec<(String, i64, i64)>>(&row.uses)
            .map_err(|_ignored| bad("the uses of reward"))?
            .into_iter()
            .map(|(c, n, m)| (c.as_str().into(), n, m))
            .collect(),
        budget_minor: row.budget_minor,
    })
}

/// A reward as stored.
#[must_use]
pub fn reward_row(reward: &Reward) -> RewardRow {
    let uses: Vec<(&str, i64, i64)> = reward.uses.iter().map(|(c, n, m)| (&**c, *n, *m)).collect();
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    RewardRow {
        id: reward.id,
        program_no: reward.program_no,
        rule_no: number(reward.rule),
        pay_no: number(reward.pay),
        key: reward.key.to_string(),
        member_id: reward.who,
        origin_id: reward.origin,
        distance: i64::from(reward.distance),
        form: reward.form.to_string(),
        kind: reward.kind.to_string(),
        currency: reward.currency.to_string(),
        exact: reward.exact.fraction(),
        amount_minor: reward.amount_minor,
        clawed_minor: reward.clawed_minor,
        state: reward.state.word().to_owned(),
        reason: reward.reason.to_string(),
        due: reward.due.map(Instant::micros),
        fact_seq: reward.fact_seq,
        item_seq: reward.item_seq,
        granted_at: reward.granted_at.micros(),
        released_at: reward.released_at.map(Instant::micros),
        held: reward.held,
        uses: serde_json::to_string(&uses).unwrap_or_else(|_| "[]".to_owned()),
        budget_minor: reward.budget_minor,
    }
}

/// A timer as stored.
#[must_use]
pub fn timer_row(timer: &Timer) -> TimerRow {
    let (kind, a, b, c) = match timer.kind {
        TimerKind::Look(program, rule, fact) => (
            "look",
            program,
            i64::try_from(rule).unwrap_or(i64::MAX),
            fact,
        ),
        TimerKind::Release(reward) => ("release", reward, 0, 0),
        TimerKind::Expire(reward) => ("expire", reward, 0, 0),
        TimerKind::Mature(reward) => ("mature", reward, 0, 0),
    };
    TimerRow {
        at: timer.at.micros(),
        kind: kind.to_owned(),
        a,
        b,
        c,
    }
}

/// A stored timer.
///
/// # Errors
/// [`StorageError::Corrupt`] when its kind is not known.
pub fn timer(row: &TimerRow) -> Result<Timer, StorageError> {
    let kind = match row.kind.as_str() {
        "look" => TimerKind::Look(
            row.a,
            usize::try_from(row.b).map_err(|_ignored| corrupt("a timer of program", row.a))?,
            row.c,
        ),
        "release" => TimerKind::Release(row.a),
        "expire" => TimerKind::Expire(row.a),
        "mature" => TimerKind::Mature(row.a),
        other => return Err(corrupt("a timer of kind", other)),
    };
    Ok(Timer {
        at: Instant::from_micros(row.at),
        kind,
    })
}

/// A tie as stored in watches.
#[must_use]
pub fn tie_text(tie: &Tie) -> String {
    match tie {
        Tie::Member(id) => format!("m{id}"),
        Tie::Field(field, value) => format!("f{field}={value}"),
    }
}
