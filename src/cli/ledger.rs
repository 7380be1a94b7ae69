//! `vouchsafe ledger …`

use super::names::{self, member};
use super::table::{Table, count};
use super::{Context, Failure, Verdict};
use serde::Serialize;
use vouchsafe::ledger::verify::verify;

/// Look into the books.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  vouchsafe ledger balance
  vouchsafe ledger balance --member ann
  vouchsafe ledger journals --reward 17
  vouchsafe ledger verify")]
pub(crate) enum Ledger {
    Balance(Balance),
    Journals(Journals),
    Verify(Verify),
}

/// Show the trial balance, or the accounts of a member. Each currency sums to zero.
#[derive(Debug, clap::Args)]
pub(crate) struct Balance {
    /// The company's id of a member.
    #[arg(long, value_name = "ID")]
    member: Option<String>,
}

/// List journals: which account lost what to which, for which reward.
#[derive(Debug, clap::Args)]
pub(crate) struct Journals {
    /// Only those of a reward.
    #[arg(long, value_name = "N")]
    reward: Option<i64>,
    /// Only those after this number.
    #[arg(long, value_name = "N", default_value_t = 0)]
    after: i64,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
}

/// Check every balance against its transfers, every member against his rewards, every budget.
///
/// Exit code 1 when something does not hold.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {}

impl Ledger {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::Balance(command) => command.run(context),
            Self::Journals(command) => command.run(context),
            Self::Verify(command) => command.run(context),
        }
    }
}

#[derive(Serialize)]
struct Line {
    account: String,
    currency: String,
    amount: String,
    #[serde(skip)]
    shown: String,
}

impl Balance {
    fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.reading()?;
        let exponents = book.exponents()?;
        let rows: Vec<(String, String, i64)> = book.engine.store().read(|tx| {
            let Some(id) = &self.member else {
                return Ok::<_, Failure>(tx.trial_balance()?);
            };
            let owner = member(tx, id)?.id;
            Ok(tx
                .accounts_of(owner)?
                .into_iter()
                .map(|a| (a.kind, a.currency, a.balance_minor))
                .collect())
        })?;
        let line = |(account, currency, minor): (String, String, i64)| Line {
            amount: vouchsafe::types::currency::show_minor(minor, exponents.of(&currency)),
            shown: super::table::money(minor, exponents.of(&currency)),
            account,
            currency,
        };
        let lines: Vec<Line> = rows.into_iter().map(line).collect();
        context.out.answer(&lines, |paint| {
            let mut table = Table::new(&["account", ">balance", "currency"]);
            for l in &lines {
                table.row([l.account.clone(), l.shown.clone(), l.currency.clone()]);
            }
            table.show(paint, "Nothing is booked.")
        })?;
        Ok(Verdict::Fine)
    }
}

impl Journals {
    fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.reading()?;
        let exponents = book.exponents()?;
        let journals = book.engine.store().read(|tx| {
            let rows = match self.reward {
                Some(id) => tx
                    .journals_of_reward(id)?
                    .into_iter()
                    .filter(|j| j.id > self.after)
                    .collect(),
                None => tx.journals_after(self.after, self.limit)?,
            };
            names::journals(tx, rows, &exponents)
        })?;
        context.out.answer(&journals, |paint| {
            let mut table = Table::new(&[
                ">journal", ">input", "at", "kind", ">reward", ">amount", "", "from", "to",
            ]);
            for j in &journals {
                for t in &j.transfers {
                    table.row([
                        j.id.to_string(),
                        j.seq.to_string(),
                        j.value_at.clone(),
                        j.kind.clone(),
                        j.reward.to_string(),
                        t.amount.clone(),
                        t.commodity.clone(),
                        t.debit.clone(),
                        t.credit.clone(),
                    ]);
                }
            }
            table.show(paint, "Nothing is booked.")
        })?;
        Ok(Verdict::Fine)
    }
}

impl Verify {
    fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.reading()?;
        let exponents = book.exponents()?;
        let report = book
            .engine
            .store()
            .read(|tx| verify(tx, exponents.booked()))?;
        context.out.answer(&report, |paint| {
            let what = format!(
                "{} journals, {} postings, {} accounts",
                count(report.journals),
                count(report.postings),
                count(report.accounts)
            );
            let holds = if report.balanced {
                "the books balance".to_owned()
            } else {
                format!("{} things are wrong", report.problems)
            };
            let mut text = format!("{}: {what}\n", paint.verdict(report.balanced, &holds));
            for problem in &report.first {
                text.push_str(&format!("  {problem}\n"));
            }
            text
        })?;
        Ok(Verdict::of(report.balanced))
    }
}
