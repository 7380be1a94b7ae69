//! The live transaction that services work in.

use super::error::StorageError;
use super::rows::*;
use std::collections::BTreeMap;

/// A transaction on either backend.
pub enum Tx<'a> {
    /// On SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(&'a mut super::sqlite::Conn),
    /// On PostgreSQL.
    #[cfg(feature = "postgres")]
    Pg(&'a mut super::pg::Conn),
}

/// Keeps the work's own answer and tells diesel whether to commit.
pub(super) fn attempt<T, E>(
    answer: Result<T, E>,
    outcome: &mut Option<Result<T, E>>,
) -> Result<(), diesel::result::Error> {
    let committed = match &answer {
        Ok(_) => Ok(()),
        Err(_) => Err(diesel::result::Error::RollbackTransaction),
    };
    *outcome = Some(answer);
    committed
}

/// What a transaction came to: the work's own answer, or the failure to commit it.
pub(super) fn settle<T, E: From<StorageError>>(
    outcome: Option<Result<T, E>>,
    committed: Result<(), diesel::result::Error>,
) -> Result<T, E> {
    match (outcome, committed) {
        (Some(Err(e)), _) => Err(e),
        (Some(Ok(value)), Ok(())) => Ok(value),
        (_, Err(e)) => Err(StorageError::from(e).into()),
        (None, Ok(())) => {
            Err(StorageError::Corrupt("a transaction without an outcome".to_owned()).into())
        }
    }
}

/// Gives [`Tx`] one method for each query, sent to the backend that is open.
macro_rules! queries {
    ($($module:ident { $($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty;)+ })+) => {
        impl Tx<'_> {$($(
            $(#[$doc])*
            ///
            /// # Errors
            /// [`StorageError`] when the database fails.
            pub fn $name(&mut self $(, $arg: $ty)*) -> Result<$ret, StorageError> {
                match self {
                    #[cfg(feature = "sqlite")]
                    Self::Sqlite(c) => Ok(super::sqlite::queries::$module::$name(c $(, $arg)*)?),
                    #[cfg(feature = "postgres")]
                    Self::Pg(c) => Ok(super::pg::queries::$module::$name(c $(, $arg)*)?),
                }
            }
        )+)+}
    };
}

