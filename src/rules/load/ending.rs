//! Reads when a payment is released and what ends it.

use super::parts::round;
use super::reader::{Fields, Item};
use super::{Place, Reader, is_amount, is_condition, is_moment};
use crate::rules::error::Problem;
use crate::rules::expr::Formula;
use crate::rules::program::{Ending, Fund, Release};
use crate::types::Text;

impl<'a> Reader<'a> {
    pub(super) fn release(
        &self,
        item: Option<Item<'a>>,
        place: Place<'_>,
    ) -> Result<Release, Problem> {
        let Some(item) = item else {
            return Ok(Release::default());
        };
        let mut table = Fields::of("`release`", item)?;
        let release = Release {
            until: table
                .take("until")
                .map(|i| self.watched(i, place))
                .transpose()?,
            waiting: table.text("waiting")?.map(Into::into),
            at: self.optional(table.take("at"), place, is_moment, "a time")?,
            hold: self.optional(table.take("hold"), place, is_condition, "a condition")?,
            hold_reason: table.text("reason")?.map(Into::into),
        };
        table.finish()?;
        Ok(release)
    }

    pub(super) fn ending(
        &self,
        what: &str,
        item: Option<Item<'a>>,
        place: Place<'_>,
    ) -> Result<Option<Ending>, Problem> {
        let Some(item) = item else { return Ok(None) };
        let mut table = Fields::of(what, item)?;
        let when = self.watched(table.need("when")?, place)?;
        let reason = table.need_text("reason")?.into();
        let amount = self.optional(table.take("amount"), place, is_amount, "an amount")?;
        table.finish()?;
        Ok(Some(Ending {
            when,
            reason,
            amount,
        }))
    }

    pub(super) fn expire(
        &self,
        item: Option<Item<'a>>,
        place: Place<'_>,
    ) -> Result<Option<(Formula, Text)>, Problem> {
        let Some(item) = item else { return Ok(None) };
        let mut table = Fields::of("`expire`", item)?;
        let at = self.formula(table.need("at")?, place, is_moment, "a time")?;
        let reason = table.need_text("reason")?.into();
        table.finish()?;
        Ok(Some((at, reason)))
    }

    pub(super) fn fund(&self, item: Item<'a>, place: Place<'_>) -> Result<Fund, Problem> {
        let mut table = Fields::of("`fund`", item)?;
        let fund = Fund {
            matures: self.formula(table.need("matures")?, place, is_moment, "a time")?,
            yields: self.formula(table.need("yield")?, place, is_amount, "an amount")?,
            kind: table.need_text("kind")?.into(),
            currency: self.currency(table.need("currency")?)?,
            round: match (table.take("round").map(round).transpose()?, self.round) {
                (Some(round), _) | (None, Some(round)) => round,
                (None, None) => return Err(Problem::new(item.span(), "how is the yield rounded?")),
            },
        };
        table.finish()?;
        Ok(fund)
    }
}
