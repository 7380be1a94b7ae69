//! `vouchsafe campaign list`, `show` and `unknown`

use super::super::book::Exponents;
use super::super::names::{at, external};
use super::super::table::Table;
use super::super::{Context, Failure, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;
use vouchsafe::campaigns::service;
use vouchsafe::storage::StorageError;
use vouchsafe::storage::rows::CampaignRow;
use vouchsafe::types::currency::show_minor;

/// List campaigns.
#[derive(Debug, clap::Args)]
pub(crate) struct List {}

/// Show a campaign and where its messages stand.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The campaign's number.
    id: i64,
}

/// List messages that may or may not have gone out.
///
/// They are never sent again by themselves: a delivery report or a person settles them.
#[derive(Debug, clap::Args)]
pub(crate) struct Unknown {
    /// The campaign's number.
    id: i64,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
}

#[derive(Serialize)]
struct Line {
    id: i64,
    name: String,
    state: String,
    cohort: i64,
    channel: String,
    goal_metric: String,
    goal: String,
    currency: String,
    holdout_percent: String,
    starts_at: String,
    ends_at: String,
    author: String,
    approver: Option<String>,
}

impl Line {
    fn of(row: &CampaignRow, exponents: &Exponents) -> Self {
        Self {
            id: row.id,
            name: row.name.clone(),
            state: row.state.clone(),
            cohort: row.cohort_id,
            channel: row.channel.clone(),
            goal_metric: row.goal_metric.clone(),
            goal: show_minor(row.goal_minor, exponents.of(&row.currency)),
            currency: row.currency.clone(),
            holdout_percent: show_minor(row.holdout_bp, 2),
            starts_at: at(row.starts_at),
            ends_at: at(row.ends_at),
            author: row.author.clone(),
            approver: row.approver.clone(),
        }
    }
}

impl List {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.reading()?;
        let exponents = book.exponents()?;
        let lines: Vec<Line> = service::list(&book.engine)?
            .iter()
            .map(|row| Line::of(row, &exponents))
            .collect();
        context.out.answer(&lines, |paint| {
            let mut table = Table::new(&[
                ">campaign",
                "name",
                "state",
                "starts",
                "ends",
                ">goal",
                "",
                "author",
                "approver",
            ]);
            for l in &lines {
                table.row([
                    l.id.to_string(),
                    l.name.clone(),
                    l.state.clone(),
                    l.starts_at.clone(),
                    l.ends_at.clone(),
                    l.goal.clone(),
                    l.currency.clone(),
                    l.author.clone(),
                    l.approver.clone().unwrap_or_default(),
                ]);
            }
            table.show(
                paint,
                "There is no campaign: `vouchsafe campaign create FILE`.",
            )
        })?;
        Ok(Verdict::Fine)
    }
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    campaign: Line,
    offer: bool,
    treated: usize,
    control: usize,
    /// Messages by state, then by delivery.
    messages: BTreeMap<String, BTreeMap<String, i64>>,
}

impl Show {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.reading()?;
        let row = service::get(&book.engine, self.id)?;
        let (assignments, counts) = book.engine.store().read(|tx| {
            Ok::<_, StorageError>((tx.assignments(row.id)?, tx.message_counts(row.id)?))
        })?;
        let treated = assignments.iter().filter(|a| a.treated).count();
        let mut messages: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
        for (state, delivery, count) in counts {
            messages.entry(state).or_default().insert(delivery, count);
        }
        let campaign = Line::of(&row, &book.exponents()?);
        let shown = Shown {
            campaign,
            offer: !row.offer.is_empty(),
            treated,
            control: assignments.len() - treated,
            messages,
        };
        context.out.answer(&shown, |paint| {
            let c = &shown.campaign;
            let mut text = format!(
                "{} is {}\n",
                paint.bold(&format!("Campaign {}, `{}`,", c.id, c.name)),
                c.state
            );
            text.push_str(&format!(
                "  from {} to {}, by {}\n",
                c.starts_at, c.ends_at, c.channel
            ));
            text.push_str(&format!(
                "  goal: {} {} `{}` by the friends of the treated\n",
                c.goal, c.currency, c.goal_metric
            ));
            let approver = c.approver.as_deref().map_or_else(
                || "not approved yet".to_owned(),
                |a| format!("approved by {a}"),
            );
            text.push_str(&format!(
                "  written by {}, {approver}; cohort {}, {}% held out\n",
                c.author, c.cohort, c.holdout_percent
            ));
            text.push_str(&format!(
                "  {} treated, {} held out\n",
                shown.treated, shown.control
            ));
            for (state, deliveries) in &shown.messages {
                for (delivery, count) in deliveries {
                    text.push_str(&format!(
                        "  messages {state} (delivery: {delivery}): {count}\n"
                    ));
                }
            }
            text
        })?;
        Ok(Verdict::Fine)
    }
}

#[derive(Serialize)]
struct Lost {
    member: String,
    attempt: Option<String>,
    reason: String,
    changed_at: String,
}

impl Unknown {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.reading()?;
        service::get(&book.engine, self.id)?;
        let lost = book.engine.store().read(|tx| {
            let mut lost = Vec::new();
            for row in tx.messages_in(self.id, "unknown", self.limit)? {
                let member = external(tx, row.member_id)?;
                lost.push(Lost {
                    member,
                    attempt: row.attempt,
                    reason: row.reason,
                    changed_at: at(row.changed_at),
                });
            }
            Ok::<_, StorageError>(lost)
        })?;
        context.out.answer(&lost, |paint| {
            let mut table = Table::new(&["member", "attempt", "since", "what is known"]);
            for l in &lost {
                table.row([
                    l.member.clone(),
                    l.attempt.clone().unwrap_or_default(),
                    l.changed_at.clone(),
                    l.reason.clone(),
                ]);
            }
            table.show(paint, "Every attempt has a known outcome.")
        })?;
        Ok(Verdict::Fine)
    }
}
