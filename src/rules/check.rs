//! Resolves names and checks units: syntax tree to checked expression.

use super::error::{Problem, nearest, suggest};
use super::expr::{Aggregate, AggregateFunc, AttrRef, BinaryOp, By, Expr, ExprKind, FieldRef, Formula, Local, Role, Subject, Type, Unit};
use super::functions::{FUNCTIONS, Want};
use super::plan::Plan;
use super::program::TierTable;
use super::syntax::{AggregateNode, Node, NodeKind, is_comparison, parse, parse_selection};
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
    /// Whether there is a beneficiary.
    pub who: bool,
    /// Whether there is a reward: `granted`, `released`, `amount`.
    pub reward: bool,
}

type Typed = (Expr, Type);

/// Parses and checks a formula that must be of one of the types `want` accepts.
///
/// # Errors
/// The first mistake with its place in the text.
pub fn formula(text: &str, scope: &Scope<'_>, want: fn(Type) -> bool, wanted: &str) -> Result<Formula, Problem> {
    let node = parse(text)?;
    let (expr, found) = scope.check(&node)?;
    if !want(found) {
        return Err(Problem::new(node.span, format!("{wanted} is expected here, but this is {}", name(found))));
    }
    let collapsed = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(Formula { text: collapsed.into(), source: text.into(), expr })
}

/// Parses and checks the selection of `each`.
///
/// # Errors
/// The first mistake with its place in the text.
pub fn selection(text: &str, scope: &Scope<'_>) -> Result<Aggregate, Problem> {
    let node = parse_selection(text)?;
    scope.aggregate(&node).map(|(aggregate, _)| aggregate)
}

/// A type in words.
#[must_use]
pub const fn name(found: Type) -> &'static str {
    match found {
        Type::Bool => "a condition",
        Type::Num(Unit::Money) => "an amount of money",
        Type::Num(Unit::Days) => "a number of days",
        Type::Num(Unit::Plain | Unit::Any) => "a plain number",
        Type::Text => "a text",
        Type::Instant => "an instant",
        Type::Date => "a date",
        Type::Span => "a duration",
    }
}

const fn is_time(t: Type) -> bool {
    matches!(t, Type::Instant | Type::Date)
}

/// The unit of two numbers that must agree.
const fn unify(a: Unit, b: Unit) -> Option<Unit> {
    match (a, b) {
        (Unit::Any, x) | (x, Unit::Any) => Some(x),
        (Unit::Plain, Unit::Plain) => Some(Unit::Plain),
        (Unit::Money, Unit::Money) => Some(Unit::Money),
        (Unit::Days, Unit::Days) => Some(Unit::Days),
        _ => None,
    }
}

/// The unit of a product: money times days is money that still waits for its day count.
const fn product(a: Unit, b: Unit) -> Option<Unit> {
    match (a, b) {
        (Unit::Money, Unit::Money) => None,
        (Unit::Money, _) | (_, Unit::Money) => Some(Unit::Money),
        (Unit::Days, Unit::Days) => None,
        (Unit::Days, _) | (_, Unit::Days) => Some(Unit::Days),
        (Unit::Any, Unit::Any) => Some(Unit::Any),
        _ => Some(Unit::Plain),
    }
}

const fn quotient(a: Unit, b: Unit) -> Option<Unit> {
    match (a, b) {
        (Unit::Money, Unit::Money) | (Unit::Days, _) => Some(Unit::Plain),
        (Unit::Money, _) => Some(Unit::Money),
        (Unit::Any, Unit::Any) => Some(Unit::Any),
        (_, Unit::Money | Unit::Days) => None,
        _ => Some(Unit::Plain),
    }
}

