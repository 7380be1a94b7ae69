//! Rewards and the ledger.

use super::text;
use crate::web::i18n::Lang;
use crate::web::pages::ledger::{
    JournalPage, JournalRow, LedgerPage, TransferRow, TrialRow, TrialTotal,
};
use crate::web::pages::reward::{Clause, FactRow, LimitRow, Release, RewardPage, Sign, Step, Term};
use crate::web::pages::states::{LedgerHealth, LimitVerdict, RewardState};
use crate::web::pages::{Moment, Shell};

fn terms() -> Vec<Term> {
    let terms = [
        (Sign::Plus, "基础", "¥1,849.32"),
        (Sign::Plus, "阶梯", "¥369.86"),
        (Sign::Minus, "上限", "¥219.18"),
    ];
    terms
        .map(|(sign, name, amount)| Term {
            sign,
            name: text(name),
            amount: text(amount),
        })
        .to_vec()
}

fn steps() -> Vec<Step> {
    let steps = [
        [
            "基数",
            "invest.amount * invest.term_days / 365",
            "1,500,000.00 * 180 / 365",
            "270000000/365",
        ],
        [
            "阶梯",
            "base * 0.30%",
            "270000000/365 * 0.30%",
            "2,219.178082…",
        ],
        ["取整", "half_even, 2", "2,219.178082…", "¥2,219.18"],
        [
            "上限",
            "min(…, 2_000.00)",
            "min(2,219.18, 2,000.00)",
            "¥2,000.00",
        ],
    ];
    steps
        .map(|[name, expression, filled, result]| Step {
            name: text(name),
            expression: text(expression),
            filled: text(filled),
            result: text(result),
        })
        .to_vec()
}

fn clauses() -> Vec<Clause> {
    let clauses = [
        ("friend.first_investment", "first = yes", true),
        ("invest.term_days >= 90", "180", true),
        ("invest.amount <= 10", "1,500,000.00", false),
    ];
    clauses
        .map(|(condition, found, holds)| Clause {
            text: text(condition),
            found: text(found),
            holds,
        })
        .to_vec()
}

fn limits() -> Vec<LimitRow> {
    let limits = [
        ("每笔上限", "¥2,000.00", "¥0.00", LimitVerdict::Cut),
        ("每月每人", "¥5,000.00", "¥1,460.00", LimitVerdict::Within),
        (
            "总预算",
            "¥2,000,000.00",
            "¥2,000,000.00",
            LimitVerdict::Refused,
        ),
    ];
    limits
        .map(|(name, allowed, used, verdict)| LimitRow {
            name: text(name),
            allowed: text(allowed),
            used: text(used),
            verdict,
        })
        .to_vec()
}

fn facts() -> Vec<FactRow> {
    let fact = |at, seq, kind, fields: &[&str]| FactRow {
        at: Moment::sample(at),
        seq: text(seq),
        kind: text(kind),
        member: text("mem_01JD900A1B2C"),
        fields: fields.iter().map(|field| text(field)).collect(),
    };
    vec![
        fact("2026-11-18 09:30", "120,001", "member.registered", &[]),
        fact(
            "2026-11-20 10:11",
            "120,404",
            "invest.completed",
            &["amount = 1,500,000.00", "term_days = 180"],
        ),
    ]
}

impl RewardPage {
    pub(in crate::web::pages) fn sample(lang: Lang) -> Self {
        Self {
            shell: Shell::sample(lang, "/ops/rewards/rw_01JD8Z5R7Q4X"),
            id: text("rw_01JD8Z5R7Q4X"),
            state: RewardState::Pending,
            amount: text("¥2,000.00"),
            member: text("mem_01JD8Z5R7Q4X"),
            origin: text("mem_01JD900A1B2C"),
            distance: 1,
            program: text("p2p-invite-2027q1"),
            version: text("4"),
            rule: text("first-investment-commission"),
            rule_line: 5,
            terms: terms(),
            steps: steps(),
            clauses: clauses(),
            limits: limits(),
            facts: facts(),
            release: Release {
                reason: text("好友投资满 7 天"),
                at: Some(Moment::sample("2026-11-27 10:11")),
            },
            journals: vec![JournalRow::sample()],
        }
    }