queries! {
    order {
        /// Takes the sequencer's row and holds it to the commit.
        fn take_sequencer() -> SequencerRow;
        /// Writes the sequencer's row back.
        fn put_sequencer(row: &SequencerRow) -> ();
        /// The sequencer's row, without holding it.
        fn see_sequencer() -> SequencerRow;
        /// Other inputs.
        fn insert_commands(rows: &[CommandRow]) -> ();
        /// Other inputs after a number, in order.
        fn commands_after(seq: i64, most: i64) -> Vec<CommandRow>;
        /// Every currency.
        fn currencies() -> Vec<CurrencyRow>;
        /// Registers currencies that are not there.
        fn insert_currencies(rows: &[CurrencyRow]) -> ();
        /// A setting.
        fn setting(name: &str) -> Option<String>;
        /// Writes a setting.
        fn put_setting(name: &str, value: &str) -> ();
        /// A kept answer.
        fn kept_answer(key_id: i64, key: &str) -> Option<IdempotencyRow>;
        /// Keeps an answer.
        fn keep_answer(row: &IdempotencyRow) -> ();
        /// An API key by the hash of its secret.
        fn api_key(hash: &str) -> Option<ApiKeyRow>;
        /// Every API key.
        fn api_keys() -> Vec<ApiKeyRow>;
        /// Adds an API key.
        fn insert_api_key(row: &ApiKeyRow) -> ();
        /// Revokes an API key by its name; how many there were.
        fn revoke_api_key(name: &str, at: i64) -> usize;
    }
    members {
        /// Members by external ids.
        fn members_by_external(ids: &[&str]) -> Vec<MemberRow>;
        /// Members by numbers.
        fn members_by_id(ids: &[i64]) -> Vec<MemberRow>;
        /// Members by referral codes.
        fn members_by_code(codes: &[&str]) -> Vec<MemberRow>;
        /// Members after a number, in order.
        fn members_after(id: i64, most: i64) -> Vec<MemberRow>;
        /// How many members there are.
        fn count_members() -> i64;
        /// Adds members.
        fn insert_members(rows: &[MemberRow]) -> ();
        /// Writes what may change of members: referrer, registration, attributes, status.
        fn update_members(rows: &[MemberRow]) -> ();
        /// Referrer and referee pairs of some referrers.
        fn referees(ids: &[i64]) -> Vec<(i64, i64)>;
        /// Everybody's referrer: referee and referrer pairs.
        fn all_referrers() -> Vec<(i64, i64)>;
        /// Levels 1 and 2 below a member: id, level.
        fn downline(id: i64, most: i64) -> Vec<(MemberRow, i64)>;
        /// Adds links of the tree.
        fn insert_bindings(rows: &[BindingRow]) -> ();
        /// The links a member ever had upwards, oldest first.
        fn bindings_of(id: i64) -> Vec<BindingRow>;
        /// Who was referred by a member at a moment.
        fn referees_as_of(id: i64, at: i64) -> Vec<i64>;
        /// Writes contact data.
        fn upsert_contacts(rows: &[ContactRow]) -> ();
        /// Contact data by member.
        fn contacts(ids: &[i64]) -> Vec<ContactRow>;
        /// Writes consents.
        fn upsert_consents(rows: &[ConsentRow]) -> ();
        /// Consents of members for a channel.
        fn consents(ids: &[i64], channel: &str) -> Vec<ConsentRow>;
    }
    facts {
        /// Number and hash of facts by event ids.
        fn facts_by_event(ids: &[&str]) -> Vec<(String, String, i64)>;
        /// Adds facts.
        fn insert_facts(rows: &[FactRow]) -> ();
        /// Adds key fields of facts.
        fn insert_fact_keys(rows: &[FactKeyRow]) -> ();
        /// Every key field.
        fn all_fact_keys() -> Vec<FactKeyRow>;
        /// Facts of a type by members, in order.
        fn facts_by_member(kind: &str, ids: &[i64]) -> Vec<FactRow>;
        /// Facts of a type by values of a key field, in order.
        fn facts_by_key(kind: &str, field: &str, values: &[&str]) -> Vec<(String, FactRow)>;
        /// Everybody's facts of a type between two times, half open, in order.
        fn facts_between(kind: &str, from: i64, until: i64) -> Vec<FactRow>;
        /// Facts by numbers.
        fn facts_by_seq(seqs: &[i64]) -> Vec<FactRow>;
        /// Facts after a number, in order.
        fn facts_after(seq: i64, most: i64) -> Vec<FactRow>;
        /// Facts of a type after a number, in order.
        fn facts_of_kind_after(kind: &str, seq: i64, most: i64) -> Vec<FactRow>;
        /// How many facts there are of each type.
        fn count_facts() -> BTreeMap<String, i64>;
    }
    rewards {
        /// Every activated version.
        fn programs() -> Vec<ProgramRow>;
        /// Adds an activated version.
        fn insert_program(row: &ProgramRow) -> ();
        /// Retires every other live version of a program.
        fn retire_programs(program_id: &str, but: i64) -> usize;
        /// Every budget.
        fn budgets() -> Vec<BudgetRow>;
        /// Adds a budget.
        fn insert_budget(row: &BudgetRow) -> ();
        /// Writes reserved and spent; the cap is the database's to guard.
        fn put_budget(program_no: i64, reserved: i64, spent: i64) -> ();
        /// Numbers of rewards by keys.
        fn reward_keys(keys: &[&str]) -> Vec<(String, i64)>;
        /// Rewards by numbers.
        fn rewards_by_id(ids: &[i64]) -> Vec<RewardRow>;
        /// Rewards after a number, in order.
        fn rewards_after(id: i64, most: i64) -> Vec<RewardRow>;
        /// Rewards of a member, newest first, before a number.
        fn rewards_of_member(member: i64, before: i64, most: i64) -> Vec<RewardRow>;
        /// Rewards that a fact started.
        fn rewards_of_fact(seq: i64) -> Vec<RewardRow>;
        /// Writes rewards as they stand.
        fn upsert_rewards(rows: &[RewardRow]) -> ();
        /// Adds what happened to rewards.
        fn insert_reward_events(rows: &[RewardEventRow]) -> ();
        /// What happened to a reward, in order.
        fn reward_events(id: i64) -> Vec<RewardEventRow>;
        /// What happened after a place, in order.
        fn reward_events_after(seq: i64, line: i64, most: i64) -> Vec<RewardEventRow>;
        /// Count and sum by program and state.
        fn reward_sums() -> Vec<(i64, String, i64, i64)>;
        /// Counters by names.
        fn counters(names: &[&str]) -> Vec<CounterRow>;
        /// Every counter.
        fn all_counters() -> Vec<CounterRow>;
        /// Writes counters.
        fn upsert_counters(rows: &[CounterRow]) -> ();
        /// Timers that are due, in order.
        fn due_timers(now: i64, most: i64) -> Vec<TimerRow>;
        /// Takes a timer out.
        fn delete_timer(row: &TimerRow) -> usize;
        /// When the next timer is due.
        fn next_timer() -> Option<i64>;
        /// Sets timers.
        fn insert_timers(rows: &[TimerRow]) -> ();
        /// Rewards that watch a type with ties.
        fn watches(kind: &str, ties: &[&str]) -> Vec<(String, i64)>;
        /// Every watch.
        fn all_watches() -> Vec<WatchRow>;
        /// Sets watches.
        fn insert_watches(rows: &[WatchRow]) -> ();
        /// Takes the watches of rewards out.
        fn delete_watches(ids: &[i64]) -> ();
    }
    ledger {
        /// Opens accounts that are not there and adds to the balances of all.
        fn add_to_accounts(rows: &[AccountRow]) -> ();
        /// Adds journals.
        fn insert_journals(rows: &[JournalRow]) -> ();
        /// Adds transfers.
        fn insert_transfers(rows: &[TransferRow]) -> ();
        /// Every account, by number, after one.
        fn accounts_after(id: i64, most: i64) -> Vec<AccountRow>;
        /// Accounts of an owner.
        fn accounts_of(owner: i64) -> Vec<AccountRow>;
        /// Journals after a number, in order.
        fn journals_after(id: i64, most: i64) -> Vec<JournalRow>;
        /// Journals of a reward.
        fn journals_of_reward(id: i64) -> Vec<JournalRow>;
        /// Transfers of journals.
        fn transfers_of(ids: &[i64]) -> Vec<TransferRow>;
        /// Number of journals and of transfers.
        fn count_journals() -> (i64, i64);
        /// Sum of balances by kind and currency.
        fn trial_balance() -> Vec<(String, String, i64)>;
        /// Debits and credits by account, from the transfers themselves.
        fn turnover() -> Vec<(i64, i64, i64)>;
    }
    campaigns {
        /// Adds a cohort.
        fn insert_cohort(row: &CohortRow) -> ();
        /// Adds members of a cohort.
        fn insert_cohort_members(rows: &[CohortMemberRow]) -> ();
        /// Every cohort with its size.
        fn cohorts() -> Vec<(CohortRow, i64)>;
        /// A cohort.
        fn cohort(id: i64) -> Option<CohortRow>;
        /// Members of a cohort, in order.
        fn cohort_members(id: i64) -> Vec<i64>;
        /// The next numbers of cohorts and campaigns.
        fn next_campaign_numbers() -> (i64, i64);
        /// Adds a campaign.
        fn insert_campaign(row: &CampaignRow) -> ();
        /// Every campaign.
        fn campaigns() -> Vec<CampaignRow>;
        /// A campaign.
        fn campaign(id: i64) -> Option<CampaignRow>;
        /// Moves a campaign from one state to another; 0 when it was not in the first.
        fn move_campaign(id: i64, from: &str, to: &str, approver: Option<&str>) -> usize;
        /// Adds assignments.
        fn insert_assignments(rows: &[AssignmentRow]) -> ();
        /// Assignments of a campaign.
        fn assignments(campaign: i64) -> Vec<AssignmentRow>;
        /// Assignments of some members of a campaign.
        fn assignments_of(campaign: i64, ids: &[i64]) -> Vec<AssignmentRow>;
        /// Which of these members are treated in a campaign.
        fn treated(campaign: i64, ids: &[i64]) -> Vec<i64>;
        /// The assignment behind a tracking token.
        fn assignment_by_token(token: &str) -> Option<AssignmentRow>;
        /// Plans messages.
        fn insert_messages(rows: &[MessageRow]) -> ();
        /// Claims planned messages for a worker, in order of members.
        fn claim_messages(campaign: i64, worker: &str, lease_until: i64, now: i64, most: i64) -> Vec<MessageRow>;
        /// Moves a message of a worker from one state to another; 0 when it was not his or not there.
        fn move_message(row: &MessageRow, from: &str) -> usize;
        /// Records a delivery report by attempt, never downwards; how many rows it changed.
        fn record_delivery(attempt: &str, delivery: &str, now: i64) -> usize;
        /// Counts by state and delivery.
        fn message_counts(campaign: i64) -> Vec<(String, String, i64)>;
        /// Messages in a state.
        fn messages_in(campaign: i64, state: &str, most: i64) -> Vec<MessageRow>;
        /// What a dead worker claimed goes back to planned, what it opened becomes unknown.
        fn recover_messages(now: i64) -> (usize, usize);
        /// Records a click.
        fn insert_click(row: &ClickRow) -> ();
        /// Clicks of a campaign: member, first time.
        fn clicks(campaign: i64) -> Vec<(i64, i64)>;
        /// Facts of a type by acting members whose referrer is assigned, within a time:
        /// referrer, treated, fact member, time, fields.
        fn facts_of_assigned(campaign: i64, kind: &str, from: i64, until: i64) -> Vec<(i64, bool, i64, i64, String)>;
    }
}
