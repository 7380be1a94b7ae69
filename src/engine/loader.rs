//! Fetches what decisions asked for: one query for each kind of need, whatever the batch.

use super::EngineError;
use super::convert;
use crate::rewards::{Need, Snapshot};
use crate::storage::rows::FactRow;
use crate::storage::{StorageError, Tx};
use crate::types::{Fact, Instant, MemberId, Text, Tie};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Levels above a member that are fetched with him.
const UPLINES: usize = 2;

/// Needs of one round, sorted by kind.
#[derive(Default)]
struct Wanted {
    members: Vec<i64>,
    referees: Vec<i64>,
    by_member: BTreeMap<Text, Vec<i64>>,
    by_field: BTreeMap<(Text, Text), Vec<Text>>,
    facts: Vec<i64>,
    keys: Vec<Text>,
    rewards: Vec<i64>,
    watches: BTreeMap<Text, Vec<Tie>>,
    counters: Vec<Text>,
    treated: BTreeMap<i64, Vec<MemberId>>,
    between: BTreeMap<Text, Vec<(Instant, Instant)>>,
    called: Vec<Text>,
}

impl Wanted {
    fn new(needs: BTreeSet<Need>) -> Self {
        let mut wanted = Self::default();
        for need in needs {
            match need {
                Need::Member(id) => wanted.members.push(id),
                Need::Referees(id) => wanted.referees.push(id),
                Need::Facts(kind, Tie::Member(id)) => {
                    wanted.by_member.entry(kind).or_default().push(id)
                }
                Need::Facts(kind, Tie::Field(field, value)) => wanted
                    .by_field
                    .entry((kind, field))
                    .or_default()
                    .push(value),
                Need::Fact(seq) => wanted.facts.push(seq),
                Need::Key(key) => wanted.keys.push(key),
                Need::Reward(id) => wanted.rewards.push(id),
                Need::Watch(kind, tie) => wanted.watches.entry(kind).or_default().push(tie),
                Need::Counter(name) => wanted.counters.push(name),
                Need::Between(kind, from, until) => {
                    wanted.between.entry(kind).or_default().push((from, until))
                }
                Need::Called(external) => wanted.called.push(external),
                Need::Treated(campaign, member) => {
                    wanted.treated.entry(campaign).or_default().push(member)
                }
            }
        }
        wanted
    }
}

/// Loads every need into the snapshot.
pub(super) fn load(
    tx: &mut Tx<'_>,
    snapshot: &mut Snapshot,
    needs: BTreeSet<Need>,
) -> Result<(), EngineError> {
    let wanted = Wanted::new(needs);
    members(tx, snapshot, &wanted)?;
    called(tx, snapshot, wanted.called)?;
    facts(tx, snapshot, wanted.by_member, wanted.by_field)?;
    between(tx, snapshot, wanted.between)?;
    if !wanted.facts.is_empty() {
        for row in tx.facts_by_seq(&wanted.facts)? {
            snapshot.put_fact(Arc::new(convert::fact(&row)?));
        }
    }
    if !wanted.keys.is_empty() {
        let keys: Vec<&str> = wanted.keys.iter().map(|k| &**k).collect();
        let found: HashMap<String, i64> = tx.reward_keys(&keys)?.into_iter().collect();
        for key in wanted.keys {
            let id = found.get(&*key).copied();
            snapshot.put_key(key, id);
        }
    }
    if !wanted.rewards.is_empty() {
        for row in tx.rewards_by_id(&wanted.rewards)? {
            snapshot.put_reward(convert::reward(&row)?);
        }
    }
    watches(tx, snapshot, wanted.watches)?;
    if !wanted.counters.is_empty() {
        let names: Vec<&str> = wanted.counters.iter().map(|k| &**k).collect();
        let found = tx.counters(&names)?.into_iter();
        let found: HashMap<String, (i64, i64)> = found
            .map(|r| (r.name, (r.used_count, r.used_minor)))
            .collect();
        for name in wanted.counters {
            let used = found.get(&*name).copied().unwrap_or_default();
            snapshot.put_counter(name, used);
        }
    }
    for (campaign, members) in wanted.treated {
        let treated: BTreeSet<i64> = tx.treated(campaign, &members)?.into_iter().collect();
        for member in members {
            snapshot.put_treated(campaign, member, treated.contains(&member));
        }
    }
    Ok(())
}

