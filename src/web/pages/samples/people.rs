//! Pages on a phone, notices and the API reference.

use super::text;
use crate::web::i18n::Lang;
use crate::web::pages::Shell;
use crate::web::pages::docs::{ApiDocsPage, ErrorRow, ErrorsPage};
use crate::web::pages::member::{
    FriendRow, FriendStep, Invitation, LandingPage, MemberPage, MemberReward, MonthSum, Offer,
    RewardGroup,
};
use crate::web::pages::notice::{
    ProblemPage, SignInPage, UnsubscribePage, UnsubscribeStep, WayOut,
};
use crate::web::pages::states::RewardState;

fn offer() -> Offer {
    Offer {
        worths: vec!["¥50".to_owned(), "¥20".to_owned()],
        occasion: text("好友首次投资，双方都得现金"),
        referrer: text("¥50"),
        friend: text("¥20"),
    }
}

fn rules() -> Vec<String> {
    vec![
        text("活动时间：2026 年 12 月 1 日至 2027 年 2 月 28 日（北京时间）。"),
        text("好友须为新客户，完成实名认证，且首次投资不少于 ¥1,000，每位好友计一次。"),
        text("每月最多 20 位好友获奖；奖励最多两级。"),
    ]
}

impl MemberPage {
    pub(in crate::web::pages) fn sample(lang: Lang) -> Self {
        let friend = |name, reached| FriendRow {
            name: text(name),
            reached,
        };
        let reward = |what, amount, reason, on| MemberReward {
            what: text(what),
            amount: text(amount),
            reason: text(reason),
            on: text(on),
        };
        let month = |month, state, amount| MonthSum {
            month: text(month),
            state,
            amount: text(amount),
        };
        Self {
            shell: Shell {
                actor: None,
                ..Shell::sample(lang, "/m")
            },
            offer: Some(offer()),
            code: text("K7Q2MX"),
            link: text("https://invite.example.test/i/K7Q2MX"),
            qr_svg: text(
                "<?xml version=\"1.0\" standalone=\"yes\"?><svg xmlns=\"http://www.w3.org/2000/svg\" \
                 version=\"1.1\" viewBox=\"0 0 21 21\" shape-rendering=\"crispEdges\">\
                 <path d=\"M1 1h7v7h-7zM13 1h7v7h-7zM1 13h7v7h-7zM10 10h3v3h-3z\" fill=\"#000000\"/></svg>",
            ),
            available: text("¥1,350.00"),
            pending: text("¥1,100.00"),
            this_month: text("¥12,345.67"),
            pending_reason: Some(text("¥1,100.00 待到账：好友投资满 7 天后发放。")),
            friends: vec![
                friend("李*明", FriendStep::Invested),
                friend("张**", FriendStep::Verified),
                friend("陈*", FriendStep::Registered),
            ],
            rewards: RewardState::ALL
                .map(|state| RewardGroup {
                    state,
                    total: text("¥150.00"),
                    rows: vec![
                        reward(
                            "好友首次投资",
                            "¥50.00",
                            "好友投资满 7 天后发放",
                            "2026-11-27",
                        ),
                        reward(
                            "第三位好友加奖",
                            "¥100.00",
                            "本月已有三位好友投资",
                            "2026-11-20",
                        ),
                    ],
                })
                .to_vec(),
            commissions: vec![
                month("2026-11", RewardState::Pending, "¥86.30"),
                month("2026-10", RewardState::Paid, "¥412.07"),
            ],
            rules: rules(),
        }
    }

    /// A member who has not invited anyone, between two offers.
    pub(in crate::web::pages) fn empty(lang: Lang) -> Self {
        let mut page = Self::sample(lang);
        page.offer = None;
        page.available = text("¥0.00");
        page.pending = text("¥0.00");
        page.this_month = text("¥0.00");
        page.pending_reason = None;
        page.friends.clear();
        page.rewards.clear();
        page.commissions.clear();
        page.rules.clear();
        page
    }
}

impl LandingPage {
    pub(in crate::web::pages) fn sample(lang: Lang) -> Self {
        Self {
            shell: Shell {
                actor: None,
                ..Shell::sample(lang, "/i/K7Q2MX")
            },
            code: text("K7Q2MX"),
            inviter: Some(text("李*明")),
            invitation: Invitation::Open {
                offer: offer(),
                join_url: text("/join?code=K7Q2MX"),
            },
            rules: rules(),
        }
    }

    pub(in crate::web::pages) fn closed(lang: Lang, invitation: Invitation) -> Self {
        Self {
            inviter: None,
            invitation,
            rules: Vec::new(),
            ..Self::sample(lang)
        }
    }
}

impl UnsubscribePage {
    pub(in crate::web::pages) fn sample(lang: Lang, step: UnsubscribeStep) -> Self {
        let shell = Shell {
            actor: None,
            ..Shell::sample(lang, "/u/8s7df")
        };
        Self {
            shell,
            action: text("/u/8s7df"),
            step,
        }
    }
}

impl ProblemPage {
    pub(in crate::web::pages) fn sample(lang: Lang) -> Self {
        Self {
            shell: Shell {
                actor: None,
                ..Shell::sample(lang, "/ops/rewards/x")
            },
            status: 404,
            title: text("Reward not found"),
            detail: text("No reward has the number <x>. Check it against the member's statement."),
            request_id: text("req_01JD91CQ3M"),
            way_out: WayOut::Console,
        }
    }
}

impl SignInPage {
    pub(in crate::web::pages) fn sample(lang: Lang, refused: bool) -> Self {
        let shell = Shell {
            actor: None,
            ..Shell::sample(lang, "/ops/sign-in")
        };
        Self {
            shell,
            next: text("/ops"),
            refused,
        }
    }
}

impl ApiDocsPage {
    pub(in crate::web::pages) fn sample(lang: Lang) -> Self {
        Self {
            shell: Shell::sample(lang, "/docs/api"),
        }
    }
}

impl ErrorsPage {
    pub(in crate::web::pages) fn sample(lang: Lang) -> Self {
        Self {
            shell: Shell::sample(lang, "/docs/errors"),
            rows: vec![ErrorRow {
                code: "invalid",
                status: 422,
                title: "一个字段不符合要求",
                help: "请修正指出的字段。",
            }],
        }
    }
}
