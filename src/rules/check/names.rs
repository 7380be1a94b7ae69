//! What names stand for.

use super::Scope;
use crate::rules::error::{Problem, suggest};
use crate::rules::expr::{AttrRef, ExprKind, FieldRef, Local, Role, Subject, Type, Unit};
use crate::types::Text;
use std::ops::Range;

impl Scope<'_> {
    pub(super) fn path(
        &self,
        path: &[String],
        span: &Range<usize>,
    ) -> Result<(ExprKind, Type), Problem> {
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        let local = |l| Ok((ExprKind::Local(l), Type::Instant));
        match parts.as_slice() {
            ["window", "from"] => local(Local::WindowFrom),
            ["window", "until"] => local(Local::WindowUntil),
            ["granted"] if self.reward => local(Local::Granted),
            ["released"] if self.reward => local(Local::Released),
            ["amount"] if self.reward => {
                Ok((ExprKind::Local(Local::Amount), Type::Num(Unit::Money)))
            }
            ["period", "from"] if self.period => local(Local::PeriodFrom),
            ["period", "until"] if self.period => local(Local::PeriodUntil),
            ["place"] if self.group.is_some() => {
                Ok((ExprKind::Local(Local::Place), Type::Num(Unit::Plain)))
            }
            ["group", "size"] if self.group.is_some() => {
                Ok((ExprKind::Local(Local::GroupSize), Type::Num(Unit::Plain)))
            }
            ["total"] | ["group", "total"] if self.group.is_some() => {
                let local = match parts.len() {
                    1 => Local::Total,
                    _ => Local::GroupTotal,
                };
                let t = self.group.unwrap_or(Type::Num(Unit::Plain));
                Ok((ExprKind::Local(local), t))
            }
            ["day"] if self.day => Ok((ExprKind::Local(Local::Day), Type::Date)),
            ["params", name] => match self.params.get(*name) {
                Some((value, t)) => Ok((ExprKind::Lit(value.clone()), *t)),
                None => Err(
                    Problem::new(span.clone(), format!("there is no parameter `{name}`"))
                        .help(suggest(name, self.params.keys().map(|k| &**k))),
                ),
            },
            ["let", name] => self.named(name, span),
            [subject @ ("fact" | "item" | "it"), field] => self.fact_field(subject, field, span),
            [role, attr] if self.role(role).is_some() => self.person(role, attr, span),
            _ => {
                let text = parts.join(".");
                let known = [
                    "fact", "item", "it", "its", "friend", "member", "referrer", "level2", "who",
                    "window", "period", "place", "total", "group", "params", "let", "granted",
                    "released", "amount",
                ];
                let first = parts.first().copied().unwrap_or_default();
                Err(
                    Problem::new(span.clone(), format!("`{text}` means nothing here"))
                        .help(suggest(first, known)),
                )
            }
        }
    }

    pub(super) fn role(&self, word: &str) -> Option<Role> {
        Some(match word {
            "friend" | "member" => Role::Friend,
            "referrer" => Role::Referrer,
            "level2" => Role::Level2,
            "who" if self.who => Role::Who,
            "its" if self.its => Role::Its,
            _ => return None,
        })
    }

    pub(super) fn fact_field(
        &self,
        subject: &str,
        field: &str,
        span: &Range<usize>,
    ) -> Result<(ExprKind, Type), Problem> {
        let (subject, kinds): (Subject, &[Text]) = match (subject, self.item, self.it) {
            ("fact", ..) => (Subject::Fact, self.on),
            ("item", Some(kind), _) => (Subject::Item, std::slice::from_ref(kind)),
            ("it", _, Some(kind)) => (Subject::It, std::slice::from_ref(kind)),
            ("item", None, _) => {
                return Err(Problem::new(
                    span.clone(),
                    "there is no `item`: the rule has no `each`",
                ));
            }
            _ => {
                return Err(Problem::new(
                    span.clone(),
                    "`it` is only known inside an aggregate",
                ));
            }
        };
        let (field, t) = self.field_of(kinds, field, span)?;
        Ok((ExprKind::Field(subject, field), t))
    }

    pub(super) fn field_of(
        &self,
        kinds: &[Text],
        field: &str,
        span: &Range<usize>,
    ) -> Result<(FieldRef, Type), Problem> {
        match field {
            "at" => return Ok((FieldRef::At, Type::Instant)),
            "member" => return Ok((FieldRef::Member, Type::Text)),
            "currency" => return Ok((FieldRef::Named("currency".into()), Type::Text)),
            _ => {}
        }
        let Some(declared) = self.plan.field(kinds, field) else {
            let known = self
                .plan
                .field_names(kinds)
                .chain(["at", "member", "currency"]);
            let kinds = kinds.join("`, `");
            return Err(Problem::new(
                span.clone(),
                format!("`{kinds}` has no field `{field}` in the tracking plan"),
            )
            .help(suggest(field, known)));
        };
        Ok((FieldRef::Named(field.into()), declared.kind.in_rules()))
    }

    pub(super) fn person(
        &self,
        role: &str,
        attr: &str,
        span: &Range<usize>,
    ) -> Result<(ExprKind, Type), Problem> {
        let role = self.role(role).unwrap_or(Role::Friend);
        let (attr, t) = match attr {
            "registered" => (AttrRef::Registered, Type::Instant),
            "id" => (AttrRef::Id, Type::Text),
            other => match self.plan.attributes.get(other) {
                Some(kind) => (AttrRef::Named(other.into()), kind.in_rules()),
                None => {
                    let known = self
                        .plan
                        .attributes
                        .keys()
                        .map(|k| &**k)
                        .chain(["registered", "id"]);
                    return Err(Problem::new(
                        span.clone(),
                        format!("the tracking plan has no attribute `{other}`"),
                    )
                    .help(suggest(other, known)));
                }
            },
        };
        Ok((ExprKind::Attr(role, attr), t))
    }
}