fn members(tx: &mut Tx<'_>, snapshot: &mut Snapshot, wanted: &Wanted) -> Result<(), StorageError> {
    let mut asked = wanted.members.clone();
    // Whoever asks for a member is about to ask for those above him.
    for _level in 0..=UPLINES {
        if asked.is_empty() {
            break;
        }
        let rows = tx.members_by_id(&asked)?;
        let mut found: HashMap<i64, _> = rows.iter().map(|r| (r.id, r)).collect();
        let mut above = Vec::new();
        for id in &asked {
            let member = found.remove(id).map(convert::member).transpose()?;
            above.extend(member.as_ref().and_then(|m| m.referrer));
            snapshot.put_member(*id, member);
        }
        above.sort_unstable();
        above.dedup();
        above.retain(|id| !snapshot.has_member(*id));
        asked = above;
    }
    if !wanted.referees.is_empty() {
        let mut lists: HashMap<i64, Vec<i64>> =
            wanted.referees.iter().map(|id| (*id, Vec::new())).collect();
        for (referrer, referee) in tx.referees(&wanted.referees)? {
            lists.entry(referrer).or_default().push(referee);
        }
        for (id, list) in lists {
            snapshot.put_referees(id, list);
        }
    }
    Ok(())
}

fn facts(
    tx: &mut Tx<'_>,
    snapshot: &mut Snapshot,
    by_member: BTreeMap<Text, Vec<i64>>,
    by_field: BTreeMap<(Text, Text), Vec<Text>>,
) -> Result<(), StorageError> {
    let read =
        |row: &FactRow| -> Result<Arc<Fact>, StorageError> { Ok(Arc::new(convert::fact(row)?)) };
    for (kind, ids) in by_member {
        let mut lists: HashMap<i64, Vec<Arc<Fact>>> =
            ids.iter().map(|id| (*id, Vec::new())).collect();
        for row in tx.facts_by_member(&kind, &ids)? {
            if let Some(id) = row.member_id {
                lists.entry(id).or_default().push(read(&row)?);
            }
        }
        for (id, list) in lists {
            snapshot.put_facts(kind.clone(), Tie::Member(id), list);
        }
    }
    for ((kind, field), values) in by_field {
        let mut lists: HashMap<&str, Vec<Arc<Fact>>> =
            values.iter().map(|v| (&**v, Vec::new())).collect();
        let asked: Vec<&str> = values.iter().map(|v| &**v).collect();
        for (value, row) in tx.facts_by_key(&kind, &field, &asked)? {
            if let Some(list) = lists.get_mut(value.as_str()) {
                list.push(read(&row)?);
            }
        }
        for (value, list) in lists {
            snapshot.put_facts(kind.clone(), Tie::Field(field.clone(), value.into()), list);
        }
    }
    Ok(())
}

fn watches(
    tx: &mut Tx<'_>,
    snapshot: &mut Snapshot,
    wanted: BTreeMap<Text, Vec<Tie>>,
) -> Result<(), StorageError> {
    for (kind, ties) in wanted {
        let mut lists: HashMap<String, BTreeSet<i64>> = ties
            .iter()
            .map(|t| (convert::tie_text(t), BTreeSet::new()))
            .collect();
        let texts: Vec<String> = lists.keys().cloned().collect();
        let asked: Vec<&str> = texts.iter().map(String::as_str).collect();
        for (tie, id) in tx.watches(&kind, &asked)? {
            lists.entry(tie).or_default().insert(id);
        }
        for tie in ties {
            let ids = lists.remove(&convert::tie_text(&tie)).unwrap_or_default();
            snapshot.put_watch(kind.clone(), tie, ids);
        }
    }
    Ok(())
}

fn called(tx: &mut Tx<'_>, snapshot: &mut Snapshot, wanted: Vec<Text>) -> Result<(), StorageError> {
    if wanted.is_empty() {
        return Ok(());
    }
    let asked: Vec<&str> = wanted.iter().map(|e| &**e).collect();
    let rows = tx.members_by_external(&asked)?.into_iter();
    let found: HashMap<String, i64> = rows.map(|r| (r.external_id, r.id)).collect();
    for external in wanted {
        let member = found.get(&*external).copied();
        snapshot.put_called(external, member);
    }
    Ok(())
}

/// Everybody's facts of a time: times that overlap are read at once and parted afterwards.
fn between(
    tx: &mut Tx<'_>,
    snapshot: &mut Snapshot,
    wanted: BTreeMap<Text, Vec<(Instant, Instant)>>,
) -> Result<(), StorageError> {
    for (kind, mut times) in wanted {
        times.sort_unstable();
        let mut whole: Vec<(Instant, Instant)> = Vec::new();
        for (from, until) in &times {
            match whole.last_mut().filter(|(_, end)| from <= end) {
                Some((_, end)) => *end = (*end).max(*until),
                None => whole.push((*from, *until)),
            }
        }
        let mut found = Vec::new();
        for (from, until) in whole {
            for row in tx.facts_between(&kind, from.micros(), until.micros())? {
                found.push(Arc::new(convert::fact(&row)?));
            }
        }
        found.sort_by_key(|f| f.seq);
        for (from, until) in times {
            let fits = |f: &&Arc<Fact>| f.at >= from && f.at < until;
            let list = found.iter().filter(fits).cloned().collect();
            snapshot.put_between(kind.clone(), from, until, list);
        }
    }
    Ok(())
}
