//! Rows as the tables have them. Services turn them into domain types.

use super::schema as s;
use diesel::prelude::{Insertable, Queryable};

/// Declares a row that can be read from and written to a table whole.
macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident in $table:ident { $($(#[$fdoc:meta])* $field:ident: $ty:ty,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable)]
        #[diesel(table_name = s::$table, treat_none_as_default_value = false)]
        #[expect(missing_docs, reason = "the fields are the columns of the migration")]
        pub struct $name { $($(#[$fdoc])* pub $field: $ty,)+ }
    )+};
}

rows! {
    /// The next numbers of the one order.
    SequencerRow in sequencer {
        id: i64, next_seq: i64, next_reward: i64, next_member: i64, next_journal: i64,
        last_recorded_at: i64, catalog_version: i64,
    }
    /// A currency or commodity.
    CurrencyRow in currencies { no: i64, code: String, exponent: i64, }
    /// A member.
    MemberRow in members {
        id: i64, external_id: String, code: String, referrer_id: Option<i64>, registered_at: Option<i64>,
        attributes: String, status: String, created_at: i64,
    }
    /// Contact data.
    ContactRow in contacts { member_id: i64, name: Option<String>, phone: Option<String>, email: Option<String>, }
    /// A consent, or its withdrawal.
    ConsentRow in consents { member_id: i64, channel: String, granted: bool, recorded_at: i64, source: String, }
    /// A link of the tree, from a moment on.
    BindingRow in bindings {
        seq: i64, referee_id: i64, referrer_id: Option<i64>, effective_from: i64, recorded_at: i64,
        actor: String, reason: String,
    }
    /// A fact.
    FactRow in facts {
        seq: i64, event_id: String, body_hash: String, kind: String, member_id: Option<i64>,
        occurred_at: i64, recorded_at: i64, fields: String,
    }
    /// A key field of a fact.
    FactKeyRow in fact_keys { kind: String, field: String, value: String, seq: i64, }
    /// Another input.
    CommandRow in commands { seq: i64, kind: String, actor: String, recorded_at: i64, body: String, }
    /// An activated program version.
    ProgramRow in programs {
        no: i64, program_id: String, version: i64, title: String, source: String, source_hash: String,
        plan: String, calendar: String, campaign_id: Option<i64>, state: String, activated_seq: i64, author: String,
    }
    /// A budget.
    BudgetRow in budgets { program_no: i64, cap_minor: Option<i64>, reserved_minor: i64, spent_minor: i64, }
    /// A reward or refusal.
    RewardRow in rewards {
        id: i64, program_no: i64, rule_no: i64, pay_no: i64, key: String, member_id: i64, origin_id: i64,
        distance: i64, form: String, kind: String, currency: String, exact: String, amount_minor: i64,
        clawed_minor: i64, state: String, reason: String, due: Option<i64>, fact_seq: i64,
        item_seq: Option<i64>, granted_at: i64, released_at: Option<i64>, held: bool, uses: String,
        budget_minor: i64,
    }
    /// What happened to a reward.
    RewardEventRow in reward_events {
        seq: i64, line: i64, reward_id: i64, action: String, minor: i64, reason: String, explanation: Option<String>,
    }
    /// A counter of a limit.
    CounterRow in counters { name: String, used_count: i64, used_minor: i64, }
    /// A timer.
    TimerRow in timers { at: i64, kind: String, a: i64, b: i64, c: i64, }
    /// A watch.
    WatchRow in watches { kind: String, tie: String, reward_id: i64, }
    /// An account.
    AccountRow in accounts { id: i64, owner: i64, kind: String, currency: String, balance_minor: i64, }
    /// A journal.
    JournalRow in journals {
        id: i64, seq: i64, line: i64, kind: String, reward_id: i64, value_at: i64, recorded_at: i64,
    }
    /// A transfer.
    TransferRow in transfers {
        journal_id: i64, line: i64, debit_account: i64, credit_account: i64, commodity: String, amount_minor: i64,
    }
    /// A cohort.
    CohortRow in cohorts { id: i64, name: String, definition: String, as_of: i64, created_at: i64, actor: String, }
    /// A member of a cohort.
    CohortMemberRow in cohort_members { cohort_id: i64, member_id: i64, class: String, }
    /// A campaign.
    CampaignRow in campaigns {
        id: i64, name: String, state: String, cohort_id: i64, goal_metric: String, goal_minor: i64,
        currency: String, holdout_bp: i64, salt: String, offer: String, template: String, channel: String,
        starts_at: i64, ends_at: i64, author: String, approver: Option<String>, created_at: i64,
    }
    /// A person's arm in a campaign.
    AssignmentRow in assignments { campaign_id: i64, member_id: i64, treated: bool, bucket: i64, token: String, }
    /// A message to one person.
    MessageRow in messages {
        campaign_id: i64, member_id: i64, step: i64, state: String, delivery: String, attempt: Option<String>,
        worker: Option<String>, lease_until: Option<i64>, reason: String, provider_ref: Option<String>, changed_at: i64,
    }
    /// A click on a tracking link.
    ClickRow in clicks { token: String, at: i64, no: i64, }
    /// An API key.
    ApiKeyRow in api_keys {
        id: i64, name: String, role: String, hash: String, member_id: Option<i64>, created_at: i64, revoked_at: Option<i64>,
    }
    /// An answer kept for a repeated request.
    IdempotencyRow in idempotency {
        key_id: i64, key: String, request_hash: String, status: i64, body: String, recorded_at: i64,
    }
    /// A setting.
    SettingRow in settings { name: String, value: String, }
}
