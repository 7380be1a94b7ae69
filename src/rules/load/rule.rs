//! Reads the rules of a file.

use super::group::pays_listed;
use super::parts::identifier;
use super::reader::{Fields, Item, choice, content_offset, flag, list, text, texts};
use super::{Place, Reader, is_condition, is_moment};
use crate::rules::check;
use crate::rules::error::{Problem, suggest};
use crate::rules::expr::Aggregate;
use crate::rules::program::{Close, Gather, Per, Period, Rule};
use crate::types::Text;
use std::ops::Range;

impl<'a> Reader<'a> {
    pub(super) fn rules(
        &mut self,
        rule_list: Item<'a>,
        currency: &Text,
    ) -> Result<Vec<Rule>, Problem> {
        let mut rules: Vec<Rule> = Vec::new();
        for item in list(rule_list)? {
            let rule = self.rule(item, currency)?;
            if rules.iter().any(|r| r.id == rule.id) {
                return Err(Problem::new(
                    item.span(),
                    format!("two rules are called `{}`", rule.id),
                ));
            }
            rules.push(rule);
        }
        if rules.is_empty() {
            return Err(Problem::new(
                rule_list.span(),
                "a program needs at least one `[[rule]]`",
            ));
        }
        Ok(rules)
    }

    fn rule(&mut self, item: Item<'a>, currency: &Text) -> Result<Rule, Problem> {
        let mut table = Fields::of("a rule", item)?;
        let id = identifier(table.need("id")?)?;
        let on = self.kinds(table.need("on")?)?;
        let after = table.take("after");
        let gather = Gathered::take(&mut table)?;
        let base = Place {
            on: &on,
            item: None,
            who: false,
            reward: false,
            period: gather.close.is_some(),
            its: false,
            group: None,
        };
        let each = table
            .take("each")
            .map(|i| self.selection(i, base))
            .transpose()?;
        let kind = each.as_ref().map(|e| e.kind.clone());
        let grouped = table
            .take("group")
            .map(|i| self.group(i, base))
            .transpose()?;
        if grouped.is_some() && each.is_some() {
            return Err(Problem::new(
                item.span(),
                "a rule has either `each` or `group`",
            ));
        }
        let place = Place {
            item: kind.as_ref().or(grouped.as_ref().map(|(g, _)| &g.of.kind)),
            group: grouped.as_ref().map(|(_, total)| *total),
            ..base
        };
        let gather = self.gather(gather, after.is_some(), base, item.span())?;
        let after = self.optional(after, base, is_moment, "a time")?;
        let when = self.optional(table.take("when"), place, is_condition, "a condition")?;
        let require = self.requires(table.take("require"), place)?;
        let pay_list = table.need("pay")?;
        let mut pays = Vec::new();
        for pay in list(pay_list)? {
            pays.extend(self.pay(pay, place, currency)?);
        }
        if pays.is_empty() {
            return Err(Problem::new(
                pay_list.span(),
                "a rule needs at least one `[[rule.pay]]`",
            ));
        }
        let group = grouped.map(|(group, _)| group);
        if let Some(group) = &group {
            pays_listed(group, &pays, pay_list.span())?;
        }
        table.finish()?;
        Ok(Rule {
            id,
            on,
            each,
            after,
            gather,
            group,
            when,
            require,
            pays,
        })
    }

    /// The fact types that start a rule.
    fn kinds(&self, item: Item<'_>) -> Result<Vec<Text>, Problem> {
        let mut on: Vec<Text> = Vec::new();
        for (kind, span) in texts(item)? {
            if !self.plan.types.contains_key(kind) {
                let help = suggest(kind, self.plan.types.keys().map(|k| &**k));
                return Err(Problem::new(
                    span,
                    format!("the tracking plan has no fact type `{kind}`"),
                )
                .help(help));
            }
            on.push(kind.into());
        }
        Ok(on)
    }

    /// What gathers facts, checked; `timed` says whether the rule has `after`.
    fn gather(
        &self,
        found: Gathered<'a>,
        timed: bool,
        place: Place<'_>,
        span: Range<usize>,
    ) -> Result<Option<Gather>, Problem> {
        let Gathered { close, by, repeat } = found;
        let wrong = match (close, &by) {
            (Some(Close::Window), _) if !self.ends && !timed => {
                "`close = \"window\"` needs a `window` with an end, or `after`"
            }
            (None, Some(_)) if !timed => "`gather` needs `close`, or `after` for its time",
            _ if repeat && !matches!(close, Some(Close::Period(_))) => {
                "`repeat` needs `close` with a calendar period"
            }
            _ if repeat && timed => "`repeat` looks at the end of each period and takes no `after`",
            _ => "",
        };
        if !wrong.is_empty() {
            return Err(Problem::new(span, wrong));
        }
        let by = match (close, by) {
            (None, None) => return Ok(None),
            (Some(_), None) => vec![Per::Friend],
            (_, Some(item)) => self.per(Some(item), place)?,
        };
        Ok(Some(Gather { close, by, repeat }))
    }

    pub(super) fn selection(&self, item: Item<'a>, place: Place<'_>) -> Result<Aggregate, Problem> {
        check::selection(text(item)?, &self.scope(place))
            .map_err(|p| p.shifted(content_offset(self.source, &item.span())))
    }
}

/// The keys of a rule that gather facts.
struct Gathered<'a> {
    close: Option<Close>,
    by: Option<Item<'a>>,
    repeat: bool,
}

impl<'a> Gathered<'a> {
    fn take(table: &mut Fields<'a>) -> Result<Self, Problem> {
        let closes = [
            ("day", Close::Period(Period::Day)),
            ("week", Close::Period(Period::Week)),
            ("month", Close::Period(Period::Month)),
            ("year", Close::Period(Period::Year)),
            ("window", Close::Window),
        ];
        Ok(Self {
            close: table
                .take("close")
                .map(|i| choice(i, &closes))
                .transpose()?,
            by: table.take("gather"),
            repeat: table.take("repeat").map_or(Ok(false), flag)?,
        })
    }
}
