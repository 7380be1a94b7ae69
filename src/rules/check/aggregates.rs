//! Aggregates: which facts they read, and what ties those facts.

use super::Scope;
use super::units::{is_time, name};
use crate::rules::error::{Problem, nearest, suggest};
use crate::rules::expr::{
    Aggregate, AggregateFunc, BinaryOp, By, Expr, ExprKind, FieldRef, Subject, Type, Unit,
};
use crate::rules::syntax::{AggregateNode, Node};
use crate::types::Text;
use std::ops::Range;

impl Scope<'_> {
    pub(super) fn aggregate(&self, node: &AggregateNode) -> Result<(Aggregate, Type), Problem> {
        let kind = node.path.first().map_or("", String::as_str);
        let Some((kind, _)) = self.plan.types.get_key_value(kind) else {
            let help = suggest(kind, self.plan.types.keys().map(|k| &**k));
            return Err(Problem::new(
                node.path_span.clone(),
                format!("the tracking plan has no fact type `{kind}`"),
            )
            .help(help));
        };
        let (field, found) = self.picked(node, kind)?;
        let inner = Scope {
            it: Some(kind),
            ..*self
        };
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
        if by.is_none() && tie.is_none() {
            return Err(Problem::new(
                node.path_span.clone(),
                format!("this would read every `{kind}` ever accepted"),
            )
            .help("tie it: `by friend`, or `where it.ref == fact.ref` with a key field"));
        }
        let time = |bound: &Option<Node>| -> Result<Option<Expr>, Problem> {
            let Some(bound) = bound else { return Ok(None) };
            match self.check(bound)? {
                (expr, t) if is_time(t) => Ok(Some(expr)),
                (_, t) => Err(Problem::new(
                    bound.span.clone(),
                    format!("a time is expected, not {}", name(t)),
                )),
            }
        };
        let (from, until) = (time(&node.from)?, time(&node.until)?);
        Ok((
            Aggregate {
                func: node.func,
                kind: kind.clone(),
                field,
                by,
                tie,
                cond,
                from,
                until,
            },
            found,
        ))
    }

    /// The field that is summed or picked, and the type of the result.
    fn picked(
        &self,
        node: &AggregateNode,
        kind: &Text,
    ) -> Result<(Option<FieldRef>, Type), Problem> {
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
                return Err(Problem::new(
                    node.path_span.clone(),
                    format!("name the field: `{kind}.FIELD`"),
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
            Problem::new(span.clone(), format!("`{role}` is not a person here"))
                .help("known: friend, referrer, level2, who (in payments)")
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
                    let ExprKind::Field(Subject::It, FieldRef::Named(name)) = &field.kind else {
                        return None;
                    };
                    let key = self.plan.types.get(kind)?.fields.get(name)?.key;
                    let mut inside = false;
                    value.walk(&mut |e| {
                        inside = inside || matches!(e.kind, ExprKind::Field(Subject::It, _))
                    });
                    (key && !inside).then(|| (name.clone(), (**value).clone()))
                })
            }
            _ => None,
        }
    }
}
