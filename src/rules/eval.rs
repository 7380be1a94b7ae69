//! Evaluates checked expressions over facts and members.

mod aggregate;
mod group;

pub use group::Listed;

use super::calendar::Calendar;
use super::expr::{AttrRef, BinaryOp, Expr, ExprKind, FieldRef, Local, Role, Subject};
use super::functions::{day_of, next_day_of_month};
use super::program::TierTable;
use crate::types::{Exact, Fact, Instant, Member, MemberId, Tie, Value, Zone};
use chrono::NaiveDate;
use std::cmp::Ordering;
use std::sync::Arc;

/// Why an evaluation stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// The state does not hold something yet; it noted what.
    #[error("the state lacks data that the decision needs")]
    Need,
    /// The rule cannot be evaluated on these facts.
    #[error("{0}")]
    Fault(String),
}

/// What expressions may look at.
pub trait World {
    /// A member.
    ///
    /// # Errors
    /// [`Halt::Need`] when it is not loaded.
    fn member(&self, id: MemberId) -> Result<Option<&Member>, Halt>;
    /// Facts of a type with a tie, in order of acceptance.
    ///
    /// # Errors
    /// [`Halt::Need`] when they are not loaded.
    fn facts(&self, kind: &str, tie: &Tie) -> Result<&[Arc<Fact>], Halt>;
    /// Whom a member referred.
    ///
    /// # Errors
    /// [`Halt::Need`] when they are not loaded.
    fn referees(&self, id: MemberId) -> Result<&[MemberId], Halt>;
    /// Everybody's facts of a type between two moments (half open), in order of acceptance.
    ///
    /// # Errors
    /// [`Halt::Need`] when they are not loaded.
    fn facts_between(
        &self,
        kind: &str,
        from: Instant,
        until: Instant,
    ) -> Result<Vec<Arc<Fact>>, Halt>;
    /// The member with an external id.
    ///
    /// # Errors
    /// [`Halt::Need`] when it is not known who that is.
    fn member_called(&self, external: &str) -> Result<Option<MemberId>, Halt>;
}

/// Everything a name can stand for.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    /// Facts and members.
    pub world: &'a dyn World,
    /// What a day is.
    pub zone: Zone,
    /// Working days.
    pub calendar: &'a Calendar,
    /// Tables of the program.
    pub tiers: &'a [TierTable],
    /// The program's window.
    pub window: (Option<Instant>, Option<Instant>),
    /// The member of a group that the rule runs for.
    pub listed: Option<&'a Listed>,
    /// The period that closed.
    pub period: (Option<Instant>, Option<Instant>),
    /// The fact that started the rule.
    pub fact: &'a Fact,
    /// The `each` item.
    pub item: Option<&'a Fact>,
    /// The fact under examination.
    pub it: Option<&'a Fact>,
    /// The member of the fact under examination.
    pub its: Option<MemberId>,
    /// The day under examination.
    pub day: Option<NaiveDate>,
    /// Who acted.
    pub friend: Option<MemberId>,
    /// The beneficiary.
    pub who: Option<MemberId>,
    /// When the reward was decided.
    pub granted: Option<Instant>,
    /// When its `until` came true.
    pub released: Option<Instant>,
    /// Its amount.
    pub amount: Option<&'a Exact>,
}

impl<'a> Env<'a> {
    /// The member in a role, if there is one.
    ///
    /// # Errors
    /// [`Halt::Need`] when an upline is not loaded.
    pub fn role(&self, role: Role) -> Result<Option<MemberId>, Halt> {
        match role {
            Role::Friend => Ok(self.friend),
            Role::Who => Ok(self.who),
            Role::Its => Ok(self.its),
            Role::Referrer => self.upline(1),
            Role::Level2 => self.upline(2),
        }
    }

    /// The member `steps` above the friend.
    ///
    /// # Errors
    /// [`Halt::Need`] when a member on the way is not loaded.
    pub fn upline(&self, steps: u8) -> Result<Option<MemberId>, Halt> {
        let mut at = self.friend;
        for _step in 0..steps {
            at = match at {
                Some(id) => self.world.member(id)?.and_then(|m| m.referrer),
                None => None,
            };
        }
        Ok(at)
    }