    /// A refusal: nothing computed, nothing booked.
    pub(in crate::web::pages) fn refused(lang: Lang) -> Self {
        let mut page = Self::sample(lang);
        page.state = RewardState::Refused;
        page.amount = text("¥0.00");
        page.terms.clear();
        page.steps.clear();
        page.clauses.clear();
        page.limits.clear();
        page.journals.clear();
        page.release.at = None;
        page
    }
}

impl JournalRow {
    fn sample() -> Self {
        Self {
            id: text("jr_01JD91CQ3M"),
            seq: text("120,404"),
            kind: text("奖励计提"),
            booked_on: text("2026-11-20"),
            amount: text("¥2,000.00"),
            reward: Some(text("rw_01JD8Z5R7Q4X")),
        }
    }
}

impl LedgerPage {
    pub(in crate::web::pages) fn sample(lang: Lang) -> Self {
        let account = |account, name, debit, credit, balance| TrialRow {
            account: text(account),
            name: text(name),
            commodity: text("CNY"),
            debit: text(debit),
            credit: text(credit),
            balance: text(balance),
        };
        Self {
            shell: Shell::sample(lang, "/fin/ledger"),
            as_of: Moment::sample("2026-11-21 22:27"),
            health: LedgerHealth::Balanced,
            checked_at: Some(Moment::sample("2026-11-21 22:00")),
            problems: Vec::new(),
            journal_count: text("12,004"),
            posting_count: text("24,008"),
            accounts: vec![
                account(
                    "cost:referral",
                    "推荐奖励成本",
                    "¥1,128,640.00",
                    "",
                    "¥1,128,640.00",
                ),
                account(
                    "liability:pending",
                    "待到账奖励",
                    "¥1,000,000.00",
                    "¥1,128,640.00",
                    "−¥128,640.00",
                ),
                account(
                    "liability:available",
                    "可用奖励",
                    "",
                    "¥1,000,000.00",
                    "−¥1,000,000.00",
                ),
            ],
            totals: vec![TrialTotal {
                commodity: text("CNY"),
                debit: text("¥2,128,640.00"),
                credit: text("¥2,128,640.00"),
                difference: text("¥0.00"),
            }],
            journals: vec![
                JournalRow::sample(),
                JournalRow {
                    reward: None,
                    ..JournalRow::sample()
                },
            ],
        }
    }

    /// Books without a journal.
    pub(in crate::web::pages) fn empty(lang: Lang) -> Self {
        let mut page = Self::sample(lang);
        page.health = LedgerHealth::Unchecked;
        page.checked_at = None;
        page.accounts.clear();
        page.totals.clear();
        page.journals.clear();
        page
    }

    /// Books that do not balance.
    pub(in crate::web::pages) fn broken(lang: Lang) -> Self {
        let mut page = Self::sample(lang);
        page.health = LedgerHealth::Broken;
        page.problems = vec![text(
            "liability:pending: 余额 −¥128,640.00，分录合计 −¥128,640.01",
        )];
        page
    }
}

impl JournalPage {
    pub(in crate::web::pages) fn sample(lang: Lang) -> Self {
        Self {
            shell: Shell::sample(lang, "/fin/ledger/jr_01JD91CQ3M"),
            journal: JournalRow::sample(),
            value_on: text("2026-11-20"),
            recorded_at: Moment::sample("2026-11-20 10:11"),
            actor: text("system"),
            approval: Some(text("ap_01JD91")),
            fact: Some(text("evt_01JD90ZZ")),
            program: Some(text("p2p-invite-2027q1, 4")),
            idempotency_key: text("reward:rw_01JD8Z5R7Q4X:grant"),
            payload_hash: text("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
            reverses: Some(text("jr_01JD91AAAA")),
            reversed_by: Some(text("jr_01JD91BBBB")),
            transfers: vec![TransferRow {
                line: text("1"),
                debit: text("cost:referral"),
                credit: text("liability:pending:mem_01JD8Z5R7Q4X"),
                commodity: text("CNY"),
                amount: text("¥2,000.00"),
            }],
        }
    }
}
