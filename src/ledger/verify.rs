//! Checks the books against themselves: what a database cannot hold by a constraint alone.

use super::chart::{Account, AccountKind, Owner};
use crate::engine::{CurrencyNumbers, EngineError, convert};
use crate::rewards::RewardState;
use crate::storage::Tx;
use serde::Serialize;
use std::collections::BTreeMap;

const PAGE: i64 = 5_000;
const NAMED_MAX: usize = 20;

/// What a verification found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Whether every check holds.
    pub balanced: bool,
    /// Journals in the book.
    pub journals: i64,
    /// Postings: two for each transfer.
    pub postings: i64,
    /// Accounts checked.
    pub accounts: i64,
    /// How many things are wrong.
    pub problems: i64,
    /// The first of them.
    pub first: Vec<String>,
}

impl Report {
    fn wrong(&mut self, what: String) {
        self.problems += 1;
        if self.first.len() < NAMED_MAX {
            self.first.push(what);
        }
    }
}

/// Checks every balance against the transfers, every member's balances against his rewards, and
/// every budget against what its program granted.
///
/// # Errors
/// [`EngineError`] when the database fails; what is wrong is in the report.
pub fn verify(tx: &mut Tx<'_>, currencies: &CurrencyNumbers) -> Result<Report, EngineError> {
    let mut report = Report::default();
    let (journals, transfers) = tx.count_journals()?;
    (report.journals, report.postings) = (journals, transfers * 2);
    let turnover: BTreeMap<i64, i64> = tx
        .turnover()?
        .into_iter()
        .map(|(id, debit, credit)| (id, credit - debit))
        .collect();
    let expected = from_rewards(tx, currencies, &mut report)?;
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    let mut balances: BTreeMap<i64, i64> = BTreeMap::new();
    let mut last = i64::MIN;
    loop {
        let page = tx.accounts_after(last, PAGE)?;
        let Some(end) = page.last() else { break };
        last = end.id;
        for row in &page {
            report.accounts += 1;
            *sums.entry(row.currency.clone()).or_default() += row.balance_minor;
            balances.insert(row.id, row.balance_minor);
            let moved = turnover.get(&row.id).copied().unwrap_or(0);
            if moved != row.balance_minor {
                let (id, kind, owner, balance) = (row.id, &row.kind, row.owner, row.balance_minor);
                report.wrong(format!("account {id} ({kind} of {owner}) has a balance of {balance}, but its transfers make {moved}"));
            }
        }
    }
    for (currency, sum) in sums.into_iter().filter(|(_, sum)| *sum != 0) {
        report.wrong(format!("all balances in {currency} make {sum}, not 0"));
    }
    for (account, want) in expected {
        let have = balances.get(&account.number()).copied().unwrap_or(0);
        if have != want {
            let (word, owner) = (account.kind.word(), account.owner.number());
            report.wrong(format!(
                "the {word} balance of owner {owner} is {have}, but his rewards make {want}"
            ));
        }
    }
    report.balanced = report.problems == 0;
    Ok(report)
}

/// What the rewards say that members' accounts hold; checks budgets on the way.
fn from_rewards(
    tx: &mut Tx<'_>,
    currencies: &CurrencyNumbers,
    report: &mut Report,
) -> Result<BTreeMap<Account, i64>, EngineError> {
    let mut expected: BTreeMap<Account, i64> = BTreeMap::new();
    let mut budgets: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    let mut last = 0;
    loop {
        let page = tx.rewards_after(last, PAGE)?;
        let Some(end) = page.last() else { break };
        last = end.id;
        for row in &page {
            let reward = convert::reward(row)?;
            if reward.distance > 2 {
                report.wrong(format!(
                    "reward {} is paid at distance {}",
                    reward.id, reward.distance
                ));
            }
            let Some((currency, _)) = currencies.get(&reward.currency) else {
                report.wrong(format!(
                    "reward {} is in `{}`, which is not registered",
                    reward.id, reward.currency
                ));
                continue;
            };
            let open = reward.amount_minor - reward.clawed_minor;
            let (kind, reserved, spent) = match reward.state {
                RewardState::Pending => (AccountKind::Pending, reward.budget_minor, 0),
                RewardState::Available => (AccountKind::Available, 0, reward.budget_minor),
                RewardState::Paid => (AccountKind::Paid, 0, reward.budget_minor),
                RewardState::Refused
                | RewardState::Cancelled
                | RewardState::Expired
                | RewardState::ClawedBack
                | RewardState::Withdrawn => continue,
            };
            let held = if reward.state == RewardState::Paid {
                reward.amount_minor
            } else {
                open
            };
            *expected
                .entry(Account {
                    owner: Owner::Member(reward.who),
                    kind,
                    currency: *currency,
                })
                .or_default() += held;
            let budget = budgets.entry(reward.program_no).or_default();
            *budget = (budget.0 + reserved, budget.1 + spent);
        }
    }
    for row in tx.budgets()? {
        let (reserved, spent) = budgets.get(&row.program_no).copied().unwrap_or_default();
        if (row.reserved_minor, row.spent_minor) != (reserved, spent) {
            report.wrong(format!(
                "the budget of program {} says {} reserved and {} spent, but its rewards make {reserved} and {spent}",
                row.program_no, row.reserved_minor, row.spent_minor
            ));
        }
    }
    Ok(expected)
}
