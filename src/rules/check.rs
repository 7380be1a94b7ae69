//! Resolves names and checks units: syntax tree to checked expression.

mod aggregates;
mod lets;
mod names;
mod units;

use super::error::{Problem, suggest};
use super::expr::{Aggregate, BinaryOp, Expr, ExprKind, Formula, Type, Unit};
use super::functions::{FUNCTIONS, Want};
use super::plan::Plan;
use super::program::TierTable;
use super::syntax::{Node, NodeKind, is_comparison, parse, parse_selection};
use crate::types::{Text, Value};
use std::collections::BTreeMap;
use std::ops::Range;

/// What an expression may speak of.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// Fact types and attributes.
    pub plan: &'a Plan,
    /// Types of the starting fact.
    pub on: &'a [Text],
    /// Type of the `each` item.
    pub item: Option<&'a Text>,
    /// Type of the fact under examination.
    pub it: Option<&'a Text>,
    /// Parameters.
    pub params: &'a BTreeMap<Text, (Value, Type)>,
    /// Tables.
    pub tiers: &'a [TierTable],
    /// Named formulas.
    pub lets: Known<'a>,
    /// Whether there is a beneficiary.
    pub who: bool,
    /// Whether there is a member under examination: `its`.
    pub its: bool,
    /// What the total of a group is: `place`, `total`, `group.total`, `group.size`.
    pub group: Option<Type>,
    /// Whether a period closed: `period.from`, `period.until`.
    pub period: bool,
    /// Whether there is a day under examination: `day`.
    pub day: bool,
    /// Whether there is a reward: `granted`, `released`, `amount`.
    pub reward: bool,
}

pub use lets::{Known, Lets};
pub use units::name;
use units::{is_time, product, quotient, same_type, unify};

type Typed = (Expr, Type);

/// Parses and checks a formula that must be of one of the types `want` accepts.
///
/// # Errors
/// The first mistake with its place in the text.
pub fn formula(
    text: &str,
    scope: &Scope<'_>,
    want: fn(Type) -> bool,
    wanted: &str,
) -> Result<Formula, Problem> {
    let node = parse(text)?;
    let (expr, found) = scope.check(&node)?;
    if !want(found) {
        return Err(Problem::new(
            node.span,
            format!("{wanted} is expected here, but this is {}", name(found)),
        ));
    }
    let collapsed = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(Formula {
        text: collapsed.into(),
        source: text.into(),
        expr,
    })
}

/// Parses and checks a formula of any type; gives the type too.
///
/// # Errors
/// The first mistake with its place in the text.
pub fn typed(text: &str, scope: &Scope<'_>) -> Result<(Formula, Type), Problem> {
    let (expr, found) = scope.check(&parse(text)?)?;
    let collapsed = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let formula = Formula {
        text: collapsed.into(),
        source: text.into(),
        expr,
    };
    Ok((formula, found))
}

/// Parses and checks the selection of `each`.
///
/// # Errors
/// The first mistake with its place in the text.
pub fn selection(text: &str, scope: &Scope<'_>) -> Result<Aggregate, Problem> {
    let node = parse_selection(text)?;
    scope.aggregate(&node).map(|(aggregate, _)| aggregate)
}

