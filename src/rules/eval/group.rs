//! Groups: facts put together by the member who stands for them, and the members in their order.

use super::aggregate::Seen;
use super::{Env, Halt, compare};
use crate::rules::expr::Local;
use crate::rules::program::Group;
use crate::types::{Exact, Fact, MemberId, Value, Zone};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

/// A member of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Who is listed.
    pub who: MemberId,
    /// Whose fact is the first that counts for him.
    pub friend: MemberId,
    /// That fact.
    pub item: Arc<Fact>,
    /// His place, from 1; equal ones share it.
    pub place: i64,
    /// What counts for him.
    pub total: Exact,
    /// What counts for all.
    pub all: Exact,
    /// How many are listed.
    pub size: i64,
}

impl Listed {
    /// What a name of groups stands for.
    pub(super) fn value(&self, local: Local) -> Exact {
        match local {
            Local::Place => Exact::int(self.place),
            Local::GroupTotal => self.all.clone(),
            Local::GroupSize => Exact::int(self.size),
            _ => self.total.clone(),
        }
    }
}

/// A member of a group in the making.
struct Candidate {
    listed: Listed,
    then: Value,
    /// The number of the last fact that counts: when the total was reached.
    reached: i64,
}

impl Env<'_> {
    /// The members of a group, in order of their places.
    ///
    /// # Errors
    /// As [`Self::eval`].
    pub fn members_of(&self, group: &Group) -> Result<Vec<Listed>, Halt> {
        let mut kept = Vec::new();
        for mut candidate in self.candidates(group)? {
            let env = Env {
                friend: Some(candidate.listed.friend),
                who: Some(candidate.listed.who),
                ..*self
            };
            if let Some(only) = &group.only
                && !env.holds(&only.expr)?
            {
                continue;
            }
            if let Some(then) = &group.then {
                candidate.then = env.eval(&then.expr)?;
            }
            kept.push(candidate);
        }
        let order = |a: &Candidate, b: &Candidate| {
            let then = compare(&b.then, &a.then, Zone::UTC).unwrap_or(Ordering::Equal);
            let reached = match group.earlier {
                true => a.reached.cmp(&b.reached),
                false => Ordering::Equal,
            };
            let total = b.listed.total.cmp(&a.listed.total);
            total.then(then).then(reached)
        };
        kept.sort_by(order);
        let size = i64::try_from(kept.len()).unwrap_or(i64::MAX);
        let all = kept
            .iter()
            .fold(Exact::ZERO, |sum, c| sum.add(&c.listed.total));
        let mut found: Vec<Listed> = Vec::with_capacity(kept.len());
        let mut before: Option<&Candidate> = None;
        for (candidate, number) in kept.iter().zip(1_i64..) {
            let equal = before.is_some_and(|b| order(b, candidate) == Ordering::Equal);
            let shared = found.last().filter(|_| equal).map(|l| l.place);
            found.push(Listed {
                place: shared.unwrap_or(number),
                all: all.clone(),
                size,
                ..candidate.listed.clone()
            });
            before = Some(candidate);
        }
        Ok(found)
    }

    /// Everybody behind the facts of a group with his total, in order of their first facts.
    fn candidates(&self, group: &Group) -> Result<Vec<Candidate>, Halt> {
        let mut list: Vec<Candidate> = Vec::new();
        let mut places: HashMap<MemberId, usize> = HashMap::new();
        self.visit(&group.of, |inner, Seen { order, fact }| {
            let (Some(friend), Some(fact)) = (inner.its, fact) else {
                return Ok(true);
            };
            let above = Env {
                friend: Some(friend),
                ..*inner
            };
            let Some(who) = above.upline(group.steps)? else {
                return Ok(true);
            };
            let value = match &group.total {
                None => Exact::int(1),
                Some(total) => {
                    let env = Env {
                        who: Some(who),
                        ..*inner
                    };
                    match env.eval(&total.expr)? {
                        Value::Num(n) => n,
                        _ => Exact::ZERO,
                    }
                }
            };
            let known = places.get(&who).and_then(|at| list.get_mut(*at));
            if let Some(candidate) = known {
                candidate.listed.total = candidate.listed.total.add(&value);
                candidate.reached = candidate.reached.max(order);
                return Ok(true);
            }
            places.insert(who, list.len());
            list.push(Candidate {
                listed: Listed {
                    who,
                    friend,
                    item: fact.clone(),
                    place: 1,
                    total: value,
                    all: Exact::ZERO,
                    size: 0,
                },
                then: Value::Absent,
                reached: order,
            });
            Ok(true)
        })?;
        list.sort_by_key(|c| c.listed.item.seq);
        Ok(list)
    }
}
