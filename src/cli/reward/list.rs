//! `vouchsafe reward list`

use super::super::names::{at, member};
use super::super::table::{Table, money};
use super::super::{Context, Failure, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;
use vouchsafe::types::currency::show_minor;

/// List the rewards and refusals of a member, newest first.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// The company's id of the member.
    #[arg(long, value_name = "ID")]
    member: String,
    /// Only those in this state: pending, available, paid, refused, cancelled, expired, clawed_back.
    #[arg(long, value_name = "STATE", value_parser = ["refused", "pending", "available", "paid", "cancelled", "expired", "clawed_back", "withdrawn"])]
    state: Option<String>,
    /// Only those before this number.
    #[arg(long, value_name = "N", default_value_t = i64::MAX, hide_default_value = true)]
    before: i64,
    /// How many are looked at.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
}

#[derive(Serialize)]
struct Line {
    id: i64,
    state: String,
    kind: String,
    amount: String,
    clawed_back: String,
    currency: String,
    program: String,
    due: Option<String>,
    reason: String,
    #[serde(skip)]
    shown: String,
}

impl List {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.reading()?;
        let exponents = book.exponents()?;
        let (rows, programs) = book.engine.store().read(|tx| {
            let owner = member(tx, &self.member)?.id;
            Ok::<_, Failure>((
                tx.rewards_of_member(owner, self.before, self.limit)?,
                tx.programs()?,
            ))
        })?;
        let programs: BTreeMap<i64, String> = programs
            .into_iter()
            .map(|p| (p.no, format!("{} {}", p.program_id, p.version)))
            .collect();
        let mine = rows
            .into_iter()
            .filter(|r| self.state.as_ref().is_none_or(|s| *s == r.state));
        let lines: Vec<Line> = mine
            .map(|r| {
                let exponent = exponents.of(&r.currency);
                Line {
                    id: r.id,
                    amount: show_minor(r.amount_minor, exponent),
                    clawed_back: show_minor(r.clawed_minor, exponent),
                    shown: money(r.amount_minor - r.clawed_minor, exponent),
                    program: programs.get(&r.program_no).cloned().unwrap_or_default(),
                    due: r.due.map(at),
                    state: r.state,
                    kind: r.kind,
                    currency: r.currency,
                    reason: r.reason,
                }
            })
            .collect();
        context.out.answer(&lines, |paint| {
            let mut table = Table::new(&[
                ">reward", "state", "kind", ">amount", "", "program", "reason",
            ]);
            for l in &lines {
                table.row([
                    l.id.to_string(),
                    l.state.clone(),
                    l.kind.clone(),
                    l.shown.clone(),
                    l.currency.clone(),
                    l.program.clone(),
                    l.reason.clone(),
                ]);
            }
            table.show(paint, "He has no rewards.")
        })?;
        Ok(Verdict::Fine)
    }
}
