//! Campaigns and programs.

use super::text;
use crate::web::i18n::Lang;
use crate::web::pages::campaign::{
    Arms, AuditAction, AuditRow, CampaignAction, CampaignPage, CostAndReturn, DayRates, FunnelRow,
    FunnelStep, Goal, Lift, MoneyByDay, SplitCheck, UnknownSend, UnknownSendsPage, Verdict,
};
use crate::web::pages::home::HomePage;
use crate::web::pages::programs::{Budget, ProgramPage, ProgramsPage, RuleWords};
use crate::web::pages::states::{CampaignState, ProgramState};
use crate::web::pages::{Moment, Shell, Window};

fn text_of_day(number: i64) -> String {
    format!("11-{number:02}")
}

/// A value up to the twentieth day, nothing for the days to come.
fn until_20(number: i64, value: i64) -> Option<i64> {
    (number <= 20).then_some(value)
}

fn rates() -> Vec<DayRates> {
    let rates = (1..=30).map(|number| DayRates {
        day: text_of_day(number),
        treated_ppm: until_20(number, 12_000 + 1_465 * number),
        control_ppm: until_20(number, 11_000 + 500 * number),
    });
    rates.collect()
}

fn money() -> MoneyByDay {
    let days = (1..=30).map(|number| (text_of_day(number), until_20(number, 9_825_600 * number)));
    MoneyByDay {
        symbol: text("¥"),
        digits: 2,
        goal_minor: 300_000_000,
        days: days.collect(),
    }
}

fn funnel() -> Vec<FunnelRow> {
    let rows = [
        (FunnelStep::Assigned, "48,224", 1000, None),
        (FunnelStep::Sent, "48,101", 997, Some("99.7%")),
        (FunnelStep::Delivered, "47,020", 975, Some("97.8%")),
        (FunnelStep::Clicked, "19,771", 410, Some("42.0%")),
        (FunnelStep::TookPart, "1,992", 41, Some("10.1%")),
    ];
    rows.map(|(step, count, per_mille, share)| FunnelRow {
        step,
        count: text(count),
        per_mille,
        of_previous: share.map(text),
    })
    .to_vec()
}

fn audit() -> Vec<AuditRow> {
    let rows = [
        (AuditAction::Authored, "王敏", "2026-10-28 16:02"),
        (AuditAction::Submitted, "王敏", "2026-10-28 16:40"),
        (AuditAction::Approved, "李强", "2026-10-29 09:12"),
        (AuditAction::Started, "scheduler", "2026-11-01 00:00"),
        (AuditAction::Paused, "王敏", "2026-11-03 11:20"),
        (AuditAction::Resumed, "李强", "2026-11-03 13:05"),
    ];
    rows.map(|(action, who, at)| AuditRow {
        action,
        who: text(who),
        at: Moment::sample(at),
    })
    .to_vec()
}

impl CampaignPage {
    /// A running campaign whose effect can be told.
    pub(in crate::web::pages) fn sample(lang: Lang) -> Self {
        Self {
            shell: Shell::sample(lang, "/ops/campaigns/spring-invite"),
            id: text("spring-invite"),
            name: text("春季邀请：沉睡持卡人"),
            state: CampaignState::Running,
            window: Window::sample(),
            as_of: Moment::sample("2026-11-21 22:27"),
            refresh_seconds: Some(10),
            goal: Goal {
                name: text("好友投资额"),
                done: text("¥1,965,120.00"),
                target: text("¥3,000,000.00"),
                per_mille: 655,
                share: text("65.5%"),
            },
            arms: Arms {
                treated_rate: text("4.13%"),
                treated_of: text("1,992 / 48,224"),
                control_rate: text("2.10%"),
                control_of: text("112 / 5,341"),
                lift: Some(Lift {
                    points: text("+2.03"),
                    low: text("+1.58"),
                    high: text("+2.41"),
                }),
            },
            verdict: Verdict::Better,
            split: SplitCheck::Balanced { p: text("0.62") },
            rates: rates(),
            money: Some(money()),
            funnel: funnel(),
            cost: CostAndReturn {
                rewards: text("¥128,640.00"),
                messages: text("¥1,924.04"),
                total: text("¥130,564.04"),
                gained: Some(text("¥965,120.00")),
                net: Some(text("¥834,555.96")),
                per_conversion: Some(text("¥133.37")),
            },
            unknown_sends: Some(text("12")),
            audit: audit(),
            action: Some(CampaignAction::Pause {
                unsent: text("123"),
            }),
        }
    }