impl Scope<'_> {
    pub(super) fn check(&self, node: &Node) -> Result<Typed, Problem> {
        let lit = |value, t| Ok((ExprKind::Lit(value), t));
        let (kind, found) = match &node.kind {
            NodeKind::Num(n) => lit(Value::Num(n.clone()), Type::Num(Unit::Any)),
            NodeKind::Text(t) => lit(Value::Text(t.clone()), Type::Text),
            NodeKind::Bool(b) => lit(Value::Bool(*b), Type::Bool),
            NodeKind::Span(s) => lit(Value::Span(*s), Type::Span),
            NodeKind::Date(d) => lit(Value::Date(*d), Type::Date),
            NodeKind::Instant(i) => lit(Value::Instant(*i), Type::Instant),
            NodeKind::Path(path) => self.path(path, &node.span),
            NodeKind::Not(x) => Ok((ExprKind::Not(Box::new(self.condition(x)?)), Type::Bool)),
            NodeKind::Neg(x) => {
                let (x, t) = self.check(x)?;
                let Type::Num(_) = t else {
                    return Err(Problem::new(
                        node.span.clone(),
                        format!("`-` needs a number, but this is {}", name(t)),
                    ));
                };
                Ok((ExprKind::Neg(Box::new(x)), t))
            }
            NodeKind::If(c, a, b) => self.choice(c, a, b, &node.span),
            NodeKind::Binary(op, a, b) => self.binary(*op, a, b, &node.span),
            NodeKind::Call(name, list) => self.call(name, list, &node.span),
            NodeKind::List(_) => Err(Problem::new(
                node.span.clone(),
                "a list stands only behind `in`",
            )),
            NodeKind::Aggregate(agg) => self
                .aggregate(agg)
                .map(|(a, t)| (ExprKind::Aggregate(Box::new(a)), t)),
        }?;
        Ok((
            Expr {
                span: node.span.clone(),
                kind,
            },
            found,
        ))
    }

    pub(super) fn condition(&self, node: &Node) -> Result<Expr, Problem> {
        match self.check(node)? {
            (expr, Type::Bool) => Ok(expr),
            (_, other) => Err(Problem::new(
                node.span.clone(),
                format!("a condition is expected, but this is {}", name(other)),
            )),
        }
    }

    fn choice(
        &self,
        c: &Node,
        a: &Node,
        b: &Node,
        span: &Range<usize>,
    ) -> Result<(ExprKind, Type), Problem> {
        let cond = self.condition(c)?;
        let ((yes, t), (no, u)) = (self.check(a)?, self.check(b)?);
        let found = same_type(t, u).ok_or_else(|| {
            Problem::new(
                span.clone(),
                format!("`then` gives {} but `else` gives {}", name(t), name(u)),
            )
        })?;
        Ok((
            ExprKind::If(Box::new(cond), Box::new(yes), Box::new(no)),
            found,
        ))
    }

    fn binary(
        &self,
        op: BinaryOp,
        a: &Node,
        b: &Node,
        span: &Range<usize>,
    ) -> Result<(ExprKind, Type), Problem> {
        if op == BinaryOp::In {
            return self.membership(a, b);
        }
        if matches!(op, BinaryOp::And | BinaryOp::Or) {
            let (x, y) = (self.condition(a)?, self.condition(b)?);
            return Ok((ExprKind::Binary(op, Box::new(x), Box::new(y)), Type::Bool));
        }
        let ((x, t), (y, u)) = (self.check(a)?, self.check(b)?);
        let clash = |verb: &str| {
            Problem::new(
                span.clone(),
                format!("cannot {verb} {} and {}", name(t), name(u)),
            )
        };
        let found = if is_comparison(op) {
            let comparable = same_type(t, u).is_some() || (is_time(t) && is_time(u));
            if !comparable {
                return Err(clash("compare"));
            }
            if !matches!(op, BinaryOp::Eq | BinaryOp::Ne) && matches!(t, Type::Bool | Type::Span) {
                return Err(Problem::new(
                    span.clone(),
                    format!("{} has no order", name(t)),
                ));
            }
            Type::Bool
        } else {
            match (op, t, u) {
                (BinaryOp::Default, ..) => {
                    same_type(t, u).ok_or_else(|| clash("choose between"))?
                }
                (BinaryOp::Add | BinaryOp::Sub, Type::Instant | Type::Date, Type::Span) => {
                    Type::Instant
                }
                (BinaryOp::Add, Type::Num(m), Type::Num(n)) => {
                    unify(m, n).map(Type::Num).ok_or_else(|| clash("add"))?
                }
                (BinaryOp::Sub, Type::Num(m), Type::Num(n)) => unify(m, n)
                    .map(Type::Num)
                    .ok_or_else(|| clash("subtract"))?,
                (BinaryOp::Mul, Type::Num(m), Type::Num(n)) => product(m, n)
                    .map(Type::Num)
                    .ok_or_else(|| clash("multiply"))?,
                (BinaryOp::Div, Type::Num(m), Type::Num(n)) => quotient(m, n)
                    .map(Type::Num)
                    .ok_or_else(|| clash("divide"))?,
                _ if is_time(t) && is_time(u) => {
                    return Err(clash("calculate with")
                        .help("the days between two times are `days(from, until)`"));
                }
                _ => return Err(clash("calculate with")),
            }
        };
        if op == BinaryOp::Div && matches!(&y.kind, ExprKind::Lit(Value::Num(n)) if n.is_zero()) {
            return Err(Problem::new(b.span.clone(), "a division by zero"));
        }
        Ok((ExprKind::Binary(op, Box::new(x), Box::new(y)), found))
    }

    fn membership(&self, a: &Node, b: &Node) -> Result<(ExprKind, Type), Problem> {
        let (x, t) = self.check(a)?;
        let NodeKind::List(list) = &b.kind else {
            return Err(Problem::new(b.span.clone(), "`in` needs a list")
                .help("write `x in [\"a\", \"b\"]`"));
        };
        let mut items = Vec::new();
        for node in list {
            let (item, u) = self.check(node)?;
            if same_type(t, u).is_none() && !(is_time(t) && is_time(u)) {
                return Err(Problem::new(
                    node.span.clone(),
                    format!("cannot compare {} and {}", name(t), name(u)),
                ));
            }
            items.push(item);
        }
        Ok((ExprKind::In(Box::new(x), items), Type::Bool))
    }

    fn call(
        &self,
        called: &str,
        list: &[Node],
        span: &Range<usize>,
    ) -> Result<(ExprKind, Type), Problem> {
        match (called, list) {
            ("tier" | "marginal", [of, table]) => {
                return self.tier(called == "marginal", of, table);
            }
            ("next_day_of_month", [x, days]) => return self.next_day(x, days),
            _ => {}
        }
        let Some((_, func, arity)) = FUNCTIONS.iter().find(|(n, ..)| *n == called) else {
            let known = FUNCTIONS.iter().map(|(n, ..)| *n).chain([
                "tier",
                "marginal",
                "next_day_of_month",
                "count",
                "sum",
                "people",
                "any",
                "first",
                "last",
            ]);
            return Err(
                Problem::new(span.clone(), format!("there is no function `{called}`"))
                    .help(suggest(called, known)),
            );
        };
        if list.len() != *arity {
            return Err(Problem::new(
                span.clone(),
                format!("`{called}` takes {arity} values, not {}", list.len()),
            ));
        }
        let mut args = Vec::new();
        let mut types = Vec::new();
        for (node, want) in list.iter().zip(func.wants()) {
            let (arg, t) = self.check(node)?;
            let fits = match want {
                Want::Number => matches!(t, Type::Num(_)),
                Want::Plain => matches!(t, Type::Num(Unit::Any | Unit::Plain | Unit::Days)),
                Want::Time => is_time(t),
                Want::Text => t == Type::Text,
                Want::Any => true,
            };
            if !fits {
                return Err(Problem::new(
                    node.span.clone(),
                    format!("`{called}` cannot take {}", name(t)),
                ));
            }
            args.push(arg);
            types.push(t);
        }
        let mut first = types.first().copied().unwrap_or(Type::Bool);
        if matches!(called, "min" | "max")
            && let Some(second) = types.get(1)
        {
            first = same_type(first, *second).ok_or_else(|| {
                Problem::new(
                    span.clone(),
                    format!("cannot compare {} and {}", name(first), name(*second)),
                )
            })?;
        }
        Ok((ExprKind::Call(*func, args), func.result(first)))
    }

    fn tier(&self, marginal: bool, of: &Node, table: &Node) -> Result<(ExprKind, Type), Problem> {
        let (x, t) = self.check(of)?;
        let wanted = match &table.kind {
            NodeKind::Path(path) if path.len() == 1 => path.first().map_or("", String::as_str),
            _ => {
                return Err(Problem::new(
                    table.span.clone(),
                    "the name of a table of `[tiers]` is expected",
                ));
            }
        };
        let Some(position) = self.tiers.iter().position(|t| &*t.name == wanted) else {
            return Err(Problem::new(
                table.span.clone(),
                format!("there is no table `[tiers.{wanted}]`"),
            )
            .help(suggest(wanted, self.tiers.iter().map(|t| &*t.name))));
        };
        let by_word = self
            .tiers
            .get(position)
            .is_some_and(|t| !t.words.is_empty());
        let fits = match t {
            Type::Num(_) => !by_word,
            Type::Text => by_word && !marginal,
            Type::Bool | Type::Instant | Type::Date | Type::Span => false,
        };
        if !fits {
            let key = if by_word {
                "a text with `tier`"
            } else {
                "a number"
            };
            return Err(Problem::new(
                of.span.clone(),
                format!("`{wanted}` is looked up by {key}, not by {}", name(t)),
            ));
        }
        let unit = if marginal && t == Type::Num(Unit::Money) {
            Unit::Money
        } else {
            Unit::Any
        };
        Ok((
            ExprKind::Tier {
                of: Box::new(x),
                table: position,
                marginal,
            },
            Type::Num(unit),
        ))
    }

    fn next_day(&self, x: &Node, days: &Node) -> Result<(ExprKind, Type), Problem> {
        let (of, t) = self.check(x)?;
        let bad = || {
            Problem::new(
                days.span.clone(),
                "a list of days from 1 to 31 is expected, such as [15, 30]",
            )
        };
        let NodeKind::List(list) = &days.kind else {
            return Err(bad());
        };
        if !is_time(t) {
            return Err(Problem::new(
                x.span.clone(),
                format!("a time is expected, not {}", name(t)),
            ));
        }
        let days: Option<Vec<u32>> = list
            .iter()
            .map(|n| match &n.kind {
                NodeKind::Num(n) => n
                    .to_int()
                    .and_then(|n| u32::try_from(n).ok())
                    .filter(|n| (1..=31).contains(n)),
                _ => None,
            })
            .collect();
        Ok((
            ExprKind::NextDay(
                Box::new(of),
                days.filter(|d| !d.is_empty()).ok_or_else(bad)?,
            ),
            Type::Date,
        ))
    }
}
