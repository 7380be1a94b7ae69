//! The tables, as both backends have them. A test compares this with both databases.

diesel::table! {
    sequencer (id) {
        id -> BigInt,
        next_seq -> BigInt,
        next_reward -> BigInt,
        next_member -> BigInt,
        next_journal -> BigInt,
        last_recorded_at -> BigInt,
        catalog_version -> BigInt,
    }
}

diesel::table! {
    currencies (no) {
        no -> BigInt,
        code -> Text,
        exponent -> BigInt,
    }
}

diesel::table! {
    members (id) {
        id -> BigInt,
        external_id -> Text,
        code -> Text,
        referrer_id -> Nullable<BigInt>,
        registered_at -> Nullable<BigInt>,
        attributes -> Text,
        status -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    contacts (member_id) {
        member_id -> BigInt,
        name -> Nullable<Text>,
        phone -> Nullable<Text>,
        email -> Nullable<Text>,
    }
}

diesel::table! {
    consents (member_id, channel) {
        member_id -> BigInt,
        channel -> Text,
        granted -> Bool,
        recorded_at -> BigInt,
        source -> Text,
    }
}

diesel::table! {
    bindings (referee_id, seq) {
        seq -> BigInt,
        referee_id -> BigInt,
        referrer_id -> Nullable<BigInt>,
        effective_from -> BigInt,
        recorded_at -> BigInt,
        actor -> Text,
        reason -> Text,
    }
}

diesel::table! {
    facts (seq) {
        seq -> BigInt,
        event_id -> Text,
        body_hash -> Text,
        kind -> Text,
        member_id -> Nullable<BigInt>,
        occurred_at -> BigInt,
        recorded_at -> BigInt,
        fields -> Text,
    }
}

diesel::table! {
    fact_keys (kind, field, value, seq) {
        kind -> Text,
        field -> Text,
        value -> Text,
        seq -> BigInt,
    }
}

diesel::table! {
    commands (seq) {
        seq -> BigInt,
        kind -> Text,
        actor -> Text,
        recorded_at -> BigInt,
        body -> Text,
    }
}

diesel::table! {
    programs (no) {
        no -> BigInt,
        program_id -> Text,
        version -> BigInt,
        title -> Text,
        source -> Text,
        source_hash -> Text,
        plan -> Text,
        calendar -> Text,
        campaign_id -> Nullable<BigInt>,
        state -> Text,
        activated_seq -> BigInt,
        author -> Text,
    }
}

diesel::table! {
    budgets (program_no) {
        program_no -> BigInt,
        cap_minor -> Nullable<BigInt>,
        reserved_minor -> BigInt,
        spent_minor -> BigInt,
    }
}

diesel::table! {
    rewards (id) {
        id -> BigInt,
        program_no -> BigInt,
        rule_no -> BigInt,
        pay_no -> BigInt,
        key -> Text,
        member_id -> BigInt,
        origin_id -> BigInt,
        distance -> BigInt,
        form -> Text,
        kind -> Text,
        currency -> Text,
        exact -> Text,
        amount_minor -> BigInt,
        clawed_minor -> BigInt,
        state -> Text,
        reason -> Text,
        due -> Nullable<BigInt>,
        fact_seq -> BigInt,
        item_seq -> Nullable<BigInt>,
        granted_at -> BigInt,
        released_at -> Nullable<BigInt>,
        held -> Bool,
        uses -> Text,
        budget_minor -> BigInt,
    }
}

diesel::table! {
    reward_events (seq, line) {
        seq -> BigInt,
        line -> BigInt,
        reward_id -> BigInt,
        action -> Text,
        minor -> BigInt,
        reason -> Text,
        explanation -> Nullable<Text>,
    }
}

diesel::table! {
    counters (name) {
        name -> Text,
        used_count -> BigInt,
        used_minor -> BigInt,
    }
}

diesel::table! {
    timers (at, kind, a, b, c) {
        at -> BigInt,
        kind -> Text,
        a -> BigInt,
        b -> BigInt,
        c -> BigInt,
    }
}

diesel::table! {
    watches (kind, tie, reward_id) {
        kind -> Text,
        tie -> Text,
        reward_id -> BigInt,
    }
}

diesel::table! {
    accounts (id) {
        id -> BigInt,
        owner -> BigInt,
        kind -> Text,
        currency -> Text,
        balance_minor -> BigInt,
    }
}

diesel::table! {
    journals (id) {
        id -> BigInt,
        seq -> BigInt,
        line -> BigInt,
        kind -> Text,
        reward_id -> BigInt,
        value_at -> BigInt,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    transfers (journal_id, line) {
        journal_id -> BigInt,
        line -> BigInt,
        debit_account -> BigInt,
        credit_account -> BigInt,
        commodity -> Text,
        amount_minor -> BigInt,
    }
}

diesel::table! {
    cohorts (id) {
        id -> BigInt,
        name -> Text,
        definition -> Text,
        as_of -> BigInt,
        created_at -> BigInt,
        actor -> Text,
    }
}

diesel::table! {
    cohort_members (cohort_id, member_id) {
        cohort_id -> BigInt,
        member_id -> BigInt,
        class -> Text,
    }
}

diesel::table! {
    campaigns (id) {
        id -> BigInt,
        name -> Text,
        state -> Text,
        cohort_id -> BigInt,
        goal_metric -> Text,
        goal_minor -> BigInt,
        currency -> Text,
        holdout_bp -> BigInt,
        salt -> Text,
        offer -> Text,
        template -> Text,
        channel -> Text,
        starts_at -> BigInt,
        ends_at -> BigInt,
        author -> Text,
        approver -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    assignments (campaign_id, member_id) {
        campaign_id -> BigInt,
        member_id -> BigInt,
        treated -> Bool,
        bucket -> BigInt,
        token -> Text,
    }
}

diesel::table! {
    messages (campaign_id, member_id, step) {
        campaign_id -> BigInt,
        member_id -> BigInt,
        step -> BigInt,
        state -> Text,
        delivery -> Text,
        attempt -> Nullable<Text>,
        worker -> Nullable<Text>,
        lease_until -> Nullable<BigInt>,
        reason -> Text,
        provider_ref -> Nullable<Text>,
        changed_at -> BigInt,
    }
}

diesel::table! {
    clicks (token, at, no) {
        token -> Text,
        at -> BigInt,
        no -> BigInt,
    }
}

diesel::table! {
    api_keys (id) {
        id -> BigInt,
        name -> Text,
        role -> Text,
        hash -> Text,
        member_id -> Nullable<BigInt>,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    idempotency (key_id, key) {
        key_id -> BigInt,
        key -> Text,
        request_hash -> Text,
        status -> BigInt,
        body -> Text,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    api_keys,
    assignments,
    bindings,
    budgets,
    campaigns,
    clicks,
    cohort_members,
    cohorts,
    commands,
    consents,
    contacts,
    counters,
    currencies,
    fact_keys,
    facts,
    idempotency,
    journals,
    members,
    messages,
    programs,
    reward_events,
    rewards,
    sequencer,
    settings,
    timers,
    transfers,
    watches,
);