    /// Evaluates an expression.
    ///
    /// # Errors
    /// [`Halt::Need`] when data are missing, [`Halt::Fault`] for a division by zero.
    pub fn eval(&self, expr: &Expr) -> Result<Value, Halt> {
        Ok(match &expr.kind {
            ExprKind::Lit(value) => value.clone(),
            ExprKind::Field(subject, field) => self.field(*subject, field)?,
            ExprKind::Attr(role, attr) => self.attribute(*role, attr)?,
            ExprKind::Local(local) => self.local(*local),
            ExprKind::Not(x) => Value::Bool(!self.eval(x)?.holds()),
            ExprKind::Neg(x) => match self.eval(x)? {
                Value::Num(n) => Value::Num(n.neg()),
                _ => Value::Absent,
            },
            ExprKind::Binary(op, a, b) => self.binary(*op, a, b)?,
            ExprKind::In(x, list) => {
                let x = self.eval(x)?;
                let mut found = false;
                for candidate in list {
                    found = found || same(&x, &self.eval(candidate)?, self.zone);
                }
                Value::Bool(found)
            }
            ExprKind::If(cond, yes, no) => {
                self.eval(if self.eval(cond)?.holds() { yes } else { no })?
            }
            ExprKind::Call(func, list) => {
                let first = list.first().map_or(Ok(Value::Absent), |e| self.eval(e))?;
                let second = list.get(1).map_or(Ok(Value::Absent), |e| self.eval(e))?;
                func.apply(&first, &second, self.zone, self.calendar)
            }
            ExprKind::NextDay(x, days) => {
                match day_of(&self.eval(x)?, self.zone).and_then(|d| next_day_of_month(d, days)) {
                    Some(day) => Value::Date(day),
                    None => Value::Absent,
                }
            }
            ExprKind::Tier {
                of,
                table,
                marginal,
            } => match (self.eval(of)?, self.tiers.get(*table)) {
                (Value::Num(x), Some(table)) => table
                    .look_up(&x, *marginal)
                    .map_or(Value::Absent, Value::Num),
                (Value::Text(word), Some(table)) => {
                    table.of_word(&word).map_or(Value::Absent, Value::Num)
                }
                _ => Value::Absent,
            },
            ExprKind::Named(_, formula) => self.eval(formula)?,
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate)?,
        })
    }

    /// Whether a condition holds.
    ///
    /// # Errors
    /// As [`Self::eval`].
    pub fn holds(&self, expr: &Expr) -> Result<bool, Halt> {
        Ok(self.eval(expr)?.holds())
    }

    /// A moment: an instant, or the start of a day.
    ///
    /// # Errors
    /// As [`Self::eval`].
    pub fn instant(&self, expr: &Expr) -> Result<Option<Instant>, Halt> {
        Ok(instant_of(&self.eval(expr)?, self.zone))
    }

    fn field(&self, subject: Subject, field: &FieldRef) -> Result<Value, Halt> {
        let fact = match subject {
            Subject::Fact => Some(self.fact),
            Subject::Item => self.item,
            Subject::It => self.it,
        };
        let Some(fact) = fact else {
            return Ok(Value::Absent);
        };
        Ok(match field {
            FieldRef::At => Value::Instant(fact.at),
            FieldRef::Named(name) => fact.field(name),
            FieldRef::Member => match fact.member {
                Some(id) => self
                    .world
                    .member(id)?
                    .map_or(Value::Absent, |m| Value::Text(m.external.clone())),
                None => Value::Absent,
            },
        })
    }

    fn attribute(&self, role: Role, attr: &AttrRef) -> Result<Value, Halt> {
        let Some(id) = self.role(role)? else {
            return Ok(Value::Absent);
        };
        let Some(member) = self.world.member(id)? else {
            return Ok(Value::Absent);
        };
        Ok(match attr {
            AttrRef::Registered => member.registered.map_or(Value::Absent, Value::Instant),
            AttrRef::Id => Value::Text(member.external.clone()),
            AttrRef::Named(name) => member
                .attributes
                .get(name)
                .cloned()
                .unwrap_or(Value::Absent),
        })
    }

    fn local(&self, local: Local) -> Value {
        let instant = match local {
            Local::WindowFrom => self.window.0,
            Local::WindowUntil => self.window.1,
            Local::PeriodFrom => self.period.0,
            Local::PeriodUntil => self.period.1,
            Local::Granted => self.granted,
            Local::Released => self.released,
            Local::Place | Local::Total | Local::GroupTotal | Local::GroupSize => {
                let value = self.listed.map(|l| l.value(local));
                return value.map_or(Value::Absent, Value::Num);
            }
            Local::Day => return self.day.map_or(Value::Absent, Value::Date),
            Local::Amount => return self.amount.map_or(Value::Absent, |a| Value::Num(a.clone())),
        };
        instant.map_or(Value::Absent, Value::Instant)
    }

    fn binary(&self, op: BinaryOp, a: &Expr, b: &Expr) -> Result<Value, Halt> {
        let left = self.eval(a)?;
        match op {
            BinaryOp::Or if left.holds() => return Ok(Value::Bool(true)),
            BinaryOp::And if !left.holds() => return Ok(Value::Bool(false)),
            BinaryOp::Default if left.is_given() => return Ok(left),
            _ => {}
        }
        let right = self.eval(b)?;
        let order = || compare(&left, &right, self.zone);
        Ok(match op {
            BinaryOp::Or | BinaryOp::And => Value::Bool(right.holds()),
            BinaryOp::Default => right,
            BinaryOp::Eq => Value::Bool(same(&left, &right, self.zone)),
            BinaryOp::Ne => Value::Bool(!same(&left, &right, self.zone)),
            BinaryOp::Lt => Value::Bool(order() == Some(Ordering::Less)),
            BinaryOp::Le => Value::Bool(matches!(order(), Some(Ordering::Less | Ordering::Equal))),
            BinaryOp::Gt => Value::Bool(order() == Some(Ordering::Greater)),
            BinaryOp::Ge => {
                Value::Bool(matches!(order(), Some(Ordering::Greater | Ordering::Equal)))
            }
            BinaryOp::In => Value::Bool(false),
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div => {
                self.arithmetic(op, &left, &right)?
            }
        })
    }

    fn arithmetic(&self, op: BinaryOp, left: &Value, right: &Value) -> Result<Value, Halt> {
        Ok(match (left, right) {
            (Value::Num(x), Value::Num(y)) => Value::Num(match op {
                BinaryOp::Add => x.add(y),
                BinaryOp::Sub => x.sub(y),
                BinaryOp::Mul => x.mul(y),
                _ => x
                    .div(y)
                    .ok_or_else(|| Halt::Fault("a division by zero".to_owned()))?,
            }),
            (Value::Instant(_) | Value::Date(_), Value::Span(span)) => {
                let signed = if op == BinaryOp::Sub {
                    crate::types::Span {
                        months: -span.months,
                        days: -span.days,
                        micros: -span.micros,
                    }
                } else {
                    *span
                };
                match instant_of(left, self.zone) {
                    Some(at) => Value::Instant(self.zone.add(at, signed)),
                    None => Value::Absent,
                }
            }
            _ => Value::Absent,
        })
    }
}

/// An instant, or the start of a day.
#[must_use]
pub fn instant_of(value: &Value, zone: Zone) -> Option<Instant> {
    match value {
        Value::Instant(at) => Some(*at),
        Value::Date(day) => Some(zone.start_of_day(*day)),
        Value::Absent | Value::Bool(_) | Value::Num(_) | Value::Text(_) | Value::Span(_) => None,
    }
}

fn compare(a: &Value, b: &Value, zone: Zone) -> Option<Ordering> {
    match (a, b) {
        (Value::Num(x), Value::Num(y)) => Some(x.cmp(y)),
        (Value::Text(x), Value::Text(y)) => Some(x.cmp(y)),
        (Value::Bool(x), Value::Bool(y)) => Some(x.cmp(y)),
        (Value::Date(x), Value::Date(y)) => Some(x.cmp(y)),
        _ => Some(instant_of(a, zone)?.cmp(&instant_of(b, zone)?)),
    }
}

fn same(a: &Value, b: &Value, zone: Zone) -> bool {
    compare(a, b, zone) == Some(Ordering::Equal)
}
