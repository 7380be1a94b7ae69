//! Aggregates: facts, or days, put together.

use super::{Env, Halt, compare};
use crate::rules::expr::{Aggregate, AggregateFunc, By, DAYS, MEMBER, Subject};
use crate::types::{Exact, Fact, Instant, MemberId, Tie, Value, Zone};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most days that one aggregate looks at: ten years and some.
const DAYS_MAX: i64 = 3_700;

/// What an aggregate looks at: a fact, or a day.
#[derive(Clone, Copy)]
pub(super) struct Seen<'s> {
    /// Its place in the order of acceptance, or of the days.
    pub(super) order: i64,
    /// The fact.
    pub(super) fact: Option<&'s Arc<Fact>>,
}

impl Env<'_> {
    pub(super) fn aggregate(&self, aggregate: &Aggregate) -> Result<Value, Halt> {
        let mut fold = Fold::new(aggregate.func);
        self.visit(aggregate, |inner, seen| {
            let value = match (&aggregate.of, &aggregate.field) {
                (Some(of), _) => inner.eval(of)?,
                (None, Some(field)) => inner.field(Subject::It, field)?,
                (None, None) => Value::Absent,
            };
            fold.take(seen.order, inner.its, &value);
            Ok(!fold.is_decided())
        })?;
        Ok(fold.finish())
    }

    /// The facts that fit a selection, in order of acceptance.
    ///
    /// # Errors
    /// As [`Self::eval`].
    pub fn select(&self, selection: &Aggregate) -> Result<Vec<Arc<Fact>>, Halt> {
        let mut list = Vec::new();
        self.visit(selection, |_inner, seen| {
            list.extend(seen.fact.cloned());
            Ok(true)
        })?;
        list.sort_by_key(|f| f.seq);
        Ok(list)
    }

    /// Shows `see` everything that fits, until it says stop.
    pub(super) fn visit(
        &self,
        of: &Aggregate,
        mut see: impl FnMut(&Env<'_>, Seen<'_>) -> Result<bool, Halt>,
    ) -> Result<(), Halt> {
        let mut bounds = [None, None];
        for (slot, bound) in bounds.iter_mut().zip([&of.from, &of.until]) {
            if let Some(expr) = bound {
                match self.instant(expr)? {
                    Some(at) => *slot = Some(at),
                    None => return Ok(()),
                }
            }
        }
        let [from, until] = bounds;
        let mut look = |inner: &Env<'_>, seen: Seen<'_>| match &of.cond {
            Some(cond) if !inner.holds(cond)? => Ok(true),
            _ => see(inner, seen),
        };
        if let (true, Some(from), Some(until)) = (*of.kind == *DAYS, from, until) {
            return self.visit_days(from, until, look);
        }
        let mut look = |fact: &Arc<Fact>| {
            let inner = Env {
                it: Some(&**fact),
                its: fact.member,
                ..*self
            };
            let seen = Seen {
                order: fact.seq,
                fact: Some(fact),
            };
            look(&inner, seen)
        };
        if let (true, Some(from), Some(until)) = (of.is_untied(), from, until) {
            for fact in self.world.facts_between(&of.kind, from, until)? {
                if !look(&fact)? {
                    return Ok(());
                }
            }
            return Ok(());
        }
        for tie in self.ties(of)? {
            for fact in self.world.facts(&of.kind, &tie)? {
                let early = from.is_some_and(|from| fact.at < from);
                let late = until.is_some_and(|until| fact.at >= until);
                if !early && !late && !look(fact)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Every day from that of `from` on, while it begins before `until`.
    fn visit_days(
        &self,
        from: Instant,
        until: Instant,
        mut look: impl FnMut(&Env<'_>, Seen<'_>) -> Result<bool, Halt>,
    ) -> Result<(), Halt> {
        let mut next = Some(self.zone.date(from));
        let mut order = 0;
        while let Some(day) = next.filter(|d| self.zone.start_of_day(*d) < until) {
            order += 1;
            if order > DAYS_MAX {
                return Err(Halt::Fault(format!(
                    "`days` may span at most {DAYS_MAX} days"
                )));
            }
            let inner = Env {
                day: Some(day),
                ..*self
            };
            if !look(&inner, Seen { order, fact: None })? {
                break;
            }
            next = day.succ_opt();
        }
        Ok(())
    }

    /// The ties under which an aggregate's facts are kept.
    ///
    /// # Errors
    /// As [`Self::eval`].
    pub fn ties(&self, aggregate: &Aggregate) -> Result<Vec<Tie>, Halt> {
        if let Some(by) = aggregate.by {
            return Ok(self.people(by)?.into_iter().map(Tie::Member).collect());
        }
        Ok(match &aggregate.tie {
            Some((field, value)) => match self.eval(value)? {
                Value::Text(text) if **field == *MEMBER => {
                    let member = self.world.member_called(&text)?;
                    member.map(Tie::Member).into_iter().collect()
                }
                Value::Text(text) => vec![Tie::Field(field.clone(), text)],
                _ => Vec::new(),
            },
            None => Vec::new(),
        })
    }

    fn people(&self, by: By) -> Result<Vec<MemberId>, Halt> {
        let mut people: Vec<MemberId> = self.role(by.role)?.into_iter().collect();
        for _hop in 0..by.hops {
            let mut next = Vec::new();
            for id in people {
                next.extend_from_slice(self.world.referees(id)?);
            }
            people = next;
        }
        Ok(people)
    }
}

/// An aggregate in the making.
struct Fold {
    func: AggregateFunc,
    count: i64,
    sum: Exact,
    pick: Option<(i64, Value)>,
    people: BTreeSet<MemberId>,
}

impl Fold {
    const fn new(func: AggregateFunc) -> Self {
        Self {
            func,
            count: 0,
            sum: Exact::ZERO,
            pick: None,
            people: BTreeSet::new(),
        }
    }

    fn take(&mut self, seq: i64, its: Option<MemberId>, value: &Value) {
        self.count += 1;
        match self.func {
            AggregateFunc::Count | AggregateFunc::Any => {}
            AggregateFunc::People => self.people.extend(its),
            AggregateFunc::Sum => {
                if let Value::Num(n) = value {
                    self.sum = self.sum.add(n);
                }
            }
            AggregateFunc::First => self.keep(seq, value, |old, new| new.0 < old.0),
            AggregateFunc::Last => self.keep(seq, value, |old, new| new.0 > old.0),
            AggregateFunc::Min => self.keep(seq, value, |old, new| {
                compare(new.1, old.1, Zone::UTC) == Some(Ordering::Less)
            }),
            AggregateFunc::Max => self.keep(seq, value, |old, new| {
                compare(new.1, old.1, Zone::UTC) == Some(Ordering::Greater)
            }),
        }
    }

    fn keep(
        &mut self,
        seq: i64,
        value: &Value,
        better: impl Fn((i64, &Value), (i64, &Value)) -> bool,
    ) {
        let wins = match &self.pick {
            None => value.is_given(),
            Some((s, v)) => value.is_given() && better((*s, v), (seq, value)),
        };
        if wins {
            self.pick = Some((seq, value.clone()));
        }
    }

    const fn is_decided(&self) -> bool {
        matches!(self.func, AggregateFunc::Any) && self.count > 0
    }

    fn finish(self) -> Value {
        match self.func {
            AggregateFunc::Count => Value::Num(Exact::int(self.count)),
            AggregateFunc::Any => Value::Bool(self.count > 0),
            AggregateFunc::Sum => Value::Num(self.sum),
            AggregateFunc::People => Value::Num(Exact::int(
                i64::try_from(self.people.len()).unwrap_or(i64::MAX),
            )),
            AggregateFunc::First
            | AggregateFunc::Last
            | AggregateFunc::Min
            | AggregateFunc::Max => self.pick.map_or(Value::Absent, |(_, v)| v),
        }
    }
}
