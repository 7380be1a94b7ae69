//! Reads the group that a rule runs for.

use super::reader::{Fields, Item, choice, content_offset, text};
use super::{Place, Reader, is_condition};
use crate::rules::check::{self, Scope, name};
use crate::rules::error::Problem;
use crate::rules::expr::{DAYS, Type, Unit};
use crate::rules::program::{Beneficiary, Group, Pay};
use std::ops::Range;

impl<'a> Reader<'a> {
    /// A group and the type of its totals.
    pub(super) fn group(&self, item: Item<'a>, place: Place<'_>) -> Result<(Group, Type), Problem> {
        let mut table = Fields::of("`group`", item)?;
        let of_item = table.need("of")?;
        let of = self.selection(of_item, place)?;
        if *of.kind == *DAYS {
            return Err(Problem::new(
                of_item.span(),
                "a group is of facts, not of days",
            ));
        }
        let lists = [("member", 0), ("referrer", 1), ("level2", 2)];
        let steps = table.take("list").map_or(Ok(0), |i| choice(i, &lists))?;
        let mut found = Type::Num(Unit::Plain);
        let mut total = None;
        if let Some(item) = table.take("total") {
            let scope = Scope {
                it: Some(&of.kind),
                its: true,
                who: true,
                ..self.scope(place)
            };
            let shift = |p: Problem| p.shifted(content_offset(self.source, &item.span()));
            let (formula, t) = check::typed(text(item)?, &scope).map_err(shift)?;
            if !matches!(t, Type::Num(_)) {
                let message = format!("a total is a number, not {}", name(t));
                return Err(Problem::new(item.span(), message));
            }
            (total, found) = (Some(formula), t);
        }
        let who = Place { who: true, ..place };
        let only = self.optional(table.take("only"), who, is_condition, "a condition")?;
        let then = self.optional(table.take("then"), who, |_| true, "a value")?;
        let ties = [("joint", false), ("earlier", true)];
        let earlier = table.take("ties").map_or(Ok(false), |i| choice(i, &ties))?;
        table.finish()?;
        let group = Group {
            of,
            steps,
            total,
            only,
            then,
            earlier,
        };
        Ok((group, found))
    }
}

/// Refuses a payment to somebody else than the one who is listed.
pub(super) fn pays_listed(group: &Group, pays: &[Pay], span: Range<usize>) -> Result<(), Problem> {
    let listed = |to: &Beneficiary| to.distance() == group.steps;
    if pays.iter().all(|pay| pay.to.iter().all(listed)) {
        return Ok(());
    }
    Err(Problem::new(
        span,
        "a rule with a group pays the one whom `list` names, and nobody else",
    ))
}
