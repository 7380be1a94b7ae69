//! `vouchsafe program list` and `vouchsafe program show`

use super::super::table::Table;
use super::super::{Context, Failure, Verdict};
use serde::Serialize;
use vouchsafe::storage::StorageError;
use vouchsafe::storage::rows::{BudgetRow, ProgramRow};

/// List every version that was ever in force, with what it cost.
#[derive(Debug, clap::Args)]
pub(crate) struct List {}

/// Show the versions of a program, and the text of one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vouchsafe program show everyday-commission
  vouchsafe program show everyday-commission --version 1")]
pub(crate) struct Show {
    /// The program's id.
    id: String,
    /// A version; without it the newest.
    #[arg(long, value_name = "N")]
    version: Option<i64>,
}

#[derive(Serialize)]
struct Version {
    no: i64,
    program: String,
    version: i64,
    title: String,
    state: String,
    campaign: Option<i64>,
    author: String,
    budget: Option<String>,
    reserved: String,
    spent: String,
    rewards: i64,
    refusals: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
}

/// Every version in order of activation.
fn versions(context: &Context) -> Result<Vec<(Version, ProgramRow)>, Failure> {
    let book = context.reading()?;
    let (rows, budgets, sums) = book
        .engine
        .store()
        .read(|tx| Ok::<_, StorageError>((tx.programs()?, tx.budgets()?, tx.reward_sums()?)))?;
    let exponents = book.exponents()?;
    let mut list = Vec::with_capacity(rows.len());
    for row in rows {
        let currency = vouchsafe::engine::active(&row)?.program.currency.clone();
        let budget = budgets.iter().find(|b| b.program_no == row.no);
        let show =
            |minor: fn(&BudgetRow) -> i64| exponents.show(budget.map_or(0, minor), &currency);
        let counted = |refused: bool| {
            let mine = sums.iter().filter(|(no, state, ..)| {
                *no == row.no && (state == "refused") == refused && state != "withdrawn"
            });
            mine.map(|(_, _, count, _)| count).sum()
        };
        let version = Version {
            no: row.no,
            program: row.program_id.clone(),
            version: row.version,
            title: row.title.clone(),
            state: row.state.clone(),
            campaign: row.campaign_id,
            author: row.author.clone(),
            budget: budget
                .and_then(|b| b.cap_minor)
                .map(|minor| exponents.show(minor, &currency)),
            reserved: show(|b| b.reserved_minor),
            spent: show(|b| b.spent_minor),
            rewards: counted(false),
            refusals: counted(true),
            source: None,
        };
        list.push((version, row));
    }
    Ok(list)
}

impl List {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let list: Vec<Version> = versions(context)?
            .into_iter()
            .map(|(version, _)| version)
            .collect();
        context.out.answer(&list, |paint| {
            let mut table = Table::new(&[
                ">no",
                "program",
                ">version",
                "state",
                "for",
                ">rewards",
                ">refusals",
                ">spent",
                ">reserved",
                "title",
            ]);
            for v in &list {
                let audience = v
                    .campaign
                    .map_or_else(|| "everybody".to_owned(), |id| format!("campaign {id}"));
                table.row([
                    v.no.to_string(),
                    v.program.clone(),
                    v.version.to_string(),
                    v.state.clone(),
                    audience,
                    v.rewards.to_string(),
                    v.refusals.to_string(),
                    v.spent.clone(),
                    v.reserved.clone(),
                    v.title.clone(),
                ]);
            }
            table.show(
                paint,
                "No program is in force: `vouchsafe program activate FILE`.",
            )
        })?;
        Ok(Verdict::Fine)
    }
}

impl Show {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let mut mine: Vec<_> = versions(context)?
            .into_iter()
            .filter(|(v, _)| v.program == self.id)
            .collect();
        mine.retain(|(v, _)| self.version.is_none_or(|n| n == v.version));
        let Some((mut v, row)) = mine.pop() else {
            let which = self
                .version
                .map_or_else(String::new, |n| format!(" version {n}"));
            return Err(
                Failure::input(format!("there is no program `{}`{which}", self.id))
                    .help("`vouchsafe program list` shows them all"),
            );
        };
        v.source = Some(row.source);
        context.out.answer(&v, |paint| {
            let budget = v.budget.as_deref().unwrap_or("none");
            format!(
                "{} version {} is {}\n{}\nactivated by {} as number {}\nbudget {budget}, reserved {}, spent {}\n{} rewards, {} refusals\n\n{}",
                paint.bold(&v.program),
                v.version,
                v.state,
                v.title,
                v.author,
                v.no,
                v.reserved,
                v.spent,
                v.rewards,
                v.refusals,
                v.source.as_deref().unwrap_or_default(),
            )
        })?;
        Ok(Verdict::Fine)
    }
}