    /// A campaign before its first day is over.
    pub(in crate::web::pages) fn empty(lang: Lang) -> Self {
        let mut page = Self::sample(lang);
        page.state = CampaignState::Paused;
        page.refresh_seconds = None;
        page.arms.lift = None;
        page.verdict = Verdict::TooEarly {
            have: text("7"),
            need: text("10"),
        };
        page.split = SplitCheck::NotChecked;
        page.rates = Vec::new();
        page.money = None;
        page.funnel = Vec::new();
        page.unknown_sends = None;
        page.cost.gained = None;
        page.cost.net = None;
        page.cost.per_conversion = None;
        page.action = Some(CampaignAction::Resume {
            unsent: text("48,224"),
        });
        page
    }
}

impl UnknownSendsPage {
    pub(in crate::web::pages) fn sample(lang: Lang) -> Self {
        let send = UnknownSend {
            id: text("msg_01JD8Z5R7Q"),
            person: text("mem_01JD8Z5R7Q4X"),
            channel: text("sms"),
            attempted_at: Moment::sample("2026-11-03 11:19"),
            last_answer: text("connection closed after DATA"),
        };
        Self {
            shell: Shell::sample(lang, "/ops/campaigns/spring-invite/unknown"),
            id: text("spring-invite"),
            name: text("春季邀请：沉睡持卡人"),
            sends: vec![send.clone(), send],
        }
    }

    pub(in crate::web::pages) fn empty(lang: Lang) -> Self {
        Self {
            sends: Vec::new(),
            ..Self::sample(lang)
        }
    }
}

impl ProgramsPage {
    pub(in crate::web::pages) fn sample(lang: Lang) -> Self {
        let shell = Shell::sample(lang, "/ops/programs");
        Self {
            shell,
            programs: HomePage::sample(lang).programs,
        }
    }

    pub(in crate::web::pages) fn empty(lang: Lang) -> Self {
        Self {
            programs: Vec::new(),
            ..Self::sample(lang)
        }
    }
}

impl ProgramPage {
    pub(in crate::web::pages) fn sample(lang: Lang) -> Self {
        let rules = r#"schema   = 1
id       = "p2p-invite-2027q1"
currency = "CNY"

[[rule]]
id   = "first-investment-commission"
on   = "invest.completed"
when = '''
friend.first_investment
  && invest.amount >= 10_000
  && invest.product in ["fixed", "plus"]
'''
[rule.reward.commission]
base  = "invest.amount * invest.term_days / 365"
cap   = 2_000.00"#;
        Self {
            shell: Shell::sample(lang, "/ops/programs/p2p-invite-2027q1/4"),
            id: text("p2p-invite-2027q1"),
            version: text("4"),
            state: ProgramState::Active,
            window: Window::sample(),
            zone: text("Asia/Shanghai"),
            currency: text("CNY"),
            activated_at: Some(Moment::sample("2026-12-20 10:00")),
            rewards: text("1,804"),
            cost: text("¥128,640.00"),
            budget: Some(Budget {
                used: text("¥128,640.00"),
                total: text("¥2,000,000.00"),
                per_mille: 64,
            }),
            rules: vec![RuleWords {
                id: text("first-investment-commission"),
                line: 5,
                sentences: vec![
                    text("好友首次投资，金额不少于 10,000 元，期限不少于 90 天。"),
                    text("推荐人得年化金额的 0.25%，50,000 元起为 0.30%；每笔最多 2,000 元。"),
                ],
            }],
            lines: rules.lines().map(text).collect(),
        }
    }

    /// A draft without a budget.
    pub(in crate::web::pages) fn draft(lang: Lang) -> Self {
        let mut page = Self::sample(lang);
        page.state = ProgramState::Scheduled;
        page.budget = None;
        page.activated_at = None;
        page
    }
}
