//! What a deciding transaction writes, gathered until its end.

use super::convert;
use super::{CurrencyNumbers, EngineError};
use crate::ledger::arithmetic::book;
use crate::ledger::chart::Account;
use crate::rewards::{Changes, Reward};
use crate::storage::Tx;
use crate::storage::rows::{
    AccountRow, CommandRow, CounterRow, FactKeyRow, FactRow, JournalRow, RewardEventRow, TimerRow,
    TransferRow, WatchRow,
};
use crate::types::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// Rows to be written, each table once.
#[derive(Default)]
pub(super) struct Out {
    pub(super) facts: Vec<FactRow>,
    pub(super) fact_keys: Vec<FactKeyRow>,
    pub(super) commands: Vec<CommandRow>,
    rewards: BTreeMap<i64, Reward>,
    events: Vec<RewardEventRow>,
    journals: Vec<JournalRow>,
    transfers: Vec<TransferRow>,
    balances: BTreeMap<i64, AccountRow>,
    counters: BTreeMap<String, (i64, i64)>,
    budgets: BTreeMap<i64, (i64, i64)>,
    timers: Vec<TimerRow>,
    fired: Vec<TimerRow>,
    watches: Vec<WatchRow>,
    unwatched: BTreeSet<i64>,
}

/// Where a decision stands in the book.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) seq: i64,
    pub(super) recorded_at: Instant,
    pub(super) value_at: Instant,
}

impl Out {
    /// Takes over a decision: rewards, events, and the journals they make.
    pub(super) fn take(
        &mut self,
        place: Place,
        changes: &Changes,
        currencies: &CurrencyNumbers,
        next_journal: &mut i64,
    ) -> Result<(), EngineError> {
        // An event is booked with the reward as it stood at that event.
        for (line, entry) in (1..).zip(&changes.entries) {
            let Some(reward) = changes.rewards.get(&entry.reward) else {
                return Err(EngineError::Conflict(format!(
                    "reward {} has an event but no state",
                    entry.reward
                )));
            };
            self.events.push(RewardEventRow {
                seq: place.seq,
                line,
                reward_id: entry.reward,
                action: entry.action.word().to_owned(),
                minor: entry.minor,
                reason: entry.reason.to_string(),
                explanation: entry.explanation.clone(),
            });
            let Some(transfer) = book(reward, entry.action, entry.minor) else {
                continue;
            };
            let Some((currency, _)) = currencies.get(&reward.currency) else {
                return Err(EngineError::Conflict(format!(
                    "the currency `{}` is not registered in the book",
                    reward.currency
                )));
            };
            let id = *next_journal;
            *next_journal += 1;
            self.journals.push(JournalRow {
                id,
                seq: place.seq,
                line,
                kind: entry.action.word().to_owned(),
                reward_id: entry.reward,
                value_at: place.value_at.micros(),
                recorded_at: place.recorded_at.micros(),
            });
            let debit =
                self.move_balance(transfer.debit, *currency, &reward.currency, -transfer.minor);
            let credit =
                self.move_balance(transfer.credit, *currency, &reward.currency, transfer.minor);
            self.transfers.push(TransferRow {
                journal_id: id,
                line: 1,
                debit_account: debit,
                credit_account: credit,
                commodity: reward.currency.to_string(),
                amount_minor: transfer.minor,
            });
        }
        self.rewards
            .extend(changes.rewards.iter().map(|(id, r)| (*id, r.clone())));
        self.counters
            .extend(changes.counters.iter().map(|(k, v)| (k.to_string(), *v)));
        self.budgets
            .extend(changes.budgets.iter().map(|(k, v)| (*k, *v)));
        self.timers
            .extend(changes.timers.iter().map(convert::timer_row));
        self.watches
            .extend(changes.watches.iter().map(|(kind, tie, id)| WatchRow {
                kind: kind.to_string(),
                tie: convert::tie_text(tie),
                reward_id: *id,
            }));
        self.unwatched.extend(&changes.unwatched);
        Ok(())
    }

    fn move_balance(
        &mut self,
        (owner, kind): (
            crate::ledger::chart::Owner,
            crate::ledger::chart::AccountKind,
        ),
        no: i64,
        code: &str,
        minor: i64,
    ) -> i64 {
        let id = Account {
            owner,
            kind,
            currency: no,
        }
        .number();
        let row = self.balances.entry(id).or_insert_with(|| AccountRow {
            id,
            owner: owner.number(),
            kind: kind.word().to_owned(),
            currency: code.to_owned(),
            balance_minor: 0,
        });
        row.balance_minor += minor;
        id
    }

    /// Takes a timer out that was decided about.
    pub(super) fn fired(&mut self, row: TimerRow) {
        self.fired.push(row);
    }

    /// Writes everything, parents before children.
    pub(super) fn write(self, tx: &mut Tx<'_>) -> Result<(), EngineError> {
        tx.insert_facts(&self.facts)?;
        tx.insert_fact_keys(&self.fact_keys)?;
        tx.insert_commands(&self.commands)?;
        let rewards: Vec<_> = self.rewards.values().map(convert::reward_row).collect();
        tx.upsert_rewards(&rewards)?;
        tx.insert_reward_events(&self.events)?;
        let balances: Vec<_> = self.balances.into_values().collect();
        tx.add_to_accounts(&balances)?;
        tx.insert_journals(&self.journals)?;
        tx.insert_transfers(&self.transfers)?;
        let counters = self.counters.into_iter();
        let counters: Vec<_> = counters
            .map(|(name, (n, m))| CounterRow {
                name,
                used_count: n,
                used_minor: m,
            })
            .collect();
        tx.upsert_counters(&counters)?;
        for (program, (reserved, spent)) in self.budgets {
            tx.put_budget(program, reserved, spent)?;
        }
        for row in &self.fired {
            tx.delete_timer(row)?;
        }
        tx.insert_timers(&self.timers)?;
        let watches: Vec<_> = self
            .watches
            .into_iter()
            .filter(|w| !self.unwatched.contains(&w.reward_id))
            .collect();
        tx.insert_watches(&watches)?;
        if !self.unwatched.is_empty() {
            let ids: Vec<i64> = self.unwatched.into_iter().collect();
            tx.delete_watches(&ids)?;
        }
        Ok(())
    }
}
