//! Reads the rules of a file.

use super::parts::identifier;
use super::reader::{Fields, Item, content_offset, list, text, texts};
use super::{Place, Reader, is_condition, is_moment};
use crate::rules::check;
use crate::rules::error::{Problem, suggest};
use crate::rules::expr::Aggregate;
use crate::rules::program::Rule;
use crate::types::Text;

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
        let mut on: Vec<Text> = Vec::new();
        for (kind, span) in texts(table.need("on")?)? {
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
        let each = match table.take("each") {
            Some(item) => Some(self.selection(item, &on)?),
            None => None,
        };
        let kind = each.as_ref().map(|e| e.kind.clone());
        let place = Place {
            on: &on,
            item: kind.as_ref(),
            who: false,
            reward: false,
        };
        let after = self.optional(table.take("after"), place, is_moment, "a time")?;
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
        table.finish()?;
        Ok(Rule {
            id,
            on,
            each,
            after,
            when,
            require,
            pays,
        })
    }

    fn selection(&self, item: Item<'a>, on: &[Text]) -> Result<Aggregate, Problem> {
        let place = Place {
            on,
            item: None,
            who: false,
            reward: false,
        };
        check::selection(text(item)?, &self.scope(place))
            .map_err(|p| p.shifted(content_offset(self.source, &item.span())))
    }
}
