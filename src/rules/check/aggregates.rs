//! Aggregates: which facts they read, and what ties those facts.

use super::Scope;
use super::units::{is_time, name};
use crate::rules::error::{Problem, nearest, suggest};
use crate::rules::expr::{
    Aggregate, AggregateFunc, BinaryOp, By, DAYS, Expr, ExprKind, FieldRef, MEMBER, Role, Subject,
    Type, Unit,
};
use crate::rules::syntax::{AggregateNode, Node};
use crate::types::Text;
use std::ops::Range;

impl Scope<'_> {
    pub(super) fn aggregate(&self, node: &AggregateNode) -> Result<(Aggregate, Type), Problem> {
        let kind = node.path.first().map_or("", String::as_str);
        if kind == DAYS {
            return self.days(node);
        }
        let Some((kind, _)) = self.plan.types.get_key_value(kind) else {
            let known = self.plan.types.keys().map(|k| &**k).chain([DAYS]);
            return Err(Problem::new(
                node.path_span.clone(),
                format!("the tracking plan has no fact type `{kind}`"),
            )
            .help(suggest(kind, known)));
        };
        let inner = Scope {
            it: Some(kind),
            its: true,
            ..*self
        };
        let of = node.of.as_ref().map(|e| inner.check(e)).transpose()?;
        let (field, found) = self.picked(node, kind, of.as_ref().map(|(_, t)| *t))?;
        let cond = node.cond.as_ref().map(|c| inner.condition(c)).transpose()?;
        let by = node
            .by
            .as_ref()
            .map(|(path, span)| self.by(path, span))
            .transpose()?;
        let tie = cond
            .as_ref()
            .filter(|_| by.is_none())
            .and_then(|c| self.tie(kind, c));
        let (from, until) = (self.time(&node.from)?, self.time(&node.until)?);
        let aggregate = Aggregate {
            func: node.func,
            kind: kind.clone(),
            field,
            of: of.map(|(e, _)| e),
            by,
            tie,
            cond,
            from,
            until,
        };
        if aggregate.is_untied() && (aggregate.from.is_none() || aggregate.until.is_none()) {
            return Err(Problem::new(
                node.path_span.clone(),
                format!("this would read every `{kind}` ever accepted"),
            )
            .help("tie it: `by friend`, or `where it.ref == fact.ref` with a key field; or give both `from` and `until`"));
        }
        Ok((aggregate, found))
    }

    /// Calendar days instead of facts.
    fn days(&self, node: &AggregateNode) -> Result<(Aggregate, Type), Problem> {
        let (from, until) = (self.time(&node.from)?, self.time(&node.until)?);
        if node.by.is_some() || from.is_none() || until.is_none() {
            return Err(Problem::new(
                node.path_span.clone(),
                "`days` are nobody's, and need both `from` and `until`",
            ));
        }
        let inner = Scope { day: true, ..*self };
        let of = node.of.as_ref().map(|e| inner.check(e)).transpose()?;
        let (field, found) = self.picked(node, &DAYS.into(), of.as_ref().map(|(_, t)| *t))?;
        let cond = node.cond.as_ref().map(|c| inner.condition(c)).transpose()?;
        let aggregate = Aggregate {
            func: node.func,
            kind: DAYS.into(),
            field,
            of: of.map(|(e, _)| e),
            by: None,
            tie: None,
            cond,
            from,
            until,
        };
        Ok((aggregate, found))
    }

    fn time(&self, bound: &Option<Node>) -> Result<Option<Expr>, Problem> {
        let Some(bound) = bound else { return Ok(None) };
        match self.check(bound)? {
            (expr, t) if is_time(t) => Ok(Some(expr)),
            (_, t) => Err(Problem::new(
                bound.span.clone(),
                format!("a time is expected, not {}", name(t)),
            )),
        }
    }

    /// The field that is summed or picked, and the type of the result.
    fn picked(
        &self,
        node: &AggregateNode,
        kind: &Text,
        of: Option<Type>,
    ) -> Result<(Option<FieldRef>, Type), Problem> {
        let kinds = std::slice::from_ref(kind);
        let picks = !matches!(
            node.func,
            AggregateFunc::Count | AggregateFunc::Any | AggregateFunc::People
        );
        if of.is_some() && (!picks || node.path.len() > 1) {
            return Err(Problem::new(
                node.path_span.clone(),
                "`of` stands in place of a field, where one is summed or picked",
            ));
        }
        let (field, found) = match (node.path.get(1), picks) {
            (Some(_), _) if **kind == *DAYS => {
                return Err(Problem::new(
                    node.path_span.clone(),
                    "a day has no fields: write `days of …`",
                ));
            }
            (None, true) if of.is_some() => (None, of.unwrap_or(Type::Bool)),
            (Some(field), true) => {
                let (field, t) = self.field_of(kinds, field, &node.path_span)?;
                (Some(field), t)
            }
            (None, false) if node.func == AggregateFunc::Any => (None, Type::Bool),
            (None, false) => (None, Type::Num(Unit::Plain)),
            (None, true) => {
                return Err(Problem::new(
                    node.path_span.clone(),
                    format!("say what of it: `{kind}.FIELD`, or `{kind} of …`"),
                ));
            }
            (Some(_), false) => {
                return Err(Problem::new(
                    node.path_span.clone(),
                    format!("facts are counted, not fields: write `{kind}`"),
                ));
            }
        };
        if node.func == AggregateFunc::Sum && !matches!(found, Type::Num(_)) {
            return Err(Problem::new(
                node.path_span.clone(),
                format!("cannot sum {}", name(found)),
            ));
        }
        Ok((field, found))
    }

    fn by(&self, path: &[String], span: &Range<usize>) -> Result<By, Problem> {
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        let (role, hops) = match parts.as_slice() {
            [role] => (role, 0),
            [role, "friends"] => (role, 1),
            [role, "friends2"] => (role, 2),
            [_, other] => {
                let help = nearest(other, ["friends", "friends2"])
                    .map_or("at most two levels may earn".to_owned(), |n| {
                        format!("did you mean `{n}`?")
                    });
                return Err(Problem::new(
                    span.clone(),
                    format!("`{other}` is not a group of members"),
                )
                .help(help));
            }
            _ => {
                return Err(Problem::new(
                    span.clone(),
                    "a person is expected behind `by`",
                ));
            }
        };
        let role = self.role(role).ok_or_else(|| {
            Problem::new(span.clone(), format!("`{role}` is not a person here")).help(
                "known: friend, referrer, level2, who (in payments), its (inside an aggregate)",
            )
        })?;
        Ok(By { role, hops })
    }

    /// The key field that ties the facts of an aggregate to something outside it.
    fn tie(&self, kind: &Text, cond: &Expr) -> Option<(Text, Expr)> {
        match &cond.kind {
            ExprKind::Binary(BinaryOp::And, a, b) => {
                self.tie(kind, a).or_else(|| self.tie(kind, b))
            }
            ExprKind::Binary(BinaryOp::Eq, a, b) => {
                [(a, b), (b, a)].into_iter().find_map(|(field, value)| {
                    let (name, key): (Text, bool) = match &field.kind {
                        ExprKind::Field(Subject::It, FieldRef::Member) => (MEMBER.into(), true),
                        ExprKind::Field(Subject::It, FieldRef::Named(name)) => {
                            let declared = self.plan.types.get(kind)?.fields.get(name)?;
                            (name.clone(), declared.key)
                        }
                        _ => return None,
                    };
                    let mut inside = false;
                    value.walk(&mut |e| inside = inside || is_of_it(e));
                    (key && !inside).then(|| (name, (**value).clone()))
                })
            }
            _ => None,
        }
    }
}

/// Whether an expression speaks of the fact under examination or of its member.
fn is_of_it(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Field(subject, _) => *subject == Subject::It,
        ExprKind::Attr(role, _) => *role == Role::Its,
        ExprKind::Aggregate(a) => a.by.is_some_and(|b| b.role == Role::Its),
        _ => false,
    }
}