impl Scope<'_> {
    fn check(&self, node: &Node) -> Result<Typed, Problem> {
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
                    return Err(Problem::new(node.span.clone(), format!("`-` needs a number, but this is {}", name(t))));
                };
                Ok((ExprKind::Neg(Box::new(x)), t))
            }
            NodeKind::If(c, a, b) => self.choice(c, a, b, &node.span),
            NodeKind::Binary(op, a, b) => self.binary(*op, a, b, &node.span),
            NodeKind::Call(name, list) => self.call(name, list, &node.span),
            NodeKind::List(_) => Err(Problem::new(node.span.clone(), "a list stands only behind `in`")),
            NodeKind::Aggregate(agg) => self.aggregate(agg).map(|(a, t)| (ExprKind::Aggregate(Box::new(a)), t)),
        }?;
        Ok((Expr { span: node.span.clone(), kind }, found))
    }

    fn condition(&self, node: &Node) -> Result<Expr, Problem> {
        match self.check(node)? {
            (expr, Type::Bool) => Ok(expr),
            (_, other) => Err(Problem::new(node.span.clone(), format!("a condition is expected, but this is {}", name(other)))),
        }
    }

    fn choice(&self, c: &Node, a: &Node, b: &Node, span: &Range<usize>) -> Result<(ExprKind, Type), Problem> {
        let cond = self.condition(c)?;
        let ((yes, t), (no, u)) = (self.check(a)?, self.check(b)?);
        let found = same_type(t, u)
            .ok_or_else(|| Problem::new(span.clone(), format!("`then` gives {} but `else` gives {}", name(t), name(u))))?;
        Ok((ExprKind::If(Box::new(cond), Box::new(yes), Box::new(no)), found))
    }

    fn binary(&self, op: BinaryOp, a: &Node, b: &Node, span: &Range<usize>) -> Result<(ExprKind, Type), Problem> {
        if op == BinaryOp::In {
            return self.membership(a, b);
        }
        if matches!(op, BinaryOp::And | BinaryOp::Or) {
            let (x, y) = (self.condition(a)?, self.condition(b)?);
            return Ok((ExprKind::Binary(op, Box::new(x), Box::new(y)), Type::Bool));
        }
        let ((x, t), (y, u)) = (self.check(a)?, self.check(b)?);
        let clash = |verb: &str| Problem::new(span.clone(), format!("cannot {verb} {} and {}", name(t), name(u)));
        let found = if is_comparison(op) {
            let comparable = same_type(t, u).is_some() || (is_time(t) && is_time(u));
            if !comparable {
                return Err(clash("compare"));
            }
            if !matches!(op, BinaryOp::Eq | BinaryOp::Ne) && matches!(t, Type::Bool | Type::Span) {
                return Err(Problem::new(span.clone(), format!("{} has no order", name(t))));
            }
            Type::Bool
        } else {
            match (op, t, u) {
                (BinaryOp::Default, ..) => same_type(t, u).ok_or_else(|| clash("choose between"))?,
                (BinaryOp::Add | BinaryOp::Sub, Type::Instant | Type::Date, Type::Span) => Type::Instant,
                (BinaryOp::Add, Type::Num(m), Type::Num(n)) => unify(m, n).map(Type::Num).ok_or_else(|| clash("add"))?,
                (BinaryOp::Sub, Type::Num(m), Type::Num(n)) => unify(m, n).map(Type::Num).ok_or_else(|| clash("subtract"))?,
                (BinaryOp::Mul, Type::Num(m), Type::Num(n)) => product(m, n).map(Type::Num).ok_or_else(|| clash("multiply"))?,
                (BinaryOp::Div, Type::Num(m), Type::Num(n)) => quotient(m, n).map(Type::Num).ok_or_else(|| clash("divide"))?,
                _ if is_time(t) && is_time(u) => {
                    return Err(clash("calculate with").help("the days between two times are `days(from, until)`"));
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
            return Err(Problem::new(b.span.clone(), "`in` needs a list").help("write `x in [\"a\", \"b\"]`"));
        };
        let mut items = Vec::new();
        for node in list {
            let (item, u) = self.check(node)?;
            if same_type(t, u).is_none() && !(is_time(t) && is_time(u)) {
                return Err(Problem::new(node.span.clone(), format!("cannot compare {} and {}", name(t), name(u))));
            }
            items.push(item);
        }
        Ok((ExprKind::In(Box::new(x), items), Type::Bool))
    }

    fn call(&self, called: &str, list: &[Node], span: &Range<usize>) -> Result<(ExprKind, Type), Problem> {
        match (called, list) {
            ("tier" | "marginal", [of, table]) => return self.tier(called == "marginal", of, table),
            ("next_day_of_month", [x, days]) => return self.next_day(x, days),
            _ => {}
        }
        let Some((_, func, arity)) = FUNCTIONS.iter().find(|(n, ..)| *n == called) else {
            let known = FUNCTIONS.iter().map(|(n, ..)| *n).chain(["tier", "marginal", "next_day_of_month", "count", "sum", "any", "first", "last"]);
            return Err(Problem::new(span.clone(), format!("there is no function `{called}`")).help(suggest(called, known)));
        };
        if list.len() != *arity {
            return Err(Problem::new(span.clone(), format!("`{called}` takes {arity} values, not {}", list.len())));
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
                return Err(Problem::new(node.span.clone(), format!("`{called}` cannot take {}", name(t))));
            }
            args.push(arg);
            types.push(t);
        }
        let mut first = types.first().copied().unwrap_or(Type::Bool);
        if matches!(called, "min" | "max")
            && let Some(second) = types.get(1)
        {
            first = same_type(first, *second)
                .ok_or_else(|| Problem::new(span.clone(), format!("cannot compare {} and {}", name(first), name(*second))))?;
        }
        Ok((ExprKind::Call(*func, args), func.result(first)))
    }

    fn tier(&self, marginal: bool, of: &Node, table: &Node) -> Result<(ExprKind, Type), Problem> {
        let (x, t) = self.check(of)?;
        if !matches!(t, Type::Num(_)) {
            return Err(Problem::new(of.span.clone(), format!("a table is looked up by a number, not by {}", name(t))));
        }
        let wanted = match &table.kind {
            NodeKind::Path(path) if path.len() == 1 => path.first().map_or("", String::as_str),
            _ => return Err(Problem::new(table.span.clone(), "the name of a table of `[tiers]` is expected")),
        };
        let Some(position) = self.tiers.iter().position(|t| &*t.name == wanted) else {
            return Err(Problem::new(table.span.clone(), format!("there is no table `[tiers.{wanted}]`"))
                .help(suggest(wanted, self.tiers.iter().map(|t| &*t.name))));
        };
        let unit = if marginal && t == Type::Num(Unit::Money) { Unit::Money } else { Unit::Any };
        Ok((ExprKind::Tier { of: Box::new(x), table: position, marginal }, Type::Num(unit)))
    }

    fn next_day(&self, x: &Node, days: &Node) -> Result<(ExprKind, Type), Problem> {
        let (of, t) = self.check(x)?;
        let bad = || Problem::new(days.span.clone(), "a list of days from 1 to 31 is expected, such as [15, 30]");
        let NodeKind::List(list) = &days.kind else { return Err(bad()) };
        if !is_time(t) {
            return Err(Problem::new(x.span.clone(), format!("a time is expected, not {}", name(t))));
        }
        let days: Option<Vec<u32>> = list
            .iter()
            .map(|n| match &n.kind {
                NodeKind::Num(n) => n.to_int().and_then(|n| u32::try_from(n).ok()).filter(|n| (1..=31).contains(n)),
                _ => None,
            })
            .collect();
        Ok((ExprKind::NextDay(Box::new(of), days.filter(|d| !d.is_empty()).ok_or_else(bad)?), Type::Date))
    }

    fn path(&self, path: &[String], span: &Range<usize>) -> Result<(ExprKind, Type), Problem> {
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        let local = |l| Ok((ExprKind::Local(l), Type::Instant));
        match parts.as_slice() {
            ["window", "from"] => local(Local::WindowFrom),
            ["window", "until"] => local(Local::WindowUntil),
            ["granted"] if self.reward => local(Local::Granted),
            ["released"] if self.reward => local(Local::Released),
            ["amount"] if self.reward => Ok((ExprKind::Local(Local::Amount), Type::Num(Unit::Money))),
            ["params", name] => match self.params.get(*name) {
                Some((value, t)) => Ok((ExprKind::Lit(value.clone()), *t)),
                None => Err(Problem::new(span.clone(), format!("there is no parameter `{name}`"))
                    .help(suggest(name, self.params.keys().map(|k| &**k)))),
            },
            [subject @ ("fact" | "item" | "it"), field] => self.fact_field(subject, field, span),
            [role, attr] if self.role(role).is_some() => self.person(role, attr, span),
            _ => {
                let text = parts.join(".");
                let known = ["fact", "item", "it", "friend", "member", "referrer", "level2", "who", "window", "params", "granted", "released", "amount"];
                let first = parts.first().copied().unwrap_or_default();
                Err(Problem::new(span.clone(), format!("`{text}` means nothing here")).help(suggest(first, known)))
            }
        }
    }

    fn role(&self, word: &str) -> Option<Role> {
        Some(match word {
            "friend" | "member" => Role::Friend,
            "referrer" => Role::Referrer,
            "level2" => Role::Level2,
            "who" if self.who => Role::Who,
            _ => return None,
        })
    }

    fn fact_field(&self, subject: &str, field: &str, span: &Range<usize>) -> Result<(ExprKind, Type), Problem> {
        let (subject, kinds): (Subject, &[Text]) = match (subject, self.item, self.it) {
            ("fact", ..) => (Subject::Fact, self.on),
            ("item", Some(kind), _) => (Subject::Item, std::slice::from_ref(kind)),
            ("it", _, Some(kind)) => (Subject::It, std::slice::from_ref(kind)),
            ("item", None, _) => return Err(Problem::new(span.clone(), "there is no `item`: the rule has no `each`")),
            _ => return Err(Problem::new(span.clone(), "`it` is only known inside an aggregate")),
        };
        let (field, t) = self.field_of(kinds, field, span)?;
        Ok((ExprKind::Field(subject, field), t))
    }

    fn field_of(&self, kinds: &[Text], field: &str, span: &Range<usize>) -> Result<(FieldRef, Type), Problem> {
        match field {
            "at" => return Ok((FieldRef::At, Type::Instant)),
            "member" => return Ok((FieldRef::Member, Type::Text)),
            "currency" => return Ok((FieldRef::Named("currency".into()), Type::Text)),
            _ => {}
        }
        let Some(declared) = self.plan.field(kinds, field) else {
            let known = self.plan.field_names(kinds).chain(["at", "member", "currency"]);
            let kinds = kinds.join("`, `");
            return Err(Problem::new(span.clone(), format!("`{kinds}` has no field `{field}` in the tracking plan"))
                .help(suggest(field, known)));
        };
        Ok((FieldRef::Named(field.into()), declared.kind.in_rules()))
    }

    fn person(&self, role: &str, attr: &str, span: &Range<usize>) -> Result<(ExprKind, Type), Problem> {
        let role = self.role(role).unwrap_or(Role::Friend);
        let (attr, t) = match attr {
            "registered" => (AttrRef::Registered, Type::Instant),
            "id" => (AttrRef::Id, Type::Text),
            other => match self.plan.attributes.get(other) {
                Some(kind) => (AttrRef::Named(other.into()), kind.in_rules()),
                None => {
                    let known = self.plan.attributes.keys().map(|k| &**k).chain(["registered", "id"]);
                    return Err(Problem::new(span.clone(), format!("the tracking plan has no attribute `{other}`"))
                        .help(suggest(other, known)));
                }
            },
        };
        Ok((ExprKind::Attr(role, attr), t))
    }

    fn aggregate(&self, node: &AggregateNode) -> Result<(Aggregate, Type), Problem> {
        let kind = node.path.first().map_or("", String::as_str);
        let Some((kind, _)) = self.plan.types.get_key_value(kind) else {
            let help = suggest(kind, self.plan.types.keys().map(|k| &**k));
            return Err(Problem::new(node.path_span.clone(), format!("the tracking plan has no fact type `{kind}`")).help(help));
        };
        let kinds = std::slice::from_ref(kind);
        let picks = !matches!(node.func, AggregateFunc::Count | AggregateFunc::Any);
        let (field, found) = match (node.path.get(1), picks) {
            (Some(field), true) => {
                let (field, t) = self.field_of(kinds, field, &node.path_span)?;
                (Some(field), t)
            }
            (None, false) if node.func == AggregateFunc::Any => (None, Type::Bool),
            (None, false) => (None, Type::Num(Unit::Plain)),
            (None, true) => {
                return Err(Problem::new(node.path_span.clone(), format!("name the field: `{kind}.FIELD`")));
            }
            (Some(_), false) => {
                return Err(Problem::new(node.path_span.clone(), format!("facts are counted, not fields: write `{kind}`")));
            }
        };
        if node.func == AggregateFunc::Sum && !matches!(found, Type::Num(_)) {
            return Err(Problem::new(node.path_span.clone(), format!("cannot sum {}", name(found))));
        }
        let inner = Scope { it: Some(kind), ..*self };
        let cond = node.cond.as_ref().map(|c| inner.condition(c)).transpose()?;
        let by = node.by.as_ref().map(|(path, span)| self.by(path, span)).transpose()?;
        let tie = cond.as_ref().filter(|_| by.is_none()).and_then(|c| self.tie(kind, c));
        if by.is_none() && tie.is_none() {
            return Err(Problem::new(node.path_span.clone(), format!("this would read every `{kind}` ever accepted"))
                .help("tie it: `by friend`, or `where it.ref == fact.ref` with a key field"));
        }
        let time = |bound: &Option<Node>| -> Result<Option<Expr>, Problem> {
            let Some(bound) = bound else { return Ok(None) };
            match self.check(bound)? {
                (expr, t) if is_time(t) => Ok(Some(expr)),
                (_, t) => Err(Problem::new(bound.span.clone(), format!("a time is expected, not {}", name(t)))),
            }
        };
        let (from, until) = (time(&node.from)?, time(&node.until)?);
        Ok((Aggregate { func: node.func, kind: kind.clone(), field, by, tie, cond, from, until }, found))
    }

    fn by(&self, path: &[String], span: &Range<usize>) -> Result<By, Problem> {
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        let (role, hops) = match parts.as_slice() {
            [role] => (role, 0),
            [role, "friends"] => (role, 1),
            [role, "friends2"] => (role, 2),
            [_, other] => {
                let help = nearest(other, ["friends", "friends2"]).map_or("at most two levels may earn".to_owned(), |n| format!("did you mean `{n}`?"));
                return Err(Problem::new(span.clone(), format!("`{other}` is not a group of members")).help(help));
            }
            _ => return Err(Problem::new(span.clone(), "a person is expected behind `by`")),
        };
        let role = self.role(role).ok_or_else(|| {
            Problem::new(span.clone(), format!("`{role}` is not a person here")).help("known: friend, referrer, level2, who (in payments)")
        })?;
        Ok(By { role, hops })
    }

    /// The key field that ties the facts of an aggregate to something outside it.
    fn tie(&self, kind: &Text, cond: &Expr) -> Option<(Text, Expr)> {
        match &cond.kind {
            ExprKind::Binary(BinaryOp::And, a, b) => self.tie(kind, a).or_else(|| self.tie(kind, b)),
            ExprKind::Binary(BinaryOp::Eq, a, b) => [(a, b), (b, a)].into_iter().find_map(|(field, value)| {
                let ExprKind::Field(Subject::It, FieldRef::Named(name)) = &field.kind else { return None };
                let key = self.plan.types.get(kind)?.fields.get(name)?.key;
                let mut inside = false;
                value.walk(&mut |e| inside = inside || matches!(e.kind, ExprKind::Field(Subject::It, _)));
                (key && !inside).then(|| (name.clone(), (**value).clone()))
            }),
            _ => None,
        }
    }
}

/// The common type of two values, literals taking the unit of their neighbour.
const fn same_type(a: Type, b: Type) -> Option<Type> {
    match (a, b) {
        (Type::Num(m), Type::Num(n)) => match unify(m, n) {
            Some(u) => Some(Type::Num(u)),
            None => None,
        },
        (Type::Bool, Type::Bool) => Some(Type::Bool),
        (Type::Text, Type::Text) => Some(Type::Text),
        (Type::Instant, Type::Instant) => Some(Type::Instant),
        (Type::Date, Type::Date) => Some(Type::Date),
        (Type::Instant, Type::Date) | (Type::Date, Type::Instant) => Some(Type::Instant),
        (Type::Span, Type::Span) => Some(Type::Span),
        _ => None,
    }
}
